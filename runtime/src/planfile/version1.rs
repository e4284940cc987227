//! What a plan file of version 1 does not say and later ones do: it follows from what it says, since there were no parts, no
//! later messages and no control groups.

use super::{ActionKind, Header, Line, OfferOutline};
use rulec_plan::verdict::Verdict;

/// Completes the first line.
pub(super) fn complete_header(header: &mut Header) {
    for rule in header.rules.values_mut() {
        rule.reached = rule.funnel.get(Verdict::Send.word()).copied().unwrap_or_default();
    }
}

/// Completes another line.
pub(super) fn complete_line(header: &Header, line: &mut Line<'_>) {
    let Line::Decision(decision) = line else { return };
    let Some(rule) = header.rules.get(&*decision.rule) else { return };
    for action in decision.actions.iter_mut().filter(|action| action.is_done()) {
        if let Some(outline) = rule.actions.get(action.step as usize) {
            action.cost_micros = cost_micros(&outline.kind);
        }
    }
}

/// What a message costs in one part, with the most that its coupons can cost.
fn cost_micros(kind: &ActionKind) -> i64 {
    let ActionKind::Send { price_micros, offers, .. } = kind else { return 0 };
    let coupons: i64 = offers.iter().map(OfferOutline::at_most_micros).fold(0, i64::saturating_add);
    price_micros.saturating_add(coupons)
}
