//! Deciding a run again: on a copy of the state, taken back to where it stood before the run, from the rules and the data as
//! they are now; and what differs from the record.

use crate::apply::{SealedFacts, actions};
use crate::audit::chain::Salt;
use crate::diagnostics::Result;
use crate::planfile::{Detail, Header, Planned, PlannedDecision};
use crate::state::{Forgotten, RunRow, State};
use rulec_plan::time::Instant;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A run and the state before it.
#[derive(Debug)]
pub struct Replay {
    state: State,
    run: i64,
    row: RunRow,
    /// The names of the rules that there were.
    rules: BTreeSet<String>,
}

/// In what a decision differs: the first of these that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Differs {
    /// It is in the record only.
    OnlyThen,
    /// It is made now only.
    OnlyNow,
    /// How it ends.
    Verdict,
    /// The arm that the customer is drawn into.
    Arm,
    /// Why it ends so.
    Reason,
    /// What is done.
    Actions,
    /// The values that it rests on.
    Facts,
}

/// A decision that is another now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The customer's key as text.
    pub customer: String,
    /// The rule's name.
    pub rule: String,
    /// 0: the rule itself; n: its n-th follow-up.
    pub step: i64,
    /// In what.
    pub differs: Differs,
    /// That of the record.
    pub then: Option<String>,
    /// That of now.
    pub now: Option<String>,
}

/// What came of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Whether the rules are not those of the run.
    pub has_other_rules: bool,
    /// Rules of the record that are not what they were, or are gone.
    pub other_rules: Vec<String>,
    /// Rules that there were not.
    pub new_rules: Vec<String>,
    /// Whether the data are not those of the run. Of a run with other rules that is not known: which columns are compared
    /// depends on them.
    pub has_other_data: bool,
    /// How many decisions are the same.
    pub equal: u64,
    /// How many differ, by what.
    pub differing: BTreeMap<Differs, u64>,
    /// The first of them, in the order of the record; after them those of now only.
    pub differences: Vec<Difference>,
    /// How many cannot be compared, since they are of customers who were forgotten.
    pub forgotten: u64,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.differing.is_empty()
    }

    fn add(&mut self, difference: Difference, limit: usize) {
        *self.differing.entry(difference.differs).or_default() += 1;
        if self.differences.len() < limit {
            self.differences.push(difference);
        }
    }
}

impl Replay {
    /// Takes a copy of the state, which is written to, back to where it stood before the run of the plan whose id begins
    /// like this. `None` if there is no such plan, or more than one.
    ///
    /// # Errors
    /// Those of [`State::open`].
    pub fn begin(copy: &Path, plan: &str) -> Result<Option<Replay>> {
        let state = State::open(copy)?;
        let found = state.read(|connection| find(connection, plan))?;
        let Some((run, row)) = found else { return Ok(None) };
        let rules = state.read(|connection| rules_of(connection, run))?;
        state.read(|connection| rewind(connection, run))?;
        Ok(Some(Replay { state, run, row, rules }))
    }

    /// The state before the run.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The instant of the run.
    pub fn as_of(&self) -> Instant {
        Instant(self.row.as_of)
    }

    /// The plan's id.
    pub fn plan(&self) -> &str {
        &self.row.plan
    }

    /// Compares what was decided on [`Replay::state`] now with the record. At most `limit` differences are kept.
    ///
    /// # Errors
    /// `R0106`, `R0114`.
    pub fn compare(&self, planned: Planned<'_>, limit: usize) -> Result<Comparison> {
        let header = planned.header()?;
        let has_other_rules = header.rules_hash != self.row.rules_hash;
        // States of earlier versions do not say which rules there were.
        let is_new = |rule: &&String| !self.rules.is_empty() && !self.rules.contains(*rule);
        let mut comparison = Comparison {
            has_other_rules,
            new_rules: header.rules.keys().filter(is_new).cloned().collect(),
            has_other_data: !has_other_rules && header.data_hash != self.row.data_hash,
            ..Comparison::default()
        };
        self.state.read(|connection| {
            let decided = keep(connection, &header, planned)?;
            comparison.other_rules = other_rules(connection, self.run, &header)?;
            let found = self.hold_against(connection, &mut comparison, limit)?;
            if found < decided {
                only_now(connection, self.run, &mut comparison, limit)?;
            }
            Ok(comparison)
        })
    }

    /// Holds the record against what was kept. Gives how many decisions of it were made again.
    fn hold_against(
        &self,
        connection: &Connection,
        comparison: &mut Comparison,
        limit: usize,
    ) -> rusqlite::Result<u64> {
        let mut query = connection.prepare(
            "SELECT people.customer, causes.rule, causes.step, again.customer,
                causes.verdict, causes.arm, causes.reason, causes.actions, detail,
                again.verdict, again.arm, again.reason, again.actions, again.facts
             FROM audit JOIN causes ON causes.id = audit.cause JOIN people ON people.id = audit.person
                LEFT JOIN again ON again.customer = people.customer AND again.rule = causes.rule
                    AND again.step = causes.step
             WHERE audit.run = ?1 AND causes.kind = 'decision' ORDER BY audit.seq",
        )?;
        let mut rows = query.query([self.run])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            let Some(customer) = row.get::<_, Option<String>>(0)? else {
                comparison.forgotten += 1;
                continue;
            };
            found += u64::from(row.get_ref(3)? != ValueRef::Null);
            match difference(row, &customer)? {
                Some(difference) => comparison.add(difference, limit),
                None => comparison.equal += 1,
            }
        }
        Ok(found)
    }
}

/// The run of the one plan whose id begins like this.
fn find(connection: &Connection, plan: &str) -> rusqlite::Result<Option<(i64, RunRow)>> {
    let mut query = connection.prepare(
        "SELECT seq, plan, as_of, applied_at, created_by, rules_hash, data_hash FROM runs
         WHERE substr(plan, 1, length(?1)) = ?1 LIMIT 2",
    )?;
    let rows = query.query_map([plan], |row| Ok((row.get(0)?, RunRow::read(row, 1)?)))?;
    let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// The names of the rules that a run had.
fn rules_of(connection: &Connection, run: i64) -> rusqlite::Result<BTreeSet<String>> {
    let mut query = connection
        .prepare("SELECT name FROM matched JOIN rules ON rules.id = matched.rule WHERE run = ?1")?;
    query.query_map([run], |row| row.get(0))?.collect()
}

fn rewind(connection: &Connection, run: i64) -> rusqlite::Result<()> {
    // The record stays, and refers to what goes.
    connection.pragma_update(None, "foreign_keys", false)?;
    let transaction = connection.unchecked_transaction()?;
    transaction.execute(
        "CREATE TEMP TABLE undone AS
            SELECT runs.seq AS run, applied_at, (SELECT seq FROM changes WHERE run = runs.seq) AS change,
                (SELECT min(audit.seq) FROM audit WHERE run = runs.seq) AS record
            FROM runs WHERE seq = ?1",
        [run],
    )?;
    transaction.execute_batch(include_str!("rewind.sql"))?;
    transaction.commit()
}

/// Keeps what was decided now, to be held against the record; but not of those who were forgotten. Gives how much it is.
fn keep(connection: &Connection, header: &Header, planned: Planned<'_>) -> rusqlite::Result<u64> {
    connection.execute_batch(
        "CREATE TEMP TABLE again (
            customer TEXT, rule TEXT, step INTEGER, verdict TEXT, arm TEXT, reason TEXT, actions TEXT, facts TEXT,
            PRIMARY KEY (customer, rule, step)
        ) WITHOUT ROWID",
    )?;
    let forgotten = Forgotten::read(connection)?;
    let transaction = connection.unchecked_transaction()?;
    let mut salt = transaction.prepare("SELECT salt FROM people WHERE customer = ?1")?;
    let mut insert = transaction.prepare("INSERT INTO again VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    let mut count = 0;
    for decision in planned.decisions(header, Detail::Outcome) {
        if forgotten.has(&decision.customer) {
            continue;
        }
        let salt: Option<Salt> = salt.query_row([&*decision.customer], |row| row.get(0)).optional()?;
        let PlannedDecision { customer, rule, step, verdict, arm, reason, .. } = &decision;
        let outline = header.rules.get(&**rule);
        let actions = outline.and_then(|outline| actions(outline, &decision));
        let facts = outline.and_then(|outline| {
            let salt = salt.unwrap_or_default();
            serde_json::to_string(&SealedFacts::new(outline.facts_of(*step), &decision, &salt)).ok()
        });
        let verdict = verdict.word();
        insert.execute(params![
            customer,
            rule,
            step,
            verdict,
            arm.as_deref(),
            reason.as_deref(),
            actions,
            facts
        ])?;
        count += 1;
    }
    drop((salt, insert));
    transaction.commit()?;
    Ok(count)
}

/// The rules of the record that are others now, or gone.
fn other_rules(connection: &Connection, run: i64, header: &Header) -> rusqlite::Result<Vec<String>> {
    let mut query = connection.prepare(
        "SELECT DISTINCT rule, rule_hash FROM causes
         WHERE kind = 'decision' AND id IN (SELECT cause FROM audit WHERE run = ?1) ORDER BY rule",
    )?;
    let rows = query.query_map([run], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut others = Vec::new();
    for row in rows {
        let (rule, hash) = row?;
        if header.rules.get(&rule).is_none_or(|now| now.hash != hash) {
            others.push(rule);
        }
    }
    Ok(others)
}

/// In what a row of the record differs from what was kept.
fn difference(row: &Row<'_>, customer: &str) -> rusqlite::Result<Option<Difference>> {
    let differing = |differs, then, now| {
        let (customer, rule, step) = (customer.to_owned(), row.get(1)?, row.get(2)?);
        Ok(Some(Difference { customer, rule, step, differs, then, now }))
    };
    if row.get_ref(3)? == ValueRef::Null {
        return differing(Differs::OnlyThen, row.get(4)?, None);
    }
    let parts = [Differs::Verdict, Differs::Arm, Differs::Reason, Differs::Actions, Differs::Facts];
    for (differs, then) in parts.into_iter().zip(4..) {
        let now = then + parts.len();
        if row.get_ref(then)? != row.get_ref(now)? {
            return differing(differs, row.get(then)?, row.get(now)?);
        }
    }
    Ok(None)
}

/// What is decided now and not in the record.
fn only_now(
    connection: &Connection,
    run: i64,
    comparison: &mut Comparison,
    limit: usize,
) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TEMP TABLE decided_then (
            customer TEXT, rule TEXT, step INTEGER, PRIMARY KEY (customer, rule, step)
        ) WITHOUT ROWID",
    )?;
    connection.execute(
        "INSERT OR IGNORE INTO decided_then SELECT people.customer, causes.rule, causes.step
         FROM audit JOIN causes ON causes.id = audit.cause JOIN people ON people.id = audit.person
         WHERE audit.run = ?1 AND causes.kind = 'decision' AND people.customer IS NOT NULL",
        [run],
    )?;
    let mut query = connection.prepare(
        "SELECT customer, rule, step, verdict FROM again
         WHERE (customer, rule, step) NOT IN (SELECT customer, rule, step FROM decided_then)
         ORDER BY customer, rule, step",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (customer, rule, step) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (differs, now) = (Differs::OnlyNow, row.get(3)?);
        comparison.add(Difference { customer, rule, step, differs, then: None, now }, limit);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
