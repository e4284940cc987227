//! Stretches of time become ranges of instants or days.

use super::Lowering;
use super::build::Frame;
use super::value::{Lowered, Moment, When};
use crate::calendar;
use crate::typed::{CompareOp, Constant, Expr, Window, Yearly};
use rulec_plan::audience::{NodeId, Op, Shape};
use rulec_plan::time::{Day, Duration, Instant};

/// `from ≤ instant < until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: Option<Instant>,
    pub(super) until: Option<Instant>,
}

impl Lowering<'_> {
    /// The instants of a window that is the same for all; `None` for `Between` and `Since`.
    pub(super) fn stretch(&mut self, window: &Window) -> Option<Stretch> {
        let zone = self.project.zone;
        let past_now = Instant(self.now.0.saturating_add(1));
        Some(match window {
            Window::Last(length) => {
                let from = zone.back(self.now, self.written(length));
                Stretch { from: Some(from), until: Some(past_now) }
            }
            Window::Next(length) => match self.written(length) {
                Duration::Calendar { months, days } => {
                    let end = self.today.shift(months, days).shift(0, 1);
                    Stretch { from: Some(zone.start_of(self.today)), until: Some(zone.start_of(end)) }
                }
                Duration::Exact { micros } => {
                    let until = Instant(past_now.0.saturating_add(micros));
                    Stretch { from: Some(self.now), until: Some(until) }
                }
            },
            Window::Ago { near, far } => {
                let from = far.as_ref().map(|far| zone.back(self.now, self.written(far)));
                let until = near.as_ref().map_or(past_now, |near| zone.back(self.now, self.written(near)));
                Stretch { from, until: Some(until) }
            }
            Window::This(unit) => {
                let (first, next) = unit.around(self.today);
                Stretch { from: Some(zone.start_of(first)), until: Some(zone.start_of(next)) }
            }
            Window::Between { .. } | Window::Since(_) => return None,
        })
    }

    /// The duration that a constant or a param stands for.
    pub(super) fn written(&self, length: &Expr) -> Duration {
        match self.constant_of(length) {
            Some(Constant::Duration(duration)) => *duration,
            _ => Duration::Calendar { months: 0, days: 0 },
        }
    }

    pub(super) fn in_window(
        &mut self,
        frame: Frame,
        value: &Expr,
        window: &Window,
        yearly: Yearly,
    ) -> Lowered {
        let lowered = self.expr(frame, value);
        let Lowered::When(when) = lowered else { return self.nothing(frame) };
        if yearly != Yearly::No {
            return Lowered::Node(self.comes_round(frame, when, window, yearly));
        }
        let node = match (self.stretch(window), window) {
            (Some(stretch), _) => self.in_stretch(frame, when, stretch),
            (None, Window::Between { low, high }) => self.between(frame, when, low, high),
            (None, Window::Since(from)) => self.since(frame, when, from),
            (None, _) => return self.nothing(frame),
        };
        Lowered::Node(node)
    }

    fn in_stretch(&mut self, frame: Frame, when: When, stretch: Stretch) -> NodeId {
        let (node, low, high) = match when {
            When::Time(_) => {
                let edge = |instant: Option<Instant>| instant.map(|instant| i128::from(instant.0));
                (self.when_node(frame, when), edge(stretch.from), edge(stretch.until))
            }
            When::Day(_) => {
                let zone = self.project.zone;
                let low = stretch.from.map(|from| i128::from(zone.day_of(from).0));
                // The last instant of the stretch falls on the last day of it.
                let last = stretch.until.map(|until| zone.day_of(Instant(until.0.saturating_sub(1))));
                (self.when_node(frame, when), low, last.map(|last| i128::from(last.0) + 1))
            }
        };
        self.within(frame, node, low, high)
    }

    pub(super) fn between(
        &mut self,
        frame: Frame,
        when: When,
        low: &Option<Box<Expr>>,
        high: &Option<Box<Expr>>,
    ) -> NodeId {
        let mut parts = Vec::new();
        for (op, end) in [(CompareOp::GreaterOrEqual, low), (CompareOp::Less, high)] {
            if let Some(end) = end {
                let place = end.place;
                let end = self.expr(frame, end);
                parts.push(self.compare(frame, op, Lowered::When(when), end, place));
            }
        }
        if parts.is_empty() {
            let node = self.when_node(frame, when);
            return self.within(frame, node, None, None);
        }
        self.join(frame, parts, Op::And)
    }

    /// After an instant; from the start of a date on.
    pub(super) fn since(&mut self, frame: Frame, when: When, from: &Expr) -> NodeId {
        let place = from.place;
        let from = self.expr(frame, from);
        let op = match from {
            Lowered::When(When::Day(_)) => CompareOp::GreaterOrEqual,
            _ => CompareOp::Greater,
        };
        self.compare(frame, op, Lowered::When(when), from, place)
    }

    /// Whether the month and day of a date come round in a window around today.
    fn comes_round(&mut self, frame: Frame, when: When, window: &Window, yearly: Yearly) -> NodeId {
        let day = self.day_of(frame, when);
        let day = self.day_node(frame, day);
        let (first, last) = self.days_around(window);
        match yearly {
            Yearly::Lunar => {
                let births = calendar::lunar_anniversaries(first, last);
                let births = births.into_iter().map(|day| i64::from(day.0)).collect();
                self.build.node(frame, Op::OneOfInts(day, births), Shape::Bool)
            }
            Yearly::Solar | Yearly::No => {
                let month_day = self.build.node(frame, Op::MonthDayOf(day), Shape::Int);
                self.build.node(frame, Op::OneOfInts(month_day, birthdays(first, last)), Shape::Bool)
            }
        }
    }

    fn days_around(&mut self, window: &Window) -> (Day, Day) {
        let zone = self.project.zone;
        let today = self.today;
        match window {
            Window::Last(length) => (zone.day_of(zone.back(self.now, self.written(length))), today),
            Window::Next(length) => {
                let end = self.shift(
                    Frame::Customer,
                    When::Time(Moment::Constant(self.now)),
                    self.written(length),
                    false,
                );
                match self.day_of(Frame::Customer, end) {
                    Moment::Constant(end) => (today, end),
                    Moment::Node(_) => (today, today),
                }
            }
            Window::This(unit) => {
                let (first, next) = unit.around(today);
                (first, next.shift(0, -1))
            }
            Window::Ago { .. } | Window::Between { .. } | Window::Since(_) => (today, today),
        }
    }
}

/// Month × 100 + day of all birthdays kept from `first` to `last`, both in; who was born on 29 February keeps the 28th in
/// other years.
fn birthdays(first: Day, last: Day) -> Vec<i64> {
    // A year holds all birthdays there are; more days add none.
    let last = last.min(first.shift(0, 366));
    let mut found = Vec::new();
    let mut day = first;
    while day <= last {
        let (year, month, of_month) = day.to_ymd();
        found.push(i64::from(month * 100 + of_month));
        if (month, of_month) == (2, 28) && Day::from_ymd(year, 2, 29).is_none() {
            found.push(229);
        }
        if day == Day::MAX {
            break;
        }
        day = day.shift(0, 1);
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::from_ymd(year, month, day).unwrap()
    }

    #[test]
    fn birthdays_pass_the_turn_of_the_year() {
        assert_eq!(birthdays(day(2026, 12, 30), day(2027, 1, 2)), [101, 102, 1230, 1231]);
    }

    #[test]
    fn leap_birthdays_are_kept_on_the_28th_in_other_years() {
        assert_eq!(birthdays(day(2026, 2, 28), day(2026, 2, 28)), [228, 229]);
        assert_eq!(birthdays(day(2028, 2, 28), day(2028, 2, 28)), [228]);
    }
}
