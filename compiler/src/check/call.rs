//! Aggregates over events, and functions over the population.

use super::{Checker, Row, Scope};
use crate::diagnostics::{names, types, windows};
use crate::events::{Events, first_name};
use crate::typed::{Aggregate, AggregateFunction, ArithmeticOp, Expr, ExprKind, Ranking, Window};
use crate::types::Type;
use rulec_diagnostic::Place;
use rulec_grammar::tree::{self, Call};

/// All functions by their English names.
const AGGREGATES: &[(&str, AggregateFunction)] = &[
    ("count", AggregateFunction::Count),
    ("sum", AggregateFunction::Sum),
    ("avg", AggregateFunction::Average),
    ("min", AggregateFunction::Min),
    ("max", AggregateFunction::Max),
    ("first", AggregateFunction::First),
    ("last", AggregateFunction::Last),
    ("distinct", AggregateFunction::Distinct),
    ("exists", AggregateFunction::Exists),
];
const OTHERS: &[&str] = &["quintile", "rank", "anniversary", "lunar"];

impl<'a> Checker<'a> {
    pub(super) fn call(&mut self, call: &Call, place: Place, scope: Scope<'a>) -> Expr {
        let function = call.function.node.as_str();
        if let Some((_, aggregate)) = AGGREGATES.iter().find(|(name, _)| *name == function) {
            return self.aggregate(*aggregate, call, place, scope);
        }
        match function {
            "rank" => self.ranked(call, place, scope, ExprKind::Rank),
            "quintile" => self.ranked(call, place, scope, ExprKind::Quintile),
            "anniversary" | "lunar" => {
                self.report(windows::anniversary_without_window(place, function));
                Expr::error(place)
            }
            _ => {
                let known = AGGREGATES.iter().map(|(name, _)| *name).chain(OTHERS.iter().copied());
                self.report(names::unknown_function(self.place(call.function.span), function, known));
                Expr::error(place)
            }
        }
    }

    fn ranked(
        &mut self,
        call: &Call,
        place: Place,
        scope: Scope<'a>,
        kind: impl Fn(Ranking) -> ExprKind,
    ) -> Expr {
        if let Some(extra) = call.filter.as_ref().map(|x| x.span).or(call.window.as_ref().map(|x| x.span)) {
            self.report(types::not_of_events(self.place(extra), &call.function.node));
            return Expr::error(place);
        }
        let Some(argument) = &call.argument else {
            self.report(types::argument_missing(place, &call.function.node));
            return Expr::error(place);
        };
        // In `rank(sum(orders.amount) best high)` the grammar gives `best` to the call it follows; it is the ranking's.
        let mut argument = argument.clone();
        let mut best = call.best.clone();
        if let tree::ExprKind::Call(inner) = &mut argument.kind {
            best = best.or(inner.best.take());
        }
        match self.ranking(&argument, best.as_ref(), scope) {
            Some(ranking) => Expr { kind: kind(ranking), ty: Type::Number, place },
            None => Expr::error(place),
        }
    }

    fn aggregate(
        &mut self,
        function: AggregateFunction,
        call: &Call,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        if scope.row.is_some() {
            // An aggregate inside `where` is about the customer of the row, not about the row.
            return self.aggregate(function, call, place, Scope { row: None, ..scope });
        }
        if let Some(best) = &call.best {
            self.report(types::best_of_events(self.place(best.span)));
        }
        let Some((event, events)) = self.event_of(call, place) else { return Expr::error(place) };
        let inside = Scope { row: Some(Row { event, events }), ..scope };
        let filter = call.filter.as_ref().map(|filter| self.condition(filter, inside));
        let window = match &call.window {
            None => None,
            Some(window) => match self.event_window(window, scope) {
                Some(window) => Some(window),
                None => return Expr::error(place),
            },
        };
        let Some((argument, ty)) = self.argument(function, call, inside, place) else {
            return Expr::error(place);
        };
        let aggregate = Aggregate { function, event: event.to_owned(), argument, filter, window };
        Expr { kind: ExprKind::Aggregate(Box::new(aggregate)), ty, place }
    }

    fn event_window(&mut self, window: &tree::Spanned<tree::Window>, scope: Scope<'a>) -> Option<Window> {
        if matches!(window.node, tree::Window::Next(_)) {
            self.report(windows::future_events(self.place(window.span)));
            return None;
        }
        self.window(window, scope)
    }

    /// The event table that an aggregate is over: the first name of its argument.
    fn event_of(&mut self, call: &Call, place: Place) -> Option<(&'a str, Events<'a>)> {
        let Some(argument) = &call.argument else {
            self.report(types::argument_missing(place, &call.function.node));
            return None;
        };
        let Some(head) = first_name(argument) else {
            self.report(types::argument_without_events(self.place(argument.span), &call.function.node));
            return None;
        };
        let name = head.node.as_str();
        let found = Events::names(self.project).find(|known| *known == name);
        match found.and_then(|name| Events::find(self.project, name).map(|events| (name, events))) {
            Some(found) => Some(found),
            None => {
                let known = Events::names(self.project);
                let is_value =
                    self.symbols.values.contains_key(name) || self.project.customer.facts.contains_key(name);
                let here = self.place(head.span);
                self.report(names::unknown_event(here, name, &call.function.node, is_value, known));
                None
            }
        }
    }

    /// The argument inside the row, and the type that comes out.
    fn argument(
        &mut self,
        function: AggregateFunction,
        call: &Call,
        inside: Scope<'a>,
        place: Place,
    ) -> Option<(Option<Expr>, Type)> {
        use AggregateFunction as F;
        let written = call.argument.as_ref()?;
        let bare = matches!(&written.kind, tree::ExprKind::Path(path) if path.names.len() == 1);
        if bare {
            return match function {
                F::Count => Some((None, Type::Number)),
                F::Exists => Some((None, Type::Bool)),
                _ => {
                    let (event, facts) =
                        inside.row.map(|row| (row.event, row.events.facts())).unwrap_or_default();
                    self.report(types::aggregate_of_rows(place, &call.function.node, event, &facts));
                    None
                }
            };
        }
        let typed = self.expr(written, None, inside);
        if typed.ty.is_unknown() {
            return None;
        }
        let ty = match function {
            F::Count | F::Distinct => Some(Type::Number),
            F::Exists => Some(Type::Bool),
            F::First | F::Last => (typed.ty != Type::Set).then(|| typed.ty.clone()),
            F::Min | F::Max => typed.ty.is_ordered().then(|| typed.ty.clone()),
            F::Sum | F::Average => {
                (typed.ty.is_quantity() || typed.ty == Type::Duration).then(|| typed.ty.clone())
            }
        };
        if ty.is_none() || function == F::Distinct && typed.ty == Type::Set {
            let (name, source) = (&call.function.node, self.source(written.span));
            self.report(types::wrong_argument(typed.place, name, source, &typed.ty));
            return None;
        }
        if matches!(function, F::Sum | F::Average | F::Min | F::Max) && self.is_fraction(&typed) {
            self.report(types::fraction_of_rows(typed.place, &call.function.node));
            return None;
        }
        ty.map(|ty| (Some(typed), ty))
    }
}

impl Checker<'_> {
    /// Whether a value may be a fraction: whether something in it is divided.
    pub(super) fn is_fraction(&self, expr: &Expr) -> bool {
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Arithmetic { op: ArithmeticOp::Divide, .. } => return true,
                ExprKind::Aggregate(aggregate) => {
                    if aggregate.function == AggregateFunction::Average {
                        return true;
                    }
                }
                ExprKind::Definition(id) => open.push(&self.program.definition(*id).value),
                _ => open.extend(expr.parts()),
            }
        }
        false
    }
}
