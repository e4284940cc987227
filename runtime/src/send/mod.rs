//! Sends what the outbox holds, each message once.
//!
//! | what | file |
//! | --- | --- |
//! | a session: take in results, mark, commit, hand over | `session.rs` |
//! | one channel: what is under way through it, how each message ended | `lane.rs` |
//! | whether a message may still go out | `gate.rs`, [`standing`] |
//! | no faster than the rate; again after a while; not while the provider is down | `pace.rs`, `backoff.rs`, `breaker.rs` |
//! | threads that hand over | `crew.rs` |
//! | what providers say, without whom they name | `said.rs` |
//! | what it needs of the world | `outside.rs`, `outlets.rs` |
//! | how far it is, and what was done | `report.rs`, [`tally`] |
//!
//! **Never twice, never lost.** A message is marked, and the mark is on the disk, before any byte of it leaves; how it
//! ended is recorded when that is known. A process that dies in between leaves marked messages. The next session finds
//! them: where the channel takes each key only once, they are handed over again; where it does not, a person decides,
//! for nobody can know whether the first try got through.
//!
//! **Cost.** A commit waits for the disk, so one commit takes in all results that have come meanwhile and marks all that
//! there is room for.

mod backoff;
mod breaker;
mod crew;
mod gate;
mod lane;
mod outlets;
mod outside;
mod pace;
mod report;
mod said;
mod session;
pub mod standing;
pub mod tally;

pub use gate::Withheld;
pub use lane::Halt;
pub use outlets::{DEEDS, ProjectOutlets};
pub use outside::{Outlets, Outside};
pub use report::{ChannelDoing, Doing, Down, SendOptions, Sent};
pub use standing::{Lookout, Lower, ShopLookout, Standing};
pub use tally::Tally;

pub(crate) use gate::is_within;
pub(crate) use session::Sending;

use crate::diagnostics::Findings;
use crate::state::{ApplyLock, LockOwner, Scope, State};
use rulec_plan::project::Project;
use session::Progress;
use std::path::Path;

/// Sends all that is due, of whatever plan. Gives nothing if nothing is: then customers are not even looked at.
///
/// # Errors
/// `R0101` to `R0106` for the state, those of opening a channel and of looking at the customers.
pub fn send_due(
    project: &Project,
    folder: &Path,
    options: SendOptions<'_>,
    mut outside: Outside<'_>,
    progress: Progress<'_>,
) -> Result<Option<Sent>, Findings> {
    let path = State::path_of(project, folder)?;
    if !path.exists() {
        return Ok(None);
    }
    let now = outside.clock.now();
    let mut state = State::open(&path)?;
    if !state.read(|connection| Scope::all().is_due(connection, lane::later(now, session::PATIENCE)))? {
        return Ok(None);
    }
    let _lock =
        ApplyLock::take(&path, &LockOwner::of_this_process("send", outside.stamps.now(), project.zone))?;
    let standing = outside.look_first(now)?;
    let mut sending =
        Sending { project, state: &mut state, outside: &mut outside, scope: Scope::all(), options };
    sending.send(standing, progress).map(Some)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod simulation;
