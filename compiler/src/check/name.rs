//! What a name or a dotted path stands for.

use super::{Checker, Defined, Scope};
use crate::diagnostics::{names, types};
use crate::events::{Events, type_of};
use crate::load::Layer;
use crate::typed::{DefinitionId, Expr, ExprKind};
use crate::types::Type;
use rulec_diagnostic::Place;
use rulec_grammar::tree::{Name, Path};

/// What became of a message, as conditions of follow-ups name it, in both languages.
const OUTCOMES: &[(&str, &str)] = &[
    ("opened", "已打开"),
    ("clicked", "已点击"),
    ("converted", "已转化"),
    ("replied", "已回复"),
    ("redeemed", "已核销"),
];

/// An outcome in both languages.
pub(crate) fn outcome_words(outcome: &str) -> Vec<String> {
    let twins = OUTCOMES.iter().filter(|(en, _)| *en == outcome);
    twins.flat_map(|(en, zh)| [(*en).to_owned(), (*zh).to_owned()]).collect()
}

impl<'a> Checker<'a> {
    pub(super) fn path(&mut self, path: &Path, scope: Scope<'a>) -> Expr {
        let place = self.place(path.span);
        match path.names.as_slice() {
            [name] => self.name(name, place, scope),
            [first, second] => self.dotted(first, second, place, scope),
            [first, ..] => {
                self.report(names::too_many_dots(place, &first.node));
                Expr::error(place)
            }
            [] => Expr::error(place),
        }
    }

    fn name(&mut self, name: &Name, place: Place, scope: Scope<'a>) -> Expr {
        let word = name.node.as_str();
        if let Some(expr) = self.of_row(word, place, scope) {
            return expr;
        }
        if let Some((outcome, _)) =
            OUTCOMES.iter().find(|(en, zh)| scope.follow_up && (*en == word || *zh == word))
        {
            return Expr { kind: ExprKind::Outcome(outcome), ty: Type::Bool, place };
        }
        let declared =
            self.symbols.values.get_key_value(word).map(|(name, declared)| (*name, declared.layer));
        if let (Some(fact), None | Some((_, Layer::Pack | Layer::Prelude))) =
            (self.project.customer.facts.get(word), declared)
        {
            return Expr { kind: ExprKind::Fact(word.to_owned()), ty: type_of(&fact.kind), place };
        }
        match declared {
            Some((name, _)) => self.declared_name(name, place),
            None => self.unknown_name(word, place, scope),
        }
    }

    /// Whether a name stands for anything here, even something with a mistake.
    pub(super) fn is_known(&self, word: &str, scope: Scope<'a>) -> bool {
        scope.row.is_some_and(|row| row.events.fact(word).is_some() || word == "at")
            || self.symbols.values.contains_key(word)
            || self.symbols.broken.contains(word)
            || self.project.customer.facts.contains_key(word)
            || Events::find(self.project, word).is_some()
    }

    /// A fact of the row, where the expression is about rows.
    fn of_row(&self, word: &str, place: Place, scope: Scope<'a>) -> Option<Expr> {
        let row = scope.row?;
        match row.events.fact(word) {
            Some(ty) => Some(Expr { kind: ExprKind::EventFact(word.to_owned()), ty, place }),
            None if word == "at" => Some(Expr { kind: ExprKind::EventTime, ty: Type::Time, place }),
            None => None,
        }
    }

    fn declared_name(&mut self, name: &'a str, place: Place) -> Expr {
        self.ensure(name);
        match self.defined.get(name) {
            Some(Defined::Param) => {
                let ty = self.program.params.get(name).map_or(Type::Unknown, |param| param.ty.clone());
                Expr { kind: ExprKind::Param(name.to_owned()), ty, place }
            }
            Some(Defined::Definition(id)) => self.definition(*id, place),
            Some(Defined::Tier(classes)) => {
                let diagnostic = names::tier_without_class(place, name, classes.keys().map(String::as_str));
                self.report(diagnostic);
                Expr::error(place)
            }
            Some(Defined::Lookup { table, .. }) => {
                let facts = self.project.lookups[table].facts.keys().map(String::as_str);
                self.report(names::lookup_without_fact(place, name, facts));
                Expr::error(place)
            }
            Some(Defined::Lacking(missing)) => {
                let diagnostic = names::lacking(place, name, missing);
                self.missing.get_or_insert_with(|| missing.clone());
                self.report(diagnostic);
                Expr::error(place)
            }
            Some(Defined::Broken) | None => Expr::error(place),
        }
    }

    fn definition(&self, id: DefinitionId, place: Place) -> Expr {
        let ty = self.program.definition(id).value.ty.clone();
        Expr { kind: ExprKind::Definition(id), ty, place }
    }

    fn dotted(&mut self, first: &Name, second: &Name, place: Place, scope: Scope<'a>) -> Expr {
        let (head, tail) = (first.node.as_str(), second.node.as_str());
        if let Some(row) = scope.row.filter(|row| row.event == head) {
            return self.of_row(tail, place, scope).unwrap_or_else(|| {
                let known = row.events.facts();
                self.report(names::unknown_event_fact(self.place(second.span), head, tail, &known));
                Expr::error(place)
            });
        }
        if let Some((name, _)) = self.symbols.values.get_key_value(head) {
            return self.member(name, second, place);
        }
        if head == "consent" || head == "授权" {
            return self.consent(second, place);
        }
        if let Some(events) = Events::find(self.project, head) {
            match events.fact(tail) {
                None if tail != "at" => {
                    let known = events.facts();
                    self.report(names::unknown_event_fact(self.place(second.span), head, tail, &known));
                }
                _ => self.report(types::event_fact_outside(place, head, tail)),
            }
            return Expr::error(place);
        }
        if self.project.customer.facts.contains_key(head) {
            self.report(names::no_members(place, head));
            return Expr::error(place);
        }
        self.unknown_name(head, self.place(first.span), scope);
        Expr::error(place)
    }

    /// `TIER.CLASS`, `LOOKUP.FACT`.
    fn member(&mut self, head: &'a str, second: &Name, place: Place) -> Expr {
        self.ensure(head);
        let tail = second.node.as_str();
        let here = self.place(second.span);
        match self.defined.get(head) {
            Some(Defined::Tier(classes)) => match classes.get(tail) {
                Some(id) => self.definition(*id, place),
                None => {
                    let diagnostic =
                        names::unknown_class(here, head, tail, classes.keys().map(String::as_str));
                    self.report(diagnostic);
                    Expr::error(place)
                }
            },
            Some(Defined::Lookup { table, by }) => {
                let facts = &self.project.lookups[table].facts;
                match facts.get(tail) {
                    Some(fact) => {
                        let (table, fact_name, by) = (table.clone(), tail.to_owned(), Box::new(by.clone()));
                        let kind = ExprKind::Lookup { table, fact: fact_name, by };
                        Expr { kind, ty: type_of(&fact.kind), place }
                    }
                    None => {
                        let known: Vec<&str> = facts.keys().map(String::as_str).collect();
                        self.report(names::unknown_event_fact(here, head, tail, &known));
                        Expr::error(place)
                    }
                }
            }
            Some(Defined::Param | Defined::Definition(_)) => {
                self.report(names::no_members(place, head));
                Expr::error(place)
            }
            _ => self.declared_name(head, place),
        }
    }

    /// `consent.sms`: the bool fact that the project file names for the channel.
    fn consent(&mut self, channel: &Name, place: Place) -> Expr {
        let name = self.channel_name(&channel.node);
        match name.and_then(|name| self.project.consent.get(name)) {
            Some(fact) => Expr { kind: ExprKind::Fact(fact.clone()), ty: Type::Bool, place },
            None => {
                let known = self.project.consent.keys().map(String::as_str);
                self.report(names::no_consent_fact(self.place(channel.span), &channel.node, known));
                Expr::error(place)
            }
        }
    }

    fn unknown_name(&mut self, word: &str, place: Place, scope: Scope<'a>) -> Expr {
        if self.symbols.broken.contains(word) {
            return Expr::error(place);
        }
        let outcomes = OUTCOMES.iter().flat_map(|(en, zh)| [*en, *zh]);
        let diagnostic = if outcomes.clone().any(|outcome| outcome == word) {
            names::outcome_outside(place, word)
        } else if Events::find(self.project, word).is_some() {
            names::event_as_value(place, word)
        } else if let Some(glued) = rulec_grammar::split_glued(word) {
            names::glued(place, word, &glued)
        } else {
            let row = scope.row.map(|row| row.events.facts()).unwrap_or_default();
            let own = self.symbols.values.keys().copied();
            let facts = self.project.customer.facts.keys().map(String::as_str);
            let outcomes = outcomes.filter(|_| scope.follow_up);
            names::unknown_fact(place, word, row.into_iter().chain(outcomes).chain(own).chain(facts))
        };
        self.report(diagnostic);
        Expr::error(place)
    }
}
