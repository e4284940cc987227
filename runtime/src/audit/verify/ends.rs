//! What is kept beside the chain about where it stood, and the runs that it should begin with.

use super::finding::{Findings, What};
use super::link::{bytes, integer};
use super::walk::Walk;
use crate::audit::chain::Hash;
use rusqlite::Connection;
use std::collections::{BTreeMap, HashSet};

/// What is kept about the end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) count: i64,
    pub(super) hash: Hash,
    pub(super) heads: i64,
}

impl Tip {
    /// The one row that there must be as soon as there is a record; `None` if there is none such.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Tip>> {
        let mut query = connection.prepare("SELECT only, count, hash, heads FROM tip ORDER BY only")?;
        let mut rows = query.query([])?;
        let mut tip = None;
        while let Some(row) = rows.next()? {
            let (only, count) = (integer(row.get_ref(0)?), integer(row.get_ref(1)?));
            let (hash, heads) = (bytes(row.get_ref(2)?), integer(row.get_ref(3)?));
            match (tip, only, count, hash, heads) {
                (None, Some(1), Some(count), Some(hash), Some(heads)) => {
                    tip = Some(Tip { count, hash, heads })
                }
                _ => return Ok(None),
            }
        }
        Ok(tip)
    }

    /// Holds it against the chain as it stands. `last`: hash of the last record.
    pub(super) fn check(self, walk: &mut Walk<'_>, last: Option<Hash>) {
        let (end, count) = (walk.last, self.count);
        if count == end {
            if walk.at_tip.is_some_and(|hash| hash != self.hash) && last.is_some() {
                walk.findings.add(end, What::End);
            }
        } else if last == Some(self.hash) {
            // It is the end, so it is its number that was changed; unless records were numbered again, which was said.
            if walk.last_as_written() != count {
                walk.findings.add(end, What::End);
            }
        } else if count > end {
            walk.findings.add(end + 1, What::CutOff(count));
        } else if walk.at_tip == Some(self.hash) {
            walk.findings.add(count + 1, What::Appended(end));
        } else {
            walk.findings.add(end, What::End);
        }
    }
}

/// Holds the heads that are kept against the chain. `runs`: of each run the record with which it begins.
pub(super) fn heads(
    connection: &Connection,
    expected: i64,
    runs: &BTreeMap<i64, i64>,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT heads.seq, heads.run, heads.hash, audit.hash, audit.run, kind
         FROM heads LEFT JOIN audit ON audit.seq = heads.seq LEFT JOIN causes ON causes.id = audit.cause
         ORDER BY heads.seq",
    )?;
    let mut rows = query.query([])?;
    let (mut found, mut with_head) = (0, HashSet::new());
    while let Some(row) = rows.next()? {
        found += 1;
        let seq = integer(row.get_ref(0)?).unwrap_or_default();
        let run = row.get_ref(1)?;
        let kept: Option<Hash> = bytes(row.get_ref(2)?);
        let is_hash = kept.is_some() && kept == bytes(row.get_ref(3)?);
        let kind = row.get_ref(5)?.as_str_or_null().unwrap_or_default();
        let is_decided = matches!(kind, Some("run" | "approved" | "decision" | "messages"));
        // A head without a run is one of sending, which records no decision.
        let is_of_run = match integer(run) {
            Some(own) => integer(row.get_ref(4)?) == Some(own) && kind == Some("messages"),
            None => run == rusqlite::types::ValueRef::Null && !is_decided,
        };
        if !is_hash || !is_of_run {
            findings.add(seq, What::Head);
        }
        with_head.extend(integer(run));
    }
    for (run, begins) in runs.iter().filter(|(run, _)| !with_head.contains(*run)) {
        findings.add(*begins, What::HeadGone(*run));
    }
    if found != expected {
        findings.add(0, What::Heads(expected, found));
    }
    Ok(())
}

/// Runs that no record begins.
pub(super) fn runs(
    connection: &Connection,
    begun: &BTreeMap<i64, i64>,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let mut query = connection.prepare("SELECT seq FROM runs ORDER BY seq")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let run = integer(row.get_ref(0)?).unwrap_or_default();
        if !begun.contains_key(&run) {
            findings.add(0, What::RunAdded(run));
        }
    }
    Ok(())
}

/// Causes that no record names.
pub(super) fn causes(
    connection: &Connection,
    named: &HashSet<i64>,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let mut query = connection.prepare("SELECT id FROM causes ORDER BY id")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let id = integer(row.get_ref(0)?).unwrap_or_default();
        if !named.contains(&id) {
            findings.add(0, What::CauseAdded(id));
        }
    }
    Ok(())
}
