//! Dates and times: their days, their starts, moved by written durations.

use super::Lowering;
use super::build::Frame;
use super::value::{Moment, When};
use rulec_plan::audience::{NodeId, Op, Scalar, Shape};
use rulec_plan::time::{Day, Duration, Instant};

impl Lowering<'_> {
    /// The calendar day of a date or time.
    pub(super) fn day_of(&mut self, frame: Frame, when: When) -> Moment<Day> {
        match when {
            When::Day(day) => day,
            When::Time(Moment::Constant(time)) => Moment::Constant(self.project.zone.day_of(time)),
            When::Time(Moment::Node(node)) => {
                Moment::Node(self.build.node(frame, Op::DayOf(node), Shape::Int))
            }
        }
    }

    /// A time, or the first instant of a date.
    pub(super) fn time_of(&mut self, frame: Frame, when: When) -> Moment<Instant> {
        match when {
            When::Time(time) => time,
            When::Day(Moment::Constant(day)) => Moment::Constant(self.project.zone.start_of(day)),
            When::Day(Moment::Node(node)) => {
                Moment::Node(self.build.node(frame, Op::StartOf(node), Shape::Int))
            }
        }
    }

    pub(super) fn when_node(&mut self, frame: Frame, when: When) -> NodeId {
        match when {
            When::Day(day) => self.day_node(frame, day),
            When::Time(Moment::Constant(time)) => self.build.constant(frame, Scalar::Int(time.0)),
            When::Time(Moment::Node(node)) => node,
        }
    }

    pub(super) fn day_node(&mut self, frame: Frame, day: Moment<Day>) -> NodeId {
        match day {
            Moment::Constant(day) => self.build.constant(frame, Scalar::Int(day.0.into())),
            Moment::Node(node) => node,
        }
    }

    /// A day moved by months and days.
    pub(super) fn shift_day(
        &mut self,
        frame: Frame,
        day: Moment<Day>,
        months: i32,
        days: i32,
    ) -> Moment<Day> {
        match day {
            Moment::Constant(day) => Moment::Constant(day.shift(months, days)),
            Moment::Node(day) => {
                Moment::Node(self.build.node(frame, Op::ShiftDay { day, months, days }, Shape::Int))
            }
        }
    }

    /// A date or time moved by a written duration: by calendar days to the start of a day, by hours exactly.
    pub(super) fn shift(&mut self, frame: Frame, when: When, duration: Duration, back: bool) -> When {
        match duration {
            Duration::Calendar { months, days } => {
                let (months, days) =
                    if back { (months.saturating_neg(), days.saturating_neg()) } else { (months, days) };
                let day = self.day_of(frame, when);
                let moved = self.shift_day(frame, day, months, days);
                match when {
                    When::Day(_) => When::Day(moved),
                    When::Time(_) => When::Time(self.time_of(frame, When::Day(moved))),
                }
            }
            Duration::Exact { micros } => {
                let micros = if back { micros.saturating_neg() } else { micros };
                let time = match self.time_of(frame, when) {
                    Moment::Constant(time) => Moment::Constant(Instant(time.0.saturating_add(micros))),
                    Moment::Node(node) => {
                        let by = self.build.constant(frame, Scalar::Int(micros));
                        Moment::Node(self.build.node(frame, Op::Add(node, by), Shape::Int))
                    }
                };
                match when {
                    When::Day(_) => When::Day(self.day_of(frame, When::Time(time))),
                    When::Time(_) => When::Time(time),
                }
            }
        }
    }
}
