//! What other tables say now, held against what the records say: whether the messages of a run, their keys and texts are
//! those that it put into the outbox, how they stand, who is opted out or forgotten, which channels are paused; and whether
//! the tables are those that rulec made. Asked only where the chain itself is whole.

use super::finding::{Findings, What};
use super::link::bytes;
use crate::apply::Names;
use crate::audit::chain::message_seal;
use crate::state::{Contents, fresh};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Holds all of these tables against the record.
pub(super) fn check(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    schema(connection, findings)?;
    contents(connection, findings)?;
    names(connection, findings)?;
    statuses(connection, findings)?;
    optouts(connection, findings)?;
    marks(connection, findings)?;
    pauses(connection, findings)
}

/// Tables, indices, views and triggers must be those of a new state.
fn schema(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut found = parts(connection)?;
    for (name, sql) in as_made()? {
        if found.remove(name).is_none_or(|found| found != *sql) {
            findings.add(0, What::Schema(name.clone()));
        }
    }
    for name in found.into_keys() {
        findings.add(0, What::Schema(name));
    }
    Ok(())
}

/// The parts of a new state.
fn as_made() -> rusqlite::Result<&'static Parts> {
    static MADE: OnceLock<Parts> = OnceLock::new();
    match MADE.get() {
        Some(made) => Ok(made),
        None => {
            let made = parts(&fresh()?)?;
            Ok(MADE.get_or_init(|| made))
        }
    }
}

/// What a database is made of, by name.
type Parts = BTreeMap<String, String>;

fn parts(connection: &Connection) -> rusqlite::Result<Parts> {
    let query = "SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'";
    connection.prepare(query)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// How a message stands after a record of this kind, and for this reason; `None`: it waits, or is under way.
fn status_after(kind: Option<&str>, reason: Option<&str>) -> Option<&'static str> {
    match (kind?, reason) {
        ("sent", _) | ("settled", Some("sent")) => Some("sent"),
        ("dead" | "settled", _) => Some("dead"),
        ("doubt", _) => Some("doubt"),
        ("withheld", _) => Some("withheld"),
        ("discarded", _) => Some("discarded"),
        _ => None,
    }
}

fn statuses(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT outbox.seq, outbox.status, coalesce(last.seq, 0), kind, reason
         FROM outbox LEFT JOIN (
                SELECT message, max(seq) AS seq FROM audit WHERE message IS NOT NULL GROUP BY message
             ) AS last ON last.message = outbox.seq
             LEFT JOIN audit ON audit.seq = last.seq LEFT JOIN causes ON causes.id = audit.cause
         ORDER BY outbox.seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let status = row.get_ref(1)?.as_str()?;
        let (kind, reason) = (row.get_ref(3)?.as_str_or_null()?, row.get_ref(4)?.as_str_or_null()?);
        let told = status_after(kind, reason);
        if told.map_or(!matches!(status, "waiting" | "marked"), |told| told != status) {
            findings
                .add(row.get(2)?, What::Status(row.get(0)?, status.to_owned(), told.unwrap_or("waiting")));
        }
    }
    Ok(())
}

/// The key of a message is made of its plan, customer, rule and place, and its seal of that and of what is to be handed
/// over. Of somebody who was forgotten nothing is left of which they could be made.
fn names(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT outbox.seq, outbox.key, outbox.seal, plan, customer, salt, name, step, action.action, payload,
            status
         FROM outbox JOIN runs ON runs.seq = outbox.run JOIN people ON people.id = outbox.person
             JOIN actions AS action ON action.id = outbox.action JOIN rules ON rules.id = action.rule
             LEFT JOIN payloads ON payloads.seq = outbox.seq
         WHERE customer IS NOT NULL ORDER BY outbox.seq",
    )?;
    let mut rows = query.query([])?;
    let mut of_plan: Option<(String, Names)> = None;
    while let Some(row) = rows.next()? {
        let plan = row.get_ref(3)?.as_str()?;
        if of_plan.as_ref().is_none_or(|(known, _)| known != plan) {
            of_plan = Some((plan.to_owned(), Names::of(plan)));
        }
        let Some((_, names)) = &mut of_plan else { continue };
        let key = names.key(row.get_ref(4)?.as_str()?, row.get_ref(6)?.as_str()?, row.get(7)?, row.get(8)?);
        let message = row.get(0)?;
        if bytes(row.get_ref(1)?) != Some(key) {
            findings.add(0, What::MessageKey(message));
            continue;
        }
        let is_open = matches!(row.get_ref(10)?.as_str()?, "waiting" | "marked" | "doubt" | "dead");
        match row.get_ref(9)?.as_bytes_or_null()? {
            Some(payload) => {
                let seal = message_seal(row.get_ref(5)?.as_blob()?, &key, payload);
                if bytes(row.get_ref(2)?) != Some(seal) {
                    findings.add(0, What::MessageText(message));
                }
            }
            None if is_open => findings.add(0, What::MessageTextGone(message)),
            None => {}
        }
    }
    Ok(())
}

/// Each run must have those messages and other deeds that it recorded.
fn contents(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut query = connection.prepare("SELECT run, seal FROM outbox ORDER BY run, seq")?;
    let mut rows = query.query([])?;
    let mut found: BTreeMap<i64, (u64, Sha256)> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (count, hash) = found.entry(row.get(0)?).or_default();
        *count += 1;
        hash.update(row.get_ref(1)?.as_blob()?);
    }
    let mut query = connection.prepare(
        "SELECT runs.seq, detail, json_extract(detail, '$.count')
         FROM runs LEFT JOIN (
                SELECT run, detail FROM audit JOIN causes ON causes.id = audit.cause WHERE kind = 'messages'
             ) AS told ON told.run = runs.seq
         ORDER BY runs.seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let run = row.get(0)?;
        let (count, hash) = found.remove(&run).unwrap_or_default();
        let contents = Contents { count, hash: hash.finalize().into() };
        match row.get_ref(1)?.as_str_or_null()? {
            None => findings.add(0, What::MessagesGone(run)),
            Some(told) if told == contents.detail() => {}
            Some(_) => findings.add(0, What::Messages(run, row.get(2)?, count as i64)),
        }
    }
    Ok(())
}

fn optouts(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    // By customer, and by channel, of which an empty one stands for all.
    let mut told: BTreeMap<i64, BTreeMap<String, i64>> = BTreeMap::new();
    let mut query = connection.prepare(
        "SELECT audit.seq, kind, person, json_extract(detail, '$.channel')
         FROM audit JOIN causes ON causes.id = audit.cause
         WHERE audit.cause IN (SELECT id FROM causes WHERE kind IN ('optout', 'optin')) ORDER BY audit.seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, told) = (row.get(0)?, told.entry(row.get(2)?).or_default());
        let channel: Option<String> = row.get(3)?;
        match (row.get_ref(1)?.as_str()?, channel) {
            ("optout", channel) => drop(told.insert(channel.unwrap_or_default(), seq)),
            (_, Some(channel)) => drop(told.remove(&channel)),
            (_, None) => told.clear(),
        }
    }
    let mut query = connection.prepare("SELECT person, channel FROM optouts WHERE ended_at IS NULL")?;
    let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found = found.collect::<rusqlite::Result<BTreeSet<(i64, String)>>>()?;
    for (person, channels) in told {
        for (channel, seq) in channels {
            let refusal = (person, channel);
            if !found.remove(&refusal) {
                findings.add(seq, What::OptOutGone(person, refusal.1));
            }
        }
    }
    for (person, channel) in found {
        findings.add(0, What::OptOutAdded(person, channel));
    }
    Ok(())
}

/// Each customer and each message that is nameless must be known again.
fn marks(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let counts = "SELECT (SELECT count(*) FROM people WHERE customer IS NULL)
                    + (SELECT count(*) FROM outbox WHERE key IS NULL), (SELECT count(*) FROM forgotten)";
    let (nameless, marks) = connection.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if marks < nameless {
        findings.add(0, What::Marks(nameless, marks));
    }
    Ok(())
}

fn pauses(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT json_extract(detail, '$.channel') AS channel, max(audit.seq), kind = 'paused'
         FROM audit JOIN causes ON causes.id = audit.cause
         WHERE audit.cause IN (SELECT id FROM causes WHERE kind IN ('paused', 'resumed')) GROUP BY channel",
    )?;
    let told = query.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    let mut told = told.collect::<rusqlite::Result<BTreeMap<String, (i64, bool)>>>()?;
    let mut query = connection.prepare("SELECT name, paused_at IS NOT NULL FROM channels ORDER BY name")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (channel, is_paused): (String, bool) = (row.get(0)?, row.get(1)?);
        let (seq, was_paused) = told.remove(&channel).unwrap_or_default();
        if is_paused != was_paused {
            findings.add(seq, What::Pause(channel, was_paused));
        }
    }
    for (channel, (seq, _)) in told.into_iter().filter(|(_, (_, was_paused))| *was_paused) {
        findings.add(seq, What::Pause(channel, true));
    }
    Ok(())
}
