//! aiosmtpd, a mail server that keeps what it takes and fails at chosen steps.
//!
//! It runs in a Python virtual environment of its own; what it does beside taking mail is in `mail.py`.

use super::certificates::{Certificates, certificates};
use super::installed::{installed, output};
use super::process::{Process, at, becomes};
use serde::{Deserialize, Serialize};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const SERVER: &str = "aiosmtpd==1.4.6";

/// How a mail server goes about mail.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How connections are encrypted.
    pub tls: Tls,
    /// User and password that it demands, if it does.
    pub login: Option<(String, String)>,
    /// What goes wrong; the first one that fits holds.
    pub faults: Vec<Fault>,
}

/// How connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// They are not.
    #[default]
    Off,
    /// After STARTTLS, which it demands before mail.
    Starttls,
    /// From the first byte.
    Implicit,
}

/// Something that goes wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// When.
    pub at: Step,
    /// Only where the command, or at [`Step::Dot`] the envelope's recipients and the message, hold this text.
    pub of: String,
    /// Not the first so many times that this fault fits.
    pub skips: u32,
    /// Only so many times; ever if none.
    pub times: Option<u32>,
    /// At [`Step::Dot`]: whether the message is kept as delivered before that.
    pub keeps: bool,
    /// What.
    pub does: Does,
}

/// A step of the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Step {
    /// Before the greeting.
    Connect,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    Starttls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, before the message.
    Data,
    /// After the final dot.
    Dot,
    /// RSET.
    Rset,
    /// QUIT.
    Quit,
}

/// What goes wrong at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// This reply comes instead, such as `550 5.1.1 no such user`; after a 421 the connection is cut.
    Reply(String),
    /// The connection is cut.
    Cut,
    /// Nothing comes any more.
    Silence,
    /// All goes well, but so many milliseconds later.
    Delay(u64),
}

impl Fault {
    /// Each time, at this step.
    pub fn always(at: Step, does: Does) -> Fault {
        Fault { at, of: String::new(), skips: 0, times: None, keeps: false, does }
    }

    /// The same, only where this text is found.
    pub fn of(self, text: &str) -> Fault {
        Fault { of: text.to_owned(), ..self }
    }

    /// The same, so many times only.
    pub fn times(self, times: u32) -> Fault {
        Fault { times: Some(times), ..self }
    }

    /// The same, after so many times without it.
    pub fn skips(self, skips: u32) -> Fault {
        Fault { skips, ..self }
    }

    /// The same, but the message is kept.
    pub fn but_keeps(self) -> Fault {
        Fault { keeps: true, ..self }
    }
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Letter {
    /// Of the envelope.
    pub from: String,
    /// Of the envelope.
    pub to: Vec<String>,
    /// Who logged in.
    pub user: Option<String>,
    /// Whether the connection was encrypted.
    pub tls: bool,
    /// Names and values, decoded, in their order.
    pub headers: Vec<(String, String)>,
    /// Those that hold no other parts.
    pub parts: Vec<Part>,
    /// All of it as it came; what is no UTF-8 is replaced.
    pub raw: String,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Part {
    /// Such as `text/plain`.
    pub kind: String,
    /// Decoded; of what is no text, in base64.
    pub text: String,
}

impl Letter {
    /// The value of the first header of this name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// A running mail server.
pub struct Mail {
    address: SocketAddr,
    letters: PathBuf,
    certificates: Certificates,
    _process: Process, // ends before its folder is removed
    _folder: TempDir,
}

impl Mail {
    /// Installs it where it is not yet, and starts it on a free port.
    ///
    /// # Panics
    /// Where Python is not installed, or the server can be had neither from there nor over the network.
    pub fn start(settings: &Settings) -> Mail {
        let python = installed("aiosmtpd-1.4.6", install).join("bin/python");
        let certificates = certificates();
        let folder = TempDir::new().expect("there is room for temporary files");
        let (letters, script) = (folder.path().join("letters"), folder.path().join("mail.py"));
        fs::write(&letters, "")
            .and_then(|()| fs::write(&script, include_str!("mail.py")))
            .expect("so too for these");
        let told = serde_json::json!({
            "letters": letters,
            "certificate": certificates.certificate,
            "key": certificates.key,
            "tls": settings.tls,
            "login": settings.login,
            "faults": settings.faults,
        });
        let mut command = Command::new(python);
        command.arg("-u").arg(script).arg(told.to_string());
        let mut process = Process::start(&command, &folder.path().join("log"));
        let port = process.until(|process| {
            let printed = process.printed();
            printed.lines().find_map(|line| line.strip_prefix("listening at ")?.parse().ok())
        });
        let port = port.unwrap_or_else(|printed| panic!("the mail server does not start; {printed}"));
        Mail { address: at(port), letters, certificates, _process: process, _folder: folder }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority that its certificate, of `localhost` and 127.0.0.1, is signed by.
    pub fn authority(&self) -> &Path {
        &self.certificates.authority
    }

    /// The messages that it took, in their order.
    ///
    /// # Panics
    /// Where it wrote something else.
    pub fn letters(&self) -> Vec<Letter> {
        let text = fs::read_to_string(&self.letters).expect("the file was there at the start");
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("each line is a letter")).collect()
    }

    /// Waits until it took so many messages; whether that came true in time.
    pub fn wait_for(&self, letters: usize, at_most: Duration) -> bool {
        becomes(at_most, || self.letters().len() >= letters)
    }
}

fn install(folder: &Path) {
    let python = folder.join("bin/python");
    let made = output(Command::new("python3").args(["-m", "venv"]).arg(folder));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", SERVER];
    if let Err(why) = made.and_then(|_| output(Command::new(python).args(pip))) {
        panic!(
            "the tests of mail need {SERVER}, and it cannot be installed: Python 3 with its module venv (on Debian: \
             `apt-get install python3-venv`) and a way to the Python package index are needed\n{why}"
        );
    }
}
