//! What the header of a database file says of its pages (SQLite's «Database File Format», section 1.3).

use super::fault::Fault;
use crate::sqlite::held::HeldFile;
use std::io::ErrorKind;

/// The header stands at the beginning of page 1.
pub(super) const FILE_HEADER: usize = 100;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const UTF_8: u32 = 1;
/// SQLite locks bytes from here on; the page with them is never used.
const PENDING_BYTE: u64 = 0x4000_0000;

/// How a file is cut into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) page_size: usize,
    /// Without the bytes at the end of each page that are reserved for extensions.
    pub(super) usable: usize,
    /// How many pages there are.
    pub(super) pages: u32,
}

impl Layout {
    /// From the first bytes of the file; `None` for what is not known here, texts in UTF-16 among it.
    pub(super) fn of(header: &[u8; FILE_HEADER], pages: u32) -> Option<Self> {
        let page_size = match usize::from(u16_at(header, 16)?) {
            1 => 65_536,
            size => size,
        };
        let usable = page_size.checked_sub(usize::from(header[20]))?;
        let is_known = header.starts_with(MAGIC)
            && page_size.is_power_of_two()
            && page_size >= 512
            && usable >= 480
            && u32_at(header, 56)? == UTF_8;
        is_known.then_some(Self { page_size, usable, pages })
    }

    /// Reads consecutive pages, as many as the buffer holds.
    pub(super) fn read(&self, file: &HeldFile, first: u32, buffer: &mut [u8]) -> Result<(), Fault> {
        let offset = u64::from(first - 1) * self.page_size as u64;
        file.read_exact_at(buffer, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Fault::Damaged,
            _ => Fault::Unreadable(error),
        })
    }

    /// Whether this can be the number of a page in use.
    pub(super) fn has(&self, page: u32) -> bool {
        let locked = PENDING_BYTE / self.page_size as u64 + 1;
        (1..=self.pages).contains(&page) && u64::from(page) != locked
    }

    /// Where the header of the b-tree page stands on it.
    pub(super) fn tree_header(page: u32) -> usize {
        if page == 1 { FILE_HEADER } else { 0 }
    }

    /// How many bytes of a payload stand on the leaf page itself (section 1.6).
    pub(super) fn local(&self, payload: usize) -> usize {
        let most = self.usable - 35;
        if payload <= most {
            return payload;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (payload - least) % (self.usable - 4);
        if fitting <= most { fitting } else { least }
    }
}

/// A big-endian number.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// A big-endian number.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}
