//! The plan file: every decision of a run, written so that it can be read, approved and applied later, by this version
//! or any after it.
//!
//! Gzip of JSON lines: the [`Header`], then one [`Line`] a decision by customer and rule, then one a spell that ends.
//! `docs/plan-format.md` is the reference. The same inputs give the same bytes.
//!
//! **Cost.** Both ways stream; memory does not grow with the plan. Writing is bounded by compression, some hundred
//! thousand decisions a second.
//!
//! **Compatibility.** [`VERSION`] grows when an older reader would misunderstand a file; a reader refuses versions after
//! its own and reads all before. Fields may be added without that: readers skip those that they do not know.

mod lines;
mod outline;
mod read;
mod write;

pub use lines::Planned;
pub(crate) use lines::{Detail, hash_of_project};
pub use outline::{ActionKind, ActionOutline, FactColumn, OfferOutline, Offered, RuleOutline};
pub use read::{PlanReader, read};
pub use write::write;

use crate::facts::Facts;
use chrono::DateTime;
use indexmap::IndexMap;
use rulec_plan::time::{Instant, Zone};
use rulec_plan::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What the first line calls the format.
pub const FORMAT: &str = "rulec-plan";

/// The version that is written.
pub const VERSION: u32 = 1;

/// The first line: what was decided on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// SHA-256, lower-case hex, of the uncompressed content with this field empty. Empty as long as it is not written.
    pub id: String,
    /// The program and its version.
    pub created_by: String,
    /// The project's name.
    pub project: String,
    /// The instant of the run, RFC 3339 in the project's zone.
    pub as_of: String,
    /// The project's zone.
    pub zone: String,
    /// The project's currency, ISO 4217.
    pub currency: String,
    /// SHA-256 of the rule texts.
    pub rules_hash: String,
    /// SHA-256 of the checked project file.
    pub project_hash: String,
    /// What identifies the state of the customer database.
    pub data_hash: String,
    /// The state on which it was decided: [`crate::state::StateView::hash`].
    pub state_hash: String,
    /// How many customers there are.
    pub population: u64,
    /// The rules by name, in the order of the files.
    pub rules: IndexMap<String, RuleOutline>,
}

impl Header {
    /// The instant of the run, and the zone that says on which day it falls. `None` when the header was changed by hand.
    pub(crate) fn moment(&self) -> Option<(Instant, Zone)> {
        let as_of = DateTime::parse_from_rfc3339(&self.as_of).ok()?;
        Some((Instant(as_of.timestamp_micros()), Zone::parse(&self.zone)?))
    }
}

/// Any line after the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line<'a> {
    /// A decision.
    Decision(PlannedDecision<'a>),
    /// A spell that ends.
    Ended(EndedSpell<'a>),
}

/// How one customer and one rule that matched ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDecision<'a> {
    /// The customer's key as text.
    pub customer: Cow<'a, str>,
    /// The rule's name.
    pub rule: Cow<'a, str>,
    /// How it ended.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<Cow<'a, str>>,
    /// What is done, and what of it is lost: each action of the rule when the verdict is `send`, else only actions that
    /// are lost on their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<PlannedAction<'a>>,
    /// The facts that the rule's condition names, personal ones too.
    pub facts: Facts<'a>,
}

/// One action of a decision; [`RuleOutline::actions`] says what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedAction<'a> {
    /// Index into the rule's actions.
    pub step: u32,
    /// How it ended.
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
}

/// A customer who was seen outside the condition of a rule that had fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSpell<'a> {
    /// The customer's key as text.
    pub customer: Cow<'a, str>,
    /// The rule's name.
    pub rule: Cow<'a, str>,
}

#[cfg(test)]
mod tests;
