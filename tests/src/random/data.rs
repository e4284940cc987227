//! Random rows, at and around the edges of windows.

use super::rng::Rng;
use super::schema::{Fact, Format, KeyStyle, LEVELS, Schema, Storage};
use super::{kept, moment};
use crate::reference::{Clock, Table, Tables};
use chrono::{DateTime, NaiveDate, SecondsFormat, Timelike, Utc};
use rusqlite::types::Value as Sql;
use std::collections::BTreeMap;

/// Texts that data and rules share.
pub const TEXTS: &[&str] = &["a", "b", "A", "ab", "面膜", "精华面膜", "3", ""];

/// How many customers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A few, or none.
    Small,
    /// A few, each with many rows.
    Eventful,
    /// More than an engine reads or computes at once.
    Large,
}

/// All tables of a database, by name.
pub type Database = BTreeMap<&'static str, Table>;

/// A database for a project, and what the runtime keeps beside it.
pub fn databases(rng: &mut Rng, schema: &Schema, clock: Clock, size: Size) -> (Database, Database) {
    let mut rows = Rows { rng, clock };
    let keys = rows.keys(schema.keys, size);
    let mut database = Database::new();
    database.insert("customers", rows.customers(schema, &keys));
    for events in schema.events.iter().filter(|events| !events.is_kept) {
        if !database.contains_key(events.table) {
            let table = rows.events(&events.facts, events.time, (&keys, schema.keys), size);
            database.insert(events.table, table);
        }
    }
    database.insert("weather", rows.weather(&schema.weather));
    let state = kept::tables(&mut rows, &keys);
    (database, state)
}

/// What the reference reads of a database and a state: `where` is applied here.
pub fn tables(schema: &Schema, database: &Database, state: &Database) -> Tables {
    let only = |table: &Table, column: &str, value: &Sql| {
        let at = table.column(column);
        let rows = table.rows.iter().filter(|row| row[at] == *value).cloned().collect();
        Table { columns: table.columns.clone(), rows }
    };
    let customers = &database["customers"];
    let events = schema.events.iter().filter(|events| !events.is_kept).map(|events| {
        let table = &database[events.table];
        let rows = match events.filter {
            Some(filter) => only(table, "what", &Sql::Text(filter.to_owned())),
            None => table.clone(),
        };
        (events.name.to_owned(), rows)
    });
    Tables {
        customers: if schema.only_active {
            only(customers, "active", &Sql::Integer(1))
        } else {
            customers.clone()
        },
        events: events.collect(),
        kept: state.iter().map(|(name, table)| ((*name).to_owned(), table.clone())).collect(),
        lookups: BTreeMap::from([("weather".to_owned(), database["weather"].clone())]),
    }
}

pub(super) struct Rows<'r> {
    pub(super) rng: &'r mut Rng,
    clock: Clock,
}

impl Rows<'_> {
    fn keys(&mut self, style: KeyStyle, size: Size) -> Vec<Sql> {
        let count = match size {
            Size::Small => self.rng.pick(&[0, 1, 7, 12, 20]),
            Size::Eventful => 12,
            Size::Large => self.rng.pick(&[1_025, 2_100, 3_100]),
        };
        let mut keys: Vec<Sql> = (0..count)
            .map(|number: i64| match style {
                KeyStyle::Dense => Sql::Integer(number + 1),
                KeyStyle::Sparse => Sql::Integer((number - 4) * 1_000_003 + number * number),
                KeyStyle::Text => Sql::Text(format!("{}{number}", if number % 3 == 0 { "客" } else { "C-" })),
            })
            .collect();
        self.rng.shuffle(&mut keys);
        keys
    }

    fn customers(&mut self, schema: &Schema, keys: &[Sql]) -> Table {
        let own = ["id", "active"].map(str::to_owned).into_iter();
        let columns = own.chain(schema.facts.iter().map(|fact| fact.column.clone())).collect();
        let rows = keys.iter().map(|key| {
            let active = Sql::Integer(i64::from(self.rng.chance(80)));
            let cells: Vec<Sql> = schema.facts.iter().map(|fact| self.cell(fact)).collect();
            [key.clone(), active].into_iter().chain(cells).collect()
        });
        Table { columns, rows: rows.collect() }
    }

    fn events(
        &mut self,
        facts: &[Fact],
        time: Format,
        (keys, style): (&[Sql], KeyStyle),
        size: Size,
    ) -> Table {
        let own = ["who", "happened", "what"].map(str::to_owned).into_iter();
        let columns = own.chain(facts.iter().map(|fact| fact.column.clone())).collect();
        let mut rows = Vec::new();
        let counts: &[usize] = match size {
            Size::Small if self.rng.chance(5) => &[0],
            Size::Small | Size::Large => &[0, 1, 1, 2, 4, 9],
            Size::Eventful => &[0, 1, 9, 30, 60],
        };
        let stranger = match style {
            KeyStyle::Text => Sql::Text("nobody".to_owned()),
            _ => Sql::Integer(-77),
        };
        for key in keys.iter().chain([&Sql::Null, &stranger]) {
            let count = self.rng.pick(counts);
            let mut at = self.time(time);
            for _ in 0..count {
                // Rows at the same instant are what `first` and `last` have to choose between.
                if !self.rng.chance(20) {
                    at = self.time(time);
                }
                let happened = if self.rng.chance(4) { Sql::Null } else { at.clone() };
                let what = Sql::Text(self.rng.pick(&["paid", "paid", "refunded", "other"]).to_owned());
                let cells: Vec<Sql> = facts.iter().map(|fact| self.cell(fact)).collect();
                rows.push([key.clone(), happened, what].into_iter().chain(cells).collect());
            }
        }
        self.rng.shuffle(&mut rows);
        Table { columns, rows }
    }

    fn weather(&mut self, facts: &[Fact]) -> Table {
        let columns = std::iter::once("place".to_owned()).chain(facts.iter().map(|fact| fact.column.clone()));
        let places: Vec<&str> = TEXTS.iter().copied().filter(|_| self.rng.chance(60)).collect();
        let rows = places.into_iter().map(|place| {
            let cells: Vec<Sql> = facts.iter().map(|fact| self.cell(fact)).collect();
            // Digits may be stored as the number that they are.
            let number = place.parse().map(Sql::Integer).ok().filter(|_| self.rng.chance(50));
            let place = number.unwrap_or_else(|| Sql::Text(place.to_owned()));
            std::iter::once(place).chain(cells).collect()
        });
        let rows = rows.collect();
        Table { columns: columns.collect(), rows }
    }

    pub(super) fn cell(&mut self, fact: &Fact) -> Sql {
        if self.rng.chance(15) {
            return Sql::Null;
        }
        match &fact.storage {
            Storage::Flag => {
                let truth = self.rng.chance(50);
                let words = Sql::Text(truth.to_string());
                if self.rng.chance(30) { words } else { Sql::Integer(i64::from(truth)) }
            }
            Storage::Number { decimals } => self.decimal(*decimals),
            Storage::Cent => Sql::Integer(self.cents()),
            Storage::Yuan => self.yuan(),
            Storage::Percent => {
                self.rng.pick(&[Sql::Integer(20), Sql::Integer(0), Sql::Real(12.5), Sql::Real(5.0)])
            }
            Storage::Text => Sql::Text(self.rng.pick(TEXTS).to_owned()),
            Storage::Digits => Sql::Integer(self.rng.between(-1, 4)),
            Storage::Level => Sql::Text(self.rng.pick(LEVELS).to_owned()),
            Storage::Date { format, birthday } => self.date(*format, *birthday),
            Storage::Time { format } => self.time(*format),
            Storage::Happened if self.rng.chance(40) => Sql::Null,
            Storage::Happened => self.time(Format::UnixMicros),
            Storage::Days => Sql::Integer(self.rng.pick(&[0, 1, 7, 30, 31, 60, 90, 365, -1])),
            Storage::Set { separator } => {
                let count = self.rng.below(4);
                let items: Vec<&str> = (0..count).map(|_| self.rng.pick(TEXTS)).collect();
                Sql::Text(items.join(separator))
            }
        }
    }

    fn decimal(&mut self, decimals: u8) -> Sql {
        let whole = self.rng.between(-2, 6);
        // One digit more than is held, so that it is rounded; a half is rounded to the even digit.
        let digits = usize::from(decimals) + self.rng.below(2);
        if digits == 0 || self.rng.chance(40) {
            return Sql::Integer(whole);
        }
        let part = self.rng.pick(&["5", "25", "125", "0005", "9", "35"]);
        let part = &part[..part.len().min(digits)];
        Sql::Real(format!("{whole}.{part}").parse().expect("a number"))
    }

    fn cents(&mut self) -> i64 {
        let edge = self.rng.pick(&[0, 1, 5_000, 9_990, 10_000, 50_000, -100, 20_000]);
        edge + self.rng.pick(&[0, 0, 1, -1, 37])
    }

    fn yuan(&mut self) -> Sql {
        let cents = self.cents();
        if cents % 100 == 0 && self.rng.chance(50) {
            return Sql::Integer(cents / 100);
        }
        let more = self.rng.pick(&["", "", "5", "49"]);
        let sign = if cents < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{:02}{more}", cents.abs() / 100, cents.abs() % 100);
        Sql::Real(text.parse().expect("a number"))
    }

    fn date(&mut self, format: Format, birthday: bool) -> Sql {
        let day =
            if birthday { moment::birthday(self.rng, self.clock) } else { moment::day(self.rng, self.clock) };
        match format {
            Format::Unix | Format::UnixMillis | Format::UnixMicros => {
                self.written(format, self.clock.start_of(day))
            }
            Format::Iso(_) | Format::Date(_) => self.day(day, format),
        }
    }

    fn day(&mut self, day: NaiveDate, format: Format) -> Sql {
        let cut_off = if self.rng.chance(20) { " 23:59:59" } else { "" };
        match format {
            Format::Iso(_) => Sql::Text(format!("{day}{cut_off}")),
            _ => Sql::Text(day.to_string()),
        }
    }

    pub(super) fn time(&mut self, format: Format) -> Sql {
        let instant = moment::instant(self.rng, self.clock);
        self.written(format, instant)
    }

    fn written(&mut self, format: Format, instant: DateTime<Utc>) -> Sql {
        match format {
            Format::Unix => Sql::Integer(instant.timestamp()),
            Format::UnixMillis => Sql::Integer(instant.timestamp_millis()),
            Format::UnixMicros => Sql::Integer(instant.timestamp_micros()),
            Format::Date(zone) => Sql::Text(instant.with_timezone(&zone).date_naive().to_string()),
            Format::Iso(zone) => {
                let local = instant.with_timezone(&zone);
                let fraction = if instant.nanosecond() == 0 { "" } else { "%.6f" };
                Sql::Text(match self.rng.below(4) {
                    0 => local.to_rfc3339_opts(SecondsFormat::AutoSi, true),
                    1 => instant.to_rfc3339_opts(SecondsFormat::Micros, true),
                    2 => local.format(&format!("%Y-%m-%dT%H:%M:%S{fraction}")).to_string(),
                    _ => local.format(&format!("%Y-%m-%d %H:%M:%S{fraction}")).to_string(),
                })
            }
        }
    }
}
