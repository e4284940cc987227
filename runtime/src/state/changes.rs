//! All that changed what deciding sees, in its order, and the hash of it.

use rulec_plan::time::Instant;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Something that changed the state.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Its number, ascending.
    seq: i64,
    /// The run, if it was one; else outcomes were recorded.
    run: Option<i64>,
    /// When it happened.
    pub(crate) recorded_at: Instant,
    /// Runs at this instant or later see it.
    at: Instant,
    /// The plan's id, or a hash of the outcomes.
    pub(crate) digest: String,
}

impl Change {
    /// Whether a plan was applied; else outcomes were recorded.
    pub(crate) fn is_run(&self) -> bool {
        self.run.is_some()
    }
}

/// Which changes a plan looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// What runs did: as much as limits, budgets, pools and spells need.
    Runs,
    /// What came of messages, too: the plan rests on tables that the runtime keeps.
    Outcomes,
}

impl Sees {
    /// Of a plan that rests on kept tables, or not.
    pub(crate) fn of(rests_on_kept: bool) -> Sees {
        if rests_on_kept { Sees::Outcomes } else { Sees::Runs }
    }

    fn sees(self, change: &Change) -> bool {
        self == Sees::Outcomes || change.is_run()
    }
}

/// The hash of a state: of all changes that are seen.
#[derive(Debug, Clone, Default)]
pub(super) struct StateHash(Sha256);

impl StateHash {
    /// As lower-case hex.
    pub(super) fn hex(self) -> String {
        crate::hash::hex(&self.0.finalize())
    }

    fn add(&mut self, change: &Change) {
        if change.run.is_none() {
            self.0.update("outcomes ");
        }
        self.0.update(&change.digest);
        self.0.update("\n");
    }
}

/// All changes, oldest first.
fn all(connection: &Connection) -> rusqlite::Result<Vec<Change>> {
    let mut query =
        connection.prepare("SELECT seq, run, recorded_at, at, digest FROM changes ORDER BY seq")?;
    let rows = query.query_map([], |row| {
        Ok(Change {
            seq: row.get(0)?,
            run: row.get(1)?,
            recorded_at: Instant(row.get(2)?),
            at: Instant(row.get(3)?),
            digest: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// The hash of the state as it is.
pub(crate) fn hash(connection: &Connection, sees: Sees) -> rusqlite::Result<String> {
    hash_until(connection, Instant(i64::MAX), sees)
}

/// The hash of the state as a run sees it that sees this far. Where there are later changes it is another than that of the
/// state as it is, so that what replays the past cannot be applied.
pub(super) fn hash_until(connection: &Connection, horizon: Instant, sees: Sees) -> rusqlite::Result<String> {
    let mut hash = StateHash::default();
    let changes = all(connection)?;
    let seen = changes.iter().filter(|change| change.at <= horizon && sees.sees(change));
    seen.for_each(|change| hash.add(change));
    Ok(hash.hex())
}

/// What changed since the state had this hash, for a run that sees so far: what it saw must be a beginning of what it
/// would see now. `None`: it is not.
pub(crate) fn since(
    connection: &Connection,
    known: &str,
    horizon: Instant,
    sees: Sees,
) -> rusqlite::Result<Option<Vec<Change>>> {
    let mut all = all(connection)?;
    all.retain(|change| sees.sees(change));
    let mut hash = StateHash::default();
    let mut last = (hash.clone().hex() == known).then_some(0);
    for change in all.iter().filter(|change| change.at <= horizon) {
        hash.add(change);
        if hash.clone().hex() == known {
            last = Some(change.seq);
        }
    }
    let seen = |change: &Change, last| change.seq <= last && change.at <= horizon;
    Ok(last.map(|last| all.into_iter().filter(|change| !seen(change, last)).collect()))
}

/// Records that a plan was applied, or outcomes were recorded. Gives its number.
pub(super) fn add(
    connection: &Connection,
    run: Option<i64>,
    (recorded_at, at): (Instant, Instant),
    digest: &str,
) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO changes (run, recorded_at, at, digest) VALUES (?1, ?2, ?3, ?4)",
        params![run, recorded_at.0, at.0, digest],
    )?;
    Ok(connection.last_insert_rowid())
}

/// How many messages a run sent, now or later.
pub(crate) fn count_touches(connection: &Connection, change: &Change) -> rusqlite::Result<u64> {
    let count = "SELECT count(*) FROM outbox JOIN actions ON actions.id = outbox.action
                 WHERE run = ?1 AND kind = 'send'";
    connection.query_row(count, [change.run], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// Customer and campaign of each marketing message of a run.
pub(crate) fn each_touch(
    connection: &Connection,
    change: &Change,
    mut see: impl FnMut(&str, &str),
) -> rusqlite::Result<()> {
    let mut query = connection.prepare_cached(
        "SELECT customer, campaign FROM outbox JOIN actions ON actions.id = outbox.action
            JOIN people ON people.id = outbox.person
         WHERE run = ?1 AND marketing AND status NOT IN ('withheld', 'discarded') AND customer IS NOT NULL",
    )?;
    let mut rows = query.query([change.run])?;
    while let Some(row) = rows.next()? {
        see(row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
    }
    Ok(())
}

/// How many outcomes of each kind were recorded with a change.
pub(crate) fn count_outcomes(
    connection: &Connection,
    change: &Change,
) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut query = connection.prepare_cached(
        "SELECT kind, count(*) FROM outcomes WHERE change = ?1 GROUP BY kind ORDER BY kind",
    )?;
    let rows =
        query.query_map([change.seq], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    rows.collect()
}

/// The codes that the runs among these changes took.
pub(crate) fn taken_since(connection: &Connection, changes: &[Change]) -> rusqlite::Result<HashSet<String>> {
    let mut query = connection.prepare_cached(
        "SELECT code FROM codes JOIN outbox ON outbox.seq = codes.message
         WHERE run = ?1 AND released_at IS NULL",
    )?;
    let mut taken = HashSet::new();
    for run in changes.iter().filter_map(|change| change.run) {
        let codes = query.query_map([run], |row| row.get(0))?;
        taken.extend(codes.collect::<rusqlite::Result<Vec<String>>>()?);
    }
    Ok(taken)
}
