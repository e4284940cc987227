#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use crate::http::receiver::{Received, Receiver, Reply};
use crate::testing::{SECRET, message, opened, sent};
use crate::{Channel, Delivery};
use rulec_plan::project::ChannelKind;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn word(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Taken { id } => format!("taken {}", id.as_deref().unwrap_or("-")),
        Delivery::Refused(reason) => format!("refused {}", reason.code),
        Delivery::Later { reason, after, trouble, .. } => {
            format!("{trouble:?} {} {}", after.map_or(0, |after| after.as_secs()), reason.code)
        }
        Delivery::Unknown(reason) => format!("unknown {}", reason.code),
    }
}

fn robot(url: &str, more: &[(&str, &str)]) -> Box<dyn Channel> {
    let settings: Vec<_> = [("url", url), ("key_env", "KEY")].iter().chain(more).copied().collect();
    opened(ChannelKind::Wecom, &settings).unwrap()
}

fn application(url: &str) -> Box<dyn Channel> {
    application_within("400ms", url)
}

fn application_within(timeout: &str, url: &str) -> Box<dyn Channel> {
    let settings = [
        ("url", url),
        ("corp_id", "ww1"),
        ("agent_id", "1000002"),
        ("secret_env", "KEY"),
        ("timeout", timeout),
    ];
    opened(ChannelKind::Wecom, &settings).unwrap()
}

fn said(code: i64) -> Reply {
    Reply::json(json!({"errcode": code, "errmsg": format!("said {SECRET} of 13800000000")}).to_string())
}

#[test]
fn a_robot_says_markdown_or_text_to_its_group() {
    let receiver = Receiver::new(|_| said(0));
    let channel = robot(&receiver.url(""), &[]);
    assert_eq!((channel.terms().calls, channel.terms().honours_key), (1, false));
    assert_eq!(word(&sent(channel.as_ref(), &message("", "**上新**\"}"))), "taken -");
    let received = receiver.received().pop().unwrap();
    assert_eq!(received.target, format!("/cgi-bin/webhook/send?key={SECRET}"));
    let body: Value = serde_json::from_str(&received.body).unwrap();
    assert_eq!(body, json!({"msgtype": "markdown", "markdown": {"content": "**上新**\"}"}}));

    let channel = robot(&receiver.url("/"), &[("format", "text")]);
    sent(channel.as_ref(), &message("", "上新"));
    let body: Value = serde_json::from_str(&receiver.received().pop().unwrap().body).unwrap();
    assert_eq!(body, json!({"msgtype": "text", "text": {"content": "上新"}}));
    assert_eq!(word(&sent(channel.as_ref(), &message("", &"新".repeat(683)))), "refused too long");
}

#[test]
fn the_codes_for_a_robot_mean_what_they_say() {
    for (code, wanted) in [
        (45009, "Provider 60 45009"),
        (-1, "Provider 0 -1"),
        (93000, "Settings 0 93000"),
        (40058, "refused 40058"),
        (44004, "refused 44004"),
    ] {
        let receiver = Receiver::new(move |_| said(code));
        let delivery = sent(robot(&receiver.url(""), &[]).as_ref(), &message("", "t"));
        assert_eq!(word(&delivery), wanted);
        assert!(!format!("{delivery:?}").contains(SECRET), "{delivery:?}");
    }
    let receiver = Receiver::new(|_| Reply::json("{}"));
    assert_eq!(word(&sent(robot(&receiver.url(""), &[]).as_ref(), &message("", "t"))), "unknown http 200");
}

/// A WeCom that gives `token-1`, then `token-2`, …, and answers messages as `answer` says of the token.
fn wecom(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Receiver {
    let given = AtomicUsize::new(0);
    Receiver::new(move |received: &Received| {
        if received.target.starts_with("/cgi-bin/gettoken?") {
            assert_eq!(received.target, format!("/cgi-bin/gettoken?corpid=ww1&corpsecret={SECRET}"));
            let number = given.fetch_add(1, Ordering::Relaxed) + 1;
            let token = json!({"errcode": 0, "access_token": format!("token-{number}"), "expires_in": 7200});
            return Reply::json(token.to_string());
        }
        answer(received.target.strip_prefix("/cgi-bin/message/send?access_token=").unwrap())
    })
}

fn asked(receiver: &Receiver) -> usize {
    receiver.received().iter().filter(|received| received.target.contains("gettoken")).count()
}

#[test]
fn an_application_asks_once_for_leave_and_speaks_to_one_member() {
    let receiver = wecom(|_| Reply::json(r#"{"errcode": 0, "errmsg": "ok", "msgid": "m1"}"#));
    let channel = application(&receiver.url(""));
    let mut senders = [channel.sender().unwrap(), channel.sender().unwrap()];
    for sender in &mut senders {
        for _ in 0..3 {
            assert_eq!(word(&sender.send(&[message("zhang.san", "您好\"")])[0]), "taken m1");
        }
    }
    assert_eq!((asked(&receiver), receiver.received().len()), (1, 7));
    let body: Value = serde_json::from_str(&receiver.received().pop().unwrap().body).unwrap();
    assert_eq!(
        body,
        json!({"msgtype": "markdown", "markdown": {"content": "您好\""}, "touser": "zhang.san", "agentid": 1_000_002})
    );
}

#[test]
fn a_token_that_ended_is_replaced_once() {
    for stale in [40001, 40014, 42001] {
        let receiver = wecom(move |token| if token == "token-1" { said(stale) } else { said(0) });
        let channel = application(&receiver.url(""));
        assert_eq!(word(&sent(channel.as_ref(), &message("a", "t"))), "taken -");
        assert_eq!(asked(&receiver), 2);
        let receiver = wecom(move |_| said(stale));
        let channel = application(&receiver.url(""));
        let delivery = sent(channel.as_ref(), &message("a", "t"));
        assert_eq!(word(&delivery), format!("Settings 0 {stale}"));
        assert_eq!(asked(&receiver), 2);
    }
}

#[test]
fn what_goes_wrong_before_there_is_leave_is_nothing_of_the_message() {
    let outcome = |reply: Reply| {
        let receiver = Receiver::new(move |_| reply.clone());
        let delivery = sent(application(&receiver.url("")).as_ref(), &message("a", "t"));
        assert!(!format!("{delivery:?}").contains(SECRET), "{delivery:?}");
        word(&delivery)
    };
    assert_eq!(outcome(said(40013)), "Settings 0 40013");
    assert_eq!(outcome(said(60020)), "Settings 0 60020");
    assert_eq!(outcome(said(99)), "Settings 0 99");
    assert_eq!(outcome(said(-1)), "Provider 0 -1");
    assert_eq!(outcome(Reply::Cut), "Provider 0 cut");
    assert_eq!(outcome(Reply::json("<html>")), "Provider 0 http 200");
    assert_eq!(outcome(Reply::json(r#"{"errcode": 0}"#)), "Provider 0 no token");
    assert_eq!(outcome(Reply::Slow(Duration::from_millis(900), Box::new(said(0)))), "Provider 0 timeout");
}

#[test]
fn the_answers_to_an_application_mean_what_they_say() {
    for (answer, wanted) in [
        (json!({"errcode": 0, "invaliduser": "a"}), "refused invaliduser"),
        (json!({"errcode": 0, "unlicenseduser": "a"}), "refused unlicenseduser"),
        (json!({"errcode": 81013, "errmsg": "all invalid"}), "refused 81013"),
        (json!({"errcode": 45009}), "Provider 60 45009"),
        (json!({"errcode": 40056}), "Settings 0 40056"),
        (json!({"errcode": 60011}), "Settings 0 60011"),
        (json!({"errcode": 400_011}), "refused 400011"),
        (json!("?"), "unknown http 200"),
    ] {
        let receiver = wecom(move |_| Reply::json(answer.to_string()));
        assert_eq!(word(&sent(application(&receiver.url("")).as_ref(), &message("a", "t"))), wanted);
    }
    let receiver = wecom(|_| Reply::Cut);
    assert_eq!(word(&sent(application(&receiver.url("")).as_ref(), &message("a", "t"))), "unknown cut");
}

#[test]
fn all_calls_for_a_message_end_within_the_time_out() {
    let receiver = Receiver::new(|received| {
        let answer = if received.target.contains("gettoken") {
            Reply::json(r#"{"errcode": 0, "access_token": "t"}"#)
        } else {
            said(0)
        };
        Reply::Slow(Duration::from_millis(250), Box::new(answer))
    });
    let began = std::time::Instant::now();
    let delivery = sent(application(&receiver.url("")).as_ref(), &message("a", "t"));
    assert_eq!(word(&delivery), "unknown timeout");
    assert!(began.elapsed() < Duration::from_millis(590), "{:?}", began.elapsed());
}

#[test]
fn nobody_else_is_reached() {
    let receiver = wecom(|_| said(0));
    let channel = application(&receiver.url(""));
    for to in ["@all", "a|b", "", "张三", "a b", &"a".repeat(65)] {
        assert_eq!(word(&sent(channel.as_ref(), &message(to, "t"))), "refused bad member");
    }
    assert!(receiver.received().iter().all(|received| received.target.contains("gettoken")));
}

#[test]
fn what_is_missing_is_said() {
    let problem = |settings: &[(&str, &str)]| opened(ChannelKind::Wecom, settings).err().unwrap().code.name();
    assert_eq!(problem(&[]), "R0180");
    assert_eq!(problem(&[("corp_id", "c"), ("secret_env", "S")]), "R0180");
    assert_eq!(problem(&[("corp_id", "c"), ("agent_id", "one"), ("secret_env", "S")]), "R0180");
    assert_eq!(problem(&[("key_env", "UNSET")]), "R0181");
    assert_eq!(problem(&[("key_env", "K"), ("url", "http://wecom.example")]), "R0180");
    assert_eq!(problem(&[("key_env", "K"), ("key_file", "k")]), "R0180");
}

#[test]
fn a_message_is_not_begun_without_time_for_its_answer() {
    let receiver = Receiver::new(|request: &Received| {
        if request.target.starts_with("/cgi-bin/gettoken") {
            let token = json!({"errcode": 0, "access_token": "t", "expires_in": 7200});
            return Reply::Slow(Duration::from_millis(350), Box::new(Reply::json(token.to_string())));
        }
        Reply::Slow(Duration::from_millis(60), Box::new(said(0)))
    });
    let channel = application(&receiver.url(""));
    let at_once: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..8).map(|_| scope.spawn(|| word(&sent(channel.as_ref(), &message("a", "t"))))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(at_once, ["Provider 0 timeout"; 8]);
    // They had waited for one and the same leave, which serves from now on.
    assert_eq!(word(&sent(channel.as_ref(), &message("a", "t"))), "taken -");
    assert_eq!((asked(&receiver), receiver.received().len()), (1, 2));
}

#[test]
fn leave_that_ended_is_asked_for_once_by_all() {
    let receiver = wecom(|token| match token {
        "token-1" => Reply::Slow(Duration::from_millis(50), Box::new(said(42_001))),
        _ => said(0),
    });
    let channel = application_within("5s", &receiver.url(""));
    let words: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..8).map(|_| scope.spawn(|| word(&sent(channel.as_ref(), &message("a", "t"))))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!((words, asked(&receiver)), (vec!["taken -".to_owned(); 8], 2));
}
