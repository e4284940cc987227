//! What the fake message centre prints, read.

use std::collections::BTreeMap;

/// A text that arrived at a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The number that it came from.
    pub from: String,
    /// The number that it came to.
    pub to: String,
    /// All parts put together.
    pub text: String,
    /// How many short messages it took.
    pub parts: usize,
}

/// The texts in what the fake centre printed. It prints a message as sender, receiver, perhaps `udh` and a header, the kind
/// and the content; a line end in a plain text begins a message of its own to its eyes.
pub(super) fn read(printed: &str) -> Vec<Text> {
    let mut messages: Vec<String> = Vec::new();
    let shown = printed
        .lines()
        .filter_map(|line| line.split_once("Got message ")?.1.split_once(": <")?.1.strip_suffix('>'));
    for line in shown {
        match messages.last_mut() {
            Some(before) if Short::of(line).is_none() => {
                before.push('\n');
                before.push_str(line);
            }
            _ => messages.push(line.to_owned()),
        }
    }
    whole(messages.iter().filter_map(|message| Short::of(message)))
}

/// One short message: a text or a part of one.
struct Short {
    from: String,
    to: String,
    header: Vec<u8>,
    is_ucs2: bool,
    content: Vec<u8>,
}

impl Short {
    fn of(line: &str) -> Option<Short> {
        let mut words = line.splitn(4, ' ');
        let (from, to, mut kind, mut rest) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let mut header = Vec::new();
        if kind == "udh" {
            let (bytes, after) = rest.split_once(' ')?;
            header = decoded(bytes);
            (kind, rest) = after.split_once(' ')?;
        }
        let content = match kind {
            "text" => rest.as_bytes().to_vec(),
            "data" | "ucs-2" => decoded(rest),
            _ => return None,
        };
        Some(Short { from: from.into(), to: to.into(), header, is_ucs2: kind == "ucs-2", content })
    }

    /// Of a part of a longer text: its reference, how many parts there are, and which it is, from 1.
    fn place(&self) -> Option<(u8, u8, u8)> {
        match self.header[..] {
            [5, 0, 3, reference, parts, part] => Some((reference, parts, part)),
            _ => None,
        }
    }
}

/// Puts parts together.
fn whole(messages: impl Iterator<Item = Short>) -> Vec<Text> {
    let mut begun: BTreeMap<(String, u8), BTreeMap<u8, Vec<u8>>> = BTreeMap::new();
    let mut texts = Vec::new();
    for short in messages {
        let Some((reference, parts, part)) = short.place() else {
            let text = if short.is_ucs2 { utf16(&short.content) } else { utf8(&short.content) };
            texts.push(Text { from: short.from, to: short.to, text, parts: 1 });
            continue;
        };
        let id = (short.to.clone(), reference);
        let together = begun.entry(id.clone()).or_default();
        together.insert(part, short.content);
        if together.len() == usize::from(parts) {
            let bytes: Vec<u8> =
                begun.remove(&id).into_iter().flatten().flat_map(|(_, bytes)| bytes).collect();
            texts.push(Text { from: short.from, to: short.to, text: either(&bytes), parts: parts.into() });
        }
    }
    texts
}

/// A text of several parts, whose encoding the fake centre does not print: UTF-8 if it is that without control characters,
/// which UTF-16 of that length hardly ever is.
fn either(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\r') => {
            text.into()
        }
        _ => utf16(bytes),
    }
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> =
        bytes.chunks(2).map(|pair| pair.iter().fold(0, |unit, &byte| unit << 8 | u16::from(byte))).collect();
    String::from_utf16_lossy(&units)
}

/// Bytes written as in URLs.
fn decoded(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, hex.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            (&byte, _) => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::read;

    fn texts(printed: &str) -> Vec<(String, usize)> {
        let prefix = "2026-11-22 03:42:19 [29045] [0] DEBUG: Got message 1: <106 138 ";
        let lines: Vec<String> = printed.lines().map(|line| format!("{prefix}{line}>")).collect();
        read(&lines.join("\n")).into_iter().map(|text| (text.text, text.parts)).collect()
    }

    #[test]
    fn each_kind_of_message_is_read() {
        assert_eq!(texts("text a > b"), [("a > b".to_owned(), 1)]);
        assert_eq!(texts("data caf%C3%A9+%2B"), [("café +".to_owned(), 1)]);
        assert_eq!(texts("ucs-2 O%60Y%7D"), [("你好".to_owned(), 1)]);
    }

    #[test]
    fn parts_are_put_together_in_their_order() {
        let (one, two) = ("udh %05%00%03%07%02%01 data O%60", "udh %05%00%03%07%02%02 data Y%7D%00a");
        assert_eq!(texts(&format!("{two}\n{one}")), [("你好a".to_owned(), 2)]);
        assert_eq!(texts(one), []);
        let plain = "udh %05%00%03%08%02%01 data hello+\nudh %05%00%03%08%02%02 data world";
        assert_eq!(texts(plain), [("hello world".to_owned(), 2)]);
    }
}
