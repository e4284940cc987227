//! Whether the audit is as it was written.
//!
//! | what is looked at | file |
//! | --- | --- |
//! | causes and customers: each fits its hash; whatever refers finds what it refers to | `around` |
//! | the chain, once and in order: each record follows from the one before, and its run, customer, cause and message are there | `walk` |
//! | records that do not fit: what was changed, where they stood | `suspect` |
//! | what is kept about the end, heads, runs | `ends` |
//! | heads that were kept outside | [`Head`] |
//!
//! All of it is read in one transaction, beside whoever writes, and record after record. Kept in memory are a number for
//! each cause and each run, and the few records that do not fit.

mod around;
mod diagnostics;
mod ends;
mod finding;
mod link;
mod suspect;
mod walk;

pub use finding::{Finding, Findings, Part, PersonPart, What};

use super::chain::{self, Hash};
use super::head::Head;
use crate::diagnostics::Result;
use crate::hash::hex;
use crate::state::State;
use around::Mended;
use ends::Tip;
use link::bytes;
use rusqlite::{Connection, OptionalExtension};
use walk::{Seen, Walk};

/// A head that was kept outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideHead {
    /// Where it was kept, for messages.
    pub name: String,
    /// The head.
    pub head: Head,
}

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// How many records there are.
    pub records: u64,
    /// What is not as it was written.
    pub findings: Findings,
    /// The last head of those kept outside that fits: all records up to it are as they were when it was taken, but for
    /// those of which a finding speaks.
    pub proven: Option<OutsideHead>,
}

impl Verification {
    /// Whether nothing was found.
    pub fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Walks the whole audit.
///
/// # Errors
/// `R0106` where the file is too damaged to be read.
pub fn verify(state: &State, outside: &[OutsideHead]) -> Result<Verification> {
    state.read(|connection| {
        let snapshot = connection.unchecked_transaction()?;
        verify_snapshot(&snapshot, outside)
    })
}

fn verify_snapshot(connection: &Connection, outside: &[OutsideHead]) -> rusqlite::Result<Verification> {
    let mut findings = Findings::default();
    let mended = Mended::read(connection, &mut findings)?;
    let tip = Tip::read(connection)?;
    let mut walk = Walk::new(connection, &mended, &mut findings, tip.map_or(0, |tip| tip.count));
    walk.go()?;
    let last = hash_of(connection, walk.last)?;
    let is_last = tip.filter(|tip| tip.count == walk.last);
    let is_said = walk.end(is_last.map(|tip| tip.hash));
    match tip {
        Some(tip) if !is_said => tip.check(&mut walk, last),
        None if walk.last != 0 => walk.findings.add(walk.last, What::End),
        Some(_) | None => {}
    }
    let Seen { records, mut suspects, causes, runs } = walk.finish();
    if let Some(tip) = tip.filter(|tip| findings.has_appended(tip.count + 1)) {
        // Of what stands behind the end no more needs to be said.
        suspects.retain(|suspect| suspect.link.seq <= tip.count);
    }
    suspect::examine(connection, &suspects, &mut findings)?;
    if findings.is_empty() {
        // Records that are gone may have named causes, too.
        ends::causes(connection, &causes, &mut findings)?;
    }
    ends::runs(connection, &runs, &mut findings)?;
    ends::heads(connection, tip.map_or(0, |tip| tip.heads), &runs, &mut findings)?;
    around::orphans(connection, &mut findings)?;
    let proven = prove(connection, outside, &mut findings)?;
    Ok(Verification { records, findings, proven })
}

/// Holds heads from outside against the chain. Gives the last that fits.
fn prove(
    connection: &Connection,
    outside: &[OutsideHead],
    findings: &mut Findings,
) -> rusqlite::Result<Option<OutsideHead>> {
    let mut proven: Option<&OutsideHead> = None;
    for one in outside {
        match hash_of(connection, one.head.seq)? {
            Some(hash) if hex(&hash) == one.head.hash => {
                if proven.is_none_or(|proven| proven.head.seq < one.head.seq) {
                    proven = Some(one);
                }
            }
            Some(_) => findings.add(one.head.seq, What::Outside(one.name.clone())),
            None => findings.add(one.head.seq, What::OutsideBeyond(one.name.clone())),
        }
    }
    Ok(proven.cloned())
}

/// The hash of a record as it stands; `None` if there is no such record.
fn hash_of(connection: &Connection, seq: i64) -> rusqlite::Result<Option<Hash>> {
    if seq == 0 {
        return Ok(Some(chain::start()));
    }
    let find = "SELECT hash FROM audit WHERE seq = ?1";
    let hash =
        connection.prepare_cached(find)?.query_row([seq], |row| Ok(bytes(row.get_ref(0)?))).optional()?;
    Ok(hash.flatten())
}

#[cfg(test)]
mod tests;
