//! A rule on its way through the steps.

use super::customers::Customers;
use super::outcome::{ActionLoss, Loss, Outcome, Why};
use super::{Reason, number};
use crate::needs::send_of;
use fixedbitset::FixedBitSet;
use rulec_plan::rules::{Rule, Send};
use rulec_plan::verdict::Verdict;

pub(super) struct Contender<'a> {
    pub(super) rule: &'a Rule,
    campaign: u32,
    /// For each action, the customers for whom it is still to be done. A rule without actions is kept as one with a
    /// single action that is never lost.
    to_do: Vec<FixedBitSet>,
    losses: Vec<Loss>,
    lost_actions: Vec<ActionLoss>,
}

impl<'a> Contender<'a> {
    /// A rule with the customers whom it won in its campaign, and those whom it matched and another rule won.
    pub(super) fn new(rule: &'a Rule, campaign: u32, won: FixedBitSet, outranked: &FixedBitSet) -> Self {
        let copies = rule.actions.len().saturating_sub(1);
        let mut to_do = vec![won.clone(); copies];
        to_do.push(won);
        let mut contender = Self { rule, campaign, to_do, losses: Vec::new(), lost_actions: Vec::new() };
        contender.lose(outranked, Verdict::Outranked, Why::Winner);
        contender
    }

    /// Its messages, with their places among its actions.
    pub(super) fn sends(&self) -> impl Iterator<Item = (usize, &'a Send)> + use<'a> {
        let rule: &'a Rule = self.rule;
        rule.actions.iter().enumerate().filter_map(|(place, action)| Some((place, send_of(action)?)))
    }

    /// Whether anything is still to be done for this customer.
    pub(super) fn has(&self, customer: usize) -> bool {
        self.to_do.iter().any(|customers| customers.contains(customer))
    }

    /// The customers for whom this action is still to be done.
    pub(super) fn to_do(&self, action: usize) -> &FixedBitSet {
        &self.to_do[action]
    }

    /// Takes customers away from the rule as a whole.
    pub(super) fn lose(&mut self, customers: &FixedBitSet, verdict: Verdict, why: Why) {
        if customers.is_clear() {
            return;
        }
        for left in &mut self.to_do {
            left.difference_with(customers);
        }
        self.losses.push(Loss { customers: Customers::of(customers), verdict, why });
    }

    /// Takes customers away from one action, for whom it is still to be done.
    pub(super) fn lose_action(
        &mut self,
        action: usize,
        customers: &FixedBitSet,
        verdict: Verdict,
        reason: Reason,
    ) {
        self.to_do[action].difference_with(customers);
        let customers = Customers::of(customers);
        self.lost_actions.push(ActionLoss { action: number(action), customers, verdict, reason });
    }

    /// How it ended. A rule is lost with the last of its actions, and ends as its first message.
    pub(super) fn finish(mut self) -> Outcome {
        let done = self.rule.actions.iter().zip(&self.to_do);
        let done = done.map(|(_, customers)| customers.count_ones(..) as u64).collect();
        self.lost_actions.sort_by_key(|lost| lost.action);
        let mut sent = self.to_do.swap_remove(0);
        if self.to_do.is_empty() {
            self.losses.extend(self.lost_actions.drain(..).map(Loss::from));
        } else {
            for customers in &self.to_do {
                sent.union_with(customers);
            }
            self.lose_with_all_actions(&sent);
        }
        Outcome {
            campaign: self.campaign,
            sent: Customers::of(&sent),
            losses: self.losses,
            lost_actions: self.lost_actions,
            done,
        }
    }

    /// Takes away those for whom no action is left. Only messages are lost, so that the first message of such a rule is
    /// its first action.
    fn lose_with_all_actions(&mut self, sent: &FixedBitSet) {
        let mut elsewhere = sent.clone();
        for loss in &self.losses {
            elsewhere.extend(loss.customers.iter());
        }
        for lost in self.lost_actions.iter().take_while(|lost| lost.action == 0) {
            let mut customers = FixedBitSet::with_capacity(sent.len());
            customers.extend(lost.customers.iter());
            customers.difference_with(&elsewhere);
            let (verdict, why) = (lost.verdict, Why::Same(lost.reason));
            self.losses.push(Loss { customers: Customers::of(&customers), verdict, why });
        }
    }
}
