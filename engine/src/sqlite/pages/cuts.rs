//! Where the wanted values stand in records. Records with equal headers are cut alike, and nearly all records of a table
//! have one of a few headers: how those are cut is worked out once.

use super::record::{Field, Header, PADDING, lowest_bytes};
use super::slots::{SLOTS, slot_of};
use super::wanted::Wanted;

/// So many cuts are kept, and those of one more page.
const MOST_CUTS: usize = 1_024;
/// The highest bits of all bytes.
const HIGH_BITS: u128 = u128::from_le_bytes([0x80; PADDING]);

/// The cuts of the records of a page, and of earlier ones.
#[derive(Debug)]
pub(super) struct Cuts<'w> {
    wanted: &'w Wanted,
    /// By column taken, the field of each cut, from the beginning of the record.
    fields: Vec<Vec<Field>>,
    count: usize,
    /// By header, each in its slot.
    known: Box<[Known; SLOTS]>,
    /// How many bytes of a header matter: its length, and the types up to the last column wanted.
    reach: usize,
    /// These bytes, if they are few enough to be looked at together.
    mask: u128,
}

/// A header whose cut is known.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// The bytes of it that matter, each of them a number of its own.
    header: u128,
    cut: u32,
    /// Where the last of the wanted values ends, from the beginning of the record.
    end: u32,
}

impl Known {
    /// No header whose bytes are numbers of their own is like this.
    const NONE: Self = Self { header: HIGH_BITS, cut: 0, end: 0 };
}

impl<'w> Cuts<'w> {
    pub(super) fn new(wanted: &'w Wanted) -> Self {
        let reach = wanted.reach + 1;
        let mask = lowest_bytes(reach).unwrap_or(0);
        let fields = vec![Vec::new(); wanted.takes.len()];
        Self { wanted, fields, count: 0, known: Box::new([Known::NONE; SLOTS]), reach, mask }
    }

    /// Forgets the cuts of earlier pages, if they have become many.
    pub(super) fn begin_page(&mut self) {
        if self.count > MOST_CUTS {
            self.fields.iter_mut().for_each(Vec::clear);
            self.count = 0;
            self.known.fill(Known::NONE);
        }
    }

    /// The number of the cut of the record that begins and ends at these places; `None` for a damaged one.
    #[inline(always)]
    pub(super) fn of(&mut self, bytes: &[u8], (start, end): (usize, usize)) -> Option<u32> {
        let loaded: &[u8; PADDING] = bytes.get(start..)?.first_chunk()?;
        let length = usize::from(loaded[0]);
        let mask = if length >= self.reach { self.mask } else { lowest_bytes(length).unwrap_or(0) };
        let header = u128::from_le_bytes(*loaded) & mask;
        let known = &self.known[slot_of(header)];
        if known.header == header && start + known.end as usize <= end {
            return Some(known.cut);
        }
        self.add(header, bytes, (start, end))
    }

    #[inline(never)]
    fn add(&mut self, header: u128, bytes: &[u8], (start, end): (usize, usize)) -> Option<u32> {
        let mut rest = Header::of(bytes.get(start..end)?)?;
        for (take, fields) in self.wanted.takes.iter().zip(&mut self.fields) {
            for _ in 0..take.skipped {
                rest.next()?;
            }
            fields.push(rest.next()?);
        }
        let cut = self.count as u32;
        self.count += 1;
        let end = rest.sound_end()?;
        if header != 0 && header & HIGH_BITS == 0 {
            self.known[slot_of(header)] = Known { header, cut, end };
        }
        Some(cut)
    }

    /// By cut, the field of one of the columns taken.
    #[inline(always)]
    pub(super) fn fields(&self, take: usize) -> &[Field] {
        &self.fields[take]
    }
}
