//! How settings of channels are written: for those who check a project file, and for those who act on it.

use crate::template::{Field, Piece, Template};
use std::net::IpAddr;
use std::time::Duration;

/// What stands between the name of a header field and `env` or `file` where the field is a secret: `headers.NAME:env`. No name has
/// it.
pub const SECRET_MARK: char = ':';

/// The longest that the other side of a channel may be given.
const MOST: Duration = Duration::from_secs(3600);

/// How many messages may stand in one array: what is in doubt when an answer is lost, and what a body may grow to.
pub const LARGEST_BATCH: usize = 1000;

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

/// What makes a text no web address to which messages may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFlaw {
    /// It begins with neither `https://` nor `http://`.
    Scheme,
    /// A user name stands before the host.
    User,
    /// There is no host, or none that can be called.
    Host,
    /// The host is not the same for all messages, so that a customer's data could choose who gets them.
    ChangingHost,
    /// It has a space, a control character or a fragment.
    Letter,
}

/// The host, with its port, of a web address.
///
/// # Errors
/// What is wrong with it.
pub fn host(address: &Template) -> Result<&str, AddressFlaw> {
    let Some(Piece::Text(start)) = address.pieces.first() else { return Err(AddressFlaw::Scheme) };
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| start.strip_prefix(scheme));
    let rest = rest.ok_or(AddressFlaw::Scheme)?;
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let ends = address.is_fixed() || host.len() < rest.len();
    let invisible = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '#';
    let has_invisible = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(invisible));
    if host.contains('@') {
        Err(AddressFlaw::User)
    } else if !ends {
        Err(AddressFlaw::ChangingHost)
    } else if host.is_empty() || host.contains('\\') {
        Err(AddressFlaw::Host)
    } else if address.pieces.iter().any(has_invisible) {
        Err(AddressFlaw::Letter)
    } else {
        Ok(host)
    }
}

/// Whether a web address names a host and nothing behind it, which some interfaces are signed for.
pub fn is_root(address: &str) -> bool {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.strip_suffix('/').unwrap_or(rest);
    !host.is_empty() && !host.contains(['/', '?', '#', '{'])
}

/// Settings of a web hook that do not go together, though each of them is right by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// This one is about the body, and `GET` sends none.
    NoBody(&'static str),
    /// `GET` calls an address that says neither who is written to nor what.
    NothingSaid,
    /// The service is to take each key once, and finds none in the entries of an array. The key in the header is that of the
    /// array, and after an answer that was lost messages may go out in other arrays than before.
    NoKeys,
}

impl Clash {
    /// The setting that has to be mended, or taken out.
    pub fn setting(self) -> &'static str {
        match self {
            Clash::NoBody(setting) => setting,
            Clash::NothingSaid => "url",
            Clash::NoKeys => "body",
        }
    }
}

/// What does not go together in the settings of a web hook that `text` gives as they are written, by their names.
pub fn clash<'a>(text: impl Fn(&str) -> Option<&'a str>) -> Option<Clash> {
    let in_arrays = text("batch").and_then(|batch| batch.parse().ok()).is_some_and(|batch: usize| batch > 1);
    if text("method") == Some("GET") {
        let about_body = ["body", "secret_env", "secret_file"].into_iter().find(|name| text(name).is_some());
        let says_nothing = !has_place(text("url"), &[Field::To, Field::Message]);
        return match about_body.or(in_arrays.then_some("batch")) {
            Some(setting) => Some(Clash::NoBody(setting)),
            None => says_nothing.then_some(Clash::NothingSaid),
        };
    }
    // Without a `body` each entry is a line of the outbox, which has the key.
    let leaves_out_keys = text("body").is_some() && !has_place(text("body"), &[Field::Key]);
    (in_arrays && text("idempotent") == Some("true") && leaves_out_keys).then_some(Clash::NoKeys)
}

/// Whether a text has a place for one of these.
fn has_place(text: Option<&str>, any: &[Field]) -> bool {
    let template = text.and_then(|text| Template::parse(text).ok());
    let is_one = |piece: &Piece| matches!(piece, Piece::Field(field) if any.contains(field));
    template.is_some_and(|template| template.pieces.iter().any(is_one))
}

/// Whether what is said to this web address can be read on its way.
pub fn is_in_clear(address: &str) -> bool {
    let host = address.strip_prefix("http://").map(|rest| rest.split(['/', '?']).next().unwrap_or_default());
    host.is_some_and(|host| !is_local(host))
}

/// Whether what goes to this host, with a port or without, stays on the machine or in the network around it: `localhost`, or an
/// address that is not reached from outside.
pub fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if host.matches(':').count() == 1 => host.split(':').next().unwrap_or_default(),
        None => host,
    };
    match name.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
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
        use AddressFlaw::{ChangingHost, Host, Letter, Scheme, User};
        for (text, wanted) in [
            ("https://h", "h"),
            ("http://h:8080/{to}", "h:8080"),
            ("https://h?to={to}", "h"),
            ("https://h/{to}@x", "h"),
        ] {
            assert_eq!(read(text), Ok(wanted.to_owned()), "{text}");
        }
        for (text, flaw) in [
            ("", Scheme),
            ("h", Scheme),
            ("ftp://h/", Scheme),
            ("https://", Host),
            ("https:///p", Host),
            ("https://{to}/", ChangingHost),
            ("https://h{to}/", ChangingHost),
            ("https://h:{to}", ChangingHost),
            ("https://u:p@h/", User),
            ("https://h/#a", Letter),
            ("https://h/a b", Letter),
            ("https://h/{to}\n", Letter),
            ("https://h\\x/", Host),
            ("{to}https://h/", Scheme),
        ] {
            assert_eq!(read(text), Err(flaw), "{text}");
        }
    }

    #[test]
    fn a_root_has_nothing_behind_its_host() {
        for root in ["https://h", "http://h:8080/"] {
            assert!(is_root(root), "{root}");
        }
        for none in
            ["", "h", "https://", "https:///", "https://h/p", "https://h//", "https://h?q", "https://h/?q"]
        {
            assert!(!is_root(none), "{none}");
        }
    }

    #[test]
    fn settings_that_send_nothing_or_name_nobody_do_not_go_together() {
        let read = |settings: &[(&str, &'static str)]| {
            clash(|name| settings.iter().find(|(own, _)| *own == name).map(|(_, text)| *text))
        };
        let get = ("method", "GET");
        let place = ("url", "https://h/{to}");
        assert_eq!(read(&[get, place]), None);
        assert_eq!(read(&[get, place, ("batch", "1")]), None);
        assert_eq!(read(&[get, ("url", "https://h?t={message}")]), None);
        assert_eq!(read(&[get, ("url", "https://h/{key}")]), Some(Clash::NothingSaid));
        for (setting, text) in [("body", "{}"), ("batch", "2"), ("secret_env", "S"), ("secret_file", "s")] {
            assert_eq!(read(&[get, place, (setting, text)]), Some(Clash::NoBody(setting)));
            assert_eq!(read(&[place, (setting, text)]), None);
        }
        let arrays = [("batch", "2"), ("idempotent", "true")];
        assert_eq!(read(&arrays), None);
        assert_eq!(read(&[arrays[0], arrays[1], ("body", r#"{"to": {to}}"#)]), Some(Clash::NoKeys));
        assert_eq!(read(&[arrays[0], arrays[1], ("body", r#"{"k": {key}}"#)]), None);
        assert_eq!(read(&[arrays[1], ("body", r#"{"to": {to}}"#)]), None);
        assert_eq!(read(&[arrays[0], ("body", r#"{"to": {to}}"#)]), None);
    }

    #[test]
    fn only_the_own_network_may_hear_secrets_in_clear() {
        for host in [
            "localhost",
            "LocalHost:25",
            "127.0.0.1:8080",
            "127.9.9.9",
            "10.0.0.5:13013",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.1.1",
            "::1",
            "[::1]:80",
            "[fd00::1]",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "h",
            "localhost.example",
            "127.0.0.1.example",
            "10.0.0.5.example:80",
            "8.8.8.8",
            "172.32.0.1",
            "[2001:db8::1]:80",
            "",
        ] {
            assert!(!is_local(host), "{host}");
        }
        assert!(is_in_clear("http://h:8080/p") && is_in_clear("http://h?10.0.0.5"));
        assert!(!is_in_clear("https://h/p") && !is_in_clear("http://10.0.0.5:80/p"));
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
