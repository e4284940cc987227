//! What a channel gets: one JSON line.

use crate::planfile::{ActionKind, OfferOutline, PlannedAction, PlannedDecision};
use serde::Serialize;

/// What a channel gets of a message.
#[derive(Serialize)]
struct Message<'a> {
    key: &'a str,
    channel: &'a str,
    to: &'a str,
    message: &'a str,
    offers: &'a [OfferOutline],
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    ttl: Option<&'a str>,
    offer_ends: Option<&'a str>,
    send_at: Option<&'a str>,
    customer: &'a str,
    rule: &'a str,
    plan: &'a str,
}

/// What is written of anything else that a rule does.
#[derive(Serialize)]
struct Deed<'a> {
    key: &'a str,
    #[serde(flatten)]
    action: &'a ActionKind,
    send_at: Option<&'a str>,
    customer: &'a str,
    rule: &'a str,
    plan: &'a str,
}

/// Puts the line of an action of this plan in place of what was there. `None`: the plan does not say what is needed.
pub(super) fn write<'b>(
    line: &'b mut Vec<u8>,
    key: &str,
    plan: &str,
    decision: &PlannedDecision<'_>,
    action: &PlannedAction<'_>,
    kind: &ActionKind,
) -> Option<&'b str> {
    let (customer, rule) = (&*decision.customer, &*decision.rule);
    let send_at = action.send_at.as_deref();
    line.clear();
    let written = if let ActionKind::Send { channel, offers, ttl, .. } = kind {
        let message = Message {
            key,
            channel,
            to: action.to.as_deref()?,
            message: action.message.as_deref()?,
            offers,
            code: action.code.as_deref(),
            ttl: ttl.as_deref(),
            offer_ends: offer_ends(action, kind),
            send_at,
            customer,
            rule,
            plan,
        };
        serde_json::to_writer(&mut *line, &message)
    } else {
        serde_json::to_writer(&mut *line, &Deed { key, action: kind, send_at, customer, rule, plan })
    };
    written.ok()?;
    std::str::from_utf8(line).ok()
}

/// The last day on which the offers of a message hold.
pub(super) fn offer_ends<'a>(action: &'a PlannedAction<'_>, kind: &'a ActionKind) -> Option<&'a str> {
    let ActionKind::Send { offer_ends, .. } = kind else { return None };
    action.offer_ends.as_deref().or(offer_ends.as_deref())
}
