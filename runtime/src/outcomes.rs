//! What came of messages: opened, clicked, replied, redeemed, converted; as a provider's lists or a person tells it.
//!
//! A list is a CSV file with a heading, or one JSON object a line, with the fields `kind`, `at`, and for the message either
//! `message` (its key), `code` (of its coupon), or `customer` with `channel` and `rule`, if known: then it is the last such
//! message that had gone out by then. `docs/cli.md` is the reference.

use crate::diagnostics::{self, Result};
use crate::lists::{self, Fields};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::{Instant, Zone};
use std::collections::BTreeMap;
use std::path::Path;

/// What came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeKind {
    /// The customer looked at it.
    Opened,
    /// She followed its link.
    Clicked,
    /// She answered.
    Replied,
    /// She used its coupon.
    Redeemed,
    /// She did what the campaign wanted.
    Converted,
}

impl OutcomeKind {
    /// All of them.
    pub const ALL: [OutcomeKind; 5] = [
        OutcomeKind::Opened,
        OutcomeKind::Clicked,
        OutcomeKind::Replied,
        OutcomeKind::Redeemed,
        OutcomeKind::Converted,
    ];

    /// As rules and lists write it.
    pub fn word(self) -> &'static str {
        match self {
            OutcomeKind::Opened => "opened",
            OutcomeKind::Clicked => "clicked",
            OutcomeKind::Replied => "replied",
            OutcomeKind::Redeemed => "redeemed",
            OutcomeKind::Converted => "converted",
        }
    }

    /// As rules in Chinese write it.
    fn chinese(self) -> &'static str {
        match self {
            OutcomeKind::Opened => "已打开",
            OutcomeKind::Clicked => "已点击",
            OutcomeKind::Replied => "已回复",
            OutcomeKind::Redeemed => "已核销",
            OutcomeKind::Converted => "已转化",
        }
    }

    /// What this word says, in either language and whatever case.
    pub fn parse(word: &str) -> Option<OutcomeKind> {
        let word = word.trim();
        OutcomeKind::ALL
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word) || kind.chinese() == word)
    }
}

/// Which message is spoken of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The one with this key.
    Message(String),
    /// The one that brought this code.
    Code(String),
    /// The last one to this customer that had gone out by then.
    Last {
        /// The customer's key as text.
        customer: String,
        /// Only by this channel.
        channel: Option<String>,
        /// Only of this rule.
        rule: Option<String>,
    },
}

/// Something that came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What.
    pub kind: OutcomeKind,
    /// Of which message.
    pub about: About,
    /// When.
    pub at: Instant,
    /// The line of the list, from 1; `None`: it stands in none.
    pub line: Option<u64>,
}

/// What is known of every line of a list before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// What a line without `kind` says.
    pub kind: Option<OutcomeKind>,
    /// The zone of times without one.
    pub zone: Zone,
    /// The clock: when a line without `at` happened. Nothing happened later.
    pub now: Instant,
}

/// What is wrong with a line of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BadLine {
    /// It is no JSON object, or not as many cells as the heading.
    Shape,
    /// It does not say what came of the message, or in an unknown word.
    Kind,
    /// It does not say which message.
    About,
    /// The time cannot be read.
    Time,
    /// The time is yet to come.
    Future,
}

impl Reading {
    /// Reads a list: lines of JSON if its name ends with `.jsonl`, `.ndjson` or `.json`, else CSV.
    ///
    /// # Errors
    /// `R0152` it cannot be read, `R0151` lines that cannot be understood; all of them.
    pub fn read(self, path: &Path) -> Result<Vec<Outcome>, Vec<Diagnostic>> {
        let mut outcomes = Vec::new();
        let mut bad: BTreeMap<BadLine, Vec<u64>> = BTreeMap::new();
        for (line, fields) in lists::read(path)? {
            let read = fields.ok_or(BadLine::Shape).and_then(|fields| self.outcome(line, &fields));
            match read {
                Ok(outcome) => outcomes.push(outcome),
                Err(what) => bad.entry(what).or_default().push(line),
            }
        }
        if bad.is_empty() {
            return Ok(outcomes);
        }
        Err(bad.iter().map(|(what, lines)| *diagnostics::bad_outcomes(path, *what, lines)).collect())
    }

    fn outcome(self, line: u64, fields: &Fields) -> Result<Outcome, BadLine> {
        let kind = match fields.get("kind") {
            Some(word) => OutcomeKind::parse(word),
            None => self.kind,
        };
        let at = match fields.get("at") {
            Some(written) => instant(written, self.zone).ok_or(BadLine::Time)?,
            None => self.now,
        };
        if at > self.now {
            return Err(BadLine::Future);
        }
        let kind = kind.ok_or(BadLine::Kind)?;
        let about = about(fields).ok_or(BadLine::About)?;
        Ok(Outcome { kind, about, at, line: Some(line) })
    }
}

fn about(fields: &Fields) -> Option<About> {
    let field = |name| fields.get(name).cloned();
    let by_key = field("message").map(About::Message).or_else(|| field("code").map(About::Code));
    by_key.or_else(|| {
        Some(About::Last { customer: field("customer")?, channel: field("channel"), rule: field("rule") })
    })
}

/// A point in time as the project file takes it: RFC 3339, or without an offset in this zone; a day alone is its start.
pub fn instant(written: &str, zone: Zone) -> Option<Instant> {
    let written = written.trim();
    if let Ok(exact) = DateTime::parse_from_rfc3339(written) {
        return Some(Instant(exact.timestamp_micros()));
    }
    const LOCAL: [&str; 4] =
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let local = LOCAL.iter().find_map(|format| NaiveDateTime::parse_from_str(written, format).ok());
    let day = || NaiveDate::parse_from_str(written, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    local.or_else(day).map(|local| zone.instant_of(local))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Folder, at, zone};

    fn read(name: &str, text: &str) -> Result<Vec<Outcome>, Vec<Diagnostic>> {
        let folder = Folder::new();
        std::fs::write(folder.join(name), text).unwrap();
        let reading = Reading { kind: None, zone: zone(), now: at("2026-11-22T09:00:00") };
        reading.read(&folder.join(name))
    }

    #[test]
    fn both_forms_of_a_list_say_the_same() {
        let csv = "kind,message,code,customer,channel,rule,at\n\
                   opened,k1,,,,,2026-11-21 21:00\n\
                   Redeemed,,A7,,,,2026-11-21T13:30:00Z\n\
                   clicked,,,42,sms,a,\n";
        let json = "{\"kind\": \"opened\", \"message\": \"k1\", \"at\": \"2026-11-21T21:00:00+08:00\"}\n\
                    {\"kind\": \"redeemed\", \"code\": \"A7\", \"at\": \"2026-11-21 21:30:00\"}\n\
                    {\"kind\": \"clicked\", \"customer\": 42, \"channel\": \"sms\", \"rule\": \"a\"}\n";
        let (csv, json) = (read("a.csv", csv).unwrap(), read("a.jsonl", json).unwrap());
        let without_lines =
            |all: &[Outcome]| all.iter().map(|one| Outcome { line: None, ..one.clone() }).collect::<Vec<_>>();
        assert_eq!(without_lines(&csv), without_lines(&json));
        assert_eq!(csv[0].at, at("2026-11-21T21:00:00"));
        assert_eq!((csv[2].at, csv[2].line), (at("2026-11-22T09:00:00"), Some(4)));
    }

    #[test]
    fn outcomes_are_read_in_both_languages() {
        for kind in OutcomeKind::ALL {
            assert_eq!(OutcomeKind::parse(kind.word()), Some(kind));
            assert_eq!(OutcomeKind::parse(kind.chinese()), Some(kind));
        }
        assert_eq!(OutcomeKind::parse("看过"), None);
    }

    #[test]
    fn each_mistake_is_named_with_its_lines() {
        let found = read(
            "a.csv",
            "kind,message,customer,at\nseen,k,,\nopened,,,\nopened,k,,gestern\nopened,k,,2027-01-01\nx,k,,\nopened,k,,,,\n",
        );
        let said: Vec<_> = found.unwrap_err().iter().map(|one| one.message.en.clone()).collect();
        assert_eq!(said.len(), 5, "{said:?}");
        assert!(said[1].contains("lines 2, 6"), "{said:?}");
        let reading = Reading { kind: None, zone: zone(), now: at("2026-11-22T09:00:00") };
        for gone in ["gone.csv", "gone.jsonl"] {
            assert_eq!(reading.read(Path::new(gone)).unwrap_err()[0].code.name(), "R0152");
        }
    }
}
