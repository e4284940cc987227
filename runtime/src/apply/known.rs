//! What is the same for every customer of an action: its numbers, and the most that its coupons can cost.

use super::record::{Trouble, kind};
use crate::planfile::{ActionKind, OfferOutline, PlannedAction, PlannedDecision, RuleOutline};
use crate::state::{ActionNumber, Actions, Deed, Rules};
use rustc_hash::FxHashMap;

/// An action of the plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) kind: &'a ActionKind,
    pub(super) number: ActionNumber,
    /// The most that its coupons can cost.
    pub(super) coupon_micros: i64,
}

/// The actions that were seen, each by rule, step and place; those of different arms are rarely the same.
pub(super) struct KnownActions<'a> {
    actions: Actions<'a>,
    known: FxHashMap<(usize, u32, u32), Vec<OfArm<'a>>>,
}

/// The arm, and what is known of the action there.
type OfArm<'a> = (Option<String>, Known<'a>);

impl<'a> KnownActions<'a> {
    pub(super) fn new(actions: Actions<'a>) -> KnownActions<'a> {
        KnownActions { actions, known: FxHashMap::default() }
    }

    /// An action of a decision about the rule at this place of the plan.
    pub(super) fn of(
        &mut self,
        rules: &mut Rules<'_>,
        (place, rule): (usize, &'a RuleOutline),
        decision: &PlannedDecision<'_>,
        action: &PlannedAction<'_>,
    ) -> Result<Known<'a>, Trouble> {
        let known = self.known.entry((place, decision.step, action.step)).or_default();
        if let Some((_, known)) = known.iter().find(|(arm, _)| arm.as_deref() == decision.arm.as_deref()) {
            return Ok(*known);
        }
        let kind = kind(rule, decision.step, action)?;
        let deed = deed(rules.number(&decision.rule)?, rule, decision, action.step, kind);
        let one = Known { kind, number: self.actions.number(&deed)?, coupon_micros: coupon_micros(kind) };
        known.push((decision.arm.as_deref().map(str::to_owned), one));
        Ok(one)
    }
}

fn deed<'a>(
    number: i64,
    rule: &'a RuleOutline,
    decision: &'a PlannedDecision<'_>,
    action: u32,
    kind: &'a ActionKind,
) -> Deed<'a> {
    let deed = Deed {
        rule: number,
        campaign: rule.campaign.as_deref().unwrap_or_default(),
        step: decision.step,
        action,
        arm: decision.arm.as_deref().unwrap_or_default(),
        kind: if kind.is_send() { "send" } else { kind.channel() },
        channel: kind.channel(),
        marketing: false,
        what: "",
        who: "",
        points: 0,
    };
    match kind {
        ActionKind::Send { transactional, .. } => Deed { marketing: !transactional, ..deed },
        ActionKind::Tag { tag } | ActionKind::Untag { tag } => Deed { channel: "tags", what: tag, ..deed },
        ActionKind::Task { who, what } => Deed { channel: "tasks", what, who, ..deed },
        ActionKind::Points { points } => Deed { channel: "points", points: *points, ..deed },
    }
}

fn coupon_micros(kind: &ActionKind) -> i64 {
    let ActionKind::Send { offers, .. } = kind else { return 0 };
    offers.iter().map(OfferOutline::at_most_micros).fold(0, i64::saturating_add)
}
