//! What deciding needs to know of the state.

use rulec_plan::time::Instant;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// That a rule fired for a customer, the last time that it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// The customer, counted from 0 in the order of the keys of the run.
    pub customer: u32,
    /// The instant of the run in which it fired.
    pub fired_at: Instant,
    /// Whether the customer has not been seen outside the condition since.
    pub open: bool,
}

/// The state as one run sees it: 16 bytes for each customer × rule that ever fired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateView {
    hash: String,
    spells: BTreeMap<String, Vec<Spell>>,
}

impl StateView {
    /// The state before the first run.
    pub fn empty() -> StateView {
        StateView::new(hash_of_runs(std::iter::empty::<&str>()), BTreeMap::new())
    }

    /// A state of this hash with these spells by rule.
    pub(crate) fn new(hash: String, mut spells: BTreeMap<String, Vec<Spell>>) -> StateView {
        for list in spells.values_mut() {
            list.sort_by_key(|spell| spell.customer);
        }
        StateView { hash, spells }
    }

    /// SHA-256, lower-case hex, of what was applied so far. A plan can be applied only to the state on which it was
    /// decided.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The spells of a rule, by customer, none twice.
    pub fn spells(&self, rule: &str) -> &[Spell] {
        self.spells.get(rule).map_or(&[], Vec::as_slice)
    }
}

/// The hash of a state to which these plans were applied, in this order: only applying changes what deciding sees.
pub(crate) fn hash_of_runs(plans: impl IntoIterator<Item: AsRef<str>>) -> String {
    let mut hasher = Sha256::new();
    for plan in plans {
        hasher.update(plan.as_ref());
        hasher.update("\n");
    }
    crate::hash::hex(&hasher.finalize())
}
