//! For whom each rule fired, and whether the customer was seen outside its condition since.

use super::Spell;
use super::places::Places;
use rulec_engine::Keys;
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, params};

/// The last spells of a rule, of those who are still customers, as far as a run sees: what fired or ended after the
/// horizon is not seen.
pub(super) fn of_rule(
    connection: &Connection,
    rule: &str,
    horizon: Instant,
    keys: &Keys,
) -> rusqlite::Result<Vec<Spell>> {
    // Runs of one day may come in any order of their instants, so the open spell need not be the latest one.
    let mut query = connection.prepare_cached(
        "SELECT customer, max(fired_at), max(ended_at IS NULL OR ended_at > ?2)
         FROM spells WHERE rule = ?1 AND fired_at <= ?2 GROUP BY customer",
    )?;
    let mut rows = query.query(params![rule, horizon.0])?;
    let mut places = Places::new(keys);
    let mut spells = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(customer) = places.find(row.get_ref(0)?.as_str()?) {
            spells.push(Spell { customer, fired_at: Instant(row.get(1)?), open: row.get(2)? });
        }
    }
    Ok(spells)
}

/// Changes spells within a transaction.
pub(crate) struct Spells<'a> {
    fire: CachedStatement<'a>,
    end: CachedStatement<'a>,
    as_of: Instant,
}

impl<'a> Spells<'a> {
    /// The changes of a run at this instant.
    pub(crate) fn new(connection: &'a Connection, as_of: Instant) -> rusqlite::Result<Spells<'a>> {
        let fire = connection.prepare_cached(
            "INSERT INTO spells (rule, customer, fired_at, control, arm) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET ended_at = NULL",
        )?;
        let end = connection.prepare_cached(
            "UPDATE spells SET ended_at = ?3 WHERE rule = ?1 AND customer = ?2 AND ended_at IS NULL",
        )?;
        Ok(Spells { fire, end, as_of })
    }

    /// The rule fires for the customer; `control`: she is left alone as the yardstick.
    pub(crate) fn fire(
        &mut self,
        rule: &str,
        customer: &str,
        control: bool,
        arm: Option<&str>,
    ) -> rusqlite::Result<()> {
        self.fire.execute(params![rule, customer, self.as_of.0, control, arm]).map(drop)
    }

    /// The customer is seen outside the condition of the rule.
    pub(crate) fn end(&mut self, rule: &str, customer: &str) -> rusqlite::Result<()> {
        self.end.execute(params![rule, customer, self.as_of.0]).map(drop)
    }
}
