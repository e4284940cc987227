#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::server::{Fault, Server, Taken};
use crate::failpoint::{self, arm};
use crate::settings::Settings;
use crate::testing::{self, SECRET, described, keyed, message, sent};
use crate::{Channel, Delivery, Message, Outside, Trouble};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rulec_plan::project::{ChannelKind, Escape};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

const TO: &str = "fang@shop.example";

/// A channel to this server, with more settings, or others.
fn channel(server: &Server, escape: Escape, more: &[(&str, &str)]) -> Box<dyn Channel> {
    opened(&std::env::temp_dir(), server, escape, more).unwrap()
}

fn opened(
    folder: &Path,
    server: &Server,
    escape: Escape,
    more: &[(&str, &str)],
) -> Result<Box<dyn Channel>, &'static str> {
    let port = server.port.to_string();
    let usual = [
        ("host", "127.0.0.1"),
        ("port", &port),
        ("from", "Tea House <news@tea.example>"),
        ("subject", "新茶 and more"),
        ("timeout", "2s"),
    ];
    let others = usual.into_iter().filter(|(key, _)| more.iter().all(|(other, _)| other != key));
    let settings: Vec<_> =
        others.chain(more.iter().copied().filter(|(_, value)| !value.is_empty())).collect();
    let mut described = described(ChannelKind::Smtp, &settings);
    described.escape = escape;
    let outside = Outside { folder: folder.to_owned(), ..testing::outside() };
    crate::open("mail", &described, &outside).map_err(|problem| problem.code.name())
}

/// What becomes of a plain mail where this goes wrong, and the server.
fn after(faults: &[(&'static str, Fault)]) -> (Delivery, Server) {
    let server = Server::start(faults);
    let delivery = sent(&*channel(&server, Escape::None, &[("timeout", "300ms")]), &message(TO, "hi"));
    (delivery, server)
}

fn trouble(delivery: &Delivery) -> Option<Trouble> {
    match delivery {
        Delivery::Later { trouble, .. } => Some(*trouble),
        _ => None,
    }
}

/// Header fields, unfolded.
fn headers(data: &str) -> Vec<(String, String)> {
    let head = data.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
    let field =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    head.split("\r\n").map(field).collect()
}

fn header(data: &str, name: &str) -> Option<String> {
    headers(data).into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

/// The texts of the parts, or of the one that there is.
fn texts(data: &str) -> Vec<String> {
    let parts: Vec<_> = match header(data, "Content-Type").unwrap().split_once("boundary=") {
        Some((_, boundary)) => {
            let line =
                format!("--{}", boundary.trim_matches('"').split(';').next().unwrap().trim_matches('"'));
            data.split(&line)
                .skip(1)
                .filter(|part| !part.starts_with("--"))
                .map(|part| part.trim_start().to_owned())
                .collect()
        }
        None => vec![data.to_owned()],
    };
    let text = |part: &String| {
        let body = part.split_once("\r\n\r\n").unwrap().1;
        match header(part, "Content-Transfer-Encoding").as_deref() {
            Some("base64") => String::from_utf8(BASE64.decode(body.replace("\r\n", "")).unwrap()).unwrap(),
            Some("quoted-printable") => unquoted(body),
            _ => body.to_owned(),
        }
    };
    parts.iter().map(text).map(|text| text.trim_end().replace("\r\n", "\n")).collect()
}

fn unquoted(text: &str) -> String {
    let (text, mut bytes) = (text.replace("=\r\n", ""), Vec::new());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        match (first, more) {
            (b'=', [high, low, more @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest = more;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_mail_says_who_it_is_from_and_how_to_end_them() {
    let server = Server::start(&[]);
    let unsubscribe = ("list_unsubscribe", "https://tea.example/leave?c={customer}&k={key}");
    let channel = channel(&server, Escape::Html, &[unsubscribe, ("reply_to", "help@tea.example")]);
    let mail = message(TO, "<p>您好 &lt;芳&gt;，</p><a href=\"https://tea.example/\">新茶</a>");
    assert_eq!(sent(&*channel, &mail), Delivery::Taken { id: None });
    let [Taken { from, to, data }] = &server.taken()[..] else { panic!("one mail") };
    assert_eq!((&**from, &**to), ("MAIL FROM:<news@tea.example>", "RCPT TO:<fang@shop.example>"));
    let field = |name| header(data, name).unwrap_or_default();
    assert_eq!(field("From"), "\"Tea House\" <news@tea.example>");
    assert_eq!((field("To"), field("Reply-To")), (TO.to_owned(), "help@tea.example".to_owned()));
    assert!(field("Subject").starts_with("=?utf-8?b?"));
    assert_eq!(field("Date"), "Sat, 21 Nov 2026 12:00:00 +0000");
    assert_eq!(field("Message-ID"), format!("<{}@tea.example>", mail.key));
    assert_eq!(field("List-Unsubscribe"), format!("<https://tea.example/leave?c=7&k={}>", mail.key));
    assert_eq!(field("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(field("Content-Type").starts_with("multipart/alternative"));
    let html = "<p>您好 &lt;芳&gt;，</p><a href=\"https://tea.example/\">新茶</a>";
    assert_eq!(texts(data), ["您好 <芳>，\n\n新茶 (https://tea.example/)", html]);
}

#[test]
fn the_same_message_is_the_same_mail() {
    let server = Server::start(&[]);
    let channel = channel(&server, Escape::Html, &[]);
    let mail = message(TO, "<p>hi</p>");
    assert_eq!([sent(&*channel, &mail), sent(&*channel, &mail)], [const { Delivery::Taken { id: None } }; 2]);
    let taken = server.taken();
    assert_eq!(taken[0].data, taken[1].data);
}

#[test]
fn text_is_sent_as_text_and_its_lines_stay() {
    let server = Server::start(&[]);
    for escape in [Escape::None, Escape::Html] {
        let text = if escape == Escape::Html { "a &amp; b\n.\nc" } else { "a & b\n.\nc" };
        sent(&*channel(&server, escape, &[]), &message(TO, text));
    }
    let taken = server.taken();
    assert_eq!(texts(&taken[0].data), ["a & b\n.\nc"]);
    assert_eq!(texts(&taken[1].data), ["a & b\n.\nc", "a &amp; b<br>\n.<br>\nc"]);
    assert_eq!(header(&taken[0].data, "List-Unsubscribe"), None);
}

/// Header fields, commands and mails stay as many as they are, whatever customers are called.
#[test]
fn no_value_gets_into_a_header_or_ends_a_mail() {
    let hostile = [
        "x\r\nBcc: evil@evil.example",
        "x\nSubject: owned",
        "x\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n",
        "x\n.\n",
        "x\r.\r",
        "\r\n.\r\n",
        "\u{0}\u{b}\u{85}\u{2028}",
        "=?utf-8?q?=0D=0ABcc:_evil?=",
        "<img src=x onerror=y>--rulec-00112233445566778899aabbccddeeff--",
        "> , <mailto:evil@evil.example",
        &"长".repeat(3000),
    ];
    let unsubscribe = ("list_unsubscribe", "mailto:leave@tea.example?subject={key}%20{customer}%20{rule}");
    let mails = |escape, text: &str, fields: &[&str]| {
        let server = Server::start(&[]);
        let mut mail = message(TO, "hi");
        let mut payload: serde_json::Value = serde_json::from_str(&mail.payload).unwrap();
        fields.iter().for_each(|field| payload[field] = text.into());
        mail.payload = payload.to_string();
        let delivery = sent(&*channel(&server, escape, &[unsubscribe]), &mail);
        (delivery, server)
    };
    for escape in [Escape::None, Escape::Html] {
        let (_, usual) = mails(escape, "hi", &["message"]);
        let names = |data: &str| headers(data).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        for text in hostile {
            let short = text.chars().take(20).collect::<String>();
            let (delivery, server) =
                mails(escape, text, &["message", "customer", "rule", "code", "plan", "ttl", "offer_ends"]);
            if text.len() > 1000 {
                assert!(matches!(delivery, Delivery::Refused(_)), "no header may be so long");
                assert!(matches!(mails(escape, text, &["message"]).0, Delivery::Taken { .. }));
                continue;
            }
            assert_eq!(delivery, Delivery::Taken { id: None }, "{short}");
            let [taken] = &server.taken()[..] else { panic!("one mail: {short}") };
            let ignoring = |name: &String| name != "Content-Transfer-Encoding";
            assert_eq!(
                names(&taken.data).iter().filter(|name| ignoring(name)).collect::<Vec<_>>(),
                names(&usual.taken()[0].data).iter().filter(|name| ignoring(name)).collect::<Vec<_>>(),
                "{short}"
            );
            // The farewell may come late.
            let count = |server: &Server| server.commands().iter().filter(|line| *line != "QUIT").count();
            assert_eq!(count(&server), count(&usual), "{short}");
            for field in ["To", "From", "Subject", "Message-ID"] {
                assert_eq!(header(&taken.data, field), header(&usual.taken()[0].data, field));
            }
            for field in ["to", "key"] {
                assert!(matches!(mails(escape, text, &[field]).0, Delivery::Refused(_)), "{field} {short}");
            }
        }
    }
}

#[test]
fn no_line_of_a_mail_is_too_long() {
    let server = Server::start(&[]);
    for text in ["x".repeat(5000), "长".repeat(5000), format!("<p>{}</p>", "y ".repeat(3000))] {
        for escape in [Escape::None, Escape::Html] {
            sent(&*channel(&server, escape, &[]), &message(TO, &text));
        }
    }
    let taken = server.taken();
    assert_eq!(taken.len(), 6);
    assert!(taken.iter().flat_map(|mail| mail.data.lines()).all(|line| line.len() <= 998));
}

#[test]
fn an_address_is_read_strictly() {
    for good in ["a@b", "first.last+tag@mail.shop-1.example", "o'neil@x.cn"] {
        assert_eq!(super::letter::address(good).map(|address| address.to_string()).as_deref(), Some(good));
    }
    let long = format!("{}@b", "a".repeat(65));
    let bad = [
        "",
        "@",
        "a",
        "a@",
        "@b",
        "a b@c",
        "a@b c",
        " a@b",
        "a@b ",
        "<a@b>",
        "Fang <a@b>",
        "a@b,c@d",
        "a@b;c@d",
        "a@b\r\nRCPT TO:<c@d>",
        "a..b@c",
        ".a@b",
        "a.@b",
        "a@b..c",
        "a@-b",
        "a@[127.0.0.1]",
        "\"a b\"@c",
        "a@b>",
        "王@b.cn",
        "a@商店.cn",
        "a@b\0",
        "a@b%0a",
        &long,
    ];
    let server = Server::start(&[]);
    let channel = channel(&server, Escape::None, &[]);
    for address in bad {
        assert!(matches!(sent(&*channel, &message(address, "hi")), Delivery::Refused(_)), "{address:?}");
    }
    assert!(server.commands().is_empty());
}

#[test]
fn what_goes_wrong_before_the_end_of_the_mail_was_surely_not_taken() {
    use Trouble::{Message, Provider, Settings};
    for step in ["greeting", "EHLO", "MAIL", "RCPT", "DATA"] {
        for fault in [Fault::Cut, Fault::Hang, Fault::Dribble, Fault::Answer("HTTP/1.1 400 Bad Request")] {
            let start = Instant::now();
            let (delivery, server) = after(&[(step, fault)]);
            assert_eq!(trouble(&delivery), Some(Provider), "{step} {fault:?} {delivery:?}");
            assert!(server.taken().is_empty());
            assert!(start.elapsed() < Duration::from_secs(2), "{step} {fault:?}");
        }
    }
    for (step, answer, wanted) in [
        ("greeting", "554 go away", Provider),
        ("EHLO", "421 too many", Provider),
        ("MAIL", "553 not yours", Settings),
        ("RCPT", "450 4.2.2 full", Message),
        ("RCPT", "421 4.3.2 closing", Provider),
        ("DATA", "451 4.7.1 slow down", Provider),
        (".", "452 4.3.1 no room", Message),
    ] {
        let (delivery, server) = after(&[(step, Fault::Answer(answer))]);
        assert_eq!(trouble(&delivery), Some(wanted), "{step} {answer} {delivery:?}");
        assert!(server.taken().is_empty());
    }
    for (step, answer) in [
        ("RCPT", "550 5.1.1 <fang@shop.example> unknown"),
        ("DATA", "554 no"),
        (".", "552 5.2.3 big"),
        (".", "554 5.7.1 spam"),
    ] {
        let (delivery, _) = after(&[(step, Fault::Answer(answer))]);
        let Delivery::Refused(reason) = delivery else { panic!("{delivery:?}") };
        assert!(reason.code.starts_with("smtp 55") && !reason.text.contains("fang"), "{reason:?}");
    }
}

#[test]
fn what_goes_wrong_behind_the_end_of_the_mail_is_unknown() {
    for fault in [Fault::Cut, Fault::CutAfter, Fault::Hang, Fault::Dribble, Fault::Answer("what?")] {
        let (delivery, server) = after(&[(".", fault)]);
        assert!(matches!(delivery, Delivery::Unknown(_)), "{fault:?} {delivery:?}");
        assert_eq!(server.taken().len(), usize::from(matches!(fault, Fault::CutAfter)));
    }
}

#[test]
fn faults_of_ours_leave_the_right_doubt() {
    for (point, doubtful) in [("smtp-body", false), ("smtp-answered", true)] {
        let server = Server::start(&[]);
        let channel = channel(&server, Escape::None, &[]);
        arm(point, 1, failpoint::Fault::Io);
        let delivery = sent(&*channel, &message(TO, "hi"));
        assert_eq!(matches!(delivery, Delivery::Unknown(_)), doubtful, "{point} {delivery:?}");
        assert_eq!(server.taken().len(), usize::from(doubtful));
    }
}

#[test]
fn one_connection_serves_until_it_breaks() {
    let server = Server::start(&[("RCPT", Fault::Answer("550 no")), ("RSET", Fault::Cut)]);
    let mut sender = channel(&server, Escape::None, &[]).sender().unwrap();
    let mut send = |number: u32| sender.send(&[keyed(&format!("{number:032x}"), TO, "hi")]).pop().unwrap();
    assert!(matches!(send(1), Delivery::Refused(_)));
    // The connection breaks when the mail before is taken back: the next one goes on a new connection.
    assert_eq!([send(2), send(3)], [const { Delivery::Taken { id: None } }; 2]);
    let count = |verb: &str| server.commands().iter().filter(|line| line.starts_with(verb)).count();
    assert_eq!((count("EHLO"), count("RSET"), server.taken().len()), (2, 1, 2));
}

#[test]
fn nobody_there_is_the_providers_trouble() {
    let server = Server::start(&[]);
    for (host, port) in [("127.0.0.1", "1"), ("no-such-host.invalid", "25")] {
        let delivery =
            sent(&*channel(&server, Escape::None, &[("host", host), ("port", port)]), &message(TO, "hi"));
        assert_eq!(trouble(&delivery), Some(Trouble::Provider), "{host} {delivery:?}");
    }
}

const LOGIN: [(&str, &str); 2] = [("user_env", "MAIL_USER"), ("password_env", "MAIL_PASSWORD")];

#[test]
fn a_password_is_said_as_the_server_wants_it_and_nowhere_else() {
    for (offers, expected) in [
        (&["AUTH PLAIN"][..], format!("AUTH PLAIN {}", BASE64.encode(format!("\0{SECRET}\0{SECRET}")))),
        (&["AUTH=LOGIN"][..], BASE64.encode(SECRET)),
    ] {
        let server = Server::offering(offers, false, &[]);
        assert_eq!(
            sent(&*channel(&server, Escape::None, &LOGIN), &message(TO, "hi")),
            Delivery::Taken { id: None }
        );
        assert!(server.commands().contains(&expected));
    }
    let refusals: [(&'static [&'static str], &'static str, Trouble); 4] = [
        (&["AUTH PLAIN"], "535 5.7.8 s3cr3t-of-tests is wrong", Trouble::Settings),
        (&["AUTH PLAIN"], "535 AHMzY3IzdC1vZi10ZXN0cwBzM2NyM3Qtb2YtdGVzdHM= is wrong", Trouble::Settings),
        (&["AUTH PLAIN"], "454 4.7.0 later", Trouble::Provider),
        (&["AUTH CRAM-MD5"], "235 never asked", Trouble::Settings),
    ];
    for (offers, answer, wanted) in refusals {
        let server = Server::offering(offers, false, &[("AUTH", Fault::Answer(answer))]);
        let delivery = sent(&*channel(&server, Escape::None, &LOGIN), &message(TO, "hi"));
        assert_eq!(trouble(&delivery), Some(wanted), "{answer}");
        let shown = format!("{delivery:?}");
        assert!(
            !shown.contains(SECRET) && !shown.contains("AHMzY3IzdC1vZi10ZXN0cwBzM2NyM3Qtb2YtdGVzdHM="),
            "{shown}"
        );
    }
}

#[test]
fn mail_is_encrypted_for_whom_we_trust_only() {
    let tls = &["STARTTLS", "AUTH PLAIN"];
    for (mode, implicit) in [("required", false), ("implicit", true)] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::offering(tls, implicit, &[]);
        std::fs::write(folder.path().join("ca.pem"), &server.certificate).unwrap();
        let settings = [LOGIN[0], LOGIN[1], ("host", "localhost"), ("tls", mode)];
        let with = |more: &[(&str, &str)]| {
            let settings = [&settings[..], more].concat();
            sent(&*opened(folder.path(), &server, Escape::None, &settings).unwrap(), &message(TO, "hi"))
        };
        assert_eq!(with(&[("ca_file", "ca.pem")]), Delivery::Taken { id: None }, "{mode}");
        let Delivery::Later { trouble: Trouble::Settings, reason, .. } = with(&[]) else { panic!("{mode}") };
        assert_eq!((&*reason.code, &*reason.text), ("tls", "certificate not trusted"));
        // The certificate is of another name.
        let other = [LOGIN[0], LOGIN[1], ("tls", mode), ("ca_file", "ca.pem")];
        let delivery =
            sent(&*opened(folder.path(), &server, Escape::None, &other).unwrap(), &message(TO, "hi"));
        assert_eq!(trouble(&delivery), Some(Trouble::Settings), "{mode}");
        assert_eq!(server.taken().len(), 1);
        assert_eq!(server.commands().iter().filter(|line| line.starts_with("AUTH")).count(), 1);
    }
}

#[test]
fn nothing_is_said_in_clear_that_was_to_be_encrypted() {
    let settings = [LOGIN[0], LOGIN[1], ("tls", "required")];
    let server = Server::start(&[]);
    let delivery = sent(&*channel(&server, Escape::None, &settings), &message(TO, "hi"));
    assert_eq!(trouble(&delivery), Some(Trouble::Settings));
    // Somebody on the way puts answers behind the one that begins encryption.
    let injecting = Fault::Answer("220 go on\r\n250-evil\r\n250 AUTH PLAIN");
    let server_two = Server::offering(&["STARTTLS", "AUTH PLAIN"], false, &[("STARTTLS", injecting)]);
    let delivery = sent(&*channel(&server_two, Escape::None, &settings), &message(TO, "hi"));
    assert_eq!(trouble(&delivery), Some(Trouble::Provider));
    for server in [server, server_two] {
        assert!(
            server
                .commands()
                .iter()
                .all(|line| line.starts_with("EHLO") || line == "STARTTLS" || line == "QUIT")
        );
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.pem"), "").unwrap();
    let wrong: &[&[(&str, &str)]] = &[
        &[("host", "")],
        &[("from", "")],
        &[("from", "Tea House")],
        &[("from", "a@b\r\nBcc: c@d")],
        &[("reply_to", "x")],
        &[("subject", "")],
        &[("subject", "a\nBcc: b")],
        &[("port", "0")],
        &[("tls", "maybe")],
        &[("list_unsubscribe", "http://h/")],
        &[("list_unsubscribe", "https://h/>, <x")],
        &[("ca_file", "missing.pem")],
        &[("ca_file", "empty.pem")],
        &[("user_env", "U")],
        &[("password_env", "P")],
        &[("host", "mail.example"), ("tls", "none"), LOGIN[0], LOGIN[1]],
        &[LOGIN[0], LOGIN[1], ("password_file", "P")],
        &[("idempotent", "yes")],
    ];
    for more in wrong {
        assert_eq!(opened(folder.path(), &server, Escape::None, more).map(drop), Err("R0180"), "{more:?}");
    }
    let unset = [LOGIN[0], ("password_env", "UNSET")];
    assert_eq!(opened(folder.path(), &server, Escape::None, &unset).map(drop), Err("R0181"));
}

#[test]
fn a_server_that_knows_message_ids_may_be_asked_again() {
    let server = Server::start(&[]);
    let terms = |more: &[(&str, &str)]| channel(&server, Escape::None, more).terms();
    assert!(!terms(&[]).honours_key && terms(&[("idempotent", "true")]).honours_key);
    assert_eq!((terms(&[]).batch, terms(&[("calls", "2")]).calls), (1, 2));
}

#[test]
fn what_is_no_message_is_refused() {
    let server = Server::start(&[]);
    let odd = Message { payload: "{\"key\":\"x\"}".into(), ..message(TO, "hi") };
    assert!(matches!(sent(&*channel(&server, Escape::None, &[]), &odd), Delivery::Refused(_)));
}

#[test]
fn an_answer_that_nobody_asked_for_answers_nothing() {
    let before_data = ("RCPT", Fault::Answer("250 ok\r\n354 go on\r\n250 2.0.0 queued"));
    let before_the_dot = ("DATA", Fault::Answer("354 go on\r\n250 2.0.0 queued"));
    for faults in [&[before_data, (".", Fault::Answer("554 5.7.1 spam"))][..], &[before_the_dot]] {
        let (delivery, server) = after(faults);
        let Delivery::Later { reason, trouble: Trouble::Provider, .. } = &delivery else {
            panic!("{delivery:?}")
        };
        assert_eq!((reason.code.as_str(), server.taken().len()), ("garbage", 0));
    }
}

#[test]
fn what_the_server_repeats_in_other_letters_is_masked_too() {
    let echo = "550 5.1.1 <FANG@Shop.Example> unknown; also fang%40shop.example and FANG";
    let (delivery, _) = after(&[("RCPT", Fault::Answer(echo))]);
    assert!(matches!(delivery, Delivery::Refused(_)), "{delivery:?}");
    assert!(!format!("{delivery:?}").to_lowercase().contains("fang"), "{delivery:?}");
}

#[test]
fn a_mail_is_not_ended_without_time_for_the_answer() {
    let late = Fault::Late(Duration::from_millis(250), "354 go on");
    let (delivery, server) = after(&[("DATA", late)]);
    assert_eq!((trouble(&delivery), server.taken().len()), (Some(Trouble::Provider), 0), "{delivery:?}");
}

#[test]
fn whoever_names_an_authority_trusts_no_other() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), Server::start(&[]).certificate).unwrap();
    let outside = Outside { folder: folder.path().to_owned(), ..testing::outside() };
    let trusted = |settings: &[(&str, &str)]| {
        let described = described(ChannelKind::Smtp, settings);
        super::roots(Settings::new("mail", &described, &outside)).map(|roots| roots.len()).ok()
    };
    assert_eq!(trusted(&[("ca_file", "ca.pem")]), Some(1));
    assert_eq!(trusted(&[]), Some(webpki_roots::TLS_SERVER_ROOTS.len()));
}

/// A server that wants to speak TLS 1.1: its hello has version `03 02`.
fn dated() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let _hello = tcp.read(&mut [0; 4096]).unwrap();
        let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
        hello.extend([7; 32]);
        hello.extend([0, 0xc0, 0x13, 0]);
        tcp.write_all(&hello).unwrap();
        // Until the other side hangs up.
        let _alert = tcp.read(&mut [0; 4096]);
    });
    port
}

#[test]
fn encryption_that_is_broken_is_none() {
    let server = Server::start(&[]);
    let port = dated().to_string();
    let settings = [("host", "localhost"), ("port", &port), ("tls", "implicit")];
    let Delivery::Later { reason, trouble: Trouble::Provider, .. } =
        sent(&*channel(&server, Escape::None, &settings), &message(TO, "hi"))
    else {
        panic!("nothing was handed over")
    };
    assert_eq!(reason.code, "tls");
    assert_eq!(reason.text, "no version of TLS that both speak");
}
