//! The transaction that makes a plan an applied one.

use super::ApplyProgress;
use crate::diagnostics::{self, Result};
use crate::failpoint;
use crate::hash::of_parts;
use crate::jsonl::ShownFacts;
use crate::planfile::{
    ActionKind, Header, Line, OfferOutline, PlanReader, PlannedAction, PlannedDecision, RuleOutline,
};
use crate::state::{Audited, AuditedAction, Auditor, Outbox, Parcel, Run, Spells, State};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
use rusqlite::Transaction;
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// How many decisions are recorded between two reports.
const REPORT: u64 = 10_000;

/// How many hex digits of its hash name a message.
const KEY_DIGITS: usize = 32;

/// Records all lines of a plan, or, if any of them is wrong, none.
pub(super) fn record(
    state: &mut State,
    plan: PlanReader,
    now: Instant,
    progress: &mut dyn FnMut(ApplyProgress) -> ControlFlow<()>,
) -> Result<Run> {
    let header = plan.header().clone();
    let plan_path = plan.path().to_owned();
    let state_path = state.path().to_owned();
    state.write(|transaction| {
        let damaged = || diagnostics::damaged_plan(&plan_path);
        let (as_of, _) = header.moment().ok_or_else(damaged)?;
        let failed = |error| diagnostics::state(&state_path, &error);
        let run = Run::start(transaction, &header, as_of, now).map_err(failed)?;
        failpoint::reach("run-recorded")?;
        let mut recorder =
            Recorder::new(transaction, &header, run, as_of, plan_path.clone(), state_path.clone())
                .map_err(failed)?;
        for (count, line) in (1..).zip(plan) {
            recorder.line(&line?)?;
            if count % REPORT == 0 {
                // Half a record is none, so there is nothing to stop for.
                let _ = progress(ApplyProgress::Recorded(count));
            }
            failpoint::reach("decision-recorded")?;
        }
        failpoint::reach("before-commit")?;
        Ok(run)
    })
}

struct Recorder<'a> {
    header: &'a Header,
    auditor: Auditor<'a>,
    outbox: Outbox<'a>,
    spells: Spells<'a>,
    plan_path: PathBuf,
    state_path: PathBuf,
}

/// What a channel gets of a message.
#[derive(Serialize)]
struct Message<'a> {
    key: &'a str,
    channel: &'a str,
    to: &'a str,
    message: &'a str,
    offers: &'a [OfferOutline],
    ttl: Option<&'a str>,
    offer_ends: Option<&'a str>,
    send_at: Option<&'a str>,
    customer: &'a str,
    rule: &'a str,
    plan: &'a str,
}

/// What is written of anything else that a rule does.
#[derive(Serialize)]
struct Deed<'a> {
    key: &'a str,
    #[serde(flatten)]
    action: &'a ActionKind,
    send_at: Option<&'a str>,
    customer: &'a str,
    rule: &'a str,
    plan: &'a str,
}

impl<'a> Recorder<'a> {
    fn new(
        transaction: &'a Transaction<'_>,
        header: &'a Header,
        run: Run,
        as_of: Instant,
        plan_path: PathBuf,
        state_path: PathBuf,
    ) -> rusqlite::Result<Recorder<'a>> {
        Ok(Recorder {
            header,
            auditor: Auditor::new(transaction, run)?,
            outbox: Outbox::new(transaction, run)?,
            spells: Spells::new(transaction, as_of)?,
            plan_path,
            state_path,
        })
    }

    fn line(&mut self, line: &Line<'_>) -> Result<()> {
        match line {
            Line::Decision(decision) => self.decision(decision),
            Line::Ended(ended) => {
                self.spells.end(&ended.rule, &ended.customer).map_err(|error| self.failed(&error))
            }
            Line::Chain(_) | Line::Member(_) => Ok(()),
        }
    }

    fn decision(&mut self, decision: &PlannedDecision<'_>) -> Result<()> {
        let header = self.header;
        let rule = header.rules.get(&*decision.rule).ok_or_else(|| self.damaged())?;
        self.audit(rule, decision)?;
        if decision.verdict != Verdict::Send {
            return Ok(());
        }
        self.spells.fire(&decision.rule, &decision.customer).map_err(|error| self.failed(&error))?;
        for action in decision.actions.iter().filter(|action| action.verdict == Verdict::Send) {
            let kind = self.kind(rule, action)?;
            self.post(decision, action, kind)?;
        }
        Ok(())
    }

    fn audit(&mut self, rule: &'a RuleOutline, decision: &PlannedDecision<'_>) -> Result<()> {
        let mut actions = Vec::with_capacity(decision.actions.len());
        for action in &decision.actions {
            actions.push(AuditedAction {
                action: self.kind(rule, action)?.to_string(),
                verdict: action.verdict,
                reason: action.reason.as_deref().map(str::to_owned),
            });
        }
        let audited = Audited {
            customer: &decision.customer,
            rule: &decision.rule,
            rule_hash: &rule.hash,
            verdict: decision.verdict,
            reason: decision.reason.as_deref(),
            facts: ShownFacts::new(rule.facts_of(decision.step), decision, false),
            actions: &actions,
        };
        self.auditor.add(&audited).map_err(|error| self.failed(&error))
    }

    /// Puts an action into the outbox.
    fn post(
        &mut self,
        decision: &PlannedDecision<'_>,
        action: &PlannedAction<'_>,
        kind: &ActionKind,
    ) -> Result<()> {
        let key = key(&self.header.id, decision, action.step);
        let payload = self.payload(&key, decision, action, kind)?;
        let parcel = Parcel {
            key: &key,
            customer: &decision.customer,
            rule: &decision.rule,
            step: action.step,
            kind: if kind.is_send() { "send" } else { kind.channel() },
            channel: kind.is_send().then(|| kind.channel()),
            payload: &payload,
        };
        self.outbox.put(&parcel).map_err(|error| self.failed(&error))
    }

    fn payload(
        &self,
        key: &str,
        decision: &PlannedDecision<'_>,
        action: &PlannedAction<'_>,
        kind: &ActionKind,
    ) -> Result<String> {
        let (customer, rule, plan) = (&decision.customer, &decision.rule, &self.header.id);
        let send_at = action.send_at.as_deref();
        let line = if let ActionKind::Send { channel, offers, ttl, offer_ends, .. } = kind {
            let (to, message) =
                action.to.as_deref().zip(action.message.as_deref()).ok_or_else(|| self.damaged())?;
            let (ttl, offer_ends) = (ttl.as_deref(), offer_ends.as_deref());
            let line =
                Message { key, channel, to, message, offers, ttl, offer_ends, send_at, customer, rule, plan };
            serde_json::to_string(&line)
        } else {
            serde_json::to_string(&Deed { key, action: kind, send_at, customer, rule, plan })
        };
        line.map_err(|_| self.damaged())
    }

    fn kind(&self, rule: &'a RuleOutline, action: &PlannedAction) -> Result<&'a ActionKind> {
        let outline = rule.actions.get(action.step as usize).ok_or_else(|| self.damaged())?;
        Ok(&outline.kind)
    }

    fn damaged(&self) -> Box<Diagnostic> {
        diagnostics::damaged_plan(&self.plan_path)
    }

    fn failed(&self, error: &rusqlite::Error) -> Box<Diagnostic> {
        diagnostics::state(&self.state_path, error)
    }
}

/// What names a message for ever, here and at the provider: the same plan, customer, rule and step give the same.
fn key(plan: &str, decision: &PlannedDecision<'_>, step: u32) -> String {
    let mut key = of_parts(&[plan, &decision.customer, &decision.rule, &step.to_string()]);
    key.truncate(KEY_DIGITS);
    key
}
