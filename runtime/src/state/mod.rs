//! What earlier runs did: rulec's own SQLite file.
//!
//! **Locks.** The file is in WAL mode: deciding reads while another run is sending. Applying is for one at a time: it
//! holds [`ApplyLock`], a lock of the operating system that ends with the process, from its first look to its last
//! message; each of its transactions begins with `BEGIN IMMEDIATE`. Who finds the file busy waits five seconds.
//!
//! **Days.** A run sees what was applied before it and on the same calendar day, in the plan's zone, whatever the hour. So
//! a plan for the end of today can be applied in the morning, and plans made later today still see it and count it in
//! their hash. Applying refuses plans of days to come, so the state never holds a run that a plan made now cannot see.
//! Runs of later days are invisible: a replay of the past decides as it was decided then. Not so what rules ask of kept
//! tables: chains and members are those of now, and outcomes all that are known.
//!
//! **Compatibility.** `PRAGMA application_id` says that the file is rulec's, `PRAGMA user_version` which
//! [migrations](migrations) it has seen. Migrations only grow; an older file is brought up to date when it is opened, a
//! newer one is refused.
//!
//! **Cost.** Deciding reads every spell of the plan's rules once, by primary key, and, if limits, quotas or budgets ask for
//! them, every message that was sent. Applying writes for each decision one audit row, for each action one outbox row, its
//! payload and its key, for each rule that fires one spell, and for each chain that moves one wait; for each customer of
//! whom nothing was known, one person. Addresses and messages are stored only until they are sent, and overwritten then
//! (`secure_delete`).

mod actions;
mod audit;
mod chains;
mod changes;
mod coupons;
mod forget;
mod listing;
mod load;
mod lock;
mod members;
mod migrations;
mod optouts;
mod outbox;
mod outcomes;
mod people;
mod places;
mod queue;
mod rules;
mod runs;
mod spells;
mod status;
mod trail;
mod view;

pub use audit::{AuditFilter, AuditRecord, AuditRecords, AuditedAction, FORGOTTEN, RECORD_KINDS, Unrecorded};
pub use forget::Forgot;
pub use listing::{OutboxEntry, OutboxFilter, OutboxStatus};
pub use lock::{ApplyLock, LockOwner};
pub use optouts::{Hearing, OptedIn, OptedOut};
pub use outcomes::RecordedOutcomes;
pub use people::Entropy;
pub use queue::{Chosen, Group, Left, Remedy};
pub use status::{ChannelStatus, Paused, PlanProgress, Status, UnfinishedPlan};
pub use view::{ActionKey, Spell, StateView, Touch};

pub(crate) use actions::{ActionNumber, Actions, Deed};
pub(crate) use chains::{Chains, Sent, Wait};
pub(crate) use changes::{Change, Sees, count_outcomes, count_touches, each_touch, hash, since, taken_since};
pub(crate) use coupons::{Coupon, Coupons};
pub(crate) use members::Members;
pub(crate) use migrations::fresh;
pub(crate) use outbox::{Contents, Outbox, Parcel, mark_all_sent};
pub(crate) use people::{Forgotten, People, Person};
pub(crate) use queue::{ChannelRow, Queue, Scope, Waiting};
pub(crate) use rules::Rules;
pub(crate) use runs::{Run, RunRow};
pub(crate) use spells::Spells;
pub(crate) use trail::{CauseNumber, Entry, Trail};

use crate::diagnostics::{self, Result};
use crate::pools::Pools;
use rulec_diagnostic::Diagnostic;
use rulec_engine::{Keys, SqliteEngine};
use rulec_plan::Plan;
use rulec_plan::project::Project;
use rulec_plan::time::{Instant, Zone};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

const BUSY: Duration = Duration::from_secs(5);

/// Negative: in KiB and not in pages. So much of a run stays in memory until it is written.
const CACHE_KIB: i64 = -131_072;

/// An open state.
#[derive(Debug)]
pub struct State {
    connection: Connection,
    path: PathBuf,
}

impl State {
    /// Where the state of a project is that lies in this folder.
    ///
    /// # Errors
    /// `R0105` when its `[state] url` is not `sqlite:PATH`.
    pub fn path_of(project: &Project, folder: &Path) -> Result<PathBuf> {
        match project.state.strip_prefix("sqlite:") {
            Some(path) => Ok(folder.join(path)),
            None => Err(diagnostics::unsupported_state(&project.state)),
        }
    }

    /// Opens the state, and creates it if there is none.
    ///
    /// # Errors
    /// `R0101` it cannot be opened, `R0102` it is of a newer version, `R0103` it is busy, `R0104` it is not rulec's,
    /// `R0106` the database refuses.
    pub fn open(path: &Path) -> Result<State> {
        create_private(path).map_err(|error| diagnostics::unopenable_state(path, &error))?;
        State::connect(path)
    }

    /// Opens the state if there is one; creates nothing.
    ///
    /// # Errors
    /// As [`State::open`].
    pub fn open_existing(path: &Path) -> Result<Option<State>> {
        if path.exists() { State::connect(path).map(Some) } else { Ok(None) }
    }

    /// Opens the state for looking at it only, if there is one: then it can be read beside whoever writes, by a user who may
    /// not write to it. An older one is brought up to date first, which is writing.
    ///
    /// # Errors
    /// As [`State::open`].
    pub fn open_to_read(path: &Path) -> Result<Option<State>> {
        if !path.exists() {
            return Ok(None);
        }
        let failed = |error| diagnostics::state(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        migrations::check(&connection, path)?;
        if !migrations::is_done(&connection).map_err(failed)? {
            return State::connect(path).map(Some);
        }
        connection.pragma_update(None, "cache_size", CACHE_KIB).map_err(failed)?;
        Ok(Some(State { connection, path: path.to_owned() }))
    }

    /// Writes a copy of the state into a file that is not there yet, readable by its owner only.
    ///
    /// # Errors
    /// `R0101` the file cannot be made, `R0106` the database refuses.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        create_private(path).map_err(|error| diagnostics::unopenable_state(path, &error))?;
        let text = path.to_string_lossy();
        self.read(|connection| connection.execute("VACUUM INTO ?1", [&*text]).map(drop))
    }

    fn connect(path: &Path) -> Result<State> {
        let failed = |error| diagnostics::state(path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        migrations::check(&connection, path)?;
        connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
        connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
        connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
        connection.pragma_update(None, "cache_size", CACHE_KIB).map_err(failed)?;
        migrations::migrate(&mut connection, path)?;
        connection.pragma_update(None, "foreign_keys", cfg!(debug_assertions)).map_err(failed)?;
        Ok(State { connection, path: path.to_owned() })
    }

    /// What to say about an earlier plan of which something is due by now and not sent yet: its customers count as touched,
    /// so no later plan would reach them. `R0128`; nothing if all is sent.
    ///
    /// # Errors
    /// `R0106`.
    pub fn unfinished(&self, now: Instant) -> Result<Option<Box<Diagnostic>>> {
        let unfinished = self.read(|connection| outbox::unfinished(connection, now))?;
        Ok(unfinished.map(|(plan, left)| diagnostics::unfinished_plan(&plan, left)))
    }

    /// What deciding this plan for these customers needs to know, as of one moment: its hash must be that of the changes
    /// that it shows, even if another process is applying a plan. `pools`: the codes of the plan's pools.
    ///
    /// # Errors
    /// `R0106`.
    pub fn view(&self, plan: &Plan, keys: &Keys, pools: Pools) -> Result<StateView> {
        self.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            load::view(&snapshot, plan, keys, pools, horizon(plan.as_of, plan.zone))
        })
    }

    /// What is kept for rules to ask about, for [`rulec_engine::Question::kept`].
    ///
    /// # Errors
    /// `R0106`.
    pub fn kept(&self) -> Result<SqliteEngine> {
        Ok(SqliteEngine::open_state(&self.path)?)
    }

    /// The hash that a [view](State::view) for this plan would have now.
    ///
    /// # Errors
    /// `R0106`.
    pub fn hash(&self, plan: &Plan) -> Result<String> {
        self.read(|connection| {
            let sees = Sees::of(plan.audience.rests_on_kept());
            changes::hash_until(connection, horizon(plan.as_of, plan.zone), sees)
        })
    }

    /// Whether a plan of this id was applied.
    ///
    /// # Errors
    /// `R0106`.
    pub fn has_applied(&self, plan: &str) -> Result<bool> {
        self.read(|connection| Run::find(connection, plan)).map(|run| run.is_some())
    }

    /// The records of the audit that this filter lets through, oldest first.
    ///
    /// # Errors
    /// `R0106`; so does each record.
    pub fn audit(&self, filter: AuditFilter) -> Result<AuditRecords<'_>> {
        AuditRecords::new(self, filter)
    }

    /// Which name of a filter is none of the record.
    ///
    /// # Errors
    /// `R0106`.
    pub fn unrecorded(&self, filter: &AuditFilter) -> Result<Option<Unrecorded>> {
        self.read(|connection| filter.unrecorded(connection))
    }

    /// Runs a query.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        query(&self.connection).map_err(|error| self.failed(&error))
    }

    /// Runs changes as one transaction: all of them, or, on any error, none.
    pub(crate) fn write<T>(&mut self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let path = self.path.clone();
        let failed = |error| diagnostics::state(&path, &error);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let done = change(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }

    /// Moves the log into the file and empties it, so that nothing that was erased is left there. Gives whether it could:
    /// not while somebody reads.
    pub(crate) fn checkpoint(&self) -> Result<bool> {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        self.read(|connection| connection.query_row(checkpoint, [], |row| Ok(row.get::<_, i64>(0)? == 0)))
    }

    /// What this error of the database means to the user.
    pub(crate) fn failed(&self, error: &rusqlite::Error) -> Box<rulec_diagnostic::Diagnostic> {
        diagnostics::state(&self.path, error)
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The last instant that a run at this instant sees of the state: the end of its own day.
pub(crate) fn horizon(as_of: Instant, zone: Zone) -> Instant {
    let next_day = zone.start_of(zone.day_of(as_of).shift(0, 1));
    as_of.max(Instant(next_day.0 - 1))
}

/// Makes an empty file that only its owner may read, if there is none. SQLite gives its side files the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::assert_sound;
