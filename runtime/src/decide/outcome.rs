//! How a step of a rule ended, for all its customers at once: sets of customers instead of one record a customer.

use super::Reason;
use super::customers::Customers;
use super::parts::Parts;
use super::pool::Codes;
use rulec_plan::time::{Day, Instant};
use rulec_plan::verdict::Verdict;

/// How a step of a rule ended for those who came to it: of a rule itself the customers that it matched, of a follow-up
/// those for whom it was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Index into the rules of the plan.
    pub(super) rule: u32,
    /// 0: the rule itself; n: its n-th follow-up.
    pub(super) step: u32,
    /// The rules themselves compete with those of the same number; follow-ups with none.
    pub(super) rivals: Option<u32>,
    /// The customers for whom it does something, now or later.
    pub(super) sent: Customers,
    /// All customers who came, each in one of these.
    pub(super) ends: Vec<End>,
    /// What is lost of a step with several actions, by action; a customer is once with an action at most.
    pub(super) lost_actions: Vec<ActionLoss>,
    /// Its actions.
    pub(super) actions: Vec<ActionOutcome>,
    /// Of a rule with a split, whom its arms drew of those that it won, in their order.
    pub(super) arms: Vec<Customers>,
}

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActionOutcome {
    /// For whom it is done.
    pub(super) done: Customers,
    /// When, by zone of the customer.
    pub(super) send_at: Vec<Instant>,
    /// As how many messages it is billed; 0 for what is no message.
    pub(super) parts: Parts,
    /// What one part costs, in millionths of the currency's unit.
    pub(super) price_micros: i64,
    /// The most that the coupons which come with it can cost, in the same.
    pub(super) coupon_micros: i64,
    /// Whose code is which.
    pub(super) codes: Option<Codes>,
}

/// Customers for whom a step ended in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) customers: Customers,
    pub(super) verdict: Verdict,
    pub(super) why: Why,
}

/// Why it ended so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// For all of them for this reason.
    Same(Reason),
    /// For each because another rule of the campaign won; which one is seen from the sets of that campaign.
    Winner,
    /// For each since a day of its own, in the order of the customers.
    Since(Vec<Day>),
}

/// Customers for whom an action was lost in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActionLoss {
    pub(super) action: u32,
    pub(super) customers: Customers,
    pub(super) verdict: Verdict,
    pub(super) reason: Reason,
}
