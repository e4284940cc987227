//! What channels need of the world around them.

use rulec_plan::time::Clock;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What channels need of the world around them.
#[derive(Clone)]
pub struct Outside {
    /// The project's folder, from which the paths of its settings start.
    pub folder: PathBuf,
    /// Where files go that have no path of their own.
    pub outbox: PathBuf,
    /// The value of an environment variable, if it is set and is text.
    pub env: fn(&str) -> Option<String>,
    /// Tells the time that requests are signed with.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside")
            .field("folder", &self.folder)
            .field("outbox", &self.outbox)
            .finish_non_exhaustive()
    }
}
