//! Every aggregate, of every type of argument, over every kind of window: what chance would leave out.

use super::expressions::Writer;
use super::rules::Rules;
use super::schema::{Events, Kind};
use super::words::{function, words};
use std::collections::BTreeMap;

const ANY: &[&str] = &["count", "exists"];
const ALIKE: &[&str] = &["distinct", "first", "last"];
const ORDERED: &[&str] = &["min", "max"];
const ADDED: &[&str] = &["sum", "avg"];

/// The types of arguments, and which aggregates take them.
const ARGUMENTS: &[(Kind, &[&[&str]])] = &[
    (Kind::Number, &[ANY, ALIKE, ORDERED, ADDED]),
    (Kind::Money, &[ANY, ALIKE, ORDERED, ADDED]),
    (Kind::Percent, &[ANY, ALIKE, ORDERED, ADDED]),
    (Kind::Duration, &[ANY, ALIKE, ORDERED, ADDED]),
    (Kind::Date, &[ANY, ALIKE, ORDERED]),
    (Kind::Time, &[ANY, ALIKE, ORDERED]),
    (Kind::Text, &[ANY, ALIKE]),
    (Kind::Level, &[ANY, ALIKE]),
    (Kind::Bool, &[ANY, ALIKE]),
    (Kind::Set, &[ANY]),
];

/// Filters over columns that all tables of the journal have: tests of one text, which aggregates share cells for, alone
/// and with others; and conditions that are none.
const FILTERS: &[&str] = &[
    "category = \"a\"",
    "category = \"b\"",
    "\"面膜\" = category",
    "category in {\"a\", \"ab\", \"3\"}",
    "category in {\"b\", \"\"}",
    "category = \"a\" and gift",
    "grade = \"gold\" and category = \"a\"",
    "category in {\"a\", \"b\"} and grade in {\"bronze\", \"银\"} and pieces > 1",
    "grade = \"gold\"",
    "category != \"a\"",
    "not category = \"a\"",
    "not (category = \"a\" and gift)",
    "category is missing",
    "pieces >= 2",
];

/// How many aggregates one rule asks for.
const AGGREGATES: usize = 40;

impl<'w> Writer<'w> {
    /// A rule file with every aggregate of every type of argument over every kind of window, each a definition.
    pub fn matrix(&mut self) -> Rules {
        let mut names = Vec::new();
        let mut text = String::new();
        for kind in 0..6 {
            for aggregate in self.aggregates_over(kind) {
                let name = format!("值{}", names.len());
                text.push_str(&format!("let {name} = {aggregate}\n"));
                names.push(name);
            }
        }
        for (number, names) in names.chunks(AGGREGATES).enumerate() {
            let known: Vec<String> = names.iter().map(|name| format!("{name} is known")).collect();
            text.push_str(&format!(
                "rule 规{number}号 {{\n  when {}\n  then tag \"x\"\n}}\n",
                known.join(" or ")
            ));
        }
        Rules { text, set: BTreeMap::new() }
    }

    fn aggregates_over(&mut self, window: usize) -> Vec<String> {
        let mut written = Vec::new();
        for name in ANY {
            let events = self.journal();
            written.push(self.aggregate_of(name, events.name, window));
        }
        for (kind, families) in ARGUMENTS {
            for name in families.iter().copied().flatten() {
                let events = self.journal();
                let facts: Vec<&str> =
                    events.facts.iter().filter(|fact| fact.kind == *kind).map(|fact| fact.name).collect();
                let argument = format!("{}.{}", events.name, self.rng.pick(&facts));
                written.push(self.aggregate_of(name, &argument, window));
            }
        }
        written
    }

    /// One of the two event tables that have facts of all types.
    fn journal(&mut self) -> &'w Events {
        let schema = self.schema;
        &schema.events[self.rng.below(2)]
    }

    fn aggregate_of(&mut self, name: &str, argument: &str, window: usize) -> String {
        let window = self.window_of(window);
        let filter = if self.rng.chance(55) {
            format!(" {} {}", words(self.rng, &["where"]), self.rng.pick(FILTERS))
        } else {
            String::new()
        };
        format!("{}({argument}{window}{filter})", function(self.rng, name))
    }

    /// A window of a kind, or none: windows of different aggregates are the same, nested, overlap, or are apart.
    fn window_of(&mut self, kind: usize) -> String {
        match kind {
            0 => String::new(),
            1 => {
                let length = self.rng.pick(&["0d", "7d", "30d", "60d", "90d", "3mo", "1y", "48h", "90min"]);
                format!(" {} {length}", words(self.rng, &["in", "last"]))
            }
            2 => {
                let range =
                    self.rng.pick(&["7d..30d", "30d..90d", "90d..180d", "1mo..3mo", "1h..48h", "0d..365d"]);
                format!(" {} {range} {}", words(self.rng, &["in"]), words(self.rng, &["ago"]))
            }
            3 => {
                let mut ends = [self.literal(Kind::Date), self.literal(Kind::Date)];
                ends.sort();
                let [low, high] = ends;
                let range = match self.rng.below(4) {
                    0 => format!("..{high}"),
                    1 => format!("{low}.."),
                    _ if low == high => format!("{low}.."),
                    _ => format!("{low}..{high}"),
                };
                format!(" {} {range}", words(self.rng, &["in"]))
            }
            4 => {
                let unit = self.rng.pick(&["day", "week", "month", "quarter", "year"]);
                format!(" {}", words(self.rng, &["in", "this", unit]))
            }
            _ => format!(" {} {}", words(self.rng, &["since"]), self.literal(Kind::Date)),
        }
    }
}
