//! One step of a rule as others see it.

use super::clock::Clocks;
use super::customers::Customers;
use super::outcome::{ActionOutcome, Outcome, Why};
use super::{Funnel, LostAction, Reason, number};
use crate::state::StateView;
use fixedbitset::FixedBitSet;
use rulec_plan::time::Instant;

/// How a step of a rule ended: the rule itself, or one of its follow-ups.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) funnel: &'a Funnel,
    pub(super) clocks: &'a Clocks,
    pub(super) as_of: Instant,
}

impl<'a> Step<'a> {
    /// How many customers ended how: of a rule itself it adds up to the population, of a follow-up to those for whom it
    /// was due.
    pub fn funnel(self) -> Funnel {
        *self.funnel
    }

    /// The customers for whom something is done, now or later, ascending.
    pub fn sent(self) -> impl Iterator<Item = u32> + use<'a> {
        self.outcome.sent.iter().map(number)
    }

    /// For how many customers this action is done, now or later.
    pub fn count(self, action: u32) -> u64 {
        self.action(action).map_or(0, |action| action.done.count() as u64)
    }

    /// Whether this action is done for this customer, now or later.
    pub fn does(self, customer: u32, action: u32) -> bool {
        self.action(action).is_some_and(|action| action.done.contains(customer as usize))
    }

    /// When this action is done for this customer; the instant of the run for what is no message.
    pub fn send_at(self, customer: u32, action: u32) -> Instant {
        let at = self.action(action).and_then(|action| self.clocks.pick(&action.send_at, customer as usize));
        at.copied().unwrap_or(self.as_of)
    }

    /// As how many messages the message of this action to this customer is billed; 0 for what is no message.
    pub fn parts(self, customer: u32, action: u32) -> u32 {
        self.action(action).map_or(0, |action| action.parts.of(customer as usize))
    }

    /// As how many messages those of this action are billed, all together.
    pub fn total_parts(self, action: u32) -> u64 {
        self.action(action).map_or(0, |action| action.parts.total(action.done.iter()))
    }

    /// What the message of this action to this customer costs, in millionths of the currency's unit: its parts, and the
    /// most that its coupons can.
    pub fn cost_micros(self, customer: u32, action: u32) -> i64 {
        let cost = |action: &ActionOutcome| {
            let parts = i64::from(action.parts.of(customer as usize));
            action.price_micros.saturating_mul(parts).saturating_add(action.coupon_micros)
        };
        self.action(action).map_or(0, cost)
    }

    /// What the messages of all its actions cost together, with the most that their coupons can.
    pub fn total_cost_micros(self) -> i64 {
        let cost = |action: &ActionOutcome| {
            let [parts, count] = [action.parts.total(action.done.iter()), action.done.count() as u64]
                .map(|number| i64::try_from(number).unwrap_or(i64::MAX));
            let coupons = action.coupon_micros.saturating_mul(count);
            action.price_micros.saturating_mul(parts).saturating_add(coupons)
        };
        self.outcome.actions.iter().map(cost).fold(0, i64::saturating_add)
    }

    /// How many customers lost the step, or an action of it, for this reason.
    pub fn count_for(self, reason: Reason) -> u64 {
        let ends = self.outcome.ends.iter().filter(|end| end.why == Why::Same(reason));
        let lost = self.outcome.lost_actions.iter().filter(|lost| lost.reason == reason);
        let customers = ends.map(|end| &end.customers).chain(lost.map(|lost| &lost.customers));
        let found: FixedBitSet = customers.flat_map(Customers::iter).collect();
        found.count_ones(..) as u64
    }

    /// How many codes of this pool it gives out.
    pub fn codes_of(self, pool: &str) -> u64 {
        let codes = self.outcome.actions.iter().filter_map(|action| action.codes.as_ref());
        codes.filter(|codes| codes.pool == pool).map(|codes| codes.given.len() as u64).sum()
    }

    /// How many customers this arm drew of those that the rule won.
    pub fn drawn(self, arm: u32) -> u64 {
        self.outcome.arms.get(arm as usize).map_or(0, |drawn| drawn.count() as u64)
    }

    /// The code that this action gives this customer, from the state on which it was decided.
    pub fn code(self, state: &StateView, customer: u32, action: u32) -> Option<&str> {
        let codes = self.action(action)?.codes.as_ref()?;
        state.codes.get(&codes.pool)?.get(codes.of(customer)? as usize).map(AsRef::as_ref)
    }

    /// The arm that drew this customer, of those whom the rule won: index into the arms of the rule's split.
    pub fn arm(self, customer: u32) -> Option<u32> {
        let is_drawn = |arm: &Customers| arm.contains(customer as usize);
        self.outcome.arms.iter().position(is_drawn).map(number)
    }

    /// The actions that are lost for this customer on their own, where the step has several; in their order.
    pub fn lost_actions(self, customer: u32) -> Vec<LostAction> {
        let lost = self.outcome.lost_actions.iter();
        let lost = lost.filter(|lost| lost.customers.contains(customer as usize));
        lost.map(|lost| LostAction { action: lost.action, verdict: lost.verdict, reason: lost.reason })
            .collect()
    }

    fn action(self, action: u32) -> Option<&'a ActionOutcome> {
        self.outcome.actions.get(action as usize)
    }
}
