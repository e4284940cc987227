//! Customers by the key that somebody writes.

use rulec_engine::Keys;
use std::borrow::Cow;

/// The place of the customer with this key, as people write it; `None` if there is none.
pub fn find(keys: &Keys, written: &str) -> Option<usize> {
    match keys {
        Keys::Integers(keys) => keys.binary_search(&integer(written)?).ok(),
        Keys::Texts(keys) => keys.binary_search_by(|other| (**other).cmp(written)).ok(),
    }
}

/// The key as plans and the state have it, whether or not there is such a customer: where keys are numbers, `007`, `+7` and
/// `7.0` are all `7`; `None` for what is no number there. Texts are what they are.
pub fn key_of<'k>(keys: &Keys, written: &'k str) -> Option<Cow<'k, str>> {
    match keys {
        // Of a table without rows nobody knows what its keys are like.
        Keys::Integers(keys) if !keys.is_empty() => integer(written).map(|key| Cow::Owned(key.to_string())),
        _ => Some(Cow::Borrowed(written)),
    }
}

/// A whole number, also as spreadsheets write it: with decimals that are all zero.
fn integer(written: &str) -> Option<i64> {
    let written = written.trim();
    let whole = match written.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => written,
    };
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_customer_however_it_is_written_and_a_text_is_itself() {
        let numbers = Keys::Integers(vec![-2, 3, 10]);
        for (written, key, place) in [
            ("3", Some("3"), Some(1)),
            ("+3", Some("3"), Some(1)),
            ("007", Some("7"), None),
            ("10.0", Some("10"), Some(2)),
            (" -2 ", Some("-2"), Some(0)),
            ("3.5", None, None),
            ("3.", None, None),
            ("C3", None, None),
            ("", None, None),
        ] {
            assert_eq!(key_of(&numbers, written).as_deref(), key, "{written}");
            assert_eq!(find(&numbers, written), place, "{written}");
        }
        let texts = Keys::Texts(vec!["01".into(), "1".into()]);
        for (written, place) in [("01", Some(0)), ("1", Some(1)), ("1.0", None), ("+1", None)] {
            assert_eq!(key_of(&texts, written).as_deref(), Some(written));
            assert_eq!(find(&texts, written), place, "{written}");
        }
        assert_eq!(key_of(&Keys::Integers(Vec::new()), "C3").as_deref(), Some("C3"));
    }
}
