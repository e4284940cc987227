//! The leaf pages of a table, found by reading the pages above them alone.

use super::fault::Fault;
use super::layout::{Layout, u16_at, u32_at};
use super::record::varint;
use crate::sqlite::held::HeldFile;

/// The first byte of a page of a table's tree.
const INTERIOR: u8 = 5;
pub(super) const LEAF: u8 = 13;
const INTERIOR_HEADER: usize = 12;
/// SQLite goes no deeper either.
const MOST_LEVELS: usize = 20;

/// The leaf pages of the tree with this root, by ascending number, none twice.
///
/// All leaves of a tree have the same depth, so following the first children down shows on which level they are, and leaves
/// need not be read to know them; whether each of them is one is seen when it is.
pub(super) fn leaves(file: &HeldFile, layout: &Layout, root: u32) -> Result<Vec<u32>, Fault> {
    let mut walk = Walk { file, layout, page: vec![0; layout.page_size], read: 0 };
    let mut level = vec![root];
    for _ in 0..MOST_LEVELS {
        let first = *level.first().ok_or(Fault::Damaged)?;
        if walk.kind(first)? == LEAF {
            level.sort_unstable();
            let comes_twice = level.windows(2).any(|pair| pair[0] == pair[1]);
            return if comes_twice { Err(Fault::Damaged) } else { Ok(level) };
        }
        let mut below = Vec::new();
        for page in level {
            walk.children(page, &mut below)?;
        }
        level = below;
    }
    Err(Fault::Damaged)
}

struct Walk<'a> {
    file: &'a HeldFile,
    layout: &'a Layout,
    page: Vec<u8>,
    /// How many pages were read.
    read: u32,
}

impl Walk<'_> {
    /// Reads a page and says what its first byte is.
    fn kind(&mut self, page: u32) -> Result<u8, Fault> {
        if !self.layout.has(page) {
            return Err(Fault::Damaged);
        }
        self.layout.read(self.file, page, &mut self.page)?;
        self.page.get(Layout::tree_header(page)).copied().ok_or(Fault::Damaged)
    }

    /// Appends the children of an interior page. Each page of a sound tree is read at most twice, which ends the walk
    /// through a damaged one.
    fn children(&mut self, page: u32, into: &mut Vec<u32>) -> Result<(), Fault> {
        self.read += 1;
        if self.read > self.layout.pages || self.kind(page)? != INTERIOR {
            return Err(Fault::Damaged);
        }
        let header = Layout::tree_header(page);
        let bytes = &self.page[..self.layout.usable];
        let children = children_of(bytes, header).ok_or(Fault::Damaged)?;
        if !children.iter().all(|child| self.layout.has(*child)) {
            return Err(Fault::Damaged);
        }
        into.extend(children);
        Ok(())
    }
}

/// The children that an interior page names.
fn children_of(bytes: &[u8], header: usize) -> Option<Vec<u32>> {
    let cells = usize::from(u16_at(bytes, header + 3)?);
    let pointers = header + INTERIOR_HEADER;
    let mut children = Vec::with_capacity(cells + 1);
    for cell in 0..cells {
        let mut at = usize::from(u16_at(bytes, pointers + 2 * cell)?);
        children.push(u32_at(bytes, at)?);
        at += 4;
        varint(bytes, &mut at)?;
    }
    children.push(u32_at(bytes, header + 8)?);
    Some(children)
}
