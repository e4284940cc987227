//! What customers write back when they want no more messages.

use unicode_normalization::UnicodeNormalization;

/// Words for opting out, in capitals; [`is_word`] says in what forms they count.
pub const WORDS: [&str; 13] =
    ["TD", "T", "N", "R", "退订", "退", "拒收", "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];

/// What may stand before a word of more than one letter.
const WISHES: [&str; 8] = ["请", "我", "要", "想", "帮我", "给我", "麻烦", "申请"];
/// What may stand before any word, but before 退, which would mean going back.
const ANSWERS: [&str; 2] = ["回复", "回"];
/// What may stand behind.
const MANNERS: [&str; 3] = ["谢谢", "吧", "短信"];

/// Whether a text is one of the [`WORDS`], and says nothing but that: `TD。`, `TD退订`, `我要退订`, `回复TD`. Case, blanks and
/// punctuation do not matter; but a question is none. A sentence that only has such a word is none either.
pub fn is_word(text: &str) -> bool {
    let told: String = text.nfkc().filter(|letter| letter.is_alphanumeric() || *letter == '?').collect();
    let told = told.to_uppercase();
    let mut told = &*told;
    while let Some(rest) = MANNERS.iter().find_map(|manner| told.strip_suffix(manner)) {
        told = rest;
    }
    if WORDS.contains(&told) || is_two_words(told) {
        return true;
    }
    if let Some(answer) = ANSWERS.iter().find_map(|answer| told.strip_prefix(answer)) {
        return is_two_words(answer) || (WORDS.contains(&answer) && answer != "退");
    }
    let mut wish = told;
    while let Some(rest) = WISHES.iter().find_map(|before| wish.strip_prefix(before)) {
        wish = rest;
    }
    wish != told && (is_two_words(wish) || ["TD", "退订", "拒收"].contains(&wish))
}

/// Whether it is two words one after the other, one of which can mean nothing else: `TD退订`.
fn is_two_words(text: &str) -> bool {
    let other = |other: &str| WORDS.contains(&other);
    ["退订", "拒收"]
        .iter()
        .any(|word| text.strip_prefix(word).is_some_and(other) || text.strip_suffix(word).is_some_and(other))
}
