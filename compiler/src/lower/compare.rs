//! Comparisons. Whatever is compared with a constant becomes a range of integers.

use super::Lowering;
use super::build::Frame;
use super::fraction::Fraction;
use super::value::{Length, Lowered, Moment, Quantity, When};
use crate::typed::{CompareOp, Expr};
use rulec_diagnostic::Place;
use rulec_plan::audience::{Comparison, NodeId, Op, Scalar, Shape};
use rulec_plan::time::{Day, Duration, Instant};

impl Lowering<'_> {
    pub(super) fn compare(
        &mut self,
        frame: Frame,
        op: CompareOp,
        a: Lowered,
        b: Lowered,
        place: Place,
    ) -> NodeId {
        let op = comparison(op);
        match (a, b) {
            (Lowered::Node(a), Lowered::Node(b)) => self.compare_nodes(frame, op, a, b),
            (Lowered::When(a), Lowered::When(b)) => self.compare_when(frame, op, a, b),
            (Lowered::Length(a), Lowered::Length(b)) => self.compare_lengths(frame, op, a, b, place),
            _ => {
                let (a, b) = (self.quantity_of(frame, a, place), self.quantity_of(frame, b, place));
                self.compare_quantities(frame, op, a, b, place)
            }
        }
    }

    /// Texts and conditions; a text and a constant become membership in a list of one.
    fn compare_nodes(&mut self, frame: Frame, op: Comparison, a: NodeId, b: NodeId) -> NodeId {
        if self.build.shape(frame, a) == Shape::Text {
            for (value, text) in [(a, b), (b, a)] {
                if let Some(text) = self.constant_text(frame, text) {
                    let equal = self.one_of(frame, value, vec![text]);
                    return self.unless_equal(frame, op, equal);
                }
            }
        }
        self.build.node(frame, Op::Compare(op, a, b), Shape::Bool)
    }

    fn constant_text(&self, frame: Frame, node: NodeId) -> Option<String> {
        match self.build.constant_of(frame, node) {
            Some(Scalar::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn unless_equal(&mut self, frame: Frame, op: Comparison, equal: NodeId) -> NodeId {
        match op {
            Comparison::NotEqual => self.build.node(frame, Op::Not(equal), Shape::Bool),
            _ => equal,
        }
    }

    pub(super) fn compare_quantities(
        &mut self,
        frame: Frame,
        op: Comparison,
        a: Quantity,
        b: Quantity,
        place: Place,
    ) -> NodeId {
        match (a, b) {
            (Quantity::Constant(a), Quantity::Constant(b)) => match a.compare(b) {
                Some(order) => self.build.constant(frame, Scalar::Bool(op.holds(order))),
                None => {
                    self.too_large(place);
                    self.build.constant(frame, Scalar::Bool(false))
                }
            },
            (Quantity::Node { node, scale }, Quantity::Constant(value)) => {
                self.compare_constant(frame, op, (node, scale), value, place)
            }
            (Quantity::Constant(value), Quantity::Node { node, scale }) => {
                self.compare_constant(frame, op.mirrored(), (node, scale), value, place)
            }
            (Quantity::Node { .. }, Quantity::Node { .. }) => {
                let (a, b, _) = self.aligned(frame, a, b, place);
                self.build.node(frame, Op::Compare(op, a, b), Shape::Bool)
            }
        }
    }

    fn compare_constant(
        &mut self,
        frame: Frame,
        op: Comparison,
        (node, scale): (NodeId, u32),
        value: Fraction,
        place: Place,
    ) -> NodeId {
        let Some(scaled) = value.scaled(scale) else {
            self.too_large(place);
            return self.build.constant(frame, Scalar::Bool(false));
        };
        if self.build.shape(frame, node) == Shape::Int {
            return self.bound(frame, op, node, scaled);
        }
        let (other, _) = match scaled.parts() {
            Some((numerator, 1)) => (self.build.constant(frame, Scalar::Int(numerator)), 0),
            Some((numerator, denominator)) => {
                (self.build.constant(frame, Scalar::Ratio(numerator, denominator)), 0)
            }
            None => {
                self.too_large(place);
                (self.build.constant(frame, Scalar::Int(0)), 0)
            }
        };
        self.build.node(frame, Op::Compare(op, node, other), Shape::Bool)
    }

    /// An Int node against a constant, as a range of integers.
    pub(super) fn bound(&mut self, frame: Frame, op: Comparison, node: NodeId, value: Fraction) -> NodeId {
        let (floor, ceiling) = (value.floor(), value.ceiling());
        match op {
            Comparison::Less => self.within(frame, node, None, Some(ceiling)),
            Comparison::LessOrEqual => self.within(frame, node, None, Some(floor + 1)),
            Comparison::Greater => self.within(frame, node, Some(floor + 1), None),
            Comparison::GreaterOrEqual => self.within(frame, node, Some(ceiling), None),
            Comparison::Equal | Comparison::NotEqual => {
                // No integer equals a fraction: an empty range then.
                let equal = self.within(frame, node, Some(ceiling), Some(floor + 1));
                self.unless_equal(frame, op, equal)
            }
        }
    }

    /// `low ≤ node < high`, with ends beyond 64 bits cut: they hold nothing, or all.
    pub(super) fn within(
        &mut self,
        frame: Frame,
        value: NodeId,
        low: Option<i128>,
        high: Option<i128>,
    ) -> NodeId {
        let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
        let nothing = low.is_some_and(|low| low > most) || high.is_some_and(|high| high <= least);
        if nothing {
            return self.build.node(frame, Op::OneOfInts(value, Vec::new()), Shape::Bool);
        }
        let low = low.filter(|low| *low > least).and_then(|low| i64::try_from(low).ok());
        let high = high.filter(|high| *high <= most).and_then(|high| i64::try_from(high).ok());
        self.build.node(frame, Op::Within { value, low, high }, Shape::Bool)
    }

    pub(super) fn compare_when(&mut self, frame: Frame, op: Comparison, a: When, b: When) -> NodeId {
        match (a, b) {
            (When::Time(a), When::Time(b)) => self.compare_moments(frame, op, a, b, |time: Instant| time.0),
            (When::Time(Moment::Node(time)), When::Day(Moment::Constant(day))) => {
                self.time_against_day(frame, op, time, day)
            }
            (When::Day(Moment::Constant(day)), When::Time(Moment::Node(time))) => {
                self.time_against_day(frame, op.mirrored(), time, day)
            }
            _ => {
                let (a, b) = (self.day_of(frame, a), self.day_of(frame, b));
                self.compare_moments(frame, op, a, b, |day: Day| i64::from(day.0))
            }
        }
    }

    fn compare_moments<T: Copy>(
        &mut self,
        frame: Frame,
        op: Comparison,
        a: Moment<T>,
        b: Moment<T>,
        number: impl Fn(T) -> i64,
    ) -> NodeId {
        match (a, b) {
            (Moment::Constant(a), Moment::Constant(b)) => {
                self.build.constant(frame, Scalar::Bool(op.holds(number(a).cmp(&number(b)))))
            }
            (Moment::Node(node), Moment::Constant(value)) => {
                self.bound(frame, op, node, Fraction::whole(number(value)))
            }
            (Moment::Constant(value), Moment::Node(node)) => {
                self.bound(frame, op.mirrored(), node, Fraction::whole(number(value)))
            }
            (Moment::Node(a), Moment::Node(b)) => self.build.node(frame, Op::Compare(op, a, b), Shape::Bool),
        }
    }

    /// The day of a time against a day, as a range of instants.
    fn time_against_day(&mut self, frame: Frame, op: Comparison, time: NodeId, day: Day) -> NodeId {
        let start = i128::from(self.project.zone.start_of(day).0);
        let end = i128::from(self.project.zone.start_of(day.shift(0, 1)).0);
        match op {
            Comparison::Less => self.within(frame, time, None, Some(start)),
            Comparison::LessOrEqual => self.within(frame, time, None, Some(end)),
            Comparison::Greater => self.within(frame, time, Some(end), None),
            Comparison::GreaterOrEqual => self.within(frame, time, Some(start), None),
            Comparison::Equal | Comparison::NotEqual => {
                let equal = self.within(frame, time, Some(start), Some(end));
                self.unless_equal(frame, op, equal)
            }
        }
    }

    fn compare_lengths(
        &mut self,
        frame: Frame,
        op: Comparison,
        a: Length,
        b: Length,
        place: Place,
    ) -> NodeId {
        match (a, b) {
            (Length::Between { later, earlier }, Length::Written(duration)) => {
                self.span_against(frame, op, (later, earlier), duration)
            }
            (Length::Written(duration), Length::Between { later, earlier }) => {
                self.span_against(frame, op.mirrored(), (later, earlier), duration)
            }
            _ => {
                let (a, b) = (self.days(frame, a, place), self.days(frame, b, place));
                self.compare_quantities(frame, op, a, b, place)
            }
        }
    }

    /// `later - earlier` against a written duration: hours by the clock, days and months by the calendar. Where the later
    /// end is the same for all, as in `now - last(orders.at)`, it is moved back; else the earlier one is moved forward.
    fn span_against(
        &mut self,
        frame: Frame,
        op: Comparison,
        (later, earlier): (When, When),
        duration: Duration,
    ) -> NodeId {
        let fixed = matches!(later, When::Day(Moment::Constant(_)) | When::Time(Moment::Constant(_)));
        let from = if fixed { later } else { earlier };
        let from = match duration {
            Duration::Exact { .. } => When::Time(self.time_of(frame, from)),
            Duration::Calendar { .. } => When::Day(self.day_of(frame, from)),
        };
        let edge = self.shift(frame, from, duration, fixed);
        let (op, other) = if fixed { (op.mirrored(), earlier) } else { (op, later) };
        let other = match duration {
            Duration::Exact { .. } => When::Time(self.time_of(frame, other)),
            Duration::Calendar { .. } => other,
        };
        self.compare_when(frame, op, other, edge)
    }

    pub(super) fn in_range(
        &mut self,
        frame: Frame,
        value: &Expr,
        low: &Option<Box<Expr>>,
        high: &Option<Box<Expr>>,
        place: Place,
    ) -> Lowered {
        let value = self.expr(frame, value);
        let mut parts = Vec::new();
        for (op, end) in [(CompareOp::GreaterOrEqual, low), (CompareOp::Less, high)] {
            if let Some(end) = end {
                let end = self.expr(frame, end);
                parts.push(self.compare(frame, op, value, end, place));
            }
        }
        if parts.is_empty() {
            // `..`: everyone for whom the value is known.
            let node = self.node_of(frame, value, place);
            let missing = self.build.node(frame, Op::IsMissing(node), Shape::Bool);
            return Lowered::Node(self.build.node(frame, Op::Not(missing), Shape::Bool));
        }
        Lowered::Node(self.join(frame, parts, Op::And))
    }
}

fn comparison(op: CompareOp) -> Comparison {
    match op {
        CompareOp::Equal => Comparison::Equal,
        CompareOp::NotEqual => Comparison::NotEqual,
        CompareOp::Less => Comparison::Less,
        CompareOp::LessOrEqual => Comparison::LessOrEqual,
        CompareOp::Greater => Comparison::Greater,
        CompareOp::GreaterOrEqual => Comparison::GreaterOrEqual,
    }
}
