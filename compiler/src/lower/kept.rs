//! Event tables that the runtime keeps, alone or beside a table of the project that goes by the same name.

use super::Lowering;
use super::build::{Frame, StreamId};
use super::value::{Lowered, Moment, Quantity, When};
use crate::diagnostics::run;
use crate::events::{Events, Holds, KeptTable};
use crate::typed::{Aggregate, AggregateFunction, ArithmeticOp, Expr, ExprKind};
use rulec_diagnostic::Place;
use rulec_plan::audience::{NodeId, Op, Scalar, Shape};
use rulec_plan::project::{Fact, FactKind, Kept, MoneyUnit, TimeFormat};
use std::collections::BTreeSet;

impl Lowering<'_> {
    /// The streams of an event table whose rows know all that these expressions name of them: the project's own, and the
    /// one that is kept. None, with a finding, where that cannot be said.
    pub(super) fn streams_of<'e>(
        &mut self,
        event: &str,
        named: impl IntoIterator<Item = &'e Expr>,
        place: Place,
    ) -> Vec<StreamId> {
        let project = self.project;
        let Some(events) = Events::find(project, event) else { return Vec::new() };
        let facts = facts_of_rows(named);
        let own = events.own.filter(|table| facts.iter().all(|fact| table.facts.contains_key(*fact)));
        let kept = events.kept.filter(|table| facts.iter().all(|fact| table.fact(fact).is_some()));
        let agree = |own, kept| facts.iter().all(|fact| alike(own, kept, fact));
        let clash = match (events.own, events.kept) {
            (Some(_), Some(_)) if own.is_none() && kept.is_none() => true,
            (Some(_), Some(table)) if own.is_some() && kept.is_some() => {
                !agree(Events { own, kept: None }, Events { own: None, kept: Some(table) })
            }
            _ => false,
        };
        if clash {
            self.diagnostics.push(run::tables_apart(place, event));
            return Vec::new();
        }
        let own = own.map(|table| self.build.stream(event, table));
        let kept = kept.map(|table| self.build.kept_stream(table.kept));
        own.into_iter().chain(kept).collect()
    }

    /// An aggregate over several streams, where it comes of those over each.
    pub(super) fn over_all(&mut self, streams: &[StreamId], aggregate: &Aggregate, place: Place) -> Lowered {
        const FRAME: Frame = Frame::Customer;
        let adds = aggregate.argument.as_ref().is_none_or(|argument| argument.ty.is_quantity());
        match aggregate.function {
            AggregateFunction::Exists => {
                let parts: Vec<NodeId> = streams
                    .iter()
                    .map(|stream| {
                        let lowered = self.over(*stream, aggregate, place);
                        self.node_of(FRAME, lowered, place)
                    })
                    .collect();
                Lowered::Node(self.join(FRAME, parts, Op::Or))
            }
            AggregateFunction::Count => self.total(streams, aggregate, place),
            AggregateFunction::Sum if adds => self.total(streams, aggregate, place),
            AggregateFunction::Average if adds => {
                let of = |function| Aggregate { function, ..aggregate.clone() };
                let sum = self.total(streams, &of(AggregateFunction::Sum), place);
                let count = self.total(streams, &of(AggregateFunction::Count), place);
                self.arithmetic(FRAME, ArithmeticOp::Divide, sum, count, place)
            }
            _ => {
                self.diagnostics.push(run::tables_apart(place, &aggregate.event));
                self.nothing(FRAME)
            }
        }
    }

    fn total(&mut self, streams: &[StreamId], aggregate: &Aggregate, place: Place) -> Lowered {
        const FRAME: Frame = Frame::Customer;
        let mut total = None;
        for stream in streams {
            let part = self.over(*stream, aggregate, place);
            total = Some(match total {
                None => part,
                Some(sum) => self.arithmetic(FRAME, ArithmeticOp::Add, sum, part, place),
            });
        }
        total.unwrap_or_else(|| self.nothing(FRAME))
    }

    /// A fact of a row of a kept table.
    pub(super) fn kept_fact(&mut self, stream: StreamId, kept: Kept, name: &str) -> Lowered {
        let Some(fact) = KeptTable::of(kept).and_then(|table| table.fact(name)) else {
            return self.nothing(Frame::Row(stream));
        };
        match fact.holds {
            Holds::Text => Lowered::Node(self.kept_column(stream, fact.column, FactKind::Text)),
            Holds::Cents => {
                let kind = FactKind::Money { unit: MoneyUnit::Cent };
                let node = self.kept_column(stream, fact.column, kind);
                Lowered::Quantity(Quantity::Node { node, scale: 2 })
            }
            Holds::Time => {
                let node = self.kept_column(stream, fact.column, KEPT_TIME);
                Lowered::When(When::Time(Moment::Node(node)))
            }
            Holds::Happened => Lowered::Node(self.happened(stream, fact.column)),
        }
    }

    /// A column of a kept table.
    pub(super) fn kept_column(&mut self, stream: StreamId, column: &str, kind: FactKind) -> NodeId {
        let fact = Fact { column: column.to_owned(), kind, personal: false, yearly: false };
        self.build.event_column(stream, &fact)
    }

    /// Whether the time in a column of a kept table has come: false where there is none.
    pub(super) fn happened(&mut self, stream: StreamId, column: &str) -> NodeId {
        let frame = Frame::Row(stream);
        let value = self.kept_column(stream, column, KEPT_TIME);
        let high = Some(self.now.0.saturating_add(1));
        let known = self.build.node(frame, Op::Within { value, low: None, high }, Shape::Bool);
        let not = self.build.constant(frame, Scalar::Bool(false));
        self.build.node(frame, Op::OrElse(known, not), Shape::Bool)
    }
}

/// How kept tables hold times.
pub(super) const KEPT_TIME: FactKind = FactKind::Time { format: TimeFormat::UnixMicros };

/// The facts of rows that expressions name; what stands in an aggregate within is about other rows.
fn facts_of_rows<'e>(named: impl IntoIterator<Item = &'e Expr>) -> BTreeSet<&'e str> {
    let mut facts = BTreeSet::new();
    let mut open: Vec<&Expr> = named.into_iter().collect();
    while let Some(expr) = open.pop() {
        match &expr.kind {
            ExprKind::EventFact(name) => {
                facts.insert(name.as_str());
            }
            ExprKind::Aggregate(_) => {}
            _ => open.extend(expr.parts()),
        }
    }
    facts
}

/// Whether a fact means the same in both tables.
fn alike(own: Events<'_>, kept: Events<'_>, fact: &str) -> bool {
    match (own.fact(fact), kept.fact(fact)) {
        (Some(own), Some(kept)) => own == kept || own.is_text() && kept.is_text(),
        _ => false,
    }
}
