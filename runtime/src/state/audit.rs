//! Every decision that was applied, with what it rested on. Holds no address, no message and no personal fact.

use super::State;
use crate::audit::chain;
use crate::diagnostics::Result;
use crate::facts::{Facts, Value};
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::VecDeque;

/// How many records are read at once.
const PAGE: i64 = 1_000;

/// A decision that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// Its number, ascending.
    pub seq: i64,
    /// When the plan was applied.
    pub at: Instant,
    /// The plan's id.
    pub plan: String,
    /// The customer's key as text; `(forgotten)` if she wanted that.
    pub customer: String,
    /// The rule's name.
    pub rule: String,
    /// SHA-256 of the rule's meaning.
    pub rule_hash: String,
    /// 0: the rule itself; n: its n-th follow-up.
    pub step: u32,
    /// The arm of the rule's split that the customer was drawn into.
    pub arm: Option<String>,
    /// How it ended.
    pub verdict: String,
    /// Why.
    pub reason: Option<String>,
    /// The facts on which it rested; personal ones stand as `(personal)`.
    pub facts: Facts<'static>,
    /// What was done, and what of it was lost.
    pub actions: Vec<AuditedAction>,
}

/// An action of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedAction {
    /// As a rule writes it: `send sms coupon 150/500 ttl 15d`.
    pub action: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
}

/// Which records are wanted; all that are set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Of this customer, by key.
    pub customer: Option<String>,
    /// Of this rule, by name.
    pub rule: Option<String>,
    /// Of plans whose id begins like this.
    pub plan: Option<String>,
    /// At most so many: the newest.
    pub limit: Option<u64>,
}

/// Records, oldest first; read page by page.
#[derive(Debug)]
pub struct AuditRecords<'a> {
    state: &'a State,
    filter: AuditFilter,
    after: i64,
    page: VecDeque<AuditRecord>,
    finished: bool,
}

const WHERE: &str = "FROM audit JOIN causes ON causes.id = audit.cause JOIN runs ON runs.seq = audit.run
        JOIN people ON people.id = audit.person
     WHERE kind = 'decision' AND (?1 IS NULL OR customer = ?1) AND (?2 IS NULL OR rule = ?2)
       AND (?3 IS NULL OR substr(plan, 1, length(?3)) = ?3)";

impl<'a> AuditRecords<'a> {
    pub(super) fn new(state: &'a State, filter: AuditFilter) -> Result<AuditRecords<'a>> {
        let after = match filter.limit {
            Some(limit) => state.read(|connection| before_newest(connection, &filter, limit))?,
            None => 0,
        };
        Ok(AuditRecords { state, finished: filter.limit == Some(0), filter, after, page: VecDeque::new() })
    }

    fn turn_page(&mut self) -> Result<()> {
        let AuditFilter { customer, rule, plan, .. } = &self.filter;
        self.page = self.state.read(|connection| {
            let mut query = connection.prepare_cached(&format!(
                "SELECT audit.seq, audit.at, plan, coalesce(customer, '(forgotten)'), rule, rule_hash, step, arm,
                    verdict, reason, detail, actions
                 {WHERE} AND audit.seq > ?4 ORDER BY audit.seq LIMIT {PAGE}"
            ))?;
            let rows = query.query_map(params![customer, rule, plan, self.after], record)?;
            rows.collect()
        })?;
        match self.page.back() {
            Some(last) => self.after = last.seq,
            None => self.finished = true,
        }
        Ok(())
    }
}

impl Iterator for AuditRecords<'_> {
    type Item = Result<AuditRecord>;

    fn next(&mut self) -> Option<Result<AuditRecord>> {
        if self.page.is_empty()
            && !self.finished
            && let Err(error) = self.turn_page()
        {
            self.finished = true;
            return Some(Err(error));
        }
        self.page.pop_front().map(Ok)
    }
}

/// The number just before the `limit` newest records.
fn before_newest(connection: &Connection, filter: &AuditFilter, limit: u64) -> rusqlite::Result<i64> {
    let AuditFilter { customer, rule, plan, .. } = filter;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = format!(
        "SELECT coalesce(min(seq), 1) - 1
         FROM (SELECT audit.seq AS seq {WHERE} ORDER BY audit.seq DESC LIMIT ?4)"
    );
    connection.query_row(&query, params![customer, rule, plan, limit], |row| row.get(0))
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    Ok(AuditRecord {
        seq: row.get(0)?,
        at: Instant(row.get(1)?),
        plan: row.get(2)?,
        customer: row.get(3)?,
        rule: row.get(4)?,
        rule_hash: row.get(5)?,
        step: row.get(6)?,
        arm: row.get(7)?,
        verdict: row.get(8)?,
        reason: row.get(9)?,
        facts: shown(json(row, 10)?),
        actions: json(row, 11)?,
    })
}

fn json<T: for<'de> Deserialize<'de>>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Sealed facts as `(personal)`.
fn shown(facts: Facts<'static>) -> Facts<'static> {
    let shown = |(name, value): (&str, &Value)| {
        let is_sealed = matches!(value, Value::Text(text) if chain::is_sealed(text));
        let value = if is_sealed { Value::personal() } else { value.clone() };
        (Cow::Owned(name.to_owned()), value)
    };
    facts.iter().map(shown).collect()
}
