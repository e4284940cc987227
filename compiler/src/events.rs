//! Event tables: those of the project file, and those that the runtime keeps itself.

use crate::types::Type;
use rulec_grammar::tree::{Expr, ExprKind, Name};
use rulec_plan::project::{FactKind, Project};
use std::sync::Arc;

/// The event tables that the runtime keeps: their names and facts.
const KEPT: &[(&str, &[(&str, Type)])] = &[
    (
        "touches",
        &[
            ("channel", Type::Text),
            ("rule", Type::Text),
            ("campaign", Type::Text),
            ("opened", Type::Bool),
            ("clicked", Type::Bool),
            ("replied", Type::Bool),
            ("converted", Type::Bool),
        ],
    ),
    (
        "coupons",
        &[
            ("rule", Type::Text),
            ("campaign", Type::Text),
            ("code", Type::Text),
            ("amount", Type::Money),
            ("threshold", Type::Money),
            ("expires", Type::Time),
            ("redeemed", Type::Bool),
        ],
    ),
];

/// What an event table knows of its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Events<'a> {
    /// Described by the project file.
    Project(&'a rulec_plan::project::EventTable),
    /// Kept by the runtime.
    Kept(&'static [(&'static str, Type)]),
}

impl<'a> Events<'a> {
    /// The event table of this name. What the project maps stands before what the runtime keeps.
    pub(crate) fn find(project: &'a Project, name: &str) -> Option<Self> {
        let kept = || KEPT.iter().find(|(kept, _)| *kept == name).map(|(_, facts)| Events::Kept(facts));
        project.events.get(name).map(Events::Project).or_else(kept)
    }

    /// The names of all event tables.
    pub(crate) fn names(project: &'a Project) -> impl Iterator<Item = &'a str> {
        project.events.keys().map(String::as_str).chain(KEPT.iter().map(|(name, _)| *name))
    }

    /// The type of a fact of its rows.
    pub(crate) fn fact(self, name: &str) -> Option<Type> {
        match self {
            Events::Project(table) => table.facts.get(name).map(|fact| type_of(&fact.kind)),
            Events::Kept(facts) => facts.iter().find(|(fact, _)| *fact == name).map(|(_, ty)| ty.clone()),
        }
    }

    /// The names of its facts.
    pub(crate) fn facts(self) -> Vec<&'a str> {
        match self {
            Events::Project(table) => table.facts.keys().map(String::as_str).collect(),
            Events::Kept(facts) => facts.iter().map(|(fact, _)| *fact).collect(),
        }
    }
}

/// The first name in the argument of an aggregate, which says of which events: `orders` in `orders.price * orders.pieces`.
pub(crate) fn first_name(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        ExprKind::Path(path) => path.names.first(),
        ExprKind::Negate(inner) => first_name(inner),
        ExprKind::Sum(first, rest) => {
            first_name(first).or_else(|| rest.iter().find_map(|(_, x)| first_name(x)))
        }
        ExprKind::Product(first, rest) => {
            first_name(first).or_else(|| rest.iter().find_map(|(_, x)| first_name(x)))
        }
        ExprKind::OrElse { value, .. } => first_name(value),
        _ => None,
    }
}

/// The type of a column as rules see it.
pub(crate) fn type_of(kind: &FactKind) -> Type {
    match kind {
        FactKind::Bool => Type::Bool,
        FactKind::Number { .. } => Type::Number,
        FactKind::Money { .. } => Type::Money,
        FactKind::Percent => Type::Percent,
        FactKind::Text => Type::Text,
        FactKind::Enum { values } => Type::Enum(Arc::from(values.as_slice())),
        FactKind::Date { .. } => Type::Date,
        FactKind::Time { .. } => Type::Time,
        FactKind::Days => Type::Duration,
        FactKind::Set { .. } => Type::Set,
    }
}
