//! What was finished for an earlier answer and may be used again: see [`crate::sqlite`] for when that is allowed.

use crate::source::Request;

/// Finished values that are kept from one answer to the next, by what they mean. Each entry is blocks of integers, of at
/// most [`crate::batch::BATCH_ROWS`] each.
pub(crate) trait Memo {
    /// The entry of this meaning, if it was made of the very rows that are read now.
    fn find(&self, meaning: &str) -> Option<Box<dyn Entry + '_>>;

    /// Begins an entry in the place of the one that may be there. `None` where there can be none.
    fn begin(&self, meaning: &str) -> Option<Box<dyn NewEntry + '_>>;

    /// Whether nothing but the state of the store decided what rows were read for this request.
    fn is_pure(&self, request: &Request<'_>) -> bool;

    /// Called when all new entries are kept.
    fn tidy(&self);
}

/// An entry to be read.
pub(crate) trait Entry {
    /// A block of so many integers. `None` if the entry is damaged: then all must be answered again without it.
    fn read(&mut self, block: usize, integers: usize) -> Option<&[i64]>;
}

/// An entry in the making; it is given up when it is dropped.
pub(crate) trait NewEntry {
    /// Appends a block.
    fn append(&mut self, integers: &[i64]);

    /// Puts the entry where it is found, if all of it could be written.
    fn keep(self: Box<Self>);
}
