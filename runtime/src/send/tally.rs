//! What a session of sending did.

use super::gate::Withheld;
use std::collections::BTreeMap;

/// What a session of sending did through one channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Messages that the provider took.
    pub sent: u64,
    /// Messages that it refused, or that were tried too often: dead letters.
    pub dead: u64,
    /// Messages of which nobody knows whether they were taken.
    pub doubt: u64,
    /// Tries that failed and are made again.
    pub again: u64,
    /// Messages that wait for the end of quiet hours now.
    pub postponed: u64,
    /// Messages that will never go out, by reason.
    pub withheld: BTreeMap<Withheld, u64>,
}

impl Tally {
    /// How many messages are done with.
    pub fn done(&self) -> u64 {
        self.sent + self.dead + self.doubt + self.withheld.values().sum::<u64>()
    }
}
