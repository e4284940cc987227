//! What a receiver is sent.

use std::io::{BufRead, Error, ErrorKind, Read, Result};
use std::time::Instant;

/// A request that was read to its end.
#[derive(Debug, Clone)]
pub struct Request {
    /// The how-manieth it is of all whose heads were read, from 0.
    pub number: u64,
    /// Such as `POST`.
    pub method: String,
    /// With what follows the `?`.
    pub path: String,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub body: Vec<u8>,
    /// The keys of the messages in it.
    pub keys: Vec<String>,
    /// How often that of its keys was seen before that was seen most often.
    pub earlier: u64,
    /// When its last byte was read.
    pub at: Instant,
    /// How many of its messages were delivered.
    pub delivered: u64,
}

impl Request {
    /// The value of the first header of this name, written in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The keys in its body: each run of exactly 32 hex digits, once.
    pub fn keys_in_body(&self) -> Vec<String> {
        let text = self.text();
        let mut keys: Vec<String> = Vec::new();
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
            let is_key = word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_key && !keys.iter().any(|key| key == word) {
                keys.push(word.to_owned());
            }
        }
        keys
    }
}

/// What comes before the body.
pub(super) struct Head {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    length: usize,
}

impl Head {
    /// Reads a head; none if the other side ended the connection between requests.
    ///
    /// # Errors
    /// A connection that was cut, or a request that is none. Bodies in chunks are among those: no sender here makes any.
    pub(super) fn read(reader: &mut impl BufRead) -> Result<Option<Head>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_ascii_whitespace();
        let (Some(method), Some(path), Some(_version)) = (words.next(), words.next(), words.next()) else {
            return Err(bad("no request line"));
        };
        let mut head = Head { method: method.into(), path: path.into(), headers: Vec::new(), length: 0 };
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if line.trim_end().is_empty() {
                return Ok(Some(head));
            }
            let (name, value) = line.split_once(':').ok_or_else(|| bad("a header without a colon"))?;
            head.add(name.trim().to_ascii_lowercase(), value.trim().to_owned())?;
        }
    }

    fn add(&mut self, name: String, value: String) -> Result<()> {
        match name.as_str() {
            "content-length" => self.length = value.parse().map_err(|_| bad("no length"))?,
            "transfer-encoding" => return Err(bad("a body in chunks")),
            _ => {}
        }
        self.headers.push((name, value));
        Ok(())
    }

    /// Reads the body.
    pub(super) fn with_body(self, reader: &mut impl Read, number: u64) -> Result<Request> {
        let mut body = vec![0; self.length];
        reader.read_exact(&mut body)?;
        Ok(Request {
            number,
            method: self.method,
            path: self.path,
            headers: self.headers,
            body,
            keys: Vec::new(),
            earlier: 0,
            at: Instant::now(),
            delivered: 0,
        })
    }
}

fn bad(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}
