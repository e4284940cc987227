#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::client::Failure;
use super::receiver::{Receiver, Reply};
use super::*;
use crate::testing::{NOON, certified, message, opened, sent};
use crate::{Delivery, Trouble};
use rulec_plan::project::ChannelKind;
use rulec_plan::time::Instant;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A short word for what became of a message.
fn word(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Taken { .. } => "taken".to_owned(),
        Delivery::Refused(reason) => format!("refused {}", reason.code),
        Delivery::Later { reason, trouble, .. } => format!("later {trouble:?} {}", reason.code),
        Delivery::Unknown(reason) => format!("unknown {}", reason.code),
    }
}

fn hook(url: &str, more: &[(&str, &str)]) -> Box<dyn crate::Channel> {
    let settings: Vec<_> = [("url", url), ("timeout", "300ms")].iter().chain(more).copied().collect();
    opened(ChannelKind::Webhook, &settings).unwrap()
}

fn outcome(reply: Reply, more: &[(&str, &str)]) -> String {
    let receiver = Receiver::new(move |_| reply.clone());
    word(&sent(hook(&receiver.url("/m"), more).as_ref(), &message("1", "t")))
}

#[test]
fn a_status_means_the_same_for_all() {
    let honest: &[_] = &[("idempotent", "true")];
    for (status, plain, idempotent) in [
        (200, "taken", "taken"),
        (202, "taken", "taken"),
        (204, "taken", "taken"),
        (301, "later Settings http 301", "later Settings http 301"),
        (302, "unknown http 302", "later Settings http 302"),
        (303, "unknown http 303", "later Settings http 303"),
        (307, "later Settings http 307", "later Settings http 307"),
        (400, "refused http 400", "refused http 400"),
        (401, "later Settings http 401", "later Settings http 401"),
        (403, "later Settings http 403", "later Settings http 403"),
        (404, "later Settings http 404", "later Settings http 404"),
        (408, "later Provider http 408", "later Provider http 408"),
        (409, "refused http 409", "later Message http 409"),
        (422, "refused http 422", "refused http 422"),
        (425, "later Message http 425", "later Message http 425"),
        (429, "later Provider http 429", "later Provider http 429"),
        (500, "unknown http 500", "later Provider http 500"),
        (502, "unknown http 502", "later Provider http 502"),
        (503, "unknown http 503", "later Provider http 503"),
        (504, "unknown http 504", "later Provider http 504"),
    ] {
        assert_eq!(outcome(Reply::status(status), &[]), plain);
        assert_eq!(outcome(Reply::status(status), honest), idempotent);
    }
}

#[test]
fn an_address_of_the_message_s_own_that_is_not_there_is_its_own_fault() {
    let receiver = Receiver::new(|_| Reply::status(404));
    let channel = hook(&receiver.url("/users/{to}"), &[]);
    assert_eq!(word(&sent(channel.as_ref(), &message("1", "t"))), "refused http 404");
}

#[test]
fn what_was_written_and_not_answered_is_unknown() {
    let slow = Reply::Slow(Duration::from_millis(900), Box::new(Reply::status(200)));
    assert_eq!(outcome(slow, &[]), "unknown timeout");
    assert_eq!(outcome(Reply::Cut, &[]), "unknown cut");
    assert_eq!(outcome(Reply::Bytes(b"220 mail.example.com ESMTP\r\n".to_vec()), &[]), "unknown garbage");
    let huge = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    assert_eq!(outcome(Reply::Bytes(huge.into_bytes()), &[]), "unknown garbage");
}

#[test]
fn what_could_not_be_written_was_surely_not_taken() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = |url: &str| word(&sent(hook(url, &[]).as_ref(), &message("1", "t")));
    assert_eq!(gone(&format!("http://{free}/m")), "later Provider connect");
    let nowhere = gone("http://no-such-host.invalid/m");
    assert!(nowhere == "later Provider dns" || nowhere == "later Provider timeout", "{nowhere}");
    let plain = Receiver::new(|_| Reply::status(200));
    let tls = plain.url("/m").replace("http:", "https:");
    assert!(gone(&tls).starts_with("later Provider "), "{}", gone(&tls));
    assert!(plain.received().is_empty());
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = format!("https://{}/m", mute.local_addr().unwrap());
    assert_eq!(gone(&mute), "later Provider timeout");
}

#[test]
fn a_body_that_breaks_off_matters_only_where_it_is_needed() {
    assert_eq!(outcome(Reply::CutInBody(200), &[]), "taken");
    assert_eq!(outcome(Reply::CutInBody(200), &[("ok_when", "/code = 0")]), "unknown http 200");
    assert_eq!(outcome(Reply::CutInBody(400), &[]), "refused http 400");
    let long = Reply::json(format!("{{\"code\": 0, \"x\": \"{}\"}}", "x".repeat(300_000)));
    assert_eq!(outcome(long.clone(), &[]), "taken");
    assert_eq!(outcome(long, &[("ok_when", "/code = 0")]), "unknown http 200");
}

#[test]
fn a_provider_s_wish_to_wait_is_passed_on() {
    let wait = |status, value: &str| {
        let reply = Reply::Answer(status, vec![("Retry-After", value.to_owned())], String::new());
        let receiver = Receiver::new(move |_| reply.clone());
        match sent(hook(&receiver.url("/m"), &[]).as_ref(), &message("1", "t")) {
            Delivery::Later { after, trouble: Trouble::Provider, .. } => after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait(429, "30"), Some(Duration::from_secs(30)));
    assert_eq!(wait(503, "Sat, 21 Nov 2026 12:01:00 GMT"), Some(Duration::from_secs(60)));
    assert_eq!(wait(503, "0"), None);
    assert_eq!(wait(503, "whenever"), None);
}

#[test]
fn a_sender_keeps_its_connection() {
    let receiver = Receiver::new(|_| Reply::status(200));
    let channel = hook(&receiver.url("/m"), &[]);
    let mut sender = channel.sender().unwrap();
    for _ in 0..5 {
        assert_eq!(word(&sender.send(&[message("1", "t")])[0]), "taken");
    }
    assert_eq!((receiver.received().len(), receiver.connections()), (5, 1));
}

#[test]
fn an_address_that_no_server_reads_is_the_message_s_own_fault() {
    let receiver = Receiver::new(|_| Reply::status(200));
    let channel = hook(&receiver.url("/m?text={message}"), &[("method", "GET")]);
    let delivery = sent(channel.as_ref(), &message("1", &"长".repeat(3000)));
    assert_eq!((word(&delivery).as_str(), receiver.received().len()), ("refused too long", 0));
}

#[test]
fn what_the_other_side_calls_a_message_can_be_shown() {
    let receiver =
        Receiver::new(|_| Reply::json(format!("{{\"id\": \"a\\n\u{202e}b{}\"}}", "c".repeat(900))));
    let delivery = sent(hook(&receiver.url("/m"), &[("id_pointer", "/id")]).as_ref(), &message("1", "t"));
    assert_eq!(delivery, Delivery::Taken { id: Some(format!("ab{}", "c".repeat(126))) });
}

/// The port of a server that answers `200` to whoever trusts it, and how many it answered.
fn secure(config: &Arc<rustls::ServerConfig>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (answered, config) = (Arc::new(AtomicUsize::new(0)), Arc::clone(config));
    let seen = Arc::clone(&answered);
    std::thread::spawn(move || {
        for tcp in listener.incoming().map_while(Result::ok) {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(rustls::StreamOwned::new(connection, tcp));
            let mut line = String::new();
            if stream.read_line(&mut line).is_ok_and(|length| length > 0) {
                seen.fetch_add(1, Ordering::Relaxed);
                let _ = stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        }
    });
    (port, answered)
}

#[test]
fn a_message_goes_only_to_whom_we_trust() {
    let (certificate, config) = certified();
    let (port, answered) = secure(&config);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certificate).unwrap();
    let url = format!("https://localhost:{port}/m");
    let trusted = [("ca_file", file.path().to_str().unwrap()), ("timeout", "2s")];
    assert_eq!(word(&sent(hook(&url, &trusted).as_ref(), &message("1", "t"))), "taken");
    let other = url.replace("localhost", "127.0.0.1");
    // A certificate does not become a better one by waiting.
    for (url, settings, words) in
        [(&url, &[][..], "certificate not trusted"), (&other, &trusted, "certificate for another name")]
    {
        let delivery = sent(hook(url, settings).as_ref(), &message("1", "t"));
        let Delivery::Later { reason, trouble: Trouble::Settings, .. } = delivery else {
            panic!("{delivery:?}")
        };
        assert_eq!((&*reason.code, &*reason.text), ("tls", words));
    }
    assert_eq!(answered.load(Ordering::Relaxed), 1);
}

#[test]
fn redirects_are_not_followed() {
    let other = Receiver::new(|_| Reply::status(200));
    let there = other.url("/stolen");
    let reply = Reply::Answer(307, vec![("Location", there)], String::new());
    assert_eq!(outcome(reply, &[]), "later Settings http 307");
    assert!(other.received().is_empty());
}

#[test]
fn a_request_is_not_shown() {
    let client = Client::new(Duration::from_millis(300), None);
    let request = Request {
        method: Method::GET,
        url: "http://127.0.0.1:1/?password=hunter2\u{7f}".to_owned(),
        headers: vec![("X".to_owned(), "hunter2".to_owned())],
        body: "hunter2".to_owned(),
    };
    let failure = client.call(&request, Instant(NOON)).err();
    assert!(matches!(failure, Some(Failure::Unfit(_))));
    assert!(!format!("{request:?} {failure:?}").contains("hunter2"));
}
