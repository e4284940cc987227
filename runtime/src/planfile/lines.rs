//! From decisions to the lines of a plan file.

use super::{EndedSpell, FORMAT, Header, Line, PlannedAction, PlannedDecision, RuleOutline, VERSION};
use crate::decide::{Decision, Decisions, LostAction, address_of};
use crate::diagnostics::{self, Result};
use crate::facts::{Facts, Value};
use crate::hash::of_parts;
use crate::render::{self, Reader};
use crate::state::StateView;
use rulec_engine::Answers;
use rulec_plan::Plan;
use rulec_plan::project::Project;
use rulec_plan::rules::{Action, Rule};
use rulec_plan::verdict::Verdict;

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
        let counts = self.counts();
        let outline = |(place, rule): (usize, &Rule)| {
            let funnel = self.decisions.funnel(place);
            let outline = RuleOutline::new(self.plan, self.project, rule, &funnel, &counts[place]);
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
            state_hash: self.state.hash().to_owned(),
            population: self.decisions.population() as u64,
            rules: self.plan.rules.iter().enumerate().map(outline).collect(),
        })
    }

    /// All lines after the first, in the order of the file.
    pub fn lines(self) -> impl Iterator<Item = Line> + use<'a> {
        let decisions: &'a Decisions = self.decisions;
        let ended = decisions.ended().iter().map(move |ended| {
            Line::Ended(EndedSpell { customer: self.key(ended.customer), rule: self.rule_name(ended.rule) })
        });
        decisions.list().iter().map(move |one| Line::Decision(self.decision(one))).chain(ended)
    }

    /// One decision in full.
    pub fn decision(&self, decision: &Decision) -> PlannedDecision {
        let rule = &self.plan.rules[decision.rule as usize];
        let customer = decision.customer as usize;
        let fact = |fact: &rulec_plan::rules::NamedFact| {
            let value = self.answers.value(fact.node, customer);
            (fact.name.clone(), Value::of(value, fact.display, self.plan.zone))
        };
        PlannedDecision {
            customer: self.key(decision.customer),
            rule: rule.name.clone(),
            verdict: decision.verdict,
            reason: decision.reason.text(self.plan, decision.rule),
            actions: self.actions(decision),
            facts: rule.facts.iter().map(fact).collect::<Facts>(),
        }
    }

    /// For how many customers each action of each rule is done.
    fn counts(&self) -> Vec<Vec<u64>> {
        let mut counts: Vec<Vec<u64>> =
            self.plan.rules.iter().map(|rule| vec![0; rule.actions.len()]).collect();
        for decision in self.decisions.list().iter().filter(|one| one.verdict == Verdict::Send) {
            let lost = self.decisions.lost_actions(decision);
            for (action, count) in counts[decision.rule as usize].iter_mut().enumerate() {
                *count += u64::from(!lost.iter().any(|one| one.action as usize == action));
            }
        }
        counts
    }

    fn actions(&self, decision: &Decision) -> Vec<PlannedAction> {
        let rule = &self.plan.rules[decision.rule as usize];
        let lost = self.decisions.lost_actions(decision);
        if decision.verdict != Verdict::Send {
            return lost.iter().map(|one| self.lost(one)).collect();
        }
        (0_u32..)
            .zip(&rule.actions)
            .map(|(step, action)| match lost.iter().find(|one| one.action == step) {
                Some(one) => self.lost(one),
                None => self.done(step, action, decision.customer as usize),
            })
            .collect()
    }

    fn lost(&self, lost: &LostAction) -> PlannedAction {
        PlannedAction {
            step: lost.action,
            verdict: lost.verdict,
            reason: lost.reason.text(self.plan, lost.rule),
            to: None,
            message: None,
            send_at: None,
        }
    }

    fn done(&self, step: u32, action: &Action, customer: usize) -> PlannedAction {
        let (now, zone) = (self.plan.as_of, self.plan.zone);
        let send = crate::needs::send_of(action);
        PlannedAction {
            step,
            verdict: Verdict::Send,
            reason: None,
            to: send.and_then(|send| address_of(send, self.answers, customer)),
            message: send
                .and_then(|send| render::message(send, self.answers, customer, now, zone, Reader::Customer)),
            send_at: Some(now.to_rfc3339(zone)),
        }
    }

    fn key(&self, customer: u32) -> String {
        self.answers.keys.get(customer as usize).map(|key| key.to_string()).unwrap_or_default()
    }

    fn rule_name(&self, rule: u32) -> String {
        self.plan.rules[rule as usize].name.clone()
    }
}
