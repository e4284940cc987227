//! Whether each message may and can reach its customer: suppressions, consent, address, and what the message says.
//!
//! A suppression holds back on *true* only, as a rule takes a customer on true only. A consent that is not known to be
//! given is not given.

use super::contender::number;
use super::{Contender, Context, Reason};
use fixedbitset::FixedBitSet;
use rulec_engine::Answers;
use rulec_plan::audience::Scalar;
use rulec_plan::rules::{Piece, Send};
use rulec_plan::verdict::Verdict;

/// Takes away the messages that a `suppress` holds back; the first one in the order of the files is the reason.
pub(super) fn suppress(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            for (place, suppression) in context.plan.suppressions.iter().enumerate() {
                if suppression.channel.as_ref().is_none_or(|channel| *channel == send.channel) {
                    let held_back = &context.answers.condition(suppression.condition).yes;
                    let customers = contender.to_do(action).intersection(held_back).collect();
                    let reason = Reason::Suppression(number(place));
                    lose_all(contender, action, customers, Verdict::Suppressed, reason);
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
                let agreed: &FixedBitSet = &context.answers.condition(consent).yes;
                let customers = contender.to_do(action).difference(agreed).collect();
                lose_all(contender, action, customers, Verdict::NoConsent, Reason::None);
            }
        }
    }
}

/// Takes away the messages that have nowhere to go.
pub(super) fn address(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            let without = |customer: &usize| address_of(send, context.answers, *customer).is_none();
            let customers = contender.to_do(action).ones().filter(without).collect();
            lose_all(contender, action, customers, Verdict::NoAddress, Reason::None);
        }
    }
}

/// Takes away the messages that lack a fact for which the template has no other words.
pub(super) fn message(context: &Context<'_>, contenders: &mut [Contender<'_>]) {
    for contender in contenders {
        for (action, send) in contender.sends() {
            for (place, piece) in send.message.iter().enumerate() {
                let Piece::Fact { node, or: None, .. } = piece else { continue };
                let without = |customer: &usize| context.answers.value(*node, *customer) == Scalar::Missing;
                let customers = contender.to_do(action).ones().filter(without).collect();
                let reason = Reason::Fact { action: number(action), piece: number(place) };
                lose_all(contender, action, customers, Verdict::DataMissing, reason);
            }
        }
    }
}

fn lose_all(
    contender: &mut Contender<'_>,
    action: usize,
    customers: Vec<usize>,
    verdict: Verdict,
    reason: Reason,
) {
    for customer in customers {
        contender.lose_action(action, customer, verdict, reason);
    }
}

/// Where this message goes for this customer; nowhere if the fact is missing or blank.
pub(crate) fn address_of(send: &Send, answers: &Answers, customer: usize) -> Option<String> {
    let Some(node) = send.address else {
        return answers.keys.get(customer).map(|key| key.to_string());
    };
    match answers.value(node, customer) {
        Scalar::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Scalar::Int(number) => Some(number.to_string()),
        Scalar::Missing | Scalar::Bool(_) | Scalar::Ratio(..) | Scalar::Set(_) => None,
    }
}
