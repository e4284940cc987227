//! No more messages a second than a channel allows.

use std::collections::VecDeque;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// When a channel may get its next messages. After each lies at least the time that the rate gives to it, and no second,
/// wherever it begins, sees more of them than the rate allows, also where one call hands over many. What was not used is
/// not made up for.
///
/// Times are those of a clock that does not jump.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pace {
    /// Messages a second; none: as fast as can be.
    rate: Option<f64>,
    next: Duration,
    /// Calls of the last second, with their messages.
    recent: VecDeque<(Duration, usize)>,
}

impl Pace {
    /// Of so many messages a second; the first not before this time.
    pub(crate) fn new(rate: Option<f64>, first: Duration) -> Pace {
        Pace { rate: rate.map(|rate| rate.max(1e-6)), next: first, recent: VecDeque::new() }
    }

    /// How many messages one call may hand over: at most what one second may see.
    pub(crate) fn burst(&self, batch: usize) -> usize {
        self.rate.map_or(batch, |rate| batch.min(in_a_second(rate)))
    }

    /// How many calls with so many messages each may begin from now until so long after.
    pub(crate) fn calls_until(&self, now: Duration, ahead: Duration, messages: usize) -> usize {
        let Some(rate) = self.rate else { return usize::MAX };
        let free = (now + ahead).checked_sub(self.next(now));
        free.map_or(0, |free| (free.as_secs_f64() * rate / messages as f64) as usize + 1)
    }

    /// When the next message may be handed over; never before now.
    pub(crate) fn next(&self, now: Duration) -> Duration {
        self.next.max(now)
    }

    /// Until when it must rest after so many more messages, so that whoever knows nothing of the last second may go on
    /// then; not at all without a rate.
    pub(crate) fn rests_until(mut self, now: Duration, messages: usize) -> Option<Duration> {
        let rate = self.rate?;
        for _ in 0..messages.div_ceil(in_a_second(rate)) {
            self.take(now, messages.min(in_a_second(rate)));
        }
        let (last, _) = self.recent.back()?;
        Some(self.next.max(*last + SECOND))
    }

    /// When a call with so many messages may begin; never before now.
    pub(crate) fn begins(&self, now: Duration, messages: usize) -> Duration {
        let mut begin = self.next(now);
        let Some(rate) = self.rate else { return begin };
        let mut seen: usize = self.recent.iter().map(|(_, messages)| messages).sum();
        for (at, of_call) in &self.recent {
            if *at + SECOND > begin && seen + messages <= in_a_second(rate) {
                break;
            }
            begin = begin.max(*at + SECOND);
            seen -= of_call;
        }
        begin
    }

    /// Takes the next place for a call with so many messages. Gives when the call may begin.
    pub(crate) fn take(&mut self, now: Duration, messages: usize) -> Duration {
        let begin = self.begins(now, messages);
        if let Some(rate) = self.rate {
            while self.recent.front().is_some_and(|(at, _)| *at + SECOND <= begin) {
                self.recent.pop_front();
            }
            self.recent.push_back((begin, messages));
            self.next = begin + Duration::from_secs_f64(messages as f64 / rate);
        }
        begin
    }
}

/// How many messages one second may see, at least one: cut off, not rounded, as 2.9 a second are 2.
fn in_a_second(rate: f64) -> usize {
    ((rate + 1e-9) as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_second_sees_more_than_the_rate(
            rate in 1_u32..200,
            calls in prop::collection::vec((0_u64..3_000, 1_usize..300), 1..60),
        ) {
            let mut pace = Pace::new(Some(f64::from(rate)), Duration::ZERO);
            let (mut now, mut begun) = (Duration::ZERO, Vec::new());
            for (idle, batch) in calls {
                now += Duration::from_millis(idle / 10);
                let messages = pace.burst(batch);
                let late = pace.begins(now, messages) + Duration::from_millis(idle % 7);
                begun.push((pace.take(late, messages), messages));
            }
            for (begin, _) in &begun {
                let second = *begin..*begin + SECOND;
                let seen: usize = begun.iter().filter(|(at, _)| second.contains(at)).map(|(_, n)| n).sum();
                prop_assert!(seen <= rate as usize, "{seen} in the second from {begin:?}");
            }
        }
    }

    #[test]
    fn slow_rates_send_one_by_one() {
        let mut pace = Pace::new(Some(0.5), Duration::from_secs(3));
        assert_eq!(pace.burst(100), 1);
        assert_eq!(pace.take(Duration::ZERO, 1), Duration::from_secs(3));
        assert_eq!(pace.take(Duration::ZERO, 1), Duration::from_secs(5));
        assert_eq!(pace.take(Duration::from_secs(60), 1), Duration::from_secs(60));
        let ahead = |now| pace.calls_until(Duration::from_secs(now), Duration::from_secs(4), 1);
        assert_eq!([ahead(57), ahead(58), ahead(60), ahead(62), ahead(90)], [0, 1, 2, 3, 3]);
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let mut pace = Pace::new(None, Duration::ZERO);
        assert_eq!(pace.burst(100), 100);
        assert_eq!(pace.take(Duration::from_secs(1), 100), Duration::from_secs(1));
        assert_eq!(pace.take(Duration::from_secs(1), 100), Duration::from_secs(1));
    }
}
