//! The outbox while it is being sent: what is due, what is under way, how it ended. Each change of a message is a record
//! of the audit, too.
//!
//! **Cost.** What is due is found by channel and time in a partial index of what waits; what is under way, in doubt or dead
//! in another. Payloads lie in a table of their own and are erased as soon as nobody needs them, so that their pages are
//! used again.

mod operate;

pub use operate::{Chosen, Group, Remedy};

use super::{Entry, Run, State, Trail};
use crate::audit::chain::{Cause, Hash, MessageKey, MessageSeal};
use crate::diagnostics::{self, Result};
use crate::hash::hex;
use rulec_channels::Reason;
use rulec_plan::time::Instant;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use std::path::Path;

/// A channel through which something waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChannelRow {
    pub(crate) id: i64,
    /// The project's name of it; one of [`DEEDS`](super::DEEDS) for what is no message.
    pub(crate) name: String,
    /// Before this nothing goes out, so that its rate holds over several sessions.
    pub(crate) next_at: Option<Instant>,
}

/// What is sent: one plan, or all that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The run; none: all.
    pub(crate) run: Option<i64>,
}

/// Something whose turn it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) seq: i64,
    /// As hex; empty: the customer was forgotten.
    pub(crate) key: String,
    run: i64,
    person: i64,
    commitment: Hash,
    seal: MessageSeal,
    /// None: the customer was forgotten.
    pub(crate) customer: Option<String>,
    pub(crate) rule: String,
    pub(crate) channel: String,
    /// Empty outside campaigns.
    pub(crate) campaign: String,
    /// Else a tag, a task or points.
    pub(crate) is_message: bool,
    pub(crate) is_marketing: bool,
    /// Whether the customer has opted out of what this is: marketing, by this channel or by any. `optouts.rs` says why
    /// other messages go out nevertheless.
    pub(crate) opted_out: bool,
    /// When its campaign is over, as the plan says.
    pub(crate) campaign_ends: Option<Instant>,
    /// The last instant at which all holds that it offers.
    pub(crate) offer_ends: Option<Instant>,
    pub(crate) payload: String,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// Whether one of those tries may have got through.
    pub(crate) maybe: bool,
}

/// What is not sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// How much of it is due by now.
    pub due: u64,
    /// How much waits for later.
    pub waiting: u64,
    /// When the first of that is due.
    pub next: Option<Instant>,
    /// How many messages are dead letters: `rulec outbox list` shows them.
    pub dead: u64,
    /// Of how many nobody knows whether they were delivered.
    pub doubt: u64,
}

impl Scope {
    /// Every run.
    pub(crate) fn all() -> Scope {
        Scope { run: None }
    }

    /// One run.
    pub(crate) fn of(run: Run) -> Scope {
        Scope { run: Some(run.seq()) }
    }

    /// The channels through which something waits or is under way, by name.
    pub(crate) fn channels(self, connection: &Connection) -> rusqlite::Result<Vec<ChannelRow>> {
        let mut query = connection.prepare_cached(
            "SELECT id, name, next_at FROM channels
             WHERE EXISTS (SELECT 1 FROM outbox WHERE outbox.channel = channels.id AND status = 'waiting'
                    AND (?1 IS NULL OR run = ?1))
                OR EXISTS (SELECT 1 FROM outbox WHERE outbox.channel = channels.id AND status = 'marked')
             ORDER BY name",
        )?;
        let rows = query.query_map([self.run], |row| {
            Ok(ChannelRow {
                id: row.get(0)?,
                name: row.get(1)?,
                next_at: row.get::<_, Option<i64>>(2)?.map(Instant),
            })
        })?;
        rows.collect()
    }

    /// When the next thing waiting for a channel is due, if that is by then: what is due later, of other runs, too, may be
    /// very much.
    pub(crate) fn next_due(
        self,
        connection: &Connection,
        channel: i64,
        until: Instant,
    ) -> rusqlite::Result<Option<Instant>> {
        let mut query = connection.prepare_cached(
            "SELECT due_at FROM outbox
             WHERE status = 'waiting' AND channel = ?1 AND (?2 IS NULL OR run = ?2) AND due_at <= ?3
             ORDER BY due_at LIMIT 1",
        )?;
        query.query_row(params![channel, self.run, until.0], |row| row.get(0).map(Instant)).optional()
    }

    /// Whether something is due by now, or was handed over by a process that died.
    pub(crate) fn is_due(self, connection: &Connection, now: Instant) -> rusqlite::Result<bool> {
        let mut query = connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM channels WHERE EXISTS (SELECT 1 FROM outbox
                    WHERE status = 'waiting' AND channel = channels.id AND due_at <= ?1 AND (?2 IS NULL OR run = ?2)))
                OR EXISTS (SELECT 1 FROM outbox WHERE status = 'marked')",
        )?;
        query.query_row(params![now.0, self.run], |row| row.get(0))
    }

    /// How much is due by now through a channel, or was tried and waits for another try.
    pub(crate) fn due(self, connection: &Connection, channel: i64, now: Instant) -> rusqlite::Result<u64> {
        let mut query = connection.prepare_cached(
            "SELECT count(*) FROM outbox
             WHERE status = 'waiting' AND channel = ?1 AND (?3 IS NULL OR run = ?3)
                AND (due_at <= ?2 OR EXISTS (SELECT 1 FROM deliveries WHERE deliveries.seq = outbox.seq))",
        )?;
        let due = query.query_row(params![channel, now.0, self.run], |row| row.get::<_, i64>(0));
        due.map(i64::unsigned_abs)
    }

    /// How much is left.
    pub(crate) fn left(self, connection: &Connection, now: Instant) -> rusqlite::Result<Left> {
        let waiting = "SELECT count(*) FILTER (WHERE due_at <= ?2), count(*) FILTER (WHERE due_at > ?2),
                          min(due_at) FILTER (WHERE due_at > ?2)
                       FROM outbox WHERE status = 'waiting' AND (?1 IS NULL OR run = ?1)";
        let count = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let mut left = connection.query_row(waiting, params![self.run, now.0], |row| {
            Ok(Left {
                due: count(row, 0)?,
                waiting: count(row, 1)?,
                next: row.get::<_, Option<i64>>(2)?.map(Instant),
                ..Left::default()
            })
        })?;
        let open = "SELECT count(*) FILTER (WHERE status = 'dead'), count(*) FILTER (WHERE status = 'doubt')
                    FROM outbox WHERE (status = 'marked' OR status = 'doubt' OR status = 'dead') AND (?1 IS NULL OR run = ?1)";
        (left.dead, left.doubt) =
            connection.query_row(open, [self.run], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
        Ok(left)
    }
}

/// What is known of messages in the outbox.
const WAITING: &str = "SELECT outbox.seq, key, seal, outbox.run, outbox.person, commitment, customer, rules.name AS rule,
        channels.name AS channel_name, actions.campaign, kind = 'send' AS is_message, marketing,
        marketing AND EXISTS (SELECT 1 FROM optouts WHERE optouts.person = outbox.person AND ended_at IS NULL
            AND optouts.channel IN ('', channels.name)) AS opted_out,
        ends_at, (SELECT min(expires_at) FROM coupons WHERE message = outbox.seq AND expires_at >= runs.applied_at) AS offer_ends,
        payload, coalesce(attempts, 0) AS attempts, coalesce(maybe, 0) AS maybe, outbox.channel, outbox.status
    FROM outbox JOIN runs ON runs.seq = outbox.run JOIN people ON people.id = outbox.person JOIN actions ON actions.id = outbox.action
        JOIN rules ON rules.id = actions.rule JOIN channels ON channels.id = outbox.channel
        LEFT JOIN payloads ON payloads.seq = outbox.seq
        LEFT JOIN campaign_ends ON campaign_ends.run = outbox.run AND campaign_ends.campaign = actions.campaign
        LEFT JOIN deliveries ON deliveries.seq = outbox.seq";

/// Changes what is in the outbox, within one transaction.
pub(crate) struct Queue<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    path: &'a Path,
    pub(super) trail: Trail<'a>,
    /// By which records are dated.
    pub(super) stamp: Instant,
}

impl Queue<'_> {
    /// Runs changes as one transaction, dated like this: all of them, or, on any error, none.
    pub(crate) fn write<T>(
        state: &mut State,
        stamp: Instant,
        change: impl FnOnce(&mut Queue<'_>) -> Result<T>,
    ) -> Result<T> {
        let path = state.path().to_owned();
        state.write(|transaction| {
            let failed = |error| diagnostics::state(&path, &error);
            let trail = Trail::open(transaction).map_err(failed)?;
            let mut queue = Queue { transaction, path: &path, trail, stamp };
            let done = change(&mut queue)?;
            queue.trail.close().map_err(failed)?;
            Ok(done)
        })
    }

    /// What is due by now through a channel, at most so many: what has been due the longest first.
    pub(crate) fn due(&self, scope: Scope, channel: i64, now: Instant, limit: u64) -> Result<Vec<Waiting>> {
        self.run(|transaction| {
            let mut query = transaction.prepare_cached(&format!(
                "{WAITING}
                 WHERE status = 'waiting' AND outbox.channel = ?1 AND outbox.due_at <= ?2
                    AND (?3 IS NULL OR outbox.run = ?3)
                 ORDER BY outbox.due_at, outbox.seq LIMIT ?4"
            ))?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            query.query_map(params![channel, now.0, scope.run, limit], waiting)?.collect()
        })
    }

    /// What waits for a person: of one channel, or of any, only marketing or whatever there is.
    pub(super) fn waiting_for(
        &self,
        person: i64,
        channel: Option<&str>,
        only_marketing: bool,
    ) -> Result<Vec<Waiting>> {
        self.run(|transaction| {
            let mut query = transaction.prepare_cached(&format!(
                "{WAITING}
                 WHERE outbox.person = ?1 AND status = 'waiting' AND (?2 IS NULL OR channels.name = ?2)
                    AND (marketing OR NOT ?3) ORDER BY outbox.seq"
            ))?;
            query.query_map(params![person, channel, only_marketing], waiting)?.collect()
        })
    }

    /// It is handed over next: from now on nobody else hands it over.
    pub(crate) fn mark(&self, waiting: &Waiting) -> Result<()> {
        self.set_status(waiting, "marked")
    }

    /// It is not handed over after all: it waits as before.
    pub(crate) fn put_back(&self, waiting: &Waiting) -> Result<()> {
        self.set_status(waiting, "waiting")
    }

    /// Nothing that waits for this channel is due before then.
    pub(crate) fn put_off(&self, channel: i64, until: Instant) -> Result<()> {
        self.execute(
            "UPDATE outbox SET due_at = ?2 WHERE status = 'waiting' AND channel = ?1 AND due_at < ?2",
            params![channel, until.0],
        )
    }

    /// It waits until then.
    pub(crate) fn postpone(&self, waiting: &Waiting, due_at: Instant) -> Result<()> {
        self.execute("UPDATE outbox SET due_at = ?2 WHERE seq = ?1", params![waiting.seq, due_at.0])
    }

    /// The other side has it.
    pub(crate) fn sent(&mut self, waiting: &Waiting, id: Option<&str>) -> Result<()> {
        self.set_status(waiting, "sent")?;
        self.attempt(waiting, (waiting.attempts + 1, false), (id, None))?;
        self.erase(waiting.seq)?;
        self.tell("sent", waiting, None)
    }

    /// It will never go out. One of which nobody knows whether it has gone out already is in doubt.
    pub(crate) fn withhold(&mut self, waiting: &Waiting, why: &str) -> Result<()> {
        if waiting.maybe {
            return self.doubt(waiting, &Reason::new(why, "", &[]));
        }
        self.set_status(waiting, "withheld")?;
        self.release(waiting.seq)?;
        self.erase(waiting.seq)?;
        self.tell("withheld", waiting, Some(why))
    }

    /// It is tried again later.
    pub(crate) fn again(
        &mut self,
        waiting: &Waiting,
        due_at: Instant,
        tries: (u32, bool),
        reason: &Reason,
    ) -> Result<()> {
        self.set_status(waiting, "waiting")?;
        self.postpone(waiting, due_at)?;
        self.attempt(waiting, tries, (None, Some(reason)))
    }

    /// It will not be tried again unless a person says so.
    pub(crate) fn dead(&mut self, waiting: &Waiting, reason: &Reason) -> Result<()> {
        self.set_status(waiting, "dead")?;
        self.attempt(waiting, (waiting.attempts + 1, false), (None, Some(reason)))?;
        self.tell("dead", waiting, Some(&reason.code))
    }

    /// Nobody knows whether it was taken, and it may not be handed over again.
    pub(crate) fn doubt(&mut self, waiting: &Waiting, reason: &Reason) -> Result<()> {
        self.set_status(waiting, "doubt")?;
        self.attempt(waiting, (waiting.attempts + 1, true), (None, Some(reason)))?;
        self.tell("doubt", waiting, Some(&reason.code))
    }

    /// What an earlier process had marked when it died: through the channels that take each key once it waits again,
    /// through the others of those that are opened it is in doubt. Gives how much that is.
    pub(crate) fn recover(&mut self, opened: &[i64], safe: &[i64], now: Instant) -> Result<u64> {
        let marked = self.run(|transaction| {
            let mut query = transaction
                .prepare_cached(&format!("{WAITING} WHERE status = 'marked' ORDER BY outbox.seq"))?;
            let rows = query.query_map([], |row| Ok((waiting(row)?, row.get::<_, i64>("channel")?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let interrupted = Reason::new("interrupted", "", &[]);
        let mut in_doubt = 0;
        for (waiting, channel) in marked.into_iter().filter(|(_, channel)| opened.contains(channel)) {
            if safe.contains(&channel) {
                self.again(&waiting, now, (waiting.attempts, true), &interrupted)?;
            } else {
                self.doubt(&waiting, &interrupted)?;
                in_doubt += 1;
            }
        }
        Ok(in_doubt)
    }

    /// Whether a person has paused the channel, and why.
    pub(crate) fn paused(&self, channel: i64) -> Result<Option<Option<String>>> {
        self.run(|transaction| {
            let mut query = transaction.prepare_cached(
                "SELECT paused_because FROM channels
                 WHERE paused_at IS NOT NULL AND (id = ?1 OR name = '') ORDER BY id = ?1 DESC LIMIT 1",
            )?;
            query.query_row([channel], |row| row.get(0)).optional()
        })
    }

    /// The next message of a channel goes out not before this.
    pub(crate) fn keep_pace(&self, channel: i64, next_at: Instant) -> Result<()> {
        self.execute("UPDATE channels SET next_at = ?2 WHERE id = ?1", params![channel, next_at.0])
    }

    /// Puts down how far the audit has come.
    pub(crate) fn head(&mut self) -> Result<()> {
        let marked = self.trail.mark_head(None);
        marked.map_err(self.failed())
    }

    fn set_status(&self, waiting: &Waiting, status: &str) -> Result<()> {
        self.execute("UPDATE outbox SET status = ?2 WHERE seq = ?1", params![waiting.seq, status])
    }

    /// What the provider said is not kept of somebody who was forgotten meanwhile.
    fn attempt(
        &self,
        waiting: &Waiting,
        (attempts, maybe): (u32, bool),
        (id, reason): (Option<&str>, Option<&Reason>),
    ) -> Result<()> {
        let (code, said) = reason.map(|reason| (&reason.code, &reason.text)).unzip();
        self.execute(
            "INSERT INTO deliveries (seq, attempts, maybe, at, provider_id, code, said)
                SELECT ?1, ?2, ?3, ?4, iif(customer IS NULL, NULL, ?5), ?6, iif(customer IS NULL, NULL, ?7)
                FROM people WHERE id = ?8
             ON CONFLICT DO UPDATE SET attempts = ?2, maybe = ?3, at = ?4, provider_id = excluded.provider_id, code = ?6,
                said = excluded.said",
            params![waiting.seq, attempts, maybe, self.stamp.0, id, code, said, waiting.person],
        )
    }

    /// Its code may go to somebody else.
    fn release(&self, seq: i64) -> Result<()> {
        self.execute("UPDATE codes SET released_at = ?2 WHERE message = ?1", params![seq, self.stamp.0])
    }

    fn erase(&self, seq: i64) -> Result<()> {
        self.execute("DELETE FROM payloads WHERE seq = ?1", [seq])
    }

    fn tell(&mut self, kind: &str, waiting: &Waiting, reason: Option<&str>) -> Result<()> {
        let path = self.path;
        let failed = |error| diagnostics::state(path, &error);
        let rule = Some(&*waiting.rule);
        let cause = self.trail.cause(&Cause { kind, rule, reason, ..Cause::default() }).map_err(failed)?;
        let entry = Entry {
            run: Some(Run::of(waiting.run)),
            at: self.stamp,
            person: Some((waiting.person, &waiting.commitment)),
            cause: &cause,
            message: Some((waiting.seq, &waiting.seal)),
            detail: None,
        };
        self.trail.add(&entry).map_err(failed)
    }

    pub(super) fn execute(&self, change: &str, values: impl rusqlite::Params) -> Result<()> {
        self.run(|transaction| transaction.prepare_cached(change)?.execute(values).map(drop))
    }

    pub(super) fn run<T>(&self, query: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        query(self.transaction).map_err(self.failed())
    }

    pub(super) fn failed(&self) -> impl Fn(rusqlite::Error) -> Box<rulec_diagnostic::Diagnostic> + use<'_> {
        |error| diagnostics::state(self.path, &error)
    }
}

/// A row of [`WAITING`].
fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let key: Option<MessageKey> = row.get("key")?;
    Ok(Waiting {
        seq: row.get("seq")?,
        key: key.map(|key| hex(&key)).unwrap_or_default(),
        run: row.get("run")?,
        person: row.get("person")?,
        commitment: row.get("commitment")?,
        seal: row.get("seal")?,
        customer: row.get("customer")?,
        rule: row.get("rule")?,
        channel: row.get("channel_name")?,
        campaign: row.get("campaign")?,
        is_message: row.get("is_message")?,
        is_marketing: row.get("marketing")?,
        opted_out: row.get("opted_out")?,
        campaign_ends: row.get::<_, Option<i64>>("ends_at")?.map(Instant),
        offer_ends: row.get::<_, Option<i64>>("offer_ends")?.map(Instant),
        payload: row.get::<_, Option<String>>("payload")?.unwrap_or_default(),
        attempts: row.get("attempts")?,
        maybe: row.get("maybe")?,
    })
}
