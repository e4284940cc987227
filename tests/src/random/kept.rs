//! What the runtime would have kept of earlier runs: its tables as the engines read them, and as rules see them.

use super::data::{Database, Rows};
use super::rng::Rng;
use super::schema::{Events, Fact, Format, Kind, Storage};
use crate::reference::Table;
use rulec_plan::project::Kept;
use rusqlite::types::Value as Sql;
use std::collections::BTreeSet;

/// The rules that random rule files have, and how many follow-ups each may have.
const RULES: i64 = 8;
pub(super) const FOLLOW_UPS: i64 = 2;

/// The segments and classes that random rules may declare, and one that they do not.
const SEGMENTS: &[&str] = &["群0", "群1", "群2", "群3", "群4", "群5", "级.低", "级.中", "级.high", "gone"];

/// A fact: its name, its column, and what it is to rules.
type KeptFact = (&'static str, &'static str, Kind);

const MESSAGE: &[KeptFact] =
    &[("channel", "channel", Kind::Text), ("rule", "rule", Kind::Text), ("campaign", "campaign", Kind::Text)];
const OUTCOMES: &[KeptFact] = &[
    ("opened", "opened_at", Kind::Bool),
    ("clicked", "clicked_at", Kind::Bool),
    ("replied", "replied_at", Kind::Bool),
    ("redeemed", "redeemed_at", Kind::Bool),
    ("converted", "converted_at", Kind::Bool),
];
const COUPON: &[KeptFact] = &[
    ("code", "code", Kind::Text),
    ("amount", "amount", Kind::Money),
    ("threshold", "threshold", Kind::Money),
    ("expires", "expires_at", Kind::Time),
    ("redeemed", "redeemed_at", Kind::Bool),
];

/// The event tables of the runtime that rules can name.
pub(super) fn events() -> [Events; 2] {
    let table = |name, kept: Kept, facts: &[&[KeptFact]]| Events {
        name,
        table: kept.name(),
        by_query: false,
        is_kept: true,
        filter: None,
        time: Format::UnixMicros,
        facts: facts.iter().copied().flatten().map(fact).collect(),
    };
    [
        table("touches", Kept::Touches, &[MESSAGE, OUTCOMES]),
        table("coupons", Kept::Coupons, &[MESSAGE, COUPON]),
    ]
}

fn fact((name, column, kind): &KeptFact) -> Fact {
    let storage = match kind {
        Kind::Bool => Storage::Happened,
        Kind::Money => Storage::Cent,
        Kind::Time => Storage::Time { format: Format::UnixMicros },
        _ => Storage::Text,
    };
    Fact { name, column: (*column).to_owned(), storage, kind: *kind }
}

/// The tables of a state, of these customers and of others.
pub(super) fn tables(rows: &mut Rows<'_>, keys: &[Sql]) -> Database {
    let mut state = Database::new();
    for Events { table, facts, .. } in events() {
        state.insert(table, of_customers(rows, keys, "at", &facts));
    }
    state.insert(Kept::Chains.name(), chains(rows, keys));
    let segment = |rng: &mut Rng| Sql::Text(rng.pick(SEGMENTS).to_owned());
    let mut members = of_customers(rows, keys, "at", &[]);
    members.columns.push("segment".to_owned());
    members.rows.iter_mut().for_each(|row| row.push(segment(rows.rng)));
    state.insert(Kept::Members.name(), members);
    let columns = ["segment", "recorded"].map(str::to_owned).to_vec();
    let recorded = SEGMENTS.iter().filter(|_| rows.rng.chance(60));
    let recorded = recorded.map(|name| vec![Sql::Text((*name).to_owned()), Sql::Integer(1)]);
    let recorded = Table { columns, rows: recorded.collect() };
    state.insert(Kept::Recorded.name(), recorded);
    state
}

/// At most one chain a customer and rule.
fn chains(rows: &mut Rows<'_>, keys: &[Sql]) -> Table {
    let facts: Vec<Fact> = OUTCOMES.iter().map(fact).collect();
    let mut table = of_customers(rows, keys, "due_at", &facts);
    table.columns.extend(["began_at", "touched_at", "rule", "step"].map(str::to_owned));
    let mut seen = BTreeSet::new();
    table.rows.retain_mut(|row| {
        let rule = rows.rng.below(RULES as usize);
        let touched = if rows.rng.chance(15) { Sql::Null } else { rows.time(Format::UnixMicros) };
        let rest = [
            rows.time(Format::UnixMicros),
            touched,
            Sql::Text(format!("规{rule}号")),
            Sql::Integer(rows.rng.between(1, FOLLOW_UPS)),
        ];
        let is_first = seen.insert((format!("{:?}", row[0]), rule));
        row.extend(rest);
        is_first
    });
    table
}

/// Some rows a customer, in any order.
fn of_customers(rows: &mut Rows<'_>, keys: &[Sql], time: &str, facts: &[Fact]) -> Table {
    let own = ["customer", time].map(str::to_owned).into_iter();
    let columns = own.chain(facts.iter().map(|fact| fact.column.clone())).collect();
    // None of these is how the runtime would write a key of the shop.
    let strangers = ["nobody", "01", "+1", " 1", "1.0", "-0", ""].map(|text| Sql::Text(text.to_owned()));
    let mut table = Table { columns, rows: Vec::new() };
    for key in keys.iter().map(written).chain(strangers) {
        for _ in 0..rows.rng.pick(&[0, 1, 1, 2, 4]) {
            let at = rows.time(Format::UnixMicros);
            let cells = facts.iter().map(|fact| rows.cell(fact));
            table.rows.push([key.clone(), at].into_iter().chain(cells).collect());
        }
    }
    rows.rng.shuffle(&mut table.rows);
    table
}

/// A key as the runtime writes it.
fn written(key: &Sql) -> Sql {
    match key {
        Sql::Integer(number) => Sql::Text(number.to_string()),
        other => other.clone(),
    }
}
