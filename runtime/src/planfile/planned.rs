//! From decisions to the lines of a plan file.

use super::{EndedSpell, FORMAT, Header, Line, PlannedAction, PlannedDecision, RuleOutline, VERSION};
use crate::decide::{Decision, Decisions, LostAction, actions_of, address_of, number};
use crate::diagnostics::{self, Result};
use crate::facts::Value;
use crate::hash::of_parts;
use crate::needs::send_of;
use crate::render::{self, Saying};
use crate::state::StateView;
use indexmap::IndexMap;
use rulec_engine::{Answers, Key};
use rulec_plan::Plan;
use rulec_plan::project::Project;
use rulec_plan::rules::{Action, NamedFact, Rule, Send};
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
        let outline = |(place, rule): (usize, &Rule)| {
            let step = self.decisions.step(number(place), 0);
            let outline = RuleOutline::new(self.plan, self.project, rule, step);
            (rule.name.clone(), outline)
        };
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
            population: self.decisions.population() as u64,
            rules: self.plan.rules.iter().enumerate().map(outline).collect(),
            campaigns: IndexMap::new(),
            limits: Vec::new(),
            pools: IndexMap::new(),
            segments: IndexMap::new(),
        })
    }

    /// All lines after the first, in the order of the file.
    pub fn lines(self, header: &'a Header) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let ended = self.decisions.ended().iter().map(move |ended| {
            Line::Ended(EndedSpell { customer: self.key(ended.customer), rule: self.rule_name(ended.rule) })
        });
        self.decisions(header, Detail::Messages).map(Line::Decision).chain(ended)
    }

    /// All decisions, by customer, then rule, with or without what messages say.
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
        PlannedDecision {
            customer: self.key(decision.customer),
            rule: self.rule_name(decision.rule),
            step: decision.step,
            arm: None,
            verdict: decision.verdict,
            reason: decision.reason.text(self.plan, decision.rule, decision.step),
            actions: self.actions(header, decision, detail),
            facts: rule.facts.iter().map(fact).collect(),
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
                    Some(self.done(header, place, action, decision.customer as usize, detail))
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

    fn done(
        &self,
        header: &'a Header,
        step: u32,
        action: &Action,
        customer: usize,
        detail: Detail,
    ) -> PlannedAction<'a> {
        let message = |send: &Send| {
            let saying = Saying::by(self.project, &send.channel, self.plan.as_of);
            render::message(send, self.answers, customer, &saying)
        };
        let send = send_of(action).filter(|_| detail == Detail::Messages);
        let message = send.and_then(message);
        let parts = send.map_or(1, |send| self.parts(send, message.as_deref().unwrap_or_default()));
        PlannedAction {
            step,
            verdict: Verdict::Send,
            reason: None,
            to: send.and_then(|send| address_of(send, self.answers, customer)).map(Cow::from),
            message: message.map(Cow::from),
            send_at: Some(Cow::from(&header.as_of)),
            offer_ends: None,
            code: None,
            parts,
            cost_micros: send.map_or(0, |send| self.cost_micros(send, parts)),
        }
    }

    /// For how many messages the operator bills this text.
    fn parts(&self, send: &Send, message: &str) -> u32 {
        let by_parts = self.project.channels.get(&send.channel).is_some_and(|channel| channel.sms_parts);
        if by_parts { render::sms_parts(message) } else { 1 }
    }

    /// What a message of so many parts costs, with the most that its coupons can cost.
    fn cost_micros(&self, send: &Send, parts: u32) -> i64 {
        let price = self.project.channels.get(&send.channel).map_or(0, |channel| channel.price_micros);
        let coupons = send.offers.iter().map(render::at_most_micros).fold(0, i64::saturating_add);
        price.saturating_mul(parts.into()).saturating_add(coupons)
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
