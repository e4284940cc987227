//! The reference: what the rule language says, one customer at a time, over the typed program.
//!
//! Deliberately plain. It shares nothing with lowering and the engines but the typed program, the project and the table of
//! festivals: no constants are folded, no nodes shared, no windows turned into instants, and numbers are fractions of any size
//! that occurs. Where the language's own page leaves room, the reading taken here is written at the place:
//!
//! - durations, `now - x` against `60d`: [`durations`];
//! - windows: [`windows`];
//! - first and last, missing arguments: [`events`];
//! - what the runtime keeps, `enters` and `leaves`: [`kept`];
//! - follow-ups: [`chains`];
//! - top, quintile, rank: [`population`].

mod chains;
mod clock;
mod columns;
mod durations;
mod events;
mod expressions;
mod festivals;
mod kept;
mod population;
mod rational;
mod tables;
mod value;
mod windows;

pub use chains::Due;
pub use clock::{Clock, local_time, start_of};
pub use events::RowsSeen;
pub use rational::Rational;
pub use tables::{Table, Tables};
pub use value::Value;

use population::Standings;
use rulec_compiler::typed::{Constant, Conversion, Definition, DefinitionId, Expr, Program, Rule};
use rulec_engine::Key;
use rulec_plan::project::Project;
use rulec_plan::time::Instant;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A program with the data to answer from.
#[derive(Debug)]
pub struct Reference<'a> {
    project: &'a Project,
    program: &'a Program,
    params: BTreeMap<&'a str, &'a Constant>,
    clock: Clock,
    tables: &'a Tables,
    /// The rows of the customer table, in the order of their keys.
    customers: Vec<usize>,
    /// By event table and customer: the rows, without those that nobody may see.
    events: BTreeMap<&'a str, Vec<Vec<events::Event>>>,
    /// What was ranked so far, by the address of the ranked expression.
    standings: RefCell<BTreeMap<usize, Standings>>,
}

/// Where an expression stands: at a customer, and in an aggregate at one of the customer's rows.
#[derive(Debug, Clone, Copy)]
struct Scope<'s> {
    customer: usize,
    row: Option<&'s events::Event>,
    /// In the condition of a follow-up: the chain that waits for it.
    chain: Option<&'s chains::Chain>,
    /// In the condition of a follow-up: what its campaign calls a success.
    conversion: Option<&'s Conversion>,
}

impl<'s> Scope<'s> {
    /// At a customer.
    fn of(customer: usize) -> Self {
        Scope { customer, row: None, chain: None, conversion: None }
    }

    /// At a row of a customer.
    fn at(customer: usize, event: &'s events::Event) -> Self {
        Scope { row: Some(event), ..Scope::of(customer) }
    }
}

impl<'a> Reference<'a> {
    /// A reference for one run. `set` holds the params that have another value than their own.
    pub fn new(
        project: &'a Project,
        program: &'a Program,
        set: &'a BTreeMap<String, Constant>,
        as_of: Instant,
        tables: &'a Tables,
    ) -> Self {
        let own = program.params.iter().map(|(name, param)| (name.as_str(), &param.default));
        let mut params: BTreeMap<&str, &Constant> = own.collect();
        params.extend(set.iter().map(|(name, value)| (name.as_str(), value)));
        let zone = project.zone.name().parse().expect("a zone that rulec knows");
        let clock = Clock { now: clock::utc(as_of), zone };
        let key = tables.customers.column(&project.customer.key);
        let mut customers: Vec<usize> = (0..tables.customers.rows.len()).collect();
        customers.sort_by_key(|row| tables::key_of(&tables.customers.rows[*row][key]));
        let mut reference = Reference {
            project,
            program,
            params,
            clock,
            tables,
            customers,
            events: BTreeMap::new(),
            standings: RefCell::default(),
        };
        reference.sort_events();
        reference.sort_kept();
        reference
    }

    /// How many customers there are.
    pub fn population(&self) -> usize {
        self.customers.len()
    }

    /// The key of a customer; they are numbered in the order of their keys.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn key(&self, customer: usize) -> Key<'a> {
        let table = &self.tables.customers;
        let cell = &table.rows[self.customers[customer]][table.column(&self.project.customer.key)];
        tables::key_of(cell).expect("a customer has a key")
    }

    /// Whether a rule takes a customer: `when` and not `unless`.
    pub fn takes(&self, rule: &Rule, customer: usize) -> Option<bool> {
        let holds = |condition: &Expr| self.value(condition, customer).truth();
        let left_out = rule.unless.as_ref().map_or(Some(false), holds);
        value::all([holds(&rule.when), value::not(left_out)])
    }

    /// What an expression is worth for a customer.
    pub fn value(&self, expr: &Expr, customer: usize) -> Value {
        self.eval(expr, Scope::of(customer))
    }

    /// What stands behind a name.
    fn definition(&self, id: DefinitionId) -> &'a Definition {
        self.program.definition(id)
    }
}
