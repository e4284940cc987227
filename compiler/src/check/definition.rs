//! `param`, `let`, `segment`, `tier` and `fact … by`.

use super::{Checker, Defined, Scope};
use crate::diagnostics::{lints, names, types, windows};
use crate::load::Layer;
use crate::symbols::{Declared, Value};
use crate::typed::{Constant, Definition, DefinitionId, Expr, ExprKind, Param};
use crate::types::Type;
use indexmap::IndexMap;
use rulec_diagnostic::Diagnostic;
use rulec_grammar::tree::{self, Tier, TierClass};
use rulec_plan::time::{Duration, HOUR};
use std::cmp::Ordering;

impl<'a> Checker<'a> {
    /// Checks the declaration of a value; all that it rests on was checked before.
    pub(super) fn value(&mut self, name: &'a str) {
        let Some(declared) = self.symbols.values.get(name).copied() else { return };
        if self.defined.contains_key(name) {
            return;
        }
        let file = std::mem::replace(&mut self.file, declared.file);
        let before = self.diagnostics.len();
        let around = self.missing.take();
        self.checking.push(name);
        let defined = self.declared(declared);
        self.checking.pop();
        let innermost = std::mem::replace(&mut self.missing, around);
        let failed = self.diagnostics[before..].iter().any(Diagnostic::is_error);
        let defined = if declared.layer != Layer::Project && failed {
            // The text of a library is right; what fails is data that this project has not got. Say so where it is used.
            let first = self.diagnostics.drain(before..).find(Diagnostic::is_error);
            Defined::Lacking(innermost.or(first.map(|first| first.message)).unwrap_or_default())
        } else {
            defined
        };
        self.defined.insert(name, defined);
        self.file = file;
    }

    fn declared(&mut self, declared: Declared<'a, Value<'a>>) -> Defined {
        match declared.what {
            Value::Param(definition) => self.param(definition),
            Value::Let(definition) => {
                let value = self.expr(&definition.value, None, Scope::default());
                self.define(definition.name.node.clone(), value, declared)
            }
            Value::Segment(definition) => {
                let value = self.condition(&definition.value, Scope::default());
                self.define(definition.name.node.clone(), value, declared)
            }
            Value::Tier(tier) => self.tier(tier, declared),
            Value::FactBy(fact) => self.fact_by(fact),
        }
    }

    fn define(&mut self, name: String, value: Expr, declared: Declared<'a, Value<'a>>) -> Defined {
        if value.ty.is_unknown() {
            return match value.kind {
                // Pass on what an alias of a library's value lacks.
                ExprKind::Error => Defined::Broken,
                _ => Defined::Definition(self.add(name, value, declared)),
            };
        }
        Defined::Definition(self.add(name, value, declared))
    }

    fn add(&mut self, name: String, value: Expr, declared: Declared<'a, Value<'a>>) -> DefinitionId {
        self.program.definitions.push(Definition { name, value, place: declared.place });
        DefinitionId(self.program.definitions.len() - 1)
    }

    fn param(&mut self, definition: &tree::Definition) -> Defined {
        let value = self.expr(&definition.value, None, Scope::default());
        let place = self.place(definition.name.span);
        match value.kind {
            ExprKind::Constant(default) => {
                let param = Param { default, ty: value.ty, place };
                self.program.params.insert(definition.name.node.clone(), param);
                Defined::Param
            }
            ExprKind::Error => Defined::Broken,
            _ => {
                self.report(types::param_not_constant(value.place, &definition.name.node));
                Defined::Broken
            }
        }
    }

    fn fact_by(&mut self, fact: &tree::FactBy) -> Defined {
        let by = self.path(&fact.by, Scope::default());
        let Some(table) = self.project.lookups.get(&fact.name.node) else {
            let known = self.project.lookups.keys().map(String::as_str);
            self.report(names::unknown_lookup(self.place(fact.name.span), &fact.name.node, known));
            return Defined::Broken;
        };
        debug_assert!(!table.key.is_empty(), "the project file was checked");
        if by.ty.is_unknown() {
            return Defined::Broken;
        }
        if !by.ty.is_text() && by.ty != Type::Number || self.is_fraction(&by) {
            self.wrong_type(&by, fact.by.span, &Type::Text);
            return Defined::Broken;
        }
        Defined::Lookup { table: fact.name.node.clone(), by }
    }

    fn tier(&mut self, tier: &'a Tier, declared: Declared<'a, Value<'a>>) -> Defined {
        let by = self.expr(&tier.by, None, Scope::default());
        if by.ty.is_unknown() {
            return Defined::Broken;
        }
        if !by.ty.is_ordered() {
            let found = by.ty.clone();
            self.report(types::no_order(by.place, self.source(tier.by.span), &found));
            return Defined::Broken;
        }
        let mut classes = IndexMap::new();
        let mut ranges = Vec::new();
        for class in &tier.classes {
            let value = self.class(class, &by);
            ranges.push((class, ends(&value)));
            let id = self.add(format!("{}.{}", tier.name.node, class.name.node), value, declared);
            if classes.insert(class.name.node.clone(), id).is_some() {
                let place = self.place(class.name.span);
                self.report(names::said_twice(place, &class.name.node));
            }
        }
        self.gaps_and_overlaps(&ranges);
        Defined::Tier(classes)
    }

    fn class(&mut self, class: &TierClass, by: &Expr) -> Expr {
        let place = self.place(class.range.span);
        let mut end =
            |end: &Option<Box<tree::Expr>>| end.as_ref().map(|expr| Box::new(self.constant(expr, &by.ty)));
        let (low, high) = (end(&class.range.low), end(&class.range.high));
        let value = Box::new(by.clone());
        Expr { kind: ExprKind::InRange { value, low, high }, ty: Type::Bool, place }
    }

    fn gaps_and_overlaps(&mut self, ranges: &[(&TierClass, Ends)]) {
        for (class, ends) in ranges {
            if matches!((&ends.low, &ends.high), (End::At(low), End::At(high)) if order(low, high).is_some_and(Ordering::is_ge))
            {
                self.report(windows::empty_range(
                    self.place(class.range.span),
                    self.source(class.range.span),
                ));
            }
        }
        let unknown = |ends: &Ends| matches!(ends.low, End::Unknown) || matches!(ends.high, End::Unknown);
        if ranges.iter().any(|(_, ends)| unknown(ends)) {
            return;
        }
        let mut sorted: Vec<&(&TierClass, Ends)> = ranges.iter().collect();
        sorted.sort_by(|(_, a), (_, b)| compare_low(a, b));
        for pair in sorted.windows(2) {
            let [(first, a), (second, b)] = pair else { continue };
            let meeting = match (&a.high, &b.low) {
                (End::At(high), End::At(low)) => order(high, low),
                // An open end reaches over whatever follows.
                _ => Some(Ordering::Greater),
            };
            let place = self.place(second.range.span);
            let other = self.place(first.range.span);
            match meeting {
                Some(Ordering::Less) => {
                    self.report(lints::tier_gap(place, other, &first.name.node, &second.name.node));
                }
                Some(Ordering::Greater) => {
                    self.report(lints::tier_overlap(place, other, &first.name.node, &second.name.node));
                }
                Some(Ordering::Equal) | None => {}
            }
        }
    }
}

/// The ends of a class.
struct Ends {
    low: End,
    high: End,
}

enum End {
    /// Not written.
    Open,
    At(Constant),
    /// A param, which a run can set, or a mistake.
    Unknown,
}

fn ends(value: &Expr) -> Ends {
    let end = |end: &Option<Box<Expr>>| match end.as_ref().map(|expr| &expr.kind) {
        Some(ExprKind::Constant(constant)) => End::At(constant.clone()),
        Some(_) => End::Unknown,
        None => End::Open,
    };
    match &value.kind {
        ExprKind::InRange { low, high, .. } => Ends { low: end(low), high: end(high) },
        _ => Ends { low: End::Unknown, high: End::Unknown },
    }
}

fn compare_low(a: &Ends, b: &Ends) -> Ordering {
    match (&a.low, &b.low) {
        (End::At(Constant::Duration(a)), End::At(Constant::Duration(b))) => {
            rough_length(*a).cmp(&rough_length(*b))
        }
        (End::At(a), End::At(b)) => order(a, b).unwrap_or(Ordering::Equal),
        (End::At(_), _) => Ordering::Greater,
        (_, End::At(_)) => Ordering::Less,
        _ => Ordering::Equal,
    }
}

/// Microseconds by which any two durations can be sorted: with months of 30 days, which agrees with [`order`].
fn rough_length(duration: Duration) -> i128 {
    match duration {
        Duration::Exact { micros } => i128::from(micros),
        Duration::Calendar { months, days } => {
            (i128::from(months) * 30 + i128::from(days)) * 24 * i128::from(HOUR)
        }
    }
}

/// The order of two constants; `None` where it depends on the day, as for 3 months and 90 days.
pub(super) fn order(a: &Constant, b: &Constant) -> Option<Ordering> {
    match (a, b) {
        (Constant::Number(a), Constant::Number(b))
        | (Constant::Money(a), Constant::Money(b))
        | (Constant::Percent(a), Constant::Percent(b)) => Some(compare_numbers(*a, *b)),
        (Constant::Date(a), Constant::Date(b)) => Some(a.cmp(b)),
        (Constant::Duration(a), Constant::Duration(b)) => match (a, b) {
            (Duration::Exact { micros: a }, Duration::Exact { micros: b }) => Some(a.cmp(b)),
            (Duration::Calendar { months: m, days: d }, Duration::Calendar { months: n, days: e }) => {
                ((m == n) || (d == e)).then(|| (m, d).cmp(&(n, e)))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The order of two decimal numbers.
pub(super) fn compare_numbers(a: tree::Number, b: tree::Number) -> Ordering {
    let scale = a.scale.max(b.scale);
    let aligned =
        |number: tree::Number| i128::from(number.mantissa) * 10_i128.pow(u32::from(scale - number.scale));
    aligned(a).cmp(&aligned(b))
}
