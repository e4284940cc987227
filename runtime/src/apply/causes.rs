//! The causes of decisions. Of a million decisions only few differ in more than the customer and the facts, so all that
//! makes a cause is put together once, and found again by little.

use super::record::Trouble;
use crate::audit::chain::{self, Cause};
use crate::planfile::{PlannedDecision, RuleOutline};
use crate::state::{AuditedAction, CauseNumber, Trail};
use rustc_hash::FxHashMap;

/// The causes that were seen, by what tells them apart within one plan.
#[derive(Default)]
pub(super) struct DecisionCauses {
    known: FxHashMap<Box<[u8]>, CauseNumber>,
    bytes: Vec<u8>,
}

impl DecisionCauses {
    /// The cause of this decision about the rule at this place of the plan.
    pub(super) fn of(
        &mut self,
        trail: &mut Trail<'_>,
        (place, rule): (usize, &RuleOutline),
        decision: &PlannedDecision<'_>,
    ) -> Result<CauseNumber, Trouble> {
        self.describe(place, decision);
        if let Some(known) = self.known.get(&*self.bytes) {
            return Ok(*known);
        }
        let actions = actions(rule, decision).ok_or(Trouble::Damaged)?;
        let cause = trail.cause(&Cause {
            kind: "decision",
            rule: Some(&decision.rule),
            rule_hash: Some(&rule.hash),
            step: Some(decision.step.into()),
            arm: decision.arm.as_deref(),
            verdict: Some(decision.verdict.word()),
            reason: decision.reason.as_deref(),
            actions: Some(&actions),
        })?;
        self.known.insert(self.bytes.as_slice().into(), cause);
        Ok(cause)
    }

    /// Puts what tells decisions apart in place of what was described last.
    fn describe(&mut self, place: usize, decision: &PlannedDecision<'_>) {
        let bytes = &mut self.bytes;
        bytes.clear();
        bytes.extend_from_slice(&place.to_le_bytes());
        bytes.extend_from_slice(&decision.step.to_le_bytes());
        bytes.push(decision.verdict as u8);
        chain::text(bytes, decision.arm.as_deref());
        chain::text(bytes, decision.reason.as_deref());
        for action in &decision.actions {
            bytes.extend_from_slice(&action.step.to_le_bytes());
            bytes.push(action.verdict as u8);
            chain::text(bytes, action.reason.as_deref());
        }
    }
}

/// What a decision does, and what of it is lost, as JSON; `None` if its rule has no such actions.
pub(crate) fn actions(rule: &RuleOutline, decision: &PlannedDecision<'_>) -> Option<String> {
    let actions = decision.actions.iter().map(|action| {
        Some(AuditedAction {
            action: rule.actions_of(decision.step).get(action.step as usize)?.kind.to_string(),
            verdict: action.verdict,
            reason: action.reason.as_deref().map(str::to_owned),
        })
    });
    serde_json::to_string(&actions.collect::<Option<Vec<_>>>()?).ok()
}
