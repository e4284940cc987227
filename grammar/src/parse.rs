//! The way of a text through the stages.

use crate::build::Builder;
use crate::parser::{Rule, RuleParser};
use crate::survey::Survey;
use crate::tree::{Comment, Expr, File, ItemKind};
use crate::{diagnostics, explain, recover};
use pest::Parser;
use rulec_diagnostic::{Diagnostic, FileId, Span, sort};

/// How many diagnostics one file gets; more help nobody.
const MAX_DIAGNOSTICS: usize = 1000;

/// What a text says, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The declarations that could be read.
    pub file: File,
    /// What is wrong with the rest, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a rule file. Never panics, and always gives what could be read; the work is linear in the length of the text.
///
/// ```
/// # use rulec_diagnostic::FileId;
/// let parsed = rulec_grammar::parse(FileId(0), "when dormant > 60d then send sms \"回归礼包\" ttl 15d");
/// assert!(parsed.diagnostics.is_empty());
/// assert_eq!(parsed.file.items.len(), 1);
/// ```
pub fn parse(file: FileId, text: &str) -> Parsed {
    let base = byte_order_mark(text);
    let text = &text[base..];
    let survey = Survey::of(file, base, text);
    let clean = survey.text_to_parse();
    let whole = if survey.hopeless { None } else { read_all(file, base, &clean) };
    let mut parsed = whole.unwrap_or_else(|| recover::recover(file, base, &clean, &survey.problems));
    parsed.diagnostics.extend(survey.problems);
    parsed.file.comments = survey.comments;
    attach_docs(&mut parsed.file, base, text);
    sort(&mut parsed.diagnostics);
    cut_short(&mut parsed.diagnostics);
    parsed
}

/// Reads a text that has no mistake in its syntax. It takes one declaration at a time, which is what the rule `file`
/// does, so that pest's tokens of one are dropped before those of the next are made.
fn read_all(file: FileId, base: usize, text: &str) -> Option<Parsed> {
    let mut parsed = Parsed { file: File::default(), diagnostics: Vec::new() };
    let mut at = 0;
    loop {
        let next = RuleParser::parse(Rule::next_item, &text[at..]).ok()?.next()?;
        let end = at + next.as_span().end();
        let mut builder = Builder::new(file, base + at);
        let Some(item) = builder.next_item(next) else { return Some(parsed) };
        parsed.file.items.extend(item);
        parsed.diagnostics.append(&mut builder.diagnostics);
        at = end;
    }
}

/// Reads a stretch of declarations that should have no mistake in its syntax, all at once, so that the error knows
/// what could have stood at the end of a declaration as well as after it.
pub(crate) fn read(file: FileId, base: usize, text: &str) -> Result<Parsed, Box<pest::error::Error<Rule>>> {
    let mut pairs = RuleParser::parse(Rule::file, text)?;
    let mut builder = Builder::new(file, base);
    let items = pairs.next().map(|pair| builder.items(pair)).unwrap_or_default();
    Ok(Parsed { file: File { items, ..File::default() }, diagnostics: builder.diagnostics })
}

/// Reads one expression, such as the audience of `rulec audience 'EXPR'`. Places count from the start of `text`.
///
/// # Errors
/// What is wrong with it, at least one diagnostic.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let base = byte_order_mark(text);
    let survey = Survey::of(file, base, &text[base..]);
    if survey.hopeless {
        return Err(survey.problems);
    }
    let clean = survey.text_to_parse();
    let mut problems = survey.problems;
    let mut pairs = match RuleParser::parse(Rule::expression_only, &clean) {
        Ok(pairs) => pairs,
        Err(error) => {
            if problems.is_empty() {
                problems.push(explain::explain(file, base, &clean, &error));
            }
            return Err(problems);
        }
    };
    let mut builder = Builder::new(file, base);
    let expr = pairs.next().and_then(|pair| builder.only_expression(pair));
    problems.append(&mut builder.diagnostics);
    sort(&mut problems);
    match expr {
        Some(expr) if problems.is_empty() => Ok(expr),
        _ => Err(problems),
    }
}

/// The length of the byte order mark at the start of a text.
fn byte_order_mark(text: &str) -> usize {
    if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 }
}

/// Gives each declaration the `##` lines before it.
fn attach_docs(file: &mut File, base: usize, text: &str) {
    let File { items, comments, .. } = file;
    if !comments.iter().any(|comment| comment.doc) {
        return;
    }
    for item in items {
        item.doc = doc_before(comments, base, text, item.span);
        if let ItemKind::Campaign(campaign) = &mut item.kind {
            for member in &mut campaign.members {
                member.doc = doc_before(comments, base, text, member.span);
            }
        }
    }
}

/// The `##` lines between which and `span` stands nothing but white space.
fn doc_before(comments: &[Comment], base: usize, text: &str, span: Span) -> Option<String> {
    let before = &comments[..comments.partition_point(|comment| comment.span.end <= span.start)];
    let mut next = span.start as usize;
    let mut lines = Vec::new();
    for comment in before.iter().rev() {
        let gap = text.get(comment.span.end as usize - base..next - base).unwrap_or("-");
        if !comment.doc || !gap.trim().is_empty() || !starts_line(text, comment.span.start as usize - base) {
            break;
        }
        lines.push(comment.text.as_str());
        next = comment.span.start as usize;
    }
    lines.reverse();
    if lines.is_empty() { None } else { Some(lines.join("\n")) }
}

fn starts_line(text: &str, at: usize) -> bool {
    let line = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    text[line..at].trim().is_empty()
}

fn cut_short(diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.len() <= MAX_DIAGNOSTICS {
        return;
    }
    let more = diagnostics.len() - MAX_DIAGNOSTICS;
    let place = diagnostics.get(MAX_DIAGNOSTICS).and_then(|diagnostic| diagnostic.place);
    diagnostics.truncate(MAX_DIAGNOSTICS);
    diagnostics.extend(place.map(|place| diagnostics::too_many(place, more)));
}
