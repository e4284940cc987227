//! Conditions in plain SQL, answered by SQLite, which is asked about each combination of values once.
//!
//! That is right for conditions that depend on nothing but their row: other tables, functions that are not known to be
//! pure, and parameters are left to the stepping reader.

use super::fault::Fault;
use super::record::Field;
use super::slots::{SLOTS, slot_of};
use super::table::TableShape;
use super::twin::Twin;
use super::wanted::Take;
use crate::batch::Cell;
use crate::source::Request;
use crate::sqlite::text;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Functions that depend on their arguments alone.
const PURE: [&str; 21] = [
    "abs", "coalesce", "glob", "ifnull", "iif", "if", "instr", "length", "like", "lower", "ltrim", "max",
    "min", "nullif", "replace", "round", "rtrim", "substr", "trim", "typeof", "upper",
];
/// A set of answers is one word.
const MOST_FILTERS: usize = 64;
/// More combinations are forgotten, and asked again when they come again.
const REMEMBERED: usize = 1 << 16;
/// The stored form of no values: an integer of 15 bytes.
const NO_KEY: u128 = u128::MAX;

/// The conditions of a request.
#[derive(Debug)]
pub(super) struct Conditions {
    twin: Twin,
    /// Puts a combination into the twin.
    put: String,
    /// Answers all conditions for it.
    ask: String,
    /// Places in the table of the columns that the conditions read.
    pub(super) places: Vec<usize>,
    /// Where the conditions stand, for messages.
    section: String,
    /// By the stored form of the values, where that is short.
    short: FxHashMap<u128, u64>,
    /// Some of these, each in its slot.
    recent: Box<[(u128, u64); SLOTS]>,
    long: FxHashMap<Box<[u8]>, u64>,
    key: Vec<u8>,
}

/// A row about which conditions are asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'r> {
    /// Where its fields are.
    pub(super) bytes: &'r [u8],
    pub(super) takes: &'r [Take],
    /// The places in `takes` of the columns that the conditions read.
    pub(super) asked: &'r [usize],
    /// The field of a place in `takes`.
    pub(super) field: &'r dyn Fn(usize) -> Field,
}

impl Conditions {
    /// Those of a request for this table; `None` where they cannot be answered so.
    pub(super) fn of(request: &Request<'_>, table: &TableShape) -> rusqlite::Result<Option<Self>> {
        if request.filters.len() > MOST_FILTERS {
            return Ok(None);
        }
        let mut twin = Twin::of(table)?;
        let answers: Vec<String> = request.filters.iter().map(|filter| text::condition(filter.sql)).collect();
        let ask = format!("SELECT {} FROM {} NOT INDEXED", answers.join(", "), text::quoted(&table.name));
        let Some(names) = columns_read(&mut twin, &ask)? else { return Ok(None) };
        let places: Option<Vec<usize>> = names.iter().map(|name| table.place(name)).collect();
        Ok(places.map(|places| Self {
            put: twin.put(&places),
            twin,
            ask,
            places,
            section: request.section.to_owned(),
            short: FxHashMap::default(),
            recent: Box::new([(NO_KEY, 0); SLOTS]),
            long: FxHashMap::default(),
            key: Vec::new(),
        }))
    }

    /// How many combinations were asked about.
    pub(super) fn known(&self) -> usize {
        self.short.len() + self.long.len()
    }

    /// Which conditions a row fulfils, the first as the lowest bit, if they read one column alone, whose value is short and
    /// came lately.
    #[inline(always)]
    pub(super) fn recent_of_one(&self, bytes: &[u8], field: Field) -> Option<u64> {
        let key = u128::from(field.packed_word(bytes)?);
        let (recent, answer) = self.recent[slot_of(key)];
        (recent == key).then_some(answer)
    }

    /// Likewise for any row.
    #[inline(never)]
    pub(super) fn answer(&mut self, row: Asked<'_>) -> Result<u64, Fault> {
        let Some(key) = packed(row.bytes, row.asked, row.field) else { return self.answer_long(row) };
        let slot = slot_of(key);
        if self.recent[slot].0 != key {
            self.recent[slot] = (key, self.answer_short(key, row)?);
        }
        Ok(self.recent[slot].1)
    }

    fn answer_short(&mut self, key: u128, row: Asked<'_>) -> Result<u64, Fault> {
        if let Some(answer) = self.short.get(&key) {
            return Ok(*answer);
        }
        let answer = self.ask(row)?;
        if self.short.len() == REMEMBERED {
            self.short.clear();
        }
        self.short.insert(key, answer);
        Ok(answer)
    }

    fn answer_long(&mut self, row: Asked<'_>) -> Result<u64, Fault> {
        self.key.clear();
        for take in row.asked {
            (row.field)(*take).append(row.bytes, &mut self.key).ok_or(Fault::Damaged)?;
        }
        if let Some(answer) = self.long.get(self.key.as_slice()) {
            return Ok(*answer);
        }
        let answer = self.ask(row)?;
        if self.long.len() == REMEMBERED {
            self.long.clear();
        }
        self.long.insert(self.key.as_slice().into(), answer);
        Ok(answer)
    }

    #[cold]
    fn ask(&self, row: Asked<'_>) -> Result<u64, Fault> {
        let cell = |take: &usize| row.takes[*take].decoding.cell(row.bytes, (row.field)(*take));
        let cells: Option<Vec<Cell<'_>>> = row.asked.iter().map(cell).collect();
        let values = cells.ok_or(Fault::Damaged)?.into_iter().map(borrowed);
        let asked = || {
            let connection = &self.twin.connection;
            connection.prepare_cached(&self.put)?.execute(rusqlite::params_from_iter(values))?;
            connection.prepare_cached(&self.ask)?.query_row([], |row| {
                let count = row.as_ref().column_count();
                (0..count).try_fold(0, |answers, place| {
                    Ok(answers | u64::from(row.get_ref(place)? == ValueRef::Integer(1)) << place)
                })
            })
        };
        asked().map_err(|error| Fault::Condition { place: format!("[{}]", self.section), error })
    }
}

/// A cell as a parameter.
fn borrowed(cell: Cell<'_>) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match cell {
        Cell::Null => ValueRef::Null,
        Cell::Integer(number) => ValueRef::Integer(number),
        Cell::Real(number) => ValueRef::Real(number),
        Cell::Text(bytes) => ValueRef::Text(bytes),
        Cell::Blob(bytes) => ValueRef::Blob(bytes),
    })
}

/// The stored form of the values in one number, if they are short enough.
#[inline(always)]
fn packed(bytes: &[u8], asked: &[usize], field: impl Fn(usize) -> Field) -> Option<u128> {
    let (mut key, mut bits) = (0, 0);
    for take in asked {
        let (part, length) = field(*take).packed(bytes)?;
        if bits + length > u128::BITS {
            return None;
        }
        key |= part << bits;
        bits += length;
    }
    Some(key)
}

/// What preparing a statement told about it.
#[derive(Debug, Default)]
struct Told {
    columns: Vec<String>,
    selects: usize,
    is_impure: bool,
}

/// The columns of the twin that a statement over it reads, if it is pure and reads nothing else.
fn columns_read(twin: &mut Twin, sql: &str) -> rusqlite::Result<Option<Vec<String>>> {
    let told = Arc::new(Mutex::new(Told::default()));
    let hearing = Arc::clone(&told);
    twin.connection.authorizer(Some(move |context: AuthContext<'_>| {
        let mut told = hearing.lock().unwrap_or_else(PoisonError::into_inner);
        match context.action {
            // Reading a table without any of its columns is told as reading one without a name.
            AuthAction::Read { column_name: "", .. } => {}
            AuthAction::Read { column_name, .. } => {
                if !told.columns.iter().any(|known| known == column_name) {
                    told.columns.push(column_name.to_owned());
                }
            }
            AuthAction::Select => told.selects += 1,
            AuthAction::Function { function_name } => {
                told.is_impure |= !PURE.iter().any(|pure| pure.eq_ignore_ascii_case(function_name));
            }
            _ => told.is_impure = true,
        }
        Authorization::Allow
    }))?;
    let parameters = twin.connection.prepare(sql).map(|statement| statement.parameter_count());
    twin.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    if parameters? > 0 {
        return Ok(None);
    }
    let told = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((told.selects == 1 && !told.is_impure).then_some(told.columns))
}
