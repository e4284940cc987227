//! The transaction that makes a plan an applied one.

use super::payload::{self, offer_ends};
use super::{ApplyProgress, stale};
use crate::diagnostics::{self, Result};
use crate::failpoint;
use crate::hash::of_parts;
use crate::jsonl::ShownFacts;
use crate::planfile::{
    ActionKind, ChainLine, Header, Line, OfferOutline, PlanReader, PlannedAction, PlannedDecision,
    RuleOutline,
};
use crate::state::{
    self, Audited, AuditedAction, Auditor, Chains, Coupon, Deed, Deeds, Members, MessageKind, Messages,
    Outbox, Parcel, Run, Sees, Sent, Spells, State, Touched, Wait,
};
use chrono::{DateTime, NaiveDate};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::{Day, Instant, Zone};
use rulec_plan::verdict::Verdict;
use rusqlite::Transaction;
use std::ops::ControlFlow;

/// How many decisions are recorded between two reports.
const REPORT: u64 = 10_000;

/// How many hex digits of its hash name a message.
const KEY_DIGITS: usize = 32;

/// Why a line cannot be recorded.
enum Trouble {
    /// The plan does not say what it must.
    Damaged,
    State(rusqlite::Error),
    Other(Box<Diagnostic>),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Trouble::State(error)
    }
}

impl From<Box<Diagnostic>> for Trouble {
    fn from(error: Box<Diagnostic>) -> Self {
        Trouble::Other(error)
    }
}

/// Records all lines of a plan, or, if any of them is wrong, none.
pub(super) fn record(
    state: &mut State,
    plan: PlanReader,
    now: Instant,
    progress: &mut dyn FnMut(ApplyProgress) -> ControlFlow<()>,
) -> Result<Run> {
    let plan_path = plan.path().to_owned();
    let state_path = state.path().to_owned();
    state.write(|transaction| {
        record_all(transaction, plan, now, progress).map_err(|trouble| match trouble {
            Trouble::Damaged => diagnostics::damaged_plan(&plan_path),
            Trouble::State(error) => diagnostics::state(&state_path, &error),
            Trouble::Other(diagnostic) => diagnostic,
        })
    })
}

fn record_all(
    transaction: &Transaction<'_>,
    plan: PlanReader,
    now: Instant,
    progress: &mut dyn FnMut(ApplyProgress) -> ControlFlow<()>,
) -> Result<Run, Trouble> {
    if state::hash(transaction, Sees::of(plan.header().rests_on_outcomes))? != plan.header().state_hash {
        return Err(stale::explain(transaction, plan)?.into());
    }
    let header = plan.header().clone();
    let (as_of, zone) = header.moment().ok_or(Trouble::Damaged)?;
    let run = Run::start(transaction, &header, as_of, now)?;
    failpoint::reach("run-recorded")?;
    let mut recorder = Recorder::new(transaction, &header, run, Moment { as_of, zone, now })?;
    for (count, line) in (1..).zip(plan) {
        recorder.line(&line?)?;
        if count % REPORT == 0 {
            // Half a record is none, so there is nothing to stop for.
            let _ = progress(ApplyProgress::Recorded(count));
        }
        failpoint::reach("decision-recorded")?;
    }
    for segment in header.segments.keys() {
        recorder.members.record(segment)?;
    }
    failpoint::reach("before-commit")?;
    Ok(run)
}

/// When a plan is applied, and of when it is.
#[derive(Clone, Copy)]
struct Moment {
    as_of: Instant,
    zone: Zone,
    now: Instant,
}

struct Recorder<'a> {
    header: &'a Header,
    moment: Moment,
    auditor: Auditor<'a>,
    outbox: Outbox<'a>,
    spells: Spells<'a>,
    messages: Messages<'a>,
    deeds: Deeds<'a>,
    chains: Chains<'a>,
    members: Members<'a>,
}

impl<'a> Recorder<'a> {
    fn new(
        transaction: &'a Transaction<'_>,
        header: &'a Header,
        run: Run,
        moment: Moment,
    ) -> rusqlite::Result<Recorder<'a>> {
        Ok(Recorder {
            header,
            moment,
            auditor: Auditor::new(transaction, run)?,
            outbox: Outbox::new(transaction, run)?,
            spells: Spells::new(transaction, moment.as_of)?,
            messages: Messages::new(transaction, run)?,
            deeds: Deeds::new(transaction)?,
            chains: Chains::new(transaction, moment.as_of)?,
            members: Members::new(transaction, moment.as_of)?,
        })
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), Trouble> {
        match line {
            Line::Decision(decision) => self.decision(decision),
            Line::Ended(ended) => Ok(self.spells.end(&ended.rule, &ended.customer)?),
            Line::Chain(chain) => self.chain(chain),
            Line::Member(member) => {
                Ok(self.members.change(&member.segment, &member.customer, member.entered)?)
            }
        }
    }

    fn decision(&mut self, decision: &PlannedDecision<'_>) -> Result<(), Trouble> {
        let header = self.header;
        let (name, rule) = header.rules.get_key_value(&*decision.rule).ok_or(Trouble::Damaged)?;
        self.audit(rule, decision)?;
        let held_out = decision.verdict == Verdict::Control;
        let done = matches!(decision.verdict, Verdict::Send | Verdict::Hold);
        if decision.step == 0 && (done || held_out) {
            self.spells.fire(name, &decision.customer, held_out, decision.arm.as_deref())?;
        }
        for action in decision.actions.iter().filter(|action| done && action.is_done()) {
            let kind = kind(rule, decision.step, action)?;
            let seq = self.post(decision, action, kind)?;
            let at = self.send_at(action)?;
            if let ActionKind::Send { channel, transactional, .. } = kind {
                let message = MessageKind {
                    rule: name,
                    campaign: rule.campaign.as_deref().unwrap_or_default(),
                    step: decision.step,
                    action: action.step,
                    arm: decision.arm.as_deref().unwrap_or_default().to_owned(),
                    channel,
                    marketing: !transactional,
                };
                self.touch(message, seq, at, (decision, action, kind))?;
            } else if let Some(deed) = deed(kind) {
                self.deeds.add(seq, &decision.customer, at, deed)?;
            }
        }
        Ok(())
    }

    fn audit(&mut self, rule: &RuleOutline, decision: &PlannedDecision<'_>) -> Result<(), Trouble> {
        let mut actions = Vec::with_capacity(decision.actions.len());
        for action in &decision.actions {
            actions.push(AuditedAction {
                action: kind(rule, decision.step, action)?.to_string(),
                verdict: action.verdict,
                reason: action.reason.as_deref().map(str::to_owned),
            });
        }
        Ok(self.auditor.add(&Audited {
            customer: &decision.customer,
            rule: &decision.rule,
            rule_hash: &rule.hash,
            step: decision.step,
            arm: decision.arm.as_deref(),
            verdict: decision.verdict,
            reason: decision.reason.as_deref(),
            facts: ShownFacts::new(rule.facts_of(decision.step), decision, false),
            actions: &actions,
        })?)
    }

    /// Puts an action into the outbox. What is sent at once is due when it is recorded: the instant of the run may be the
    /// end of the day.
    fn post(
        &mut self,
        decision: &PlannedDecision<'_>,
        action: &PlannedAction<'_>,
        kind: &ActionKind,
    ) -> Result<i64, Trouble> {
        let plan = &self.header.id;
        let key = key(plan, &decision.customer, &decision.rule, decision.step, action.step);
        let payload = payload::line(&key, plan, decision, action, kind).ok_or(Trouble::Damaged)?;
        let due_at = if action.verdict == Verdict::Hold { self.send_at(action)? } else { self.moment.now };
        Ok(self.outbox.put(&Parcel {
            key: &key,
            customer: &decision.customer,
            rule: &decision.rule,
            step: decision.step,
            action: action.step,
            kind: if kind.is_send() { "send" } else { kind.channel() },
            channel: kind.is_send().then(|| kind.channel()),
            payload: &payload,
            due_at,
        })?)
    }

    fn send_at(&self, action: &PlannedAction<'_>) -> Result<Instant, Trouble> {
        match action.send_at.as_deref() {
            Some(written) if written != self.header.as_of => instant(written),
            _ => Ok(self.moment.as_of),
        }
    }

    /// Records a message with its coupons and its code.
    fn touch(
        &mut self,
        message: MessageKind<'a>,
        seq: i64,
        at: Instant,
        (decision, action, kind): (&PlannedDecision<'_>, &PlannedAction<'_>, &ActionKind),
    ) -> Result<(), Trouble> {
        let ActionKind::Send { offers, pool, .. } = kind else { return Ok(()) };
        let coupon_micros = offers.iter().map(OfferOutline::at_most_micros).fold(0, i64::saturating_add);
        let touched = Touched {
            seq,
            customer: &decision.customer,
            at,
            parts: action.parts,
            cost_micros: action.cost_micros.saturating_sub(coupon_micros),
            coupon_micros,
        };
        self.messages.add(message, &touched)?;
        if let Some(code) = &action.code {
            let pool = pool.as_deref().ok_or(Trouble::Damaged)?;
            if !self.messages.take(seq, pool, code)? {
                return Err(diagnostics::taken_code(pool, code).into());
            }
        }
        let expires_at = offer_ends(action, kind).map(|day| self.end_of(day)).transpose()?;
        for (offer, outline) in offers.iter().enumerate() {
            let (amount, basis_points) = match outline {
                OfferOutline::Coupon { off_cents, from_cents, .. } => (Some((*off_cents, *from_cents)), None),
                OfferOutline::Discount { basis_points, .. } => (None, Some(*basis_points)),
                OfferOutline::Gift { .. } | OfferOutline::Points { .. } | OfferOutline::Trial { .. } => {
                    continue;
                }
            };
            let code = action.code.as_deref();
            self.messages.issue(seq, &Coupon { offer, code, amount, basis_points, expires_at })?;
        }
        Ok(())
    }

    /// The last instant of a day.
    fn end_of(&self, day: &str) -> Result<Instant, Trouble> {
        let day: NaiveDate = day.parse().map_err(|_| Trouble::Damaged)?;
        let next = self.moment.zone.start_of(Day::from_date(day).shift(0, 1));
        Ok(Instant(next.0 - 1))
    }

    fn chain(&mut self, chain: &ChainLine<'_>) -> Result<(), Trouble> {
        let next = match (chain.next, &chain.due_at) {
            (Some(step), Some(due_at)) => Some((step, instant(due_at)?)),
            (None, _) => None,
            (Some(_), None) => return Err(Trouble::Damaged),
        };
        let sent = match &chain.touched_at {
            Some(at) => Some(self.sent(chain, instant(at)?)?),
            None => None,
        };
        let began_at = chain.began_at.as_deref().map(instant).transpose()?;
        let (rule, customer) = (&*chain.rule, &*chain.customer);
        Ok(self.chains.go_on(&Wait { rule, customer, began_at, next, sent })?)
    }

    /// The messages that this run's step of a chain sends.
    fn sent(&mut self, chain: &ChainLine<'_>, at: Instant) -> Result<Sent, Trouble> {
        let mut row = |action: Option<&u32>| {
            let action = action.ok_or(Trouble::Damaged)?;
            let key = key(&self.header.id, &chain.customer, &chain.rule, chain.step, *action);
            self.chains.message(&key)?.ok_or(Trouble::Damaged)
        };
        let (first, last) = (row(chain.messages.iter().min())?, row(chain.messages.iter().max())?);
        Ok(Sent { at, first, last })
    }
}

fn kind<'a>(rule: &'a RuleOutline, step: u32, action: &PlannedAction<'_>) -> Result<&'a ActionKind, Trouble> {
    let outline = rule.actions_of(step).get(action.step as usize);
    outline.map(|outline| &outline.kind).ok_or(Trouble::Damaged)
}

/// What an action does, if it is no message.
fn deed(kind: &ActionKind) -> Option<Deed<'_>> {
    match kind {
        ActionKind::Send { .. } => None,
        ActionKind::Tag { tag } => Some(Deed::Tag(tag, true)),
        ActionKind::Untag { tag } => Some(Deed::Tag(tag, false)),
        ActionKind::Task { who, what } => Some(Deed::Task { who, what }),
        ActionKind::Points { points } => Some(Deed::Points(*points)),
    }
}

fn instant(written: &str) -> Result<Instant, Trouble> {
    let exact = DateTime::parse_from_rfc3339(written).map_err(|_| Trouble::Damaged)?;
    Ok(Instant(exact.timestamp_micros()))
}

/// What names an action for ever, here and at the provider: the same plan, customer, rule, step and action give the same.
fn key(plan: &str, customer: &str, rule: &str, step: u32, action: u32) -> String {
    let place = if step == 0 { action.to_string() } else { format!("{step}.{action}") };
    let mut key = of_parts(&[plan, customer, rule, &place]);
    key.truncate(KEY_DIGITS);
    key
}
