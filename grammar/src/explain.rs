//! Where pest stopped, in words.
//!
//! pest gives the furthest place where a token was tried, and the rules tried there. Since each word and sign of the
//! grammar is a rule of its own, that place is the start of the first token that fits nowhere, without pest's
//! process-wide switch for more detail. Common slips are recognised by that token and the rules; for the rest,
//! `expected.rs` says what could have stood there.

use crate::expected::expected;
use crate::keywords::{self, Keyword};
use crate::lex::{Kind, Lexeme, Lexer};
use crate::parser::Rule;
use crate::{diagnostics, glued};
use pest::error::{Error, ErrorVariant, InputLocation};
use rulec_diagnostic::{Diagnostic, FileId, Place, Span, nearest};

/// How much of what was found is shown, in characters.
const SHOWN: usize = 24;

/// What is wrong with `text`, which pest could not read and whose first byte is byte `base` of the file.
pub(crate) fn explain(file: FileId, base: usize, text: &str, error: &Error<Rule>) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let tried = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { .. } => &[],
    };
    let token = Lexer::new(&text[at..]).find(|lexeme| lexeme.kind != Kind::Newline);
    let Some(token) = token else {
        let end = base + text[..at].trim_end().len();
        return at_end(Span::new(end, end).at(file), tried);
    };
    let Lexeme { kind, start, end } = token;
    let at = at + start;
    let (start, end) = match number_before(text, at) {
        Some(number) if tried.contains(&Rule::number_end) => (number, at + end - start),
        _ => (at, at + end - start),
    };
    let kind = if start < at { Kind::Number } else { kind };
    let stuck =
        Stuck { place: Span::new(base + start, base + end).at(file), kind, found: &text[start..end], tried };
    stuck.slip().unwrap_or_else(|| stuck.unexpected())
}

/// Where the digits start that end at `at`.
fn number_before(text: &str, at: usize) -> Option<usize> {
    let before = text[..at].trim_end_matches(|c: char| c.is_numeric() || matches!(c, '.' | '．' | '_'));
    (before.len() < at).then_some(before.len())
}

fn at_end(place: Place, tried: &[Rule]) -> Diagnostic {
    match incomplete_send(place, tried) {
        Some(diagnostic) => diagnostic,
        None => diagnostics::unexpected(place, &expected(tried), None),
    }
}

fn incomplete_send(place: Place, tried: &[Rule]) -> Option<Diagnostic> {
    let missing = |rule| tried.contains(&rule);
    (missing(Rule::channel) || missing(Rule::message))
        .then(|| diagnostics::incomplete_send(place, missing(Rule::channel)))
}

/// The first token that fits nowhere.
struct Stuck<'t> {
    place: Place,
    kind: Kind,
    found: &'t str,
    tried: &'t [Rule],
}

impl Stuck<'_> {
    /// The common slip that this is.
    fn slip(&self) -> Option<Diagnostic> {
        match self.kind {
            Kind::Word => self.word(),
            Kind::Number => self.number(),
            _ => self.second_comparison().or_else(|| incomplete_send(self.place, self.tried)),
        }
    }

    fn tried(&self, rule: Rule) -> bool {
        self.tried.contains(&rule)
    }

    fn word(&self) -> Option<Diagnostic> {
        let starts = STARTS.iter().any(|&rule| self.tried(rule));
        let known = keywords::known(self.found);
        let glued = if starts { glued::head(self.found) } else { None };
        if let Some(glued) = glued.or_else(|| glued::split_glued(self.found)).filter(|_| !known) {
            let spaced = glued.spaced();
            return Some(diagnostics::glued_keyword(self.place, self.found, &spaced, glued.keyword));
        }
        if starts && !known {
            return Some(self.unknown_declaration());
        }
        if let Some(diagnostic) = incomplete_send(self.place, self.tried) {
            return Some(diagnostic);
        }
        if self.tried(Rule::name) && keywords::reserved(self.found).is_some() {
            return Some(diagnostics::reserved_word(self.place, self.found));
        }
        let only_text = self.tried(Rule::text) && !self.tried(Rule::name);
        (only_text && !known).then(|| diagnostics::missing_quotes(self.place, self.found))
    }

    fn unknown_declaration(&self) -> Diagnostic {
        let starts = |keyword: &&Keyword| {
            if self.tried(Rule::item) || self.tried(Rule::file) {
                keywords::starts_item(keyword)
            } else {
                keywords::starts_member(keyword)
            }
        };
        let words = || {
            let heads = keywords::ALL.iter().filter(starts);
            heads.flat_map(|head| std::iter::once(head.english).chain(head.chinese.iter().copied()))
        };
        diagnostics::unknown_declaration(self.place, self.found, nearest(self.found, words()))
    }

    /// A number whose unit does not exist.
    fn number(&self) -> Option<Diagnostic> {
        let digits = self.found.trim_end_matches(|c: char| !c.is_numeric());
        let unit = &self.found[digits.len()..];
        if unit.is_empty() || KNOWN_UNITS.contains(&unit) {
            return None;
        }
        let meant = MEANT_UNITS.iter().find(|(written, _)| written.eq_ignore_ascii_case(unit));
        let meant = meant.map(|(_, unit)| format!("{digits}{unit}"));
        Some(diagnostics::unknown_unit(self.place, self.found, meant.as_deref()))
    }

    fn second_comparison(&self) -> Option<Diagnostic> {
        let compares = self.found.starts_with(['<', '>', '=', '≥', '≤', '≠', '＜', '＞', '＝']);
        (compares && self.tried(Rule::kw_and)).then(|| diagnostics::chained_comparison(self.place))
    }

    fn unexpected(&self) -> Diagnostic {
        let mut found: String = self.found.chars().take(SHOWN).collect();
        if found.len() < self.found.len() {
            found.push('…');
        }
        diagnostics::unexpected(self.place, &expected(self.tried), Some(&found))
    }
}

/// What pest tries where a declaration or a member starts.
const STARTS: &[Rule] = &[Rule::item, Rule::file, Rule::member, Rule::member_list];

const KNOWN_UNITS: &[&str] = &[
    "min",
    "h",
    "d",
    "w",
    "mo",
    "y",
    "分钟",
    "小时",
    "个小时",
    "天",
    "日",
    "周",
    "星期",
    "个星期",
    "个月",
    "年",
    "元",
    "块",
    "块钱",
    "万",
    "亿",
    "千",
    "万元",
    "亿元",
    "折",
];

const MEANT_UNITS: &[(&str, &str)] = &[
    ("m", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("分", "分钟"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("时", "小时"),
    ("day", "d"),
    ("days", "d"),
    ("wk", "w"),
    ("week", "w"),
    ("weeks", "w"),
    ("month", "mo"),
    ("months", "mo"),
    ("月", "个月"),
    ("year", "y"),
    ("years", "y"),
    ("yuan", "元"),
    ("rmb", "元"),
    ("cny", "元"),
];
