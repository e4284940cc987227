//! The SMS gateway.

use rulec_tests::servers::kannel::{Kannel, Settings, Text};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);

/// Hands over a message, without waiting for the answer.
fn ask(kannel: &Kannel, password: &str, to: &str, text: &str) -> TcpStream {
    let (user, password, text) = (Kannel::USER, encoded(password), encoded(text));
    let path = format!(
        "/cgi-bin/sendsms?username={user}&password={password}&to={to}&coding=2&charset=UTF-8&text={text}"
    );
    let mut stream = TcpStream::connect(kannel.address()).expect("it listens");
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).expect("it reads");
    stream
}

/// What the gateway answers to a message: status and body.
fn send(kannel: &Kannel, password: &str, to: &str, text: &str) -> (u16, String) {
    let mut stream = ask(kannel, password, to, text);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends with an empty line");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn text(to: &str, text: &str, parts: usize) -> Text {
    Text { from: "10690000".into(), to: to.into(), text: text.into(), parts }
}

#[test]
fn texts_arrive_at_the_fake_centre_as_they_were_sent() {
    let kannel = Kannel::start(&Settings::default());
    let long = "亲爱的会员，您的积分快到期了。".repeat(9);
    for (to, said) in [("13800000001", "张三你好"), ("13800000002", "两\n行 <b>&>"), ("13800000003", &long)]
    {
        assert_eq!(send(&kannel, Kannel::PASSWORD, to, said), (202, "0: Accepted for delivery".into()));
    }
    assert!(kannel.wait_for(3, SOON));
    let arrived = kannel.texts();
    assert_eq!(arrived[0], text("13800000001", "张三你好", 1));
    assert_eq!(arrived[1], text("13800000002", "两\n行 <b>&>", 1));
    assert_eq!(arrived[2], text("13800000003", &long, 3));
}

#[test]
fn a_gateway_refuses() {
    let kannel = Kannel::start(&Settings { refuses: Some("999".into()) });
    assert_eq!(send(&kannel, Kannel::PASSWORD, "9991", "a").0, 403);
    let (status, said) = send(&kannel, "wrong", "13800000001", "a");
    assert_eq!((status, said.as_str()), (403, "Authorization failed for sendsms"));
    assert_eq!(send(&kannel, Kannel::PASSWORD, "13800000001", "好").0, 202);
    assert!(kannel.wait_for(1, SOON));
    assert_eq!(kannel.texts(), [text("13800000001", "好", 1)]);
}

#[test]
fn a_gateway_without_its_centre_keeps_messages_until_it_is_back() {
    let mut kannel = Kannel::start(&Settings::default());
    kannel.disconnect();
    let queued = (202, "3: Queued for later delivery".to_owned());
    let since = Instant::now();
    while send(&kannel, Kannel::PASSWORD, "13800000001", "早") != queued {
        assert!(since.elapsed() < SOON, "the gateway does not notice");
    }
    kannel.connect();
    assert!(kannel.wait_for(1, SOON));
    assert_eq!(kannel.texts()[0].text, "早");
}

#[test]
fn a_gateway_that_does_not_answer_may_have_the_message_yet() {
    let kannel = Kannel::start(&Settings::default());
    kannel.freeze();
    let mut stream = ask(&kannel, Kannel::PASSWORD, "13800000001", "慢");
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(kannel.texts().is_empty());
    kannel.thaw();
    assert!(kannel.wait_for(1, SOON));
    assert_eq!(kannel.texts()[0].text, "慢");
}
