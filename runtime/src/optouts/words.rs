//! What customers write back when they want no more messages.

use unicode_normalization::UnicodeNormalization;

/// Words for opting out, in capitals. Case, blanks and full-width letters do not matter.
pub const WORDS: [&str; 13] =
    ["TD", "T", "N", "R", "退订", "退", "拒收", "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];

/// Whether a text is one of the [`WORDS`], and nothing but that.
pub fn is_word(text: &str) -> bool {
    let told: String =
        text.nfkc().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect();
    WORDS.contains(&&*told)
}
