//! The words of the compiler's findings, away from the logic that makes them. One function a finding; its arguments are
//! the facts.

pub(crate) mod lints;
pub(crate) mod names;
pub(crate) mod offers;
pub(crate) mod run;
pub(crate) mod types;
pub(crate) mod windows;

use rulec_diagnostic::{Diagnostic, Place, nearest};
use rulec_grammar::keywords;

/// A help that names the nearest candidate, or lists what there is.
pub(crate) struct Choice<'a> {
    pub(crate) nearest: Option<&'a str>,
    en: String,
    zh: String,
}

impl<'a> Choice<'a> {
    pub(crate) fn new(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let list = list(candidates.iter().copied());
        Self { nearest: nearest(word, candidates.iter().copied()), en: list.0, zh: list.1 }
    }

    /// Of words that have Chinese twins: either may be meant, and each reader sees those of the own language.
    pub(crate) fn of_twins(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let chinese = candidates.iter().copied().filter(|name| !name.is_ascii());
        let english = candidates.iter().copied().filter(|name| name.is_ascii());
        Self { nearest: nearest(word, candidates.iter().copied()), en: list(english).0, zh: list(chinese).1 }
    }

    /// Of words given with their Chinese twins; of several twins of one word the first is listed. `more` are words that may
    /// be meant, and are not listed.
    pub(crate) fn of_pairs(
        word: &str,
        pairs: &[(&'a str, &'a str)],
        more: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let both = pairs.iter().flat_map(|(english, chinese)| [*english, *chinese]);
        let mut firsts = pairs.to_vec();
        firsts.dedup_by_key(|(english, _)| *english);
        Self {
            nearest: nearest(word, both.chain(more)),
            en: list(firsts.iter().map(|(english, _)| *english)).0,
            zh: list(firsts.iter().map(|(_, chinese)| *chinese)).1,
        }
    }

    /// `did you mean …?`, or what there is, or what to do when there is nothing.
    pub(crate) fn en(&self, otherwise: &str) -> String {
        match (self.nearest, self.en.is_empty()) {
            (Some(nearest), _) => format!("did you mean `{nearest}`?"),
            (None, false) => format!("there are: {}", self.en),
            (None, true) => otherwise.to_owned(),
        }
    }

    /// The same in Chinese.
    pub(crate) fn zh(&self, otherwise: &str) -> String {
        match (self.nearest, self.zh.is_empty()) {
            (Some(nearest), _) => format!("是不是想写 `{nearest}`？"),
            (None, false) => format!("可用的有：{}", self.zh),
            (None, true) => otherwise.to_owned(),
        }
    }

    /// The finding with the nearest candidate as its fix.
    pub(crate) fn repair(&self, finding: Diagnostic, place: Place) -> Diagnostic {
        match self.nearest {
            Some(nearest) => finding.fix(place, nearest),
            None => finding,
        }
    }
}

/// Names in backticks with commas between them, English and Chinese ones; of many only the first.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> (String, String) {
    const SHOWN: usize = 16;
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let (en_more, zh_more) = if names.len() > SHOWN { (", …", "……") } else { ("", "") };
    (shown.join(", ") + en_more, shown.join("、") + zh_more)
}

/// The Chinese twin of a function; itself if it has none.
pub(crate) fn chinese(function: &str) -> &str {
    let twin =
        keywords::ALL.iter().find(|word| word.role == keywords::Role::Function && word.english == function);
    twin.and_then(|word| word.chinese.first()).copied().unwrap_or(function)
}

/// Whether this is a number, written out.
pub(crate) fn is_number(written: &str) -> bool {
    written.starts_with(|first: char| first.is_ascii_digit())
        && written.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_'))
}
