//! As how many messages the operators bill a message.

use super::customers::Customers;
use super::{Contender, Context};
use crate::render::{self, Saying, sms_parts};
use fixedbitset::FixedBitSet;
use rulec_plan::rules::{Piece, Send};
use std::collections::BTreeMap;

/// As how many messages each customer's message is billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parts {
    /// Everybody's as so many.
    Same(u32),
    /// Each customer with those whose message has as many.
    Each(Vec<(u32, Customers)>),
}

impl Parts {
    pub(super) fn of(&self, customer: usize) -> u32 {
        match self {
            Parts::Same(parts) => *parts,
            Parts::Each(sets) => {
                sets.iter().find(|(_, customers)| customers.contains(customer)).map_or(0, |(parts, _)| *parts)
            }
        }
    }

    /// Of all these customers together.
    pub(super) fn total(&self, customers: impl Iterator<Item = usize>) -> u64 {
        customers.map(|customer| u64::from(self.of(customer))).sum()
    }
}

/// Counts the parts of the messages that are still to be sent.
pub(super) fn step(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            let parts = parts_of(context, contender, action, send);
            contender.set_parts(action, parts);
        }
    }
}

fn parts_of(context: &Context<'_>, contender: &Contender<'_>, action: usize, send: &Send) -> Parts {
    let by_parts = context.project.channels.get(&send.channel).is_some_and(|channel| channel.sms_parts);
    if !by_parts {
        return Parts::Same(1);
    }
    let (customers, send_at) = (contender.to_do(action), contender.send_at(action));
    let code = longest_code(context, send);
    let count = |customer| {
        let at = context.clocks.pick(send_at, customer).copied().unwrap_or(context.plan.as_of);
        let saying = Saying { code, ..Saying::by(context.project, &send.channel, at) };
        let text = render::message(send, context.answers, customer, &saying);
        text.map_or(1, |text| sms_parts(&text))
    };
    let is_fact = |piece: &Piece| matches!(piece, Piece::Fact { .. });
    if send_at.len() == 1 && !send.message.iter().any(is_fact) {
        return Parts::Same(customers.minimum().map_or(1, count));
    }
    let mut sets: BTreeMap<u32, FixedBitSet> = BTreeMap::new();
    let nobody = || FixedBitSet::with_capacity(context.answers.population());
    for customer in customers.ones() {
        sets.entry(count(customer)).or_insert_with(nobody).insert(customer);
    }
    Parts::Each(sets.into_iter().map(|(parts, customers)| (parts, Customers::of(&customers))).collect())
}

/// The longest code of the pool of a message: which one a customer gets depends on who is left when messages are paid for,
/// which depends on their parts.
fn longest_code<'a>(context: &Context<'a>, send: &Send) -> Option<&'a str> {
    let codes = context.state.codes.get(send.pool.as_ref()?)?;
    codes.iter().map(AsRef::as_ref).max_by_key(|code: &&str| code.encode_utf16().count())
}

#[cfg(test)]
mod tests {
    use crate::fixture::{World, personal, send, text, with_coupon};
    use rulec_plan::audience::Scalar;
    use rulec_plan::rules::{Action, Piece, Send};

    #[test]
    fn each_message_is_billed_by_its_own_parts() {
        let mut world = World::new(4);
        world.project.channels["sms"].sms_parts = true;
        let names = [text("王"), text(&"王".repeat(70)), text(&"王".repeat(71)), Scalar::Missing];
        let name = world.values(names);
        let message = vec![personal(name, "姓名")];
        world.rule("a", &[0, 1, 2, 3]).actions =
            vec![Action::Send(Send { message, ..with_coupon(send("sms")) }), Action::Send(send("app"))];
        let decisions = world.decide();
        let step = decisions.step(0, 0);
        assert_eq!([0, 1, 2, 3].map(|customer| step.parts(customer, 0)), [1, 1, 2, 0]);
        assert_eq!(step.total_parts(0), 4);
        assert_eq!(step.cost_micros(2, 0), 150_000_000 + 2 * 45_000);
        assert_eq!((step.parts(3, 1), step.cost_micros(3, 1)), (1, 0));
    }

    #[test]
    fn a_code_counts_as_long_as_the_longest() {
        let mut world = World::new(1);
        world.project.channels["sms"].sms_parts = true;
        world.pool("back", 1);
        world.state.codes.insert("back".to_owned(), vec!["A".into(), "B".repeat(71).into()]);
        let (message, pool) = (vec![Piece::Code], Some("back".to_owned()));
        world.rule("a", &[0]).actions = vec![Action::Send(Send { message, pool, ..send("sms") })];
        assert_eq!(world.decide().step(0, 0).parts(0, 0), 2);
    }
}
