//! For whom each rule fired, and whether the customer was seen outside its condition since.

use super::places::PeoplePlaces;
use super::{Run, Spell};
use rulec_plan::time::Instant;
use rusqlite::{CachedStatement, Connection, params};

/// The last spells of a rule, of those who are still customers, as far as a run sees: what fired or ended after the
/// horizon is not seen.
pub(super) fn of_rule(
    connection: &Connection,
    rule: &str,
    horizon: Instant,
    places: &PeoplePlaces,
) -> rusqlite::Result<Vec<Spell>> {
    // Runs of one day may come in any order of their instants, so the open spell need not be the latest one.
    let mut query = connection.prepare_cached(
        "SELECT person, max(fired_at), max(ended_at IS NULL OR ended_at > ?2)
         FROM spells WHERE rule = (SELECT id FROM rules WHERE name = ?1) AND fired_at <= ?2 GROUP BY person",
    )?;
    let mut rows = query.query(params![rule, horizon.0])?;
    let mut spells = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(customer) = places.of(row.get(0)?) {
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
    run: Run,
    /// Those that fire. They are added at the end, in the order of their table: decisions come by customer, it is by rule.
    fired: Vec<Fired>,
}

/// The rule, the person, whether she is left alone, and her arm.
type Fired = (i64, i64, bool, Option<Box<str>>);

impl<'a> Spells<'a> {
    /// The changes of this run, of this instant.
    pub(crate) fn new(connection: &'a Connection, run: Run, as_of: Instant) -> rusqlite::Result<Spells<'a>> {
        let fire = connection.prepare_cached(
            "INSERT INTO spells (rule, person, fired_at, run, control, arm) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let end = connection.prepare_cached(
            "UPDATE spells SET ended_at = ?3, ended_run = ?4
             WHERE rule = ?1 AND person = ?2 AND ended_at IS NULL",
        )?;
        Ok(Spells { fire, end, as_of, run, fired: Vec::new() })
    }

    /// The rule fires for the customer; `control`: she is left alone as the yardstick.
    pub(crate) fn fire(&mut self, rule: i64, person: i64, control: bool, arm: Option<&str>) {
        self.fired.push((rule, person, control, arm.map(Box::from)));
    }

    /// Adds those that fired. A spell that ends in the same run is an older one, so these come last.
    pub(crate) fn finish(mut self) -> rusqlite::Result<()> {
        self.fired.sort_unstable();
        for (rule, person, control, arm) in &self.fired {
            self.fire.execute(params![rule, person, self.as_of.0, self.run.seq(), control, arm])?;
        }
        Ok(())
    }

    /// The customer is seen outside the condition of the rule.
    pub(crate) fn end(&mut self, rule: i64, person: i64) -> rusqlite::Result<()> {
        self.end.execute(params![rule, person, self.as_of.0, self.run.seq()]).map(drop)
    }
}
