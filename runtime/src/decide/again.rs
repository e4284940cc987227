//! `again`: who was touched by a rule before, and when that is over.
//!
//! A *spell* starts when a rule fires for a customer and lasts until a run is applied in which the customer is known to be
//! outside the condition. A run in which that is unknown leaves it open.

use super::outcome::Why;
use super::{Contender, Context, Ended, number};
use crate::state::Spell;
use fixedbitset::FixedBitSet;
use rulec_plan::Plan;
use rulec_plan::rules::Again;
use rulec_plan::time::{Duration, Instant};
use rulec_plan::verdict::Verdict;

/// Takes away the customers whose rule is not due again.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders.iter_mut().filter(|contender| contender.step == 0) {
        let again = contender.rule.again;
        let touched = context.state.spells(&contender.rule.name);
        if touched.is_empty() {
            continue;
        }
        let mut customers = FixedBitSet::with_capacity(context.answers.population());
        let mut days = Vec::new();
        for spell in touched.iter().filter(|spell| !is_due(again, spell, context.plan)) {
            let customer = spell.customer as usize;
            if contender.has(customer) && !customers.put(customer) {
                days.push(context.plan.zone.day_of(spell.fired_at));
            }
        }
        contender.lose(&customers, Verdict::AlreadyTouched, Why::Since(days));
    }
}

fn is_due(again: Again, last: &Spell, plan: &Plan) -> bool {
    match again {
        Again::NewSpell => !last.open,
        Again::Every(pause) => due_at(last.fired_at, pause, plan) <= plan.as_of,
    }
}

/// When a rule that fired then may fire again. Days count on the calendar whatever the hour: what fired on 1 November and
/// comes every 30 days is due from the start of 1 December, so that a daily run at a slightly earlier hour does not
/// skip a day. Hours are exact.
fn due_at(fired_at: Instant, pause: Duration, plan: &Plan) -> Instant {
    match pause {
        Duration::Calendar { months, days } => {
            plan.zone.start_of(plan.zone.day_of(fired_at).shift(months, days))
        }
        Duration::Exact { micros } => Instant(fired_at.0.saturating_add(micros)),
    }
}

/// The open spells of customers who are now known to be outside the condition.
pub(super) fn ended(context: &Context<'_>) -> Vec<Ended> {
    let mut ended = Vec::new();
    for (place, rule) in context.plan.rules.iter().enumerate() {
        let condition = context.answers.condition(rule.condition);
        for spell in context.state.spells(&rule.name).iter().filter(|spell| spell.open) {
            let customer = spell.customer as usize;
            if !condition.yes.contains(customer) && !condition.unknown.contains(customer) {
                ended.push(Ended { customer: spell.customer, rule: number(place) });
            }
        }
    }
    ended.sort_by_key(|one| (one.customer, one.rule));
    ended
}
