//! What each name refers to, before anything is typed.

use crate::diagnostics::names;
use crate::load::{Layer, Unit};
use indexmap::IndexMap;
use indexmap::map::Entry;
use rulec_diagnostic::{Diagnostic, FileId, Place};
use rulec_grammar::tree::{self, Item, ItemKind, Name};
use rulec_plan::project::Project;
use std::collections::BTreeSet;

/// What a name stands for where a value is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Param(&'a tree::Definition),
    Let(&'a tree::Definition),
    Segment(&'a tree::Definition),
    Tier(&'a tree::Tier),
    FactBy(&'a tree::FactBy),
}

/// A declaration and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared<'a, T> {
    pub(crate) what: T,
    pub(crate) file: FileId,
    pub(crate) name: &'a Name,
    /// The whole declaration.
    pub(crate) place: Place,
    pub(crate) layer: Layer,
}

/// All names of a project. Values, templates, pools and campaigns have name spaces of their own.
#[derive(Debug, Default)]
pub(crate) struct Symbols<'a> {
    pub(crate) values: IndexMap<&'a str, Declared<'a, Value<'a>>>,
    pub(crate) templates: IndexMap<&'a str, Declared<'a, &'a tree::Template>>,
    pub(crate) pools: IndexMap<&'a str, Declared<'a, &'a tree::Pool>>,
    pub(crate) campaigns: IndexMap<&'a str, Declared<'a, &'a tree::Campaign>>,
    /// Names whose declaration has a syntax error.
    pub(crate) broken: BTreeSet<&'a str>,
}

impl<'a> Symbols<'a> {
    /// Gathers the declarations of all texts; two of one name are reported.
    pub(crate) fn collect(units: &'a [Unit], project: &Project, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut symbols = Symbols::default();
        let mut nearest_first: Vec<&Unit> = units.iter().collect();
        nearest_first.sort_by_key(|unit| unit.layer);
        for unit in nearest_first {
            symbols.broken.extend(unit.tree.broken.iter().map(|name| name.node.as_str()));
            for item in &unit.tree.items {
                symbols.item(unit, item, diagnostics);
            }
        }
        for declared in symbols.values.values().filter(|declared| declared.layer == Layer::Project) {
            if project.customer.facts.contains_key(&declared.name.node) {
                diagnostics
                    .push(names::also_a_fact(declared.name.span.at(declared.file), &declared.name.node));
            }
        }
        symbols
    }

    fn item(&mut self, unit: &'a Unit, item: &'a Item, diagnostics: &mut Vec<Diagnostic>) {
        let place = item.span.at(unit.file);
        let mut value = |name: &'a Name, what: Value<'a>| {
            declare(&mut self.values, unit, name, what, place, diagnostics);
        };
        match &item.kind {
            ItemKind::Param(definition) => value(&definition.name, Value::Param(definition)),
            ItemKind::Let(definition) => value(&definition.name, Value::Let(definition)),
            ItemKind::Segment(definition) => value(&definition.name, Value::Segment(definition)),
            ItemKind::Tier(tier) => value(&tier.name, Value::Tier(tier)),
            ItemKind::Fact(fact) => value(&fact.name, Value::FactBy(fact)),
            ItemKind::Template(template) => {
                declare(&mut self.templates, unit, &template.name, template, place, diagnostics);
            }
            ItemKind::Pool(pool) => declare(&mut self.pools, unit, &pool.name, pool, place, diagnostics),
            ItemKind::Campaign(campaign) => {
                declare(&mut self.campaigns, unit, &campaign.name, campaign, place, diagnostics);
            }
            ItemKind::Use(_)
            | ItemKind::Rule(_)
            | ItemKind::Limit(_)
            | ItemKind::Suppress(_)
            | ItemKind::Forbid(_)
            | ItemKind::Test(_) => {}
        }
    }
}

fn declare<'a, T>(
    names: &mut IndexMap<&'a str, Declared<'a, T>>,
    unit: &'a Unit,
    name: &'a Name,
    what: T,
    place: Place,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let declared = Declared { what, file: unit.file, name, place, layer: unit.layer };
    match names.entry(name.node.as_str()) {
        Entry::Vacant(entry) => {
            entry.insert(declared);
        }
        Entry::Occupied(entry) => {
            let first = entry.get();
            if first.layer == unit.layer {
                let here = name.span.at(unit.file);
                diagnostics.push(names::declared_twice(here, &name.node, first.name.span.at(first.file)));
            }
        }
    }
}
