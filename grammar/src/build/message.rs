//! Messages: texts whose `{fields}` are expressions.

use super::text::Written;
use super::{Builder, Parts};
use crate::diagnostics;
use crate::parser::{self, Node, Rule};
use crate::tree::{Message, Piece};
use rulec_diagnostic::Span;
use std::borrow::Cow;

impl Builder {
    /// A text of a message, cut at its braces.
    pub(super) fn message(&mut self, node: &Node) -> Message {
        let mut message = Message { pieces: Vec::new(), text: String::new(), span: self.span(node) };
        let mut said = String::new();
        for line in self.lines(node) {
            self.message_line(line, &mut message, &mut said);
        }
        finish_text(&mut message.pieces, &mut said);
        message
    }

    fn message_line(&mut self, line: Written, message: &mut Message, said: &mut String) {
        let mut at = 0;
        let mut searches = MOST_VAIN_SEARCHES;
        loop {
            let start = at;
            let escaped = line.raw[at..].starts_with('\\');
            let Some(c) = self.next_char(line, &mut at) else { break };
            let rest = &line.raw[at..];
            let brace = half_width(c);
            if escaped || !matches!(brace, '{' | '}') {
                said.push(c);
            } else if rest.starts_with(c) {
                said.push(c);
                at += c.len_utf8();
            } else if let ('{', Some(length)) = (brace, field_length(rest, &mut searches)) {
                at += length;
                finish_text(&mut message.pieces, said);
                let field = Written { raw: &line.raw[start..at], start: line.start + start };
                message.pieces.extend(self.field(field));
            } else {
                let place = self.place(Span::new(line.start + start, line.start + at));
                let diagnostic =
                    if brace == '{' { diagnostics::open_field } else { diagnostics::stray_field_end };
                self.report(diagnostic(place));
            }
            self.say_as_written(line, start..at, message);
        }
    }

    /// `Message::text`: escapes resolved, braces kept.
    fn say_as_written(&mut self, line: Written, range: std::ops::Range<usize>, message: &mut Message) {
        let reported = self.findings.count();
        let part = Written { raw: &line.raw[range.clone()], start: line.start + range.start };
        let mut at = 0;
        while let Some(c) = self.next_char(part, &mut at) {
            message.text.push(c);
        }
        // What is wrong with the escapes was said when the pieces were made.
        self.findings.forget_after(reported);
    }

    /// `{expression as format or "text"}`, of which format and text may be absent, with the braces.
    fn field(&mut self, field: Written) -> Option<Piece> {
        let span = Span::new(field.start, field.start + field.raw.len());
        let width = |brace: Option<char>| brace.map_or(0, char::len_utf8);
        let (open, close) = (width(field.raw.chars().next()), width(field.raw.chars().next_back()));
        let inner = without_escapes(&field.raw[open..field.raw.len() - close]);
        let Ok(mut pairs) = parser::parse(Rule::field_only, &inner) else {
            self.report(diagnostics::unreadable_field(self.place(span)));
            return None;
        };
        let mut builder = Builder::new(self.file, field.start + open);
        let mut parts = Parts::of(pairs.next()?);
        let value = parts.part(Rule::operand).and_then(|value| builder.expr(value));
        let format = if parts.word(Rule::kw_as) { parts.part(Rule::name) } else { None };
        let format = format.map(|name| builder.name(&name));
        let or = if parts.word(Rule::kw_or) { parts.part(Rule::text) } else { None };
        let or = or.map(|text| builder.text(&text));
        self.findings.append(builder.findings);
        Some(Piece::Field { value: value?, format, or, span })
    }
}

fn finish_text(pieces: &mut Vec<Piece>, said: &mut String) {
    if !said.is_empty() {
        pieces.push(Piece::Text(std::mem::take(said)));
    }
}

/// How many times the `}` of a `{` is looked for in vain up to the end of a line. A line of millions of `{“` would
/// else be gone through once for each.
const MOST_VAIN_SEARCHES: usize = 16;

/// How many bytes after `{` its `}` ends; braces in quotes do not count.
fn field_length(rest: &str, searches: &mut usize) -> Option<usize> {
    if *searches == 0 {
        return None;
    }
    let mut closing = None;
    for (at, c) in rest.char_indices() {
        match (closing, half_width(c)) {
            (_, '\n' | '\r') => break,
            (Some(quote), _) if c == quote => closing = None,
            (Some(_), _) => {}
            (None, '"') => closing = Some('"'),
            (None, '“') => closing = Some('”'),
            (None, '}') => return Some(at + c.len_utf8()),
            (None, '{') => return None,
            (None, _) => {}
        }
    }
    *searches -= 1;
    None
}

/// A brace as a Chinese input method types it is a brace.
fn half_width(c: char) -> char {
    match c {
        '｛' => '{',
        '｝' => '}',
        other => other,
    }
}

/// The quotes in a field of a message in plain quotes are escaped. A space outside the quotes in the place of each
/// backslash keeps all other places as they are.
fn without_escapes(field: &str) -> Cow<'_, str> {
    if !field.contains('\\') {
        return field.into();
    }
    let mut inside = false;
    let mut plain = String::with_capacity(field.len());
    let mut chars = field.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"')) => {
                chars.next();
                plain.push_str(if inside { "\" " } else { " \"" });
                inside = !inside;
            }
            ('\\', _) => plain.push(' '),
            _ => plain.push(c),
        }
    }
    plain.into()
}
