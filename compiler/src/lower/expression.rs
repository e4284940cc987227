//! Expressions: constants, names, logic.

use super::Lowering;
use super::build::Frame;
use super::fraction::Fraction;
use super::value::{Length, Lowered, Moment, Quantity, When};
use crate::diagnostics::run;
use crate::typed::{CalendarPart, Constant, DefinitionId, Expr, ExprKind, Ranking};
use rulec_diagnostic::Place;
use rulec_plan::audience::{NodeId, Op, Ranking as Ranked, Scalar, Shape};
use rulec_plan::project::{Fact, FactKind, Source};

impl Lowering<'_> {
    /// A condition as a Bool node.
    pub(super) fn condition(&mut self, frame: Frame, expr: &Expr) -> NodeId {
        let lowered = self.expr(frame, expr);
        self.node_of(frame, lowered, expr.place)
    }

    pub(super) fn expr(&mut self, frame: Frame, expr: &Expr) -> Lowered {
        let place = expr.place;
        match &expr.kind {
            ExprKind::EventFact(name) => self.event_fact(frame, name),
            ExprKind::EventTime => match frame {
                Frame::Row(stream) => Lowered::When(When::Time(Moment::Node(self.build.event_time(stream)))),
                Frame::Customer => self.nothing(frame),
            },
            ExprKind::Not(inner) => {
                let inner = self.condition(frame, inner);
                Lowered::Node(self.build.node(frame, Op::Not(inner), Shape::Bool))
            }
            ExprKind::And(parts) => self.logic(frame, parts, Op::And),
            ExprKind::Or(parts) => self.logic(frame, parts, Op::Or),
            ExprKind::Negate(inner) => {
                let inner = self.quantity(frame, inner);
                Lowered::Quantity(self.negate(frame, inner, place))
            }
            ExprKind::Arithmetic { op, left, right } => {
                let (left, right) = (self.expr(frame, left), self.expr(frame, right));
                self.arithmetic(frame, *op, left, right, place)
            }
            ExprKind::Compare { op, left, right } => {
                let (left, right) = (self.expr(frame, left), self.expr(frame, right));
                Lowered::Node(self.compare(frame, *op, left, right, place))
            }
            ExprKind::InRange { value, low, high } => self.in_range(frame, value, low, high, place),
            ExprKind::InWindow { value, window, yearly } => self.in_window(frame, value, window, *yearly),
            ExprKind::OneOf { value, texts } => {
                let value = self.condition(frame, value);
                Lowered::Node(self.one_of(frame, value, texts.clone()))
            }
            ExprKind::Contains { value, item } => {
                let (value, item) = (self.condition(frame, value), self.condition(frame, item));
                Lowered::Node(self.build.node(frame, Op::Contains { value, item }, Shape::Bool))
            }
            ExprKind::IsMissing(inner) => {
                let lowered = self.expr(frame, inner);
                let node = self.node_of(frame, lowered, place);
                Lowered::Node(self.build.node(frame, Op::IsMissing(node), Shape::Bool))
            }
            ExprKind::OrElse(value, other) => {
                let (value, other) = (self.expr(frame, value), self.expr(frame, other));
                self.or_else(frame, value, other, place)
            }
            ExprKind::Constant(_)
            | ExprKind::Param(_)
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::TodayIs(_)
            | ExprKind::CalendarPart(_) => self.same_for_all(frame, expr),
            ExprKind::Fact(_)
            | ExprKind::Definition(_)
            | ExprKind::Lookup { .. }
            | ExprKind::Aggregate(_)
            | ExprKind::Rank(_)
            | ExprKind::Quintile(_)
            | ExprKind::InTop { .. }
            | ExprKind::Membership { .. }
            | ExprKind::Outcome(_) => {
                let lowered = self.of_customer(expr);
                self.seen_from(frame, lowered)
            }
            // Refused before.
            ExprKind::Error => self.nothing(frame),
        }
    }

    /// A value that no customer changes.
    fn same_for_all(&mut self, frame: Frame, expr: &Expr) -> Lowered {
        match &expr.kind {
            ExprKind::Constant(constant) => self.constant(frame, constant),
            ExprKind::Param(name) => match self.params.get(name).cloned() {
                Some(value) => self.constant(frame, &value),
                None => self.nothing(frame),
            },
            ExprKind::Now => Lowered::When(When::Time(Moment::Constant(self.now))),
            ExprKind::Today => Lowered::When(When::Day(Moment::Constant(self.today))),
            ExprKind::TodayIs(festival) => {
                let holds = self.today_is(festival, expr.place);
                Lowered::Node(self.build.constant(frame, Scalar::Bool(holds)))
            }
            ExprKind::CalendarPart(part) => Lowered::Quantity(Quantity::Constant(self.calendar_part(*part))),
            _ => self.nothing(frame),
        }
    }

    /// A value of the customer, whatever the rows.
    fn of_customer(&mut self, expr: &Expr) -> Lowered {
        const FRAME: Frame = Frame::Customer;
        match &expr.kind {
            ExprKind::Fact(name) => match self.project.customer.facts.get(name) {
                Some(fact) => {
                    let node = self.build.customer_column(fact);
                    Self::column(fact, node)
                }
                None => self.nothing(FRAME),
            },
            ExprKind::Definition(id) => self.definition(*id),
            ExprKind::Lookup { table, fact, by } => self.lookup(table, fact, by),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, expr.place),
            ExprKind::Rank(ranking) => {
                let ranked = self.ranked(ranking);
                let node = self.build.node(FRAME, Op::Rank(ranked), Shape::Int);
                Lowered::Quantity(Quantity::Node { node, scale: 0 })
            }
            ExprKind::Quintile(ranking) => {
                let ranked = self.ranked(ranking);
                let node = self.build.node(FRAME, Op::Quintile(ranked), Shape::Int);
                Lowered::Quantity(Quantity::Node { node, scale: 0 })
            }
            ExprKind::InTop { ranking, share } => {
                let ranking = self.ranked(ranking);
                let (numerator, denominator) = self.share(share);
                let op = Op::Top { ranking, numerator, denominator };
                Lowered::Node(self.build.node(FRAME, op, Shape::Bool))
            }
            ExprKind::Membership { enters, of } => self.moves(*enters, *of, expr.place),
            ExprKind::Outcome(outcome) => self.outcome(outcome),
            _ => self.nothing(FRAME),
        }
    }

    fn definition(&mut self, id: DefinitionId) -> Lowered {
        if let Some(lowered) = self.definitions.get(id.0).copied().flatten() {
            return lowered;
        }
        // In order of their ids, each rests only on those before it: no deep recursion, however long the chain.
        let program = self.program;
        for (at, definition) in program.definitions.iter().enumerate().take(id.0 + 1) {
            if self.definitions[at].is_none() {
                self.definitions[at] = Some(self.expr(Frame::Customer, &definition.value));
            }
        }
        self.definitions[id.0].unwrap_or_else(|| self.nothing(Frame::Customer))
    }

    fn lookup(&mut self, table: &str, fact: &str, by: &Expr) -> Lowered {
        const FRAME: Frame = Frame::Customer;
        let described = self.project.lookups.get(table).and_then(|table| table.facts.get(fact));
        let Some(described) = described else { return self.nothing(FRAME) };
        let place = by.place;
        let by = self.expr(FRAME, by);
        // A number is looked up among keys read to as many decimals as it has itself.
        let (key, scale) = match by {
            Lowered::Quantity(quantity) => self.quantity_node(FRAME, quantity, place),
            other => (self.node_of(FRAME, other, place), 0),
        };
        match self.build.lookup_column(table, described, key, scale) {
            Some(node) => Self::column(described, node),
            None => self.nothing(FRAME),
        }
    }

    pub(super) fn ranked(&mut self, ranking: &Ranking) -> Ranked {
        let lowered = self.expr(Frame::Customer, &ranking.value);
        let value = self.node_of(Frame::Customer, lowered, ranking.value.place);
        Ranked { value, low_is_better: ranking.low_is_better }
    }

    fn share(&mut self, share: &Expr) -> (i64, i64) {
        let parts = match self.quantity(Frame::Customer, share) {
            Quantity::Constant(share) => share.parts(),
            Quantity::Node { .. } => None,
        };
        parts.unwrap_or_else(|| {
            self.too_large(share.place);
            (0, 1)
        })
    }

    fn event_fact(&mut self, frame: Frame, name: &str) -> Lowered {
        let Frame::Row(stream) = frame else { return self.nothing(frame) };
        let scan = &self.build.audience.scans[stream.scan as usize];
        if let Source::Kept(kept) = scan.source {
            return self.kept_fact(stream, kept, name);
        }
        let event = &scan.streams[stream.stream as usize].name;
        match self.project.events.get(event).and_then(|table| table.facts.get(name)) {
            Some(fact) => {
                let node = self.build.event_column(stream, fact);
                Self::column(fact, node)
            }
            None => self.nothing(frame),
        }
    }

    /// A column as rules see it.
    fn column(fact: &Fact, node: NodeId) -> Lowered {
        match &fact.kind {
            FactKind::Number { decimals } => {
                Lowered::Quantity(Quantity::Node { node, scale: u32::from(*decimals) })
            }
            FactKind::Money { .. } => Lowered::Quantity(Quantity::Node { node, scale: 2 }),
            // Four decimals of a percent are six of a share.
            FactKind::Percent => Lowered::Quantity(Quantity::Node { node, scale: 6 }),
            FactKind::Date { .. } => Lowered::When(When::Day(Moment::Node(node))),
            FactKind::Time { .. } => Lowered::When(When::Time(Moment::Node(node))),
            FactKind::Days => Lowered::Length(Length::Days(Quantity::Node { node, scale: 0 })),
            FactKind::Bool | FactKind::Text | FactKind::Enum { .. } | FactKind::Set { .. } => {
                Lowered::Node(node)
            }
        }
    }

    fn constant(&mut self, frame: Frame, constant: &Constant) -> Lowered {
        let hundredth = Fraction::new(1, 100).unwrap_or(Fraction::ZERO);
        match constant {
            Constant::Bool(value) => Lowered::Node(self.build.constant(frame, Scalar::Bool(*value))),
            Constant::Text(text) => Lowered::Node(self.build.constant(frame, Scalar::Text(text.clone()))),
            Constant::Number(number) | Constant::Money(number) => {
                Lowered::Quantity(Quantity::Constant(Fraction::decimal(*number)))
            }
            Constant::Percent(number) => {
                let share = Fraction::decimal(*number).multiply(hundredth);
                Lowered::Quantity(Quantity::Constant(share.unwrap_or(Fraction::ZERO)))
            }
            Constant::Date(day) => Lowered::When(When::Day(Moment::Constant(*day))),
            Constant::Duration(duration) => Lowered::Length(Length::Written(*duration)),
        }
    }

    /// Kleene's and / or: flat, each part once, in one order, so that what means the same is the same.
    fn logic(&mut self, frame: Frame, parts: &[Expr], op: impl Fn(Vec<NodeId>) -> Op) -> Lowered {
        let parts: Vec<NodeId> = parts.iter().map(|part| self.condition(frame, part)).collect();
        Lowered::Node(self.join(frame, parts, op))
    }

    pub(super) fn join(
        &mut self,
        frame: Frame,
        mut parts: Vec<NodeId>,
        op: impl Fn(Vec<NodeId>) -> Op,
    ) -> NodeId {
        parts.sort_unstable();
        parts.dedup();
        match parts.as_slice() {
            [only] => *only,
            _ => self.build.node(frame, op(parts), Shape::Bool),
        }
    }

    pub(super) fn one_of(&mut self, frame: Frame, value: NodeId, mut texts: Vec<String>) -> NodeId {
        texts.sort_unstable();
        texts.dedup();
        self.build.node(frame, Op::OneOfTexts(value, texts), Shape::Bool)
    }

    fn today_is(&mut self, festival: &str, place: Place) -> bool {
        if let Some(days) = self.project.holidays.get(festival) {
            return days.contains(&self.today);
        }
        let year = self.today.to_ymd().0;
        match crate::calendar::festival(festival, year) {
            Ok(days) => days.contains(&self.today),
            Err(crate::calendar::Unknown::Year { known }) => {
                self.diagnostics.push(run::festival_year(place, festival, year, known));
                false
            }
            Err(crate::calendar::Unknown::Festival) => false,
        }
    }

    fn calendar_part(&self, part: CalendarPart) -> Fraction {
        let (_, month, day) = self.today.to_ymd();
        Fraction::whole(match part {
            CalendarPart::DayOfMonth => day,
            CalendarPart::DayOfWeek => self.today.weekday(),
            CalendarPart::MonthOfYear => month,
        })
    }

    /// What cannot be: the program was refused before.
    pub(super) fn nothing(&mut self, frame: Frame) -> Lowered {
        Lowered::Node(self.build.constant(frame, Scalar::Missing))
    }
}
