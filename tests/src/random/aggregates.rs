//! Random aggregates over event tables.

use super::expressions::Writer;
use super::schema::{Events, Kind};
use super::words::{function, words};

impl Writer<'_> {
    /// An aggregate of this type; inside rows, one that is about the customer of the row.
    pub(super) fn aggregate(&mut self, kind: Kind, depth: usize) -> String {
        let schema = self.schema;
        let events = &schema.events[self.rng.below(schema.events.len())];
        let outside = self.row.take();
        let (name, argument) = self.function_and_argument(events, kind, depth);
        let text = match argument {
            Some(argument) => {
                let rest = self.rows(events, depth);
                format!("{}({argument}{rest})", function(self.rng, name))
            }
            None => self.leaf(kind),
        };
        self.row = outside;
        text
    }

    fn function_and_argument(
        &mut self,
        events: &'_ Events,
        kind: Kind,
        depth: usize,
    ) -> (&'static str, Option<String>) {
        let bare = Some(events.name.to_owned());
        match kind {
            Kind::Bool if self.rng.chance(70) => ("exists", bare),
            Kind::Number if self.rng.chance(30) => ("count", bare),
            Kind::Number if self.rng.chance(60) => {
                let of = self.rng.pick(&[Kind::Text, Kind::Money, Kind::Level, Kind::Time, Kind::Bool]);
                (self.rng.pick(&["distinct", "distinct", "count"]), self.argument(events, of, 0))
            }
            Kind::Number | Kind::Money | Kind::Percent | Kind::Duration => {
                let name = self.rng.pick(&["sum", "avg", "min", "max", "first", "last"]);
                (name, self.argument(events, kind, depth))
            }
            Kind::Date | Kind::Time => {
                (self.rng.pick(&["min", "max", "first", "last"]), self.argument(events, kind, depth))
            }
            Kind::Text | Kind::Level | Kind::Bool => {
                (self.rng.pick(&["first", "last"]), self.argument(events, kind, depth))
            }
            Kind::Set => ("first", None),
        }
    }

    /// A fact of the rows, or something made of one: its first name is that of the event table.
    fn argument(&mut self, events: &Events, kind: Kind, depth: usize) -> Option<String> {
        let mut facts: Vec<String> =
            events.facts.iter().filter(|fact| fact.kind == kind).map(|x| x.name.into()).collect();
        if kind == Kind::Time {
            facts.extend(["at".to_owned(), "at".to_owned()]);
        }
        if facts.is_empty() {
            return None;
        }
        let fact = format!("{}.{}", events.name, self.rng.pick(&facts));
        if depth == 0 || self.rng.chance(70) {
            return Some(fact);
        }
        Some(match kind {
            Kind::Money if events.facts.iter().any(|fact| fact.name == "pieces") => {
                format!("{fact} * {}.pieces", events.name)
            }
            Kind::Number => format!("{fact} * 2 - 1"),
            Kind::Money => format!("{fact} + balance"),
            Kind::Duration if self.rng.chance(50) => format!("{}.at - registered", events.name),
            Kind::Time => format!("{fact} {} registered", words(self.rng, &["or else"])),
            _ => fact,
        })
    }

    /// `where …` and a window, in either order: before the window, a comparison keeps the filter from swallowing it.
    fn rows(&mut self, events: &Events, depth: usize) -> String {
        let window = if self.rng.chance(55) { self.event_window(depth) } else { String::new() };
        if !self.rng.chance(45) {
            return window;
        }
        let schema = self.schema;
        self.row = schema.events.iter().find(|table| table.name == events.name);
        let filter = self.expression(Kind::Bool, depth.min(2));
        self.row = None;
        let filter = format!(" {} {filter}", words(self.rng, &["where"]));
        if self.rng.chance(40) {
            format!("{filter} = {}{window}", words(self.rng, &["true"]))
        } else {
            format!("{window}{filter}")
        }
    }

    fn event_window(&mut self, depth: usize) -> String {
        if self.rng.chance(20) {
            let start = match self.rng.below(4) {
                0 => self.literal(Kind::Date),
                1 => self.expression(Kind::Date, depth.min(1)),
                _ => self.expression(Kind::Time, depth.min(1)),
            };
            return format!(" {} {start}", words(self.rng, &["since"]));
        }
        format!(" {}", self.window(true, false))
    }
}
