//! What a campaign may cost: its messages, and the most that their coupons can.

use super::contender::coupon_micros;
use super::parts::Parts;
use super::{Contender, Context, Reason, queue};
use crate::render::CENT_MICROS;
use fixedbitset::FixedBitSet;
use rulec_plan::campaign::{Budget, Campaign};
use rulec_plan::verdict::Verdict;

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
    let mut left = budget.cents.saturating_mul(CENT_MICROS).saturating_sub(spent);
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

#[cfg(test)]
mod tests {
    use crate::fixture::{World, send, with_coupon};
    use rulec_plan::campaign::{Budget, Period};
    use rulec_plan::rules::Action;
    use rulec_plan::time::CalendarUnit;

    /// Three customers, a coupon of 150 and a message at 0.045 for each, and a cheaper rule after it.
    fn world(cents: i64) -> World {
        let mut world = World::new(4);
        let per = Some(Period::Calendar(CalendarUnit::Month));
        world.campaign("winback").budget = Some(Budget { cents, per });
        world.rule("cheap", &[3]);
        world.rule("dear", &[0, 1, 2]).actions = vec![Action::Send(with_coupon(send("sms")))];
        for rule in &mut world.plan.rules {
            rule.campaign = Some("winback".to_owned());
            rule.priority = i64::from(rule.name == "dear");
        }
        world.plan.rules[0].actions = vec![Action::Send(send("sms"))];
        world
    }

    fn sent(world: &World) -> (usize, usize) {
        let decisions = world.decide();
        (decisions.step(1, 0).sent().count(), decisions.step(0, 0).sent().count())
    }

    #[test]
    fn messages_are_lost_that_do_not_fit_and_later_cheaper_ones_may() {
        for (cents, dear, cheap) in [
            (45_019, 3, 1),
            (45_018, 3, 1),
            (45_017, 3, 0),
            (45_013, 2, 1),
            (15_004, 0, 1),
            (15_005, 1, 0),
            (5, 0, 1),
            (4, 0, 0),
        ] {
            assert_eq!(sent(&world(cents)), (dear, cheap), "{cents}");
        }
    }

    #[test]
    fn what_was_spent_before_counts() {
        let mut world = world(45_018);
        world.state.spent.insert("winback".to_owned(), 300_000_000);
        assert_eq!(sent(&world), (1, 1));
        assert!(world.list().contains(&"3 cheap: send".to_owned()));
        world.state.spent.insert("winback".to_owned(), 500_000_000);
        assert_eq!(sent(&world), (0, 0));
        assert!(world.list().contains(&"3 cheap: over budget (budget 450.18 per month)".to_owned()));
    }
}
