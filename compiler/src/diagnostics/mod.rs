//! The words of the compiler's findings, away from the logic that makes them. One function a finding; its arguments are
//! the facts.

pub(crate) mod lints;
pub(crate) mod names;
pub(crate) mod run;
pub(crate) mod types;

use rulec_diagnostic::nearest;

/// A help that names the nearest candidate, or lists what there is.
pub(crate) struct Choice<'a> {
    pub(crate) nearest: Option<&'a str>,
    list: String,
}

impl<'a> Choice<'a> {
    pub(crate) fn new(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let mut candidates: Vec<&str> = candidates.into_iter().collect();
        let nearest = nearest(word, candidates.iter().copied());
        candidates.sort_unstable();
        candidates.dedup();
        const SHOWN: usize = 12;
        let more = if candidates.len() > SHOWN { ", …" } else { "" };
        let shown: Vec<String> = candidates.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        Self { nearest, list: shown.join(", ") + more }
    }

    /// `did you mean …?`, or what there is, or what to do when there is nothing.
    pub(crate) fn en(&self, otherwise: &str) -> String {
        match (self.nearest, self.list.is_empty()) {
            (Some(nearest), _) => format!("did you mean `{nearest}`?"),
            (None, false) => format!("there are: {}", self.list),
            (None, true) => otherwise.to_owned(),
        }
    }

    /// The same in Chinese.
    pub(crate) fn zh(&self, otherwise: &str) -> String {
        match (self.nearest, self.list.is_empty()) {
            (Some(nearest), _) => format!("是不是想写 `{nearest}`？"),
            (None, false) => format!("可用的有：{}", self.list),
            (None, true) => otherwise.to_owned(),
        }
    }
}
