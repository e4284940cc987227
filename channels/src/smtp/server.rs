//! A mail server for tests, as bad as they wish.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does instead of what is usual, once.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Answer(&'static str),
    /// Closes the connection.
    Cut,
    /// Does as usual, then closes the connection instead of answering.
    CutAfter,
    /// The same, but only after this time.
    Late(Duration, &'static str),
    Hang,
    /// Sends a byte now and then, and never ends.
    Dribble,
}

/// A mail that the server took.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) data: String,
}

/// What it offers behind `EHLO`.
pub(super) const USUAL: &[&str] = &["PIPELINING", "SIZE 10000000", "AUTH PLAIN LOGIN"];

#[derive(Default)]
struct Seen {
    taken: Vec<Taken>,
    commands: Vec<String>,
    faults: Vec<(&'static str, Fault)>,
}

/// A running server. It ends with the tests.
pub(super) struct Server {
    pub(super) port: u16,
    /// The certificate for `localhost`, in PEM.
    pub(super) certificate: String,
    seen: Arc<Mutex<Seen>>,
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl Server {
    /// `faults`: at which step (`greeting`, a command, or `.`), in this order.
    pub(super) fn start(faults: &[(&'static str, Fault)]) -> Server {
        Server::offering(USUAL, false, faults)
    }

    pub(super) fn offering(
        extensions: &'static [&'static str],
        implicit: bool,
        faults: &[(&'static str, Fault)],
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (certificate, config) = crate::testing::certified();
        let seen = Arc::new(Mutex::new(Seen { faults: faults.to_vec(), ..Seen::default() }));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, config) = (Arc::clone(&shared), Arc::clone(&config));
                // Whoever hangs up breaks a conversation, not the server.
                std::thread::spawn(move || {
                    stream.and_then(|tcp| serve(tcp, &seen, &config, extensions, implicit)).ok()
                });
            }
        });
        Server { port, certificate, seen }
    }

    pub(super) fn taken(&self) -> Vec<Taken> {
        self.seen.lock().unwrap().taken.clone()
    }

    pub(super) fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }
}

fn encrypted(tcp: TcpStream, config: &Arc<ServerConfig>) -> Box<dyn Stream> {
    Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), tcp))
}

/// One conversation.
struct Conversation<'a> {
    stream: Box<dyn Stream>,
    seen: &'a Mutex<Seen>,
}

impl Conversation<'_> {
    /// What is to go wrong at this step.
    fn fault(&self, step: &str) -> Option<Fault> {
        let mut seen = self.seen.lock().unwrap();
        let place = seen.faults.iter().position(|(at, _)| *at == step)?;
        Some(seen.faults.remove(place).1)
    }

    /// Answers as usual, or as a fault wishes.
    fn answer(&mut self, step: &str, usual: &str) -> io::Result<()> {
        match self.fault(step) {
            None => self.say(usual),
            Some(Fault::Answer(answer)) => self.say(answer),
            Some(Fault::Late(time, answer)) => {
                std::thread::sleep(time);
                self.say(answer)
            }
            Some(Fault::Cut | Fault::CutAfter) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Fault::Hang) => {
                std::thread::sleep(Duration::from_secs(5));
                Err(io::ErrorKind::TimedOut.into())
            }
            Some(Fault::Dribble) => loop {
                self.stream.write_all(b"2")?;
                self.stream.flush()?;
                std::thread::sleep(Duration::from_millis(20));
            },
        }
    }

    fn say(&mut self, answer: &str) -> io::Result<()> {
        self.stream.write_all(format!("{answer}\r\n").as_bytes())?;
        self.stream.flush()
    }

    /// The next line, byte by byte, so that nothing behind it is read.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            line.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The lines until the one with a dot, as they were before dots were put before them.
    fn data(&mut self) -> io::Result<String> {
        let mut data = String::new();
        loop {
            match self.line()?.as_str() {
                "." => return Ok(data),
                line => data.push_str(&format!("{}\r\n", line.strip_prefix('.').unwrap_or(line))),
            }
        }
    }
}

fn serve(
    tcp: TcpStream,
    seen: &Mutex<Seen>,
    config: &Arc<ServerConfig>,
    extensions: &[&str],
    implicit: bool,
) -> io::Result<()> {
    let plain = tcp.try_clone()?;
    let stream = if implicit { encrypted(tcp, config) } else { Box::new(tcp) };
    let mut one = Conversation { stream, seen };
    one.answer("greeting", "220 test ready")?;
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let line = one.line()?;
        seen.lock().unwrap().commands.push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let lines: String = extensions.iter().map(|name| format!("250-{name}\r\n")).collect();
                one.answer("EHLO", &format!("250-test\r\n{lines}250 HELP"))?;
            }
            "STARTTLS" => {
                one.answer("STARTTLS", "220 go on")?;
                one.stream = encrypted(plain.try_clone()?, config);
            }
            "AUTH" if line == "AUTH LOGIN" => {
                for ask in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"] {
                    one.say(ask)?;
                    let secret = one.line()?;
                    seen.lock().unwrap().commands.push(secret);
                }
                one.answer("AUTH", "235 welcome")?;
            }
            "AUTH" => one.answer("AUTH", "235 welcome")?,
            "MAIL" => {
                from = line;
                one.answer("MAIL", "250 ok")?;
            }
            "RCPT" => {
                to = line;
                one.answer("RCPT", "250 ok")?;
            }
            "DATA" => {
                let refused =
                    |(step, fault): &(&str, Fault)| *step == "DATA" && matches!(fault, Fault::Answer(_));
                let refused = seen.lock().unwrap().faults.iter().any(refused);
                one.answer("DATA", "354 go on")?;
                if refused {
                    continue;
                }
                let data = one.data()?;
                let fault =
                    seen.lock().unwrap().faults.iter().find(|(at, _)| *at == ".").map(|(_, fault)| *fault);
                if matches!(fault, None | Some(Fault::CutAfter)) {
                    let taken = Taken { from: from.clone(), to: to.clone(), data };
                    seen.lock().unwrap().taken.push(taken);
                }
                one.answer(".", "250 2.0.0 queued")?;
            }
            "RSET" => one.answer("RSET", "250 ok")?,
            "QUIT" => return one.say("221 bye"),
            _ => one.say("500 what?")?,
        }
    }
}
