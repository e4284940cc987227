//! What stands around rules: campaigns with their time, yardstick and money, caps on contact, codes, and who belongs to a
//! segment.

use crate::audience::NodeId;
use crate::time::{CalendarUnit, Day, Duration, Instant};
use serde::Serialize;

/// `campaign NAME { … }`. Rules outside campaigns form one of their own, without any of this.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Campaign {
    /// Its name; unique within the project.
    pub name: String,
    /// Its doc comment.
    pub doc: Option<String>,
    /// The file in which it stands, from the project's folder, with `/`.
    pub file: String,
    /// The line on which it starts, from 1.
    pub line: u32,
    /// `active`: the first day.
    pub first_day: Option<Day>,
    /// `active`: the first day on which it is over.
    pub over_on: Option<Day>,
    /// Whether its rules are asked in this run.
    pub standing: Standing,
    /// `holdout`: the share of customers who are never touched.
    pub holdout: Option<Share>,
    /// `convert`: what counts as success.
    pub conversion: Option<Conversion>,
    /// `budget`.
    pub budget: Option<Budget>,
}

/// Whether a campaign runs at the instant of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Standing {
    /// It does; nothing of it goes out before this instant: the schedule's time of day, or the run itself.
    Runs {
        /// From when on.
        from: Instant,
    },
    /// Its first day has not come.
    NotBegun,
    /// Its last day has passed: chains that wait end too.
    Over,
    /// This is not a day of its schedule; chains that wait go on.
    OffDay,
}

impl Standing {
    /// Whether its rules are asked in this run.
    pub fn runs(self) -> bool {
        matches!(self, Standing::Runs { .. })
    }
}

/// What counts as success of a campaign: an event within a time after the touch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversion {
    /// The event table, as the project file names it.
    pub event: String,
    /// How long after the touch.
    pub within: Duration,
}

/// How much a campaign may cost: messages, and the most that their coupons can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// In cents.
    pub cents: i64,
    /// In which time; `None`: in all.
    pub per: Option<Period>,
}

/// The time that a limit or a budget counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Period {
    /// Back from the moment of sending.
    Rolling(Duration),
    /// The day, week, … of the project's zone in which the moment of sending lies.
    Calendar(CalendarUnit),
}

/// A part of one, exact: in units of 10^-11, so that a percentage with nine decimals fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Share(pub u64);

impl Share {
    /// All of it.
    pub const WHOLE: Share = Share(100_000_000_000);

    /// Whether a number drawn from 0 to 2^64 lies below this part of 2^64.
    pub fn takes(self, drawn: u64) -> bool {
        u128::from(drawn) * u128::from(Share::WHOLE.0) < u128::from(self.0) << 64
    }
}

/// An experiment: who gets which of a rule's actions is drawn by the published function from its name and the key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Split {
    /// Its name; unique within the project.
    pub name: String,
    /// The arms, in the order written; their shares add up to one.
    pub arms: Vec<Arm>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Arm {
    /// Its label; its number from 1 where it has none.
    pub label: String,
    /// Its part of the customers.
    pub share: Share,
    /// Which of the rule's actions it does: from this one …
    pub first_action: u32,
    /// … so many, one after another; 0: `hold`, nothing is done and nobody touched.
    pub actions: u32,
}

/// `limit CHANNEL|any COUNT per PERIOD [for CONDITION]`: at most so many marketing messages a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// As written, without white space that does not matter: what a verdict `capped` names.
    pub name: String,
    /// Only messages of this campaign count and are capped.
    pub campaign: Option<String>,
    /// Only messages of this channel; `None`: of any.
    pub channel: Option<String>,
    /// How many, at least 1.
    pub count: u32,
    /// In which time.
    pub per: Period,
    /// For whom: a Bool node; `None`: everyone. Unknown counts as true: a cap is there to protect.
    pub segment: Option<NodeId>,
    /// How many messages the customer got by other means in that time, from a table `touches` of the project: an Int node.
    pub elsewhere: Option<NodeId>,
}

/// `pool NAME from "FILE"`: codes of which each customer gets another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The file with the codes, from the project's folder.
    pub file: String,
}

/// A segment whose members every applied run records, since a rule asks who `enters` or `leaves` it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Membership {
    /// The segment, or `TIER.CLASS`.
    pub segment: String,
    /// Whether the customer belongs to it now: a Bool node.
    pub now: NodeId,
    /// Whether the customer did when it was recorded last: a Bool node; missing for all as long as it never was.
    pub before: NodeId,
}
