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
        // Shares add up to one, so the last arm takes whatever is drawn.
        let arm = ends.iter().position(|end| end.takes(drawn)).or(ends.len().checked_sub(1));
        if let Some(arm) = arm {
            arms[arm].insert(customer);
        }
    }
    arms
}

#[cfg(test)]
mod tests {
    use crate::draw::Draw;
    use crate::fixture::{World, days, send};
    use rulec_engine::Key;
    use rulec_plan::campaign::{Arm, Period, Share, Split};
    use rulec_plan::rules::Action;

    /// 40 % one message, 40 % two, 20 % nothing.
    fn world(population: usize) -> World {
        let mut world = World::new(population);
        let rule = world.rule("a", &(0..population).collect::<Vec<_>>());
        rule.actions = vec![send("app"), send("sms"), send("app")].into_iter().map(Action::Send).collect();
        let arm = |label: &str, percent: u64, first_action, actions| Arm {
            label: label.to_owned(),
            share: Share(percent * 1_000_000_000),
            first_action,
            actions,
        };
        let arms = vec![arm("one", 40, 0, 1), arm("two", 40, 1, 2), arm("none", 20, 3, 0)];
        rule.split = Some(Split { name: "how".to_owned(), arms });
        world
    }

    #[test]
    fn everybody_gets_what_her_arm_does() {
        const POPULATION: u32 = 200;
        let world = world(POPULATION as usize);
        let decisions = world.decide();
        let step = decisions.step(0, 0);
        let draw = Draw::new("how");
        let below = |customer: u32, percent: u64| {
            Share(percent * 1_000_000_000).takes(draw.of(Key::Integer(i64::from(customer) + 1)))
        };
        let list = world.list();
        for customer in 0..POPULATION {
            let arm = if below(customer, 40) {
                0
            } else if below(customer, 80) {
                1
            } else {
                2
            };
            assert_eq!(step.arm(customer), Some(arm));
            let does = [0, 1, 2].map(|action| step.does(customer, action));
            assert_eq!(does, [arm == 0, arm == 1, arm == 1]);
            let end = if arm == 2 { "control (how none)" } else { "send" };
            assert_eq!(list[customer as usize], format!("{customer} a: {end}"));
        }
    }

    #[test]
    fn limits_see_only_what_the_own_arm_sends() {
        let mut world = world(200);
        world.limit(None, 1, Period::Rolling(days(1)));
        let decisions = world.decide();
        let step = decisions.step(0, 0);
        let sent = |customer: u32| [0, 1, 2].map(|action| step.does(customer, action));
        for customer in 0..200 {
            let arm = step.arm(customer).unwrap();
            assert_eq!(sent(customer), [arm == 0, arm == 1, false]);
        }
    }
}
