#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use crate::http::receiver::{Received, Receiver, Reply};
use crate::http::sign;
use crate::testing::{NOON, SECRET, keyed, message, opened, sent};
use crate::{Channel, Delivery, Message, Trouble};
use proptest::prelude::*;
use rulec_plan::project::ChannelKind;
use serde_json::{Value, json};

/// What no address, header, form or JSON may be moved by.
const HOSTILE: &[&str] = &[
    "\"},{\"to\":\"everybody",
    "\\",
    "\\\"",
    "a\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1",
    "\u{0}\u{1}\u{7f}",
    "../../admin?x=1#y",
    "a&b=c;d=%00%0d%0a",
    "{message}{code}",
    "<script>&'\"",
    "=cmd|' /C calc'!A0",
    "张三\u{202e}\u{2028}🎁",
    "",
    " ",
];

fn hook(settings: &[(&str, &str)]) -> Box<dyn Channel> {
    opened(ChannelKind::Webhook, settings).unwrap()
}

/// What a receiver gets that takes everything, and what becomes of the message.
fn handed_over(path: &str, settings: &[(&str, &str)], message: &Message) -> (Option<Received>, Delivery) {
    let receiver = Receiver::new(|_| Reply::json(r#"{"data": {"id": 17}}"#));
    let url = receiver.url(path);
    let settings: Vec<_> = [("url", url.as_str())].iter().chain(settings).copied().collect();
    let delivery = sent(hook(&settings).as_ref(), message);
    (receiver.received().pop(), delivery)
}

fn got(path: &str, settings: &[(&str, &str)], message: &Message) -> Received {
    handed_over(path, settings, message).0.unwrap()
}

fn problem(settings: &[(&str, &str)]) -> Option<&'static str> {
    opened(ChannelKind::Webhook, settings).err().map(|problem| problem.code.name())
}

#[test]
fn a_message_is_the_line_of_the_outbox_unless_said() {
    let message = message("13800000000", "您好");
    let (received, delivery) = handed_over("/m", &[("id_pointer", "/data/id")], &message);
    let received = received.unwrap();
    assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/m"));
    assert_eq!(received.body, message.payload);
    assert_eq!(received.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(received.header("idempotency-key"), Some(message.key.as_str()));
    assert_eq!(received.header("x-rulec-signature"), None);
    assert_eq!(delivery, Delivery::Taken { id: Some("17".to_owned()) });
}

#[test]
fn a_request_is_signed_with_its_time_and_body() {
    let received = got("/m", &[("secret_env", "KEY")], &message("1", "t"));
    let time = NOON.to_string();
    let mac = sign::hmac(SECRET.as_bytes(), format!("{time}.{}", received.body).as_bytes());
    assert_eq!(received.header("x-rulec-timestamp"), Some(time.as_str()));
    assert_eq!(received.header("x-rulec-signature"), Some(format!("v1={}", sign::hex(&mac)).as_str()));
}

#[test]
fn hostile_values_stay_in_their_place() {
    for text in HOSTILE {
        let message = message(text, text);
        let body = r#"{"to": "+{to}", "n": [{message}], "none": {send_at}}"#;
        let received = got("/m", &[("body", body)], &message);
        let json: Value = serde_json::from_str(&received.body).unwrap();
        let send_at = "2026-11-21T20:00:00+08:00";
        assert_eq!(json, json!({"to": format!("+{text}"), "n": [text], "none": send_at}), "{text:?}");

        let form = [
            ("headers.Content-Type", "application/x-www-form-urlencoded"),
            ("body", "to={to}&text={message}"),
        ];
        let received = got("/m", &form, &message);
        assert_eq!(unescaped(&received.body), [("to", *text), ("text", *text)].map(owned), "{text:?}");

        let received = got("/m?to={to}&text={message}", &[("method", "GET")], &message);
        let query = received.target.strip_prefix("/m?").unwrap();
        assert_eq!(unescaped(query), [("to", *text), ("text", *text)].map(owned), "{text:?}");
        assert_eq!((received.method.as_str(), received.body.as_str()), ("GET", ""));

        let received = got("/users/{to}/messages", &[], &message);
        let inside = received.target.strip_prefix("/users/").unwrap().strip_suffix("/messages").unwrap();
        assert!(!inside.contains(['/', '?', '#', ' ', '\r']), "{inside}");
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A form as a server reads it.
fn unescaped(form: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
        while let Some((first, behind)) = rest.split_first() {
            (rest, bytes) = match first {
                b'%' => {
                    let hex = std::str::from_utf8(&behind[..2]).unwrap();
                    bytes.push(u8::from_str_radix(hex, 16).unwrap());
                    (&behind[2..], bytes)
                }
                b'+' => (behind, [bytes, vec![b' ']].concat()),
                other => (behind, [bytes, vec![*other]].concat()),
            };
        }
        String::from_utf8(bytes).unwrap()
    };
    form.split('&').map(|pair| pair.split_once('=').unwrap()).map(|(a, b)| (plain(a), plain(b))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_value_is_the_json_gives_it_back(to in any::<String>(), text in any::<String>()) {
        use super::template::{Body, ContentType};
        use crate::http::Outgoing;
        use crate::settings::Settings;
        let outside = crate::testing::outside();
        let described = crate::testing::described(
            ChannelKind::Webhook,
            &[("body", r#"{"a\"{": "<{to}>", "{key}": {message}, "x": [{to}]}"#)],
        );
        let body = Body::new(Settings::new("x", &described, &outside), ContentType::Json).unwrap();
        let message = message(&to, &text);
        let content = message.content().unwrap();
        let filled = body.fill(&Outgoing { message: &message, content });
        let json: Value = serde_json::from_str(&filled).unwrap();
        prop_assert_eq!(json, json!({"a\"{": format!("<{to}>"), message.key.clone(): text, "x": [to]}));
    }
}

#[test]
fn a_header_takes_no_second_line() {
    let settings = &[("headers.X-To", "{to}"), ("headers.X-Shop", "茶")];
    let received = got("/m", settings, &message("张三", "t"));
    assert_eq!((received.header("x-to"), received.header("x-shop")), (Some("张三"), Some("茶")));
    for text in HOSTILE.iter().filter(|text| text.chars().any(char::is_control)) {
        let (received, delivery) = handed_over("/m", settings, &message(text, "t"));
        assert!(received.is_none() && matches!(delivery, Delivery::Refused(_)), "{text:?} {delivery:?}");
    }
}

#[test]
fn a_path_cannot_be_climbed_out_of() {
    for to in [".", ".."] {
        let (received, delivery) = handed_over("/users/{to}/messages", &[], &message(to, "t"));
        assert!(received.is_none() && matches!(delivery, Delivery::Refused(_)));
    }
}

#[test]
fn the_body_of_an_answer_can_say_no() {
    let answered = |body: &'static str, more: &[(&str, &str)]| {
        let receiver = Receiver::new(move |_| Reply::json(body));
        let url = receiver.url("/m");
        let settings: Vec<_> =
            [("url", url.as_str()), ("ok_when", "/code = 0 | OK")].iter().chain(more).copied().collect();
        sent(hook(&settings).as_ref(), &message("13800000000", "secret text"))
    };
    assert_eq!(answered(r#"{"code": 0}"#, &[]), Delivery::Taken { id: None });
    assert_eq!(answered(r#"{"code": "OK"}"#, &[]), Delivery::Taken { id: None });
    match answered(r#"{"code": 7, "say": "13800000000: secret text"}"#, &[]) {
        Delivery::Refused(reason) => {
            assert_eq!((reason.code.as_str(), reason.text.as_str()), ("7", r#"{"code": 7, "say": "…: …"}"#));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(answered(r#"{"code": 7}"#, &[("later_when", "/code = 7")]), Delivery::Later { .. }));
    for garbage in ["", "{", "[]", r#"{"code": null}"#, "<html>"] {
        assert!(matches!(answered(garbage, &[]), Delivery::Unknown(_)), "{garbage}");
    }
}

#[test]
fn where_the_body_can_say_not_now_one_that_says_nothing_leaves_doubt() {
    let answered = |reply: Reply| {
        let receiver = Receiver::new(move |_| reply.clone());
        let url = receiver.url("/m");
        sent(hook(&[("url", &url), ("later_when", "/code = 429")]).as_ref(), &message("1", "t"))
    };
    for reply in [Reply::CutInBody(200), Reply::json("<html>"), Reply::json("{\"code\": 4")] {
        assert!(matches!(answered(reply.clone()), Delivery::Unknown(_)), "{reply:?}");
    }
    assert_eq!(answered(Reply::json("{}")), Delivery::Taken { id: None });
}

/// An array of four messages, and what is answered to it.
fn batch(more: &[(&str, &str)], reply: Reply) -> (Vec<Received>, Vec<Delivery>) {
    let receiver = Receiver::new(move |_| reply.clone());
    let url = receiver.url("/m");
    let settings: Vec<_> = [("url", url.as_str()), ("batch", "4")].iter().chain(more).copied().collect();
    let channel = hook(&settings);
    assert_eq!(channel.terms().batch, 4);
    let messages: Vec<_> = ["a", "b", "c", "d"].map(|key| keyed(key, "\"]", "t")).into();
    let deliveries = channel.sender().unwrap().send(&messages);
    (receiver.received(), deliveries)
}

#[test]
fn an_array_is_answered_message_by_message() {
    let answer = r#"{"results": [
        {"key": "d", "status": "taken", "id": "4"}, {"key": "b", "status": "refused", "reason": "no such number"},
        {"key": "c", "status": "later", "after": 9}, {"key": "x", "status": "taken"}]}"#;
    let (received, deliveries) = batch(&[("body", r#"{"k": "{key}", "to": {to}}"#)], Reply::json(answer));
    let bodies: Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!((received.len(), &bodies[3]), (1, &json!({"k": "d", "to": "\"]"})));
    assert_eq!(received[0].header("idempotency-key").map(str::len), Some(32));
    let [a, b, c, d] = deliveries.try_into().unwrap();
    assert!(matches!(a, Delivery::Unknown(_)), "{a:?}");
    assert!(matches!(b, Delivery::Refused(reason) if reason.text == "no such number"));
    assert!(matches!(c, Delivery::Later { after: Some(after), .. } if after.as_secs() == 9));
    assert_eq!(d, Delivery::Taken { id: Some("4".to_owned()) });
    let (_, deliveries) = batch(&[("idempotent", "true")], Reply::json(r#"{"results": []}"#));
    assert!(deliveries.iter().all(|delivery| matches!(delivery, Delivery::Later { .. })));
}

#[test]
fn an_array_without_results_has_one_answer_for_all() {
    let (received, deliveries) = batch(&[], Reply::json("ok"));
    assert_eq!((received.len(), deliveries), (1, vec![Delivery::Taken { id: None }; 4]));
    let (_, deliveries) = batch(&[("ok_when", "/code = 0")], Reply::json(r#"{"code": 7}"#));
    assert!(deliveries.iter().all(|delivery| matches!(delivery, Delivery::Refused(_))), "{deliveries:?}");
}

#[test]
fn an_array_whose_answer_is_lost_is_in_doubt() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"results\":[{\"key\":\"a\"".to_vec();
    let endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"results\":[{\"key\":\"a\"".to_vec();
    let huge = format!("{{\"x\": \"{}\", \"results\": []}}", "x".repeat(400_000));
    let no_list = r#"{"results": {"a": "refused"}}"#;
    for reply in [
        Reply::Bytes(cut),
        Reply::Bytes(endless),
        Reply::CutInBody(422),
        Reply::json(huge),
        Reply::json(no_list),
        Reply::json("{"),
    ] {
        let (_, deliveries) = batch(&[], reply.clone());
        assert!(deliveries.iter().all(|delivery| matches!(delivery, Delivery::Unknown(_))), "{deliveries:?}");
        let (_, deliveries) = batch(&[("idempotent", "true")], reply);
        assert!(
            deliveries.iter().all(|delivery| matches!(delivery, Delivery::Later { .. })),
            "{deliveries:?}"
        );
    }
}

#[test]
fn an_array_has_a_longer_answer_than_one_message() {
    let result = |key: &str| json!({"key": key, "status": "refused", "reason": "x".repeat(66_000)});
    let results = ["a", "b", "c", "d"].map(result);
    let answer = json!({"results": results}).to_string();
    let (_, deliveries) = batch(&[], Reply::json(answer));
    assert!(deliveries.iter().all(|delivery| matches!(delivery, Delivery::Refused(_))), "{deliveries:?}");
}

#[test]
fn results_count_whatever_the_status() {
    let answer = r#"{"results": [{"key": "a", "status": "taken"}, {"key": "b", "status": "refused"}]}"#;
    for status in [200, 207, 422, 500] {
        let (_, deliveries) = batch(&[], Reply::Answer(status, Vec::new(), answer.to_owned()));
        let [a, b, c, _] = deliveries.try_into().unwrap();
        assert_eq!(a, Delivery::Taken { id: None }, "{status}");
        assert!(matches!((&b, &c), (Delivery::Refused(_), Delivery::Unknown(_))), "{status}: {b:?} {c:?}");
    }
}

#[test]
fn a_message_that_is_taken_and_refused_is_in_doubt() {
    let answer = r#"{"results": [
        {"key": "a", "status": "taken"}, {"key": "a", "status": "refused"},
        {"key": "b", "status": "later"}, {"key": "b", "status": "later"}]}"#;
    let (_, deliveries) = batch(&[], Reply::json(answer));
    assert!(matches!(deliveries[0], Delivery::Unknown(_)), "{deliveries:?}");
    assert!(matches!(deliveries[1], Delivery::Later { .. }), "{deliveries:?}");
}

#[test]
fn an_array_that_is_too_large_is_no_fault_of_its_messages() {
    let (_, deliveries) = batch(&[], Reply::status(413));
    let of_settings =
        |delivery: &Delivery| matches!(delivery, Delivery::Later { trouble: Trouble::Settings, .. });
    assert!(deliveries.iter().all(of_settings), "{deliveries:?}");
    let receiver = Receiver::new(|_| Reply::status(413));
    let url = receiver.url("/m");
    for more in [&[][..], &[("batch", "4")]] {
        let settings: Vec<_> = [("url", url.as_str())].iter().chain(more).copied().collect();
        let alone = sent(hook(&settings).as_ref(), &message("1", "t"));
        assert!(matches!(alone, Delivery::Refused(_)), "{alone:?}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let url = ("url", "https://h/p");
    assert_eq!(problem(&[url]), None);
    assert_eq!(problem(&[]), Some("R0180"));
    for wrong in [
        ("url", "https://{to}/"),
        ("url", "https://h{to}"),
        ("url", "h/p"),
        ("url", "https://h/ \u{1}"),
        ("body", "{\"to\": {to}"),
        ("body", "{\"to\": \"{nobody}\"}"),
        ("headers.Content-Type", "application/msgpack"),
        ("headers.Content-Type", "text/plain"),
        ("ok_when", "code"),
        ("calls", "0"),
        ("idempotent", "maybe"),
    ] {
        assert_eq!(problem(&[url, wrong]), Some("R0180"), "{wrong:?}");
    }
    assert_eq!(problem(&[("url", "https://h/{to}"), ("batch", "2")]), Some("R0180"));
    assert_eq!(problem(&[url, ("batch", "2"), ("headers.X", "{to}")]), Some("R0180"));
    assert_eq!(problem(&[url, ("secret_env", "UNSET")]), Some("R0181"));
    assert_eq!(problem(&[url, ("batch", "1000")]), None);
    assert_eq!(problem(&[url, ("batch", "1001")]), Some("R0180"));
    let get = ("method", "GET");
    assert_eq!(problem(&[url, get]), Some("R0180"));
    assert_eq!(problem(&[("url", "https://h/{to}"), get, ("secret_env", "KEY")]), Some("R0180"));
    let arrays = [url, ("batch", "2"), ("idempotent", "true"), ("body", r#"{"to": {to}}"#)];
    assert_eq!(problem(&arrays), Some("R0180"));
}

#[test]
fn a_receiver_that_repeats_everything_finds_no_secret_in_a_reason() {
    let echo = |received: &Received| Reply::Answer(400, Vec::new(), format!("{received:?} {SECRET}"));
    let receiver = Receiver::new(echo);
    let url = receiver.url("/m?to={to}");
    let channel = hook(&[("url", &url), ("secret_env", "KEY"), ("body", "{\"text\": \"{message}\"}")]);
    let said = format!("{:?}", sent(channel.as_ref(), &message("13800000000", "dear customer")));
    assert!(said.contains("http 400"));
    for private in [SECRET, "13800000000", "dear customer"] {
        assert!(!said.contains(private), "{said}");
    }
}

#[test]
fn what_is_no_message_is_refused() {
    let tag = Message { key: "k".to_owned(), payload: r#"{"key":"k","tag":"vip"}"#.to_owned(), again: false };
    let (received, delivery) = handed_over("/m", &[], &tag);
    assert!(received.is_none() && matches!(delivery, Delivery::Refused(_)));
}

#[test]
fn a_header_that_is_a_secret_goes_out_and_comes_back_nowhere() {
    let message = message("1", "t");
    let secret = [("headers.Authorization:env", "TOKEN")];
    assert_eq!(got("/m", &secret, &message).header("authorization"), Some(SECRET));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    crate::testing::write_secret(&path, "Bearer sk-live-1234567890\n");
    let secret = ("headers.Authorization:file", path.to_str().unwrap());
    let echo = |received: &Received| {
        let token = received.header("authorization").unwrap();
        assert_eq!(token, "Bearer sk-live-1234567890");
        let bare = token.trim_start_matches("Bearer ").to_uppercase();
        let result =
            json!({"key": "k", "status": "refused", "code": token, "reason": format!("{token} {bare}")});
        json!({"results": [result]}).to_string()
    };
    for (more, status) in [(&[][..], 400), (&[("batch", "2")], 200)] {
        let receiver = Receiver::new(move |received| Reply::Answer(status, Vec::new(), echo(received)));
        let url = receiver.url("/m");
        let settings = [&[("url", url.as_str()), secret][..], more].concat();
        let delivery = sent(hook(&settings).as_ref(), &keyed("k", "1", "t"));
        assert!(matches!(delivery, Delivery::Refused(_)), "{delivery:?}");
        assert!(!format!("{delivery:?}").to_lowercase().contains("sk-live"), "{delivery:?}");
    }
}

#[test]
fn a_header_that_is_a_secret_goes_to_nobody_in_clear() {
    let opened = |url: &str| {
        let settings = [("url", url), ("headers.Authorization:env", "TOKEN")];
        opened(ChannelKind::Webhook, &settings).map(drop).map_err(|problem| problem.code.name())
    };
    assert_eq!(opened("http://push.example/m"), Err("R0180"));
    assert_eq!((opened("https://push.example/m"), opened("http://10.0.0.5/m")), (Ok(()), Ok(())));
}
