//! The lines of a plan file after the first.

use crate::facts::Facts;
use rulec_plan::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Any line after the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line<'a> {
    /// A decision.
    Decision(PlannedDecision<'a>),
    /// A spell that ends.
    Ended(EndedSpell<'a>),
    /// A chain of follow-ups that begins, goes on, or ends.
    Chain(ChainLine<'a>),
    /// A customer who enters or leaves a recorded segment.
    Member(MemberLine<'a>),
}

/// How one customer and one rule that matched ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDecision<'a> {
    /// The customer's key as text.
    pub customer: Cow<'a, str>,
    /// The rule's name.
    pub rule: Cow<'a, str>,
    /// 0: the rule itself; n: its n-th follow-up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub step: u32,
    /// The label of the arm of the rule's split that the customer was drawn into; absent without a split, and where it was
    /// not drawn any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<Cow<'a, str>>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why; for `hold` the instant, RFC 3339 in the project's zone.
    pub reason: Option<Cow<'a, str>>,
    /// What is done, and what of it is lost: each action of the step (and of the arm) when the verdict is `send` or `hold`,
    /// else only actions that are lost on their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<PlannedAction<'a>>,
    /// The facts that the rule's condition names, personal ones too.
    pub facts: Facts<'a>,
}

/// One action of a decision; [`super::RuleOutline::actions_of`] says what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedAction<'a> {
    /// Index into the actions of the rule or of its follow-up.
    pub step: u32,
    /// How it ended: `send`, `hold` (done later), or how it was lost.
    pub verdict: Verdict,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// The customer's address on the channel; messages only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Cow<'a, str>>,
    /// What the message says; messages only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Cow<'a, str>>,
    /// When it is due, RFC 3339 in the project's zone; absent when it is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Cow<'a, str>>,
    /// The last day on which its offers hold, where it is another than the outline says: it is sent on a later day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_ends: Option<Cow<'a, str>>,
    /// The code of its coupon: taken from the pool of the action when the plan is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'a, str>>,
    /// For how many messages the operator bills it.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub parts: u32,
    /// What it counts against a budget, in millionths of the currency's unit: the message, and the most that its coupons
    /// can cost.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cost_micros: i64,
}

impl PlannedAction<'_> {
    /// Whether it is done, now or later.
    pub fn is_done(&self) -> bool {
        matches!(self.verdict, Verdict::Send | Verdict::Hold)
    }
}

/// A customer who was seen outside the condition of a rule that had fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSpell<'a> {
    /// The customer's key as text.
    pub customer: Cow<'a, str>,
    /// The rule's name.
    pub rule: Cow<'a, str>,
}

/// What becomes of the chain of follow-ups of a customer and a rule. There is one at the most: where one begins while
/// another still waits, it takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLine<'a> {
    /// The customer's key as text.
    pub customer: Cow<'a, str>,
    /// The rule's name.
    pub rule: Cow<'a, str>,
    /// The step that this run decided; 0: the chain begins.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub step: u32,
    /// When it begins, RFC 3339 in the project's zone: the instant of the run; absent for a chain that goes on or ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Cow<'a, str>>,
    /// The follow-up that comes next, from 1; absent: the chain ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// When that is due, RFC 3339 in the project's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Cow<'a, str>>,
    /// When the latest message of this run's step goes out, RFC 3339 in the project's zone; absent if it sends none: then
    /// outcomes are still those of the messages before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched_at: Option<Cow<'a, str>>,
    /// The messages of that step which go out: indices into its actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<u32>,
}

/// A customer who was not a member of a segment when it was recorded last and is now, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberLine<'a> {
    /// The segment.
    pub segment: Cow<'a, str>,
    /// The customer's key as text.
    pub customer: Cow<'a, str>,
    /// Whether the customer is a member now.
    pub entered: bool,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_one(parts: &u32) -> bool {
    *parts == 1
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}
