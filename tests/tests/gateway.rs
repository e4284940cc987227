//! The profile `kannel` against Kannel itself, and the fake message centre that comes with it.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in what it calls too")]

use rulec_channels::{Channel, Delivery, Message, Outside, Trouble, open};
use rulec_compiler::project;
use rulec_diagnostic::FileId;
use rulec_plan::time::{Clock, Instant};
use rulec_tests::servers::kannel::{Kannel, Settings};
use std::sync::Arc;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

struct Still;

impl Clock for Still {
    fn now(&self) -> Instant {
        Instant(1_795_262_400_000_000)
    }
}

/// The channel `sms` of a project file, with the password in this variable.
fn channel(kannel: &Kannel, password: &str, method: &str) -> Box<dyn Channel> {
    let (url, user) = (kannel.url(), Kannel::USER);
    let file = format!(
        "[project]\nname = \"p\"\ntimezone = \"Asia/Shanghai\"\n[database]\nurl = \"sqlite:d\"\n\
         [customer]\ntable = \"c\"\nkey = \"id\"\n[channels.sms]\nkind = \"webhook\"\nprofile = \"kannel\"\n\
         url = \"{url}\"\nusername = \"{user}\"\npassword_env = \"{password}\"\n\
         from = \"10690001\"\nmethod = \"{method}\"\ntimeout = \"500ms\""
    );
    let (project, problems) = project::parse(FileId::default(), &file);
    assert!(problems.is_empty(), "{problems:#?}");
    let outside = Outside {
        folder: ".".into(),
        outbox: ".".into(),
        env: |name| Some(if name == "RIGHT" { Kannel::PASSWORD } else { "wrong" }.to_owned()),
        clock: Arc::new(Still),
    };
    open("sms", &project.unwrap().channels["sms"], &outside).unwrap()
}

fn send(channel: &dyn Channel, to: &str, text: &str) -> Delivery {
    let payload = serde_json::json!({
        "key": "k", "channel": "sms", "to": to, "message": text, "offers": [], "code": null, "ttl": null,
        "offer_ends": null, "send_at": null, "customer": "c7", "rule": "r", "plan": "p"
    });
    let message = Message { key: "k".to_owned(), payload: payload.to_string(), again: false };
    channel.sender().unwrap().send(&[message]).pop().unwrap()
}

#[test]
fn texts_arrive_whatever_they_hold() {
    let kannel = Kannel::start(&Settings::default());
    let texts = ["张三，您好！100% & more+more", "=1\r\nX-Kannel-To: 13900000000", "🎁 <b>\"'%41"];
    for method in ["GET", "POST"] {
        let channel = channel(&kannel, "RIGHT", method);
        for text in texts {
            let delivery = send(channel.as_ref(), "138-0000 0001", text);
            assert_eq!(delivery, Delivery::Taken { id: None }, "{method} {text:?}");
        }
    }
    assert!(kannel.wait_for(6, SOON), "{:?}", kannel.texts());
    let arrived = kannel.texts();
    for (arrived, sent) in arrived.iter().zip(texts.iter().chain(&texts)) {
        let plain = |text: &str| text.replace("\r\n", "\n");
        assert_eq!((arrived.to.as_str(), plain(&arrived.text)), ("13800000001", plain(sent)));
        assert_eq!(arrived.from, "10690001");
    }
}

#[test]
fn what_the_gateway_says_is_understood() {
    let kannel = Kannel::start(&Settings { refuses: Some("999".into()) });
    for method in ["GET", "POST"] {
        let right = channel(&kannel, "RIGHT", method);
        assert!(matches!(send(right.as_ref(), "99912345", "a"), Delivery::Refused(_)));
        let wrong = channel(&kannel, "WRONG", method);
        let refused = send(wrong.as_ref(), "13800000001", "a");
        assert!(matches!(refused, Delivery::Later { trouble: Trouble::Settings, .. }), "{refused:?}");
    }
    let frozen = channel(&kannel, "RIGHT", "POST");
    kannel.freeze();
    assert!(matches!(send(frozen.as_ref(), "13800000001", "a"), Delivery::Unknown(_)));
    kannel.thaw();
    drop(kannel);
    let gone = send(frozen.as_ref(), "13800000001", "b");
    assert!(matches!(gone, Delivery::Later { trouble: Trouble::Provider, .. }), "{gone:?}");
}
