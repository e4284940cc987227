//! What sending needs of the world.

use super::standing::{Lookout, Standing};
use crate::diagnostics::Findings;
use rulec_channels::Channel;
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::{Clock, Instant};
use std::fmt;

/// What leads outside.
pub struct Outside<'a> {
    /// Those who deliver.
    pub outlets: &'a dyn Outlets,
    /// Who looks at the customers.
    pub lookout: &'a mut dyn Lookout,
    /// The time of day by which is sent.
    pub clock: &'a dyn Clock,
    /// The time of day by which records are dated: always the machine's.
    pub stamps: &'a dyn Clock,
}

impl fmt::Debug for Outside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}

impl Outside<'_> {
    /// How customers stand, when nothing is known of them yet.
    pub(crate) fn look_first(&mut self, now: Instant) -> Result<Standing, Findings> {
        loop {
            if let Some(standing) = self.lookout.look(now)? {
                return Ok(standing);
            }
        }
    }
}

/// Opens channels.
pub trait Outlets {
    /// The channel of this name of the project; `tags`, `tasks` or `points` for what else rules do.
    ///
    /// # Errors
    /// What is missing to send through it.
    fn open(&self, name: &str) -> Result<Box<dyn Channel>, Box<Diagnostic>>;
}
