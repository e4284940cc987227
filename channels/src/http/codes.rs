//! What a provider's own codes mean for a message.

use crate::{Delivery, Reason, Trouble};
use std::time::Duration;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Not taken; others may be now, this one after so many seconds (0: nobody knows).
    Message(u64),
    /// Not taken, as nothing is now.
    Provider,
    /// Not taken, as nothing is until a person acts.
    Settings,
    /// Not taken, now or later.
    Refused,
    /// Perhaps taken.
    Unknown,
}

/// What the longest beginning of a code in the table means. A code that the table does not have is a refusal, as the
/// provider said that it did not take the message, and not that it may later; but not where its server failed.
pub(crate) fn meaning(table: &[(&str, Meaning)], code: &str, status: u16) -> Meaning {
    let usual = if status < 500 { Meaning::Refused } else { Meaning::Unknown };
    let known = table.iter().filter(|(start, _)| code.starts_with(start));
    known.max_by_key(|(start, _)| start.len()).map_or(usual, |(_, meaning)| *meaning)
}

impl Meaning {
    /// For this reason; `after`: what the answer itself says of how long to wait.
    pub(crate) fn delivery(self, reason: Reason, after: Option<Duration>) -> Delivery {
        let later = |after, trouble| Delivery::Later { reason: reason.clone(), after, trouble, maybe: false };
        match self {
            Meaning::Message(seconds) => {
                let usual = (seconds > 0).then(|| Duration::from_secs(seconds));
                later(after.or(usual), Trouble::Message)
            }
            Meaning::Provider => later(after, Trouble::Provider),
            Meaning::Settings => later(after, Trouble::Settings),
            Meaning::Refused => Delivery::Refused(reason),
            Meaning::Unknown => Delivery::Unknown(reason),
        }
    }
}
