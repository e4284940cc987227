//! The part of the third migration that hashes: what was recorded so far becomes the beginning of the chain.

use crate::audit::chain::{Cause, MessageSeal};
use crate::state::runs::RunRow;
use crate::state::trail::{Entry, Trail};
use crate::state::{Contents, Run};
use rulec_plan::time::Instant;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{Row, Rows, Transaction};
use sha2::{Digest, Sha256};

/// Makes `audit` of `old_audit`, which goes.
pub(super) fn forge(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut trail = Trail::open(transaction)?;
    let mut runs = transaction.prepare(
        "SELECT seq, plan, as_of, applied_at, created_by, rules_hash, data_hash FROM runs ORDER BY seq",
    )?;
    let mut decisions = transaction.prepare(
        "SELECT run, people.id, commitment, rule, rule_hash, step, arm, verdict, reason, actions, facts
         FROM old_audit JOIN people USING (customer) ORDER BY run, seq",
    )?;
    let mut seals = transaction.prepare("SELECT run, seal FROM outbox ORDER BY run, seq")?;
    let mut messages = transaction.prepare(
        "SELECT run, outbox.seq, seal, person, commitment, name
         FROM outbox JOIN people ON people.id = person JOIN actions ON actions.id = outbox.action
             JOIN rules ON rules.id = rule
         WHERE status = 'sent' ORDER BY run, outbox.seq",
    )?;
    let (mut decisions, mut seals) = (ByRun::new(decisions.query([])?), ByRun::new(seals.query([])?));
    let mut messages = ByRun::new(messages.query([])?);
    let mut runs = runs.query([])?;
    while let Some(row) = runs.next()? {
        let (run, row) = (Run::of(row.get(0)?), RunRow::read(row, 1)?);
        let at = Instant(row.applied_at);
        row.audit(run, &mut trail)?;
        while let Some(decision) = decisions.next_of(run)? {
            audit(decision, run, at, &mut trail)?;
        }
        run.close(contents(&mut seals, run)?, at, &mut trail)?;
        trail.mark_head(Some(run))?;
        while let Some(message) = messages.next_of(run)? {
            sent(message, run, at, &mut trail)?;
        }
    }
    trail.close()?;
    transaction.execute_batch("DROP TABLE old_audit")
}

/// Rows in the order of their runs, which their first column names.
struct ByRun<'a> {
    rows: Rows<'a>,
    is_taken: bool,
}

impl<'a> ByRun<'a> {
    fn new(rows: Rows<'a>) -> ByRun<'a> {
        ByRun { rows, is_taken: true }
    }

    /// The next row of this run.
    fn next_of(&mut self, run: Run) -> rusqlite::Result<Option<&Row<'a>>> {
        if self.is_taken {
            self.rows.advance()?;
        }
        let row = match self.rows.get() {
            Some(row) if row.get::<_, i64>(0)? == run.seq() => Some(row),
            _ => None,
        };
        self.is_taken = row.is_some();
        Ok(row)
    }
}

fn contents(seals: &mut ByRun<'_>, run: Run) -> rusqlite::Result<Contents> {
    let (mut count, mut hash) = (0, Sha256::new());
    while let Some(row) = seals.next_of(run)? {
        hash.update(row.get::<_, MessageSeal>(1)?);
        count += 1;
    }
    Ok(Contents { count, hash: hash.finalize().into() })
}

/// What was sent was sent when its run was applied: older versions did both at once.
fn sent(message: &Row<'_>, run: Run, at: Instant, trail: &mut Trail<'_>) -> rusqlite::Result<()> {
    let rule = Some(message.get_ref(5)?.as_str()?);
    let cause = trail.cause(&Cause { kind: "sent", rule, ..Cause::default() })?;
    let (seal, commitment) = (message.get(2)?, message.get(4)?);
    trail.add(&Entry {
        run: Some(run),
        at,
        person: Some((message.get(3)?, &commitment)),
        cause: &cause,
        message: Some((message.get(1)?, &seal)),
        detail: None,
    })
}

fn audit(decision: &Row<'_>, run: Run, at: Instant, trail: &mut Trail<'_>) -> rusqlite::Result<()> {
    let text = |column| Ok::<_, rusqlite::Error>(decision.get_ref(column)?.as_str_or_null()?);
    let cause = trail.cause(&Cause {
        kind: "decision",
        rule: text(3)?,
        rule_hash: text(4)?,
        step: decision.get(5)?,
        arm: text(6)?,
        verdict: text(7)?,
        reason: text(8)?,
        actions: text(9)?,
    })?;
    let commitment = decision.get(2)?;
    trail.add(&Entry {
        run: Some(run),
        at,
        person: Some((decision.get(1)?, &commitment)),
        cause: &cause,
        message: None,
        detail: text(10)?,
    })
}
