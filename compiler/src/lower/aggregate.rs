//! Aggregates over events.

use super::Lowering;
use super::build::{Frame, StreamId};
use super::fraction::Fraction;
use super::value::{Length, Lowered, Moment, Quantity, When};
use crate::diagnostics::run;
use crate::typed::{Aggregate, AggregateFunction, Window};
use rulec_diagnostic::Place;
use rulec_plan::audience::{self, Comparison, Function, NodeId, Op, Shape};
use rulec_plan::time::Instant;

/// Which rows count, apart from the customer's.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) from: Option<Instant>,
    pub(super) until: Option<Instant>,
    pub(super) filter: Option<NodeId>,
}

impl Lowering<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate, place: Place) -> Lowered {
        let named = aggregate.argument.iter().chain(&aggregate.filter);
        match self.streams_of(&aggregate.event, named, place).as_slice() {
            [] => self.nothing(Frame::Customer),
            [stream] => self.over(*stream, aggregate, place),
            several => self.over_all(several, aggregate, place),
        }
    }

    /// An aggregate over the rows of one stream.
    pub(super) fn over(&mut self, stream: StreamId, aggregate: &Aggregate, place: Place) -> Lowered {
        const FRAME: Frame = Frame::Customer;
        let rows = self.rows(stream, aggregate);
        let argument = aggregate.argument.as_ref().map(|argument| {
            let lowered = self.expr(Frame::Row(stream), argument);
            let node = self.node_of(Frame::Row(stream), lowered, argument.place);
            (node, lowered)
        });
        if let Some((node, _)) = argument
            && self.build.shape(Frame::Row(stream), node) == Shape::Ratio
            && adds_up(aggregate.function)
        {
            // The checker refuses divisions; what is left are products of more decimals than are carried.
            self.diagnostics.push(run::too_many_decimals(place));
            return self.nothing(FRAME);
        }
        let of = Of { stream, rows };
        match (aggregate.function, argument) {
            (AggregateFunction::Count, None) => number(self.computed(&of, Function::Count, Shape::Int)),
            (AggregateFunction::Count, Some((node, _))) => {
                number(self.computed(&of, Function::CountKnown(node), Shape::Int))
            }
            (AggregateFunction::Distinct, Some((node, _))) => {
                number(self.computed(&of, Function::Distinct(node), Shape::Int))
            }
            (AggregateFunction::Exists, None) => {
                Lowered::Node(self.computed(&of, Function::Exists, Shape::Bool))
            }
            (AggregateFunction::Exists, Some((node, _))) => {
                let count = self.computed(&of, Function::CountKnown(node), Shape::Int);
                Lowered::Node(self.bound(FRAME, Comparison::Greater, count, Fraction::ZERO))
            }
            (AggregateFunction::Average, Some((node, like))) => {
                let sum = self.computed(&of, Function::Sum(node), Shape::Int);
                let count = self.computed(&of, Function::CountKnown(node), Shape::Int);
                let mean = self.build.node(FRAME, Op::Divide(sum, count), Shape::Ratio);
                self.like(like, mean, place)
            }
            (function, Some((node, like))) => {
                let (function, shape) = self.function(function, stream, node);
                let value = self.computed(&of, function, shape);
                self.like(like, value, place)
            }
            (_, None) => self.nothing(FRAME),
        }
    }

    fn function(&self, function: AggregateFunction, stream: StreamId, node: NodeId) -> (Function, Shape) {
        let shape = self.build.shape(Frame::Row(stream), node);
        match function {
            AggregateFunction::Min => (Function::Min(node), Shape::Int),
            AggregateFunction::Max => (Function::Max(node), Shape::Int),
            AggregateFunction::First => (Function::First(node), shape),
            AggregateFunction::Last => (Function::Last(node), shape),
            _ => (Function::Sum(node), Shape::Int),
        }
    }

    pub(super) fn computed(&mut self, of: &Of, function: Function, shape: Shape) -> NodeId {
        let stage =
            self.build.stage_of_rows(of.stream, of.rows.filter.into_iter().chain(function.argument()));
        let aggregate = audience::Aggregate {
            scan: of.stream.scan,
            stream: of.stream.stream,
            function,
            from: of.rows.from,
            until: of.rows.until,
            filter: of.rows.filter,
            stage,
        };
        self.build.aggregate(aggregate, shape)
    }

    /// A value of the customer that means what its argument meant in the row.
    fn like(&mut self, argument: Lowered, node: NodeId, place: Place) -> Lowered {
        match argument {
            Lowered::Node(_) => Lowered::Node(node),
            Lowered::Quantity(quantity) => {
                Lowered::Quantity(Quantity::Node { node, scale: scale_of(quantity) })
            }
            Lowered::When(When::Day(_)) => Lowered::When(When::Day(Moment::Node(node))),
            Lowered::When(When::Time(_)) => Lowered::When(When::Time(Moment::Node(node))),
            Lowered::Length(length) => {
                let scale = match length {
                    Length::Days(quantity) => scale_of(quantity),
                    Length::Between { .. } => 0,
                    Length::Written(_) => scale_of(self.days(Frame::Customer, length, place)),
                };
                Lowered::Length(Length::Days(Quantity::Node { node, scale }))
            }
        }
    }

    /// The rows that count: a range of time where the window is the same for all, and a filter for the rest.
    fn rows(&mut self, stream: StreamId, aggregate: &Aggregate) -> Rows {
        let frame = Frame::Row(stream);
        let mut rows = Rows::default();
        let mut filters = Vec::new();
        if let Some(filter) = &aggregate.filter {
            filters.push(self.condition(frame, filter));
        }
        match &aggregate.window {
            None => {}
            Some(Window::Since(from)) => {
                let time = When::Time(Moment::Node(self.build.event_time(stream)));
                filters.push(self.since(frame, time, from));
            }
            Some(Window::Between { low, high }) => {
                let time = When::Time(Moment::Node(self.build.event_time(stream)));
                filters.push(self.between(frame, time, low, high));
            }
            Some(window) => {
                if let Some(stretch) = self.stretch(window) {
                    rows.from = stretch.from;
                    // What lies after now is invisible anyway; one spelling of that keeps equal windows equal.
                    rows.until = stretch.until.filter(|until| *until <= self.now);
                }
            }
        }
        if !filters.is_empty() {
            rows.filter = Some(self.join(frame, filters, Op::And));
        }
        self.lift(stream, &mut rows);
        rows
    }

    /// Takes a range of the row's time out of the filter: `in 2026-06-01..2026-06-19`, `since 2026-06-01`.
    fn lift(&mut self, stream: StreamId, rows: &mut Rows) {
        let Some(filter) = rows.filter else { return };
        let time = self.build.event_time(stream);
        let mut ranges = Vec::new();
        let mut others = Vec::new();
        for part in self.build.parts_of(Frame::Row(stream), filter) {
            match self.build.range_of(Frame::Row(stream), part) {
                Some((value, low, high)) if value == time => ranges.push((low, high)),
                _ => others.push(part),
            }
        }
        if ranges.is_empty() {
            return;
        }
        for (low, high) in ranges {
            let low = low.map(Instant);
            rows.from = rows.from.max(low);
            let high = high.map(Instant).filter(|high| *high <= self.now);
            rows.until = match (rows.until, high) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        rows.filter =
            if others.is_empty() { None } else { Some(self.join(Frame::Row(stream), others, Op::And)) };
    }
}

/// Of which rows something is computed.
pub(super) struct Of {
    pub(super) stream: StreamId,
    pub(super) rows: Rows,
}

/// Whether a function takes whole numbers only.
fn adds_up(function: AggregateFunction) -> bool {
    use AggregateFunction::{Average, Max, Min, Sum};
    matches!(function, Sum | Average | Min | Max)
}

fn number(node: NodeId) -> Lowered {
    Lowered::Quantity(Quantity::Node { node, scale: 0 })
}

fn scale_of(quantity: Quantity) -> u32 {
    match quantity {
        Quantity::Node { scale, .. } => scale,
        Quantity::Constant(value) => {
            (0..=9).find(|scale| value.scaled(*scale).is_some_and(|v| v.integer().is_some())).unwrap_or(0)
        }
    }
}
