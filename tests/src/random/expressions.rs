//! Random expressions, by the type that is wanted. Every one stands by itself: a name, a literal, a call, or in brackets.

use super::data::TEXTS;
use super::moment;
use super::rng::Rng;
use super::schema::{Events, Kind, LEVELS, Schema};
use super::words::{function, words};
use crate::reference::Clock;
use rulec_grammar::keywords;

/// The constants that windows and comparisons share with the data.
pub(super) const CALENDAR: &[&str] = &[
    "0d", "1d", "7d", "14天", "30d", "60天", "90d", "1w", "2周", "1mo", "3个月", "12mo", "1y", "180d", "365d",
];
pub(super) const HOURS: &[&str] = &["90min", "1h", "24小时", "48h", "30分钟"];
const NUMBERS: &[&str] = &["0", "1", "2", "3", "5", "0.5", "2.25", "1_0", "-1"];
const MONEY: &[&str] = &["0元", "50元", "99.9元", "¥100", "100", "500元", "0.01元", "1千元", "200"];
const PERCENTS: &[&str] = &["0%", "5%", "12.5%", "20%", "50%", "100%"];

/// Writes expressions of one project.
#[derive(Debug)]
pub struct Writer<'w> {
    pub(super) rng: &'w mut Rng,
    pub(super) schema: &'w Schema,
    pub(super) clock: Clock,
    /// Names that were declared, and what they are.
    pub(super) names: Vec<(String, Kind)>,
    /// Params.
    pub(super) params: Vec<(String, Kind)>,
    /// The event table about whose rows something is written.
    pub(super) row: Option<&'w Events>,
}

impl<'w> Writer<'w> {
    /// An expression of this type, nested no deeper than `depth`.
    pub fn expression(&mut self, kind: Kind, depth: usize) -> String {
        if depth == 0 || self.rng.chance(25) {
            return self.leaf(kind);
        }
        match kind {
            Kind::Bool => self.condition(depth - 1),
            Kind::Number => self.number(depth - 1),
            Kind::Money => self.money(depth - 1),
            Kind::Percent => self.percent(depth - 1),
            Kind::Text | Kind::Level => self.text(kind, depth - 1),
            Kind::Date => self.date(depth - 1),
            Kind::Time => self.time(depth - 1),
            Kind::Duration => self.duration(depth - 1),
            Kind::Set => self.leaf(Kind::Set),
        }
    }

    /// A fact, a name or a literal.
    pub(super) fn leaf(&mut self, kind: Kind) -> String {
        let mut known = self.facts(kind);
        known.extend(self.names.iter().filter(|(_, is)| *is == kind).map(|(name, _)| name.clone()));
        if self.rng.chance(10) {
            known = self.params_of(kind);
        }
        let literal = kind != Kind::Set && self.rng.chance(15);
        if known.is_empty() || literal { self.literal(kind) } else { self.rng.pick(&known) }
    }

    fn facts(&mut self, kind: Kind) -> Vec<String> {
        let mut known = Vec::new();
        if let Some(row) = self.row {
            for fact in row.facts.iter().filter(|fact| fact.kind == kind) {
                // `rule` alone would begin a declaration.
                if !keywords::ALL.iter().any(|keyword| keyword.english == fact.name) {
                    known.push(fact.name.to_owned());
                }
                known.push(format!("{}.{}", row.name, fact.name));
            }
            if kind == Kind::Time {
                known.extend(["at".to_owned(), format!("{}.at", row.name)]);
            }
        }
        if self.row.is_none() || self.rng.chance(30) || known.is_empty() {
            let own = self.schema.facts.iter().filter(|fact| fact.kind == kind);
            known.extend(own.map(|fact| fact.name.to_owned()));
            let outside = self.schema.weather.iter().filter(|fact| fact.kind == kind);
            known.extend(outside.map(|fact| format!("weather.{}", fact.name)));
        }
        known
    }

    fn params_of(&self, kind: Kind) -> Vec<String> {
        self.params.iter().filter(|(_, is)| *is == kind).map(|(name, _)| name.clone()).collect()
    }

    /// A literal, or a param in the place of one.
    pub(super) fn constant(&mut self, kind: Kind) -> String {
        let params = self.params_of(kind);
        if params.is_empty() || self.rng.chance(75) { self.literal(kind) } else { self.rng.pick(&params) }
    }

    /// A literal of this type.
    pub(super) fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Bool => {
                let truth = self.rng.pick(&["true", "false"]);
                words(self.rng, &[truth])
            }
            Kind::Number => self.rng.pick(NUMBERS).to_owned(),
            Kind::Money => self.rng.pick(&MONEY[..4]).to_owned(),
            Kind::Percent => self.rng.pick(PERCENTS).to_owned(),
            Kind::Text => format!("\"{}\"", self.rng.pick(TEXTS)),
            Kind::Level => format!("\"{}\"", self.rng.pick(LEVELS)),
            Kind::Date => moment::day(self.rng, self.clock).to_string(),
            Kind::Time => words(self.rng, &["now"]),
            Kind::Duration => {
                let hours = self.rng.chance(20);
                self.rng.pick(if hours { HOURS } else { CALENDAR }).to_owned()
            }
            Kind::Set => self.facts(Kind::Set).first().cloned().unwrap_or_else(|| "tags".to_owned()),
        }
    }

    fn number(&mut self, depth: usize) -> String {
        match self.rng.below(11) {
            0 => self.arithmetic(Kind::Number, &["+", "-"], Kind::Number, depth),
            1 => {
                let factor = self.rng.pick(&["2", "0.5", "3", "10%"]);
                let number = self.expression(Kind::Number, depth);
                format!("({number} {} {factor})", self.rng.pick(&["*", "/", "×", "÷"]))
            }
            2 => self.arithmetic(Kind::Number, &["/"], Kind::Number, depth),
            3 => self.arithmetic(Kind::Money, &["/"], Kind::Money, depth),
            4 => {
                let (left, right) = (self.leaf(Kind::Duration), self.leaf(Kind::Duration));
                format!("({left} / {right})")
            }
            5 => format!("(-{})", self.expression(Kind::Number, depth)),
            6 => self.ranked(depth),
            7 => {
                let part = self.rng.pick(&["day of month", "day of week", "month of year"]);
                words(self.rng, &[part])
            }
            8 => self.or_else(Kind::Number, depth),
            _ => self.aggregate(Kind::Number, depth),
        }
    }

    fn money(&mut self, depth: usize) -> String {
        match self.rng.below(6) {
            0 => self.arithmetic(Kind::Money, &["+", "-"], Kind::Money, depth),
            1 => {
                let factor = self.rng.pick(&["2", "0.5", "20%", "3"]);
                format!("({} {} {factor})", self.expression(Kind::Money, depth), self.rng.pick(&["*", "/"]))
            }
            2 => format!("({} * {})", self.leaf(Kind::Money), self.leaf(Kind::Number)),
            3 => self.or_else(Kind::Money, depth),
            _ => self.aggregate(Kind::Money, depth),
        }
    }

    fn percent(&mut self, depth: usize) -> String {
        match self.rng.below(3) {
            0 => self.arithmetic(Kind::Percent, &["+", "-"], Kind::Percent, depth),
            1 => self.or_else(Kind::Percent, depth),
            _ => self.aggregate(Kind::Percent, depth),
        }
    }

    fn text(&mut self, kind: Kind, depth: usize) -> String {
        if self.rng.chance(30) { self.or_else(kind, depth) } else { self.aggregate(kind, depth) }
    }

    pub(super) fn arithmetic(&mut self, left: Kind, signs: &[&str], right: Kind, depth: usize) -> String {
        let (left, right) = (self.expression(left, depth), self.expression(right, depth));
        format!("({left} {} {right})", self.rng.pick(signs))
    }

    pub(super) fn or_else(&mut self, kind: Kind, depth: usize) -> String {
        let (value, default) = (self.expression(kind, depth), self.expression(kind, depth));
        format!("({value} {} {default})", words(self.rng, &["or else"]))
    }

    /// `rank` or `quintile`; nothing is ranked inside rows.
    fn ranked(&mut self, depth: usize) -> String {
        if self.row.is_some() {
            return self.leaf(Kind::Number);
        }
        let which = self.rng.pick(&["rank", "quintile"]);
        let (which, value, best) = (function(self.rng, which), self.rankable(depth), self.best());
        // In brackets, lest `best` go to the call within.
        format!("{which}(({value}){best})")
    }

    pub(super) fn rankable(&mut self, depth: usize) -> String {
        let kind = self.rng.pick(&[
            Kind::Number,
            Kind::Money,
            Kind::Duration,
            Kind::Time,
            Kind::Date,
            Kind::Percent,
        ]);
        self.expression(kind, depth.min(1))
    }

    pub(super) fn best(&mut self) -> String {
        let end = self.rng.pick(&["low", "high", "", ""]);
        if end.is_empty() { String::new() } else { format!(" {}", words(self.rng, &["best", end])) }
    }
}
