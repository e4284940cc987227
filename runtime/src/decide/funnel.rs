//! How many customers of a rule ended how.

use super::outcome::Outcome;
use rulec_engine::Tristate;
use rulec_plan::verdict::Verdict;

/// How many customers of a rule ended how, in the order of [`Verdict::ALL`].
pub type Funnel = [(Verdict, u64); Verdict::ALL.len()];

/// Counts those outside the condition from what was answered and all others from how the rule ended, so that a customer
/// who was lost or doubled on the way shows in the sum.
pub(super) fn count(condition: &Tristate, population: usize, outcome: &Outcome) -> Funnel {
    let seen = condition.yes.union_count(&condition.unknown);
    let mut funnel = Verdict::ALL.map(|verdict| (verdict, 0));
    let mut add = |verdict: Verdict, count: usize| {
        for (_, sum) in funnel.iter_mut().filter(|(one, _)| *one == verdict) {
            *sum += count as u64;
        }
    };
    add(Verdict::NotMatched, population.saturating_sub(seen));
    add(Verdict::DataMissing, condition.unknown.count_ones(..));
    add(Verdict::Send, outcome.sent.count());
    for loss in &outcome.losses {
        add(loss.verdict, loss.customers.count());
    }
    funnel
}
