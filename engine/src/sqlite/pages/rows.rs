//! From leaf pages to batches.
//!
//! The records of a page are first found, then those too early and those that fulfil no condition are dropped, then each
//! column is taken from all of them in turn: each of these loops is short and keeps what it needs in registers, and what
//! comes out is columns anyway.

use super::conditions::{Asked, Conditions};
use super::cuts::Cuts;
use super::fault::Fault;
use super::layout::{Layout, u16_at};
use super::overflow::Overflow;
use super::record::{PADDING, skip_varint, varint};
use super::tree::LEAF;
use super::wanted::{Bound, Wanted};
use crate::batch::{BATCH_ROWS, Batch};
use crate::source::{NotBefore, Sink};
use std::ops::Range;

const LEAF_HEADER: usize = 8;

/// Takes rows from pages and hands on batches.
pub(super) struct Rows<'s> {
    wanted: &'s Wanted,
    layout: &'s Layout,
    conditions: Option<&'s mut Conditions>,
    overflow: Overflow<'s>,
    batch: Batch,
    sink: Sink<'s>,
    cuts: Cuts<'s>,
    found: Found,
}

/// Records that were found; their columns are yet to be taken. What stands behind the last one is of earlier pages.
#[derive(Debug, Default)]
struct Found {
    count: usize,
    records: Vec<Record>,
}

/// What is known of a record before its columns are taken.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    /// Where it begins.
    start: u32,
    /// The number of its cut.
    cut: u32,
    /// 0 if it is of no use.
    rowid: i64,
    /// Which conditions it fulfils, the first as the lowest bit.
    answers: u64,
}

impl Found {
    /// Nothing was found yet, and there is room for so many.
    fn begin(&mut self, most: usize) {
        self.count = 0;
        if self.records.len() < most {
            self.records.resize(most, Record::default());
        }
    }

    /// Keeps some of them, without a branch: which they are is hard to foresee.
    #[inline(always)]
    fn keep(&mut self, mut is_kept: impl FnMut(&mut Record) -> Result<bool, Fault>) -> Result<(), Fault> {
        let records = &mut self.records[..self.count];
        let mut kept = 0;
        for at in 0..records.len() {
            let mut record = records[at];
            let is_kept = is_kept(&mut record)?;
            records[kept] = record;
            kept += usize::from(is_kept);
        }
        self.count = kept;
        Ok(())
    }
}

impl<'s> Rows<'s> {
    pub(super) fn new(
        (wanted, layout): (&'s Wanted, &'s Layout),
        conditions: Option<&'s mut Conditions>,
        overflow: Overflow<'s>,
        sink: Sink<'s>,
    ) -> Self {
        let batch = Batch::new(wanted.columns, wanted.filters);
        let (cuts, found) = (Cuts::new(wanted), Found::default());
        Self { wanted, layout, conditions, overflow, batch, sink, cuts, found }
    }

    /// Takes all rows of a leaf page, which is followed by padding.
    pub(super) fn take_page(&mut self, number: u32, page: &[u8]) -> Result<(), Fault> {
        let header = Layout::tree_header(number);
        let cells = usize::from(u16_at(page, header + 3).ok_or(Fault::Damaged)?);
        let pointers = header + LEAF_HEADER;
        if page[header] != LEAF || pointers + 2 * cells > self.layout.usable {
            return Err(Fault::Damaged);
        }
        self.cuts.begin_page();
        let (mut cells, _) = page[pointers..pointers + 2 * cells].as_chunks();
        loop {
            self.find_records(page, cells).ok_or(Fault::Damaged)?;
            cells = &cells[self.found.count..];
            self.take_records(page)?;
            let Some((overflowing, rest)) = cells.split_first() else { return Ok(()) };
            self.take_overflowing(page, *overflowing)?;
            cells = rest;
        }
    }

    /// Finds the records of these cells, up to the first that does not lie on the page as a whole.
    fn find_records(&mut self, page: &[u8], cells: &[[u8; 2]]) -> Option<()> {
        let usable = self.layout.usable;
        let uses_rowid = self.wanted.uses_rowid();
        self.found.begin(cells.len());
        let Found { count, records } = &mut self.found;
        for (cell, record) in cells.iter().zip(records) {
            let mut at = usize::from(u16::from_be_bytes(*cell));
            let payload = varint(page, &mut at)?;
            let rowid = if uses_rowid {
                varint(page, &mut at)?.cast_signed()
            } else {
                skip_varint(page, &mut at)?;
                0
            };
            // A payload that fits on any page needs no arithmetic.
            if payload > (usable - 35) as u64 {
                break;
            }
            let end = at + payload as usize;
            if end > usable {
                return None;
            }
            let cut = self.cuts.of(page, (at, end))?;
            *record = Record { start: at as u32, cut, rowid, answers: 0 };
            *count += 1;
        }
        Some(())
    }

    /// Takes a record that goes on on other pages.
    #[cold]
    fn take_overflowing(&mut self, page: &[u8], cell: [u8; 2]) -> Result<(), Fault> {
        let mut at = usize::from(u16::from_be_bytes(cell));
        let payload = varint(page, &mut at).ok_or(Fault::Damaged)?;
        let rowid = varint(page, &mut at).ok_or(Fault::Damaged)?.cast_signed();
        let mut record = self.overflow.record(&page[..self.layout.usable], at, payload)?;
        let end = record.len();
        record.resize(end + PADDING, 0);
        let cut = self.cuts.of(&record, (0, end)).ok_or(Fault::Damaged)?;
        self.found.begin(1);
        self.found.count = 1;
        self.found.records[0] = Record { start: 0, cut, rowid, answers: 0 };
        self.take_records(&record)?;
        self.overflow.give_back(record);
        Ok(())
    }

    /// Takes the rows that were found, which all lie in these bytes.
    fn take_records(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.drop_early(bytes)?;
        self.answer_conditions(bytes)?;
        let mut rows = 0..self.found.count;
        while !rows.is_empty() {
            let end = rows.end.min(rows.start + BATCH_ROWS - self.batch.rows);
            self.take_columns(bytes, rows.start..end).ok_or(Fault::Damaged)?;
            rows.start = end;
            if self.batch.rows == BATCH_ROWS {
                self.hand_on()?;
            }
        }
        Ok(())
    }

    /// Drops rows with a value that is too early.
    fn drop_early(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if let Some(Bound(bound)) = self.wanted.rowid_bound {
            self.found.keep(|record| Ok(record.rowid >= bound))?;
        }
        let Some((take, Bound(bound))) = self.wanted.bounded else { return Ok(()) };
        let (decoding, fields) = (&self.wanted.takes[take].decoding, self.cuts.fields(take));
        self.found.keep(|record| {
            let field = fields[record.cut as usize].of_record(record.start);
            match field.plain_integer(bytes) {
                Some(number) if !decoding.is_real => Ok(number >= bound),
                _ => match decoding.cell(bytes, field) {
                    Some(cell) => Ok(!NotBefore::drops(bound, cell)),
                    None => Err(Fault::Damaged),
                },
            }
        })
    }

    /// Finds out which conditions rows fulfil, and drops those that fulfil none, if they are of no use.
    fn answer_conditions(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Some(conditions) = &mut self.conditions else { return Ok(()) };
        let Wanted { takes, asked, only_filtered, .. } = self.wanted;
        let keeps_all = !only_filtered;
        let cuts = &self.cuts;
        let one = asked.first().filter(|_| asked.len() == 1).map(|take| cuts.fields(*take));
        self.found.keep(|record| {
            let Record { start, cut, .. } = *record;
            let recent = match one {
                Some(fields) => conditions.recent_of_one(bytes, fields[cut as usize].of_record(start)),
                None => None,
            };
            record.answers = match recent {
                Some(answers) => answers,
                None => {
                    let field = &|take: usize| cuts.fields(take)[cut as usize].of_record(start);
                    conditions.answer(Asked { bytes, takes, asked, field })?
                }
            };
            Ok(keeps_all | (record.answers != 0))
        })
    }

    /// Takes the columns of these of the rows that were found, for which the batch has room. `None` for a damaged record.
    fn take_columns(&mut self, bytes: &[u8], rows: Range<usize>) -> Option<()> {
        let records = &self.found.records[rows];
        for (place, take) in self.wanted.takes.iter().enumerate() {
            let Some(slot) = take.slot else { continue };
            let column = &mut self.batch.columns[slot];
            let cuts = self.cuts.fields(place);
            let field = |record: &Record| cuts[record.cut as usize].of_record(record.start);
            let integer = |record: &Record| field(record).stored_integer(bytes);
            if take.decoding.is_real || !column.extend_if_integers(records, integer) {
                for record in records {
                    take.decoding.push(bytes, field(record), column)?;
                }
            }
        }
        if let Some(slot) = self.wanted.rowid {
            self.batch.columns[slot].extend_integers(records.iter().map(|record| record.rowid));
        }
        for (place, filter) in self.batch.filters.iter_mut().enumerate() {
            filter.extend(records.iter().map(|record| record.answers >> place & 1 == 1));
        }
        self.batch.rows += records.len();
        Some(())
    }

    fn hand_on(&mut self) -> Result<(), Fault> {
        (self.sink)(&self.batch).map_err(Fault::Sink)?;
        self.batch.clear();
        Ok(())
    }

    /// Hands on what is left.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        if self.batch.rows > 0 { self.hand_on() } else { Ok(()) }
    }
}
