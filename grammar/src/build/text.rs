//! Texts in quotes: escapes, and the indentation of texts of several lines.

use super::Builder;
use crate::diagnostics;
use crate::parser::{Node, Rule};
use crate::tree::Spanned;
use rulec_diagnostic::Span;

/// A stretch of a text as written, and where it starts in the file.
#[derive(Clone, Copy)]
pub(super) struct Written<'t> {
    pub(super) raw: &'t str,
    pub(super) start: usize,
}

impl Builder {
    /// A text whose braces mean nothing.
    pub(super) fn text(&mut self, node: &Node) -> Spanned<String> {
        let mut said = String::new();
        for line in self.lines(node) {
            let mut at = 0;
            while let Some(c) = self.next_char(line, &mut at) {
                said.push(c);
            }
        }
        Spanned { node: said, span: self.span(node) }
    }

    /// What stands between the quotes; of a text of several lines each line by itself, without the common indentation.
    pub(super) fn lines<'t>(&self, node: &Node<'t>) -> Vec<Written<'t>> {
        let Some(quoted) = node.clone().into_inner().next() else { return Vec::new() };
        let raw = quoted.as_str();
        let start = self.base + quoted.as_span().start();
        let quote = if quoted.as_rule() == Rule::long_text { 3 } else { first_len(raw) };
        let end = if quoted.as_rule() == Rule::long_text { 3 } else { last_len(raw) };
        let inner = Written { raw: &raw[quote..raw.len() - end], start: start + quote };
        if quoted.as_rule() == Rule::long_text { without_indentation(inner) } else { vec![inner] }
    }

    /// The next character that the text says, escapes resolved.
    pub(super) fn next_char(&mut self, written: Written, at: &mut usize) -> Option<char> {
        let mut rest = written.raw[*at..].chars();
        let start = *at;
        let c = rest.next()?;
        *at += c.len_utf8();
        if c == '\r' && rest.clone().next() == Some('\n') {
            return self.next_char(written, at);
        }
        if c != '\\' {
            return Some(c);
        }
        let escaped = rest.next()?;
        *at += escaped.len_utf8();
        if escaped == 'n' {
            return Some('\n');
        }
        if !matches!(escaped, '"' | '\\' | '“' | '”' | '‘' | '’' | '」' | '{' | '}') {
            let place = self.place(Span::new(written.start + start, written.start + *at));
            self.report(diagnostics::unknown_escape(place, escaped));
        }
        Some(escaped)
    }
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

fn last_len(text: &str) -> usize {
    text.chars().next_back().map_or(0, char::len_utf8)
}

/// The lines of a text, each with its line break, without the white space that all of them begin with, and without the
/// first and the last one if they are empty.
fn without_indentation(inner: Written) -> Vec<Written> {
    let mut lines = Vec::new();
    let mut start = inner.start;
    for raw in inner.raw.split_inclusive('\n') {
        lines.push(Written { raw, start });
        start += raw.len();
    }
    if lines.len() > 1 && is_blank(lines[0].raw) {
        lines.remove(0);
    }
    if lines.len() > 1 && lines.last().is_some_and(|line| is_blank(line.raw)) {
        lines.pop();
    }
    let whole = inner.raw.ends_with('\n') || lines.last().is_some_and(|line| line.raw.ends_with('\n'));
    if let (true, Some(last)) = (whole, lines.last_mut()) {
        last.raw = last.raw.trim_end_matches(['\r', '\n']);
    }
    let common = lines.iter().filter(|line| !is_blank(line.raw)).map(|line| indentation(line.raw)).min();
    for line in &mut lines {
        let cut = common.unwrap_or(0).min(indentation(line.raw));
        line.raw = &line.raw[cut..];
        line.start += cut;
    }
    lines
}

fn is_blank(line: &str) -> bool {
    line.trim_matches([' ', '\t', '\r', '\n']).is_empty()
}

/// Spaces and tabs count alike: one each.
fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
