//! From leaf pages to batches.
//!
//! The rows of a page are first found and chosen, then each column is taken from all of them in turn: the state of one
//! column stays in registers that way, and what comes out is a column anyway.

use super::conditions::Conditions;
use super::fault::Fault;
use super::layout::{Layout, u16_at};
use super::overflow::Overflow;
use super::record::{Field, Header, PADDING, short_fields, skip_varint, varint};
use super::tree::LEAF;
use super::wanted::{Bound, Take, Wanted};
use crate::batch::{BATCH_ROWS, Batch, Cell};
use crate::source::{NotBefore, Sink};

const LEAF_HEADER: usize = 8;

/// Takes rows from pages and hands on batches.
pub(super) struct Rows<'s> {
    wanted: &'s Wanted,
    layout: &'s Layout,
    conditions: Option<&'s mut Conditions>,
    overflow: Overflow<'s>,
    batch: Batch,
    sink: Sink<'s>,
    found: Found,
}

/// Rows that were found and chosen; their columns are yet to be taken.
struct Found {
    rows: usize,
    /// Row after row.
    fields: Vec<Field>,
    /// Of the record that is being looked at.
    all: [Field; PADDING],
    rowids: Vec<i64>,
    /// Which conditions they fulfil.
    answers: Vec<u64>,
}

impl<'s> Rows<'s> {
    pub(super) fn new(
        (wanted, layout): (&'s Wanted, &'s Layout),
        conditions: Option<&'s mut Conditions>,
        overflow: Overflow<'s>,
        sink: Sink<'s>,
    ) -> Self {
        let found = Found {
            rows: 0,
            all: [Field::default(); PADDING],
            fields: vec![Field::default(); wanted.takes.len() * BATCH_ROWS],
            rowids: vec![0; BATCH_ROWS],
            answers: vec![0; BATCH_ROWS],
        };
        let batch = Batch::new(wanted.columns, wanted.filters);
        Self { wanted, layout, conditions, overflow, batch, sink, found }
    }

    /// Takes all rows of a leaf page, which is followed by padding.
    pub(super) fn take_page(&mut self, number: u32, page: &[u8]) -> Result<(), Fault> {
        let header = Layout::tree_header(number);
        let cells = usize::from(u16_at(page, header + 3).ok_or(Fault::Damaged)?);
        let pointers = header + LEAF_HEADER;
        if page[header] != LEAF || pointers + 2 * cells > self.layout.usable {
            return Err(Fault::Damaged);
        }
        for pointer in page[pointers..pointers + 2 * cells].chunks_exact(2) {
            let cell = usize::from(u16::from_be_bytes([pointer[0], pointer[1]]));
            self.take_cell(page, cell)?;
        }
        self.take_columns(page)
    }

    #[inline(always)]
    fn take_cell(&mut self, page: &[u8], cell: usize) -> Result<(), Fault> {
        let mut at = cell;
        let Some(payload) = varint(page, &mut at) else { return Err(Fault::Damaged) };
        let Some(rowid) = self.rowid(page, &mut at) else { return Err(Fault::Damaged) };
        let usable = self.layout.usable;
        // A payload that fits on any page needs no arithmetic.
        if payload > (usable - 35) as u64 {
            return self.take_overflowing(page, (at, payload), rowid);
        }
        let end = at + payload as usize;
        if end > usable {
            return Err(Fault::Damaged);
        }
        self.take_record(page, (at, end), rowid)
    }

    /// The rowid if it is of use, else 0.
    #[inline(always)]
    fn rowid(&self, page: &[u8], at: &mut usize) -> Option<i64> {
        if self.wanted.uses_rowid() {
            varint(page, at).map(u64::cast_signed)
        } else {
            skip_varint(page, at).map(|()| 0)
        }
    }

    /// The record is put together elsewhere, so the rows before it on this page are finished first.
    #[cold]
    fn take_overflowing(
        &mut self,
        page: &[u8],
        (at, payload): (usize, u64),
        rowid: i64,
    ) -> Result<(), Fault> {
        self.take_columns(page)?;
        let mut record = self.overflow.record(&page[..self.layout.usable], at, payload)?;
        let end = record.len();
        record.resize(end + PADDING, 0);
        self.take_record(&record, (0, end), rowid)?;
        self.take_columns(&record)?;
        self.overflow.give_back(record);
        Ok(())
    }

    /// Finds the fields of a record, and chooses it or not.
    #[inline(always)]
    fn take_record(&mut self, bytes: &[u8], (start, end): (usize, usize), rowid: i64) -> Result<(), Fault> {
        let wanted = self.wanted;
        let width = wanted.takes.len();
        let row = self.found.rows;
        let fields = &mut self.found.fields[row * width..][..width];
        let all = &mut self.found.all;
        let Some(is_kept) = find_fields(wanted, (fields, all), bytes, (start, end)) else {
            return Err(Fault::Damaged);
        };
        let is_early = wanted.rowid_bound.is_some_and(|bound| bound.drops(Cell::Integer(rowid)));
        if !is_kept || is_early {
            return Ok(());
        }
        if let Some(conditions) = &mut self.conditions {
            let answers = match conditions.recent(bytes, fields, &wanted.asked) {
                Some(answers) => answers,
                None => conditions.answer(bytes, fields, (&wanted.takes, &wanted.asked))?,
            };
            if wanted.only_filtered && answers == 0 {
                return Ok(());
            }
            self.found.answers[row] = answers;
        }
        self.found.rowids[row] = rowid;
        self.found.rows += 1;
        if self.batch.rows + self.found.rows == BATCH_ROWS { self.take_columns(bytes) } else { Ok(()) }
    }

    /// Takes the columns of the rows that were found, which all lie in these bytes.
    fn take_columns(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Found { rows, fields, rowids, answers, .. } = &mut self.found;
        let (rows, width) = (std::mem::take(rows), self.wanted.takes.len());
        for (place, take) in self.wanted.takes.iter().enumerate() {
            let Some(slot) = take.slot else { continue };
            let column = &mut self.batch.columns[slot];
            let field = |row: usize| fields[row * width + place];
            let integer = |row| field(row).plain_integer(bytes);
            let integers =
                if take.decoding.is_real { 0 } else { column.extend_while_integers(rows, integer) };
            for row in integers..rows {
                if take.decoding.push(bytes, field(row), column).is_none() {
                    return Err(Fault::Damaged);
                }
            }
        }
        if let Some(slot) = self.wanted.rowid {
            let column = &mut self.batch.columns[slot];
            rowids[..rows].iter().for_each(|rowid| column.push(Cell::Integer(*rowid)));
        }
        for (place, filter) in self.batch.filters.iter_mut().enumerate() {
            filter.extend(answers[..rows].iter().map(|answers| answers >> place & 1 == 1));
        }
        self.batch.rows += rows;
        if self.batch.rows == BATCH_ROWS { self.hand_on() } else { Ok(()) }
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

/// Finds the fields of a record, unless a value among them is too early: then it says false. `None` for a damaged record.
#[inline(always)]
fn find_fields(
    wanted: &Wanted,
    (fields, all): (&mut [Field], &mut [Field; PADDING]),
    bytes: &[u8],
    (start, end): (usize, usize),
) -> Option<bool> {
    if short_fields(bytes, (start, end), wanted.reach, all).is_some() {
        for (take, field) in wanted.takes.iter().zip(&mut *fields) {
            *field = all[take.column % all.len()];
        }
        let Some(bounded) = wanted.bounded else { return Some(true) };
        let Take { bound, decoding, .. } = &wanted.takes[bounded];
        let cell = decoding.cell(bytes, fields[bounded])?;
        return Some(!bound.is_some_and(|bound| bound.drops(cell)));
    }
    find_any_fields(wanted, fields, bytes, (start, end))
}

/// Likewise for a record with a long header.
fn find_any_fields(
    wanted: &Wanted,
    fields: &mut [Field],
    bytes: &[u8],
    (start, end): (usize, usize),
) -> Option<bool> {
    let mut header = Header::of(bytes, start, end)?;
    for (take, field) in wanted.takes.iter().zip(fields) {
        for _ in 0..take.skipped {
            header.next()?;
        }
        *field = header.next()?;
        if let Some(bound) = take.bound {
            if !header.is_sound() {
                return None;
            }
            if bound.drops(take.decoding.cell(bytes, *field)?) {
                return Some(false);
            }
        }
    }
    header.is_sound().then_some(true)
}

impl Bound {
    #[inline(always)]
    fn drops(&self, cell: Cell<'_>) -> bool {
        NotBefore::drops(self.0, cell)
    }
}
