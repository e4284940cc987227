//! What deciding needs to know of the state.

use super::changes::StateHash;
use crate::pools::Pools;
use indexmap::IndexSet;
use rulec_plan::time::Instant;
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

/// A marketing message that went out, or that waits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// As in [`Spell::customer`].
    pub customer: u32,
    /// When it was, or will be, sent.
    pub at: Instant,
    /// Its channel: index into [`StateView::names`].
    pub channel: u32,
    /// Its campaign: index into [`StateView::names`]; the empty name is that of all rules outside campaigns.
    pub campaign: u32,
}

/// A message of a rule, the same from run to run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionKey {
    /// The rule's name.
    pub rule: String,
    /// 0: of the rule itself; n: of its n-th follow-up.
    pub step: u32,
    /// Index into the actions of that step.
    pub action: u32,
}

/// The state as one run sees it: 16 bytes for each customer × rule that ever fired, 24 for each message that a limit may
/// still count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StateView {
    /// SHA-256, lower-case hex, of what was applied and recorded so far. A plan can be applied only to the state on which it
    /// was decided.
    pub hash: String,
    /// The spells of each rule, by customer, none twice.
    pub spells: BTreeMap<String, Vec<Spell>>,
    /// Names of channels and campaigns.
    pub names: Vec<String>,
    /// The messages that limits of the plan may count, by customer, then time.
    pub touches: Vec<Touch>,
    /// What each campaign with a budget has spent in its period, in millionths of the currency's unit: messages, and the
    /// most that their coupons can cost.
    pub spent: BTreeMap<String, i64>,
    /// How often each message with a quota was sent, or waits to be.
    pub sent: BTreeMap<ActionKey, u64>,
    /// The codes of each pool that nobody has yet, in the order of its file.
    pub codes: BTreeMap<String, Vec<Box<str>>>,
    /// Who has opted out of marketing, by channel, `None` of any: customers as in [`Spell::customer`], ascending. Those of
    /// now, whatever the instant of the run.
    pub opted_out: BTreeMap<Option<String>, Vec<u32>>,
    /// The customers who wanted to be forgotten, ascending.
    pub forgotten: Vec<u32>,
    /// How many customers fulfilled the condition of each rule in the run that was applied last; absent before
    /// the first run.
    pub matched: Option<BTreeMap<String, u64>>,
}

impl StateView {
    /// The state before the first run, of a plan without pools.
    pub fn empty() -> StateView {
        StateView { hash: StateHash::default().hex(), ..StateView::default() }
    }

    /// The state before the first run.
    pub fn before_first_run(pools: Pools) -> StateView {
        StateView { codes: pools.codes, ..StateView::empty() }
    }

    /// Who has opted out of marketing by this channel, and who of any.
    pub(crate) fn opted_out_of(&self, channel: &str) -> impl Iterator<Item = &Vec<u32>> {
        [self.opted_out.get(&Some(channel.to_owned())), self.opted_out.get(&None)].into_iter().flatten()
    }

    /// The spells of a rule, by customer, none twice.
    pub fn spells(&self, rule: &str) -> &[Spell] {
        self.spells.get(rule).map_or(&[], Vec::as_slice)
    }
}

/// The index of a name, which is added if it is not there.
pub(super) fn index_of(names: &mut IndexSet<String>, name: String) -> u32 {
    u32::try_from(names.insert_full(name).0).unwrap_or(u32::MAX)
}
