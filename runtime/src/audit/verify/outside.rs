//! Heads that were kept outside: whether they are of this chain, and what of it they prove.

use super::finding::{Findings, What};
use super::hash_of;
use crate::audit::head::Head;
use crate::hash::hex;
use chrono::DateTime;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// A head that was kept outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideHead {
    /// Where it was kept, for messages.
    pub name: String,
    /// The head.
    pub head: Head,
}

/// Records that a head from outside proves: those from `from` to its own are as they were when it was taken, but for what
/// findings say of customers, causes, messages and runs that they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The first of them.
    pub from: i64,
    /// The head.
    pub by: OutsideHead,
}

/// Where the chain is broken. What stands before a record that does not fit could be anything: no hash behind it depends on
/// that. So of each head all that matters is the last break before it.
#[derive(Debug, Default)]
pub(super) struct Breaks {
    /// By the numbers of heads, the last record up to there that does not fit; 0: none.
    last: BTreeMap<i64, i64>,
}

impl Breaks {
    /// For these heads.
    pub(super) fn before(outside: &[OutsideHead]) -> Breaks {
        Breaks { last: outside.iter().map(|one| (one.head.seq, 0)).collect() }
    }

    /// A record does not fit the one before, or cannot be held against it.
    pub(super) fn add(&mut self, seq: i64) {
        if let Some((_, last)) = self.last.range_mut(seq..).next() {
            *last = seq.max(*last);
        }
    }

    /// The first record that a head of this number proves.
    fn first_proven(&self, head: i64) -> i64 {
        self.last.range(..=head).map(|(_, last)| *last).max().unwrap_or_default() + 1
    }
}

/// Holds heads from outside against the records that stand there now. Gives those that fit.
pub(super) fn hold<'a>(
    connection: &Connection,
    outside: &'a [OutsideHead],
    findings: &mut Findings,
) -> rusqlite::Result<Vec<&'a OutsideHead>> {
    let end: i64 = connection.query_row("SELECT coalesce(max(seq), 0) FROM audit", [], |row| row.get(0))?;
    let mut in_order: Vec<&OutsideHead> = outside.iter().collect();
    in_order.sort_by_key(|one| one.head.seq);
    let (inside, beyond): (Vec<_>, Vec<_>) = in_order.into_iter().partition(|one| one.head.seq <= end);
    let (mut fitting, mut others) = (Vec::new(), Vec::new());
    for one in inside {
        if hash_of(connection, one.head.seq)?.is_none_or(|hash| hex(&hash) != one.head.hash) {
            others.push(one);
            continue;
        }
        if !says_what_is_recorded(connection, &one.head)? {
            findings.add(one.head.seq, What::OutsideSays(one.name.clone()));
        }
        fitting.push(one);
    }
    // Each head behind such a place differs, too: saying so once is enough.
    if let Some(first) = others.first() {
        findings.add(first.head.seq, What::Outside { name: first.name.clone(), more: others.len() - 1 });
    }
    if let Some(last) = beyond.last() {
        let (name, more) = (last.name.clone(), beyond.len() - 1);
        findings.add(last.head.seq, What::OutsideBeyond { name, more, end });
    }
    Ok(fitting)
}

/// What heads that fit prove: of each stretch of the chain that nothing breaks, by the last of them.
pub(super) fn prove(fitting: &[&OutsideHead], breaks: &Breaks) -> Vec<Proven> {
    let mut proven: BTreeMap<i64, &OutsideHead> = BTreeMap::new();
    for one in fitting {
        let from = breaks.first_proven(one.head.seq);
        if from <= one.head.seq {
            proven.insert(from, one);
        }
    }
    proven.into_iter().map(|(from, one)| Proven { from, by: one.clone() }).collect()
}

/// Whether time and plan of a head are those of its record: its hash does not depend on them.
fn says_what_is_recorded(connection: &Connection, head: &Head) -> rusqlite::Result<bool> {
    let query = "SELECT audit.at, plan FROM audit LEFT JOIN heads ON heads.seq = audit.seq
                    LEFT JOIN runs ON runs.seq = heads.run
                 WHERE audit.seq = ?1";
    let recorded = connection
        .prepare_cached(query)?
        .query_row([head.seq], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?)))
        .optional();
    // A value of a type that nobody wrote there.
    let Ok(Some((at, plan))) = recorded else { return Ok(false) };
    let said = DateTime::parse_from_rfc3339(&head.at).map(|said| said.timestamp_micros());
    Ok(said == Ok(at) && head.plan == plan)
}
