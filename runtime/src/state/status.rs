//! How sending stands, for a person or a monitor.
//!
//! **Cost.** What waits and what is open is counted in partial indexes; what was done lately is read from the end of the
//! audit, from the last head that is older.

use super::{Run, State};
use crate::diagnostics::Result;
use indexmap::IndexMap;
use rulec_plan::time::{DAY, HOUR, Instant};
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

/// How sending stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether a person has paused all channels.
    pub paused: Option<Paused>,
    /// Each channel of which the state knows, by name; `tags`, `tasks` and `points` for what is no message.
    pub channels: IndexMap<String, ChannelStatus>,
    /// Plans of which something is not sent yet, in the order in which they were applied.
    pub plans: Vec<UnfinishedPlan>,
    /// Since when the oldest message has been due that is not sent yet.
    pub oldest_due: Option<Instant>,
}

/// How one channel stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelStatus {
    /// How many messages are due by now.
    pub due: u64,
    /// How many wait for later.
    pub later: u64,
    /// When the first of those is due.
    pub next: Option<Instant>,
    /// How many are handed over just now.
    pub under_way: u64,
    /// How many were sent in the last hour.
    pub sent_hour: u64,
    /// How many were sent in the last 24 hours.
    pub sent_day: u64,
    /// How many could not be delivered.
    pub dead: u64,
    /// Of how many nobody knows whether they were delivered.
    pub doubt: u64,
    /// How many were withheld in the last 24 hours, by reason.
    pub withheld_day: BTreeMap<String, u64>,
    /// Whether a person has paused it.
    pub paused: Option<Paused>,
    /// Before this nothing more goes out, so that its rate holds; none if that is past.
    pub next_at: Option<Instant>,
}

/// Since when nothing goes out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// Since when.
    pub since: Instant,
    /// What the person said who did it.
    pub because: Option<String>,
}

/// A plan of which something is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedPlan {
    /// Its id.
    pub plan: String,
    /// The instant it was made for.
    pub as_of: Instant,
    /// How much of it is due by now.
    pub due: u64,
    /// How much waits for later.
    pub later: u64,
    /// How much is handed over just now.
    pub under_way: u64,
}

/// How far an applied plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlanProgress {
    /// How much of it was sent.
    pub sent: u64,
    /// How much of it is not done with: it waits, for now or for later, or is handed over just now.
    pub left: u64,
}

impl State {
    /// How far this plan is through these channels, or through all, if none is named; nothing if it was never applied.
    ///
    /// # Errors
    /// `R0106`.
    pub fn progress(&self, plan: &str, channels: &[String]) -> Result<Option<PlanProgress>> {
        self.read(|connection| match Run::find(connection, plan)? {
            Some(run) => progress(connection, run, channels).map(Some),
            None => Ok(None),
        })
    }

    /// How sending stands: what is due at `now`, the instant by which is sent, and what was done lately before `stamp`, an
    /// instant of the clock by which records are dated.
    ///
    /// # Errors
    /// `R0106`.
    pub fn status(&self, now: Instant, stamp: Instant) -> Result<Status> {
        self.read(|connection| {
            // All numbers are those of one moment, even while somebody is sending.
            let snapshot = connection.unchecked_transaction()?;
            let mut status = Status::default();
            let mut channels = channels(&snapshot, now)?;
            count_waiting(&snapshot, now, &mut channels, &mut status.oldest_due)?;
            count_open(&snapshot, &mut channels)?;
            count_lately(&snapshot, stamp, &mut channels)?;
            for (name, channel) in channels.into_values() {
                if name.is_empty() {
                    status.paused = channel.paused;
                } else {
                    status.channels.insert(name, channel);
                }
            }
            status.plans = unfinished(&snapshot, now)?;
            Ok(status)
        })
    }
}

fn progress(connection: &Connection, run: Run, channels: &[String]) -> rusqlite::Result<PlanProgress> {
    let mut query = connection.prepare_cached(
        "SELECT name, count(*) FILTER (WHERE status = 'sent'),
            count(*) FILTER (WHERE status = 'waiting' OR status = 'marked')
         FROM outbox JOIN channels ON channels.id = outbox.channel WHERE run = ?1 GROUP BY channel",
    )?;
    let mut progress = PlanProgress::default();
    let mut rows = query.query([run.seq()])?;
    while let Some(row) = rows.next()? {
        if channels.is_empty() || channels.contains(&row.get(0)?) {
            progress.sent += count(row, 1)?;
            progress.left += count(row, 2)?;
        }
    }
    Ok(progress)
}

/// By number, with their names, in the order of those.
type Channels = IndexMap<i64, (String, ChannelStatus)>;

fn channels(connection: &Connection, now: Instant) -> rusqlite::Result<Channels> {
    let mut query = connection
        .prepare_cached("SELECT id, name, paused_at, paused_because, next_at FROM channels ORDER BY name")?;
    let rows = query.query_map([], |row| {
        let because = row.get(3)?;
        let paused = instant(row, 2)?.map(|since| Paused { since, because });
        let next_at = instant(row, 4)?.filter(|next| *next > now);
        Ok((row.get(0)?, (row.get(1)?, ChannelStatus { paused, next_at, ..ChannelStatus::default() })))
    })?;
    rows.collect()
}

fn count_waiting(
    connection: &Connection,
    now: Instant,
    channels: &mut Channels,
    oldest_due: &mut Option<Instant>,
) -> rusqlite::Result<()> {
    let mut query = connection.prepare_cached(
        "SELECT channel, count(*) FILTER (WHERE due_at <= ?1), count(*) FILTER (WHERE due_at > ?1),
            min(due_at) FILTER (WHERE due_at > ?1), min(due_at) FILTER (WHERE due_at <= ?1)
         FROM outbox WHERE status = 'waiting' GROUP BY channel",
    )?;
    let mut rows = query.query([now.0])?;
    while let Some(row) = rows.next()? {
        let Some((_, channel)) = channels.get_mut(&row.get::<_, i64>(0)?) else { continue };
        (channel.due, channel.later, channel.next) = (count(row, 1)?, count(row, 2)?, instant(row, 3)?);
        *oldest_due = [*oldest_due, instant(row, 4)?].into_iter().flatten().min();
    }
    Ok(())
}

fn count_open(connection: &Connection, channels: &mut Channels) -> rusqlite::Result<()> {
    let mut query = connection.prepare_cached(
        "SELECT channel, count(*) FILTER (WHERE status = 'marked'), count(*) FILTER (WHERE status = 'doubt'),
            count(*) FILTER (WHERE status = 'dead')
         FROM outbox WHERE status = 'marked' OR status = 'doubt' OR status = 'dead' GROUP BY channel",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if let Some((_, channel)) = channels.get_mut(&row.get::<_, i64>(0)?) {
            (channel.under_way, channel.doubt, channel.dead) =
                (count(row, 1)?, count(row, 2)?, count(row, 3)?);
        }
    }
    Ok(())
}

fn count_lately(connection: &Connection, now: Instant, channels: &mut Channels) -> rusqlite::Result<()> {
    let (hour, day) = (now.0.saturating_sub(HOUR), now.0.saturating_sub(DAY));
    let mut query = connection.prepare_cached(
        "SELECT outbox.channel, kind, reason, count(*) FILTER (WHERE audit.at > ?1), count(*)
         FROM audit JOIN causes ON causes.id = audit.cause JOIN outbox ON outbox.seq = audit.message
         WHERE audit.seq > (SELECT coalesce(max(heads.seq), 0) FROM heads JOIN audit USING (seq) WHERE audit.at <= ?2)
            AND audit.at > ?2 AND audit.at <= ?3 AND kind IN ('sent', 'withheld')
         GROUP BY outbox.channel, kind, reason",
    )?;
    let mut rows = query.query(params![hour, day, now.0])?;
    while let Some(row) = rows.next()? {
        let Some((_, channel)) = channels.get_mut(&row.get::<_, i64>(0)?) else { continue };
        if row.get_ref(1)?.as_str()? == "sent" {
            channel.sent_hour += count(row, 3)?;
            channel.sent_day += count(row, 4)?;
        } else {
            let reason: Option<String> = row.get(2)?;
            *channel.withheld_day.entry(reason.unwrap_or_default()).or_default() += count(row, 4)?;
        }
    }
    Ok(())
}

fn unfinished(connection: &Connection, now: Instant) -> rusqlite::Result<Vec<UnfinishedPlan>> {
    let mut query = connection.prepare_cached(
        "SELECT plan, as_of, sum(due), sum(later), sum(marked) FROM (
            SELECT run, due_at <= ?1 AS due, due_at > ?1 AS later, 0 AS marked FROM outbox WHERE status = 'waiting'
            UNION ALL
            SELECT run, 0, 0, 1 FROM outbox WHERE status = 'marked'
         ) JOIN runs ON runs.seq = run GROUP BY run ORDER BY run",
    )?;
    let rows = query.query_map([now.0], |row| {
        Ok(UnfinishedPlan {
            plan: row.get(0)?,
            as_of: Instant(row.get(1)?),
            due: count(row, 2)?,
            later: count(row, 3)?,
            under_way: count(row, 4)?,
        })
    })?;
    rows.collect()
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Instant>> {
    row.get::<_, Option<i64>>(column).map(|micros| micros.map(Instant))
}
