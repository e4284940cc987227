//! Cuts a text into words, texts, comments and brackets, without a grammar.
//!
//! The parser does not need it. It serves what must work on broken texts too: gathering the comments, counting open
//! brackets, and finding where declarations begin. What it calls a text or a comment is what the grammar calls so.

use unicode_ident::{is_xid_continue, is_xid_start};

/// The kinds of brackets, full-width forms included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bracket {
    Round,
    Curly,
}

impl Bracket {
    /// The half-width signs of this kind.
    pub(crate) fn signs(self) -> (char, char) {
        match self {
            Bracket::Round => ('(', ')'),
            Bracket::Curly => ('{', '}'),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From `#` to before the end of the line.
    Comment,
    /// In quotes of any sort; `closed` is false when the line, or for `"""` the file, ended first.
    Text {
        closed: bool,
    },
    Open(Bracket),
    Close(Bracket),
    /// A name or keyword, or a name in backticks.
    Word,
    /// A digit and what sticks to it: `60d`.
    Number,
    /// The end of a line.
    Newline,
    /// A character that has no business in a rule file: it cannot be seen, or changes the order of others.
    Hidden(char),
    /// Any other sign.
    Sign,
}

/// A piece of text and what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexeme {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The lexemes of a text in order; white space is left out.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Whether a `"""` was looked for to the end of the text in vain, so that it is not looked for again.
    no_long_end: bool,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, no_long_end: false }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, mut wanted: impl FnMut(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    /// After the opening quote: to after the closing one, or to the end of the line.
    fn line_text(&mut self, closes: impl Fn(char) -> bool) -> Kind {
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices() {
            if is_line_end(c) {
                self.at += offset;
                return Kind::Text { closed: false };
            }
            if !escaped && closes(c) {
                self.at += offset + c.len_utf8();
                return Kind::Text { closed: true };
            }
            escaped = !escaped && c == '\\';
        }
        self.at = self.text.len();
        Kind::Text { closed: false }
    }

    /// After the opening `"""`: to after the closing one. A text without one is only its opening quotes, so that what
    /// follows is still read as declarations.
    fn long_text(&mut self) -> Kind {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while at < bytes.len() && !self.no_long_end {
            if bytes[at] == b'\\' {
                at += 2;
            } else if bytes[at..].starts_with(b"\"\"\"") {
                self.at = at + 3;
                return Kind::Text { closed: true };
            } else {
                at += 1;
            }
        }
        self.no_long_end = true;
        Kind::Text { closed: false }
    }

    fn kind_of(&mut self, first: char) -> Kind {
        match first {
            '\n' | '\r' => Kind::Newline,
            '#' => {
                self.skip_while(|c| !is_line_end(c));
                Kind::Comment
            }
            '"' if self.rest().starts_with("\"\"") => {
                self.at += 2;
                self.long_text()
            }
            '"' => self.line_text(|c| c == '"'),
            '“' | '”' => self.line_text(|c| matches!(c, '“' | '”')),
            '‘' | '’' => self.line_text(|c| matches!(c, '‘' | '’')),
            '「' => self.line_text(|c| c == '」'),
            '`' => {
                self.skip_while(|c| c != '`' && !is_line_end(c));
                if self.peek() != Some('`') {
                    return Kind::Text { closed: false };
                }
                self.at += 1;
                Kind::Word
            }
            '(' | '（' => Kind::Open(Bracket::Round),
            ')' | '）' => Kind::Close(Bracket::Round),
            '{' | '｛' => Kind::Open(Bracket::Curly),
            '}' | '｝' => Kind::Close(Bracket::Curly),
            c if is_hidden(c) => Kind::Hidden(c),
            c if is_xid_start(c) => {
                self.skip_while(is_xid_continue);
                Kind::Word
            }
            c if is_xid_continue(c) => {
                self.skip_while(is_xid_continue);
                Kind::Number
            }
            _ => Kind::Sign,
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        self.skip_while(is_space);
        let first = self.peek()?;
        let start = self.at;
        self.at += first.len_utf8();
        let kind = self.kind_of(first);
        Some(Lexeme { kind, start, end: self.at })
    }
}

/// Whether a line ends here.
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// White space other than the ends of lines; the same as the grammar's.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() && !is_line_end(c) && !is_hidden(c)
}

/// Control characters, characters that turn the direction of writing, and spaces of no width.
pub(crate) fn is_hidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{061C}'
        | '\u{200B}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' => true,
        _ => c.is_control(),
    }
}
