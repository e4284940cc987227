//! What records refer to: causes, customers, and whether all that refers finds what it refers to.

use super::finding::{Findings, PersonPart, What};
use super::link::{bytes, integer, optional, text};
use crate::audit::chain::{self, Cause, Hash, Salt};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;

/// So many rows that do not fit are remembered, so that records are not blamed for them.
const REMEMBERED: usize = 10_000;

/// How many rows without what they refer to are listed.
const ORPHANS: i64 = 20;

/// Of rows that do not fit their hash, the hash that they would fit, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Mended {
    pub(super) causes: HashMap<i64, Hash>,
    pub(super) people: HashMap<i64, Hash>,
}

impl Mended {
    /// Looks at all causes and customers.
    pub(super) fn read(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<Mended> {
        let mut mended = Mended::default();
        let mut query = connection.prepare(
            "SELECT id, digest, kind, rule, rule_hash, step, arm, verdict, reason, actions FROM causes",
        )?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            mended.cause(connection, row, findings)?;
        }
        let mut query = connection.prepare("SELECT id, customer, salt, commitment FROM people")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            mended.person(connection, row, findings)?;
        }
        Ok(mended)
    }

    fn cause(
        &mut self,
        connection: &Connection,
        row: &Row<'_>,
        findings: &mut Findings,
    ) -> rusqlite::Result<()> {
        let id = integer(row.get_ref(0)?).unwrap_or_default();
        let found = hash_of_cause(row)?;
        if found.is_some() && found == bytes(row.get_ref(1)?) {
            return Ok(());
        }
        let first = "SELECT seq FROM audit WHERE cause = ?1 ORDER BY seq LIMIT 1";
        findings.add(first_record(connection, first, id)?, What::Cause(id));
        remember(&mut self.causes, id, found);
        Ok(())
    }

    fn person(
        &mut self,
        connection: &Connection,
        row: &Row<'_>,
        findings: &mut Findings,
    ) -> rusqlite::Result<()> {
        let id = integer(row.get_ref(0)?).unwrap_or_default();
        let (customer, salt) = (optional(row.get_ref(1)?, text), optional(row.get_ref(2)?, bytes::<16>));
        let commitment: Option<Hash> = bytes(row.get_ref(3)?);
        let first = "SELECT min(seq) FROM audit WHERE person = ?1";
        if let (Some(None), Some(None), Some(_)) = (&customer, salt, commitment) {
            if !was_forgotten(connection, id)? {
                findings.add(first_record(connection, first, id)?, What::Person(id, PersonPart::Nameless));
            }
            return Ok(());
        }
        let found = hash_of_person(customer.flatten(), salt.flatten());
        if found.is_none() || found != commitment {
            findings.add(first_record(connection, first, id)?, What::Person(id, PersonPart::Commitment));
            remember(&mut self.people, id, found);
        }
        Ok(())
    }
}

fn remember(mended: &mut HashMap<i64, Hash>, id: i64, hash: Option<Hash>) {
    if let Some(hash) = hash
        && mended.len() < REMEMBERED
    {
        mended.insert(id, hash);
    }
}

/// The first record that names this row; 0 if none does.
fn first_record(connection: &Connection, query: &str, id: i64) -> rusqlite::Result<i64> {
    let seq = connection.prepare_cached(query)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(seq.flatten().unwrap_or_default())
}

fn hash_of_person(customer: Option<Vec<u8>>, salt: Option<Salt>) -> Option<Hash> {
    let customer = String::from_utf8(customer?).ok()?;
    Some(chain::commitment(&salt?, &customer))
}

fn was_forgotten(connection: &Connection, person: i64) -> rusqlite::Result<bool> {
    let find = "SELECT 1 FROM audit JOIN causes ON causes.id = audit.cause
                WHERE person = ?1 AND kind = 'forgotten'";
    connection.prepare_cached(find)?.exists([person])
}

/// The hash of the columns after the second; `None` if one of them holds what no cause does.
fn hash_of_cause(row: &Row<'_>) -> rusqlite::Result<Option<Hash>> {
    let mut texts = [const { None }; 8];
    for (place, read) in texts.iter_mut().enumerate().filter(|(place, _)| *place != 3) {
        let Some(bytes) = optional(row.get_ref(place + 2)?, text) else { return Ok(None) };
        let Ok(text) = bytes.map(String::from_utf8).transpose() else { return Ok(None) };
        *read = text;
    }
    let Some(step) = optional(row.get_ref(5)?, integer) else { return Ok(None) };
    let [kind, rule, rule_hash, _, arm, verdict, reason, actions] = &texts;
    let Some(kind) = kind else { return Ok(None) };
    let cause = Cause {
        kind,
        rule: rule.as_deref(),
        rule_hash: rule_hash.as_deref(),
        step,
        arm: arm.as_deref(),
        verdict: verdict.as_deref(),
        reason: reason.as_deref(),
        actions: actions.as_deref(),
    };
    Ok(Some(cause.hash()))
}

/// Rows of other tables that refer to what is gone.
pub(super) fn orphans(connection: &Connection, findings: &mut Findings) -> rusqlite::Result<()> {
    let mut query = connection.prepare(
        "SELECT found.\"table\", coalesce(found.rowid, 0), found.parent
         FROM sqlite_schema JOIN pragma_foreign_key_check(sqlite_schema.name) AS found
         WHERE type = 'table' AND name NOT IN ('audit', 'heads') LIMIT ?1",
    )?;
    let mut rows = query.query([ORPHANS])?;
    while let Some(row) = rows.next()? {
        findings.add(0, What::Orphan(row.get(0)?, row.get(1)?, row.get(2)?));
    }
    Ok(())
}
