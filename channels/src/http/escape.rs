//! Values in addresses, forms, JSON and XML.

/// In a path or a query: everything but letters, digits, `-`, `.`, `_` and `~` as `%XX`.
pub(crate) fn url(value: &str) -> String {
    percent(value, "%20")
}

/// In a form: the same, and `+` for a space.
pub(crate) fn form(value: &str) -> String {
    percent(value, "+")
}

fn percent(value: &str, space: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                written.push(char::from(byte))
            }
            b' ' => written.push_str(space),
            _ => written.push_str(&format!("%{byte:02X}")),
        }
    }
    written
}

/// Names and values of a form or a query, joined.
pub(crate) fn pairs(pairs: &[(&str, &str)], escape: fn(&str) -> String) -> String {
    let joined: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    joined.join("&")
}

/// As a JSON string, with its quotes.
pub(crate) fn json(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// Inside a JSON string that the template began.
pub(crate) fn inside_json(value: &str) -> String {
    let quoted = json(value);
    quoted[1..quoted.len() - 1].to_owned()
}

/// The same, as some write it: in ASCII alone, everything else as `\\uXXXX`.
pub(crate) fn ascii_json(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for letter in inside_json(value).chars() {
        if letter.is_ascii() {
            written.push(letter);
        } else {
            let mut units = [0; 2];
            letter
                .encode_utf16(&mut units)
                .iter()
                .for_each(|unit| written.push_str(&format!("\\u{unit:04x}")));
        }
    }
    written
}

/// In XML, as text or in an attribute. What XML cannot hold is left out.
pub(crate) fn xml(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\'' => written.push_str("&apos;"),
            '\t' | '\n' | '\r' => written.push_str(&format!("&#{};", u32::from(letter))),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_ascii_control() => {}
            letter => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(url("a/b?c&d=é 客"), "a%2Fb%3Fc%26d%3D%C3%A9%20%E5%AE%A2");
        assert_eq!(form("a+b &=\r\n"), "a%2Bb+%26%3D%0D%0A");
        assert_eq!(pairs(&[("to", "+86 1"), ("text", "好")], form), "to=%2B86+1&text=%E5%A5%BD");
        assert_eq!(inside_json("\",\"x\":\"\\\n\0"), r#"\",\"x\":\"\\\n\u0000"#);
        assert_eq!(xml("<a b='\"&'>\u{0}\n"), "&lt;a b=&apos;&quot;&amp;&apos;&gt;&#10;");
    }
}
