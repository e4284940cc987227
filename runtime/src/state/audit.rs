//! Reading the audit: every decision that was applied, with what it rested on, and all that happened since. It holds no
//! address, no message and no personal fact.

use super::State;
use crate::audit::chain::{self, Hash, MessageKey, MessageSeal};
use crate::diagnostics::Result;
use crate::facts::{Facts, Value};
use crate::hash::hex;
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::VecDeque;

/// How many records are read at once.
const PAGE: i64 = 1_000;

/// What stands for the key of a customer who wanted to be forgotten.
pub const FORGOTTEN: &str = "(forgotten)";

/// What can happen, as records call it.
pub const RECORD_KINDS: [&str; 17] = [
    "run",
    "decision",
    "messages",
    "sent",
    "dead",
    "doubt",
    "withheld",
    "requeued",
    "settled",
    "discarded",
    "optout",
    "optin",
    "forgotten",
    "paused",
    "resumed",
    "outcomes",
    "approved",
];

/// A record of the audit. What does not apply is absent; `audit/chain.rs` says what the hashes are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number, ascending from 1.
    pub seq: i64,
    /// The number of the run to which it belongs.
    pub run: Option<i64>,
    /// When it was recorded.
    pub at: Instant,
    /// What happened: `run`, `decision`, `sent`, …
    pub kind: String,
    /// The id of that run's plan.
    pub plan: Option<String>,
    /// The customer's key as text; [`FORGOTTEN`] if she wanted that.
    pub customer: Option<String>,
    /// The customer's commitment, as hex.
    pub person: Option<String>,
    /// The rule's name.
    pub rule: Option<String>,
    /// SHA-256 of the rule's meaning.
    pub rule_hash: Option<String>,
    /// 0: the rule itself; n: its n-th follow-up.
    pub step: Option<i64>,
    /// The arm of the rule's split that the customer was drawn into.
    pub arm: Option<String>,
    /// How it ended.
    pub verdict: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What was done, and what of it was lost: JSON as it was hashed.
    pub actions: Option<String>,
    /// The key of the message that it is about, as hex; absent, too, if its customer was forgotten.
    pub message: Option<String>,
    /// The seal of that message, as hex.
    pub seal: Option<String>,
    /// The rule of that message.
    pub message_rule: Option<String>,
    /// What it rests on: JSON as it was hashed.
    pub detail: Option<String>,
    /// The hash of its cause, as hex.
    pub cause: String,
    /// Its hash, as hex.
    pub hash: String,
}

impl AuditRecord {
    /// The facts on which a decision rested; personal ones stand as `(personal)`.
    pub fn facts(&self) -> Facts<'static> {
        let is_decision = self.kind == "decision";
        let facts = self.detail.as_deref().filter(|_| is_decision).map(serde_json::from_str);
        shown(facts.and_then(std::result::Result::ok).unwrap_or_default())
    }

    /// What was done, and what of it was lost.
    pub fn done(&self) -> Vec<AuditedAction> {
        self.actions.as_deref().and_then(|actions| serde_json::from_str(actions).ok()).unwrap_or_default()
    }
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
    /// Of this kind.
    pub kind: Option<String>,
    /// Not before this instant.
    pub since: Option<Instant>,
    /// Before this instant.
    pub until: Option<Instant>,
    /// At most so many: the newest.
    pub limit: Option<u64>,
}

/// A name of a filter of which nothing is recorded at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrecorded {
    /// The customer.
    Customer,
    /// The rule; these are recorded.
    Rule(Vec<String>),
    /// The plan.
    Plan,
}

impl AuditFilter {
    /// Which of its names is no name of the record: a slip of the pen must not look like a record in which nothing happened.
    pub(super) fn unrecorded(&self, connection: &Connection) -> rusqlite::Result<Option<Unrecorded>> {
        let is_known = |query: &str, name: &str| connection.prepare(query)?.exists([name]);
        if let Some(customer) = &self.customer
            && !is_known("SELECT 1 FROM people WHERE customer = ?1", customer)?
        {
            return Ok(Some(Unrecorded::Customer));
        }
        if let Some(plan) = &self.plan
            && !is_known("SELECT 1 FROM runs WHERE substr(plan, 1, length(?1)) = ?1", plan)?
        {
            return Ok(Some(Unrecorded::Plan));
        }
        let Some(rule) = &self.rule else { return Ok(None) };
        let mut query = connection.prepare(
            "SELECT name FROM rules UNION SELECT rule FROM causes WHERE rule IS NOT NULL ORDER BY 1",
        )?;
        let rules = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        Ok((!rules.contains(rule)).then_some(Unrecorded::Rule(rules)))
    }
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

const WHERE: &str = "FROM audit JOIN causes ON causes.id = audit.cause LEFT JOIN runs ON runs.seq = audit.run
        LEFT JOIN people ON people.id = audit.person LEFT JOIN outbox ON outbox.seq = audit.message
        LEFT JOIN actions ON actions.id = outbox.action LEFT JOIN rules ON rules.id = actions.rule
     WHERE (?1 IS NULL OR customer = ?1) AND (?2 IS NULL OR coalesce(causes.rule, rules.name) = ?2)
        AND (?3 IS NULL OR substr(plan, 1, length(?3)) = ?3) AND (?4 IS NULL OR causes.kind = ?4)
        AND (?5 IS NULL OR audit.at >= ?5) AND (?6 IS NULL OR audit.at < ?6)";

const COLUMNS: &str = "audit.seq, audit.run, audit.at, causes.kind, plan,
    iif(people.id IS NOT NULL, coalesce(customer, '(forgotten)'), NULL), commitment, causes.rule, rule_hash, causes.step,
    causes.arm, verdict, reason, causes.actions, outbox.key, rules.name, detail, digest, audit.hash,
    outbox.seal";

impl<'a> AuditRecords<'a> {
    pub(super) fn new(state: &'a State, filter: AuditFilter) -> Result<AuditRecords<'a>> {
        let after = match filter.limit {
            Some(limit) => state.read(|connection| before_newest(connection, &filter, limit))?,
            None => 0,
        };
        Ok(AuditRecords { state, finished: filter.limit == Some(0), filter, after, page: VecDeque::new() })
    }

    fn turn_page(&mut self) -> Result<()> {
        let AuditFilter { customer, rule, plan, kind, since, until, .. } = &self.filter;
        let (since, until) = (since.map(|at| at.0), until.map(|at| at.0));
        self.page = self.state.read(|connection| {
            let mut query = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} {WHERE} AND audit.seq > ?7 ORDER BY audit.seq LIMIT {PAGE}"
            ))?;
            let rows =
                query.query_map(params![customer, rule, plan, kind, since, until, self.after], record)?;
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
    let AuditFilter { customer, rule, plan, kind, since, until, .. } = filter;
    let (since, until) = (since.map(|at| at.0), until.map(|at| at.0));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = format!(
        "SELECT coalesce(min(seq), 1) - 1
         FROM (SELECT audit.seq AS seq {WHERE} ORDER BY audit.seq DESC LIMIT ?7)"
    );
    connection.query_row(&query, params![customer, rule, plan, kind, since, until, limit], |row| row.get(0))
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    let (key, seal): (Option<MessageKey>, Option<MessageSeal>) = (row.get(14)?, row.get(19)?);
    let commitment: Option<Hash> = row.get(6)?;
    Ok(AuditRecord {
        seq: row.get(0)?,
        run: row.get(1)?,
        at: Instant(row.get(2)?),
        kind: row.get(3)?,
        plan: row.get(4)?,
        customer: row.get(5)?,
        person: commitment.map(|hash| hex(&hash)),
        rule: row.get(7)?,
        rule_hash: row.get(8)?,
        step: row.get(9)?,
        arm: row.get(10)?,
        verdict: row.get(11)?,
        reason: row.get(12)?,
        actions: row.get(13)?,
        message: key.map(|key| hex(&key)),
        seal: seal.map(|seal| hex(&seal)),
        message_rule: row.get(15)?,
        detail: row.get(16)?,
        cause: hex(&row.get::<_, Hash>(17)?),
        hash: hex(&row.get::<_, Hash>(18)?),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// The words that stand right behind one of these in a source file.
    fn kinds(file: &Path, before: &[&str]) -> Vec<String> {
        let text = fs::read_to_string(file).unwrap();
        let after = before.iter().flat_map(|before| text.split(before).skip(1));
        after.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn every_kind_that_is_written_is_listed() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let written = ["apply", "state", "state/queue", "state/migrations"].into_iter().flat_map(|folder| {
            let files = fs::read_dir(source.join(folder)).unwrap().map(|file| file.unwrap().path());
            files.filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        });
        let mut found = Vec::new();
        for file in written.filter(|file| !file.ends_with("state/audit.rs")) {
            found.extend(kinds(
                &file,
                &["Cause { kind: \"", "            kind: \"", "tell(\"", "tell_of(\"", "tell_of_channel(\""],
            ));
            if file.ends_with("operate.rs") {
                let remedies = ["Requeue", "Delivered", "Lost", "Discard"];
                let remedies = remedies.map(|remedy| format!("Remedy::{remedy} => (\""));
                let told = kinds(&file, &remedies.each_ref().map(String::as_str));
                assert_eq!(told, ["requeued", "settled", "settled", "discarded"]);
                found.extend(told);
            }
        }
        assert!(found.len() >= 18, "{found:?}");
        for kind in found {
            assert!(RECORD_KINDS.contains(&&*kind), "{kind}");
        }
    }
}
