//! What the runtime keeps: messages and coupons as events, and who was a member of which segment.
//!
//! An outcome such as `opened` is a time that is known and not after now; it is never missing. Of a segment that was never
//! recorded nobody knows who was in it, so `enters` and `leaves` are unknown.

use super::events::Event;
use super::value::{Value, all, not};
use super::{Reference, Scope, columns};
use chrono::{DateTime, Utc};
use rulec_compiler::typed::DefinitionId;
use rulec_plan::project::{FactKind, Kept, MoneyUnit, TimeFormat};
use rusqlite::types::Value as Sql;
use std::collections::BTreeMap;

/// How rules see a column.
#[derive(Debug, Clone, Copy)]
enum Seen {
    Text,
    Cents,
    Time,
    /// Whether it is a time, and has come.
    Happened,
}

/// A fact: its name, its column, and how rules see that.
type KeptFact = (&'static str, &'static str, Seen);

/// The event tables that rules can name, and their facts.
const TABLES: &[(&str, Kept, &[KeptFact])] = &[
    (
        "touches",
        Kept::Touches,
        &[
            ("channel", "channel", Seen::Text),
            ("rule", "rule", Seen::Text),
            ("campaign", "campaign", Seen::Text),
            ("opened", "opened_at", Seen::Happened),
            ("clicked", "clicked_at", Seen::Happened),
            ("replied", "replied_at", Seen::Happened),
            ("redeemed", "redeemed_at", Seen::Happened),
            ("converted", "converted_at", Seen::Happened),
        ],
    ),
    (
        "coupons",
        Kept::Coupons,
        &[
            ("channel", "channel", Seen::Text),
            ("rule", "rule", Seen::Text),
            ("campaign", "campaign", Seen::Text),
            ("code", "code", Seen::Text),
            ("amount", "amount", Seen::Cents),
            ("threshold", "threshold", Seen::Cents),
            ("expires", "expires_at", Seen::Time),
            ("redeemed", "redeemed_at", Seen::Happened),
        ],
    ),
];

impl Reference<'_> {
    /// Gives every customer the rows that were kept of it, beside those of the shop's own table of that name.
    pub(super) fn sort_kept(&mut self) {
        let customers: BTreeMap<String, usize> =
            (0..self.population()).map(|number| (self.key(number).to_string(), number)).collect();
        for (name, kept, facts) in TABLES {
            let Some(table) = self.tables.kept.get(kept.name()) else { continue };
            let mut by_customer = self.events.remove(name).unwrap_or(vec![Vec::new(); self.population()]);
            for row in &table.rows {
                let cell = |column: &str| &row[table.column(column)];
                let Some(at) = self.happened(cell("at")) else { continue };
                let Sql::Text(owner) = cell("customer") else { continue };
                let Some(customer) = customers.get(owner) else { continue };
                let fact = |(name, column, seen): &KeptFact| {
                    ((*name).to_owned(), self.kept_fact(*seen, cell(column)))
                };
                by_customer[*customer].push(Event { at, facts: facts.iter().map(fact).collect() });
            }
            self.events.insert(name, by_customer);
        }
    }

    fn kept_fact(&self, seen: Seen, cell: &Sql) -> Value {
        let read = |kind| columns::read(&kind, self.clock.zone, cell);
        match seen {
            Seen::Text => read(FactKind::Text),
            Seen::Cents => read(FactKind::Money { unit: MoneyUnit::Cent }),
            Seen::Time => read(FactKind::Time { format: TimeFormat::UnixMicros }),
            Seen::Happened => Value::Bool(self.happened(cell).is_some()),
        }
    }

    /// A time that was kept, if one was.
    pub(super) fn kept_time(&self, cell: &Sql) -> Option<DateTime<Utc>> {
        (*cell != Sql::Null).then(|| columns::time(TimeFormat::UnixMicros, cell))
    }

    /// A time that has come.
    pub(super) fn happened(&self, cell: &Sql) -> Option<DateTime<Utc>> {
        self.kept_time(cell).filter(|at| *at <= self.clock.now)
    }

    /// `enters` or `leaves` a segment.
    pub(super) fn membership(&self, enters: bool, of: DefinitionId, scope: Scope<'_>) -> Option<bool> {
        let segment = self.definition(of);
        let now = self.value(&segment.value, scope.customer).truth();
        let before = self.was_member(&segment.name, scope.customer);
        if enters { all([now, not(before)]) } else { all([before, not(now)]) }
    }

    fn was_member(&self, segment: &str, customer: usize) -> Option<bool> {
        let rows = |kept: Kept| {
            let table = self.tables.kept.get(kept.name());
            table.into_iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)))
        };
        let is = |cell: &Sql, text: &str| *cell == Sql::Text(text.to_owned());
        let key = self.key(customer).to_string();
        let mut recorded = rows(Kept::Recorded);
        recorded.find(|(table, row)| is(&row[table.column("segment")], segment))?;
        Some(rows(Kept::Members).any(|(table, row)| {
            is(&row[table.column("segment")], segment)
                && is(&row[table.column("customer")], &key)
                && self.happened(&row[table.column("at")]).is_some()
        }))
    }
}
