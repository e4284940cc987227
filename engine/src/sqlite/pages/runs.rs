//! Reading many pages with few calls.

use super::fault::Fault;
use super::layout::Layout;
use super::record::PADDING;
use crate::sqlite::held::HeldFile;

/// How much is read at a time: it should stay in the second-level cache until it is decoded.
const RUN_BYTES: usize = 256 << 10;
/// Reading so many bytes that nobody needs costs less than another call.
const GAP_BYTES: usize = 8 << 10;

/// Reads these pages, which are sorted, and hands each to `take` with its number, followed by padding.
pub(super) fn read(
    file: &HeldFile,
    layout: &Layout,
    pages: &[u32],
    mut take: impl FnMut(u32, &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut buffer = Vec::new();
    let mut rest = pages;
    while let Some(first) = rest.first().copied() {
        let (run, others) = rest.split_at(run_length(rest, layout.page_size));
        rest = others;
        if !run.iter().all(|page| layout.has(*page)) {
            return Err(Fault::Damaged);
        }
        let place = |page: u32| (page - first) as usize * layout.page_size;
        let end = run.last().map_or(0, |last| place(*last)) + layout.page_size;
        if buffer.len() < end + PADDING {
            buffer.resize(end + PADDING, 0);
        }
        layout.read(file, first, &mut buffer[..end])?;
        for page in run {
            take(*page, &buffer[place(*page)..][..layout.page_size + PADDING])?;
        }
    }
    Ok(())
}

/// How many of these pages lie near enough to the first and to each other to be read with it; at least one.
fn run_length(pages: &[u32], page_size: usize) -> usize {
    let most = (RUN_BYTES / page_size).max(1);
    let gap = GAP_BYTES / page_size;
    let first = pages[0];
    let goes_on =
        |pair: &[u32]| (pair[1] - pair[0]) as usize <= gap + 1 && ((pair[1] - first) as usize) < most;
    1 + pages.windows(2).take_while(|pair| goes_on(pair)).count()
}
