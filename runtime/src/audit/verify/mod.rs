//! Whether the audit is as it was written.
//!
//! | what is looked at | file |
//! | --- | --- |
//! | the file itself, as SQLite checks it | here |
//! | causes and customers: each fits its hash; whatever refers finds what it refers to | `around` |
//! | the chain, once and in order: each record follows from the one before, and its run, customer, cause and message are there | `walk` |
//! | records that do not fit: what was changed, where they stood | `suspect` |
//! | what is kept about the end, heads, runs | `ends` |
//! | how messages, opt-outs and pauses stand by the record | `tables` |
//! | heads that were kept outside | `outside` |
//!
//! All of it is read in one transaction, beside whoever writes, and record after record. Kept in memory are a number for
//! each cause and each run, and the few records that do not fit.

mod around;
mod diagnostics;
mod ends;
mod finding;
mod link;
mod outside;
mod suspect;
mod tables;
mod walk;

pub use finding::{Finding, Findings, Part, PersonPart, What};
pub use outside::{OutsideHead, Proven};

use super::chain::{self, Hash};
use crate::diagnostics::Result;
use crate::state::State;
use around::Mended;
use ends::Tip;
use link::bytes;
use outside::Breaks;
use rusqlite::{Connection, OptionalExtension};
use walk::{Seen, Walk};

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// How many records there are.
    pub records: u64,
    /// What is not as it was written.
    pub findings: Findings,
    /// What heads from outside prove, in the order of the chain. All else could have been written anew, with hashes that fit.
    pub proven: Vec<Proven>,
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

/// Holds heads from outside against the chain, without walking it.
///
/// # Errors
/// `R0106`.
pub fn hold(state: &State, outside: &[OutsideHead]) -> Result<Findings> {
    state.read(|connection| {
        let mut findings = Findings::default();
        outside::hold(connection, outside, &mut findings)?;
        Ok(findings)
    })
}

fn verify_snapshot(connection: &Connection, outside: &[OutsideHead]) -> rusqlite::Result<Verification> {
    let mut findings = Findings::default();
    file(connection, &mut findings)?;
    let mended = Mended::read(connection, &mut findings)?;
    let tip = Tip::read(connection)?;
    let breaks = Breaks::before(outside);
    let mut walk = Walk::new(connection, &mended, &mut findings, (tip.map_or(0, |tip| tip.count), breaks));
    walk.go()?;
    let last = hash_of(connection, walk.last)?;
    let is_last = tip.filter(|tip| tip.count == walk.last);
    let is_said = walk.end(is_last.map(|tip| tip.hash));
    match tip {
        Some(tip) if !is_said => tip.check(&mut walk, last),
        None if walk.last != 0 => walk.findings.add(walk.last, What::End),
        Some(_) | None => {}
    }
    let Seen { records, mut suspects, breaks, causes, runs } = walk.finish();
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
    if findings.is_empty() {
        tables::check(connection, &mut findings)?;
    }
    let fitting = outside::hold(connection, outside, &mut findings)?;
    let proven = outside::prove(&fitting, &breaks);
    Ok(Verification { records, findings, proven })
}

/// The file itself: pages that are damaged, rows that no index knows.
fn file(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        findings.add(0, What::File(said));
    }
    Ok(())
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
