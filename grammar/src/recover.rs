//! Reads a text with mistakes: cuts it into declarations, reads each alone, and keeps the good ones.
//!
//! A campaign that cannot be read is cut once more, into its members. Each stretch is read a bounded number of times,
//! so the work stays linear in the length of the text, however many mistakes there are.

use crate::build::{Builder, normal_name};
use crate::cut::{Cut, Level, Stretch, cut};
use crate::diagnostics;
use crate::explain::explain;
use crate::findings::Findings;
use crate::lex::{Bracket, Kind, Lexer};
use crate::parse::read;
use crate::parser::{self, Rule, Unread};
use crate::survey::Survey;
use crate::tree::{Campaign, File, Item, ItemKind, Member, Name, Spanned};
use rulec_diagnostic::{Diagnostic, FileId, Place, Span};
use std::ops::Range;

/// Reads what can be read of `text`, whose first byte is byte `base` of the file. What the survey found is not part of
/// the result; where it found something, pest's view is not asked for.
pub(crate) fn recover(file: FileId, base: usize, text: &str, survey: &Survey) -> (File, Findings) {
    let mut recovery = Recovery {
        file,
        base,
        text,
        known: survey.known.clone(),
        too_deep: &survey.too_deep,
        read: File::default(),
        findings: Findings::default(),
    };
    let Cut { stretches, open, stray } = cut(text, Level::File);
    recovery.brackets(&open, diagnostics::open_bracket);
    recovery.brackets(&stray, |place, open, close| diagnostics::stray_bracket(place, close, open));
    recovery.known.sort_unstable();
    for stretch in &stretches {
        recovery.declaration(stretch);
    }
    (recovery.read, recovery.findings)
}

struct Recovery<'t> {
    file: FileId,
    base: usize,
    text: &'t str,
    /// Where something is wrong that a person is told already, in the order of the text, counted in the file.
    known: Vec<u32>,
    /// Where something stands that may not even be handed to the parser.
    too_deep: &'t [u32],
    read: File,
    findings: Findings,
}

impl<'t> Recovery<'t> {
    fn slice(&self, range: &Range<usize>) -> &'t str {
        &self.text[range.clone()]
    }

    /// Reports brackets that have no partner.
    fn brackets(&mut self, brackets: &[(Bracket, u32)], diagnostic: fn(Place, char, char) -> Diagnostic) {
        for &(bracket, at) in brackets {
            let length = self.text[at as usize..].chars().next().map_or(0, char::len_utf8);
            let start = self.base + at as usize;
            let place = Span::new(start, start + length).at(self.file);
            let (open, close) = bracket.signs();
            self.known.push(place.span.start);
            self.findings.report(|| diagnostic(place, open, close));
        }
    }

    /// Whether one of these places is in this range.
    fn any_in(&self, places: &[u32], range: &Range<usize>) -> bool {
        let (start, end) = (self.base + range.start, self.base + range.end);
        let next = places.get(places.partition_point(|&place| (place as usize) < start));
        next.is_some_and(|&place| (place as usize) < end)
    }

    fn is_known(&self, range: &Range<usize>) -> bool {
        self.any_in(&self.known, range)
    }

    fn report(&mut self, start: usize, text: &str, error: &Unread) {
        let file = self.file;
        self.findings.report(|| explain(file, start, text, error));
    }

    fn declaration(&mut self, stretch: &Stretch) {
        let start = self.base + stretch.range.start;
        if self.any_in(self.too_deep, &stretch.range) {
            self.read.broken.extend(self.name_of(stretch));
            return;
        }
        match read(self.file, start, self.slice(&stretch.range)) {
            Ok((items, findings)) => {
                self.read.items.extend(items);
                self.findings.append(findings);
            }
            Err(error) => {
                let reported = self.findings.count();
                let is_campaign = stretch.head.is_some_and(|head| head.english == "campaign");
                if !(is_campaign && self.campaign(stretch).is_some()) {
                    self.read.broken.extend(self.name_of(stretch));
                }
                if reported == self.findings.count() && !self.is_known(&stretch.range) {
                    self.report(start, self.slice(&stretch.range), &error);
                }
            }
        }
    }

    /// The good members of a campaign, if its name can be read.
    fn campaign(&mut self, stretch: &Stretch) -> Option<()> {
        let text = self.slice(&stretch.range);
        let body = body(text)?;
        let mut pairs = parser::parse(Rule::campaign_start, &text[..body.start]).ok()?;
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
        match parser::parse(Rule::member_list, text) {
            Ok(mut pairs) => {
                let mut builder = Builder::new(self.file, start);
                members.extend(pairs.next().map(|list| builder.members(list)).unwrap_or_default());
                self.findings.append(builder.findings);
            }
            Err(error) => {
                self.read.broken.extend(self.name_of(stretch));
                if !self.is_known(&stretch.range) {
                    self.report(start, text, &error);
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
