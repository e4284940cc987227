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
            let parts = parts_of(context, send, contender.to_do(action));
            contender.set_parts(action, parts);
        }
    }
}

fn parts_of(context: &Context<'_>, send: &Send, customers: &FixedBitSet) -> Parts {
    let by_parts = context.project.channels.get(&send.channel).is_some_and(|channel| channel.sms_parts);
    if !by_parts {
        return Parts::Same(1);
    }
    let saying = Saying {
        code: longest_code(context, send),
        ..Saying::by(context.project, &send.channel, context.plan.as_of)
    };
    let count = |customer| {
        let text = render::message(send, context.answers, customer, &saying);
        text.map_or(1, |text| sms_parts(&text))
    };
    let is_fact = |piece: &Piece| matches!(piece, Piece::Fact { .. });
    if !send.message.iter().any(is_fact) {
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
