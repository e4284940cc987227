//! The border between evaluation and whatever holds the rows.

use crate::batch::{Batch, Cell};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;

/// One reading of one table or query, from end to end.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is read.
    pub source: &'a Source,
    /// What the project file calls it, such as `customer` or `events.orders`; for messages.
    pub section: &'a str,
    /// The names of the columns that are used, none twice.
    pub columns: &'a [&'a str],
    /// Plain SQL conditions; each is answered for each row.
    pub filters: &'a [Filter<'a>],
    /// Whether rows that fulfil no filter are left out. Only with filters.
    pub only_filtered: bool,
    /// Rows that are too early to matter are left out.
    pub not_before: Option<NotBefore>,
    /// Only so many rows, whichever come first: for a look at a sample.
    pub at_most: Option<u64>,
}

/// A condition in plain SQL, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'a> {
    /// The section of the project file.
    pub section: &'a str,
    /// The condition.
    pub sql: &'a str,
}

/// A row whose column holds an integer or a floating-point number below the bound, or NULL, is not wanted. A row with
/// anything else in the column is: whoever reads it reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBefore {
    /// Index into [`Request::columns`].
    pub column: usize,
    /// In the unit of the column.
    pub bound: i64,
}

impl NotBefore {
    /// Whether a row with this cell is not wanted.
    #[inline(always)]
    pub(crate) fn drops(bound: i64, cell: Cell<'_>) -> bool {
        match cell {
            Cell::Null => true,
            Cell::Integer(number) => number < bound,
            // For a whole bound, a number is below it if what it rounds down to is; where that does not fit into 64
            // bits, the conversion gives the end of them that is next.
            Cell::Real(number) => number < i64::MIN as f64 || (number.floor() as i64) < bound,
            Cell::Text(_) | Cell::Blob(_) => false,
        }
    }
}

/// Takes the rows of a scan, batch by batch. An error ends the scan.
pub type Sink<'a> = &'a mut dyn FnMut(&Batch) -> Result<(), Vec<Diagnostic>>;

/// Tables that can be read: one snapshot of a database, or values in memory. One call a scan and one a batch, never one a
/// row, so that a reader can be as fast as its store allows.
pub trait Tables {
    /// Reads all rows, in any order. A table of [`Source::Kept`] that is not there has no rows: an older state lacks it.
    ///
    /// # Errors
    /// What is asked for is not there, or cannot be read; or what the sink said.
    fn scan(&self, request: &Request<'_>, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>>;

    /// Cuts the same reading into at most so many parts for as many threads; together they give each row once, all of the
    /// same state. `None` where that cannot be had: then [`Tables::scan`] reads it.
    ///
    /// # Errors
    /// What is asked for is not there.
    fn parts<'t>(&'t self, request: &Request<'t>, most: usize) -> Result<Option<Parts<'t>>, Vec<Diagnostic>>;

    /// About how many rows there are, if that can be known without reading them.
    fn estimate(&self, source: &Source) -> Option<u64>;
}

/// The parts of one reading.
pub type Parts<'t> = Vec<Box<dyn Part + 't>>;

/// One part of a reading.
pub trait Part: Send {
    /// Reads its rows, in any order.
    ///
    /// # Errors
    /// They cannot be read; or what the sink said.
    fn scan(&mut self, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>>;
}
