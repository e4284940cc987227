//! The tables of the shop, and beside them those that the runtime keeps.

use crate::source::{Parts, Request, Sink, Tables};
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;

/// Reads each table where it is. Nothing that is kept is ever looked for among the tables of the shop.
pub(super) struct WithKept<'a> {
    pub(super) shop: &'a dyn Tables,
    /// `None`: nothing was kept yet.
    pub(super) kept: Option<&'a dyn Tables>,
}

impl WithKept<'_> {
    fn of(&self, source: &Source) -> Option<&dyn Tables> {
        match source {
            Source::Kept(_) => self.kept,
            Source::Table(_) | Source::Query(_) => Some(self.shop),
        }
    }
}

impl Tables for WithKept<'_> {
    fn scan(&self, request: &Request<'_>, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        self.of(request.source).map_or(Ok(()), |tables| tables.scan(request, sink))
    }

    fn parts<'t>(&'t self, request: &Request<'t>, most: usize) -> Result<Option<Parts<'t>>, Vec<Diagnostic>> {
        self.of(request.source).map_or(Ok(None), |tables| tables.parts(request, most))
    }

    fn estimate(&self, source: &Source) -> Option<u64> {
        self.of(source)?.estimate(source)
    }
}
