//! Random rule files.

use super::expressions::Writer;
use super::kept::FOLLOW_UPS;
use super::schema::Kind;
use super::words::words;
use std::collections::BTreeMap;

/// The params of every random project: name, type, and the values that it may be set to.
pub const PARAMS: &[(&str, Kind, &[&str])] = &[
    ("limit_days", Kind::Duration, &["60d", "3mo", "0d", "48h"]),
    ("阈值", Kind::Money, &["100元", "0元", "50元"]),
    ("share", Kind::Percent, &["20%", "50%", "0%"]),
    ("many", Kind::Number, &["2", "0", "1.5"]),
    ("word", Kind::Text, &["\"a\"", "\"面膜\""]),
    ("start", Kind::Date, &["2026-11-01", "2024-02-29"]),
];

/// The names of the prelude, and what they are.
const PRELUDE: &[(&str, Kind)] = &[
    ("dormant", Kind::Duration),
    ("沉睡天数", Kind::Duration),
    ("frequency", Kind::Number),
    ("monetary", Kind::Money),
    ("客单价", Kind::Money),
    ("tenure", Kind::Duration),
    ("cycle", Kind::Duration),
    ("return_rate", Kind::Number),
];

const DECLARED: &[Kind] = &[
    Kind::Number,
    Kind::Money,
    Kind::Percent,
    Kind::Text,
    Kind::Date,
    Kind::Time,
    Kind::Duration,
    Kind::Duration,
    Kind::Bool,
];

/// What a random project says.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The rule file.
    pub text: String,
    /// The params that are set from outside, each with the text of its value.
    pub set: BTreeMap<String, String>,
}

impl Writer<'_> {
    /// A rule file with so many rules.
    pub fn rules(&mut self, count: usize) -> Rules {
        let mut text = String::from("fact weather by city\n");
        let mut set = BTreeMap::new();
        self.names.extend(PRELUDE.iter().map(|(name, kind)| ((*name).to_owned(), *kind)));
        for (name, kind, values) in PARAMS {
            let value = self.rng.pick(values);
            text.push_str(&format!("{} {name} = {value}\n", words(self.rng, &["param"])));
            if self.rng.chance(20) {
                set.insert((*name).to_owned(), self.rng.pick(values).to_owned());
            }
            self.params.push(((*name).to_owned(), *kind));
        }
        for number in 0..3 + self.rng.below(3) {
            text.push_str(&self.declaration(number));
        }
        text.push_str(&self.tier());
        for number in 0..count {
            text.push_str(&self.rule(number));
        }
        Rules { text, set }
    }

    fn declaration(&mut self, number: usize) -> String {
        let kind = self.rng.pick(DECLARED);
        let (word, name) = match kind {
            Kind::Bool => ("segment", format!("群{number}")),
            _ => ("let", format!("值{number}")),
        };
        let line = format!("{} {name} = {}\n", words(self.rng, &[word]), self.expression(kind, 3));
        self.names.push((name, kind));
        line
    }

    fn tier(&mut self) -> String {
        let (kind, classes) = match self.rng.below(3) {
            0 => (Kind::Duration, ["..30d", "30d..90d", "90d..180d"]),
            1 => (Kind::Money, ["..50元", "50元..200元", "200元..1万元"]),
            _ => (Kind::Number, ["..0", "0..1.5", "1.5..99"]),
        };
        let by = self.expression(kind, 2);
        let names = ["低", "中", "high"];
        let lines: Vec<String> =
            names.iter().zip(classes).map(|(name, range)| format!("  {name}: {range}\n")).collect();
        self.names.extend(names.map(|name| (format!("级.{name}"), Kind::Bool)));
        format!(
            "{} 级 {} {by} {{\n{}}}\n",
            words(self.rng, &["tier"]),
            words(self.rng, &["by"]),
            lines.concat()
        )
    }

    fn rule(&mut self, number: usize) -> String {
        let when = self.condition(3);
        let unless = if self.rng.chance(25) {
            format!("  {} {}\n", words(self.rng, &["unless"]), self.condition(2))
        } else {
            String::new()
        };
        let count = self.rng.pick(&[0, 0, 1, FOLLOW_UPS]);
        let follow_ups: Vec<String> = (0..count).map(|_| self.follow_up()).collect();
        let rule = format!(
            "{} 规{number}号 {{\n  {} {when}\n{unless}  {} {} \"x\"\n{}}}\n",
            words(self.rng, &["rule"]),
            words(self.rng, &["when"]),
            words(self.rng, &["then"]),
            words(self.rng, &["tag"]),
            follow_ups.concat()
        );
        if follow_ups.is_empty() || self.rng.chance(40) {
            return rule;
        }
        format!("{} 季{number}号 {{\n  {}\n{rule}}}\n", words(self.rng, &["campaign"]), self.conversion())
    }

    fn follow_up(&mut self) -> String {
        let outcome = self.rng.pick(&["opened", "clicked", "replied", "redeemed", "converted", "converted"]);
        let condition = match self.rng.below(4) {
            0 => format!("({} {outcome})", words(self.rng, &["not"])),
            1 => format!("({outcome} {} {})", words(self.rng, &["and"]), self.condition(1)),
            2 => format!("({outcome} {} {})", words(self.rng, &["or"]), self.condition(1)),
            _ => outcome.to_owned(),
        };
        let word = self.rng.pick(&["unless", "when"]);
        let delay = self.rng.pick(&["48h", "3d", "1mo"]);
        format!(
            "  {} {delay} {} {condition} {} {} \"y\"\n",
            words(self.rng, &["after"]),
            words(self.rng, &[word]),
            words(self.rng, &["then"]),
            words(self.rng, &["tag"]),
        )
    }

    /// What counts as success of a campaign.
    fn conversion(&mut self) -> String {
        let schema = self.schema;
        let events = &schema.events[self.rng.below(schema.events.len())];
        let filter = if self.rng.chance(50) {
            self.row = Some(events);
            let filter = self.condition(1);
            self.row = None;
            format!(" {} {filter}", words(self.rng, &["where"]))
        } else {
            String::new()
        };
        let within = self.rng.pick(&["0d", "14d", "60d", "1mo", "1y", "48h", "90min"]);
        let (convert, name) = (words(self.rng, &["convert"]), events.name);
        format!("{convert} {name}{filter} within {within}")
    }
}
