//! Windows of time.
//!
//! Days, weeks, months and years go by the days of the zone, with now's day as today; hours and minutes by the clock:
//!
//! | window | a time `t` of day `d` | a date `d` |
//! | --- | --- | --- |
//! | `in last 7d` | today − 7 ≤ d, t ≤ now | today − 7 ≤ d ≤ today |
//! | `in last 24h` | now − 24h ≤ t ≤ now | day of now − 24h ≤ d ≤ today |
//! | `in next 7d` | today ≤ d ≤ today + 7 | the same |
//! | `in next 24h` | now ≤ t ≤ now + 24h | today ≤ d ≤ day of now + 24h |
//! | `in 90d..180d ago` | today − 180 ≤ d < today − 90 | the same |
//! | `in 2h..5h ago` | now − 5h ≤ t < now − 2h | day of now − 5h ≤ d < day of now − 2h |
//! | `in ..5h ago`, `in ..90d ago` | as `in last` | as `in last` |
//! | `in LOW..HIGH` | LOW ≤ t < HIGH, by the day where the end is a date | by days |
//! | `in this month` | of the month of today, what is still to come of it too | the same |
//! | `since X` | t > X; d ≥ X where X is a date | not written |
//!
//! A yearly fact lies in a window if one of the window's days has its month and day; of a window without an end, there
//! always is one. 29 February falls on the 28th in years without it.

use super::value::{Value, all};
use super::{Reference, Scope, clock, festivals};
use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use rulec_compiler::typed::{Expr, Window, Yearly};
use rulec_plan::time::Duration;
use std::cmp::Ordering;

/// No month and day, not even of the lunar calendar, takes longer to come round.
const LONGEST_YEAR: u64 = 400;

impl Reference<'_> {
    pub(super) fn in_window(&self, moment: &Value, window: &Window, scope: Scope<'_>) -> Option<bool> {
        if moment.is_missing() {
            return None;
        }
        match window {
            Window::Last(length) => Some(self.since_ago(moment, length) && self.until_now(moment)),
            Window::Next(length) => Some(self.in_next(moment, length)),
            Window::Ago { near, far } => {
                let after = far.as_ref().is_none_or(|far| self.since_ago(moment, far));
                let before = match near {
                    Some(near) => !self.since_ago(moment, near),
                    None => self.until_now(moment),
                };
                Some(after && before)
            }
            Window::Between { low, high } => all([
                low.as_ref()
                    .map_or(Some(true), |low| self.order_with(moment, low, scope).map(Ordering::is_ge)),
                high.as_ref()
                    .map_or(Some(true), |high| self.order_with(moment, high, scope).map(Ordering::is_lt)),
            ]),
            Window::This(unit) => {
                let (first, next) = clock::unit_of(self.clock.today(), *unit);
                Some((first..next).contains(&self.day(moment)))
            }
            Window::Since(start) => {
                let start = self.eval(start, scope);
                let order = self.order(moment, &start)?;
                Some(if matches!(start, Value::Date(_)) { order.is_ge() } else { order.is_gt() })
            }
        }
    }

    fn order_with(&self, moment: &Value, end: &Expr, scope: Scope<'_>) -> Option<Ordering> {
        self.order(moment, &self.eval(end, scope))
    }

    /// Whether a moment lies no farther back than this.
    fn since_ago(&self, moment: &Value, length: &Expr) -> bool {
        match (moment, self.length(length)) {
            (Value::Time(time), Duration::Exact { micros }) => {
                *time >= self.clock.now - TimeDelta::microseconds(micros)
            }
            (moment, length) => self.day(moment) >= self.day_ago(length),
        }
    }

    fn until_now(&self, moment: &Value) -> bool {
        match moment {
            Value::Time(time) => *time <= self.clock.now,
            moment => self.day(moment) <= self.clock.today(),
        }
    }

    fn in_next(&self, moment: &Value, length: &Expr) -> bool {
        match (moment, self.length(length)) {
            (Value::Time(time), Duration::Exact { micros }) => {
                (self.clock.now..=self.clock.now + TimeDelta::microseconds(micros)).contains(time)
            }
            (moment, length) => (self.clock.today()..=self.day_ahead(length)).contains(&self.day(moment)),
        }
    }

    fn length(&self, length: &Expr) -> Duration {
        self.literal(length).expect("the length of a window is a constant or param")
    }

    fn day_ago(&self, length: Duration) -> NaiveDate {
        match length {
            Duration::Calendar { months, days } => clock::shift(self.clock.today(), -months, -days),
            Duration::Exact { micros } => self.clock.day_of(self.clock.now - TimeDelta::microseconds(micros)),
        }
    }

    fn day_ahead(&self, length: Duration) -> NaiveDate {
        match length {
            Duration::Calendar { months, days } => clock::shift(self.clock.today(), months, days),
            Duration::Exact { micros } => self.clock.day_of(self.clock.now + TimeDelta::microseconds(micros)),
        }
    }

    /// Whether the month and day of `moment` come round within a window.
    pub(super) fn comes_round(
        &self,
        moment: &Value,
        yearly: Yearly,
        window: &Window,
        scope: Scope<'_>,
    ) -> Option<bool> {
        if moment.is_missing() {
            return None;
        }
        let birthday = self.day(moment);
        let (first, last) = self.days_of(window, scope)?;
        let (first, last) = match (first, last) {
            (Some(first), Some(last)) => (first, last),
            (Some(first), None) => (first, first + Days::new(LONGEST_YEAR)),
            (None, Some(last)) => (last - Days::new(LONGEST_YEAR), last),
            (None, None) => return Some(true),
        };
        if yearly == Yearly::Lunar {
            return Some(festivals::lunar_comes_round(birthday, first, last));
        }
        let mut days = first.iter_days().take_while(|day| *day <= last);
        Some(days.any(|day| clock::anniversary(birthday, day.year()) == day))
    }

    /// The first and the last day of a window, both in; unknown if an end is.
    fn days_of(&self, window: &Window, scope: Scope<'_>) -> Option<(Option<NaiveDate>, Option<NaiveDate>)> {
        let today = self.clock.today();
        let ago = |length: &Expr| self.day_ago(self.length(length));
        let end = |end: &Option<Box<Expr>>| match end {
            None => Some(None),
            Some(end) => match self.eval(end, scope) {
                Value::Missing => None,
                moment => Some(Some(self.day(&moment))),
            },
        };
        Some(match window {
            Window::Last(length) => (Some(ago(length)), Some(today)),
            Window::Next(length) => (Some(today), Some(self.day_ahead(self.length(length)))),
            Window::Ago { near, far } => {
                let last = near.as_ref().map_or(today, |near| ago(near) - Days::new(1));
                (far.as_ref().map(|far| ago(far)), Some(last))
            }
            Window::Between { low, high } => (end(low)?, end(high)?.map(|high| high - Days::new(1))),
            Window::This(unit) => {
                let (first, next) = clock::unit_of(today, *unit);
                (Some(first), Some(next - Days::new(1)))
            }
            Window::Since(_) => unreachable!("only rows of events are looked at since something"),
        })
    }
}
