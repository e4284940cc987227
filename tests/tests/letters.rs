//! The kind `smtp` against a real mail server, aiosmtpd, from the project file to what the server took.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, in what it calls too")]

use rulec_channels::{Channel, Delivery, Message, Outside, Trouble, open};
use rulec_compiler::project;
use rulec_diagnostic::FileId;
use rulec_plan::time::{Clock, Instant};
use rulec_tests::servers::mail::{Does, Fault, Mail, Settings, Step, Tls};
use std::sync::Arc;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        Instant(1_795_262_400_000_000)
    }
}

/// The channel `mail` of a project file with these lines more.
fn channel(mail: &Mail, more: &str) -> Box<dyn Channel> {
    let port = mail.address().port();
    let file = format!(
        "[project]\nname = \"p\"\nshop = \"茶馆\"\ntimezone = \"Asia/Shanghai\"\n[database]\nurl = \"sqlite:d\"\n\
         [customer]\ntable = \"c\"\nkey = \"id\"\n[channels.mail]\nkind = \"smtp\"\nport = {port}\n\
         from = \"茶馆 <news@tea.example>\"\nsubject = \"{{shop}}: 新茶\"\ntimeout = \"1s\"\n{more}"
    );
    let (project, problems) = project::parse(FileId::default(), &file);
    assert!(problems.is_empty(), "{problems:#?}");
    let outside = Outside {
        folder: ".".into(),
        outbox: ".".into(),
        env: |name| Some(name.to_lowercase()),
        clock: Arc::new(Noon),
    };
    open("mail", &project.unwrap().channels["mail"], &outside).unwrap()
}

fn message(key: u32, to: &str, text: &str) -> Message {
    let key = format!("{key:032x}");
    let payload = serde_json::json!({
        "key": key, "channel": "mail", "to": to, "message": text, "offers": [], "code": null, "ttl": null,
        "offer_ends": null, "send_at": null, "customer": "c 7", "rule": "r", "plan": "p"
    });
    Message { key, payload: payload.to_string(), again: false }
}

#[test]
fn a_mail_is_understood_as_it_was_meant() {
    let login = Some(("user".to_owned(), "password".to_owned()));
    for (tls, mode) in [(Tls::Starttls, "required"), (Tls::Implicit, "implicit")] {
        let mail = Mail::start(&Settings { tls, login: login.clone(), ..Settings::default() });
        let more = format!(
            "host = \"localhost\"\ntls = \"{mode}\"\nca_file = {:?}\nuser_env = \"USER\"\npassword_env = \"PASSWORD\"\n\
             list_unsubscribe = \"https://tea.example/leave?c={{customer}}\"",
            mail.authority()
        );
        let html = "<p>您好 &lt;芳&gt;</p>\n.\n<p>再见</p>";
        let mut sender = channel(&mail, &more).sender().unwrap();
        let deliveries = sender
            .send(&[message(1, "fang@shop.example", html), message(2, "li@shop.example", "a &amp; b\nc")]);
        assert_eq!(deliveries, [const { Delivery::Taken { id: None } }; 2]);
        let letters = mail.letters();
        let first = &letters[0];
        assert!(first.tls && first.user.as_deref() == Some("user"));
        assert_eq!(
            (&*first.from, &first.to[..]),
            ("news@tea.example", &["fang@shop.example".to_owned()][..])
        );
        assert_eq!(first.header("Subject"), Some("茶馆: 新茶"));
        assert_eq!(first.header("From"), Some("茶馆 <news@tea.example>"));
        assert_eq!(first.header("Message-ID"), Some("<00000000000000000000000000000001@tea.example>"));
        assert_eq!(first.header("List-Unsubscribe"), Some("<https://tea.example/leave?c=c%207>"));
        assert_eq!(first.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
        let parts = |letter: usize| {
            let parts = letters[letter].parts.iter();
            parts
                .map(|part| (part.kind.clone(), part.text.replace("\r\n", "\n").trim_end().to_owned()))
                .collect::<Vec<_>>()
        };
        let part = |kind: &str, text: &str| (kind.to_owned(), text.to_owned());
        assert_eq!(parts(0), [part("text/plain", "您好 <芳>\n\n.\n\n再见"), part("text/html", html)]);
        assert_eq!(parts(1), [part("text/plain", "a & b\nc"), part("text/html", "a &amp; b<br>\nc")]);
    }
}

#[test]
fn a_stranger_gets_neither_password_nor_mail() {
    let mail = Mail::start(&Settings { tls: Tls::Starttls, ..Settings::default() });
    let more = "host = \"localhost\"\ntls = \"required\"\nuser_env = \"USER\"\npassword_env = \"PASSWORD\"";
    let delivery = channel(&mail, more).sender().unwrap().send(&[message(1, "fang@shop.example", "hi")]);
    assert!(matches!(&delivery[..], [Delivery::Later { trouble: Trouble::Settings, .. }]), "{delivery:?}");
    assert!(mail.letters().is_empty());
}

#[test]
fn what_may_have_arrived_is_in_doubt_and_nothing_else_is() {
    let reply = |text: &str| Does::Reply(text.to_owned());
    let faults = [
        (Fault::always(Step::Dot, Does::Cut).but_keeps(), "unknown", 1),
        (Fault::always(Step::Dot, Does::Silence), "unknown", 0),
        (Fault::always(Step::Data, Does::Cut), "later", 0),
        (Fault::always(Step::Mail, Does::Silence), "later", 0),
        (Fault::always(Step::Connect, Does::Cut), "later", 0),
        (Fault::always(Step::Rcpt, reply("550 5.1.1 no such user")), "refused", 0),
        (Fault::always(Step::Dot, reply("554 5.7.1 no")), "refused", 0),
        (Fault::always(Step::Dot, reply("451 4.3.0 later")), "later", 0),
        (Fault::always(Step::Dot, Does::Delay(200)), "taken", 1),
    ];
    for (fault, wanted, arrived) in faults {
        let shown = format!("{fault:?}");
        let mail = Mail::start(&Settings { faults: vec![fault], ..Settings::default() });
        let channel = channel(&mail, "host = \"127.0.0.1\"");
        let delivery = channel.sender().unwrap().send(&[message(1, "fang@shop.example", "hi")]).remove(0);
        let became = match delivery {
            Delivery::Taken { .. } => "taken",
            Delivery::Refused(_) => "refused",
            Delivery::Later { .. } => "later",
            Delivery::Unknown(_) => "unknown",
        };
        assert_eq!((became, mail.letters().len()), (wanted, arrived), "{shown}");
    }
}
