//! Numbers, money, percentages, and durations as a number of days: arithmetic and scales.

use super::Lowering;
use super::build::Frame;
use super::fraction::{Fraction, power};
use super::value::{Length, Lowered, Moment, Quantity, When};
use crate::typed::{ArithmeticOp, Expr};
use rulec_diagnostic::Place;
use rulec_plan::audience::{NodeId, Op, Scalar, Shape};
use rulec_plan::time::{DAY, Duration};

/// More decimals than this are not carried in a product, or it would soon not fit: of a customer it becomes an exact
/// fraction instead. Rows are added up, which fractions cannot be, and so are given more room.
const MOST_DECIMALS: u32 = 6;
const MOST_DECIMALS_OF_ROWS: u32 = 12;

impl Lowering<'_> {
    /// A number, amount, percentage or duration as a quantity.
    pub(super) fn quantity(&mut self, frame: Frame, expr: &Expr) -> Quantity {
        let lowered = self.expr(frame, expr);
        self.quantity_of(frame, lowered, expr.place)
    }

    pub(super) fn quantity_of(&mut self, frame: Frame, lowered: Lowered, place: Place) -> Quantity {
        match lowered {
            Lowered::Quantity(quantity) => quantity,
            Lowered::Length(length) => self.days(frame, length, place),
            Lowered::Node(node) => Quantity::Node { node, scale: 0 },
            Lowered::When(when) => Quantity::Node { node: self.when_node(frame, when), scale: 0 },
        }
    }

    /// Any value as one node: quantities as Int or Ratio, durations as days.
    pub(super) fn node_of(&mut self, frame: Frame, lowered: Lowered, place: Place) -> NodeId {
        match lowered {
            Lowered::Node(node) => node,
            Lowered::When(when) => self.when_node(frame, when),
            Lowered::Quantity(_) | Lowered::Length(_) => {
                let quantity = self.quantity_of(frame, lowered, place);
                self.quantity_node(frame, quantity, place).0
            }
        }
    }

    /// The node of a quantity and its scale.
    pub(super) fn quantity_node(&mut self, frame: Frame, quantity: Quantity, place: Place) -> (NodeId, u32) {
        match quantity {
            Quantity::Node { node, scale } => (node, scale),
            Quantity::Constant(value) => self.constant_node(frame, value, place),
        }
    }

    /// A constant as an integer with as few decimals as it needs, or as a fraction.
    fn constant_node(&mut self, frame: Frame, value: Fraction, place: Place) -> (NodeId, u32) {
        let decimal = (0..=9).find_map(|scale| {
            let mantissa = value.scaled(scale)?.integer()?;
            Some((i64::try_from(mantissa).ok()?, scale))
        });
        if let Some((mantissa, scale)) = decimal {
            return (self.build.constant(frame, Scalar::Int(mantissa)), scale);
        }
        let Some((numerator, denominator)) = value.parts() else {
            self.too_large(place);
            return (self.build.constant(frame, Scalar::Int(0)), 0);
        };
        (self.build.constant(frame, Scalar::Ratio(numerator, denominator)), 0)
    }

    /// A duration as a number of days: calendar days between two dates; of a written one, hours as parts of a day and
    /// months as the days from so many months ago until today.
    pub(super) fn days(&mut self, frame: Frame, length: Length, place: Place) -> Quantity {
        match length {
            Length::Days(quantity) => quantity,
            Length::Written(Duration::Exact { micros }) => {
                Quantity::Constant(Fraction::new(micros.into(), DAY.into()).unwrap_or(Fraction::ZERO))
            }
            Length::Written(Duration::Calendar { months, days }) => {
                let from = self.today.shift(months.saturating_neg(), days.saturating_neg());
                Quantity::Constant(Fraction::whole(i64::from(self.today.0) - i64::from(from.0)))
            }
            Length::Between { later, earlier } => {
                let (later, earlier) = (self.day_of(frame, later), self.day_of(frame, earlier));
                let number = |moment: Moment<rulec_plan::time::Day>| match moment {
                    Moment::Constant(day) => Quantity::Constant(Fraction::whole(day.0)),
                    Moment::Node(node) => Quantity::Node { node, scale: 0 },
                };
                self.add(frame, number(later), number(earlier), ArithmeticOp::Subtract, place)
            }
        }
    }

    pub(super) fn arithmetic(
        &mut self,
        frame: Frame,
        op: ArithmeticOp,
        left: Lowered,
        right: Lowered,
        place: Place,
    ) -> Lowered {
        use ArithmeticOp::{Add, Divide, Multiply, Subtract};
        match (op, left, right) {
            (Subtract, Lowered::When(later), Lowered::When(earlier)) => {
                Lowered::Length(Length::Between { later, earlier })
            }
            (Add | Subtract, Lowered::When(when), Lowered::Length(Length::Written(duration)))
            | (Add, Lowered::Length(Length::Written(duration)), Lowered::When(when)) => {
                Lowered::When(self.shift(frame, when, duration, op == Subtract))
            }
            (_, Lowered::Length(a), Lowered::Length(b)) if op != Divide => {
                let written = match (a, b) {
                    (Length::Written(a), Length::Written(b)) => sum_of_written(op, a, b),
                    _ => None,
                };
                written.map_or_else(
                    || {
                        let (a, b) = (self.days(frame, a, place), self.days(frame, b, place));
                        Lowered::Length(Length::Days(self.add(frame, a, b, op, place)))
                    },
                    |duration| Lowered::Length(Length::Written(duration)),
                )
            }
            (Multiply | Divide, Lowered::Length(_), Lowered::Quantity(_))
            | (Multiply, Lowered::Quantity(_), Lowered::Length(_)) => {
                self.length_times(frame, op, left, right, place)
            }
            _ => {
                let (a, b) = (self.quantity_of(frame, left, place), self.quantity_of(frame, right, place));
                Lowered::Quantity(match op {
                    Add | Subtract => self.add(frame, a, b, op, place),
                    Multiply => self.multiply(frame, a, b, place),
                    Divide => self.divide(frame, a, b, place),
                })
            }
        }
    }

    /// A duration times or divided by a number. A written one times a whole number stays written: `2 * 1mo` is `2mo`.
    fn length_times(
        &mut self,
        frame: Frame,
        op: ArithmeticOp,
        left: Lowered,
        right: Lowered,
        place: Place,
    ) -> Lowered {
        let (length, number) = match (left, right) {
            (Lowered::Length(length), Lowered::Quantity(number))
            | (Lowered::Quantity(number), Lowered::Length(length)) => (length, number),
            _ => return self.nothing(frame),
        };
        if let (Length::Written(duration), Quantity::Constant(factor), ArithmeticOp::Multiply) =
            (length, number, op)
            && let Some(duration) = factor.integer().and_then(|factor| times(duration, factor))
        {
            return Lowered::Length(Length::Written(duration));
        }
        let days = self.days(frame, length, place);
        Lowered::Length(Length::Days(match op {
            ArithmeticOp::Divide => self.divide(frame, days, number, place),
            _ => self.multiply(frame, days, number, place),
        }))
    }

    pub(super) fn negate(&mut self, frame: Frame, quantity: Quantity, place: Place) -> Quantity {
        match quantity {
            Quantity::Constant(value) => match value.negate() {
                Some(value) => Quantity::Constant(value),
                None => self.overflow(place),
            },
            Quantity::Node { node, scale } => {
                let shape = self.build.shape(frame, node);
                Quantity::Node { node: self.build.node(frame, Op::Negate(node), shape), scale }
            }
        }
    }

    fn add(&mut self, frame: Frame, a: Quantity, b: Quantity, op: ArithmeticOp, place: Place) -> Quantity {
        if let (Quantity::Constant(x), Quantity::Constant(y)) = (a, b) {
            let y = if op == ArithmeticOp::Subtract { y.negate() } else { Some(y) };
            return match y.and_then(|y| x.add(y)) {
                Some(sum) => Quantity::Constant(sum),
                None => self.overflow(place),
            };
        }
        let (a, b, scale) = self.aligned(frame, a, b, place);
        let shape = self.numeric(frame, a, b);
        let op = if op == ArithmeticOp::Subtract { Op::Subtract(a, b) } else { Op::Add(a, b) };
        Quantity::Node { node: self.build.node(frame, op, shape), scale }
    }

    fn multiply(&mut self, frame: Frame, a: Quantity, b: Quantity, place: Place) -> Quantity {
        if let (Quantity::Constant(x), Quantity::Constant(y)) = (a, b) {
            return match x.multiply(y) {
                Some(product) => Quantity::Constant(product),
                None => self.overflow(place),
            };
        }
        let ((a, scale_a), (b, scale_b)) =
            (self.quantity_node(frame, a, place), self.quantity_node(frame, b, place));
        let most = if frame == Frame::Customer { MOST_DECIMALS } else { MOST_DECIMALS_OF_ROWS };
        let exact = scale_a + scale_b > most;
        let (a, b) =
            if exact { (self.unscaled(frame, a, scale_a), self.unscaled(frame, b, scale_b)) } else { (a, b) };
        let shape = self.numeric(frame, a, b);
        let node = self.build.node(frame, Op::Multiply(a, b), shape);
        Quantity::Node { node, scale: if exact { 0 } else { scale_a + scale_b } }
    }

    fn divide(&mut self, frame: Frame, a: Quantity, b: Quantity, place: Place) -> Quantity {
        if let (Quantity::Constant(x), Quantity::Constant(y)) = (a, b) {
            return match x.divide(y) {
                Some(quotient) => Quantity::Constant(quotient),
                // Divided by zero: missing for everyone.
                None => Quantity::Node { node: self.divided_by_zero(frame), scale: 0 },
            };
        }
        let (a, b, _) = self.aligned(frame, a, b, place);
        Quantity::Node { node: self.build.node(frame, Op::Divide(a, b), Shape::Ratio), scale: 0 }
    }

    fn divided_by_zero(&mut self, frame: Frame) -> NodeId {
        let (one, zero) =
            (self.build.constant(frame, Scalar::Int(1)), self.build.constant(frame, Scalar::Int(0)));
        self.build.node(frame, Op::Divide(one, zero), Shape::Ratio)
    }

    /// Both sides as nodes of one scale.
    pub(super) fn aligned(
        &mut self,
        frame: Frame,
        a: Quantity,
        b: Quantity,
        place: Place,
    ) -> (NodeId, NodeId, u32) {
        let ((a, scale_a), (b, scale_b)) =
            (self.quantity_node(frame, a, place), self.quantity_node(frame, b, place));
        let scale = scale_a.max(scale_b);
        (self.raised(frame, a, scale - scale_a), self.raised(frame, b, scale - scale_b), scale)
    }

    /// A node times 10^`by`.
    pub(super) fn raised(&mut self, frame: Frame, node: NodeId, by: u32) -> NodeId {
        if by == 0 {
            return node;
        }
        let factor = i64::try_from(power(by)).unwrap_or(i64::MAX);
        let factor = self.build.constant(frame, Scalar::Int(factor));
        let shape = self.build.shape(frame, node);
        self.build.node(frame, Op::Multiply(node, factor), shape)
    }

    /// A node over 10^`scale` as an exact fraction without a scale.
    pub(super) fn unscaled(&mut self, frame: Frame, node: NodeId, scale: u32) -> NodeId {
        let mut node = node;
        let mut left = scale;
        while left > 0 {
            let step = left.min(18);
            let divisor = i64::try_from(power(step)).unwrap_or(i64::MAX);
            let divisor = self.build.constant(frame, Scalar::Int(divisor));
            node = self.build.node(frame, Op::Divide(node, divisor), Shape::Ratio);
            left -= step;
        }
        node
    }

    fn numeric(&self, frame: Frame, a: NodeId, b: NodeId) -> Shape {
        let ratio = [a, b].into_iter().any(|node| self.build.shape(frame, node) == Shape::Ratio);
        if ratio { Shape::Ratio } else { Shape::Int }
    }

    pub(super) fn overflow(&mut self, place: Place) -> Quantity {
        self.too_large(place);
        Quantity::Constant(Fraction::ZERO)
    }

    /// The first value, or the second where it is missing, both made alike.
    pub(super) fn or_else(&mut self, frame: Frame, value: Lowered, other: Lowered, place: Place) -> Lowered {
        match (value, other) {
            (Lowered::Node(a), Lowered::Node(b)) => {
                let shape = self.build.shape(frame, a);
                Lowered::Node(self.build.node(frame, Op::OrElse(a, b), shape))
            }
            (Lowered::When(a), Lowered::When(b)) => {
                let (x, y) = (self.when_node(frame, a), self.when_node(frame, b));
                let node = Moment::Node(self.build.node(frame, Op::OrElse(x, y), Shape::Int));
                // Both are dates or both are times: the checker saw to it.
                Lowered::When(match a {
                    When::Day(_) => When::Day(retyped(node)),
                    When::Time(_) => When::Time(retyped(node)),
                })
            }
            (Lowered::Length(a), Lowered::Length(b)) => {
                let (a, b) = (self.days(frame, a, place), self.days(frame, b, place));
                Lowered::Length(Length::Days(self.quantity_or_else(frame, a, b, place)))
            }
            (a, b) => {
                let (a, b) = (self.quantity_of(frame, a, place), self.quantity_of(frame, b, place));
                Lowered::Quantity(self.quantity_or_else(frame, a, b, place))
            }
        }
    }

    fn quantity_or_else(&mut self, frame: Frame, a: Quantity, b: Quantity, place: Place) -> Quantity {
        let (a, b, scale) = self.aligned(frame, a, b, place);
        let shape = self.numeric(frame, a, b);
        let (a, b) = (self.as_shape(frame, a, shape), self.as_shape(frame, b, shape));
        Quantity::Node { node: self.build.node(frame, Op::OrElse(a, b), shape), scale }
    }

    fn as_shape(&mut self, frame: Frame, node: NodeId, shape: Shape) -> NodeId {
        if self.build.shape(frame, node) == shape {
            return node;
        }
        let one = self.build.constant(frame, Scalar::Int(1));
        self.build.node(frame, Op::Divide(node, one), Shape::Ratio)
    }

    /// A value of the customer as rows see it.
    pub(super) fn seen_from(&mut self, frame: Frame, lowered: Lowered) -> Lowered {
        let mut see = |node: NodeId| self.build.seen_from(frame, node);
        let mut quantity = |quantity: Quantity| match quantity {
            Quantity::Node { node, scale } => Quantity::Node { node: see(node), scale },
            constant => constant,
        };
        match lowered {
            Lowered::Quantity(value) => Lowered::Quantity(quantity(value)),
            Lowered::Length(Length::Days(value)) => Lowered::Length(Length::Days(quantity(value))),
            Lowered::Length(Length::Between { later, earlier }) => {
                let (later, earlier) =
                    (self.when_seen_from(frame, later), self.when_seen_from(frame, earlier));
                Lowered::Length(Length::Between { later, earlier })
            }
            Lowered::Length(written) => Lowered::Length(written),
            Lowered::Node(node) => Lowered::Node(see(node)),
            Lowered::When(when) => Lowered::When(self.when_seen_from(frame, when)),
        }
    }

    fn when_seen_from(&mut self, frame: Frame, when: When) -> When {
        match when {
            When::Day(Moment::Node(node)) => When::Day(Moment::Node(self.build.seen_from(frame, node))),
            When::Time(Moment::Node(node)) => When::Time(Moment::Node(self.build.seen_from(frame, node))),
            constant => constant,
        }
    }
}

/// The same node, as a moment of another kind.
fn retyped<T>(moment: Moment<std::convert::Infallible>) -> Moment<T> {
    match moment {
        Moment::Node(node) => Moment::Node(node),
        Moment::Constant(never) => match never {},
    }
}

fn sum_of_written(op: ArithmeticOp, a: Duration, b: Duration) -> Option<Duration> {
    let sign = if op == ArithmeticOp::Subtract { -1 } else { 1 };
    match (a, b) {
        (Duration::Exact { micros: x }, Duration::Exact { micros: y }) => {
            Some(Duration::Exact { micros: x.checked_add(y.checked_mul(sign)?)? })
        }
        (Duration::Calendar { months: m, days: x }, Duration::Calendar { months: n, days: y }) => {
            let sign = i32::try_from(sign).ok()?;
            let months = m.checked_add(n.checked_mul(sign)?)?;
            Some(Duration::Calendar { months, days: x.checked_add(y.checked_mul(sign)?)? })
        }
        _ => None,
    }
}

fn times(duration: Duration, factor: i128) -> Option<Duration> {
    Some(match duration {
        Duration::Exact { micros } => {
            Duration::Exact { micros: micros.checked_mul(i64::try_from(factor).ok()?)? }
        }
        Duration::Calendar { months, days } => {
            let factor = i32::try_from(factor).ok()?;
            Duration::Calendar { months: months.checked_mul(factor)?, days: days.checked_mul(factor)? }
        }
    })
}
