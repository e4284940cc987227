//! The way of a text through the stages.

use crate::build::Builder;
use crate::findings::Findings;
use crate::parser::{self, Rule, Unread};
use crate::survey::Survey;
use crate::tree::{Comment, Expr, File, Item, ItemKind};
use crate::{explain, recover};
use rulec_diagnostic::{Diagnostic, FileId, Span};

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
    let (mut tree, mut findings) = whole.unwrap_or_else(|| recover::recover(file, base, &clean, &survey));
    findings.merge(survey.findings);
    tree.comments = survey.comments;
    attach_docs(&mut tree, base, text);
    Parsed { file: tree, diagnostics: findings.into_diagnostics() }
}

/// Reads a text that has no mistake in its syntax. It takes one declaration at a time, which is what the rule `file`
/// does, so that pest's tokens of one are dropped before those of the next are made.
fn read_all(file: FileId, base: usize, text: &str) -> Option<(File, Findings)> {
    let (mut tree, mut findings) = (File::default(), Findings::default());
    let mut at = 0;
    loop {
        let next = parser::parse(Rule::next_item, &text[at..]).ok()?.next()?;
        let end = at + next.as_span().end();
        let mut builder = Builder::new(file, base + at);
        let Some(item) = builder.next_item(next) else { return Some((tree, findings)) };
        tree.items.extend(item);
        findings.append(builder.findings);
        at = end;
    }
}

/// Reads a stretch of declarations that should have no mistake in its syntax, all at once, so that the error knows
/// what could have stood at the end of a declaration as well as after it.
pub(crate) fn read(file: FileId, base: usize, text: &str) -> Result<(Vec<Item>, Findings), Unread> {
    let mut pairs = parser::parse(Rule::file, text)?;
    let mut builder = Builder::new(file, base);
    let items = pairs.next().map(|pair| builder.items(pair)).unwrap_or_default();
    Ok((items, builder.findings))
}

/// Reads one expression, such as the audience of `rulec audience 'EXPR'`. Places count from the start of `text`.
///
/// # Errors
/// What is wrong with it, at least one diagnostic.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expr, Vec<Diagnostic>> {
    let base = byte_order_mark(text);
    let survey = Survey::of(file, base, &text[base..]);
    if survey.hopeless {
        return Err(survey.findings.into_diagnostics());
    }
    let clean = survey.text_to_parse();
    let mut findings = survey.findings;
    let mut pairs = match parser::parse(Rule::expression_only, &clean) {
        Ok(pairs) => pairs,
        Err(error) => {
            if findings.is_empty() {
                findings.report(|| explain::explain(file, base, &clean, &error));
            }
            return Err(findings.into_diagnostics());
        }
    };
    let mut builder = Builder::new(file, base);
    let expr = pairs.next().and_then(|pair| builder.only_expression(pair));
    findings.merge(builder.findings);
    match expr {
        Some(expr) if findings.is_empty() => Ok(expr),
        _ => Err(findings.into_diagnostics()),
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
