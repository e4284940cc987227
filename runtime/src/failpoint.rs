//! Points at which a test lets a run fail: see [`rulec_channels::failpoint`].

use crate::diagnostics::{self, Result};
pub(crate) use rulec_channels::failpoint::jumped;

/// Every point of recording and sending, in the order in which a run reaches them.
#[cfg(test)]
pub(crate) const ALL: [&str; 9] = [
    "run-recorded",
    "decision-recorded",
    "before-commit",
    "committed",
    "settling",
    "settled",
    "marking",
    "marked",
    "finishing",
];

/// A run has come to this point.
pub(crate) fn reach(name: &str) -> Result<()> {
    rulec_channels::failpoint::reach(name).map_err(|error| diagnostics::interrupted(&error))
}
