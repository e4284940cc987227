//! The first line of a plan file.

use super::RuleOutline;
use chrono::DateTime;
use indexmap::IndexMap;
use rulec_plan::time::{Instant, Zone};
use serde::{Deserialize, Serialize};

/// The first line: what was decided on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`](super::FORMAT).
    pub format: String,
    /// [`VERSION`](super::VERSION).
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
    /// The campaigns by name, in the order of the files; [`OUTSIDE`] last, if there are rules outside campaigns. Empty before
    /// version 2.
    #[serde(default)]
    pub campaigns: IndexMap<String, CampaignOutline>,
    /// The limits, in the order of the files.
    #[serde(default)]
    pub limits: Vec<LimitOutline>,
    /// The pools by name, in the order of the files.
    #[serde(default)]
    pub pools: IndexMap<String, PoolOutline>,
    /// The segments whose members applying the plan records, by name.
    #[serde(default)]
    pub segments: IndexMap<String, SegmentOutline>,
}

/// The name under which [`Header::campaigns`] has all rules outside campaigns.
pub const OUTSIDE: &str = "";

/// A campaign of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignOutline {
    /// Whether its rules were asked.
    pub standing: StandingOutline,
    /// Before this instant nothing of its rules goes out, RFC 3339 in the project's zone; absent unless it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_day: Option<String>,
    /// The first day on which it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_on: Option<String>,
    /// How many customers ended how under the rule that won them, by the word of the verdict: each customer once, so it adds
    /// up to the population. Follow-ups are counted with their rules only.
    pub funnel: IndexMap<String, u64>,
    /// How many customers any of its rules does something for now or later, those left alone as the yardstick among them.
    pub reached: u64,
    /// The share of customers who are never touched, such as `5%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<String>,
    /// How many customers were left alone for that.
    #[serde(default)]
    pub held_out: u64,
    /// What it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetOutline>,
}

/// Whether a campaign runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StandingOutline {
    /// It does.
    #[serde(rename = "runs")]
    Runs,
    /// Its first day has not come.
    #[serde(rename = "not begun")]
    NotBegun,
    /// It is over.
    #[serde(rename = "over")]
    Over,
    /// The day is none of its schedule.
    #[serde(rename = "off day")]
    OffDay,
}

/// A budget, in millionths of the currency's unit: messages, and the most that their coupons can cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetOutline {
    /// All of it.
    pub micros: i64,
    /// In which time, as the rule writes it: `30d`, `month`; absent: in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// What had been spent in that time before this plan.
    pub spent_micros: i64,
    /// What this plan spends.
    pub plan_micros: i64,
}

/// A limit of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitOutline {
    /// As the rule writes it; the reason of `capped`.
    pub name: String,
    /// Only messages of this campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// How many messages were not sent because of it.
    pub capped: u64,
}

/// A pool of codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolOutline {
    /// How many codes nobody had before this plan.
    pub free: u64,
    /// How many this plan takes.
    pub taken: u64,
}

/// A segment whose members are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOutline {
    /// Whether it was never recorded before: nobody is known to have entered it, and nobody to have left.
    pub first_time: bool,
    /// How many customers enter it.
    pub entered: u64,
    /// How many leave it.
    pub left: u64,
}

impl Header {
    /// The instant of the run, and the zone that says on which day it falls. `None` when the header was changed by hand.
    pub(crate) fn moment(&self) -> Option<(Instant, Zone)> {
        let as_of = DateTime::parse_from_rfc3339(&self.as_of).ok()?;
        Some((Instant(as_of.timestamp_micros()), Zone::parse(&self.zone)?))
    }
}
