//! Points at which a test lets a run die, to prove that nothing is lost or doubled.
//!
//! Built with the feature `failpoints`, `RULEC_FAIL="NAME:K"` ends the process without any cleaning up when the point
//! `NAME` is reached for the K-th time. In the unit tests of this crate the point gives an error instead. In any other
//! build a point is nothing.

use crate::diagnostics::Result;

/// Every point, in the order in which a run reaches them.
#[cfg(test)]
pub(crate) const ALL: [&str; 8] = [
    "run-recorded",
    "decision-recorded",
    "before-commit",
    "committed",
    "half-written",
    "written",
    "synced",
    "marked",
];

/// A run has come to this point.
#[cfg(not(any(test, feature = "failpoints")))]
#[allow(clippy::unnecessary_wraps, reason = "in builds for tests a point may fail")]
pub(crate) fn reach(_name: &str) -> Result<()> {
    Ok(())
}

/// A run has come to this point.
#[cfg(all(feature = "failpoints", not(test)))]
#[allow(clippy::unnecessary_wraps, reason = "in the unit tests a point may fail")]
pub(crate) fn reach(name: &str) -> Result<()> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static REACHED: AtomicU64 = AtomicU64::new(0);
    let wanted = std::env::var("RULEC_FAIL").unwrap_or_default();
    if let Some((point, count)) = wanted.split_once(':')
        && point == name
        && count == (REACHED.fetch_add(1, Ordering::Relaxed) + 1).to_string()
    {
        std::process::abort();
    }
    Ok(())
}

#[cfg(test)]
pub(crate) use simulated::{arm, disarm, reach};

#[cfg(test)]
mod simulated {
    use super::Result;
    use crate::diagnostics;
    use std::cell::RefCell;
    use std::path::Path;

    thread_local! {
        static ARMED: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
    }

    /// Lets the point fail when this thread reaches it for the `count`-th time from now; once.
    pub(crate) fn arm(point: &str, count: u32) {
        ARMED.set(Some((point.to_owned(), count)));
    }

    /// Lets no point fail any more.
    pub(crate) fn disarm() {
        ARMED.set(None);
    }

    pub(crate) fn reach(name: &str) -> Result<()> {
        ARMED.with_borrow_mut(|armed| {
            let Some((point, count)) = armed else { return Ok(()) };
            if point == name {
                *count -= 1;
                if *count == 0 {
                    *armed = None;
                    return Err(diagnostics::locked_state(Path::new(name)));
                }
            }
            Ok(())
        })
    }
}
