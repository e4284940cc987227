//! The plan file: every decision of a run, written so that it can be read, approved and applied later, by this version
//! or any after it.
//!
//! Gzip of JSON lines: the [`Header`], then [`Line`]s: one a decision by customer, rule and step; then what else changes
//! when the plan is applied: spells that end, chains, memberships. Whoever applies a plan needs no rules: all that is to be
//! recorded stands in it. `docs/plan-format.md` is the reference. The same inputs give the same bytes.
//!
//! **Cost.** Both ways stream; memory does not grow with the plan. Writing is bounded by compression, some hundred
//! thousand decisions a second.
//!
//! **Compatibility.** [`VERSION`] grows when an older reader would misunderstand a file; a reader refuses versions after
//! its own and reads all before. Fields may be added without that: readers skip those that they do not know.

mod header;
mod line;
mod outline;
mod planned;
mod read;
mod version1;
mod write;

pub use header::{
    BudgetOutline, CampaignOutline, Header, LimitOutline, OUTSIDE, PoolOutline, SegmentOutline,
    StandingOutline,
};
pub use line::{ChainLine, EndedSpell, Line, MemberLine, PlannedAction, PlannedDecision};
pub use outline::{
    ActionKind, ActionOutline, ArmOutline, FactColumn, FollowUpOutline, OfferOutline, Offered, RuleOutline,
    SplitOutline,
};
pub use planned::Planned;
pub(crate) use planned::{Detail, hash_of_project};
pub use read::{PlanReader, read};
pub use write::write;

/// What the first line calls the format.
pub const FORMAT: &str = "rulec-plan";

/// The version that is written.
pub const VERSION: u32 = 2;

#[cfg(test)]
mod tests;
