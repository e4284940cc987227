//! Which columns of a record are taken, and what for.

use super::record::Decoding;
use super::table::TableShape;
use super::twin::Twin;
use crate::source::{NotBefore, Request};
use rusqlite::types::Value;

/// What is taken from each record.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// In the order of the record.
    pub(super) takes: Vec<Take>,
    /// How many columns of the record come before the end of the last one taken.
    pub(super) reach: usize,
    /// The take that drops rows.
    pub(super) bounded: Option<(usize, Bound)>,
    /// The column of the batch that gets the rowid.
    pub(super) rowid: Option<usize>,
    /// Rows with a lower rowid are dropped.
    pub(super) rowid_bound: Option<Bound>,
    /// For conditions: indices of takes.
    pub(super) asked: Vec<usize>,
    /// How many conditions there are.
    pub(super) filters: usize,
    pub(super) only_filtered: bool,
    /// How many columns the batch has.
    pub(super) columns: usize,
}

/// A column of the record.
#[derive(Debug, Clone)]
pub(super) struct Take {
    /// How many columns of the record lie between the one taken before and this one.
    pub(super) skipped: usize,
    pub(super) decoding: Decoding,
    /// The column of the batch that gets its values.
    pub(super) slot: Option<usize>,
}

/// What a value of [`crate::source::NotBefore`] must not be below.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound(pub(super) i64);

impl Wanted {
    /// For a request, with the places of the columns that its conditions read. `None` where it cannot be answered so.
    pub(super) fn of(
        request: &Request<'_>,
        table: &TableShape,
        asked: &[usize],
    ) -> rusqlite::Result<Option<Self>> {
        let found: Option<Vec<usize>> = request.columns.iter().map(|name| table.place(name)).collect();
        let Some(slots) = found else { return Ok(None) };
        let is_rowid = |place: usize| table.columns[place].is_rowid;
        if asked.iter().any(|place| is_rowid(*place)) {
            return Ok(None);
        }
        let mut places: Vec<usize> =
            slots.iter().chain(asked).copied().filter(|place| !is_rowid(*place)).collect();
        places.sort_unstable();
        places.dedup();
        let takes = takes(&places, &slots, table)?;
        let take_at = |place: usize| places.binary_search(&place).ok();
        let bound =
            request.not_before.map(|NotBefore { column, bound }| (take_at(slots[column]), Bound(bound)));
        Ok(Some(Self {
            reach: places.last().map_or(0, |last| last + 1),
            bounded: bound.and_then(|(take, bound)| Some((take?, bound))),
            takes,
            rowid: slots.iter().position(|place| is_rowid(*place)),
            rowid_bound: bound.and_then(|(take, bound)| take.is_none().then_some(bound)),
            asked: asked.iter().filter_map(|place| take_at(*place)).collect(),
            filters: request.filters.len(),
            only_filtered: request.only_filtered,
            columns: slots.len(),
        }))
    }

    /// Whether rowids are of use.
    pub(super) fn uses_rowid(&self) -> bool {
        self.rowid.is_some()
    }
}

fn takes(places: &[usize], slots: &[usize], table: &TableShape) -> rusqlite::Result<Vec<Take>> {
    let with_default = places.iter().any(|place| table.columns[*place].has_default);
    let defaults = if with_default { Some(Twin::of(table)?.defaults(table)?) } else { None };
    let mut next = 0;
    let take = |place: &usize| {
        let skipped = place - next;
        next = place + 1;
        let default = defaults.as_ref().map_or(Value::Null, |defaults| defaults[*place].clone());
        let decoding = Decoding { is_real: table.columns[*place].is_real(), default };
        Take { skipped, decoding, slot: slots.iter().position(|slot| slot == place) }
    };
    Ok(places.iter().map(take).collect())
}
