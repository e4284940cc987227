//! Rows as they stand on a page: a header of types, then the values («Database File Format», section 2).

use crate::batch::{Cell, RawColumn};

/// So many bytes follow every record in its buffer, so that a fixed number can be loaded wherever a value begins.
pub(super) const PADDING: usize = 16;

/// The type of a value that the record is too short for: its column was added after the row.
const ABSENT: u32 = u32::MAX;

/// Reads a number of one to nine bytes, and goes past it.
#[inline(always)]
pub(super) fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    *at += 1;
    if first < 0x80 { Some(u64::from(first)) } else { long_varint(bytes, at, first) }
}

fn long_varint(bytes: &[u8], at: &mut usize, first: u8) -> Option<u64> {
    let mut number = u64::from(first & 0x7F);
    for _ in 0..7 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number = number << 7 | u64::from(byte & 0x7F);
        if byte < 0x80 {
            return Some(number);
        }
    }
    let byte = *bytes.get(*at)?;
    *at += 1;
    Some(number << 8 | u64::from(byte))
}

/// Goes past a number of one to nine bytes, all of which are loaded at once: the first without its highest bit is the last.
#[inline(always)]
pub(super) fn skip_varint(bytes: &[u8], at: &mut usize) -> Option<()> {
    let loaded = u64::from_le_bytes(*bytes.get(*at..)?.first_chunk()?);
    let ends = !loaded & 0x8080_8080_8080_8080;
    *at += if ends == 0 { 9 } else { ends.trailing_zeros() as usize / 8 + 1 };
    Some(())
}

/// How many bytes values have whose type is one byte.
const LENGTHS: [u8; 128] = {
    let mut lengths = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0].as_slice();
    let mut all = [0; 128];
    let mut serial = 0;
    while serial < 128 {
        all[serial] = match lengths.split_first() {
            Some((length, rest)) => {
                lengths = rest;
                *length
            }
            None => ((serial - 12) / 2) as u8,
        };
        serial += 1;
    }
    all
};

/// The lowest bytes of a number, by how many they are.
const MASKS: [u128; PADDING + 1] = {
    let mut masks = [0; PADDING + 1];
    let mut length = 1;
    while length <= PADDING {
        masks[length] = masks[length - 1] << 8 | 0xFF;
        length += 1;
    }
    masks
};

/// So many of the lowest bytes of a number; `None` where it has not so many.
#[inline(always)]
pub(super) fn lowest_bytes(length: usize) -> Option<u128> {
    MASKS.get(length).copied()
}

/// How many bytes a value of this type has.
#[inline(always)]
fn length(serial: u64) -> u64 {
    match LENGTHS.get(serial as usize) {
        Some(length) => u64::from(*length),
        None => (serial - 12) / 2,
    }
}

/// Where a value stands, and its type.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Field {
    serial: u32,
    start: u32,
}

/// How the values of a column come out of records.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoding {
    /// Whole numbers of a column with REAL affinity are stored as integers, and are floating-point numbers all the same.
    pub(super) is_real: bool,
    /// What rows have that were written before the column was added.
    pub(super) default: rusqlite::types::Value,
}

impl Decoding {
    fn default(&self) -> Cell<'_> {
        use rusqlite::types::Value;
        match &self.default {
            Value::Null => Cell::Null,
            Value::Integer(number) => Cell::Integer(*number),
            Value::Real(number) => Cell::Real(*number),
            Value::Text(text) => Cell::Text(text.as_bytes()),
            Value::Blob(bytes) => Cell::Blob(bytes),
        }
    }

    /// The value of a field; `None` for a type that there is not, and for one that does not fit into these bytes.
    pub(super) fn cell<'a>(&'a self, bytes: &'a [u8], field: Field) -> Option<Cell<'a>> {
        let number =
            |number: i64| if self.is_real { Cell::Real(number as f64) } else { Cell::Integer(number) };
        Some(match field.serial {
            0 => Cell::Null,
            1..=6 => number(field.integer(bytes)?),
            7 => field.real(bytes)?,
            8 | 9 => number(i64::from(field.serial) - 8),
            10 | 11 => return None,
            ABSENT => self.default(),
            serial if serial % 2 == 0 => Cell::Blob(field.bytes(bytes)?),
            _ => Cell::Text(field.bytes(bytes)?),
        })
    }

    /// Appends the value of a field to a column.
    #[inline(always)]
    pub(super) fn push(&self, bytes: &[u8], field: Field, column: &mut RawColumn) -> Option<()> {
        match field.serial {
            1..=6 | 8 | 9 if !self.is_real => column.push_integer(field.plain_integer(bytes)?),
            serial @ 13..=45 if serial % 2 == 1 => {
                let padded = bytes.get(field.start as usize..)?.first_chunk()?;
                column.push_short_text(padded, (serial as usize - 13) / 2);
            }
            _ => return self.push_other(bytes, field, column),
        }
        Some(())
    }

    fn push_other(&self, bytes: &[u8], field: Field, column: &mut RawColumn) -> Option<()> {
        column.push(self.cell(bytes, field)?);
        Some(())
    }
}

impl Field {
    /// The same in the bytes in which the record begins here.
    #[inline(always)]
    pub(super) fn of_record(self, start: u32) -> Self {
        Self { serial: self.serial, start: self.start.wrapping_add(start) }
    }

    /// The value, if it is an integer and no floating-point number that is stored as one.
    #[inline(always)]
    pub(super) fn plain_integer(self, bytes: &[u8]) -> Option<i64> {
        match self.serial {
            1..=6 => self.integer(bytes),
            8 | 9 => Some(i64::from(self.serial) - 8),
            _ => None,
        }
    }

    /// The value, if its type is one of those that integers with bytes have.
    #[inline(always)]
    pub(super) fn stored_integer(self, bytes: &[u8]) -> Option<i64> {
        if matches!(self.serial, 1..=6) { self.integer(bytes) } else { None }
    }

    /// Integers have up to eight bytes, the highest first: eight are loaded, and those that are too many shifted out.
    #[inline(always)]
    fn integer(self, bytes: &[u8]) -> Option<i64> {
        const SHIFTS: [u8; 8] = [0, 56, 48, 40, 32, 16, 0, 0];
        let start = self.start as usize;
        let loaded = bytes.get(start..start + size_of::<i64>())?.first_chunk()?;
        Some(i64::from_be_bytes(*loaded) >> SHIFTS[self.serial as usize & 7])
    }

    /// What is not a number is NULL for SQLite.
    fn real(self, bytes: &[u8]) -> Option<Cell<'static>> {
        let number = f64::from_be_bytes(*bytes.get(self.start as usize..)?.first_chunk()?);
        Some(if number.is_nan() { Cell::Null } else { Cell::Real(number) })
    }

    /// The bytes of the value, whatever its type; `None` for one that is absent.
    fn bytes(self, bytes: &[u8]) -> Option<&[u8]> {
        let length = length(u64::from(self.serial)) as usize;
        bytes.get(self.start as usize..)?.get(..length)
    }

    /// The stored form of the value, packed so that different ones differ, if it is short enough.
    #[inline(always)]
    pub(super) fn packed(self, bytes: &[u8]) -> Option<(u128, u32)> {
        if self.serial >= 128 {
            return (self.serial == ABSENT).then_some((127, 8));
        }
        let length = LENGTHS[self.serial as usize];
        // With its type it must fit into the number.
        let mask = lowest_bytes(usize::from(length) + 1)? >> 8;
        let kept = u128::from_le_bytes(*bytes.get(self.start as usize..)?.first_chunk()?) & mask;
        Some((kept << 8 | u128::from(self.serial), 8 * (u32::from(length) + 1)))
    }

    /// The same number for a value of up to seven bytes, which is what most are.
    #[inline(always)]
    pub(super) fn packed_word(self, bytes: &[u8]) -> Option<u64> {
        let bits = 8 * u32::from(*LENGTHS.get(self.serial as usize)?);
        let start = self.start as usize;
        let loaded = u64::from_le_bytes(*bytes.get(start..start + size_of::<u64>())?.first_chunk()?);
        let behind = u64::MAX.checked_shl(bits)?;
        Some((loaded & !behind) << 8 | u64::from(self.serial))
    }

    /// Appends the stored form of the value, so that different rows of them differ.
    pub(super) fn append(self, bytes: &[u8], into: &mut Vec<u8>) -> Option<()> {
        into.extend_from_slice(&self.serial.to_le_bytes());
        if self.serial != ABSENT {
            into.extend_from_slice(self.bytes(bytes)?);
        }
        Some(())
    }
}

/// The header of one record, read from its beginning.
pub(super) struct Header<'b> {
    /// The types that are left.
    types: &'b [u8],
    /// Where the value of the next type stands, from the beginning of the record.
    value: u64,
    /// The length of the record.
    end: u64,
}

impl<'b> Header<'b> {
    /// Of this record.
    pub(super) fn of(record: &'b [u8]) -> Option<Self> {
        let mut at = 0;
        let length = varint(record, &mut at)?;
        let types = record.get(at..usize::try_from(length).ok()?)?;
        Some(Self { types, value: length, end: record.len() as u64 })
    }

    /// The field of the next column, from the beginning of the record.
    pub(super) fn next(&mut self) -> Option<Field> {
        if self.types.is_empty() {
            return Some(Field { serial: ABSENT, start: 0 });
        }
        let mut at = 0;
        let serial = varint(self.types, &mut at)?;
        self.types = &self.types[at..];
        // What does not fit into 32 bits ends past the record, which is found at the end.
        let field = Field { serial: serial as u32, start: self.value as u32 };
        self.value = self.value.saturating_add(length(serial));
        Some(field)
    }

    /// Where the values read so far end; `None` if not in the record.
    pub(super) fn sound_end(&self) -> Option<u32> {
        if self.value <= self.end { u32::try_from(self.value).ok() } else { None }
    }
}
