//! One phone number.

use crate::Delivery;
use crate::http::refused;

/// The digits of a number, with its `+` if it has one. Spaces, hyphens and brackets, as people write them, are left out.
///
/// Gateways take several numbers in one field, with commas or spaces between them: an address that held two would send to
/// somebody who was not asked for, so anything else is refused.
pub(super) fn number(to: &str) -> Result<String, Delivery> {
    let number: String =
        to.trim().chars().filter(|letter| !matches!(letter, ' ' | '-' | '(' | ')' | '\u{a0}')).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let sound = (5..=17).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    if sound { Ok(number) } else { Err(refused("bad number", "the address is not one phone number")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_number() {
        for (to, wanted) in [
            ("13800000000", "13800000000"),
            (" +86 138-0000-0000 ", "+8613800000000"),
            ("(010) 8888 8888", "01088888888"),
        ] {
            assert_eq!(number(to), Ok(wanted.to_owned()));
        }
        for to in [
            "",
            "+",
            "1234",
            "13800000000,13900000000",
            "13800000000 13900000000",
            "13800000000;x",
            "１３８００００００００",
            "13800000000&to=1",
            "1380000\n0000",
            "++8613800000000",
        ] {
            assert!(number(to).is_err(), "{to}");
        }
    }
}
