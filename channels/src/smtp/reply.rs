//! What a mail server answers.

use super::wire::Wire;
use std::io;

/// More lines than any server has to say.
const LINES: usize = 128;

/// A code and what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// Reads lines such as `250-SIZE 1000` until one such as `250 OK`.
    pub(super) fn read(wire: &mut Wire) -> io::Result<Reply> {
        let mut reply = Reply { code: 0, lines: Vec::new() };
        while reply.lines.len() < LINES {
            let line = wire.line()?;
            let (code, more, text) = parse(&line).ok_or_else(garbage)?;
            if !reply.lines.is_empty() && code != reply.code {
                return Err(garbage());
            }
            reply.code = code;
            reply.lines.push(text.to_owned());
            if !more {
                return Ok(reply);
            }
        }
        Err(garbage())
    }

    /// Whether it begins with this digit.
    pub(super) fn is(&self, class: u16) -> bool {
        self.code / 100 == class
    }

    /// The finer code of RFC 3463, such as `5.1.1`.
    pub(super) fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split_whitespace().next()?;
        let mut parts = word.split('.');
        let class = parts.next()?.parse() == Ok(self.code / 100);
        let is_number =
            |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        let finer: Vec<_> = parts.collect();
        (class && finer.len() == 2 && finer.into_iter().all(is_number)).then_some(word)
    }
}

fn parse(line: &str) -> Option<(u16, bool, &str)> {
    let code = line.get(..3).filter(|code| code.bytes().all(|digit| digit.is_ascii_digit()))?;
    let code = code.parse().ok().filter(|code| (200..600).contains(code))?;
    let rest = &line[3..];
    match rest.chars().next() {
        None => Some((code, false, "")),
        Some(' ') => Some((code, false, &rest[1..])),
        Some('-') => Some((code, true, &rest[1..])),
        Some(_) => None,
    }
}

fn garbage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is no answer of a mail server")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_code_and_may_go_on() {
        assert_eq!(parse("250-SIZE 1"), Some((250, true, "SIZE 1")));
        assert_eq!(parse("250 OK"), Some((250, false, "OK")));
        assert_eq!(parse("250"), Some((250, false, "")));
        for garbage in ["", "25", "2500", "abc", "199 x", "600 x", "２５０ OK", "HTTP/1.1 400"] {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn a_finer_code_stands_before_the_words() {
        let enhanced =
            |code, text: &str| Reply { code, lines: vec![text.to_owned()] }.enhanced().map(str::to_owned);
        assert_eq!(enhanced(550, "5.1.1 no such user").as_deref(), Some("5.1.1"));
        for none in ["no such user", "4.1.1 odd", "5.1 short", "5.1.1.1 long", "5.1.x"] {
            assert_eq!(enhanced(550, none), None, "{none}");
        }
    }
}
