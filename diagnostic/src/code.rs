use crate::{Language, Severity};
use serde::{Serialize, Serializer};

/// The page of a code, as Markdown, in both languages.
#[derive(Debug)]
pub struct Page {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) severity: Severity,
    pub(crate) page: Page,
}

/// The kind of a finding: a letter for its family (`S` syntax, `N` names, `T` types, `L` lints, `P` project file,
/// `R` run time) and four digits. A released code keeps its meaning for ever.
#[derive(Debug, Clone, Copy)]
pub struct Code(pub(crate) &'static Entry);

impl Code {
    /// Such as `T0001`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Such as `missing-unit`; what `[lints]` and `# allow …` call it.
    pub fn slug(self) -> &'static str {
        self.0.slug
    }

    /// What it weighs unless a project says otherwise.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// What, why, an example, the repair.
    pub fn page(self, language: Language) -> &'static str {
        match language {
            Language::En => self.0.page.en,
            Language::Zh => self.0.page.zh,
        }
    }

    /// The code of this name or slug, whatever the case.
    pub fn find(name: &str) -> Option<Code> {
        crate::codes::all().find(|code| code.name().eq_ignore_ascii_case(name) || code.slug() == name)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Code {}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
