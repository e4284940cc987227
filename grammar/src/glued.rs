//! Names that are really two names and a keyword between them: `高价值且沉睡`.

use crate::keywords::{self, Keyword};

/// A name cut at a keyword that sticks to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glued<'t> {
    /// What stands before the keyword; may be empty.
    pub before: &'t str,
    /// The keyword, as written.
    pub keyword: &'t str,
    /// What stands after it; may be empty, but not together with `before`.
    pub after: &'t str,
}

impl Glued<'_> {
    /// The same with white space round the keyword.
    pub fn spaced(&self) -> String {
        let parts = [self.before, self.keyword, self.after];
        parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
    }
}

/// The Chinese keywords that people write without white space, those first that hardly ever are part of a name.
const JOINING: &[&str] = &[
    "并且", "而且", "或者", "除非", "那么", "其中", "发送", "且", "则", "或", "当", "非", "位于", "属于",
    "之后", "自从",
];

/// Cuts a name at the keyword that it seems to contain. Ask only for names that nothing declares: a good name may
/// well contain one of these characters.
///
/// ```
/// let glued = rulec_grammar::split_glued("高价值且沉睡").unwrap();
/// assert_eq!((glued.before, glued.keyword, glued.after), ("高价值", "且", "沉睡"));
/// assert_eq!(glued.spaced(), "高价值 且 沉睡");
/// assert!(rulec_grammar::split_glued("高价值").is_none());
/// ```
pub fn split_glued(name: &str) -> Option<Glued<'_>> {
    JOINING.iter().find_map(|keyword| {
        let at = name.find(keyword)?;
        let (before, rest) = name.split_at(at);
        let (keyword, after) = rest.split_at(keyword.len());
        let joins = !before.is_empty() || !after.is_empty();
        // `当` and the like only stick to what follows them.
        let starts = !matches!(keyword, "当" | "除非" | "非" | "发送") || before.is_empty();
        (joins && starts).then_some(Glued { before, keyword, after })
    })
}

/// Cuts a word at the keyword that it starts with and that could start a declaration or a member of a campaign:
/// `规则长期`, `当dormant`, `rule长期`.
pub(crate) fn head(word: &str) -> Option<Glued<'_>> {
    let starts = |keyword: &&Keyword| keywords::starts_item(keyword) || keywords::starts_member(keyword);
    keywords::ALL.iter().filter(starts).find_map(|keyword| {
        let chinese = keyword.chinese.iter().find(|twin| word.len() > twin.len() && word.starts_with(**twin));
        let english = || {
            let after = word.strip_prefix(keyword.english)?;
            (!after.starts_with(|c: char| c.is_ascii())).then_some(&keyword.english)
        };
        let (keyword, after) = word.split_at(chinese.or_else(english)?.len());
        (!after.is_empty() && !keyword.is_empty()).then_some(Glued { before: "", keyword, after })
    })
}
