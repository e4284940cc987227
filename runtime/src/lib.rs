//! Turns what an engine answered into decisions, records them, and sends what they say.
//!
//! | step | what | file |
//! | --- | --- | --- |
//! | ask | which conditions and values a plan needs of an engine | [`Needs`] |
//! | decide | one verdict for each customer × rule; pure | [`decide()`] |
//! | plan file | the decisions, written so that they can be read, approved and applied later | [`planfile`] |
//! | show | one JSON line a decision, and the summary for a person | [`jsonl`], [`Summary`] |
//! | apply | records the decisions and sends the messages of a plan file, once | [`apply()`] |
//! | remember | spells, messages, coupons, outcomes, outbox and audit | [`state`] |
//! | hear | what came of messages: opened, clicked, … | [`outcomes`] |
//! | codes | the files of coupon pools | [`Pools`] |
//!
//! Nothing here reads a clock: instants come in as arguments. Nothing here reads a customer database: that is the engine's.

mod apply;
pub mod approval;
mod channel;
mod consent;
mod decide;
mod diagnostics;
mod draw;
mod facts;
mod failpoint;
mod forbidden;
pub mod forecast;
mod guards;
mod hash;
pub mod jsonl;
mod needs;
pub mod outcomes;
pub mod planfile;
mod pools;
mod render;
pub mod state;
mod summary;
pub mod why;

pub use apply::{Applied, ApplyOptions, ApplyProgress, apply};
pub use consent::check_consents;
pub use decide::{
    Chain, Decision, Decisions, Ended, Funnel, LostAction, Member, Reason, Step, Waiting, decide, rests,
};
pub use diagnostics::Result;
pub use draw::Draw;
pub use facts::{Facts, PERSONAL, Value};
pub use forbidden::forbidden;
pub use guards::guards;
pub use needs::Needs;
pub use pools::Pools;
pub use render::masked;
pub use summary::{CampaignCost, CampaignSummary, FollowUpSummary, RuleSummary, Sample, Summary};

#[cfg(test)]
mod fixture;
