//! The HTTP receiver.

use rulec_tests::servers::receiver::{Behaviour, Fate, Receiver, Request, Settings};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection over which requests are made as bytes.
struct Client(BufReader<TcpStream>);

impl Client {
    fn to(receiver: &Receiver) -> Client {
        let stream = TcpStream::connect(receiver.address()).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out above zero");
        stream.set_nodelay(true).expect("an open connection");
        Client(BufReader::new(stream))
    }

    fn ask(&mut self, key: &str) {
        let body = format!(r#"{{"text":"你好","key":"{key}"}}"#);
        let length = body.len();
        let head = format!(
            "POST /hook?a=1 HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {key}\r\nContent-Length: {length}\r\n\r\n"
        );
        self.0.get_mut().write_all(format!("{head}{body}").as_bytes()).expect("it reads");
    }

    /// The status, headers and body of the next answer; none if it does not come whole.
    fn hear(&mut self) -> Option<(u16, String, String)> {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).ok().filter(|&bytes| bytes > 0)?;
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().ok()?;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, head, String::from_utf8(body).ok()?))
    }

    fn post(&mut self, key: &str) -> Option<u16> {
        self.ask(key);
        self.hear().map(|(status, ..)| status)
    }
}

fn scripted(script: impl Fn(u64) -> Behaviour + Send + Sync + 'static) -> Receiver {
    Receiver::start(Settings {
        script: Box::new(move |request| script(request.number)),
        ..Settings::default()
    })
}

#[test]
fn a_receiver_keeps_what_it_was_sent() {
    let receiver = Receiver::start(Settings::default());
    let mut client = Client::to(&receiver);
    assert_eq!(client.post("a"), Some(200));
    assert_eq!(client.post("b"), Some(200));
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("POST", "/hook?a=1"));
    assert_eq!(requests[0].header("host"), Some("x"));
    assert_eq!(requests[0].text(), r#"{"text":"你好","key":"a"}"#);
    assert_eq!(requests[1].keys, ["b"]);
    assert!(requests[0].at < requests[1].at);
}

#[test]
fn a_receiver_that_honours_keys_delivers_a_message_once() {
    for (honours_keys, deliveries) in [(true, 1), (false, 3)] {
        let receiver = Receiver::start(Settings { honours_keys, ..Settings::default() });
        for _ in 0..3 {
            assert_eq!(Client::to(&receiver).post("a"), Some(200));
        }
        assert_eq!(receiver.delivered()["a"], deliveries);
        assert_eq!(receiver.seen()["a"], 3);
        assert_eq!(receiver.deliveries(), deliveries);
    }
}

#[test]
fn a_receiver_finds_several_keys_in_a_body() {
    let keys = Box::new(|request: &Request| request.keys_in_body());
    let receiver = Receiver::start(Settings { keys, ..Settings::default() });
    let (one, two) = ("0123456789abcdef0123456789abcdef", "ffffffffffffffff0000000000000000");
    Client::to(&receiver).post(&format!(r#"{one}","key":"{two}"#));
    assert_eq!(receiver.delivered().keys().collect::<Vec<_>>(), [one, two]);
}

#[test]
fn a_receiver_delivers_of_an_array_what_it_says() {
    let fates = [Fate::Forgotten, Fate::Unsaid, Fate::Later, Fate::Refused, Fate::Taken];
    let fates: Vec<_> = fates.iter().enumerate().map(|(key, fate)| (key.to_string(), *fate)).collect();
    let keys = fates.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let receiver = Receiver::start(Settings {
        keys: Box::new(move |_| keys.clone()),
        script: Box::new(move |_| Behaviour::results(207, &fates)),
        ..Settings::default()
    });
    let mut client = Client::to(&receiver);
    client.ask("a");
    let (status, _, body) = client.hear().expect("an answer");
    let said = r#"{"results":[{"key":"2","status":"later"},{"key":"3","status":"refused"},{"key":"4","status":"taken"}]}"#;
    assert_eq!((status, body.as_str()), (207, said));
    assert_eq!(receiver.delivered().keys().collect::<Vec<_>>(), ["1", "4"]);
}

#[test]
fn what_is_answered_says_nothing_about_what_is_delivered() {
    let cases: [(Behaviour, Option<u16>, u64); 9] = [
        (Behaviour::status(400), Some(400), 0),
        (Behaviour::status(503), Some(503), 0),
        (Behaviour::delivered_then_cut(), None, 1),
        (Behaviour::cut(), None, 0),
        (Behaviour::taken().half(), None, 1),
        (Behaviour::status(500).half(), None, 0),
        (Behaviour::garbage(), None, 1),
        (Behaviour::taken().undelivered(), Some(200), 0),
        (Behaviour { delivers: true, ..Behaviour::status(500) }, Some(500), 1),
    ];
    for (behaviour, answer, deliveries) in cases {
        let receiver = scripted({
            let behaviour = behaviour.clone();
            move |_| behaviour.clone()
        });
        assert_eq!(Client::to(&receiver).post("a"), answer, "{behaviour:?}");
        assert_eq!(receiver.deliveries(), deliveries, "{behaviour:?}");
    }
}

#[test]
fn a_receiver_asks_for_patience() {
    let receiver = scripted(|_| Behaviour::too_many(7));
    let mut client = Client::to(&receiver);
    client.ask("a");
    let (status, head, _) = client.hear().unwrap();
    assert_eq!(status, 429);
    assert!(head.contains("Retry-After: 7\r\n"), "{head}");
}

#[test]
fn a_receiver_answers_twice() {
    let receiver = scripted(|_| Behaviour::taken().with_body("said").twice());
    let mut client = Client::to(&receiver);
    client.ask("a");
    assert_eq!(client.hear().unwrap().2, "said");
    assert_eq!(client.hear().unwrap().2, "said");
    assert_eq!(receiver.deliveries(), 1);
}

#[test]
fn a_receiver_answers_late() {
    let receiver = scripted(|_| Behaviour::taken().after(Duration::from_millis(80)));
    let since = Instant::now();
    assert_eq!(Client::to(&receiver).post("a"), Some(200));
    assert!(since.elapsed() >= Duration::from_millis(80));
}

#[test]
fn a_receiver_never_answers() {
    for (behaviour, deliveries) in [(Behaviour::silence(), 0), (Behaviour::delivered_without_answer(), 1)] {
        let receiver = scripted(move |_| behaviour.clone());
        let mut client = Client::to(&receiver);
        client.0.get_ref().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        client.ask("a");
        let error = client.0.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(receiver.deliveries(), deliveries);
    }
}

#[test]
fn a_receiver_cuts_before_it_reads_the_body() {
    let receiver =
        Receiver::start(Settings { cuts_unread: Box::new(|number| number == 0), ..Settings::default() });
    assert_eq!(Client::to(&receiver).post("a"), None);
    assert_eq!((receiver.begun(), receiver.seen().len(), receiver.deliveries()), (1, 0, 0));
    assert_eq!(Client::to(&receiver).post("a"), Some(200));
    assert_eq!(receiver.requests()[0].number, 1);
}

#[test]
fn a_script_goes_by_number_and_by_how_often_a_key_came() {
    let script = Box::new(|request: &Request| match (request.number, request.earlier) {
        (0, _) => Behaviour::status(500),
        (_, 0) => Behaviour::status(429),
        _ => Behaviour::taken(),
    });
    let receiver = Receiver::start(Settings { script, ..Settings::default() });
    let mut client = Client::to(&receiver);
    let answers: Vec<_> = ["a", "a", "b", "b"].into_iter().map(|key| client.post(key).unwrap()).collect();
    assert_eq!(answers, [500, 200, 429, 200]);
}

#[test]
fn a_receiver_goes_down_and_comes_back_knowing_what_it_knew() {
    let mut receiver = Receiver::start(Settings::default());
    let address: SocketAddr = receiver.address();
    let mut client = Client::to(&receiver);
    assert_eq!(client.post("a"), Some(200));
    receiver.down();
    assert_eq!(client.0.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    receiver.up();
    assert_eq!(Client::to(&receiver).post("b"), Some(200));
    assert!(receiver.wait_for(2, Duration::from_secs(1)));
    assert!(!receiver.wait_for(3, Duration::from_millis(10)));
    drop(receiver);
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}
