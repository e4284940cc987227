//! Random projects: which columns there are, and how they are written.

use super::kept;
use super::rng::Rng;
use chrono_tz::Tz;
use std::fmt::Write;

/// What rules may do with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Bool,
    Number,
    Money,
    Percent,
    Text,
    Level,
    Date,
    Time,
    Duration,
    Set,
}

/// How a column is written.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Storage {
    Flag,
    Number {
        decimals: u8,
    },
    Cent,
    Yuan,
    Percent,
    Text,
    /// A text column that holds integers.
    Digits,
    Level,
    Date {
        format: Format,
        birthday: bool,
    },
    Time {
        format: Format,
    },
    /// When something happened, of which rules know whether it has.
    Happened,
    Days,
    Set {
        separator: &'static str,
    },
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Format {
    Unix,
    UnixMillis,
    /// Only of what the runtime keeps.
    UnixMicros,
    Iso(Tz),
    Date(Tz),
}

/// A column and its fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What rules call it.
    pub name: &'static str,
    /// What the table calls it.
    pub column: String,
    /// How it is written.
    pub storage: Storage,
    /// What it is to rules.
    pub kind: Kind,
}

/// An event table.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// What rules call it.
    pub name: &'static str,
    /// The table of the database, or of the state.
    pub table: &'static str,
    /// Whether the project asks for it by a query.
    pub by_query: bool,
    /// Whether the runtime keeps it; the project file does not know it then.
    pub is_kept: bool,
    /// The value that its column `what` must have, by `where`.
    pub filter: Option<&'static str>,
    /// How its times are written.
    pub time: Format,
    /// Its facts.
    pub facts: Vec<Fact>,
}

/// How customers are keyed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum KeyStyle {
    Dense,
    Sparse,
    Text,
}

/// A project.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Its zone.
    pub zone: Tz,
    /// Its keys.
    pub keys: KeyStyle,
    /// Whether only customers with `active = 1` are meant.
    pub only_active: bool,
    /// The facts of customers.
    pub facts: Vec<Fact>,
    /// The event tables.
    pub events: Vec<Events>,
    /// The facts of the outside data, looked up by `city`.
    pub weather: Vec<Fact>,
}

/// The texts of `Kind::Level`.
pub const LEVELS: &[&str] = &["bronze", "银", "gold"];

impl Schema {
    /// A random project in a zone.
    pub fn random(rng: &mut Rng, zone: Tz) -> Schema {
        let mut columns = Columns { rng, zone, count: 0 };
        let facts = columns.facts(CUSTOMER_FACTS);
        let weather = columns.facts(WEATHER_FACTS);
        let journal_time = columns.format();
        let order_facts = columns.facts(ORDER_FACTS);
        // The same columns may be read in another way by another event table over the same table of the database.
        let mut refund_facts = order_facts.clone();
        for fact in refund_facts.iter_mut().filter(|fact| fact.storage == Storage::Cent) {
            fact.storage = columns.rng.pick(&[Storage::Cent, Storage::Yuan]);
        }
        let events = |name, table, filter, time, facts, rng: &mut Rng| Events {
            name,
            table,
            by_query: rng.chance(20),
            is_kept: false,
            filter,
            time,
            facts,
        };
        let mut tables = vec![
            events("orders", "journal", Some("paid"), journal_time, order_facts.clone(), columns.rng),
            events("refunds", "journal", Some("refunded"), journal_time, refund_facts, columns.rng),
        ];
        let (page_time, page_facts) = (columns.format(), columns.facts(PAGE_FACTS));
        tables.push(events("browse", "pages", None, page_time, page_facts, columns.rng));
        tables.extend(kept::events());
        let keys = rng.pick(&[KeyStyle::Dense, KeyStyle::Sparse, KeyStyle::Text]);
        Schema { zone, keys, only_active: rng.chance(30), facts, events: tables, weather }
    }

    /// Its project file.
    pub fn toml(&self, holiday: chrono::NaiveDate) -> String {
        let mut text = format!(
            "[project]\nname = \"random\"\ntimezone = \"{}\"\ncurrency = \"CNY\"\nrules = [\"*.rules\"]\n\n\
             [database]\nurl = \"sqlite:shop.db\"\n\n[calendar.holidays]\n\"店庆\" = [\"{holiday}\"]\n\n\
             [customer]\ntable = \"customers\"\nkey = \"id\"\n",
            self.zone.name()
        );
        if self.only_active {
            text.push_str("where = \"active = 1\"\n");
        }
        facts_toml(&mut text, "customer", &self.facts);
        for events in self.events.iter().filter(|events| !events.is_kept) {
            events_toml(&mut text, events);
        }
        text.push_str("\n[lookups.weather]\ntable = \"weather\"\nkey = \"place\"\n");
        facts_toml(&mut text, "lookups.weather", &self.weather);
        text.push_str("\n[channels.sms]\nkind = \"file\"\n");
        text
    }
}

fn events_toml(text: &mut String, events: &Events) {
    let source = if events.by_query {
        format!("query = \"SELECT * FROM {}\"", events.table)
    } else {
        format!("table = \"{}\"", events.table)
    };
    let time = format_toml(events.time);
    let written = write!(
        text,
        "\n[events.{}]\n{source}\ncustomer = \"who\"\ntime = {{ column = \"happened\", {time} }}\n",
        events.name
    );
    written.expect("a string takes everything");
    if let Some(filter) = events.filter {
        text.push_str(&format!("where = \"what = '{filter}'\"\n"));
    }
    facts_toml(text, &format!("events.{}", events.name), &events.facts);
}

fn facts_toml(text: &mut String, table: &str, facts: &[Fact]) {
    text.push_str(&format!("[{table}.facts]\n"));
    for fact in facts {
        let meaning = match &fact.storage {
            Storage::Flag => "type = \"bool\"".to_owned(),
            Storage::Number { decimals } => format!("type = \"number\", decimals = {decimals}"),
            Storage::Cent => "type = \"money\", unit = \"cent\"".to_owned(),
            Storage::Yuan => "type = \"money\", unit = \"yuan\"".to_owned(),
            Storage::Percent => "type = \"percent\"".to_owned(),
            Storage::Text | Storage::Digits => "type = \"text\"".to_owned(),
            Storage::Level => format!("type = \"enum\", values = {LEVELS:?}"),
            Storage::Date { format, birthday } => {
                format!("type = \"date\", yearly = {birthday}, {}", format_toml(*format))
            }
            Storage::Time { format } => format!("type = \"time\", {}", format_toml(*format)),
            Storage::Happened => unreachable!("no project file has such facts"),
            Storage::Days => "type = \"duration\"".to_owned(),
            Storage::Set { separator } => format!("type = \"set\", separator = \"{separator}\""),
        };
        text.push_str(&format!("\"{}\" = {{ column = \"{}\", {meaning} }}\n", fact.name, fact.column));
    }
}

fn format_toml(format: Format) -> String {
    match format {
        Format::Unix => "format = \"unix\"".to_owned(),
        Format::UnixMillis => "format = \"unix_ms\"".to_owned(),
        Format::UnixMicros => unreachable!("no project file has such times"),
        Format::Iso(zone) => format!("format = \"iso\", zone = \"{}\"", zone.name()),
        Format::Date(zone) => format!("format = \"date\", zone = \"{}\"", zone.name()),
    }
}

/// Names and kinds of facts; no name stands in two tables that one expression can see.
const CUSTOMER_FACTS: &[(&str, Kind)] = &[
    ("vip", Kind::Bool),
    ("agreed", Kind::Bool),
    ("score", Kind::Number),
    ("等级分", Kind::Number),
    ("balance", Kind::Money),
    ("余额", Kind::Money),
    ("rebate", Kind::Percent),
    ("city", Kind::Text),
    ("level", Kind::Level),
    ("birthday", Kind::Date),
    ("due", Kind::Date),
    ("registered", Kind::Time),
    ("last_seen", Kind::Time),
    ("patience", Kind::Duration),
    ("tags", Kind::Set),
];
const WEATHER_FACTS: &[(&str, Kind)] =
    &[("rainy", Kind::Bool), ("warmth", Kind::Number), ("sky", Kind::Text)];
const ORDER_FACTS: &[(&str, Kind)] = &[
    ("amount", Kind::Money),
    ("price", Kind::Money),
    ("pieces", Kind::Number),
    ("category", Kind::Text),
    ("grade", Kind::Level),
    ("gift", Kind::Bool),
    ("deliver", Kind::Date),
    ("paid", Kind::Time),
    ("wait", Kind::Duration),
    ("labels", Kind::Set),
    ("tax", Kind::Percent),
];
const PAGE_FACTS: &[(&str, Kind)] =
    &[("seconds", Kind::Number), ("product", Kind::Text), ("mobile", Kind::Bool)];

/// Makes columns.
struct Columns<'r> {
    rng: &'r mut Rng,
    zone: Tz,
    count: usize,
}

impl Columns<'_> {
    fn facts(&mut self, wanted: &[(&'static str, Kind)]) -> Vec<Fact> {
        wanted.iter().map(|(name, kind)| self.fact(name, *kind)).collect()
    }

    fn fact(&mut self, name: &'static str, kind: Kind) -> Fact {
        self.count += 1;
        let storage = match kind {
            Kind::Bool => Storage::Flag,
            Kind::Number => Storage::Number { decimals: self.rng.pick(&[0, 0, 1, 2, 3]) },
            Kind::Money => self.rng.pick(&[Storage::Cent, Storage::Yuan]),
            Kind::Percent => Storage::Percent,
            Kind::Text => self.rng.pick(&[Storage::Text, Storage::Text, Storage::Digits]),
            Kind::Level => Storage::Level,
            Kind::Date => self.date(name == "birthday"),
            Kind::Time => Storage::Time { format: self.format() },
            Kind::Duration => Storage::Days,
            Kind::Set => Storage::Set { separator: self.rng.pick(&[",", "|", "、"]) },
        };
        Fact { name, column: format!("c{}", self.count), storage, kind }
    }

    fn date(&mut self, birthday: bool) -> Storage {
        // The day of an instant is always one of the project's zone.
        let format = match self.format() {
            Format::Iso(_) => Format::Iso(self.zone),
            Format::Date(_) => Format::Date(self.zone),
            other => other,
        };
        Storage::Date { format, birthday }
    }

    fn format(&mut self) -> Format {
        let zone = if self.rng.chance(25) { chrono_tz::UTC } else { self.zone };
        self.rng.pick(&[
            Format::Unix,
            Format::Unix,
            Format::UnixMillis,
            Format::Iso(zone),
            Format::Iso(zone),
            Format::Date(zone),
        ])
    }
}
