//! Speaking SMTP (RFC 5321), one mail at a time, so that it is known at which step it went wrong.

use super::outcome::{Cause, Failure, Step};
use super::reply::Reply;
use super::wire::Wire;
use super::{Server, Tls};
use crate::failpoint;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// What part of the time for a mail must be left when the dot that ends it is written: whoever has no time to hear the answer
/// leaves the mail in doubt.
const LEAST: u32 = 4;
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_millis(200);

/// A connection on which mails can be handed over.
pub(super) struct Session {
    /// None once it is broken.
    wire: Option<Wire>,
    /// Whether a mail was begun and not finished, which the server has to be told.
    begun: bool,
}

/// One mail.
pub(super) struct Mail<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    /// Headers and body, lines with CR LF.
    pub(super) data: &'a [u8],
}

/// How long handing over a mail may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed {
    pub(super) whole: Duration,
    /// When it ends.
    pub(super) deadline: Instant,
}

impl Allowed {
    /// From now on.
    pub(super) fn from_now(whole: Duration) -> Allowed {
        Allowed { whole, deadline: Instant::now() + whole }
    }
}

type Result<T> = std::result::Result<T, Failure>;

impl Session {
    /// Connects, encrypts and logs in, as the settings say.
    pub(super) fn open(server: &Server, deadline: Instant) -> Result<Session> {
        let connected = Wire::connect(&server.host, server.port, deadline).at(Step::Connect)?;
        let wire = match server.tls {
            Tls::Implicit => connected.encrypted(&server.host, &server.config).at(Step::Tls)?,
            Tls::Required | Tls::None => connected,
        };
        let mut session = Session { wire: Some(wire), begun: false };
        let greeting = session.reply(Step::Greeting)?;
        expect(greeting, 2, Step::Greeting)?;
        let mut extensions = session.hello()?;
        if server.tls == Tls::Required {
            session.encrypt(server, &extensions)?;
            extensions = session.hello()?;
        }
        session.log_in(server, &extensions)?;
        Ok(session)
    }

    /// Hands over one mail. After an error at whatever step but an answer, the connection cannot be used again.
    pub(super) fn hand_over(&mut self, mail: &Mail<'_>, time: &Allowed) -> Result<()> {
        if let Some(wire) = &mut self.wire {
            wire.set_deadline(time.deadline);
        }
        if std::mem::replace(&mut self.begun, true) {
            self.command("RSET", 2, Step::Sender)?;
        }
        self.command(&format!("MAIL FROM:<{}>", mail.from), 2, Step::Sender)?;
        self.command(&format!("RCPT TO:<{}>", mail.to), 2, Step::Recipient)?;
        self.command("DATA", 3, Step::Data)?;
        // Without the line with a dot the server has no mail, whatever it got before.
        self.write(&stuffed(mail.data), Step::Body)?;
        failpoint::reach("smtp-body").at(Step::Body)?;
        self.before(Step::Body)?;
        let in_time = self.wire()?.has_left(time.whole / LEAST);
        self.sound(in_time, Step::Body)?;
        self.write(b".\r\n", Step::End)?;
        let answer = self.reply(Step::End)?;
        failpoint::reach("smtp-answered").at(Step::End)?;
        expect(answer, 2, Step::End)?;
        self.begun = false;
        Ok(())
    }

    /// Whether a mail can be handed over on it.
    pub(super) fn is_sound(&self) -> bool {
        self.wire.is_some()
    }

    /// Says who we are, and hears what the server can do. We go by our address, which needs no name that others know.
    fn hello(&mut self) -> Result<Vec<String>> {
        let ip = self.wire()?.local_ip().at(Step::Hello)?;
        let name = match ip {
            IpAddr::V4(ip) => format!("[{ip}]"),
            IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
        };
        let reply = self.command(&format!("EHLO {name}"), 2, Step::Hello)?;
        Ok(reply.lines.into_iter().skip(1).map(|line| line.to_ascii_uppercase()).collect())
    }

    fn encrypt(&mut self, server: &Server, extensions: &[String]) -> Result<()> {
        if !extensions.iter().any(|line| line.trim() == "STARTTLS") {
            return Err(Failure { step: Step::Tls, cause: Cause::NotOffered("STARTTLS") });
        }
        self.command("STARTTLS", 2, Step::Tls)?;
        if let Some(wire) = self.wire.take() {
            self.wire = Some(wire.encrypted(&server.host, &server.config).at(Step::Tls)?);
        }
        Ok(())
    }

    fn log_in(&mut self, server: &Server, extensions: &[String]) -> Result<()> {
        let Some(login) = &server.login else { return Ok(()) };
        let offered: Vec<_> = extensions
            .iter()
            .filter_map(|line| line.strip_prefix("AUTH"))
            .flat_map(|ways| ways.split([' ', '=']))
            .collect();
        if offered.contains(&"PLAIN") {
            self.command(&format!("AUTH PLAIN {}", login.plain()), 2, Step::Login).map(drop)
        } else if offered.contains(&"LOGIN") {
            self.command("AUTH LOGIN", 3, Step::Login)?;
            self.command(&BASE64.encode(login.user.expose()), 3, Step::Login)?;
            self.command(&BASE64.encode(login.password.expose()), 2, Step::Login).map(drop)
        } else {
            Err(Failure { step: Step::Login, cause: Cause::NotOffered("AUTH PLAIN or LOGIN") })
        }
    }

    /// A command, to be answered with a code of this class.
    fn command(&mut self, command: &str, class: u16, step: Step) -> Result<Reply> {
        self.before(step)?;
        self.write(format!("{command}\r\n").as_bytes(), step)?;
        let reply = self.reply(step)?;
        expect(reply, class, step)
    }

    /// Before whatever is answered: no answer must be there yet.
    fn before(&mut self, step: Step) -> Result<()> {
        let silent = self.wire()?.silent();
        self.sound(silent, step)
    }

    fn write(&mut self, bytes: &[u8], step: Step) -> Result<()> {
        let written = self.wire()?.write(bytes);
        self.sound(written, step)
    }

    /// The next answer. After 421 the server closes the connection.
    fn reply(&mut self, step: Step) -> Result<Reply> {
        let reply = Reply::read(self.wire()?);
        let reply = self.sound(reply, step)?;
        if reply.code == 421 {
            self.wire = None;
        }
        Ok(reply)
    }

    /// The connection is of no use after an error.
    fn sound<T>(&mut self, result: std::io::Result<T>, step: Step) -> Result<T> {
        if result.is_err() {
            self.wire = None;
        }
        result.at(step)
    }

    fn wire(&mut self) -> Result<&mut Wire> {
        let closed =
            || Failure { step: Step::Connect, cause: Cause::Io(std::io::ErrorKind::NotConnected.into()) };
        self.wire.as_mut().ok_or_else(closed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(wire) = &mut self.wire {
            wire.set_deadline(Instant::now() + FAREWELL);
            // The server has all that matters; this is manners.
            drop(wire.write(b"QUIT\r\n"));
        }
    }
}

fn expect(reply: Reply, class: u16, step: Step) -> Result<Reply> {
    if reply.is(class) { Ok(reply) } else { Err(Failure { step, cause: Cause::Answer(reply) }) }
}

/// Says at which step an error came.
trait At<T> {
    fn at(self, step: Step) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, step: Step) -> Result<T> {
        self.map_err(|error| Failure { step, cause: Cause::Io(error) })
    }
}

/// The data as it goes over the wire: a dot before each line that begins with one, every line with CR LF, whatever stood
/// there, so that no data can end the mail and begin another.
fn stuffed(data: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(data.len() + data.len() / 64);
    let lines = data.strip_suffix(b"\n").unwrap_or(data).split(|byte| *byte == b'\n');
    for line in lines {
        let start = written.len();
        written.extend(line.iter().filter(|byte| **byte != b'\r'));
        if written.get(start) == Some(&b'.') {
            written.insert(start, b'.');
        }
        written.extend(b"\r\n");
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_ends_the_mail_early() {
        let stuffed = |data: &str| String::from_utf8(stuffed(data.as_bytes())).unwrap();
        assert_eq!(stuffed("a\r\n.\r\nb"), "a\r\n..\r\nb\r\n");
        assert_eq!(stuffed("a\n.\r\n"), "a\r\n..\r\n");
        assert_eq!(stuffed("a\r.\r\n"), "a.\r\n");
        assert_eq!(stuffed("a\n\r.\r\r\n"), "a\r\n..\r\n");
    }
}
