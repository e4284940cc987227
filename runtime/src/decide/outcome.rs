//! How a rule ended, for all its customers at once: sets of customers instead of one record a customer.

use super::customers::Customers;
use super::{LostAction, Reason};
use rulec_plan::time::Day;
use rulec_plan::verdict::Verdict;

/// How a rule ended for the customers that it matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Rules of one number compete.
    pub(super) campaign: u32,
    /// The customers for whom it does something.
    pub(super) sent: Customers,
    /// All other customers that it matched, each in one of these.
    pub(super) losses: Vec<Loss>,
    /// What is lost of a rule with several actions, by action; a customer is once with an action at most.
    pub(super) lost_actions: Vec<ActionLoss>,
    /// For how many customers each action is done.
    pub(super) done: Vec<u64>,
}

/// Customers whom a rule lost in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) customers: Customers,
    pub(super) verdict: Verdict,
    pub(super) why: Why,
}

/// Why customers were lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// All of them for this reason.
    Same(Reason),
    /// Each because another rule of the campaign won; which one is seen from the sets of that campaign.
    Winner,
    /// Each since a day of its own, in the order of the customers.
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

impl From<ActionLoss> for Loss {
    /// The loss of a rule that has no other action.
    fn from(lost: ActionLoss) -> Self {
        Self { customers: lost.customers, verdict: lost.verdict, why: Why::Same(lost.reason) }
    }
}

impl Outcome {
    /// The actions that this rule lost for this customer on their own, in their order.
    pub(super) fn lost_actions(&self, customer: u32, rule: u32) -> Vec<LostAction> {
        let lost = self.lost_actions.iter().filter(|loss| loss.customers.contains(customer as usize));
        lost.map(|loss| LostAction {
            customer,
            rule,
            action: loss.action,
            verdict: loss.verdict,
            reason: loss.reason,
        })
        .collect()
    }
}
