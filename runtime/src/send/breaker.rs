//! Leaves a provider alone that is down, and looks now and then whether it is back.

use super::backoff;
use super::session::PATIENCE;
use std::time::Duration;

/// So many failures of the provider in a row, and it counts as down.
const FAILURES: u32 = 5;

/// A circuit breaker: closed as long as the provider works; open once it is down, when only one call at a time tries
/// whether it is back, ever more rarely. (M. Nygard, «Release It!», 2007.)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Breaker {
    failures: u32,
    /// Since when it is down.
    since: Option<Duration>,
    /// Until when it is left alone.
    until: Duration,
}

impl Breaker {
    /// The provider took or refused something: it works.
    pub(crate) fn works(&mut self) {
        *self = Breaker::default();
    }

    /// The provider failed; it wishes to be left alone for so long. Without such a wish it is left alone for no longer than
    /// a session waits.
    pub(crate) fn fails(&mut self, now: Duration, wish: Option<Duration>, seed: &str) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.since.get_or_insert(now);
            let alone = backoff::wait(self.failures - FAILURES + 1, seed).min(PATIENCE);
            self.until = self.until.max(now + wish.unwrap_or_default().max(alone));
        } else if let Some(wish) = wish {
            self.until = self.until.max(now + wish);
        }
    }

    /// Whether the provider counts as down.
    pub(crate) fn is_open(&self) -> bool {
        self.since.is_some()
    }

    /// For how long it has been down.
    pub(crate) fn down_for(&self, now: Duration) -> Option<Duration> {
        self.since.map(|since| now.saturating_sub(since))
    }

    /// Until when it is to be left alone; not at all if that is over.
    pub(crate) fn alone_until(&self, now: Duration) -> Option<Duration> {
        (self.until > now).then_some(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_five_failures_in_a_row_and_closes_with_the_first_success() {
        let mut breaker = Breaker::default();
        let now = Duration::from_secs(100);
        for _ in 0..FAILURES - 1 {
            breaker.fails(now, None, "sms");
        }
        assert_eq!((breaker.is_open(), breaker.alone_until(now)), (false, None));
        breaker.fails(now, None, "sms");
        let until = breaker.alone_until(now).expect("it is left alone");
        assert!(breaker.is_open() && until > now);
        assert_eq!(breaker.down_for(until), Some(until - now));
        breaker.works();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn it_is_left_alone_for_as_long_as_it_wishes() {
        let mut breaker = Breaker::default();
        breaker.fails(Duration::ZERO, Some(Duration::from_secs(40)), "sms");
        assert_eq!(breaker.alone_until(Duration::ZERO), Some(Duration::from_secs(40)));
        assert_eq!(breaker.alone_until(Duration::from_secs(40)), None);
        assert!(!breaker.is_open());
    }
}
