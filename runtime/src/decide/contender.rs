//! A rule on its way through the steps.

use super::{Decision, LostAction, Reason};
use crate::needs::send_of;
use fixedbitset::FixedBitSet;
use rulec_plan::rules::{Action, Rule};
use rulec_plan::verdict::Verdict;

pub(super) struct Contender<'a> {
    /// Index of the rule.
    pub(super) index: u32,
    pub(super) rule: &'a Rule,
    /// The customers that it won and has not lost as a whole.
    left: FixedBitSet,
    /// For each action, the customers for whom it is still to be done.
    actions: Vec<FixedBitSet>,
    decided: Vec<Decision>,
    lost_actions: Vec<LostAction>,
}

impl<'a> Contender<'a> {
    /// A rule with the customers whom it takes.
    pub(super) fn new(index: u32, rule: &'a Rule, matched: FixedBitSet) -> Self {
        let actions = vec![matched.clone(); rule.actions.len()];
        Self { index, rule, left: matched, actions, decided: Vec::new(), lost_actions: Vec::new() }
    }

    /// Its sends that are still to be done for somebody, with their places among its actions.
    pub(super) fn sends(&self) -> impl Iterator<Item = (usize, &'a rulec_plan::rules::Send)> + use<'a> {
        let rule: &'a Rule = self.rule;
        rule.actions.iter().enumerate().filter_map(|(place, action)| Some((place, send_of(action)?)))
    }

    /// The customers that it has not lost as a whole.
    pub(super) fn left(&self) -> &FixedBitSet {
        &self.left
    }

    /// The customers for whom this action is still to be done.
    pub(super) fn to_do(&self, action: usize) -> &FixedBitSet {
        &self.actions[action]
    }

    /// Takes a customer away from the rule as a whole.
    pub(super) fn lose(&mut self, customer: usize, verdict: Verdict, reason: Reason) {
        self.left.remove(customer);
        for action in &mut self.actions {
            action.remove(customer);
        }
        self.decided.push(Decision { customer: number(customer), rule: self.index, verdict, reason });
    }

    /// Takes a customer away from one action.
    pub(super) fn lose_action(&mut self, action: usize, customer: usize, verdict: Verdict, reason: Reason) {
        self.actions[action].remove(customer);
        self.lost_actions.push(LostAction {
            customer: number(customer),
            rule: self.index,
            action: number(action),
            verdict,
            reason,
        });
    }

    /// The decisions in the order of the customers, and every action lost.
    pub(super) fn finish(mut self) -> (Vec<Decision>, Vec<LostAction>) {
        self.lost_actions.sort_by_key(|one| (one.customer, one.action));
        let mut rest = self.lost_actions.as_slice();
        for customer in self.left.ones() {
            let customer = number(customer);
            rest = &rest[rest.partition_point(|one| one.customer < customer)..];
            let lost = &rest[..rest.partition_point(|one| one.customer == customer)];
            let (verdict, reason) = end(self.rule, lost);
            self.decided.push(Decision { customer, rule: self.index, verdict, reason });
        }
        self.decided.sort_by_key(|one| one.customer);
        (self.decided, self.lost_actions)
    }
}

/// How a rule ends for a customer who lost these actions: as its first message when nothing of it is left.
fn end(rule: &Rule, lost: &[LostAction]) -> (Verdict, Reason) {
    let is_send = |one: &&LostAction| matches!(rule.actions.get(one.action as usize), Some(Action::Send(_)));
    match lost.iter().find(is_send) {
        Some(first) if lost.len() == rule.actions.len() => (first.verdict, first.reason),
        _ => (Verdict::Send, Reason::None),
    }
}

/// A place as it is kept: decisions hold 32 bits, more customers than that do not fit into one machine's memory.
pub(super) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
