//! Payloads that do not fit on their page («Database File Format», section 1.6).

use super::fault::Fault;
use super::layout::{Layout, u32_at};
use crate::sqlite::held::HeldFile;

/// Puts payloads together from their page and the overflow pages.
pub(super) struct Overflow<'s> {
    file: &'s HeldFile,
    layout: &'s Layout,
    page: Vec<u8>,
    record: Vec<u8>,
}

impl<'s> Overflow<'s> {
    pub(super) fn new(file: &'s HeldFile, layout: &'s Layout) -> Self {
        Self { file, layout, page: Vec::new(), record: Vec::new() }
    }

    /// A payload of this length, which begins at this place of its page. A chain of overflow pages cannot go round for
    /// ever: it ends with the payload, which is no longer than the file.
    pub(super) fn record(&mut self, page: &[u8], at: usize, payload: u64) -> Result<Vec<u8>, Fault> {
        let most = self.layout.usable * self.layout.pages as usize;
        let length = usize::try_from(payload).ok().filter(|length| *length <= most).ok_or(Fault::Damaged)?;
        let local = at + self.layout.local(length);
        let mut record = std::mem::take(&mut self.record);
        record.clear();
        record.extend_from_slice(page.get(at..local).ok_or(Fault::Damaged)?);
        let mut next = u32_at(page, local).ok_or(Fault::Damaged)?;
        self.page.resize(self.layout.page_size, 0);
        while record.len() < length {
            if !self.layout.has(next) {
                return Err(Fault::Damaged);
            }
            self.layout.read(self.file, next, &mut self.page)?;
            next = u32_at(&self.page, 0).ok_or(Fault::Damaged)?;
            let rest = (length - record.len()).min(self.layout.usable - 4);
            record.extend_from_slice(&self.page[4..4 + rest]);
        }
        Ok(record)
    }

    /// Takes back the memory of a payload, for the next.
    pub(super) fn give_back(&mut self, record: Vec<u8>) {
        self.record = record;
    }
}
