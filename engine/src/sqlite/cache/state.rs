//! Which state of the database a copy is of.

use crate::sqlite::held::HeldFile;
use std::fs::Metadata;
use std::time::Duration;

/// The header of a database: its change counter, schema cookie and version-valid-for number among others.
const HEADER_BYTES: usize = 100;

/// What a file was when it was looked at. Two that are equal are of the same bytes; see [`super`] for why.
#[derive(Debug)]
pub(super) struct State {
    /// Everything that is compared.
    pub(super) stamp: Vec<u8>,
    /// How many bytes the file has.
    pub(super) length: u64,
    device: u64,
    changed: Duration,
}

impl State {
    /// Of a file that is quiet. `None` where the system does not say when it was changed.
    pub(super) fn of(file: &HeldFile) -> Option<Self> {
        let metadata = file.metadata().ok()?;
        let mut stamp = vec![0; HEADER_BYTES];
        file.read_exact_at(&mut stamp, 0).ok()?;
        let facts = facts(&metadata)?;
        facts.iter().for_each(|fact| stamp.extend_from_slice(&fact.to_le_bytes()));
        let changed = changed(&metadata)?;
        Some(Self { stamp, length: metadata.len(), device: facts[0], changed })
    }

    /// Whether the last change was longer ago than a tick of the clock lasts, by a file that was made just now: then a
    /// change from now on shows. Both must take their times from one clock, and so lie on one file system.
    pub(super) fn is_settled(&self, made_now: &Metadata, tick: Duration) -> bool {
        let is_beside = facts(made_now).is_some_and(|facts| facts[0] == self.device);
        is_beside && changed(made_now).is_some_and(|now| now > self.changed + tick)
    }
}

/// Device, inode, length, and when the content was modified.
#[cfg(unix)]
fn facts(metadata: &Metadata) -> Option<[u64; 7]> {
    use std::os::unix::fs::MetadataExt;
    let times = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let [modified, modified_nanos, changed, changed_nanos] = times.map(i64::cast_unsigned);
    Some([metadata.dev(), metadata.ino(), metadata.len(), modified, modified_nanos, changed, changed_nanos])
}

#[cfg(not(unix))]
fn facts(_: &Metadata) -> Option<[u64; 7]> {
    None
}

/// When a file was changed, since 1970. Nobody can set that time.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<Duration> {
    use std::os::unix::fs::MetadataExt;
    let nanos = u32::try_from(metadata.ctime_nsec()).ok()?;
    Some(Duration::new(u64::try_from(metadata.ctime()).ok()?, nanos))
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Option<Duration> {
    None
}
