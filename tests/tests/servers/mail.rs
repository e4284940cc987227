//! The mail server.

use rulec_tests::servers::mail::{Does, Fault, Mail, Settings, Step, Tls};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A dialogue, line by line.
struct Dialogue(BufReader<TcpStream>);

impl Dialogue {
    fn with(mail: &Mail) -> Dialogue {
        let stream = TcpStream::connect(mail.address()).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time-out above zero");
        Dialogue(BufReader::new(stream))
    }

    /// The code of the next reply; none if the connection ends.
    fn hear(&mut self) -> Option<u16> {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).ok().filter(|&bytes| bytes > 0)?;
            if line.as_bytes().get(3) == Some(&b' ') {
                return line[..3].parse().ok();
            }
        }
    }

    fn say(&mut self, line: &str) -> Option<u16> {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).ok()?;
        self.hear()
    }

    /// The replies to a message to this address, from the greeting on; the last is to the dot.
    fn send(&mut self, to: &str) -> Vec<Option<u16>> {
        let message =
            "Subject: =?UTF-8?B?5L2g5aW9?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n积分\r\n.";
        let mut replies = vec![self.hear()];
        for line in ["EHLO x", "MAIL FROM:<shop@x.cn>", &format!("RCPT TO:<{to}>"), "DATA", message] {
            if replies.last().is_some_and(|last| last.is_some_and(|code| code < 400)) {
                replies.push(self.say(line));
            }
        }
        replies
    }
}

fn failing(fault: Fault) -> Mail {
    Mail::start(&Settings { faults: vec![fault], ..Settings::default() })
}

#[test]
fn mail_is_kept_as_it_came() {
    let mail = Mail::start(&Settings::default());
    let replies = Dialogue::with(&mail).send("li@x.cn");
    assert_eq!(replies, [220, 250, 250, 250, 354, 250].map(Some));
    assert!(mail.wait_for(1, Duration::ZERO));
    let letter = &mail.letters()[0];
    assert_eq!((letter.from.as_str(), letter.to.as_slice()), ("shop@x.cn", &["li@x.cn".to_owned()][..]));
    assert_eq!(letter.header("subject"), Some("你好"));
    assert_eq!((letter.parts[0].kind.as_str(), letter.parts[0].text.trim_end()), ("text/plain", "积分"));
    assert!(letter.raw.starts_with("Subject: =?UTF-8?B?5L2g5aW9?=\r\n"));
    assert!(!letter.tls && letter.user.is_none());
}

#[test]
fn mail_to_some_addresses_is_refused() {
    let mail = failing(Fault::always(Step::Rcpt, Does::Reply("550 5.1.1 no such user".into())).of("gone@"));
    assert_eq!(Dialogue::with(&mail).send("gone@x.cn"), [220, 250, 250, 550].map(Some));
    assert_eq!(Dialogue::with(&mail).send("here@x.cn"), [220, 250, 250, 250, 354, 250].map(Some));
    assert_eq!(mail.letters().len(), 1);
}

#[test]
fn mail_fails_at_the_step_and_as_often_as_said() {
    let mail = failing(Fault::always(Step::Data, Does::Reply("451 4.3.0 later".into())).skips(1).times(1));
    let last = |mail: &Mail| Dialogue::with(mail).send("li@x.cn").last().copied().flatten();
    assert_eq!([last(&mail), last(&mail), last(&mail)], [Some(250), Some(451), Some(250)]);
    assert_eq!(mail.letters().len(), 2);
}

#[test]
fn mail_is_cut_off_after_the_dot_kept_or_not() {
    let cut = Fault::always(Step::Dot, Does::Cut);
    for (fault, kept) in [(cut.clone(), 0), (cut.but_keeps(), 1)] {
        let mail = failing(fault);
        assert_eq!(Dialogue::with(&mail).send("li@x.cn").last(), Some(&None));
        assert_eq!(mail.letters().len(), kept);
    }
}

#[test]
fn mail_is_refused_after_the_dot() {
    let mail = failing(Fault::always(Step::Dot, Does::Reply("554 5.7.1 looks like spam".into())).of("积分"));
    assert_eq!(Dialogue::with(&mail).send("li@x.cn").last(), Some(&Some(554)));
    assert!(mail.letters().is_empty());
}

#[test]
fn a_server_that_is_full_says_so_and_hangs_up() {
    let mail = failing(Fault::always(Step::Connect, Does::Reply("421 4.3.2 too many connections".into())));
    let mut dialogue = Dialogue::with(&mail);
    assert_eq!([dialogue.hear(), dialogue.hear()], [Some(421), None]);
}

#[test]
fn a_server_falls_silent_or_is_slow() {
    let mail = failing(Fault::always(Step::Mail, Does::Silence));
    let mut dialogue = Dialogue::with(&mail);
    assert_eq!([dialogue.hear(), dialogue.say("EHLO x")], [Some(220), Some(250)]);
    dialogue.0.get_ref().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    dialogue.0.get_mut().write_all(b"MAIL FROM:<a@x.cn>\r\n").unwrap();
    assert_eq!(dialogue.0.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);

    let mail = failing(Fault::always(Step::Dot, Does::Delay(80)));
    let since = Instant::now();
    assert_eq!(Dialogue::with(&mail).send("li@x.cn").last(), Some(&Some(250)));
    assert!(since.elapsed() >= Duration::from_millis(80));
}

#[test]
fn a_server_demands_a_login() {
    let login = Some(("shop".to_owned(), "let me in".to_owned()));
    let mail = Mail::start(&Settings { login, ..Settings::default() });
    let mut dialogue = Dialogue::with(&mail);
    assert_eq!([dialogue.hear(), dialogue.say("EHLO x")], [Some(220), Some(250)]);
    assert_eq!(dialogue.say("MAIL FROM:<shop@x.cn>"), Some(530));
    assert_eq!(dialogue.say("AUTH PLAIN AHNob3AAd3Jvbmc="), Some(535));
    assert_eq!(dialogue.say("AUTH PLAIN AHNob3AAbGV0IG1lIGlu"), Some(235));
    for (line, reply) in
        [("MAIL FROM:<shop@x.cn>", 250), ("RCPT TO:<li@x.cn>", 250), ("DATA", 354), ("a\r\n.", 250)]
    {
        assert_eq!(dialogue.say(line), Some(reply), "{line}");
    }
    assert_eq!(mail.letters()[0].user.as_deref(), Some("shop"));
}

#[test]
fn a_server_demands_encryption() {
    for (tls, how) in [(Tls::Starttls, &["-starttls", "smtp"][..]), (Tls::Implicit, &[])] {
        let mail = Mail::start(&Settings { tls, ..Settings::default() });
        if tls == Tls::Starttls {
            let mut plain = Dialogue::with(&mail);
            assert_eq!(
                [plain.hear(), plain.say("EHLO x"), plain.say("MAIL FROM:<a@x.cn>")],
                [220, 250, 530].map(Some)
            );
        }
        let mut client = Command::new("openssl")
            .args([
                "s_client",
                "-quiet",
                "-verify_return_error",
                "-verify_ip",
                "127.0.0.1",
                "-crlf",
                "-CAfile",
            ])
            .arg(mail.authority())
            .args(["-connect", &mail.address().to_string()])
            .args(how)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = client.stdin.take().unwrap();
        for line in ["EHLO x", "MAIL FROM:<shop@x.cn>", "RCPT TO:<li@x.cn>", "DATA", "a", "."] {
            writeln!(said, "{line}").unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(mail.wait_for(1, Duration::from_secs(5)), "{tls:?}");
        assert!(mail.letters()[0].tls);
        client.kill().unwrap();
        client.wait().unwrap();
    }
}
