//! Keywords in either language.

use super::rng::Rng;
use rulec_grammar::keywords::{self, Role};

/// The English keywords, or their Chinese twins, one by one at random. A function's name is only a function's.
pub fn words(rng: &mut Rng, english: &[&str]) -> String {
    let written: Vec<String> =
        english.iter().map(|word| twin(rng, word, |role| role != Role::Function)).collect();
    written.join(" ")
}

/// A function, in either language.
pub fn function(rng: &mut Rng, english: &str) -> String {
    twin(rng, english, |role| role == Role::Function)
}

fn twin(rng: &mut Rng, english: &str, meant: impl Fn(Role) -> bool) -> String {
    let keyword = keywords::ALL.iter().find(|keyword| keyword.english == english && meant(keyword.role));
    match keyword {
        Some(keyword) if rng.chance(30) => rng.pick(keyword.chinese).to_owned(),
        _ => english.to_owned(),
    }
}
