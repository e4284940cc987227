//! Texts in the cells of spreadsheets.

use std::borrow::Cow;

/// The digits of a phone number with its country, from the shortest to the longest there are.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// A text that no spreadsheet takes for a formula: before one that begins like a formula stands an apostrophe, which says
/// that it is text. A phone number such as `+8613812345678` stays as it is, for the sake of those to whom the file is given:
/// it can be nothing but a number.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let begins_formula =
        |letter| matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.starts_with(begins_formula) && !is_phone(text) { format!("'{text}").into() } else { text.into() }
}

fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    PHONE_DIGITS.contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("+8613812345678", "+8613812345678"),
            ("+86", "'+86"),
            ("+1234", "'+1234"),
            ("+86138=1", "'+86138=1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("王芳", "王芳"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(harmless(text), expected);
        }
    }
}
