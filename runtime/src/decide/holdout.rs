//! Who of a campaign is left alone as the yardstick.

use super::outcome::Why;
use super::{Contender, Context, Reason};
use crate::draw::Draw;
use fixedbitset::FixedBitSet;
use rulec_plan::campaign::{Campaign, Share};
use rulec_plan::verdict::Verdict;

/// Takes away the customers whom the holdout of a rule's campaign draws; from follow-ups too, since a holdout may be
/// declared after chains have begun.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        if let Some((campaign, share)) = contender.campaign.and_then(|one| Some((one, one.holdout?))) {
            let drawn = drawn(context, campaign, share, &contender.all());
            contender.lose(&drawn, Verdict::Control, Why::Same(Reason::Holdout));
        }
    }
}

fn drawn(context: &Context<'_>, campaign: &Campaign, share: Share, customers: &FixedBitSet) -> FixedBitSet {
    let draw = Draw::new(&format!("holdout:{}", campaign.name));
    let mut drawn = FixedBitSet::with_capacity(customers.len());
    let keys = &context.answers.keys;
    let is_drawn = |customer: &usize| keys.get(*customer).is_some_and(|key| share.takes(draw.of(key)));
    drawn.extend(customers.ones().filter(is_drawn));
    drawn
}

#[cfg(test)]
mod tests {
    use crate::draw::Draw;
    use crate::fixture::{World, days, follow_up};
    use rulec_engine::Key;
    use rulec_plan::campaign::Share;
    use rulec_plan::rules::Action;

    #[test]
    fn those_drawn_are_left_alone_with_all_that_the_rule_does() {
        const HALF: Share = Share(Share::WHOLE.0 / 2);
        let mut world = World::new(4);
        world.campaign("winback").holdout = Some(HALF);
        let rule = world.rule("a", &[0, 1, 2, 3]);
        (rule.campaign, rule.actions) = (Some("winback".to_owned()), vec![Action::Tag("asked".to_owned())]);
        let draw = Draw::new("holdout:winback");
        let expected = (0..4).map(|customer| {
            let held_out = HALF.takes(draw.of(Key::Integer(customer + 1)));
            let end = if held_out { "control (holdout 50% of winback)" } else { "send" };
            format!("{customer} a: {end}")
        });
        assert!(world.list().into_iter().eq(expected));
    }

    #[test]
    fn a_holdout_that_is_declared_later_ends_what_chains_do() {
        let mut world = World::new(8);
        world.campaign("winback").holdout = Some(Share(Share::WHOLE.0 / 2));
        let due = world.condition(&[0, 1, 2, 3, 4, 5, 6, 7], &[]);
        let rule = world.rule("a", &[]);
        rule.campaign = Some("winback".to_owned());
        rule.follow_ups = vec![follow_up(due, days(2), "app")];
        let draw = Draw::new("holdout:winback");
        let expected = (0..8).map(|customer| {
            let held_out = Share(Share::WHOLE.0 / 2).takes(draw.of(Key::Integer(customer + 1)));
            let end = if held_out { "control (holdout 50% of winback)" } else { "send" };
            format!("{customer} a+1: {end}")
        });
        let list = world.list();
        assert!(
            list.iter().any(|line| line.contains("control")) && list.iter().any(|line| line.contains("send"))
        );
        assert_eq!(list, expected.collect::<Vec<_>>());
    }
}
