//! A random case, answered by the reference and by the engines: where do they differ?

use crate::coverage::{Cell, Coverage};
use crate::database;
use crate::random::{Case, Size};
use crate::reference::{Due, Rational, Reference, Value};
use crate::ways::{self, Readings, Said, Way};
use crate::whole::{self, Checked};
use chrono::{DateTime, NaiveDate, TimeDelta};
use rulec_compiler::typed::{Constant, Expr, ExprKind, Rule};
use rulec_diagnostic::{Diagnostic, codes};
use rulec_engine::{Answers, Options};
use rulec_plan::Plan;
use rulec_plan::audience::{NodeId, Scalar};
use rulec_plan::rules::{Display, NamedFact};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One of so many aggregates that are only there to take memory is looked at.
const LOOK: usize = 200;

/// How a case ended.
#[derive(Debug)]
pub enum Outcome {
    /// Reference and engines agree.
    Same,
    /// A number outgrew 64 bits; an engine must say so, and nothing is answered.
    TooLarge,
}

/// Answers a case plainly, holds that against the reference, and then against answers in these other ways; with its
/// database as a file in `folder`.
///
/// # Errors
/// The first difference, explained, or what is wrong with a case that must be right.
pub fn hold_together(
    case: &Case,
    folder: &Path,
    others: &[Way],
    coverage: &mut Coverage,
) -> Result<Outcome, String> {
    let mut checked = whole::compile(&case.project, &case.rules)?;
    let set: Vec<(String, String)> = case.set.clone().into_iter().collect();
    let plan = match checked.plan(case.as_of, &set) {
        Ok(plan) => plan,
        Err(found) if is_too_large(&found) => return Ok(Outcome::TooLarge),
        Err(found) => return Err(whole::listed(&found, &checked.sources)),
    };
    coverage.note_program(&checked.program);
    let path = folder.join("shop.db");
    write_database(case, &path)?;
    let outputs = named_facts(&plan);
    let question = Asked { case, path: &path, plan: &plan, asked: &outputs, compared: &outputs };
    let said = ways::answer(ways::PLAIN, case, &path, &plan, &outputs);
    question.same_in(others, &said, Readings::AsMany)?;
    let answers = match said {
        Ok(answers) => answers,
        Err(found) if is_too_large(&found) => return Ok(Outcome::TooLarge),
        Err(found) => return Err(whole::listed(&found, &checked.sources)),
    };
    let set = set_params(case)?;
    let reference = Reference::new(&checked.project, &checked.program, &set, case.as_of, &case.tables);
    let view = View { checked: &checked, plan: &plan, reference: &reference, answers: &answers };
    view.compare(coverage).map_err(|difference| view.explain(&difference, &path))?;
    view.note_cells(coverage);
    if case.size == Size::Large {
        same_in_ranges(case, plan, others, &path)?;
    }
    Ok(Outcome::Same)
}

/// A question about a case.
struct Asked<'a> {
    case: &'a Case,
    path: &'a Path,
    plan: &'a Plan,
    asked: &'a [NodeId],
    compared: &'a [NodeId],
}

impl Asked<'_> {
    fn same_in(&self, others: &[Way], said: &Said, readings: Readings) -> Result<(), String> {
        let Asked { case, path, plan, asked, compared } = self;
        others.iter().try_for_each(|other| {
            let others = ways::answer(*other, case, path, plan, asked);
            let same = ways::same(said, &others, compared, readings);
            same.map_err(|difference| format!("{other:?}: {difference}"))
        })
    }
}

/// Asks for so much that an engine without memory takes one range of customers after the other.
fn same_in_ranges(case: &Case, mut plan: Plan, others: &[Way], path: &Path) -> Result<(), String> {
    let crowd = ways::crowd(&mut plan, case.tables.customers.rows.len());
    let named = named_facts(&plan);
    let asked = [named.clone(), crowd.clone()].concat();
    let compared: Vec<NodeId> = named.into_iter().chain(crowd.into_iter().step_by(LOOK)).collect();
    let said = ways::answer(ways::PLAIN, case, path, &plan, &asked);
    let poor: Vec<Way> = others.iter().copied().filter(|way| way.options.memory == 0).collect();
    Asked { case, path, plan: &plan, asked: &asked, compared: &compared }.same_in(
        &poor,
        &said,
        Readings::More,
    )
}

/// Asks a case whose data may be bad, in all these ways. Whether it was refused.
///
/// # Errors
/// Where one way says something else than the plain one.
pub fn refused_alike(case: &Case, folder: &Path, others: &[Way]) -> Result<bool, String> {
    let mut checked = whole::compile(&case.project, &case.rules)?;
    let plan = checked.plan(case.as_of, &[]).map_err(|found| whole::listed(&found, &checked.sources))?;
    let path = folder.join("shop.db");
    write_database(case, &path)?;
    let outputs = named_facts(&plan);
    let said = ways::answer(ways::PLAIN, case, &path, &plan, &outputs);
    let question = Asked { case, path: &path, plan: &plan, asked: &outputs, compared: &outputs };
    question.same_in(others, &said, Readings::AsMany)?;
    Ok(said.is_err())
}

fn write_database(case: &Case, path: &Path) -> Result<(), String> {
    for (path, tables) in [(path, &case.database), (&ways::state_beside(path), &case.state)] {
        let tables = tables.iter().map(|(name, table)| (*name, table));
        database::write(path, tables).map_err(|error| format!("cannot write a database: {error}"))?;
    }
    Ok(())
}

/// The nodes of all values that rules name.
pub fn named_facts(plan: &Plan) -> Vec<NodeId> {
    let nodes: BTreeSet<NodeId> =
        plan.rules.iter().flat_map(|rule| &rule.facts).map(|fact| fact.node).collect();
    nodes.into_iter().collect()
}

/// Whether all that is wrong is that a number outgrew 64 bits, while rules were lowered or while an engine counted.
fn is_too_large(found: &[Diagnostic]) -> bool {
    found
        .iter()
        .all(|finding| [codes::run::CONSTANT_TOO_LARGE, codes::run::NUMBER_TOO_LARGE].contains(&finding.code))
}

/// The params that are set from outside, as a rule file would give them.
fn set_params(case: &Case) -> Result<BTreeMap<String, Constant>, String> {
    let rules: String = case.set.iter().map(|(name, value)| format!("param {name} = {value}\n")).collect();
    let own = whole::compile(&case.project, &rules)?;
    Ok(own.program.params.into_iter().map(|(name, param)| (name, param.default)).collect())
}

/// A place where reference and engine differ.
struct Difference {
    rule: usize,
    customer: usize,
    what: String,
}

struct View<'v> {
    checked: &'v Checked,
    plan: &'v Plan,
    reference: &'v Reference<'v>,
    answers: &'v Answers,
}

impl View<'_> {
    fn compare(&self, coverage: &mut Coverage) -> Result<(), Difference> {
        for rule in 0..self.plan.rules.len() {
            if self.answers.population() != self.reference.population() {
                let what = format!("{} customers", self.answers.population());
                return Err(Difference { rule, customer: 0, what });
            }
            let facts = self.facts(rule).map_err(|what| Difference { rule, customer: 0, what })?;
            for customer in 0..self.answers.population() {
                let what = self.compare_customer(rule, &facts, customer, coverage);
                what.map_err(|what| Difference { rule, customer, what })?;
            }
        }
        Ok(())
    }

    /// Notes, for each definition that is an aggregate and nothing else, what rows it was seen to have.
    fn note_cells(&self, coverage: &mut Coverage) {
        for definition in &self.checked.program.definitions {
            let ExprKind::Aggregate(aggregate) = &definition.value.kind else { continue };
            for customer in 0..self.reference.population() {
                for rows in self.reference.rows_seen(aggregate, customer) {
                    coverage.note(Cell::of(aggregate, rows).to_string());
                }
            }
        }
    }

    /// The values that a rule names, and what they stand for.
    fn facts(&self, rule: usize) -> Result<Vec<(&NamedFact, &Expr)>, String> {
        let typed = &self.checked.program.rules[rule];
        let nothing = |label: &str| format!("`{label}` is nothing that the rule names");
        let facts = self.plan.rules[rule].facts.iter();
        facts
            .map(|fact| Ok((fact, self.named(typed, &fact.label).ok_or_else(|| nothing(&fact.label))?)))
            .collect()
    }

    fn compare_customer(
        &self,
        rule: usize,
        facts: &[(&NamedFact, &Expr)],
        customer: usize,
        coverage: &mut Coverage,
    ) -> Result<(), String> {
        let (key, expected) = (self.answers.keys.get(customer), self.reference.key(customer));
        if key != Some(expected) {
            return Err(format!("key {key:?}, by the reference {expected:?}"));
        }
        let found = self.truth(self.plan.rules[rule].condition, customer)?;
        let typed = &self.checked.program.rules[rule];
        let expected = self.reference.takes(typed, customer);
        coverage
            .note(expected.map_or("rule unknown", |truth| if truth { "rule true" } else { "rule false" }));
        if found != expected {
            return Err(format!("{found:?}, by the reference {expected:?}"));
        }
        self.compare_follow_ups(rule, customer, coverage)?;
        facts.iter().try_for_each(|(fact, expr)| self.compare_fact(fact, expr, customer))
    }

    /// What a condition is for a customer.
    fn truth(&self, node: NodeId, customer: usize) -> Result<Option<bool>, String> {
        let found = self.answers.condition(node);
        match (found.yes.contains(customer), found.unknown.contains(customer)) {
            (true, false) => Ok(Some(true)),
            (false, false) => Ok(Some(false)),
            (false, true) => Ok(None),
            (true, true) => Err("both true and unknown".to_owned()),
        }
    }

    fn compare_follow_ups(
        &self,
        rule: usize,
        customer: usize,
        coverage: &mut Coverage,
    ) -> Result<(), String> {
        let typed = &self.checked.program.rules[rule];
        for (number, step) in self.plan.rules[rule].follow_ups.iter().enumerate() {
            let truth = |node: Option<NodeId>| node.map(|node| self.truth(node, customer)).transpose();
            let found = (truth(Some(step.due))?, truth(step.converted)?, truth(step.condition)?);
            let Due { is_due, converted, condition } = self.reference.follow_up(typed, number, customer);
            let expected = (Some(Some(is_due)), converted.map(Some), condition);
            if found != expected {
                return Err(format!("follow-up {number} {found:?}, by the reference {expected:?}"));
            }
            for (part, is_so) in [("due", is_due), ("converted", is_due && converted == Some(true))] {
                if is_so {
                    coverage.note(format!("follow-up {part}"));
                }
            }
        }
        Ok(())
    }

    fn compare_fact(&self, fact: &NamedFact, expr: &Expr, customer: usize) -> Result<(), String> {
        let (found, expected) = (
            shown(&self.answers.value(fact.node, customer), fact.display),
            self.reference.value(expr, customer),
        );
        if found == expected {
            return Ok(());
        }
        Err(format!("`{}` is {found:?}, by the reference {expected:?}", fact.label))
    }

    /// The expression that a label of a rule stands for.
    fn named<'s>(&'s self, rule: &'s Rule, label: &str) -> Option<&'s Expr> {
        let program = &self.checked.program;
        if let Some(definition) = program.definitions.iter().find(|definition| definition.name == label) {
            return Some(&definition.value);
        }
        let definitions = program.definitions.iter().map(|definition| &definition.value);
        let rules = program.rules.iter().flat_map(|rule| std::iter::once(&rule.when).chain(&rule.unless));
        let own = std::iter::once(&rule.when).chain(&rule.unless);
        own.chain(definitions).chain(rules).find_map(|expr| self.find(expr, label))
    }

    fn find<'e>(&self, expr: &'e Expr, label: &str) -> Option<&'e Expr> {
        let is_it = match &expr.kind {
            ExprKind::Fact(name) => name == label,
            ExprKind::Lookup { table, fact, .. } => format!("{table}.{fact}") == label,
            _ => self.written(expr) == label,
        };
        if is_it { Some(expr) } else { expr.parts().into_iter().find_map(|part| self.find(part, label)) }
    }

    fn written(&self, expr: &Expr) -> String {
        let text =
            self.checked.sources.text(expr.place.file).get(expr.place.span.range()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The difference with the values of all parts, by the reference and by the engine.
    fn explain(&self, difference: &Difference, path: &Path) -> String {
        let Difference { rule, customer, what } = difference;
        let typed = &self.checked.program.rules[*rule];
        let mut lines =
            vec![format!("rule `{}`, customer {}: {what}", typed.name, self.reference.key(*customer))];
        let definitions = self.checked.program.definitions.iter().map(|definition| &definition.value);
        lines.push("by the reference:".to_owned());
        for expr in std::iter::once(&typed.when).chain(&typed.unless).chain(definitions) {
            self.explain_parts(expr, *customer, 1, &mut lines);
        }
        lines.push("by the engine:".to_owned());
        lines.extend(self.explain_nodes(*rule, *customer, path));
        lines.join("\n")
    }

    fn explain_parts(&self, expr: &Expr, customer: usize, depth: usize, lines: &mut Vec<String>) {
        let value = self.reference.value(expr, customer);
        lines.push(format!("{:indent$}{} = {value:?}", "", self.written(expr), indent = 2 * depth));
        // What stands inside an aggregate has a value for each row, not for the customer.
        if !matches!(expr.kind, ExprKind::Aggregate(_)) {
            expr.parts().into_iter().for_each(|part| self.explain_parts(part, customer, depth + 1, lines));
        }
    }

    fn explain_nodes(&self, rule: usize, customer: usize, path: &Path) -> Vec<String> {
        let last = self.plan.rules[rule].condition;
        let nodes: Vec<NodeId> = (0..=last.0).map(NodeId).collect();
        let Ok(answers) = ways::ask_files(path, Options::default(), self.plan, &nodes) else {
            return vec!["refused".to_owned()];
        };
        let audience = &self.plan.audience;
        let line = |node: &NodeId| {
            let value = answers.value(*node, customer);
            format!("  {} {:?} = {value:?}", node.0, audience.node(*node).op)
        };
        let aggregates =
            audience.aggregates.iter().enumerate().map(|(id, x)| format!("  aggregate {id}: {x:?}"));
        nodes.iter().map(line).chain(aggregates).collect()
    }
}

/// A value of an engine as the reference has it.
fn shown(value: &Scalar, display: Display) -> Value {
    let number = match value {
        Scalar::Missing => return Value::Missing,
        Scalar::Bool(truth) => return Value::Bool(*truth),
        Scalar::Text(text) => return Value::Text(text.clone()),
        Scalar::Set(texts) => return Value::Set(texts.iter().cloned().collect()),
        Scalar::Int(number) => Rational::whole(*number),
        Scalar::Ratio(numerator, denominator) => Rational::new((*numerator).into(), (*denominator).into()),
    };
    let is_whole = matches!(value, Scalar::Int(_));
    match display {
        Display::Number { scale } => Value::Number(number * Rational::decimal(1, scale.into())),
        Display::Money => Value::Number(number * Rational::new(1, 100)),
        Display::Percent if is_whole => Value::Number(number * Rational::decimal(1, 6)),
        Display::Percent => Value::Number(number),
        Display::Days => Value::Days(number),
        Display::Date => Value::Date(NaiveDate::default() + TimeDelta::days(whole_of(number))),
        Display::Time => Value::Time(DateTime::UNIX_EPOCH + TimeDelta::microseconds(whole_of(number))),
        Display::Bool | Display::Text | Display::Set => Value::Number(number),
    }
}

fn whole_of(number: Rational) -> i64 {
    i64::try_from(number.numerator()).expect("an integer of the plan")
}
