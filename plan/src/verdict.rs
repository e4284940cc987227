//! How each customer and rule ends.

use serde::{Deserialize, Serialize};

/// The closed list of ends. Every customer × rule has exactly one, so per rule they add up to the population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Goes out.
    #[serde(rename = "send")]
    Send,
    /// Goes out later.
    #[serde(rename = "hold")]
    Hold,
    /// Left alone on purpose, as the yardstick.
    #[serde(rename = "control")]
    Control,
    /// Another rule of the campaign came first.
    #[serde(rename = "outranked")]
    Outranked,
    /// Fired before, and not due again.
    #[serde(rename = "already touched")]
    AlreadyTouched,
    /// By a `suppress`.
    #[serde(rename = "suppressed")]
    Suppressed,
    /// The customer has not agreed to the channel.
    #[serde(rename = "no consent")]
    NoConsent,
    /// There is nowhere to send it.
    #[serde(rename = "no address")]
    NoAddress,
    /// By a `limit`.
    #[serde(rename = "capped")]
    Capped,
    /// More customers than the quota.
    #[serde(rename = "over quota")]
    OverQuota,
    /// More cost than the budget.
    #[serde(rename = "over budget")]
    OverBudget,
    /// No code left in the pool.
    #[serde(rename = "pool empty")]
    PoolEmpty,
    /// Unknown whether the rule takes the customer, or what the message is to say.
    #[serde(rename = "data missing")]
    DataMissing,
    /// The rule does not take the customer.
    #[serde(rename = "not matched")]
    NotMatched,
}

impl Verdict {
    /// All, in the order in which a funnel shows them.
    pub const ALL: [Verdict; 14] = [
        Verdict::NotMatched,
        Verdict::DataMissing,
        Verdict::Outranked,
        Verdict::AlreadyTouched,
        Verdict::Suppressed,
        Verdict::NoConsent,
        Verdict::NoAddress,
        Verdict::Capped,
        Verdict::Control,
        Verdict::OverQuota,
        Verdict::OverBudget,
        Verdict::PoolEmpty,
        Verdict::Hold,
        Verdict::Send,
    ];

    /// The word for it; `outranked`, `capped` and `hold` are followed by the rule, the limit or the time.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Send => "send",
            Verdict::Hold => "hold",
            Verdict::Control => "control",
            Verdict::Outranked => "outranked",
            Verdict::AlreadyTouched => "already touched",
            Verdict::Suppressed => "suppressed",
            Verdict::NoConsent => "no consent",
            Verdict::NoAddress => "no address",
            Verdict::Capped => "capped",
            Verdict::OverQuota => "over quota",
            Verdict::OverBudget => "over budget",
            Verdict::PoolEmpty => "pool empty",
            Verdict::DataMissing => "data missing",
            Verdict::NotMatched => "not matched",
        }
    }
}
