//! Whether each message may and can reach its customer: suppressions, consent, address, and what the message says.
//!
//! A suppression holds back on *true* only, as a rule takes a customer on true only. A consent that is not known to be
//! given is not given.

use super::{Contender, Context, Reason, number};
use fixedbitset::FixedBitSet;
use rulec_engine::Answers;
use rulec_plan::audience::{NodeId, Scalar};
use rulec_plan::rules::{Piece, Send};
use rulec_plan::verdict::Verdict;
use std::collections::BTreeMap;

/// Takes away the messages that a `suppress` holds back; the first one in the order of the files is the reason.
pub(super) fn suppress(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            for (place, suppression) in context.plan.suppressions.iter().enumerate() {
                let held_back = &context.answers.condition(suppression.condition).yes;
                let is_meant = suppression.channel.as_ref().is_none_or(|channel| *channel == send.channel);
                if is_meant && !contender.to_do(action).is_disjoint(held_back) {
                    let mut customers = contender.to_do(action).clone();
                    customers.intersect_with(held_back);
                    let reason = Reason::Suppression(number(place));
                    contender.lose_action(action, &customers, Verdict::Suppressed, reason);
                }
            }
        }
    }
}

/// Takes away the messages of those who have not agreed to the channel.
pub(super) fn consent(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            if let Some(consent) = send.consent {
                let agreed = &context.answers.condition(consent).yes;
                keep(contender, action, agreed, Verdict::NoConsent, Reason::None);
            }
        }
    }
}

/// Takes away the messages that have nowhere to go, and those that lack a fact for which the template has no other words.
pub(super) fn values(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    let present = present(context.answers, contenders);
    for contender in contenders {
        for (action, send) in contender.sends() {
            for (wanted, verdict, reason) in wanted(action, send) {
                if let Some(present) = present.get(&wanted) {
                    keep(contender, action, present, verdict, reason);
                }
            }
        }
    }
}

/// A value without which a message cannot go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Address(NodeId),
    Fact(NodeId),
}

impl Wanted {
    fn is_there(self, answers: &Answers, customer: usize) -> bool {
        match self {
            Wanted::Address(node) => as_address(answers.value(node, customer)).is_some(),
            Wanted::Fact(node) => answers.value(node, customer) != Scalar::Missing,
        }
    }
}

/// The values that a message wants, in the order in which they are missed, with what to say then.
fn wanted(action: usize, send: &Send) -> impl Iterator<Item = (Wanted, Verdict, Reason)> + use<'_> {
    let address = send.address.map(|node| (Wanted::Address(node), Verdict::NoAddress, Reason::None));
    let facts = (0..).zip(&send.message).filter_map(move |(piece, what)| match what {
        Piece::Fact { node, or: None, .. } => {
            Some((Wanted::Fact(*node), Verdict::DataMissing, Reason::Fact { action: number(action), piece }))
        }
        Piece::Fact { .. } | Piece::Text(_) | Piece::OfferEnds(_) | Piece::Code => None,
    });
    address.into_iter().chain(facts)
}

/// For each value that a message wants, which of the customers of such messages have it. Values are asked for once, by
/// customer: neighbours cost an engine less than leaps.
fn present(answers: &Answers, contenders: &[Contender<'_>]) -> BTreeMap<Wanted, FixedBitSet> {
    let nobody = FixedBitSet::with_capacity(answers.population());
    let mut present: BTreeMap<Wanted, FixedBitSet> = BTreeMap::new();
    for contender in contenders {
        for (action, send) in contender.sends() {
            for (wanted, ..) in wanted(action, send) {
                let asked = present.entry(wanted).or_insert_with(|| nobody.clone());
                asked.union_with(contender.to_do(action));
            }
        }
    }
    let mut all = nobody;
    present.values().for_each(|asked| all.union_with(asked));
    for customer in all.ones() {
        for (wanted, customers) in &mut present {
            if customers.contains(customer) && !wanted.is_there(answers, customer) {
                customers.remove(customer);
            }
        }
    }
    present
}

/// Takes an action away from all but these customers.
fn keep(contender: &mut Contender<'_>, action: usize, kept: &FixedBitSet, verdict: Verdict, reason: Reason) {
    if !contender.to_do(action).is_subset(kept) {
        let mut customers = contender.to_do(action).clone();
        customers.difference_with(kept);
        contender.lose_action(action, &customers, verdict, reason);
    }
}

/// Where this message goes for this customer; nowhere if the fact is missing or blank.
pub(crate) fn address_of(send: &Send, answers: &Answers, customer: usize) -> Option<String> {
    let Some(node) = send.address else {
        return answers.keys.get(customer).map(|key| key.to_string());
    };
    as_address(answers.value(node, customer))
}

/// A value as an address; nowhere if it is missing or blank.
pub(crate) fn as_address(value: Scalar) -> Option<String> {
    match value {
        Scalar::Text(text) => match text.trim() {
            "" => None,
            trimmed if trimmed.len() == text.len() => Some(text),
            trimmed => Some(trimmed.to_owned()),
        },
        Scalar::Int(number) => Some(number.to_string()),
        Scalar::Missing | Scalar::Bool(_) | Scalar::Ratio(..) | Scalar::Set(_) => None,
    }
}
