//! What is known of a text before it is parsed: its comments, and the mistakes that no grammar can place well.

use crate::MAX_NESTING;
use crate::diagnostics;
use crate::findings::Findings;
use crate::lex::{Kind, Lexeme, Lexer, is_hidden};
use crate::tree::Comment;
use rulec_diagnostic::{Diagnostic, FileId, Place, Span};
use std::borrow::Cow;
use std::ops::Range;

/// The first look at a text.
pub(crate) struct Survey<'t> {
    file: FileId,
    /// Where the text starts in the file, after a byte order mark.
    base: usize,
    text: &'t str,
    depth: usize,
    /// What is not parsed: comments and hidden characters.
    blanks: Vec<Range<usize>>,
    pub(crate) comments: Vec<Comment>,
    /// Open texts, hidden characters, and brackets that are nested too deep.
    pub(crate) findings: Findings,
    /// Where all of them stand in the file, in order.
    pub(crate) known: Vec<u32>,
    /// Where brackets are nested too deep, in order.
    pub(crate) too_deep: Vec<u32>,
    /// Whether parsing all of the text at once is of no use: it cannot succeed, or might take too much stack.
    pub(crate) hopeless: bool,
}

impl<'t> Survey<'t> {
    /// Looks at `text`, whose first byte is byte `base` of the file.
    pub(crate) fn of(file: FileId, base: usize, text: &'t str) -> Self {
        let mut survey = Self {
            file,
            base,
            text,
            depth: 0,
            blanks: Vec::new(),
            comments: Vec::new(),
            findings: Findings::default(),
            known: Vec::new(),
            too_deep: Vec::new(),
            hopeless: false,
        };
        for lexeme in Lexer::new(text) {
            survey.look_at(lexeme);
        }
        survey
    }

    /// The text to parse. Comments are spaces, so that the grammar need not look for them at every joint; so are hidden
    /// characters, so that one of them does not hide other mistakes.
    pub(crate) fn text_to_parse(&self) -> Cow<'t, str> {
        if self.blanks.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let mut seen = String::with_capacity(self.text.len());
        for blank in &self.blanks {
            seen.push_str(&self.text[seen.len()..blank.start]);
            seen.extend(std::iter::repeat_n(' ', blank.len()));
        }
        seen.push_str(&self.text[seen.len()..]);
        Cow::Owned(seen)
    }

    fn blank(&mut self, start: usize, end: usize) {
        match self.blanks.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => self.blanks.push(start..end),
        }
    }

    fn place(&self, start: usize, end: usize) -> Place {
        Span::new(self.base + start, self.base + end).at(self.file)
    }

    fn report(&mut self, place: Place, finding: impl FnOnce() -> Diagnostic) {
        self.known.push(place.span.start);
        self.findings.report(finding);
    }

    fn look_at(&mut self, lexeme: Lexeme) {
        let Lexeme { kind, start, end } = lexeme;
        match kind {
            Kind::Comment => self.comment(start, end),
            Kind::Text { closed } => {
                self.hidden_in_text(start, end);
                if !closed {
                    self.open_text(start, end);
                }
            }
            Kind::Open(_) => self.open(start, end),
            Kind::Close(_) => self.depth = self.depth.saturating_sub(1),
            Kind::Hidden(c) => self.hidden(start, c),
            Kind::Word | Kind::Number | Kind::Newline | Kind::Sign => {}
        }
    }

    fn comment(&mut self, start: usize, end: usize) {
        let written = &self.text[start..end];
        let bare = written.trim_start_matches('#');
        let doc = written.len() - bare.len() >= 2;
        let span = self.place(start, end).span;
        self.blank(start, end);
        self.comments.push(Comment { text: bare.trim().to_owned(), span, doc });
    }

    fn open(&mut self, start: usize, end: usize) {
        self.depth += 1;
        if self.depth == MAX_NESTING + 1 {
            let place = self.place(start, end);
            self.report(place, || diagnostics::nesting(place, MAX_NESTING));
            self.too_deep.push(place.span.start);
            self.hopeless = true;
        }
    }

    fn hidden_in_text(&mut self, start: usize, end: usize) {
        for (offset, c) in self.text[start..end].char_indices() {
            if is_hidden(c) {
                self.hidden(start + offset, c);
            }
        }
    }

    fn hidden(&mut self, start: usize, c: char) {
        self.blank(start, start + c.len_utf8());
        let place = self.place(start, start + c.len_utf8());
        self.report(place, || diagnostics::hidden_character(place, c));
    }

    fn open_text(&mut self, start: usize, end: usize) {
        self.hopeless = true;
        let written = &self.text[start..end];
        let place = self.place(start, end);
        let trimmed = start + written.trim_end().len();
        let insert_at = self.place(trimmed, trimmed);
        self.report(place, || match written.chars().next() {
            Some('`') => diagnostics::open_name(place),
            Some('"') if written == "\"\"\"" => diagnostics::open_long_text(place),
            opening => {
                let (opening, closing) = quotes(opening);
                diagnostics::open_text(place, opening, closing, insert_at)
            }
        });
    }
}

fn quotes(opening: Option<char>) -> (&'static str, &'static str) {
    match opening {
        Some('“' | '”') => ("“", "”"),
        Some('‘' | '’') => ("‘", "’"),
        Some('「') => ("「", "」"),
        _ => ("\"", "\""),
    }
}
