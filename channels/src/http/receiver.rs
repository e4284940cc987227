//! A server for tests: real, on this machine, and as bad as a test wishes.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What came in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What a request gets.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The same, but only after this time.
    Slow(Duration, Box<Reply>),
    /// Nothing: the connection is closed when the request was read.
    Cut,
    /// A status and headers that promise more than comes.
    CutInBody(u16),
    /// These bytes.
    Bytes(Vec<u8>),
}

impl Reply {
    pub(crate) fn json(body: impl Into<String>) -> Reply {
        Reply::Answer(200, vec![("Content-Type", "application/json".to_owned())], body.into())
    }

    pub(crate) fn status(status: u16) -> Reply {
        Reply::Answer(status, Vec::new(), format!("status {status}"))
    }
}

/// Listens until the test ends.
pub(crate) struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<Mutex<usize>>,
}

impl Receiver {
    /// What comes in gets what `reply` says.
    pub(crate) fn new(reply: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (received, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (log, count, reply) = (Arc::clone(&received), Arc::clone(&connections), Arc::new(reply));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                *count.lock().unwrap() += 1;
                let (log, reply) = (Arc::clone(&log), Arc::clone(&reply));
                thread::spawn(move || serve(&stream, &log, reply.as_ref()));
            }
        });
        Receiver { address, received, connections }
    }

    /// With the path, such as `/x`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Received>>, reply: &(dyn Fn(&Received) -> Reply + Send + Sync)) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        log.lock().unwrap().push(request.clone());
        if !write(stream, reply(&request)) {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace();
    let mut request = Received {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        ..Received::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    Some(request)
}

/// Whether the connection goes on.
fn write(mut stream: &TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Answer(status, headers, body) => {
            let headers: String =
                headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
            stream.write_all(answer.as_bytes()).is_ok()
        }
        Reply::Slow(wait, reply) => {
            thread::sleep(wait);
            write(stream, *reply)
        }
        Reply::Cut => false,
        Reply::CutInBody(status) => {
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 1000\r\n\r\n{{\"id\":");
            let _ = stream.write_all(answer.as_bytes());
            false
        }
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes);
            false
        }
    }
}
