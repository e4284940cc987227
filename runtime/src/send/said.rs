//! What providers say about a message, without whom it went to: they repeat numbers, mail addresses and members of theirs,
//! and what they say is kept and shown.

use rulec_channels::{Delivery, Reason};

/// What stands in the place of something that may name a person.
const HIDDEN: char = '…';
/// So many digits in a row may be a telephone number.
const DIGITS: usize = 7;

/// How handing over went, without what may name a person.
pub(super) fn discreet(delivery: Delivery) -> Delivery {
    match delivery {
        Delivery::Taken { .. } => delivery,
        Delivery::Refused(reason) => Delivery::Refused(hidden(reason)),
        Delivery::Later { reason, after, trouble, maybe } => {
            Delivery::Later { reason: hidden(reason), after, trouble, maybe }
        }
        Delivery::Unknown(reason) => Delivery::Unknown(hidden(reason)),
    }
}

fn hidden(reason: Reason) -> Reason {
    Reason { text: without_numbers(&without_mail(&reason.text)), ..reason }
}

/// Hides mail addresses, also those of which a part is hidden already.
fn without_mail(text: &str) -> String {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(letter);
    let is_host = |letter: char| letter.is_alphanumeric() || ".-[]:".contains(letter) || letter == HIDDEN;
    let mut rest = text;
    let mut shown = String::with_capacity(text.len());
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let before = before.trim_end_matches(|letter| is_name(letter) || letter == HIDDEN);
        shown.push_str(before);
        shown.push(HIDDEN);
        rest = after.trim_start_matches(is_host);
    }
    shown + rest
}

/// Hides long runs of digits.
fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(char::is_numeric) {
        let (before, number) = rest.split_at(begin);
        let end = number.find(|letter: char| !letter.is_numeric()).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        shown.push_str(before);
        if number.chars().count() < DIGITS {
            shown.push_str(number);
        } else {
            shown.push(HIDDEN);
        }
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_mail_addresses_are_hidden_and_nothing_else() {
        for (said, kept) in [
            ("bad member m034 person034@example.com 13910004658", "bad member m034 … …"),
            ("bad member m034 person034@… 13910004658", "bad member m034 … …"),
            ("号码+8613910004658无效", "号码+…无效"),
            ("<…@example.com>: user unknown", "<…>: user unknown"),
            ("550 5.1.1 no such user, code 123456", "550 5.1.1 no such user, code 123456"),
            ("１３９１０００４６５８ 停机", "… 停机"),
            ("at 9 @ home", "at 9 … home"),
            ("", ""),
        ] {
            let refused = Delivery::Refused(Reason { code: "1".to_owned(), text: said.to_owned() });
            let expected = Delivery::Refused(Reason { code: "1".to_owned(), text: kept.to_owned() });
            assert_eq!(discreet(refused), expected, "{said}");
        }
    }
}
