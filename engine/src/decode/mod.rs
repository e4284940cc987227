//! Cells to values: what the project file says of a column, applied strictly. A floating-point number that is whole counts
//! as the integer, since spreadsheets and data frames write integers so; a text with digits never counts as a number.

mod decimal;
mod known;
mod time;

pub(crate) use decimal::whole;

use crate::batch::{Cell, RawColumn};
use crate::column::{Column, UNKNOWN, truth};
use crate::faults::Found;
use crate::texts::{MISSING, SharedTexts};
use known::KnownTexts;
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
    Text { known: KnownTexts },
    Enum { listed: FxHashMap<String, u32>, known: KnownTexts },
    Set { separator: String, known: KnownTexts },
}

/// The chosen rows of a column, and who hears of what cannot be read: its place among the chosen.
pub(crate) struct Chosen<'a> {
    pub(crate) raw: &'a RawColumn,
    pub(crate) rows: &'a [u32],
    pub(crate) texts: &'a SharedTexts,
    pub(crate) fault: &'a mut dyn FnMut(usize, Found),
}

impl<'a> Chosen<'a> {
    fn cells(&self) -> impl Iterator<Item = Cell<'a>> + use<'a> {
        let raw = self.raw;
        self.rows.iter().map(|row| raw.cell(*row as usize))
    }
}

impl Decoder {
    /// A decoder for columns of this kind. Days of unix times are days in `zone`, the plan's.
    pub(crate) fn new(kind: &FactKind, zone: Zone, texts: &SharedTexts) -> Self {
        let zone_of = |format: &TimeFormat| match format {
            TimeFormat::Unix | TimeFormat::UnixMillis | TimeFormat::UnixMicros => zone,
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
            FactKind::Text => Reading::Text { known: KnownTexts::default() },
            FactKind::Enum { values } => {
                let mut texts = texts.lock();
                let listed = values.iter().map(|value| (value.clone(), texts.intern(value))).collect();
                Reading::Enum { listed, known: KnownTexts::default() }
            }
            FactKind::Set { separator } => {
                Reading::Set { separator: separator.clone(), known: KnownTexts::default() }
            }
        };
        Self { reading }
    }

    /// Decodes the chosen rows, in the order chosen, into a column of the shape of this kind. What cannot be read is
    /// missing, and told.
    pub(crate) fn decode(&mut self, chosen: Chosen<'_>, out: &mut Column) {
        let texts = chosen.texts;
        match (&mut self.reading, out) {
            (Reading::Bool, Column::Bool(out)) => bools(chosen, out),
            (Reading::Decimal { decimals }, Column::Int { values, known }) => {
                let factor = 10_i64.checked_pow(*decimals);
                ints(chosen, (values, known), factor, |cell| decimal_of(cell, *decimals));
            }
            (Reading::WholeNumber, Column::Int { values, known }) => {
                ints(chosen, (values, known), Some(1), integer_of);
            }
            (Reading::DayOf { format, clock, zone }, Column::Int { values, known }) => {
                ints(chosen, (values, known), None, |cell| day_of(cell, *format, clock, *zone));
            }
            (Reading::Instant { format, clock }, Column::Int { values, known }) => {
                ints(chosen, (values, known), unit(*format), |cell| instant_of(cell, *format, clock));
            }
            (Reading::Text { known }, Column::Text(out)) => {
                codes(chosen, known, out, |text| Ok(texts.lock().intern(text)));
            }
            (Reading::Enum { listed, known }, Column::Text(out)) => codes(chosen, known, out, |text| {
                listed.get(text).copied().ok_or_else(|| Found::Unlisted(text.to_owned()))
            }),
            (Reading::Set { separator, known }, Column::Set(out)) => {
                codes(chosen, known, out, |text| {
                    let pieces = text.split(separator.as_str()).map(str::trim);
                    Ok(texts.lock().intern_set(pieces.filter(|piece| !piece.is_empty())))
                });
            }
            _ => crate::column::differing_shapes(),
        }
    }
}

impl Decoder {
    /// Decodes all rows of a column of integers, if nothing can be wrong with any of them; says whether it did.
    pub(crate) fn decode_integers(&self, raw: &RawColumn, out: &mut Vec<i64>) -> bool {
        let factor = match self.reading {
            Reading::Instant { format, .. } => unit(format),
            _ => None,
        };
        let (Some(factor), Some(integers)) = (factor, raw.integers()) else { return false };
        out.clear();
        out.extend(integers.iter().map(|number| number.wrapping_mul(factor)));
        integers.iter().all(|number| fits(*number, factor))
    }
}

/// Microseconds in one of the format's numbers, if it has numbers.
fn unit(format: TimeFormat) -> Option<i64> {
    match format {
        TimeFormat::Unix => Some(SECOND),
        TimeFormat::UnixMillis => Some(SECOND / 1_000),
        TimeFormat::UnixMicros => Some(1),
        TimeFormat::Iso(_) | TimeFormat::Date(_) => None,
    }
}

fn bools(chosen: Chosen<'_>, out: &mut Vec<u8>) {
    out.clear();
    out.extend(chosen.cells().enumerate().map(|(row, cell)| match bool_of(cell) {
        Ok(value) => value.map_or(UNKNOWN, truth),
        Err(found) => {
            (chosen.fault)(row, found);
            UNKNOWN
        }
    }));
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

/// Integers. `factor` is what an integer cell is to be multiplied with, if that is all there is to it.
fn ints(
    chosen: Chosen<'_>,
    (values, known): (&mut Vec<i64>, &mut Vec<bool>),
    factor: Option<i64>,
    mut read: impl FnMut(Cell<'_>) -> Result<i64, Found>,
) {
    values.clear();
    known.clear();
    if let (Some(factor), Some(integers)) = (factor, chosen.raw.integers())
        && integers.iter().all(|number| fits(*number, factor))
    {
        values.extend(chosen.rows.iter().map(|row| integers[*row as usize] * factor));
        known.resize(values.len(), true);
        return;
    }
    for (row, cell) in chosen.cells().enumerate() {
        let value = match cell {
            Cell::Null => None,
            cell => read(cell).map_err(|found| (chosen.fault)(row, found)).ok(),
        };
        values.push(value.unwrap_or(0));
        known.push(value.is_some());
    }
}

/// Whether a product certainly fits: both factors have less than 32 bits, or one is 1.
fn fits(number: i64, factor: i64) -> bool {
    factor == 1 || i32::try_from(factor).is_ok() && (number >> 32 == 0 || number >> 31 == -1)
}

fn codes(
    chosen: Chosen<'_>,
    known: &mut KnownTexts,
    out: &mut Vec<u32>,
    mut code: impl FnMut(&str) -> Result<u32, Found>,
) {
    let Chosen { raw, rows, fault, .. } = chosen;
    out.clear();
    out.extend(rows.iter().enumerate().map(|(at, row)| {
        let row = *row as usize;
        let result = match raw.text(row) {
            Some(bytes) => known.find(bytes, &mut code),
            None => match raw.cell(row) {
                Cell::Null => return MISSING,
                Cell::Integer(number) => code(&number.to_string()),
                cell => Err(form_of(cell)),
            },
        };
        result.unwrap_or_else(|found| {
            fault(at, found);
            MISSING
        })
    }));
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
        TimeFormat::UnixMicros => integer_of(cell),
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
        TimeFormat::Unix | TimeFormat::UnixMillis | TimeFormat::UnixMicros => {
            instant_of(cell, format, clock).map(day)
        }
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
