//! Warm copies: columns of a table as the reader of pages gave them, in files that are read much faster than the table.
//! A copy is used only if it is provably of the state that the read transaction shows. It may be deleted at any time.
//!
//! # Why a copy is never stale
//!
//! A copy carries a stamp of the database file: device, inode, length, modification and change time in nanoseconds, and the
//! file's first hundred bytes, with SQLite's change counter and schema cookie. It is used if the stamp is equal now, and
//! made and used only while the file itself is the state that our transaction shows (`quiet`). So it is enough that the
//! file has not been written to since the copy was made:
//!
//! - Whoever writes to a file sets its change time (`ctime`) to the clock of the file system. Unlike the modification
//!   time, no program can set it to something else: neither `cp -p` nor `touch` does. SQLite writes databases by `write`,
//!   not through mapped memory.
//! - Two changes within one tick of that clock have one time. So a copy is only made if the last change was more than two
//!   seconds before a file made just now, by the clock of the same file system: any later change has a later time.
//! - Another file put in the place of this one has another inode, or one that was given anew, with a change time of its own.
//! - While a copy is made nobody writes: our transaction holds its lock, or in a write-ahead log its mark.
//!
//! What this trusts: that the clock is not set back to the very nanosecond of an earlier change.
//!
//! # What is copied
//!
//! One file a column and filter, of all rows of the table or, where a request leaves out rows that fulfil no filter, of
//! those that fulfil one of just these filters. The reader of pages gives rows in the order of their pages whatever
//! columns it is asked for, so files that were made at different times of one state fit together. What it does not read
//! (queries, views, conditions that depend on more than their row) is not copied either.
//!
//! # What is finished
//!
//! Beside the columns lie the values of aggregates for all customers, one file each, with the same stamp and under the
//! same limit. They are named by all that they mean (`run/meaning.rs`) and kept only if the customers and rows they rest
//! on could be copied; that nothing but the file decides what they are, and that a change of it shows, follows from that.
//!
//! Cost: the first question reads the table for the columns that are not there yet, on one thread, and writes them; then
//! and later, a few bytes a row and column are read and widened.
//!
//! | subject | file |
//! | --- | --- |
//! | is it the same state | `state` |
//! | the rows of one column | `block`, `dictionary`, `column_file` |
//! | making a copy | `fill`, `folder` |
//! | reading one | `warm` |
//! | finished aggregates | `finished` |

mod block;
mod column_file;
mod dictionary;
mod fill;
mod finished;
mod folder;
mod state;
#[cfg(test)]
mod tests;
mod warm;

use super::quiet;
use super::read::Snapshot;
use crate::source::Request;
use column_file::ColumnFile;
pub(super) use finished::Finished;
use rulec_plan::project::Source;
use sha2::{Digest, Sha256};
use state::State;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
pub(super) use warm::WarmCopy;

/// The version of what is copied: grows when a reader or a form of storage changes.
const VERSION: u32 = 1;
/// Reading a smaller database costs less than a blink.
const WORTHWHILE_BYTES: u64 = 16 << 20;
/// More is deleted again, beginning with what was written first.
const MOST_BYTES: u64 = 1 << 30;
/// Two changes within one tick of the clock of a file system look alike; the coarsest tick there is lasts two seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// A folder of warm copies.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    /// Databases with fewer bytes are not copied.
    worthwhile_bytes: u64,
    most_bytes: u64,
    /// For so long a database must have been left alone before it is copied.
    settled: Duration,
    /// Whether a copy turned out to be damaged while it was read.
    damaged: AtomicBool,
}

/// What a file has a copy of.
#[derive(Clone, Copy)]
enum Copied<'r> {
    Column(&'r str),
    Filter(&'r str),
}

/// A file of a copy: where it is, and the stamp that it must have.
struct Place {
    path: PathBuf,
    stamp: Vec<u8>,
}

impl Cache {
    /// In this folder, which need not be there.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            worthwhile_bytes: WORTHWHILE_BYTES,
            most_bytes: MOST_BYTES,
            settled: SETTLED,
            damaged: AtomicBool::new(false),
        }
    }

    /// Whether a reading ended because a copy was damaged; asked once. What was answered must then be asked again.
    pub(super) fn was_damaged(&self) -> bool {
        self.damaged.swap(false, Ordering::Relaxed)
    }

    /// The copy of a request that was checked, made if need be. `None` where there can be none.
    pub(super) fn copy(&self, snapshot: &Snapshot<'_>, request: &Request<'_>) -> Option<WarmCopy<'_>> {
        let (Source::Table(_), None) = (request.source, request.at_most) else { return None };
        if request.columns.is_empty() && request.filters.is_empty()
            || !quiet::is_quiet(&snapshot.transaction, snapshot.file)
        {
            return None;
        }
        let state = State::of(snapshot.file.held.as_ref()?)?;
        if state.length < self.worthwhile_bytes {
            return None;
        }
        let database = &snapshot.file.path;
        if let Some(copy) = self.open(database, request, &state) {
            return Some(copy);
        }
        self.fill(snapshot, request, &state)?;
        let copy = self.open(database, request, &state);
        // What cannot be removed now is tried again the next time; files that are open stay readable.
        let _ = folder::prune(&self.folder, self.most_bytes);
        copy
    }

    /// The copy of a request, if it is there in whole.
    fn open(&self, database: &Path, request: &Request<'_>, state: &State) -> Option<WarmCopy<'_>> {
        let open = |copied| {
            let place = self.place(database, request, copied, state);
            ColumnFile::open(&place.path, &place.stamp)
        };
        let columns: Option<Vec<ColumnFile>> =
            request.columns.iter().map(|name| open(Copied::Column(name))).collect();
        let filters: Option<Vec<ColumnFile>> =
            request.filters.iter().map(|filter| open(Copied::Filter(filter.sql))).collect();
        let not_before = request.not_before;
        let copy = WarmCopy { columns: columns?, filters: filters?, not_before, damaged: &self.damaged };
        copy.is_even().then_some(copy)
    }

    /// Where a column or filter of a request is copied to.
    fn place(&self, database: &Path, request: &Request<'_>, copied: Copied<'_>, state: &State) -> Place {
        let mut rows: Vec<&str> = request.filters.iter().map(|filter| filter.sql).collect();
        rows.sort_unstable();
        let rows = request.only_filtered.then_some(rows);
        let copied = match copied {
            Copied::Column(name) => ("column", name),
            Copied::Filter(sql) => ("filter", sql),
        };
        self.place_of(database, state, format!("{:?} {rows:?} {copied:?}", request.source))
    }

    /// Where that is kept which these words describe.
    fn place_of(&self, database: &Path, state: &State, what: String) -> Place {
        let what = format!("{VERSION} {:?} {database:?} {what}", rusqlite::version());
        let name: String = Sha256::digest(&what)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let stamp = [what.as_bytes(), &state.stamp].concat();
        Place { path: self.folder.join(name + ".column"), stamp }
    }
}
