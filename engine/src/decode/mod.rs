//! Cells to values: what the project file says of a column, applied strictly. A floating-point number that is whole counts
//! as the integer, since spreadsheets and data frames write integers so; a text with digits never counts as a number.

mod decimal;
mod time;

pub(crate) use decimal::whole;

use crate::batch::{Cell, RawColumn};
use crate::column::{Column, UNKNOWN, truth};
use crate::faults::Found;
use crate::texts::{MISSING, Texts};
use rulec_plan::project::{FactKind, MoneyUnit, TimeFormat};
use rulec_plan::time::{Day, Instant, SECOND, Zone};
use rustc_hash::FxHashMap;
use time::{Clock, Written};

/// The decimals that a percentage is held to: a column's 20 means 20 % and becomes 200 000.
const PERCENT_DECIMALS: u32 = 4;

/// Reads the cells of one column.
#[derive(Debug)]
pub(crate) struct Decoder {
    reading: Reading,
}

/// One for each way to read, with what it remembers between batches.
#[derive(Debug)]
enum Reading {
    Bool,
    Decimal { decimals: u32 },
    WholeNumber,
    DayOf { format: TimeFormat, clock: Clock, zone: Zone },
    Instant { format: TimeFormat, clock: Clock },
    Text,
    Enum { listed: FxHashMap<String, u32> },
    Set { separator: String, known: FxHashMap<u32, u32> },
}

impl Decoder {
    /// A decoder for columns of this kind. Days of unix times are days in `zone`, the plan's.
    pub(crate) fn new(kind: &FactKind, zone: Zone, texts: &mut Texts) -> Self {
        let zone_of = |format: &TimeFormat| match format {
            TimeFormat::Unix | TimeFormat::UnixMillis => zone,
            TimeFormat::Iso(key) | TimeFormat::Date(key) => key.0,
        };
        let reading = match kind {
            FactKind::Bool => Reading::Bool,
            FactKind::Number { decimals } => Reading::Decimal { decimals: u32::from(*decimals) },
            FactKind::Money { unit: MoneyUnit::Cent } => Reading::Decimal { decimals: 0 },
            FactKind::Money { unit: MoneyUnit::Yuan } => Reading::Decimal { decimals: 2 },
            FactKind::Percent => Reading::Decimal { decimals: PERCENT_DECIMALS },
            FactKind::Days => Reading::WholeNumber,
            FactKind::Date { format } => {
                let zone = zone_of(format);
                Reading::DayOf { format: *format, clock: Clock::new(zone), zone }
            }
            FactKind::Time { format } => {
                Reading::Instant { format: *format, clock: Clock::new(zone_of(format)) }
            }
            FactKind::Text => Reading::Text,
            FactKind::Enum { values } => {
                let listed = values.iter().map(|value| (value.clone(), texts.intern(value))).collect();
                Reading::Enum { listed }
            }
            FactKind::Set { separator } => {
                Reading::Set { separator: separator.clone(), known: FxHashMap::default() }
            }
        };
        Self { reading }
    }

    /// Decodes the chosen rows of a batch, in the order chosen. What cannot be read is missing, and told to `fault` with
    /// its place among the chosen.
    pub(crate) fn decode(
        &mut self,
        raw: &RawColumn,
        rows: &[u32],
        texts: &mut Texts,
        fault: &mut dyn FnMut(usize, Found),
    ) -> Column {
        let cells = rows.iter().map(|row| raw.cell(*row as usize));
        match &mut self.reading {
            Reading::Bool => bools(cells, fault),
            Reading::Decimal { decimals } => ints(cells, fault, |cell| decimal_of(cell, *decimals)),
            Reading::WholeNumber => ints(cells, fault, integer_of),
            Reading::DayOf { format, clock, zone } => {
                ints(cells, fault, |cell| day_of(cell, *format, clock, *zone))
            }
            Reading::Instant { format, clock } => ints(cells, fault, |cell| instant_of(cell, *format, clock)),
            Reading::Text => codes(cells, fault, |text| Ok(texts.intern(text))),
            Reading::Enum { listed } => codes(cells, fault, |text| {
                listed.get(text).copied().ok_or_else(|| Found::Unlisted(text.to_owned()))
            }),
            Reading::Set { separator, known } => {
                let Column::Text(sets) =
                    codes(cells, fault, |text| Ok(set_of(text, separator, known, texts)))
                else {
                    crate::column::differing_shapes()
                };
                Column::Set(sets)
            }
        }
    }
}

fn bools<'c>(cells: impl Iterator<Item = Cell<'c>>, fault: &mut dyn FnMut(usize, Found)) -> Column {
    let values = cells.enumerate().map(|(row, cell)| match bool_of(cell) {
        Ok(value) => value.map_or(UNKNOWN, truth),
        Err(found) => {
            fault(row, found);
            UNKNOWN
        }
    });
    Column::Bool(values.collect())
}

fn bool_of(cell: Cell<'_>) -> Result<Option<bool>, Found> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Text(text) if text.eq_ignore_ascii_case(b"true") => Ok(Some(true)),
        Cell::Text(text) if text.eq_ignore_ascii_case(b"false") => Ok(Some(false)),
        cell => match integer_of(cell)? {
            0 => Ok(Some(false)),
            1 => Ok(Some(true)),
            _ => Err(form_of(cell)),
        },
    }
}

fn ints<'c>(
    cells: impl ExactSizeIterator<Item = Cell<'c>>,
    fault: &mut dyn FnMut(usize, Found),
    mut read: impl FnMut(Cell<'c>) -> Result<i64, Found>,
) -> Column {
    let mut values = Vec::with_capacity(cells.len());
    let mut known = Vec::with_capacity(cells.len());
    for (row, cell) in cells.enumerate() {
        let value = match cell {
            Cell::Null => None,
            cell => read(cell).map_err(|found| fault(row, found)).ok(),
        };
        values.push(value.unwrap_or(0));
        known.push(value.is_some());
    }
    Column::Int { values, known }
}

fn codes<'c>(
    cells: impl Iterator<Item = Cell<'c>>,
    fault: &mut dyn FnMut(usize, Found),
    mut code: impl FnMut(&str) -> Result<u32, Found>,
) -> Column {
    let read = cells.enumerate().map(|(row, cell)| {
        let result = match cell {
            Cell::Null => return MISSING,
            Cell::Integer(number) => code(&number.to_string()),
            Cell::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| Found::NotUtf8).and_then(&mut code),
            cell => Err(form_of(cell)),
        };
        result.unwrap_or_else(|found| {
            fault(row, found);
            MISSING
        })
    });
    Column::Text(read.collect())
}

/// The set that a text holds: its pieces trimmed, without empty ones.
fn set_of(text: &str, separator: &str, known: &mut FxHashMap<u32, u32>, texts: &mut Texts) -> u32 {
    let whole = texts.intern(text);
    *known.entry(whole).or_insert_with(|| {
        let pieces = text.split(separator).map(str::trim).filter(|piece| !piece.is_empty());
        texts.intern_set(pieces)
    })
}

fn decimal_of(cell: Cell<'_>, decimals: u32) -> Result<i64, Found> {
    match cell {
        Cell::Integer(number) => decimal::scale_integer(number, decimals).ok_or(Found::TooLarge),
        Cell::Real(number) => decimal::scale_real(number, decimals).ok_or(Found::TooLarge),
        cell => Err(form_of(cell)),
    }
}

fn integer_of(cell: Cell<'_>) -> Result<i64, Found> {
    match cell {
        Cell::Integer(number) => Ok(number),
        Cell::Real(number) => whole(number).ok_or(Found::Real),
        cell => Err(form_of(cell)),
    }
}

fn instant_of(cell: Cell<'_>, format: TimeFormat, clock: &mut Clock) -> Result<i64, Found> {
    match format {
        TimeFormat::Unix => integer_of(cell)?.checked_mul(SECOND).ok_or(Found::TooLarge),
        TimeFormat::UnixMillis => integer_of(cell)?.checked_mul(SECOND / 1_000).ok_or(Found::TooLarge),
        TimeFormat::Iso(_) => Ok(clock.instant(written_of(cell)?).0),
        TimeFormat::Date(_) => {
            let written = written_of(cell)?;
            if written.has_time {
                return Err(form_of(cell));
            }
            Ok(clock.start_of(written.day).0)
        }
    }
}

/// The day as written where no offset is written; else the day of that instant in the zone of the format.
fn day_of(cell: Cell<'_>, format: TimeFormat, clock: &mut Clock, zone: Zone) -> Result<i64, Found> {
    let day = |instant: i64| i64::from(zone.day_of(Instant(instant)).0);
    match format {
        TimeFormat::Unix | TimeFormat::UnixMillis => instant_of(cell, format, clock).map(day),
        TimeFormat::Iso(_) | TimeFormat::Date(_) => {
            let written = written_of(cell)?;
            match written.offset {
                None => Ok(i64::from(written.day.0)),
                Some(_) => Ok(day(clock.instant(written).0)),
            }
        }
    }
}

fn written_of(cell: Cell<'_>) -> Result<Written, Found> {
    match cell {
        Cell::Text(text) => time::parse(text).ok_or_else(|| form_of(cell)),
        cell => Err(form_of(cell)),
    }
}

/// What a cell looks like, without its value. NULL is always readable, as missing, and so never asked about.
pub(crate) fn form_of(cell: Cell<'_>) -> Found {
    match cell {
        Cell::Null | Cell::Integer(_) => Found::Integer,
        Cell::Real(_) => Found::Real,
        Cell::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Found::Text { characters: text.chars().count() },
            Err(_) => Found::NotUtf8,
        },
        Cell::Blob(bytes) => Found::Blob { bytes: bytes.len() },
    }
}

/// Whether an ISO text has a time of day; `None` for any other text.
pub(crate) fn has_time(text: &[u8]) -> Option<bool> {
    time::parse(text).map(|written| written.has_time)
}

/// The range that days of a plan may lie in, as integers.
pub(crate) fn in_day_range(day: i64) -> Option<Day> {
    i32::try_from(day).ok().map(Day).filter(|day| (Day::MIN..=Day::MAX).contains(day))
}

#[cfg(test)]
mod tests;
