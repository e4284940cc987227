//! In which order declarations are checked, so that each comes after what it rests on.
//!
//! The order is found without recursion, since a chain of `let`s can be as long as a file.

use crate::events::{Events, first_name};
use crate::symbols::{Symbols, Value};
use rulec_grammar::tree::{Call, Expr, ExprKind, Path, Range, Window};
use rulec_plan::project::Project;
use std::collections::BTreeMap;

/// The names of values, each after all that it rests on.
#[derive(Debug, Default)]
pub(crate) struct Order<'a> {
    pub(crate) sorted: Vec<&'a str>,
    /// Names that rest on themselves: each ring once, in the order in which one leads to the next.
    pub(crate) rings: Vec<Vec<&'a str>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Done,
}

/// Sorts the values among `roots`, and whatever they rest on.
pub(crate) fn sort<'a>(
    symbols: &Symbols<'a>,
    project: &Project,
    roots: impl IntoIterator<Item = &'a str>,
) -> Order<'a> {
    let mut order = Order::default();
    let mut states: BTreeMap<&str, State> = BTreeMap::new();
    for root in roots {
        let mut path: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut next = Some(root);
        loop {
            match next.take() {
                Some(name) => match (states.get(name), symbols.values.get_key_value(name)) {
                    (None, Some((name, declared))) => {
                        states.insert(name, State::Open);
                        path.push((name, rests_on(declared.what, project)));
                    }
                    (Some(State::Open), _) => {
                        let from = path.iter().position(|(open, _)| *open == name).unwrap_or(0);
                        order.rings.push(path[from..].iter().map(|(name, _)| *name).collect());
                    }
                    _ => {}
                },
                None => match path.last_mut() {
                    None => break,
                    Some((_, names)) if !names.is_empty() => next = names.pop(),
                    Some(_) => {
                        let name = path.pop().map_or(root, |(name, _)| name);
                        states.insert(name, State::Done);
                        order.sorted.push(name);
                    }
                },
            }
        }
    }
    order
}

fn rests_on<'a>(value: Value<'a>, project: &Project) -> Vec<&'a str> {
    let mut names = Names { project, row: None, found: Vec::new() };
    match value {
        Value::Param(definition) | Value::Let(definition) | Value::Segment(definition) => {
            names.expr(&definition.value);
        }
        Value::Tier(tier) => {
            names.expr(&tier.by);
            tier.classes.iter().for_each(|class| names.range(&class.range));
        }
        Value::FactBy(fact) => names.path(&fact.by),
    }
    names.found.reverse();
    names.found
}

struct Names<'a, 'p> {
    project: &'p Project,
    /// The event table whose rows the expression is about.
    row: Option<(&'a str, Events<'p>)>,
    found: Vec<&'a str>,
}

impl<'a> Names<'a, '_> {
    fn path(&mut self, path: &'a Path) {
        let first = path.names[0].node.as_str();
        let of_row =
            self.row.is_some_and(|(event, row)| first == event || first == "at" || row.fact(first).is_some());
        if !of_row {
            self.found.push(first);
        }
    }

    fn range(&mut self, range: &'a Range) {
        range.low.iter().chain(&range.high).for_each(|end| self.expr(end));
    }

    fn window(&mut self, window: &'a Window) {
        match window {
            Window::Last(x) | Window::Next(x) | Window::Since(x) => self.expr(x),
            Window::Ago(range) | Window::Range(range) => self.range(range),
            Window::This(_) => {}
        }
    }

    fn call(&mut self, call: &'a Call) {
        let before = self.row;
        let event = call.argument.as_ref().and_then(|argument| first_name(argument));
        if let Some(event) = event
            && let Some(events) = Events::find(self.project, &event.node)
        {
            self.row = Some((&event.node, events));
        }
        call.argument.iter().chain(&call.filter).for_each(|part| self.expr(part));
        // The ends of a window are about the customer, even inside the rows of another aggregate.
        self.row = None;
        if let Some(window) = &call.window {
            self.window(&window.node);
        }
        self.row = before;
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Path(path) | ExprKind::Membership { of: path, .. } => self.path(path),
            ExprKind::Set(items) | ExprKind::And(items) | ExprKind::Or(items) => {
                items.iter().for_each(|item| self.expr(item));
            }
            ExprKind::Not(x) | ExprKind::Negate(x) | ExprKind::IsMissing { value: x, .. } => self.expr(x),
            ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::InTop { value: a, share: b, .. }
            | ExprKind::InSet { value: a, set: b }
            | ExprKind::Contains { value: a, item: b }
            | ExprKind::OrElse { value: a, default: b } => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Sum(first, rest) => {
                self.expr(first);
                rest.iter().for_each(|(_, x)| self.expr(x));
            }
            ExprKind::Product(first, rest) => {
                self.expr(first);
                rest.iter().for_each(|(_, x)| self.expr(x));
            }
            ExprKind::In { value, window } => {
                self.expr(value);
                self.window(&window.node);
            }
            ExprKind::Call(call) => self.call(call),
            ExprKind::Literal(_)
            | ExprKind::Everyone
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::TodayIs(_)
            | ExprKind::CalendarPart(_) => {}
        }
    }
}
