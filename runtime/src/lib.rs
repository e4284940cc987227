//! Turns what an engine answered into decisions, records them, and sends what they say.
//!
//! | step | what | file |
//! | --- | --- | --- |
//! | ask | which conditions and values a plan needs of an engine | [`Needs`] |
//! | draw | who belongs to which holdout and arm, and who comes first where there is not enough for all | [`Draw`] |
//! | decide | one verdict for each customer × rule; pure | [`decide()`] |
//! | guard | what no plan may do: to how many customers, and what a `forbid` forbids | [`guards()`], [`forbidden()`] |
//! | plan file | the decisions, written so that they can be read, approved and applied later | [`planfile`] |
//! | show | one JSON line a decision, and the summary for a person | [`jsonl`], [`Summary`] |
//! | name | which customer a key means that somebody writes | [`customers`] |
//! | explain | why one customer gets what she gets | [`why`] |
//! | forecast | what the runs of the coming days would do | [`forecast`] |
//! | approve | that people have looked at a plan and want it sent | [`approval`] |
//! | apply | records the decisions of a plan file, once | [`apply()`] |
//! | send | hands over what is due, each message once | [`send`] |
//! | remember | spells, messages, coupons, outcomes, outbox and audit | [`state`] |
//! | hear | what came of messages: opened, clicked, … | [`outcomes`] |
//! | heed | who does not want to be written to | [`optouts`] |
//! | look for | where a customer stands in files beside the state | [`traces`] |
//! | codes | the files of coupon pools | [`Pools`] |
//!
//! Nothing here reads the time of day: instants come in as arguments, or from the clock that sending is given. Customers are
//! read by the engine; sending only watches whether somebody has written to their database ([`send::standing`]).

mod apply;
pub mod approval;
pub mod audit;
pub mod customers;
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
mod lists;
mod needs;
pub mod optouts;
pub mod outcomes;
pub mod planfile;
mod pools;
mod render;
pub mod send;
pub mod state;
mod summary;
pub mod traces;
pub mod why;

pub use apply::{Applied, ApplyOptions, ApplyProgress, ShowProgress, apply};
pub use decide::{
    Chain, Decision, Decisions, Ended, Funnel, LostAction, Member, Reason, Step, Waiting, decide, rests,
};
pub use diagnostics::{Findings, Result};
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
#[cfg(test)]
mod unwilling;
