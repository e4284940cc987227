//! A step of a rule on its way through the run: the rule itself, or one of its follow-ups.

use super::clock::Clocks;
use super::customers::Customers;
use super::outcome::{ActionLoss, ActionOutcome, End, Outcome, Why};
use super::parts::Parts;
use super::pool::Codes;
use super::reason::actions_of;
use super::{Context, Reason, number};
use crate::needs::send_of;
use crate::render;
use fixedbitset::FixedBitSet;
use rulec_plan::campaign::Campaign;
use rulec_plan::rules::{Action, Rule, Send};
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
use std::collections::BTreeMap;

pub(super) struct Contender<'a> {
    pub(super) rule: &'a Rule,
    /// Index of the rule.
    pub(super) place: u32,
    /// 0: the rule itself; n: its n-th follow-up.
    pub(super) step: u32,
    pub(super) campaign: Option<&'a Campaign>,
    pub(super) actions: &'a [Action],
    rivals: Option<u32>,
    to_do: Vec<ToDo>,
    /// The customers for whom nothing was to be done from the start: the rule has no actions, or their arm holds.
    idle: FixedBitSet,
    arms: Vec<Customers>,
    ends: Vec<End>,
    lost_actions: Vec<ActionLoss>,
}

/// What is still to be done of one action.
struct ToDo {
    customers: FixedBitSet,
    /// When, by zone of the customer.
    send_at: Vec<Instant>,
    parts: Parts,
    codes: Option<Codes>,
}

impl<'a> Contender<'a> {
    /// A step with the customers who come to it. A rule itself comes with the number of its rivals.
    pub(super) fn new(
        context: &Context<'a>,
        (place, step): (u32, u32),
        rivals: Option<u32>,
        customers: FixedBitSet,
    ) -> Self {
        let rule = &context.plan.rules[place as usize];
        let actions = actions_of(rule, step);
        let to_do = actions.iter().map(|action| ToDo {
            customers: customers.clone(),
            send_at: vec![context.plan.as_of],
            parts: Parts::Same(u32::from(send_of(action).is_some())),
            codes: None,
        });
        let to_do: Vec<ToDo> = to_do.collect();
        let mut idle = customers;
        if !to_do.is_empty() {
            idle.clear();
        }
        Self {
            rule,
            place,
            step,
            campaign: rule.campaign.as_deref().and_then(|name| context.plan.campaign(name)),
            actions,
            rivals,
            to_do,
            idle,
            arms: Vec::new(),
            ends: Vec::new(),
            lost_actions: Vec::new(),
        }
    }

    /// Its messages, with their places among its actions.
    pub(super) fn sends(&self) -> impl Iterator<Item = (usize, &'a Send)> + use<'a> {
        let actions: &'a [Action] = self.actions;
        actions.iter().enumerate().filter_map(|(place, action)| Some((place, send_of(action)?)))
    }

    /// Whether the customer is still in the run with this step.
    pub(super) fn has(&self, customer: usize) -> bool {
        self.idle.contains(customer) || self.to_do.iter().any(|left| left.customers.contains(customer))
    }

    /// All customers who are still in the run with this step.
    pub(super) fn all(&self) -> FixedBitSet {
        let mut all = self.idle.clone();
        self.to_do.iter().for_each(|left| all.union_with(&left.customers));
        all
    }

    /// The customers for whom this action is still to be done.
    pub(super) fn to_do(&self, action: usize) -> &FixedBitSet {
        &self.to_do[action].customers
    }

    /// When this action is done, by zone of the customer; the same for all where there is one only.
    pub(super) fn send_at(&self, action: usize) -> &[Instant] {
        &self.to_do[action].send_at
    }

    /// As how many messages this one is billed.
    pub(super) fn parts(&self, action: usize) -> &Parts {
        &self.to_do[action].parts
    }

    pub(super) fn set_send_at(&mut self, action: usize, send_at: Vec<Instant>) {
        self.to_do[action].send_at = send_at;
    }

    pub(super) fn set_parts(&mut self, action: usize, parts: Parts) {
        self.to_do[action].parts = parts;
    }

    pub(super) fn set_codes(&mut self, action: usize, codes: Codes) {
        self.to_do[action].codes = Some(codes);
    }

    /// Leaves each customer only the actions of her own arm; `arms` are the customers of each.
    pub(super) fn divide(&mut self, arms: &[FixedBitSet]) {
        let Some(split) = &self.rule.split else { return };
        for (arm, customers) in split.arms.iter().zip(arms) {
            let actions = arm.first_action as usize..(arm.first_action + arm.actions) as usize;
            if actions.is_empty() {
                self.idle.union_with(customers);
            }
            for (_, left) in self.to_do.iter_mut().enumerate().filter(|(place, _)| !actions.contains(place)) {
                left.customers.difference_with(customers);
            }
        }
        self.arms = arms.iter().map(Customers::of).collect();
    }

    /// The customers whom this arm drew who are still in the run with this step.
    pub(super) fn left_in_arm(&self, arm: usize) -> FixedBitSet {
        let mut left = FixedBitSet::with_capacity(self.idle.len());
        let drawn = self.arms.get(arm).map(Customers::iter);
        left.extend(drawn.into_iter().flatten().filter(|customer| self.has(*customer)));
        left
    }

    /// Takes customers away from the step as a whole.
    pub(super) fn lose(&mut self, customers: &FixedBitSet, verdict: Verdict, why: Why) {
        if customers.is_clear() {
            return;
        }
        self.idle.difference_with(customers);
        for left in &mut self.to_do {
            left.customers.difference_with(customers);
        }
        self.ends.push(End { customers: Customers::of(customers), verdict, why });
    }

    /// The same, where the reason is one and the same for all of them.
    pub(super) fn lose_as(&mut self, customers: &FixedBitSet, verdict: Verdict, reason: Reason) {
        self.lose(customers, verdict, Why::Same(reason));
    }

    /// Takes customers away from one action, for whom it is still to be done.
    pub(super) fn lose_action(
        &mut self,
        action: usize,
        customers: &FixedBitSet,
        verdict: Verdict,
        reason: Reason,
    ) {
        if customers.is_clear() {
            return;
        }
        self.to_do[action].customers.difference_with(customers);
        let customers = Customers::of(customers);
        self.lost_actions.push(ActionLoss { action: number(action), customers, verdict, reason });
    }

    /// How it ended. A step is lost with the last of its actions, and ends as its first message.
    pub(super) fn finish(mut self, context: &Context<'_>) -> Outcome {
        let sent = self.all();
        self.lost_actions.sort_by_key(|lost| lost.action);
        self.end_with_last_action(&sent);
        self.end_sent(&sent, context.plan.as_of, &context.clocks);
        if self.actions.len() == 1 {
            self.lost_actions.clear();
        }
        let actions = self.actions.iter().zip(self.to_do);
        let actions = actions.map(|(action, left)| left.finish(context, action)).collect();
        Outcome {
            rule: self.place,
            step: self.step,
            rivals: self.rivals,
            sent: Customers::of(&sent),
            ends: self.ends,
            lost_actions: self.lost_actions,
            actions,
            arms: self.arms,
        }
    }

    /// Ends the step for those for whom no action is left, as the first that they lost.
    fn end_with_last_action(&mut self, sent: &FixedBitSet) {
        let mut elsewhere = sent.clone();
        for end in &self.ends {
            elsewhere.extend(end.customers.iter());
        }
        for lost in &self.lost_actions {
            let mut customers = FixedBitSet::with_capacity(sent.len());
            customers.extend(lost.customers.iter());
            customers.difference_with(&elsewhere);
            if !customers.is_clear() {
                elsewhere.union_with(&customers);
                let (verdict, why) = (lost.verdict, Why::Same(lost.reason));
                self.ends.push(End { customers: Customers::of(&customers), verdict, why });
            }
        }
    }

    /// Ends the step for those for whom something is left: as the first message that is, now or at its time.
    fn end_sent(&mut self, sent: &FixedBitSet, as_of: Instant, clocks: &Clocks) {
        let mut now = sent.clone();
        let mut later: BTreeMap<Instant, FixedBitSet> = BTreeMap::new();
        let mut rest = sent.clone();
        for (action, _) in self.sends() {
            let ToDo { customers, send_at, .. } = &self.to_do[action];
            let mut first = customers.clone();
            first.intersect_with(&rest);
            rest.difference_with(&first);
            clocks.sort(&first, send_at, &mut |at, customers| {
                if at > as_of {
                    now.difference_with(customers);
                    let nobody = || FixedBitSet::with_capacity(customers.len());
                    later.entry(at).or_insert_with(nobody).union_with(customers);
                }
            });
        }
        self.ends.push(End {
            customers: Customers::of(&now),
            verdict: Verdict::Send,
            why: Why::Same(Reason::None),
        });
        self.ends.extend(later.iter().map(|(at, customers)| End {
            customers: Customers::of(customers),
            verdict: Verdict::Hold,
            why: Why::Same(Reason::Until(*at)),
        }));
    }
}

impl ToDo {
    fn finish(self, context: &Context<'_>, action: &Action) -> ActionOutcome {
        let send = send_of(action);
        let channel = send.and_then(|send| context.project.channels.get(&send.channel));
        ActionOutcome {
            done: Customers::of(&self.customers),
            send_at: self.send_at,
            parts: self.parts,
            price_micros: channel.map_or(0, |channel| channel.price_micros),
            coupon_micros: send.map_or(0, coupon_micros),
            codes: self.codes,
        }
    }
}

/// The most that the coupons of a message can cost.
pub(super) fn coupon_micros(send: &Send) -> i64 {
    send.offers.iter().map(render::at_most_micros).fold(0, i64::saturating_add)
}
