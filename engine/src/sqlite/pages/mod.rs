//! The fast reader: decodes the b-tree pages of a table itself, by SQLite's published file format.
//!
//! It works only while SQLite holds a read transaction and the file is the state that it shows (`quiet`), and only for what
//! it knows: ordinary tables with rowids, texts in UTF-8, conditions that depend on their row alone. Everything else is
//! left to the reader that steps through statements; both give the same rows. What is not as SQLite writes it is an error.
//!
//! Cost: interior pages are read one by one, leaf pages in runs as they lie in the file, not in the order of the tree; no
//! memory beyond one run, and nothing is allocated for a row unless it overflows its page.
//!
//! | stage | file |
//! | --- | --- |
//! | is it a table that is known here | `table`, `layout` |
//! | which columns of a record are wanted | `wanted`, `twin` |
//! | which pages have rows | `tree` |
//! | pages are read | `runs`, `overflow` |
//! | rows are found on them and taken apart | `rows`, `cuts`, `record` |
//! | conditions of the project are answered | `conditions`, `twin` |

mod conditions;
mod cuts;
mod fault;
mod layout;
mod overflow;
mod record;
mod rows;
mod runs;
mod slots;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod twin;
mod wanted;

use super::DatabaseFile;
use super::held::HeldFile;
use crate::source::{Part, Parts, Request, Sink};
use conditions::Conditions;
use fault::Fault;
use layout::{FILE_HEADER, Layout};
use overflow::Overflow;
use rows::Rows;
use rulec_diagnostic::Diagnostic;
use rulec_plan::project::Source;
use rusqlite::Connection;
use std::sync::Arc;
use table::TableShape;
use wanted::Wanted;

/// If a sample shows more combinations of values that conditions depend on, SQLite had better answer them row by row.
const MOST_COMBINATIONS: usize = 256;
/// How many pages the sample has.
const SAMPLED_PAGES: usize = 32;

/// A reading that was found to be possible.
pub(super) struct PageReading<'t> {
    target: Target<'t>,
    request: Request<'t>,
    table: TableShape,
    wanted: Arc<Wanted>,
    leaves: Vec<u32>,
}

/// Where the pages are.
#[derive(Clone, Copy)]
struct Target<'t> {
    database: &'t DatabaseFile,
    file: &'t HeldFile,
    layout: Layout,
}

impl<'t> PageReading<'t> {
    /// Of a request that was checked, over a file that is quiet. `None` where it is left to the stepping reader.
    pub(super) fn of(
        connection: &Connection,
        database: &'t DatabaseFile,
        request: &Request<'t>,
    ) -> Result<Option<Self>, Vec<Diagnostic>> {
        // What SQLite refuses here it refuses again, with a message, when it steps.
        let Ok(Some((target, table, wanted))) = prepare(connection, database, request) else {
            return Ok(None);
        };
        let leaves = tree::leaves(target.file, &target.layout, table.root)
            .map_err(|fault| fault.diagnostics(database))?;
        let reading = Self { target, request: *request, table, wanted: Arc::new(wanted), leaves };
        Ok(reading.has_few_combinations().map_err(|fault| fault.diagnostics(database))?.then_some(reading))
    }

    /// Whether there are few enough combinations of the values that conditions depend on, by a sample.
    fn has_few_combinations(&self) -> Result<bool, Fault> {
        if self.request.filters.is_empty() {
            return Ok(true);
        }
        let step = self.leaves.len().div_ceil(SAMPLED_PAGES).max(1);
        let sampled = self.leaves.iter().step_by(step).chain(self.leaves.last()).copied().collect();
        let Some(mut part) = self.part(sampled) else { return Ok(false) };
        match part.read(&mut |_| Ok(())) {
            Ok(()) => Ok(part.conditions.is_none_or(|conditions| conditions.known() <= MOST_COMBINATIONS)),
            Err(Fault::Condition { .. }) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// The rows of these leaf pages.
    fn part(&self, leaves: Vec<u32>) -> Option<PagePart<'t>> {
        let conditions = if self.request.filters.is_empty() {
            None
        } else {
            Some(Conditions::of(&self.request, &self.table).ok()??)
        };
        Some(PagePart { target: self.target, wanted: Arc::clone(&self.wanted), conditions, leaves })
    }

    /// Cuts it into at most so many parts.
    pub(super) fn parts(&self, most: usize) -> Option<Parts<'t>> {
        let pages = self.leaves.len().div_ceil(most.max(1)).max(1);
        let part = |leaves: &[u32]| Some(Box::new(self.part(leaves.to_vec())?) as Box<dyn Part + 't>);
        self.leaves.chunks(pages).map(part).collect()
    }
}

/// Finds out what is to be read, unless it is left to the stepping reader.
fn prepare<'t>(
    connection: &Connection,
    database: &'t DatabaseFile,
    request: &Request<'t>,
) -> rusqlite::Result<Option<(Target<'t>, TableShape, Wanted)>> {
    let (Source::Table(name), None, Some(file)) = (request.source, request.at_most, &database.held) else {
        return Ok(None);
    };
    let mut header = [0; FILE_HEADER];
    let pages = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let layout = file.read_exact_at(&mut header, 0).ok().and_then(|()| Layout::of(&header, pages));
    let (Some(layout), Some(table)) = (layout, table::describe(connection, name)?) else { return Ok(None) };
    let asked = match request.filters {
        [] => Vec::new(),
        _ => match Conditions::of(request, &table)? {
            Some(conditions) => conditions.places,
            None => return Ok(None),
        },
    };
    let wanted = Wanted::of(request, &table, &asked)?;
    Ok(wanted.map(|wanted| (Target { database, file, layout }, table, wanted)))
}

/// Some leaf pages of a reading.
struct PagePart<'t> {
    target: Target<'t>,
    wanted: Arc<Wanted>,
    conditions: Option<Conditions>,
    leaves: Vec<u32>,
}

impl PagePart<'_> {
    fn read(&mut self, sink: Sink<'_>) -> Result<(), Fault> {
        let Target { file, layout, .. } = &self.target;
        let overflow = Overflow::new(file, layout);
        let mut rows = Rows::new((&self.wanted, layout), self.conditions.as_mut(), overflow, sink);
        runs::read(file, layout, &self.leaves, |number, page| rows.take_page(number, page))?;
        rows.finish()
    }
}

impl Part for PagePart<'_> {
    fn scan(&mut self, sink: Sink<'_>) -> Result<(), Vec<Diagnostic>> {
        let database = self.target.database;
        self.read(sink).map_err(|fault| fault.diagnostics(database))
    }
}
