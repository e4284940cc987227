//! What a receiver does with a request.

use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What a receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// How long to wait before anything else.
    pub delay: Duration,
    /// Whether the messages of the request are delivered, whatever is answered.
    pub delivers: bool,
    /// The keys of those that are not delivered all the same.
    pub spares: Vec<String>,
    /// What the other side hears.
    pub answer: Answer,
}

/// What becomes of one message of an array, and what the answer says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is delivered.
    Taken,
    /// It is not delivered.
    Refused,
    /// It is not delivered yet.
    Later,
    /// The answer leaves it out, and it is delivered.
    Unsaid,
    /// The answer leaves it out, and it is not delivered.
    Forgotten,
}

/// What the other side hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An answer.
    Whole(Words),
    /// The same answer twice, so that the second could be taken for the one to the next request.
    Twice(Words),
    /// The first half of an answer, then a cut.
    Half(Words),
    /// Bytes that are no HTTP, then a cut.
    Garbage,
    /// Nothing: the connection is cut.
    Cut,
    /// Nothing, until the other side gives up.
    Never,
}

/// The words of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Such as 200.
    pub status: u16,
    /// Beside the length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What becomes of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It waits for the next request.
    Keep,
    /// It is cut.
    Close,
}

impl Behaviour {
    /// Answers with this status; delivers exactly when that says that the request was taken (2xx).
    pub fn status(status: u16) -> Behaviour {
        let body = format!(r#"{{"status":{status}}}"#);
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Behaviour {
            delay: Duration::ZERO,
            delivers: (200..300).contains(&status),
            spares: Vec::new(),
            answer: Answer::Whole(Words { status, headers, body }),
        }
    }

    /// Delivers and answers 200.
    pub fn taken() -> Behaviour {
        Behaviour::status(200)
    }

    /// Answers with this status, and says of each message of an array, by its key and in this order, what becomes of it.
    pub fn results(status: u16, fates: &[(String, Fate)]) -> Behaviour {
        let said = fates.iter().filter_map(|(key, fate)| Some((key, fate.word()?)));
        let results: Vec<_> =
            said.map(|(key, word)| format!(r#"{{"key":"{key}","status":"{word}"}}"#)).collect();
        let spared = fates.iter().filter(|(_, fate)| !matches!(fate, Fate::Taken | Fate::Unsaid));
        let behaviour = Behaviour {
            delivers: true,
            spares: spared.map(|(key, _)| key.clone()).collect(),
            ..Behaviour::status(status)
        };
        behaviour.with_body(&format!(r#"{{"results":[{}]}}"#, results.join(",")))
    }

    /// Answers 429: not before so many seconds.
    pub fn too_many(retry_after: u64) -> Behaviour {
        Behaviour::status(429).with_header("Retry-After", &retry_after.to_string())
    }

    /// Delivers, but cuts the connection instead of answering.
    pub fn delivered_then_cut() -> Behaviour {
        Behaviour { answer: Answer::Cut, ..Behaviour::taken() }
    }

    /// Cuts the connection after the request was read, without delivering.
    pub fn cut() -> Behaviour {
        Behaviour::delivered_then_cut().undelivered()
    }

    /// Delivers, but never answers.
    pub fn delivered_without_answer() -> Behaviour {
        Behaviour { answer: Answer::Never, ..Behaviour::taken() }
    }

    /// Neither delivers nor answers.
    pub fn silence() -> Behaviour {
        Behaviour::delivered_without_answer().undelivered()
    }

    /// Delivers and answers with bytes that are no HTTP.
    pub fn garbage() -> Behaviour {
        Behaviour { answer: Answer::Garbage, ..Behaviour::taken() }
    }

    /// The same, answered twice.
    pub fn twice(self) -> Behaviour {
        Behaviour { answer: Answer::Twice(self.words()), ..self }
    }

    /// The same, but only half the answer comes.
    pub fn half(self) -> Behaviour {
        Behaviour { answer: Answer::Half(self.words()), ..self }
    }

    /// The same, but nothing is delivered, whatever the answer says: such as a 200 whose body is an error.
    pub fn undelivered(self) -> Behaviour {
        Behaviour { delivers: false, ..self }
    }

    /// The same, but so much later.
    pub fn after(self, delay: Duration) -> Behaviour {
        Behaviour { delay, ..self }
    }

    /// The same with this body in the answer.
    pub fn with_body(mut self, body: &str) -> Behaviour {
        if let Some(words) = self.answer.words_mut() {
            body.clone_into(&mut words.body);
        }
        self
    }

    /// The same with one more header in the answer.
    pub fn with_header(mut self, name: &str, value: &str) -> Behaviour {
        if let Some(words) = self.answer.words_mut() {
            words.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The misbehaviour of this number: all kinds that end at once, over and over. What a random schedule picks from.
    pub fn trouble(number: u64) -> Behaviour {
        match number % 11 {
            0 => Behaviour::status(400),
            1 => Behaviour::status(500),
            2 => Behaviour::status(503).with_header("Retry-After", "0"),
            3 => Behaviour::too_many(0),
            4 => Behaviour::delivered_then_cut(),
            5 => Behaviour::cut(),
            6 => Behaviour::taken().twice(),
            7 => Behaviour::taken().half(),
            8 => Behaviour::garbage(),
            // What a proxy answers when the server behind it died over the request.
            9 => Behaviour { delivers: true, ..Behaviour::status(503) },
            _ => Behaviour::taken().after(Duration::from_millis(3)),
        }
    }

    /// The words of the answer, or those of a plain 200 where there are none.
    fn words(&self) -> Words {
        match &self.answer {
            Answer::Whole(words) | Answer::Twice(words) | Answer::Half(words) => words.clone(),
            Answer::Garbage | Answer::Cut | Answer::Never => Behaviour::taken().words(),
        }
    }
}

impl Fate {
    /// The status of a result.
    fn word(self) -> Option<&'static str> {
        match self {
            Fate::Taken => Some("taken"),
            Fate::Refused => Some("refused"),
            Fate::Later => Some("later"),
            Fate::Unsaid | Fate::Forgotten => None,
        }
    }
}

impl Answer {
    /// Says it. Gives what becomes of the connection.
    ///
    /// # Errors
    /// Where the other side is gone.
    pub(super) fn write(&self, mut stream: &TcpStream) -> Result<Then> {
        match self {
            Answer::Whole(words) => stream.write_all(&words.bytes())?,
            Answer::Twice(words) => stream.write_all(&words.bytes().repeat(2))?,
            Answer::Half(words) => {
                let bytes = words.bytes();
                stream.write_all(&bytes[..bytes.len() / 2])?;
                return Ok(Then::Close);
            }
            Answer::Garbage => {
                stream.write_all(b"\x00\xff\x16\x03 no HTTP \r\n\r\n\r\n")?;
                return Ok(Then::Close);
            }
            Answer::Cut => return Ok(Then::Close),
            Answer::Never => {
                let mut ignored = [0; 1024];
                while stream.read(&mut ignored)? > 0 {}
                return Ok(Then::Close);
            }
        }
        Ok(Then::Keep)
    }

    fn words_mut(&mut self) -> Option<&mut Words> {
        match self {
            Answer::Whole(words) | Answer::Twice(words) | Answer::Half(words) => Some(words),
            Answer::Garbage | Answer::Cut | Answer::Never => None,
        }
    }
}

impl Words {
    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason());
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{}", self.body.len(), self.body));
        text.into_bytes()
    }

    fn reason(&self) -> &'static str {
        match self.status {
            200..300 => "OK",
            300..400 => "Elsewhere",
            400..500 => "Refused",
            _ => "Trouble",
        }
    }
}
