//! Reads a text with mistakes: cuts it into declarations, reads each alone, and keeps the good ones.
//!
//! A campaign that cannot be read is cut once more, into its members. Each stretch is read a bounded number of times,
//! so the work stays linear in the length of the text, however many mistakes there are.

use crate::build::{Builder, normal_name};
use crate::cut::{Cut, Level, Stretch, cut};
use crate::diagnostics;
use crate::explain::explain;
use crate::lex::{Bracket, Kind, Lexer};
use crate::parse::{Parsed, read};
use crate::parser::{Rule, RuleParser};
use crate::tree::{Campaign, File, Item, ItemKind, Member, Name, Spanned};
use pest::Parser;
use rulec_diagnostic::{Diagnostic, FileId, Span, codes::syntax};
use std::ops::Range;

/// Reads what can be read of `text`, whose first byte is byte `base` of the file. `problems` are those already known;
/// they are not part of the result, and where one of them stands pest's view is not asked for.
pub(crate) fn recover(file: FileId, base: usize, text: &str, problems: &[Diagnostic]) -> Parsed {
    let mut recovery = Recovery {
        file,
        base,
        text,
        explained: explained(problems),
        read: File::default(),
        diagnostics: Vec::new(),
    };
    let Cut { stretches, open, stray } = cut(text, Level::File);
    for (bracket, at) in open {
        let (sign, close) = bracket.signs();
        let place = recovery.mark_explained(at);
        recovery
            .diagnostics
            .extend(place.map(|place| diagnostics::open_bracket(place.at(file), sign, close)));
    }
    for (bracket, at) in stray {
        let (open, sign) = bracket.signs();
        let place = recovery.mark_explained(at);
        recovery
            .diagnostics
            .extend(place.map(|place| diagnostics::stray_bracket(place.at(file), sign, open)));
    }
    recovery.explained.sort_by_key(|known| known.start);
    for stretch in &stretches {
        recovery.declaration(stretch);
    }
    Parsed { file: recovery.read, diagnostics: recovery.diagnostics }
}

/// A place where something is wrong that a person is told already.
struct Known {
    start: usize,
    /// Whether what stands there may not even be handed to the parser.
    too_deep: bool,
}

fn explained(problems: &[Diagnostic]) -> Vec<Known> {
    let known = |problem: &Diagnostic| {
        let start = problem.place?.span.start as usize;
        Some(Known { start, too_deep: problem.code == syntax::NESTING })
    };
    problems.iter().filter_map(known).collect()
}

struct Recovery<'t> {
    file: FileId,
    base: usize,
    text: &'t str,
    /// In the order of the text, places counted in the file.
    explained: Vec<Known>,
    read: File,
    diagnostics: Vec<Diagnostic>,
}

impl<'t> Recovery<'t> {
    fn slice(&self, range: &Range<usize>) -> &'t str {
        &self.text[range.clone()]
    }

    /// Notes that the bracket at `at` is reported, and gives its place.
    fn mark_explained(&mut self, at: usize) -> Option<Span> {
        let length = self.text[at..].chars().next()?.len_utf8();
        self.explained.push(Known { start: self.base + at, too_deep: false });
        Some(Span::new(self.base + at, self.base + at + length))
    }

    /// What is known to be wrong in this range.
    fn known(&self, range: &Range<usize>) -> &[Known] {
        let (start, end) = (self.base + range.start, self.base + range.end);
        let from = self.explained.partition_point(|known| known.start < start);
        let to = self.explained.partition_point(|known| known.start < end);
        &self.explained[from..to]
    }

    fn too_deep(&self, range: &Range<usize>) -> bool {
        self.known(range).iter().any(|known| known.too_deep)
    }

    fn declaration(&mut self, stretch: &Stretch) {
        let start = self.base + stretch.range.start;
        if self.too_deep(&stretch.range) {
            self.read.broken.extend(self.name_of(stretch));
            return;
        }
        match read(self.file, start, self.slice(&stretch.range)) {
            Ok(mut parsed) => {
                self.read.items.append(&mut parsed.file.items);
                self.diagnostics.append(&mut parsed.diagnostics);
            }
            Err(error) => {
                let reported = self.diagnostics.len();
                let is_campaign = stretch.head.is_some_and(|head| head.english == "campaign");
                if !(is_campaign && self.campaign(stretch).is_some()) {
                    self.read.broken.extend(self.name_of(stretch));
                }
                if reported == self.diagnostics.len() && self.known(&stretch.range).is_empty() {
                    self.diagnostics.push(explain(self.file, start, self.slice(&stretch.range), &error));
                }
            }
        }
    }

    /// The good members of a campaign, if its name can be read.
    fn campaign(&mut self, stretch: &Stretch) -> Option<()> {
        let text = self.slice(&stretch.range);
        let body = body(text)?;
        let mut pairs = RuleParser::parse(Rule::campaign_start, &text[..body.start]).ok()?;
        let name = Builder::new(self.file, self.base + stretch.range.start).campaign_name(pairs.next()?)?;
        let shift = stretch.range.start + body.start;
        let mut members = Vec::new();
        for member in cut(&text[body], Level::Campaign).stretches {
            let range = member.range.start + shift..member.range.end + shift;
            self.member(&Stretch { range, ..member }, &mut members);
        }
        let span = Span::new(self.base + stretch.range.start, self.base + stretch.range.end);
        let kind = ItemKind::Campaign(Campaign { name, members });
        self.read.items.push(Item { doc: None, kind, span });
        Some(())
    }

    fn member(&mut self, stretch: &Stretch, members: &mut Vec<Member>) {
        let start = self.base + stretch.range.start;
        let text = self.slice(&stretch.range);
        match RuleParser::parse(Rule::member_list, text) {
            Ok(mut pairs) => {
                let mut builder = Builder::new(self.file, start);
                members.extend(pairs.next().map(|list| builder.members(list)).unwrap_or_default());
                self.diagnostics.append(&mut builder.diagnostics);
            }
            Err(error) => {
                self.read.broken.extend(self.name_of(stretch));
                if self.known(&stretch.range).is_empty() {
                    self.diagnostics.push(explain(self.file, start, text, &error));
                }
            }
        }
    }

    /// The name that a declaration which cannot be read meant to declare.
    fn name_of(&self, stretch: &Stretch) -> Option<Name> {
        let named = ["param", "let", "segment", "tier", "template", "pool", "fact", "campaign", "rule"];
        let text = self.slice(&stretch.range);
        let word = Lexer::new(text).filter(|lexeme| lexeme.kind != Kind::Newline).nth(1)?;
        // Of a misspelt keyword too: `segmant 忠诚 = …`.
        let declares = stretch.head.is_none_or(|head| named.contains(&head.english));
        if !declares || word.kind != Kind::Word {
            return None;
        }
        let start = self.base + stretch.range.start;
        let span = Span::new(start + word.start, start + word.end);
        Some(Spanned { node: normal_name(&text[word.start..word.end]), span })
    }
}

/// What stands between the outermost curly brackets, to the end if they are never closed.
fn body(text: &str) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut start = None;
    for lexeme in Lexer::new(text) {
        match lexeme.kind {
            Kind::Open(Bracket::Curly) => {
                start = start.or(Some(lexeme.end));
                depth += 1;
            }
            Kind::Close(Bracket::Curly) if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(start?..lexeme.start);
                }
            }
            _ => {}
        }
    }
    // Something inside is not closed; then the last bracket is taken for the campaign's.
    let last = Lexer::new(text).filter(|lexeme| lexeme.kind != Kind::Newline).last()?;
    let end = if last.kind == Kind::Close(Bracket::Curly) { last.start } else { text.len() };
    Some(start?..end.max(start?))
}
