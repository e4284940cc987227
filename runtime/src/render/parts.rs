//! How many messages an operator bills.

/// The units of UTF-16 that fit into one SMS that is not plain Latin …
const ALONE: usize = 70;
/// … and into each of several that belong together.
const EACH: usize = 67;

/// How many SMS a text takes: each operator bills it as so many messages.
pub(crate) fn sms_parts(text: &str) -> u32 {
    let units = text.chars().map(char::len_utf16).sum::<usize>();
    if units <= ALONE { 1 } else { u32::try_from(units.div_ceil(EACH)).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_as_operators_bill_them() {
        for (text, expected) in [
            (String::new(), 1),
            ("券".repeat(70), 1),
            ("券".repeat(71), 2),
            ("a".repeat(134), 2),
            ("a".repeat(135), 3),
            ("👩".repeat(35), 1),
            ("👩".repeat(36), 2),
        ] {
            assert_eq!(sms_parts(&text), expected, "{} letters", text.chars().count());
        }
    }
}
