//! Durations, and time with durations.
//!
//! A duration is a number of days, but for two uses that ask the calendar or the clock itself:
//!
//! - **A span against a literal.** A span is `later - earlier` of two times or dates, also behind a name; a literal is a
//!   duration as written, a param, a name for one of these, the sum or difference of two literals that both count days and
//!   months or both count hours, or a literal times a whole number that is the same for all. Against days, weeks, months and years the days of the two
//!   count, whatever the hour. If `later` is the same for all customers (`now`, `today`, a date, what is made of these), the
//!   literal is taken from its day and the day of `earlier` compared with that; else the literal is put onto the day of
//!   `earlier` and the day of `later` compared with that. The two differ where months have different lengths. Hours and
//!   minutes are compared exactly; a date counts from its start.
//! - **A time or date and a literal.** A calendar literal gives the start of the shifted day (of a date: the shifted day);
//!   hours and minutes are added exactly (of a date: the day that many hours after its start).
//!
//! Everywhere else (arithmetic, two computed durations, ranks, averages, `or else`, what is shown): a span is the whole
//! calendar days between its two days, a day-typed fact its number, a literal of hours its part of a day of 24 hours, a
//! literal of months the number of days between today and today shifted back by it.

use super::rational::Rational;
use super::value::Value;
use super::{Reference, Scope, clock};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rulec_compiler::typed::{ArithmeticOp, Constant, Expr, ExprKind};
use rulec_compiler::types::Type;
use rulec_plan::time::Duration;
use std::cmp::Ordering;

impl Reference<'_> {
    /// The duration that an expression is as written, if it is one.
    pub(super) fn literal(&self, expr: &Expr) -> Option<Duration> {
        match &expr.kind {
            ExprKind::Constant(Constant::Duration(duration)) => Some(*duration),
            ExprKind::Param(name) => match self.params[name.as_str()] {
                Constant::Duration(duration) => Some(*duration),
                _ => None,
            },
            ExprKind::Definition(id) => self.literal(&self.definition(*id).value),
            ExprKind::Arithmetic { op: ArithmeticOp::Add, left, right } => {
                sum(self.literal(left)?, self.literal(right)?)
            }
            ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right } => {
                sum(self.literal(left)?, times(self.literal(right)?, -1))
            }
            ExprKind::Arithmetic { op: ArithmeticOp::Multiply, left, right } => {
                let (literal, factor) = match self.literal(left) {
                    Some(literal) => (literal, right),
                    None => (self.literal(right)?, left),
                };
                Some(times(literal, self.whole_constant(factor)?))
            }
            _ => None,
        }
    }

    /// The whole number that an expression is for everyone.
    fn whole_constant(&self, expr: &Expr) -> Option<i32> {
        if !self.is_fixed(expr) {
            return None;
        }
        match self.value(expr, 0) {
            Value::Number(number) if number.denominator() == 1 => i32::try_from(number.numerator()).ok(),
            _ => None,
        }
    }

    /// How a span compares with a literal; the outer `None` if it is no such comparison, the inner one if the span is
    /// missing.
    pub(super) fn span_against_literal(
        &self,
        span: &Expr,
        literal: &Expr,
        scope: Scope<'_>,
    ) -> Option<Option<Ordering>> {
        let (later, earlier) = self.span(span)?;
        let literal = self.literal(literal)?;
        let fixed = self.is_fixed(later);
        let (later, earlier) = (self.eval(later, scope), self.eval(earlier, scope));
        if later.is_missing() || earlier.is_missing() {
            return Some(None);
        }
        let order = match literal {
            Duration::Exact { micros } => {
                (self.instant(&later) - self.instant(&earlier)).cmp(&TimeDelta::microseconds(micros))
            }
            Duration::Calendar { months, days } if fixed => {
                clock::shift(self.day(&later), -months, -days).cmp(&self.day(&earlier))
            }
            Duration::Calendar { months, days } => {
                self.day(&later).cmp(&clock::shift(self.day(&earlier), months, days))
            }
        };
        Some(Some(order))
    }

    /// The two ends of a span.
    fn span<'e>(&'e self, expr: &'e Expr) -> Option<(&'e Expr, &'e Expr)> {
        match &expr.kind {
            ExprKind::Definition(id) => self.span(&self.definition(*id).value),
            ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right }
                if is_moment(&left.ty) && is_moment(&right.ty) =>
            {
                Some((left, right))
            }
            _ => None,
        }
    }

    /// Whether an expression is worth the same for every customer and row.
    fn is_fixed(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Constant(_)
            | ExprKind::Param(_)
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::CalendarPart(_) => true,
            ExprKind::Definition(id) => self.is_fixed(&self.definition(*id).value),
            ExprKind::Arithmetic { left, right, .. } => self.is_fixed(left) && self.is_fixed(right),
            ExprKind::Negate(operand) => self.is_fixed(operand),
            _ => false,
        }
    }

    /// A time or date and a literal, if that is what is added or taken away.
    pub(super) fn shifted(&self, op: ArithmeticOp, moment: &Value, by: &Expr) -> Option<Value> {
        let back = match op {
            ArithmeticOp::Add => false,
            ArithmeticOp::Subtract => true,
            ArithmeticOp::Multiply | ArithmeticOp::Divide => return None,
        };
        let sign = if back { -1 } else { 1 };
        Some(match (moment, self.literal(by)?) {
            (Value::Time(time), Duration::Exact { micros }) => {
                Value::Time(*time + TimeDelta::microseconds(micros * i64::from(sign)))
            }
            (Value::Time(time), Duration::Calendar { months, days }) => {
                let day = clock::shift(self.clock.day_of(*time), months * sign, days * sign);
                Value::Time(self.clock.start_of(day))
            }
            (Value::Date(day), Duration::Calendar { months, days }) => {
                Value::Date(clock::shift(*day, months * sign, days * sign))
            }
            (Value::Date(day), Duration::Exact { micros }) => {
                let time = self.clock.start_of(*day) + TimeDelta::microseconds(micros * i64::from(sign));
                Value::Date(self.clock.day_of(time))
            }
            _ => return None,
        })
    }

    /// A span as the number of days between its two days.
    pub(super) fn days_between(&self, later: &Value, earlier: &Value) -> Value {
        Value::Days(Rational::whole((self.day(later) - self.day(earlier)).num_days()))
    }

    /// The day of a time or date.
    ///
    /// # Panics
    /// If it is neither.
    pub(super) fn day(&self, moment: &Value) -> NaiveDate {
        match moment {
            Value::Date(day) => *day,
            Value::Time(time) => self.clock.day_of(*time),
            other => panic!("{other:?} has no day"),
        }
    }

    /// The instant of a time, or the start of a date.
    fn instant(&self, moment: &Value) -> DateTime<Utc> {
        match moment {
            Value::Time(time) => *time,
            other => self.clock.start_of(self.day(other)),
        }
    }
}

/// Two literals of one kind together.
fn sum(left: Duration, right: Duration) -> Option<Duration> {
    match (left, right) {
        (Duration::Calendar { months, days }, Duration::Calendar { months: more, days: further }) => {
            Some(Duration::Calendar { months: months + more, days: days + further })
        }
        (Duration::Exact { micros }, Duration::Exact { micros: more }) => {
            Some(Duration::Exact { micros: micros + more })
        }
        _ => None,
    }
}

fn times(literal: Duration, factor: i32) -> Duration {
    match literal {
        Duration::Calendar { months, days } => {
            Duration::Calendar { months: months * factor, days: days * factor }
        }
        Duration::Exact { micros } => Duration::Exact { micros: micros * i64::from(factor) },
    }
}

fn is_moment(ty: &Type) -> bool {
    matches!(ty, Type::Date | Type::Time)
}
