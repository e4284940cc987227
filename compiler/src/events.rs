//! Event tables: those of the project file, and those that the runtime keeps itself.

use crate::types::Type;
use rulec_grammar::tree::{Expr, ExprKind, Name};
use rulec_plan::project::{EventTable, FactKind, Kept, Project};
use std::sync::Arc;

/// An event table that the runtime keeps, as rules see it.
#[derive(Debug, PartialEq)]
pub(crate) struct KeptTable {
    name: &'static str,
    pub(crate) kept: Kept,
    facts: &'static [KeptFact],
}

/// A fact of the rows of a kept table.
#[derive(Debug, PartialEq)]
pub(crate) struct KeptFact {
    name: &'static str,
    pub(crate) column: &'static str,
    pub(crate) holds: Holds,
}

/// What a column of a kept table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    Cents,
    Time,
    /// When something happened: the fact is whether it has, and is never missing.
    Happened,
}

const TOUCHES: KeptTable = KeptTable {
    name: "touches",
    kept: Kept::Touches,
    facts: &[
        fact("channel", "channel", Holds::Text),
        fact("rule", "rule", Holds::Text),
        fact("campaign", "campaign", Holds::Text),
        fact("opened", "opened_at", Holds::Happened),
        fact("clicked", "clicked_at", Holds::Happened),
        fact("replied", "replied_at", Holds::Happened),
        fact("redeemed", "redeemed_at", Holds::Happened),
        fact("converted", "converted_at", Holds::Happened),
    ],
};
const COUPONS: KeptTable = KeptTable {
    name: "coupons",
    kept: Kept::Coupons,
    facts: &[
        fact("channel", "channel", Holds::Text),
        fact("rule", "rule", Holds::Text),
        fact("campaign", "campaign", Holds::Text),
        fact("code", "code", Holds::Text),
        fact("amount", "amount", Holds::Cents),
        fact("threshold", "threshold", Holds::Cents),
        fact("expires", "expires_at", Holds::Time),
        fact("redeemed", "redeemed_at", Holds::Happened),
    ],
};
static KEPT: [KeptTable; 2] = [TOUCHES, COUPONS];

const fn fact(name: &'static str, column: &'static str, holds: Holds) -> KeptFact {
    KeptFact { name, column, holds }
}

impl KeptTable {
    /// The table of this name.
    pub(crate) fn find(name: &str) -> Option<&'static KeptTable> {
        KEPT.iter().find(|table| table.name == name)
    }

    /// The table in which this is kept.
    pub(crate) fn of(kept: Kept) -> Option<&'static KeptTable> {
        KEPT.iter().find(|table| table.kept == kept)
    }

    pub(crate) fn fact(&self, name: &str) -> Option<&'static KeptFact> {
        self.facts.iter().find(|fact| fact.name == name)
    }
}

impl KeptFact {
    pub(crate) fn ty(&self) -> Type {
        match self.holds {
            Holds::Text => Type::Text,
            Holds::Cents => Type::Money,
            Holds::Time => Type::Time,
            Holds::Happened => Type::Bool,
        }
    }
}

/// What an event table knows of its rows: the project's own, one that is kept, or both under one name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events<'a> {
    pub(crate) own: Option<&'a EventTable>,
    pub(crate) kept: Option<&'static KeptTable>,
}

impl<'a> Events<'a> {
    /// The event table of this name.
    pub(crate) fn find(project: &'a Project, name: &str) -> Option<Self> {
        let found = Events { own: project.events.get(name), kept: KeptTable::find(name) };
        (found.own.is_some() || found.kept.is_some()).then_some(found)
    }

    /// The names of all event tables.
    pub(crate) fn names(project: &'a Project) -> impl Iterator<Item = &'a str> {
        let kept = KEPT.iter().map(|table| table.name).filter(|name| !project.events.contains_key(*name));
        project.events.keys().map(String::as_str).chain(kept)
    }

    /// The type of a fact of its rows. Where both tables have it, what holds of either.
    pub(crate) fn fact(self, name: &str) -> Option<Type> {
        let own = self.own.and_then(|table| table.facts.get(name)).map(|fact| type_of(&fact.kind));
        let kept = self.kept.and_then(|table| table.fact(name)).map(KeptFact::ty);
        match (own, kept) {
            (Some(own), Some(kept)) if own.is_text() && kept.is_text() => Some(Type::Text),
            (own, kept) => own.or(kept),
        }
    }

    /// The names of its facts.
    pub(crate) fn facts(self) -> Vec<&'a str> {
        let own = self.own.into_iter().flat_map(|table| table.facts.keys().map(String::as_str));
        let kept = self.kept.into_iter().flat_map(|table| table.facts.iter().map(|fact| fact.name));
        let mut facts: Vec<&str> = own.collect();
        for name in kept {
            if !facts.contains(&name) {
                facts.push(name);
            }
        }
        facts
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
