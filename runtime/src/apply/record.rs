//! The transaction that makes a plan an applied one.

use super::causes::DecisionCauses;
use super::consents::Consents;
use super::key::Names;
use super::known::{Known, KnownActions};
use super::memo::Memo;
use super::payload::{self, offer_ends};
use super::sealed::SealedFacts;
use super::{ApplyProgress, Recording, ShowProgress, stale};
use crate::audit::chain;
use crate::diagnostics::{self, Result};
use crate::failpoint;
use crate::planfile::{
    ActionKind, ChainLine, Header, Line, OfferOutline, PlanReader, PlannedAction, PlannedDecision,
    RuleOutline,
};
use crate::state::{
    self, Actions, Chains, Coupon, Coupons, Entry, Members, Outbox, Parcel, People, Person, Rules, Run, Sees,
    Sent, Spells, State, Trail, Wait,
};
use chrono::{DateTime, NaiveDate};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::{Day, Instant, Zone};
use rulec_plan::verdict::Verdict;
use rusqlite::Transaction;

/// How many decisions are recorded between two reports.
const REPORT: u64 = 10_000;

/// Why a line cannot be recorded.
pub(super) enum Trouble {
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
    recording: Recording<'_>,
    progress: ShowProgress<'_>,
) -> Result<Run> {
    let plan_path = plan.path().to_owned();
    let state_path = state.path().to_owned();
    state.write(|transaction| {
        record_all(transaction, plan, recording, progress).map_err(|trouble| match trouble {
            Trouble::Damaged => diagnostics::damaged_plan(&plan_path),
            Trouble::State(error) => diagnostics::state(&state_path, &error),
            Trouble::Other(diagnostic) => diagnostic,
        })
    })
}

fn record_all(
    transaction: &Transaction<'_>,
    plan: PlanReader,
    recording: Recording<'_>,
    progress: ShowProgress<'_>,
) -> Result<Run, Trouble> {
    let Recording { now, stamp, entropy, standing, approvers } = recording;
    if state::hash(transaction, Sees::of(plan.header().rests_on_outcomes))? != plan.header().state_hash {
        return Err(stale::explain(transaction, plan)?.into());
    }
    let header = plan.header().clone();
    let (as_of, zone) = header.moment().ok_or(Trouble::Damaged)?;
    let (mut rules, mut trail) = (Rules::new(transaction)?, Trail::open(transaction)?);
    let run = Run::start(transaction, &header, (as_of, zone), stamp, (&mut rules, &mut trail))?;
    run.approved_by(approvers, stamp, &mut trail)?;
    failpoint::reach("run-recorded")?;
    let people = People::new(transaction, entropy)?;
    let mut recorder = Recorder {
        header: &header,
        moment: Moment { as_of, zone, now, stamp },
        run,
        people,
        rules,
        trail,
        causes: DecisionCauses::default(),
        actions: KnownActions::new(Actions::new(transaction)?),
        outbox: Outbox::new(transaction, run)?,
        coupons: Coupons::new(transaction)?,
        spells: Spells::new(transaction, run, as_of)?,
        chains: Chains::new(transaction, run, as_of)?,
        members: Members::new(transaction, run, as_of)?,
        names: Names::of(&header.id),
        json: Vec::new(),
        send_at: Memo::new(),
        offer_ends: Memo::new(),
        consents: Consents::new(standing),
    };
    for segment in header.segments.keys() {
        recorder.members.record(segment)?;
    }
    for (count, line) in (1..).zip(plan) {
        recorder.line(&line?)?;
        if count % REPORT == 0 {
            // Half a record is none, so there is nothing to stop for.
            let _ = progress(ApplyProgress::Recorded(count));
        }
        failpoint::reach("decision-recorded")?;
    }
    recorder.consents.check()?;
    recorder.finish()?;
    failpoint::reach("before-commit")?;
    Ok(run)
}

/// When a plan is applied, and of when it is.
#[derive(Clone, Copy)]
struct Moment {
    as_of: Instant,
    zone: Zone,
    now: Instant,
    stamp: Instant,
}

struct Recorder<'a> {
    header: &'a Header,
    moment: Moment,
    run: Run,
    people: People<'a>,
    rules: Rules<'a>,
    trail: Trail<'a>,
    causes: DecisionCauses,
    actions: KnownActions<'a>,
    outbox: Outbox<'a>,
    coupons: Coupons<'a>,
    spells: Spells<'a>,
    chains: Chains<'a>,
    members: Members<'a>,
    names: Names,
    /// Written to again and again.
    json: Vec<u8>,
    send_at: Memo<Instant>,
    offer_ends: Memo<Instant>,
    consents: Consents<'a>,
}

impl<'a> Recorder<'a> {
    /// Records a line; of those who were forgotten nothing.
    fn line(&mut self, line: &Line<'_>) -> Result<(), Trouble> {
        let customer = match line {
            Line::Decision(decision) => &decision.customer,
            Line::Ended(ended) => &ended.customer,
            Line::Chain(chain) => &chain.customer,
            Line::Member(member) => &member.customer,
        };
        let Some(person) = self.people.of(customer)? else { return Ok(()) };
        match line {
            Line::Decision(decision) => self.decision(&person, decision),
            Line::Ended(ended) => Ok(self.spells.end(self.rules.number(&ended.rule)?, person.id)?),
            Line::Chain(chain) => self.chain(&person, chain),
            Line::Member(member) => Ok(self.members.change(&member.segment, person.id, member.entered)?),
        }
    }

    /// What is done once for the whole run.
    fn finish(mut self) -> rusqlite::Result<()> {
        self.spells.finish()?;
        let contents = self.outbox.finish()?;
        self.run.close(contents, self.moment.stamp, &mut self.trail)?;
        self.trail.mark_head(Some(self.run))?;
        self.trail.close()
    }

    fn decision(&mut self, person: &Person, decision: &PlannedDecision<'_>) -> Result<(), Trouble> {
        let found = self.header.rules.get_full(&*decision.rule);
        let (place, name, rule) = found.ok_or(Trouble::Damaged)?;
        self.audit(person, (place, rule), decision)?;
        let held_out = decision.verdict == Verdict::Control;
        let done = matches!(decision.verdict, Verdict::Send | Verdict::Hold);
        if decision.step == 0 && (done || held_out) {
            let number = self.rules.number(name)?;
            self.spells.fire(number, person.id, held_out, decision.arm.as_deref());
        }
        for action in decision.actions.iter().filter(|action| done && action.is_done()) {
            let known = self.actions.of(&mut self.rules, (place, rule), decision, action)?;
            if known.kind.is_send() {
                self.consents.ask(&decision.customer, known.kind.channel());
            }
            let seq = self.post(person, known, decision, action)?;
            self.give(seq, known, action)?;
        }
        Ok(())
    }

    fn audit(
        &mut self,
        person: &Person,
        rule: (usize, &RuleOutline),
        decision: &PlannedDecision<'_>,
    ) -> Result<(), Trouble> {
        let cause = self.causes.of(&mut self.trail, rule, decision)?;
        self.json.clear();
        let facts = SealedFacts::new(rule.1.facts_of(decision.step), decision, &person.salt);
        serde_json::to_writer(&mut self.json, &facts).map_err(|_| Trouble::Damaged)?;
        let facts = std::str::from_utf8(&self.json).map_err(|_| Trouble::Damaged)?;
        Ok(self.trail.add(&Entry {
            run: Some(self.run),
            at: self.moment.stamp,
            person: Some((person.id, &person.commitment)),
            cause: &cause,
            message: None,
            detail: Some(facts),
        })?)
    }

    /// Puts an action into the outbox. What is sent at once is due when it is recorded: the instant of the run may be the
    /// end of the day.
    fn post(
        &mut self,
        person: &Person,
        known: Known<'_>,
        decision: &PlannedDecision<'_>,
        action: &PlannedAction<'_>,
    ) -> Result<i64, Trouble> {
        let key = self.names.key(&decision.customer, &decision.rule, decision.step, action.step);
        let at = self.send_at(action)?;
        let (plan, text) = (&self.header.id, self.names.text(&key));
        let payload = payload::write(&mut self.json, text, plan, decision, action, known.kind);
        let payload = payload.ok_or(Trouble::Damaged)?;
        let is_message = known.kind.is_send();
        Ok(self.outbox.put(&Parcel {
            seal: chain::message_seal(&person.salt, &key, payload.as_bytes()),
            key,
            person: person.id,
            what: known.number,
            at,
            due_at: if action.verdict == Verdict::Hold { at } else { self.moment.now },
            parts: if is_message { action.parts } else { 0 },
            cost_micros: action.cost_micros.saturating_sub(known.coupon_micros),
            coupon_micros: known.coupon_micros,
            payload,
        })?)
    }

    fn send_at(&mut self, action: &PlannedAction<'_>) -> Result<Instant, Trouble> {
        match action.send_at.as_deref() {
            Some(written) if written != self.header.as_of => self.send_at.get(written, instant),
            _ => Ok(self.moment.as_of),
        }
    }

    /// Records the coupons of a message, and its code.
    fn give(&mut self, seq: i64, known: Known<'_>, action: &PlannedAction<'_>) -> Result<(), Trouble> {
        let ActionKind::Send { offers, pool, .. } = known.kind else { return Ok(()) };
        if let Some(code) = &action.code {
            let pool = pool.as_deref().ok_or(Trouble::Damaged)?;
            if !self.coupons.take(seq, pool, code)? {
                return Err(diagnostics::taken_code(pool, code).into());
            }
        }
        let zone = self.moment.zone;
        let expires_at = match offer_ends(action, known.kind) {
            Some(day) => Some(self.offer_ends.get(day, |day| end_of(day, zone))?.0),
            None => None,
        };
        for (offer, outline) in offers.iter().enumerate() {
            let (amount, basis_points) = match outline {
                OfferOutline::Coupon { off_cents, from_cents, .. } => (Some((*off_cents, *from_cents)), None),
                OfferOutline::Discount { basis_points, .. } => (None, Some(*basis_points)),
                OfferOutline::Gift { .. } | OfferOutline::Points { .. } | OfferOutline::Trial { .. } => {
                    continue;
                }
            };
            let code = action.code.as_deref();
            self.coupons.issue(seq, &Coupon { offer, code, amount, basis_points, expires_at })?;
        }
        Ok(())
    }

    fn chain(&mut self, person: &Person, chain: &ChainLine<'_>) -> Result<(), Trouble> {
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
        let (rule, person) = (self.rules.number(&chain.rule)?, person.id);
        Ok(self.chains.go_on(&Wait { rule, person, began_at, next, sent })?)
    }

    /// The messages that this run's step of a chain sends.
    fn sent(&mut self, chain: &ChainLine<'_>, at: Instant) -> Result<Sent, Trouble> {
        let mut row = |action: Option<&u32>| {
            let action = action.ok_or(Trouble::Damaged)?;
            let key = self.names.key(&chain.customer, &chain.rule, chain.step, *action);
            self.outbox.find(&key).ok_or(Trouble::Damaged)
        };
        let (first, last) = (row(chain.messages.iter().min())?, row(chain.messages.iter().max())?);
        Ok(Sent { at, first, last })
    }
}

/// What an action of a step is.
pub(super) fn kind<'a>(
    rule: &'a RuleOutline,
    step: u32,
    action: &PlannedAction<'_>,
) -> Result<&'a ActionKind, Trouble> {
    let outline = rule.actions_of(step).get(action.step as usize);
    outline.map(|outline| &outline.kind).ok_or(Trouble::Damaged)
}

fn instant(written: &str) -> Result<Instant, Trouble> {
    let exact = DateTime::parse_from_rfc3339(written).map_err(|_| Trouble::Damaged)?;
    Ok(Instant(exact.timestamp_micros()))
}

/// The last instant of a day.
fn end_of(day: &str, zone: Zone) -> Result<Instant, Trouble> {
    let day: NaiveDate = day.parse().map_err(|_| Trouble::Damaged)?;
    let next = zone.start_of(Day::from_date(day).shift(0, 1));
    Ok(Instant(next.0 - 1))
}
