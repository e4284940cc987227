//! Facts as they are shown: which ones a condition names, under which name, in which unit.

use super::Lowering;
use super::build::Frame;
use super::value::{Lowered, Quantity};
use crate::typed::{Aggregate, Definition, DefinitionId, Expr, ExprKind};
use crate::types::Type;
use rulec_diagnostic::Place;
use rulec_plan::audience::{NodeId, Op, Scalar, Shape};
use rulec_plan::rules::{Display, NamedFact};
use std::collections::BTreeSet;

impl Lowering<'_> {
    /// The facts that conditions name, each once, in the order in which they first appear. A segment or a class of a tier
    /// stands for the facts that it names itself.
    pub(super) fn named_facts<'e>(
        &mut self,
        conditions: impl IntoIterator<Item = &'e Expr>,
    ) -> Vec<NamedFact> {
        let mut named = Named { found: Vec::new(), seen: BTreeSet::new(), definitions: BTreeSet::new() };
        for condition in conditions {
            self.names(condition, &mut named);
        }
        named.found
    }

    fn names(&mut self, expr: &Expr, named: &mut Named) {
        match &expr.kind {
            ExprKind::Fact(name) => self.name(name.clone(), expr, named),
            ExprKind::Lookup { table, fact, .. } => self.name(format!("{table}.{fact}"), expr, named),
            ExprKind::Definition(id) => self.name_definition(*id, expr, named),
            ExprKind::Aggregate(_) | ExprKind::Rank(_) | ExprKind::Quintile(_) => {
                let written =
                    self.sources.text(expr.place.file).get(expr.place.span.range()).unwrap_or_default();
                let label = written.split_whitespace().collect::<Vec<_>>().join(" ");
                self.name(label, expr, named);
            }
            _ => expr.parts().into_iter().for_each(|part| self.names(part, named)),
        }
    }

    fn name_definition(&mut self, id: DefinitionId, expr: &Expr, named: &mut Named) {
        let program = self.program;
        let definition: &Definition = program.definition(id);
        if definition.value.ty != Type::Bool {
            return self.name(definition.name.clone(), expr, named);
        }
        if named.definitions.insert(id) {
            self.names(&definition.value, named);
        }
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
                let wanted = if ratio { 0 } else { 6 };
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
        let lowered = self.unscaled(FRAME, node, scale - wanted);
        match lowered {
            Quantity::Node { node, .. } => node,
            Quantity::Constant(_) => self.build.constant(FRAME, Scalar::Missing),
        }
    }

    /// Whether a value tells who a person is: it rests on a personal fact.
    pub(super) fn is_personal(&self, expr: &Expr) -> bool {
        let fact = |name: &str| self.project.customer.facts.get(name).is_some_and(|fact| fact.personal);
        let mut open = vec![expr];
        let mut seen = BTreeSet::new();
        while let Some(expr) = open.pop() {
            let personal = match &expr.kind {
                ExprKind::Fact(name) => fact(name),
                ExprKind::Lookup { table, fact, .. } => {
                    let described = self.project.lookups.get(table).and_then(|table| table.facts.get(fact));
                    described.is_some_and(|fact| fact.personal)
                }
                ExprKind::Aggregate(aggregate) => self.is_personal_event(aggregate),
                _ => false,
            };
            if personal {
                return true;
            }
            match &expr.kind {
                ExprKind::Definition(id) if seen.insert(*id) => {
                    open.push(&self.program.definition(*id).value)
                }
                // What only decides which rows count, or only yes or no, tells of nobody who it is.
                ExprKind::Aggregate(_) => {}
                _ => open.extend(expr.parts()),
            }
        }
        false
    }

    /// Whether the argument of an aggregate is a personal fact of the row.
    fn is_personal_event(&self, aggregate: &Aggregate) -> bool {
        let Some(ExprKind::EventFact(name)) = aggregate.argument.as_ref().map(|argument| &argument.kind)
        else {
            return false;
        };
        let fact = self.project.events.get(&aggregate.event).and_then(|table| table.facts.get(name));
        fact.is_some_and(|fact| fact.personal)
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
    definitions: BTreeSet<DefinitionId>,
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
