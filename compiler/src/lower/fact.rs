//! Facts as they are shown: which ones a condition names, under which name, in which unit.

use super::Lowering;
use super::build::Frame;
use super::value::{Lowered, Quantity};
use crate::typed::{Expr, ExprKind};
use crate::types::Type;
use indexmap::IndexMap;
use rulec_diagnostic::Place;
use rulec_plan::audience::{NodeId, Op, Shape};
use rulec_plan::project::Fact;
use rulec_plan::rules::{Display, NamedFact};
use std::collections::BTreeSet;

impl Lowering<'_> {
    /// The facts that conditions name, each once, in the order in which they first appear. A segment or a class of a tier
    /// stands for the facts that it names itself.
    pub(super) fn named_facts<'e>(
        &mut self,
        conditions: impl IntoIterator<Item = &'e Expr>,
    ) -> Vec<NamedFact> {
        let mut named = Named { found: Vec::new(), seen: BTreeSet::new() };
        let mut definitions = BTreeSet::new();
        // A stack of what is left to look at, the next on top: chains of segments can be as long as a file.
        let mut open: Vec<&Expr> = conditions.into_iter().collect();
        open.reverse();
        let program = self.program;
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Fact(name) => self.name(name.clone(), expr, &mut named),
                ExprKind::Lookup { table, fact, .. } => {
                    self.name(format!("{table}.{fact}"), expr, &mut named)
                }
                ExprKind::Definition(id) if program.definition(*id).value.ty != Type::Bool => {
                    self.name(program.definition(*id).name.clone(), expr, &mut named);
                }
                ExprKind::Definition(id) => {
                    if definitions.insert(*id) {
                        open.push(&program.definition(*id).value);
                    }
                }
                ExprKind::Aggregate(_)
                | ExprKind::Rank(_)
                | ExprKind::Quintile(_)
                | ExprKind::Membership { .. }
                | ExprKind::Outcome(_) => {
                    let label = self.words(expr);
                    self.name(label, expr, &mut named);
                }
                _ => open.extend(expr.parts().into_iter().rev()),
            }
        }
        named.found
    }

    /// An expression as written, on one line.
    pub(super) fn words(&self, expr: &Expr) -> String {
        let written = self.sources.text(expr.place.file).get(expr.place.span.range()).unwrap_or_default();
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn name(&mut self, label: String, expr: &Expr, named: &mut Named) {
        if !named.seen.insert(label.clone()) {
            return;
        }
        let (node, display) = self.shown(expr);
        let name = format!("{label}{}", unit(&expr.ty));
        named.found.push(NamedFact { name, label, node, display, personal: self.is_personal(expr) });
    }

    /// The node of a value as it is shown, and how.
    pub(super) fn shown(&mut self, expr: &Expr) -> (NodeId, Display) {
        const FRAME: Frame = Frame::Customer;
        let lowered = self.expr(FRAME, expr);
        match &expr.ty {
            Type::Number => {
                let quantity = self.quantity_of(FRAME, lowered, expr.place);
                self.shown_number(quantity, expr.place)
            }
            Type::Money => {
                let quantity = self.quantity_of(FRAME, lowered, expr.place);
                (self.at_scale(quantity, 2, expr.place), Display::Money)
            }
            Type::Percent => {
                let quantity = self.quantity_of(FRAME, lowered, expr.place);
                let (node, scale) = self.quantity_node(FRAME, quantity, expr.place);
                let ratio = self.build.shape(FRAME, node) == Shape::Ratio;
                // What has more decimals becomes an exact share of one.
                let wanted = if ratio || scale > 6 { 0 } else { 6 };
                (self.at_scale(Quantity::Node { node, scale }, wanted, expr.place), Display::Percent)
            }
            Type::Duration => {
                let days = match lowered {
                    Lowered::Length(length) => self.days(FRAME, length, expr.place),
                    other => self.quantity_of(FRAME, other, expr.place),
                };
                (self.at_scale(days, 0, expr.place), Display::Days)
            }
            Type::Bool => (self.node_of(FRAME, lowered, expr.place), Display::Bool),
            Type::Date => (self.node_of(FRAME, lowered, expr.place), Display::Date),
            Type::Time => (self.node_of(FRAME, lowered, expr.place), Display::Time),
            Type::Set => (self.node_of(FRAME, lowered, expr.place), Display::Set),
            Type::Text | Type::Enum(_) | Type::Unknown => {
                (self.node_of(FRAME, lowered, expr.place), Display::Text)
            }
        }
    }

    fn shown_number(&mut self, quantity: Quantity, place: Place) -> (NodeId, Display) {
        const FRAME: Frame = Frame::Customer;
        let (node, scale) = self.quantity_node(FRAME, quantity, place);
        if self.build.shape(FRAME, node) == Shape::Ratio {
            let node = self.at_scale(Quantity::Node { node, scale }, 0, place);
            return (node, Display::Number { scale: 0 });
        }
        (node, Display::Number { scale: u8::try_from(scale).unwrap_or(u8::MAX) })
    }

    /// The node whose value over 10^`wanted` is the quantity.
    fn at_scale(&mut self, quantity: Quantity, wanted: u32, place: Place) -> NodeId {
        const FRAME: Frame = Frame::Customer;
        let (node, scale) = self.quantity_node(FRAME, quantity, place);
        if scale <= wanted {
            return self.raised(FRAME, node, wanted - scale);
        }
        self.unscaled(FRAME, node, scale - wanted)
    }

    /// Whether a value tells who a person is: it rests on a personal fact of the customer, of outside data or of a row.
    pub(super) fn is_personal(&self, expr: &Expr) -> bool {
        let of = |facts: Option<&IndexMap<String, Fact>>, name: &str| {
            facts.and_then(|facts| facts.get(name)).is_some_and(|fact| fact.personal)
        };
        let mut seen = BTreeSet::new();
        // Each with the event table that it is about.
        let mut open: Vec<(&Expr, Option<&str>)> = vec![(expr, None)];
        while let Some((expr, event)) = open.pop() {
            let personal = match &expr.kind {
                ExprKind::Fact(name) => of(Some(&self.project.customer.facts), name),
                ExprKind::Lookup { table, fact, .. } => {
                    of(self.project.lookups.get(table).map(|table| &table.facts), fact)
                }
                ExprKind::EventFact(name) => {
                    of(event.and_then(|event| self.project.events.get(event)).map(|table| &table.facts), name)
                }
                _ => false,
            };
            if personal {
                return true;
            }
            match &expr.kind {
                ExprKind::Definition(id) if seen.insert(*id) => {
                    open.push((&self.program.definition(*id).value, None));
                }
                // What only decides which rows count does not come out.
                ExprKind::Aggregate(aggregate) => {
                    open.extend(aggregate.argument.iter().map(|part| (part, Some(aggregate.event.as_str()))));
                }
                _ => open.extend(expr.parts().into_iter().map(|part| (part, event))),
            }
        }
        false
    }

    /// A condition that holds where the first holds and the second does not.
    pub(super) fn but_not(&mut self, when: NodeId, unless: Option<NodeId>) -> NodeId {
        const FRAME: Frame = Frame::Customer;
        let Some(unless) = unless else { return when };
        let not = self.build.node(FRAME, Op::Not(unless), Shape::Bool);
        self.join(FRAME, vec![when, not], Op::And)
    }
}

struct Named {
    found: Vec<NamedFact>,
    seen: BTreeSet<String>,
}

/// What a name carries of its unit.
fn unit(ty: &Type) -> &'static str {
    match ty {
        Type::Duration => "_days",
        Type::Money => "_cents",
        Type::Percent => "_percent",
        _ => "",
    }
}
