//! Cuts a text into declarations, or the body of a campaign into its members, without understanding them.
//!
//! A stretch begins at a word that starts a declaration, first on its line, where no bracket is open. When brackets are
//! open and such a word stands further left than it could, the brackets were forgotten, and the cut is made all the same.

use crate::glued;
use crate::keywords::{self, Keyword, Role};
use crate::lex::{Bracket, Kind, Lexeme, Lexer};
use std::ops::Range;

/// What is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// A file, into declarations.
    File,
    /// The body of a campaign, into members.
    Campaign,
}

/// A declaration or a member.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// From its first word to before the next stretch.
    pub(crate) range: Range<usize>,
    /// The keyword that it starts with, if it is one that can.
    pub(crate) head: Option<&'static Keyword>,
}

/// A text in stretches.
pub(crate) struct Cut {
    pub(crate) stretches: Vec<Stretch>,
    /// Brackets that nothing closes, and where they stand.
    pub(crate) open: Vec<(Bracket, u32)>,
    /// Closing brackets that nothing opened.
    pub(crate) stray: Vec<(Bracket, u32)>,
}

/// Cuts `text`, which has no comments any more, at the words that start something at this level.
pub(crate) fn cut(text: &str, level: Level) -> Cut {
    let cut = Cut { stretches: Vec::new(), open: Vec::new(), stray: Vec::new() };
    let mut cutter = Cutter {
        text,
        level,
        cut,
        opened: Vec::new(),
        curly: 0,
        column: 0,
        awaits_when: false,
        suspect: None,
        end: 0,
    };
    let mut lexemes = Lexer::new(text).peekable();
    let (mut line, mut starts_line) = (0, true);
    while let Some(lexeme) = lexemes.next() {
        if lexeme.kind == Kind::Newline {
            (line, starts_line) = (lexeme.end, true);
            continue;
        }
        let column = starts_line.then(|| short(text[line..lexeme.start].chars().count()));
        cutter.see(lexeme, column, lexemes.peek().map(|next| next.kind));
        starts_line = false;
    }
    cutter.finish()
}

/// Kept small: a broken text may open millions of them.
struct Opened {
    bracket: Bracket,
    at: u32,
    /// Whether what it opens is the body of a campaign.
    campaign: bool,
    /// Where its line begins, in characters; only known of brackets on lines that were looked at.
    column: u32,
}

struct Cutter<'t> {
    text: &'t str,
    level: Level,
    cut: Cut,
    opened: Vec<Opened>,
    /// How many of them are curly.
    curly: usize,
    /// Of the first word of the line.
    column: u32,
    /// Whether the declaration is one whose `when` is still to come.
    awaits_when: bool,
    /// A bracket that its indentation shows to be unclosed, should brackets turn out not to match.
    suspect: Option<(Bracket, u32)>,
    /// Where the last lexeme ended.
    end: usize,
}

impl Cutter<'_> {
    /// `column` is that of the first lexeme of a line.
    fn see(&mut self, lexeme: Lexeme, column: Option<u32>, next: Option<Kind>) {
        let first = self.cut.stretches.is_empty();
        let word = &self.text[lexeme.start..lexeme.end];
        if let Some(column) = column {
            self.column = column;
        }
        let starts =
            lexeme.kind == Kind::Word && column.is_some_and(|column| self.starts(word, column, next));
        if starts || first {
            self.start(lexeme.start, word);
        }
        if keywords::is(word, "when") {
            self.awaits_when = false;
        }
        match lexeme.kind {
            Kind::Open(bracket) => self.open(bracket, lexeme.start),
            Kind::Close(bracket) => self.close(bracket, lexeme.start, column),
            _ => {}
        }
        self.end = lexeme.end;
    }

    /// Whether a stretch starts at this word, the first of its line.
    fn starts(&mut self, word: &str, column: u32, next: Option<Kind>) -> bool {
        let named = matches!(next, Some(Kind::Word | Kind::Text { .. } | Kind::Number));
        let Some(head) = self.head(word) else {
            let flush = self.level == Level::Campaign || column == 0;
            return self.opened.is_empty()
                && flush
                && (glued::head(word).is_some() || (named && !keywords::known(word)));
        };
        let is_when = head.english == "when";
        if self.opened.is_empty() {
            return if is_when { !self.awaits_when } else { named || column == 0 || head.role != Role::Head };
        }
        if !(named || is_when) {
            return false;
        }
        let in_campaign = self.opened[0].campaign;
        if in_campaign && head.english == "rule" && self.opened.len() > 1 {
            self.forget(1);
            return false;
        }
        let member = in_campaign && (is_when || matches!(head.english, "rule" | "limit"));
        let only_round = self.curly == 0;
        if !member && (column <= self.opened[0].column && (!is_when || only_round)) {
            self.forget(0);
            return true;
        }
        false
    }

    fn head(&self, word: &str) -> Option<&'static Keyword> {
        match self.level {
            Level::File => keywords::item_head(word),
            Level::Campaign => keywords::member_head(word),
        }
    }

    /// Ends the stretch before and starts another.
    fn start(&mut self, at: usize, word: &str) {
        self.forget(0);
        if let Some(last) = self.cut.stretches.last_mut() {
            last.range.end = self.end;
        }
        let head = self.head(word);
        self.awaits_when = head.is_some_and(|head| matches!(head.english, "suppress" | "forbid"));
        self.cut.stretches.push(Stretch { range: at..self.text.len(), head });
    }

    /// Gives up on the brackets that are open inside `depth` others.
    fn forget(&mut self, depth: usize) {
        let unclosed = self.opened.get(depth).map(|opened| (opened.bracket, opened.at));
        let suspect = self.suspect.take();
        if let Some(unclosed) = unclosed {
            self.cut.open.push(suspect.unwrap_or(unclosed));
        }
        self.truncate(depth);
    }

    fn truncate(&mut self, depth: usize) {
        let forgotten = self.opened.drain(depth.min(self.opened.len())..);
        self.curly -= forgotten.filter(|opened| opened.bracket == Bracket::Curly).count();
    }

    fn open(&mut self, bracket: Bracket, at: usize) {
        let head = self.cut.stretches.last().and_then(|stretch| stretch.head);
        let campaign = self.opened.is_empty() && head.is_some_and(|head| head.english == "campaign");
        self.curly += usize::from(bracket == Bracket::Curly);
        self.opened.push(Opened { bracket, at: short(at), campaign, column: self.column });
    }

    fn close(&mut self, bracket: Bracket, at: usize, column: Option<u32>) {
        // The count first: to look for what is not there takes the longer the more brackets are open.
        let of_kind = if bracket == Bracket::Curly { self.curly } else { self.opened.len() - self.curly };
        let nearest = || self.opened.iter().rposition(|opened| opened.bracket == bracket);
        let Some(opener) = (of_kind > 0).then(nearest).flatten() else {
            self.cut.stray.push((bracket, short(at)));
            return;
        };
        if opener + 1 < self.opened.len() {
            self.forget(opener + 1);
        }
        let Opened { at, column: opened, .. } = self.opened[opener];
        self.truncate(opener);
        if column.is_some_and(|column| column < opened) && self.suspect.is_none() {
            self.suspect = Some((bracket, at));
        }
        if self.opened.is_empty() {
            self.suspect = None;
        }
    }

    fn finish(mut self) -> Cut {
        self.forget(0);
        if let Some(last) = self.cut.stretches.last_mut() {
            last.range.end = self.end;
        }
        self.cut
    }
}

/// A place or a column; no text is longer than 4 GiB.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
