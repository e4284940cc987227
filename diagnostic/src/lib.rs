//! What rulec says about a mistake: the place, the reason, the repair, in English and in Chinese.
//!
//! Every stage returns [`Diagnostic`]s; only the binary draws them. A [`Code`] names the kind of mistake, is stable,
//! and has a page in both languages that `rulec explain CODE` shows.

mod address;
mod code;
pub mod codes;
mod nearest;
mod place;
mod sources;

pub use address::{secret_parts, without_secrets};
pub use code::{Code, Page};
pub use nearest::nearest;
pub use place::{FileId, Place, Span};
pub use sources::{LineColumn, Source, Sources};

use serde::{Deserialize, Serialize};
use std::io;

/// The language in which a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

/// One sentence in both languages. Lower case in English, no full stop, the user's words in backticks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Text {
    /// A sentence from its two forms.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// Words that are the same in both languages, such as a name or a number.
    pub fn same(both: impl Into<String>) -> Self {
        let en = both.into();
        Self { zh: en.clone(), en }
    }

    /// The form that this reader understands.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

/// Why a file could not be read or written, without what the operating system adds for programmers.
impl From<&io::Error> for Text {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::new("no such file or directory", "文件或目录不存在"),
            io::ErrorKind::PermissionDenied => Self::new("permission denied", "没有权限"),
            io::ErrorKind::IsADirectory => Self::new("it is a directory", "它是一个目录"),
            io::ErrorKind::NotADirectory => {
                Self::new("a part of the path is no directory", "路径中有一段不是目录")
            }
            io::ErrorKind::StorageFull => Self::new("the disk is full", "磁盘已满"),
            io::ErrorKind::InvalidData => Self::new("it is not UTF-8 text", "不是 UTF-8 文本"),
            _ => Self::same(error.to_string()),
        }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing runs until it is repaired; `check` exits with 1.
    Error,
    /// Worth a look; `check` still exits with 0.
    Warning,
}

/// A second place that explains the first, such as «first declared here».
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// Why it matters.
    pub text: Text,
}

/// A repair that a program can apply: put `replacement` in the place of `place`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What to take out; empty for an insertion.
    pub place: Place,
    /// What to put in.
    pub replacement: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The kind of mistake.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// Where; `None` when it is about no text at all (a database that cannot be opened).
    pub place: Option<Place>,
    /// What is wrong, in words of marketing.
    pub message: Text,
    /// A few words drawn right under the place.
    pub label: Option<Text>,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What to do about it.
    pub help: Option<Text>,
    /// The same as an edit.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding with the usual severity of its code.
    pub fn new(code: Code, place: impl Into<Option<Place>>, message: Text) -> Self {
        Self {
            severity: code.severity(),
            code,
            place: place.into(),
            message,
            label: None,
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Adds the words under the place.
    #[must_use]
    pub fn label(mut self, en: impl Into<String>, zh: impl Into<String>) -> Self {
        self.label = Some(Text::new(en, zh));
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, en: impl Into<String>, zh: impl Into<String>) -> Self {
        self.help = Some(Text::new(en, zh));
        self
    }

    /// Adds another place that explains the finding.
    #[must_use]
    pub fn related(mut self, place: Place, en: impl Into<String>, zh: impl Into<String>) -> Self {
        self.related.push(Related { place, text: Text::new(en, zh) });
        self
    }

    /// Adds the repair as an edit.
    #[must_use]
    pub fn fix(mut self, place: Place, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { place, replacement: replacement.into() });
        self
    }

    /// Whether it stops a run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Sorts findings by place, then code, so that the same input is reported in the same order. Findings without a place
/// come first.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| (a.place, a.code.name()).cmp(&(b.place, b.code.name())));
}
