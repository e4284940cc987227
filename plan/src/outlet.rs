//! How settings of channels are written: for those who check a project file, and for those who act on it.

use crate::template::{Piece, Template};
use std::time::Duration;

/// The longest that the other side of a channel may be given.
const MOST: Duration = Duration::from_secs(3600);

/// How long the other side may take, from `10s`, `500ms`, or `10`, which is seconds; above 0 and at most an hour.
pub fn time_out(text: &str) -> Option<Duration> {
    let unit = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(unit);
    let count: u64 = count.parse().ok()?;
    let duration = match unit {
        "" | "s" => Duration::from_secs(count),
        "ms" => Duration::from_millis(count),
        _ => return None,
    };
    (!duration.is_zero() && duration <= MOST).then_some(duration)
}

/// The host, with its port, of a web address. None for what is no address, has a user name or a fragment, or whose host is
/// not the same for all messages, so that a customer's data could choose who gets them.
pub fn host(address: &Template) -> Option<&str> {
    let Some(Piece::Text(start)) = address.pieces.first() else { return None };
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| start.strip_prefix(scheme))?;
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let ends = address.is_fixed() || host.len() < rest.len();
    let visible = |piece: &Piece| match piece {
        Piece::Text(text) => {
            !text.chars().any(|letter| letter.is_whitespace() || letter.is_control() || letter == '#')
        }
        Piece::Field(_) => true,
    };
    let sound = ends && !host.is_empty() && !host.contains(['@', '\\']) && address.pieces.iter().all(visible);
    sound.then_some(host)
}

/// `POINTER = VALUE | VALUE`: which values of a field of an answer are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field, as a JSON pointer.
    pub pointer: String,
    /// The values, at least one.
    pub values: Vec<String>,
}

impl Condition {
    /// Reads a condition; none if it is not written as one.
    pub fn parse(text: &str) -> Option<Condition> {
        let (pointer, values) = text.split_once('=')?;
        let pointer = pointer.trim();
        let values: Vec<_> = values.split('|').map(|value| value.trim().to_owned()).collect();
        let sound = is_pointer(pointer) && values.iter().all(|value| !value.is_empty());
        sound.then(|| Condition { pointer: pointer.to_owned(), values })
    }
}

/// Whether a text names a field of an answer, as a JSON pointer does.
pub fn is_pointer(text: &str) -> bool {
    text.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_seconds_unless_it_says_otherwise() {
        let read = |text| time_out(text).map(|duration| duration.as_millis());
        assert_eq!([read("10"), read("10s"), read("500ms")], [Some(10_000), Some(10_000), Some(500)]);
        for wrong in ["", "0", "0ms", "-1", "1h", "10 s", "3601", "99999999999999999999", "１０"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_message_chooses_the_host() {
        let read = |text: &str| host(&Template::parse(text).unwrap()).map(str::to_owned);
        for (text, wanted) in [
            ("https://h", "h"),
            ("http://h:8080/{to}", "h:8080"),
            ("https://h?to={to}", "h"),
            ("https://h/{to}@x", "h"),
        ] {
            assert_eq!(read(text), Some(wanted.to_owned()), "{text}");
        }
        for text in [
            "",
            "h",
            "ftp://h/",
            "https://",
            "https:///p",
            "https://{to}/",
            "https://h{to}/",
            "https://h:{to}",
            "https://u:p@h/",
            "https://h/#a",
            "https://h/a b",
            "https://h/{to}\n",
            "https://h\\x/",
            "{to}https://h/",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_condition_has_a_field_and_values() {
        let read = Condition::parse("/error/code = 0 | OK");
        let values = ["0", "OK"].map(str::to_owned).to_vec();
        assert_eq!(read, Some(Condition { pointer: "/error/code".to_owned(), values }));
        for wrong in ["", "/a", "a = 1", "/a =", "/a = 1 |"] {
            assert_eq!(Condition::parse(wrong), None, "{wrong}");
        }
    }
}
