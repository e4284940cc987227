//! The time of day, read here only; how long something takes is `timings`.

use rulec_plan::time::{Clock, Instant};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The clock of the machine, or one that was told another time when the program started and goes on from there.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProgramClock {
    /// In microseconds.
    ahead: i64,
}

impl ProgramClock {
    /// The clock that shows this instant when the machine's shows `now`.
    pub fn showing(instant: Instant, now: Instant) -> ProgramClock {
        ProgramClock { ahead: instant.0.saturating_sub(now.0) }
    }
}

impl Clock for ProgramClock {
    fn now(&self) -> Instant {
        Instant(of_the_machine().0.saturating_add(self.ahead))
    }
}

fn of_the_machine() -> Instant {
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => Instant(micros(after)),
        Err(before) => Instant(-micros(before.duration())),
    }
}
