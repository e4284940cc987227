//! The part of the third migration that hashes: what was recorded so far becomes the beginning of the chain.

use crate::audit::chain::Cause;
use crate::state::Run;
use crate::state::runs::RunRow;
use crate::state::trail::{Entry, Trail};
use rulec_plan::time::Instant;
use rusqlite::{Row, Transaction};

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
    let mut decisions = decisions.query([])?;
    let mut next = decisions.next()?;
    let mut runs = runs.query([])?;
    while let Some(row) = runs.next()? {
        let (run, row) = (Run::of(row.get(0)?), RunRow::read(row, 1)?);
        row.audit(run, &mut trail)?;
        while let Some(decision) = next
            && decision.get::<_, i64>(0)? == run.seq()
        {
            audit(decision, run, Instant(row.applied_at), &mut trail)?;
            next = decisions.next()?;
        }
        trail.mark_head(Some(run))?;
    }
    trail.close()?;
    transaction.execute_batch("DROP TABLE old_audit")
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
