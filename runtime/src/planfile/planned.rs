//! From decisions to the lines of a plan file.

use super::{
    CampaignOutline, ChainLine, EndedSpell, FORMAT, Header, LimitOutline, Line, MemberLine, PlannedAction,
    PlannedDecision, PoolOutline, RuleOutline, SegmentOutline, VERSION,
};
use crate::decide::{Chain, Decision, Decisions, LostAction, Member, Step, actions_of, address_of, number};
use crate::diagnostics::{self, Result};
use crate::facts::Value;
use crate::hash::of_parts;
use crate::needs::send_of;
use crate::render::{self, Saying};
use crate::state::StateView;
use rulec_engine::{Answers, Key};
use rulec_plan::Plan;
use rulec_plan::project::Project;
use rulec_plan::rules::{Action, NamedFact, Rule, Send};
use rulec_plan::time::{Instant, Zone};
use rulec_plan::verdict::Verdict;
use std::borrow::Cow;

/// A run that is decided, with all that its lines are made of.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// What was to be decided.
    pub plan: &'a Plan,
    /// For prices and names.
    pub project: &'a Project,
    /// On which values.
    pub answers: &'a Answers,
    /// In which state.
    pub state: &'a StateView,
    /// What was decided.
    pub decisions: &'a Decisions,
}

/// How much of a decision is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// All but what messages say, and to whom.
    Outcome,
    /// All of it.
    Messages,
}

/// What identifies a project as its file describes it.
///
/// # Errors
/// `R0114` when the project file cannot be hashed.
pub(crate) fn hash_of_project(project: &Project) -> Result<String> {
    let text = serde_json::to_string(project).map_err(diagnostics::unwritable_content)?;
    Ok(of_parts(&[&text]))
}

impl<'a> Planned<'a> {
    /// The first line, without its id.
    ///
    /// # Errors
    /// `R0114` when the project file cannot be hashed.
    pub fn header(&self) -> Result<Header> {
        let outline =
            |(place, rule): (usize, &Rule)| (rule.name.clone(), RuleOutline::new(self, rule, number(place)));
        Ok(Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            id: String::new(),
            created_by: concat!("rulec ", env!("CARGO_PKG_VERSION")).to_owned(),
            project: self.project.name.clone(),
            as_of: self.plan.as_of.to_rfc3339(self.plan.zone),
            zone: self.plan.zone.name().to_owned(),
            currency: self.project.currency.clone(),
            rules_hash: self.plan.rules_hash.clone(),
            project_hash: hash_of_project(self.project)?,
            data_hash: self.answers.data_hash.clone(),
            state_hash: self.state.hash.clone(),
            rests_on_outcomes: self.plan.audience.rests_on_kept(),
            population: self.decisions.population() as u64,
            rules: self.plan.rules.iter().enumerate().map(outline).collect(),
            campaigns: CampaignOutline::all(self),
            limits: LimitOutline::all(self),
            pools: PoolOutline::all(self),
            segments: SegmentOutline::all(self),
        })
    }

    /// All lines after the first, in the order of the file.
    pub fn lines(self, header: &'a Header) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let ended = self.decisions.ended().iter().map(move |ended| {
            Line::Ended(EndedSpell { customer: self.key(ended.customer), rule: self.rule_name(ended.rule) })
        });
        let chains =
            self.decisions.chains(self.plan).map(move |chain| Line::Chain(self.chain(header, chain)));
        let members = self.decisions.memberships().map(move |member| Line::Member(self.member(member)));
        let decisions = self.decisions(header, Detail::Messages).map(Line::Decision);
        decisions.chain(ended).chain(chains).chain(members)
    }

    /// All decisions, by customer, then rule and step, with or without what messages say.
    pub(crate) fn decisions(
        self,
        header: &'a Header,
        detail: Detail,
    ) -> impl Iterator<Item = PlannedDecision<'a>> + use<'a> {
        self.decisions.list().map(move |decision| self.decision(header, &decision, detail))
    }

    fn decision(&self, header: &'a Header, decision: &Decision, detail: Detail) -> PlannedDecision<'a> {
        let rule = &self.plan.rules[decision.rule as usize];
        let customer = decision.customer as usize;
        let fact = |fact: &'a NamedFact| {
            let value = self.answers.value(fact.node, customer);
            (Cow::from(fact.name.as_str()), Value::of(value, fact.display, self.plan.zone))
        };
        let arm = || self.decisions.step(decision.rule, decision.step).arm(decision.customer);
        let arms = rule.split.as_ref().filter(|_| decision.step == 0).map(|split| &split.arms);
        PlannedDecision {
            customer: self.key(decision.customer),
            rule: self.rule_name(decision.rule),
            step: decision.step,
            arm: arms.and_then(|arms| Some(Cow::from(&arms.get(arm()? as usize)?.label))),
            verdict: decision.verdict,
            reason: decision.reason.text(self.plan, decision.rule, decision.step),
            actions: self.actions(header, decision, detail),
            facts: facts_of(rule, decision.step).iter().map(fact).collect(),
        }
    }

    fn actions(&self, header: &'a Header, decision: &Decision, detail: Detail) -> Vec<PlannedAction<'a>> {
        let actions = actions_of(&self.plan.rules[decision.rule as usize], decision.step);
        let step = self.decisions.step(decision.rule, decision.step);
        let lost = step.lost_actions(decision.customer);
        (0_u32..)
            .zip(actions)
            .filter_map(|(place, action)| match lost.iter().find(|one| one.action == place) {
                Some(one) => Some(self.lost(decision, one)),
                None if step.does(decision.customer, place) => {
                    let done = Done { step, customer: decision.customer, place };
                    Some(self.done(header, done, action, detail))
                }
                None => None,
            })
            .collect()
    }

    fn lost(&self, decision: &Decision, lost: &LostAction) -> PlannedAction<'a> {
        PlannedAction {
            step: lost.action,
            verdict: lost.verdict,
            reason: lost.reason.text(self.plan, decision.rule, decision.step),
            to: None,
            message: None,
            send_at: None,
            offer_ends: None,
            code: None,
            parts: 1,
            cost_micros: 0,
        }
    }

    fn done(&self, header: &'a Header, done: Done<'a>, action: &Action, detail: Detail) -> PlannedAction<'a> {
        let Done { step, customer, place } = done;
        let (as_of, zone) = (self.plan.as_of, self.plan.zone);
        let sent_at = step.send_at(customer, place);
        let mut planned = PlannedAction {
            step: place,
            verdict: if sent_at > as_of { Verdict::Hold } else { Verdict::Send },
            reason: None,
            to: None,
            message: None,
            send_at: Some(if sent_at == as_of {
                Cow::from(&header.as_of)
            } else {
                Cow::from(sent_at.to_rfc3339(zone))
            }),
            offer_ends: None,
            code: None,
            parts: 1,
            cost_micros: 0,
        };
        let Some(send) = send_of(action).filter(|_| detail == Detail::Messages) else { return planned };
        let code = step.code(self.state, customer, place);
        let saying = Saying { code, ..Saying::by(self.project, &send.channel, sent_at) };
        planned.to = address_of(send, self.answers, customer as usize).map(Cow::from);
        planned.message = render::message(send, self.answers, customer as usize, &saying).map(Cow::from);
        planned.offer_ends = later_end(send, as_of, sent_at, zone).map(Cow::from);
        planned.code = code.map(Cow::from);
        planned.parts = step.parts(customer, place).max(1);
        planned.cost_micros = step.cost_micros(customer, place);
        planned
    }

    fn chain(&self, header: &'a Header, chain: Chain) -> ChainLine<'a> {
        let step = self.decisions.step(chain.rule, chain.step);
        let actions = actions_of(&self.plan.rules[chain.rule as usize], chain.step);
        let is_sent =
            |(place, action): &(u32, &Action)| send_of(action).is_some() && step.does(chain.customer, *place);
        let messages: Vec<u32> = (0..).zip(actions).filter(is_sent).map(|(place, _)| place).collect();
        let touched_at = messages.iter().map(|place| step.send_at(chain.customer, *place)).max();
        let written = |instant: Instant| Cow::from(instant.to_rfc3339(self.plan.zone));
        ChainLine {
            customer: self.key(chain.customer),
            rule: self.rule_name(chain.rule),
            step: chain.step,
            began_at: (chain.step == 0).then(|| Cow::from(&header.as_of)),
            next: chain.next.map(|next| next.step),
            due_at: chain.next.map(|next| written(next.due_at)),
            touched_at: touched_at.map(written),
            messages,
        }
    }

    fn member(&self, member: Member) -> MemberLine<'a> {
        MemberLine {
            segment: Cow::from(&self.plan.memberships[member.membership as usize].segment),
            customer: self.key(member.customer),
            entered: member.entered,
        }
    }

    fn key(&self, customer: u32) -> Cow<'a, str> {
        match self.answers.keys.get(customer as usize) {
            Some(Key::Text(key)) => Cow::from(key),
            Some(key @ Key::Integer(_)) => Cow::from(key.to_string()),
            None => Cow::from(""),
        }
    }

    fn rule_name(&self, rule: u32) -> Cow<'a, str> {
        Cow::from(&self.plan.rules[rule as usize].name)
    }
}

/// An action that is done for a customer.
#[derive(Clone, Copy)]
struct Done<'a> {
    step: Step<'a>,
    customer: u32,
    /// Index into the actions of the step.
    place: u32,
}

/// The facts that the condition of a step names.
fn facts_of(rule: &Rule, step: u32) -> &[NamedFact] {
    match (step as usize).checked_sub(1) {
        None => &rule.facts,
        Some(place) => rule.follow_ups.get(place).map_or(&[], |follow_up| &follow_up.facts),
    }
}

/// The last day on which offers hold, if that is another than if they were sent at the instant of the run.
fn later_end(send: &Send, as_of: Instant, sent_at: Instant, zone: Zone) -> Option<String> {
    let ttl = send.ttl.filter(|_| sent_at != as_of)?;
    let ends = render::offer_ends(Some(ttl), sent_at, zone);
    (ends != render::offer_ends(Some(ttl), as_of, zone)).then(|| ends.to_string())
}
