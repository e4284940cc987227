//! How many customers came to a step, and how many of them ended how.

use super::Context;
use super::contest::runs;
use super::outcome::Outcome;
use rulec_plan::verdict::Verdict;

/// How many customers of a step ended how, in the order of [`Verdict::ALL`].
pub type Funnel = [(Verdict, u64); Verdict::ALL.len()];

/// How many a funnel has to add up to: the population, of a follow-up those for whom it is due.
pub(super) fn expected(context: &Context<'_>, outcome: &Outcome) -> u64 {
    let rule = &context.plan.rules[outcome.rule as usize];
    let count = match outcome.step.checked_sub(1) {
        None => context.answers.population(),
        Some(place) => context.answers.condition(rule.follow_ups[place as usize].due).yes.count_ones(..),
    };
    count as u64
}

/// Counts those outside the condition of a rule from what was answered and all others from how the step ended, so that a
/// customer who was lost or doubled on the way shows in the sum.
pub(super) fn count(context: &Context<'_>, outcome: &Outcome) -> Funnel {
    let mut funnel = Verdict::ALL.map(|verdict| (verdict, 0));
    let mut add = |verdict: Verdict, count: usize| {
        for (_, sum) in funnel.iter_mut().filter(|(one, _)| *one == verdict) {
            *sum += count as u64;
        }
    };
    if outcome.step == 0 {
        let population = context.answers.population();
        let rule = &context.plan.rules[outcome.rule as usize];
        if runs(context.plan, rule) {
            let condition = context.answers.condition(rule.condition);
            let seen = condition.yes.union_count(&condition.unknown);
            add(Verdict::NotMatched, population.saturating_sub(seen));
            add(Verdict::DataMissing, condition.unknown.count_ones(..));
        } else {
            add(Verdict::NotMatched, population);
        }
    }
    for end in &outcome.ends {
        add(end.verdict, end.customers.count());
    }
    funnel
}
