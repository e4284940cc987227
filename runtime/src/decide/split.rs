//! Experiments: which arm drew whom. A customer's own arm decides from the start what there is to do for her, so that limits
//! look only at what she would get.

use super::outcome::Why;
use super::{Contender, Context, Reason, number};
use crate::draw::Draw;
use fixedbitset::FixedBitSet;
use rulec_plan::campaign::{Share, Split};
use rulec_plan::verdict::Verdict;

/// Leaves each customer the actions of her own arm.
pub(super) fn divide(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders.iter_mut().filter(|contender| contender.step == 0) {
        if let Some(split) = &contender.rule.split {
            let arms = arms(context, split, &contender.all());
            contender.divide(&arms);
        }
    }
}

/// Takes away the customers whose arm holds.
pub(super) fn hold(_: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders.iter_mut().filter(|contender| contender.step == 0) {
        let arms = contender.rule.split.iter().flat_map(|split| &split.arms);
        for (place, _) in arms.enumerate().filter(|(_, arm)| arm.actions == 0) {
            let left = contender.left_in_arm(place);
            contender.lose(&left, Verdict::Control, Why::Same(Reason::Arm(number(place))));
        }
    }
}

/// The customers of each arm: the first takes them whose shares, with those of the arms before it, reach beyond what is
/// drawn.
fn arms(context: &Context<'_>, split: &Split, customers: &FixedBitSet) -> Vec<FixedBitSet> {
    let mut end = 0_u64;
    let mut ends: Vec<Share> = Vec::with_capacity(split.arms.len());
    for arm in &split.arms {
        end = end.saturating_add(arm.share.0);
        ends.push(Share(end));
    }
    let draw = Draw::new(&split.name);
    let mut arms = vec![FixedBitSet::with_capacity(customers.len()); split.arms.len()];
    for customer in customers.ones() {
        let drawn = context.answers.keys.get(customer).map_or(0, |key| draw.of(key));
        if let Some(arm) = ends.iter().position(|end| end.takes(drawn)) {
            arms[arm].insert(customer);
        }
    }
    arms
}
