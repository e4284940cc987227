//! What a campaign may cost: its messages, and the most that their coupons can.

use super::contender::coupon_micros;
use super::parts::Parts;
use super::{Contender, Context, Reason, queue};
use fixedbitset::FixedBitSet;
use rulec_plan::campaign::{Budget, Campaign};
use rulec_plan::verdict::Verdict;

/// Millionths of the currency's unit in a cent.
const CENT: i64 = 10_000;

/// Takes away the messages that no longer fit into the budget of their campaign; a cheaper one that comes later may.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for campaign in &context.plan.campaigns {
        if let Some(budget) = campaign.budget {
            spend(context, contenders, campaign, budget);
        }
    }
}

fn spend(context: &Context<'_>, contenders: &mut [Contender<'_>], campaign: &Campaign, budget: Budget) {
    let spent = context.state.spent.get(&campaign.name).copied().unwrap_or(0);
    let mut left = budget.cents.saturating_mul(CENT).saturating_sub(spent);
    for message in queue::messages(contenders) {
        let contender = &mut contenders[message.contender];
        if contender.rule.campaign.as_ref() != Some(&campaign.name) {
            continue;
        }
        let channel = context.project.channels.get(&message.send.channel);
        let cost = Cost {
            parts: contender.parts(message.action),
            price: channel.map_or(0, |channel| channel.price_micros),
            coupons: coupon_micros(message.send),
        };
        let customers = contender.to_do(message.action);
        let total = cost.total(customers);
        if total == 0 || total <= left {
            left -= total;
            continue;
        }
        let mut lost = FixedBitSet::with_capacity(customers.len());
        for customer in queue::first(context, contender, message.send, customers, usize::MAX) {
            let cost = cost.of(customer as usize);
            if cost == 0 || cost <= left {
                left -= cost;
            } else {
                lost.insert(customer as usize);
            }
        }
        contender.lose_action(message.action, &lost, Verdict::OverBudget, Reason::Budget);
    }
}

/// What one message costs, in millionths of the currency's unit.
struct Cost<'a> {
    parts: &'a Parts,
    price: i64,
    coupons: i64,
}

impl Cost<'_> {
    fn of(&self, customer: usize) -> i64 {
        self.price.saturating_mul(self.parts.of(customer).into()).saturating_add(self.coupons)
    }

    fn total(&self, customers: &FixedBitSet) -> i64 {
        if let Parts::Same(_) = self.parts {
            let count = i64::try_from(customers.count_ones(..)).unwrap_or(i64::MAX);
            return customers.minimum().map_or(0, |first| self.of(first)).saturating_mul(count);
        }
        customers.ones().map(|customer| self.of(customer)).fold(0, i64::saturating_add)
    }
}
