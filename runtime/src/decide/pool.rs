//! Codes: one for each customer whose message has a coupon from a pool.

use super::{Contender, Context, Reason, number, queue};
use fixedbitset::FixedBitSet;
use rulec_plan::verdict::Verdict;
use std::collections::BTreeMap;

/// Whose code is which, for one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Codes {
    /// The pool.
    pub(super) pool: String,
    /// Customers, ascending, with the places of their codes among those of the state that nobody has yet.
    pub(super) given: Vec<(u32, u32)>,
}

impl Codes {
    /// The place of this customer's code.
    pub(super) fn of(&self, customer: u32) -> Option<u32> {
        let place = self.given.binary_search_by_key(&customer, |(customer, _)| *customer).ok()?;
        Some(self.given[place].1)
    }
}

/// Gives out codes in the order in which messages use up what is scarce, and takes away the messages for which there is none.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    let mut given: BTreeMap<&str, usize> = BTreeMap::new();
    for message in queue::messages(contenders) {
        let Some(pool) = &message.send.pool else { continue };
        let contender = &mut contenders[message.contender];
        let next = given.entry(pool).or_default();
        let left = context.state.codes.get(pool).map_or(0, Vec::len).saturating_sub(*next);
        let customers = contender.to_do(message.action);
        let winners = queue::first(context, contender, message.send, customers, left);
        let mut lost: FixedBitSet = customers.clone();
        winners.iter().for_each(|customer| lost.remove(*customer as usize));
        let mut codes: Vec<(u32, u32)> = winners.into_iter().zip(number(*next)..).collect();
        *next += codes.len();
        codes.sort_unstable();
        let place = context.plan.pools.iter().position(|known| known.name == *pool);
        let reason = place.map_or(Reason::None, |place| Reason::Pool(number(place)));
        contender.lose_action(message.action, &lost, Verdict::PoolEmpty, reason);
        contender.set_codes(message.action, Codes { pool: pool.clone(), given: codes });
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{World, send};
    use rulec_plan::rules::{Action, Send};
    use std::collections::BTreeSet;

    fn world(codes: usize) -> World {
        let mut world = World::new(5);
        world.pool("back", codes);
        for (rule, customers) in [("a", [0, 1, 2].as_slice()), ("b", &[3, 4])] {
            let pool = Some("back".to_owned());
            world.rule(rule, customers).actions = vec![Action::Send(Send { pool, ..send("app") })];
        }
        world.plan.rules[1].priority = 1;
        world
    }

    #[test]
    fn one_code_one_customer() {
        let world = world(9);
        let decisions = world.decide();
        let sent = decisions
            .list()
            .filter_map(|one| decisions.step(one.rule, one.step).code(&world.state, one.customer, 0));
        let expected = ["back-1", "back-2", "back-3", "back-4", "back-5"];
        assert_eq!(sent.collect::<BTreeSet<_>>(), expected.into());
        assert_eq!(decisions.step(1, 0).code(&world.state, 0, 0), None);
    }

    #[test]
    fn a_pool_that_runs_short_serves_the_first() {
        let world = world(3);
        let decisions = world.decide();
        let sent = [1, 0].map(|rule| decisions.step(rule, 0).sent().count());
        assert_eq!(sent, [2, 1]);
        assert!(world.list().iter().any(|line| line.ends_with("a: pool empty (back)")));
    }
}
