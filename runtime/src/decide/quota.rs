//! Messages that only so many customers get, over all runs.

use super::{Contender, Context, Reason, number, queue};
use crate::state::ActionKey;
use rulec_plan::verdict::Verdict;

/// Takes away the messages of those who come too late for them.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            let Some(quota) = send.quota else { continue };
            let key =
                ActionKey { rule: contender.rule.name.clone(), step: contender.step, action: number(action) };
            let sent = context.state.sent.get(&key).copied().unwrap_or(0);
            let left = usize::try_from(u64::from(quota.count).saturating_sub(sent)).unwrap_or(usize::MAX);
            let mut late = contender.to_do(action).clone();
            if late.count_ones(..) <= left {
                continue;
            }
            for customer in queue::first(context, contender, send, contender.to_do(action), left) {
                late.remove(customer as usize);
            }
            contender.lose_action(action, &late, Verdict::OverQuota, Reason::Quota(number(action)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{World, send};
    use crate::state::ActionKey;
    use rulec_plan::audience::{Ranking, Scalar};
    use rulec_plan::rules::{Action, Quota, Send};

    fn world(count: u32, worth: &[Scalar], low_is_better: bool) -> World {
        let mut world = World::new(worth.len());
        let best_by = Some(Ranking { value: world.values(worth.to_vec()), low_is_better });
        let quota = Some(Quota { count, best_by });
        let everyone: Vec<usize> = (0..worth.len()).collect();
        world.rule("a", &everyone).actions = vec![Action::Send(Send { quota, ..send("app") })];
        world
    }

    fn sent(world: &World) -> Vec<u32> {
        world.decide().step(0, 0).sent().collect()
    }

    #[test]
    fn the_best_come_first_and_the_unknown_last() {
        let worth = [Scalar::Missing, Scalar::Ratio(7, 2), Scalar::Int(3), Scalar::Int(-4)];
        assert_eq!(sent(&world(1, &worth, false)), [1]);
        assert_eq!(sent(&world(2, &worth, false)), [1, 2]);
        assert_eq!(sent(&world(2, &worth, true)), [2, 3]);
        assert_eq!(sent(&world(3, &worth, true)), [1, 2, 3]);
        assert_eq!(sent(&world(9, &worth, true)), [0, 1, 2, 3]);
        assert_eq!(world(0, &[Scalar::Missing], true).list(), ["0 a: over quota (quota 0)"]);
    }

    #[test]
    fn what_was_sent_before_counts() {
        let mut world = world(3, &[Scalar::Int(1), Scalar::Int(2), Scalar::Int(3)], false);
        world.state.sent.insert(ActionKey { rule: "a".to_owned(), step: 0, action: 0 }, 2);
        assert_eq!(sent(&world), [2]);
        world.state.sent.insert(ActionKey { rule: "a".to_owned(), step: 0, action: 0 }, 4);
        assert!(sent(&world).is_empty());
    }

    #[test]
    fn those_worth_the_same_are_drawn_alike_however_many_there_are() {
        let alike = vec![Scalar::Int(5); 100];
        let mut better = alike.clone();
        better[40] = Scalar::Int(6);
        let (first, ten) = (sent(&world(9, &alike, false)), sent(&world(10, &alike, false)));
        assert!(first.iter().all(|customer| ten.contains(customer)));
        let mut with_best = sent(&world(10, &better, false));
        with_best.retain(|customer| *customer != 40);
        assert!(with_best.iter().all(|customer| ten.contains(customer)));
        let mut unranked = world(10, &alike, false);
        let Action::Send(send) = &mut unranked.plan.rules[0].actions[0] else { unreachable!("it sends") };
        send.quota = Some(Quota { count: 10, best_by: None });
        assert_eq!(sent(&unranked), ten);
    }
}
