//! The in-memory twin: the same evaluation over tables that are given as values. For tests, and for whoever has no file.

use crate::batch::{BATCH_ROWS, Batch, Cell};
use crate::source::{NotBefore, Part, Parts, Request, Sink, Tables};
use crate::{Answers, Engine, Options, Progress, Question, diagnostics, run};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use std::collections::BTreeMap;

/// A value of a table in memory.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// The value as evaluation reads it.
    pub fn cell(&self) -> Cell<'_> {
        match self {
            Value::Null => Cell::Null,
            Value::Integer(number) => Cell::Integer(*number),
            Value::Real(number) => Cell::Real(*number),
            Value::Text(text) => Cell::Text(text.as_bytes()),
            Value::Blob(bytes) => Cell::Blob(bytes),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

/// A condition in place of plain SQL.
pub type RowFilter = fn(&dyn Fn(&str) -> Value) -> bool;

/// A table in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, each with a value for each column; what is not there is NULL.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// An empty table of these columns.
    pub fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.rows.push(values.into_iter().collect());
        self
    }
}

/// Answers questions about tables in memory.
///
/// ```
/// use rulec_engine::{MemoryEngine, Table, Value};
///
/// let customers = Table::new(&["id", "city"]).row([Value::from(1), Value::from("上海")]);
/// let engine = MemoryEngine::new().table("customers", customers);
/// # let _ = engine;
/// ```
#[derive(Debug, Default)]
pub struct MemoryEngine {
    tables: BTreeMap<String, Table>,
    filters: BTreeMap<String, RowFilter>,
    options: Options,
}

impl MemoryEngine {
    /// Without tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes about answers in this way.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Adds a table. A query of the plan finds its rows under its own text as a name.
    #[must_use]
    pub fn table(mut self, name: &str, table: Table) -> Self {
        self.tables.insert(name.to_owned(), table);
        self
    }

    /// Says what a condition in plain SQL means, since there is nobody here to ask. It gets the row's values by name.
    #[must_use]
    pub fn filter(mut self, sql: &str, filter: RowFilter) -> Self {
        self.filters.insert(sql.to_owned(), filter);
        self
    }
}

impl Engine for MemoryEngine {
    fn answer(
        &mut self,
        question: Question<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answers, Vec<Diagnostic>> {
        run::answer(&*self, None, question, self.options, progress)
    }
}

impl Tables for MemoryEngine {
    fn scan(&self, request: &Request<'_>, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        if self.lacks_kept(request.source) {
            return Ok(());
        }
        let (table, reading) = self.reading(request)?;
        reading.over(&table.rows).scan(sink)
    }

    fn parts<'t>(&'t self, request: &Request<'t>, most: usize) -> Result<Option<Parts<'t>>, Vec<Diagnostic>> {
        if request.at_most.is_some() || self.lacks_kept(request.source) {
            return Ok(None);
        }
        let (table, reading) = self.reading(request)?;
        let rows = table.rows.len().div_ceil(most.max(1)).max(1);
        let part = |rows| Box::new(reading.clone().over(rows)) as Box<dyn Part + 't>;
        Ok(Some(table.rows.chunks(rows).map(part).collect()))
    }

    fn estimate(&self, source: &Source) -> Option<u64> {
        self.tables.get(name_of(source)).map(|table| table.rows.len() as u64)
    }
}

/// A request that was found to be possible, and the rows that it is put to.
#[derive(Debug, Clone)]
struct Reading<'t> {
    table: &'t Table,
    rows: &'t [Vec<Value>],
    places: Vec<usize>,
    filters: Vec<RowFilter>,
    only_filtered: bool,
    not_before: Option<NotBefore>,
    at_most: u64,
}

impl<'t> Reading<'t> {
    fn over(self, rows: &'t [Vec<Value>]) -> Self {
        Self { rows, ..self }
    }

    /// For each filter whether the row fulfils it; `None` for a row that is not wanted.
    fn fulfilled(&self, row: &[Value]) -> Option<Vec<bool>> {
        let value = |place: usize| row.get(place).map_or(Cell::Null, Value::cell);
        if self.not_before.is_some_and(|bound| is_before(value(self.places[bound.column]), bound)) {
            return None;
        }
        let named = |wanted: &str| {
            let place = self.table.columns.iter().position(|name| name == wanted);
            place.and_then(|place| row.get(place)).cloned().unwrap_or(Value::Null)
        };
        let fulfilled: Vec<bool> = self.filters.iter().map(|filter| filter(&named)).collect();
        (!self.only_filtered || fulfilled.contains(&true)).then_some(fulfilled)
    }
}

impl Part for Reading<'_> {
    fn scan(&mut self, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        let mut batch = Batch::new(self.places.len(), self.filters.len());
        for row in self.rows {
            let Some(fulfilled) = self.fulfilled(row) else { continue };
            if self.at_most == 0 {
                break;
            }
            self.at_most -= 1;
            let value = |place: usize| row.get(place).map_or(Cell::Null, Value::cell);
            batch.filters.iter_mut().zip(fulfilled).for_each(|(column, is)| column.push(is));
            batch.columns.iter_mut().zip(&self.places).for_each(|(column, place)| column.push(value(*place)));
            batch.rows += 1;
            if batch.rows == BATCH_ROWS {
                sink(&batch)?;
                batch.clear();
            }
        }
        if batch.rows > 0 { sink(&batch) } else { Ok(()) }
    }
}

impl MemoryEngine {
    /// Whether this is what the runtime keeps, and not here.
    fn lacks_kept(&self, source: &Source) -> bool {
        matches!(source, Source::Kept(kept) if !self.tables.contains_key(kept.name()))
    }

    fn reading<'t>(&'t self, request: &Request<'t>) -> Result<(&'t Table, Reading<'t>), Vec<Diagnostic>> {
        let name = name_of(request.source);
        let Some(table) = self.tables.get(name) else {
            return Err(vec![diagnostics::no_such_table(name, self.tables.keys().map(String::as_str))]);
        };
        let reading = Reading {
            table,
            rows: &[],
            places: places(table, name, request.columns)?,
            filters: self.filters_of(request)?,
            only_filtered: request.only_filtered,
            not_before: request.not_before,
            at_most: request.at_most.unwrap_or(u64::MAX),
        };
        Ok((table, reading))
    }

    fn filters_of(&self, request: &Request<'_>) -> Result<Vec<RowFilter>, Vec<Diagnostic>> {
        let found = request.filters.iter().map(|filter| {
            self.filters.get(filter.sql).copied().ok_or_else(|| {
                let place = format!("[{}] where", filter.section);
                vec![diagnostics::sql_refused(&place, "tables in memory do not know SQL")]
            })
        });
        found.collect()
    }
}

/// The name under which a source is found here.
fn name_of(source: &Source) -> &str {
    match source {
        Source::Table(name) | Source::Query(name) => name,
        Source::Kept(kept) => kept.name(),
    }
}

fn places(table: &Table, name: &str, columns: &[&str]) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let (mut places, mut wrong) = (Vec::new(), Vec::new());
    for wanted in columns {
        match table.columns.iter().position(|column| column.eq_ignore_ascii_case(wanted)) {
            Some(place) => places.push(place),
            None => wrong.push(diagnostics::no_such_column(
                name,
                wanted,
                table.columns.iter().map(String::as_str),
            )),
        }
    }
    if wrong.is_empty() { Ok(places) } else { Err(wrong) }
}

fn is_before(cell: Cell<'_>, not_before: NotBefore) -> bool {
    match cell {
        Cell::Null => true,
        Cell::Integer(number) => number < not_before.bound,
        // Exact enough: bounds of times are far below 2^53.
        Cell::Real(number) => number < not_before.bound as f64,
        Cell::Text(_) | Cell::Blob(_) => false,
    }
}
