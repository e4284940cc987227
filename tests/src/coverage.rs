//! Which parts of the language random rules have used.

use rulec_compiler::typed::{Aggregate, Expr, ExprKind, Program, Window, Yearly};
use std::collections::BTreeMap;

/// How often each part of the language was used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<String, usize>);

/// All that random rules are to use.
pub const PARTS: &[&str] = &[
    "Constant",
    "Param",
    "Definition",
    "Fact",
    "EventFact",
    "EventTime",
    "Lookup",
    "Now",
    "Today",
    "Not",
    "And",
    "Or",
    "Negate",
    "Arithmetic Add",
    "Arithmetic Subtract",
    "Arithmetic Multiply",
    "Arithmetic Divide",
    "Compare Equal",
    "Compare NotEqual",
    "Compare Less",
    "Compare LessOrEqual",
    "Compare Greater",
    "Compare GreaterOrEqual",
    "InRange",
    "OneOf",
    "Contains",
    "IsMissing",
    "OrElse",
    "Rank",
    "Quintile",
    "InTop",
    "TodayIs",
    "CalendarPart",
    "value in Last",
    "value in Next",
    "value in Ago",
    "value in Between",
    "value in This",
    "birthday in Last",
    "birthday in Next",
    "birthday in This",
    "lunar in Last",
    "lunar in Next",
    "lunar in This",
    "Count of rows",
    "Count",
    "Sum",
    "Average",
    "Min",
    "Max",
    "First",
    "Last",
    "Distinct",
    "Exists of rows",
    "events in Last",
    "events in Ago",
    "events in Between",
    "events in This",
    "events in Since",
    "events where",
    "events by a value of the customer",
    "rule true",
    "rule false",
    "rule unknown",
];

impl Coverage {
    /// Notes one use.
    pub fn note(&mut self, part: impl Into<String>) {
        *self.0.entry(part.into()).or_default() += 1;
    }

    /// Notes all that a program uses.
    pub fn note_program(&mut self, program: &Program) {
        let definitions = program.definitions.iter().map(|definition| &definition.value);
        let rules = program.rules.iter().flat_map(|rule| std::iter::once(&rule.when).chain(&rule.unless));
        definitions.chain(rules).for_each(|expr| self.note_expr(expr));
    }

    fn note_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Arithmetic { op, .. } => self.note(format!("Arithmetic {op:?}")),
            ExprKind::Compare { op, .. } => self.note(format!("Compare {op:?}")),
            ExprKind::InWindow { window, yearly, .. } => {
                let what = match yearly {
                    Yearly::No => "value",
                    Yearly::Solar => "birthday",
                    Yearly::Lunar => "lunar",
                };
                self.note(format!("{what} in {}", window_name(window)));
            }
            ExprKind::Aggregate(aggregate) => self.note_aggregate(aggregate),
            kind => self.note(kind_name(kind)),
        }
        expr.parts().into_iter().for_each(|part| self.note_expr(part));
    }

    fn note_aggregate(&mut self, aggregate: &Aggregate) {
        let of_rows = if aggregate.argument.is_none() { " of rows" } else { "" };
        self.note(format!("{:?}{of_rows}", aggregate.function));
        if let Some(window) = &aggregate.window {
            self.note(format!("events in {}", window_name(window)));
        }
        if let Some(filter) = &aggregate.filter {
            self.note("events where");
            if rests_on_customer(filter) {
                self.note("events by a value of the customer");
            }
        }
    }

    /// The parts that were used less often than this, with their numbers.
    pub fn less_than(&self, times: usize) -> Vec<(&'static str, usize)> {
        let count = |part: &'static str| (part, self.0.get(part).copied().unwrap_or(0));
        PARTS.iter().map(|part| count(part)).filter(|(_, count)| *count < times).collect()
    }

    /// Adds the uses of another.
    pub fn add(&mut self, other: &Coverage) {
        for (part, count) in &other.0 {
            *self.0.entry(part.clone()).or_default() += count;
        }
    }
}

impl std::fmt::Display for Coverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|(part, count)| writeln!(f, "{count:>9}  {part}"))
    }
}

fn rests_on_customer(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Fact(_) | ExprKind::Definition(_) | ExprKind::Aggregate(_))
        || expr.parts().into_iter().any(rests_on_customer)
}

fn window_name(window: &Window) -> &'static str {
    match window {
        Window::Last(_) => "Last",
        Window::Next(_) => "Next",
        Window::Ago { .. } => "Ago",
        Window::Between { .. } => "Between",
        Window::This(_) => "This",
        Window::Since(_) => "Since",
    }
}

fn kind_name(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::Constant(_) => "Constant",
        ExprKind::Param(_) => "Param",
        ExprKind::Definition(_) => "Definition",
        ExprKind::Fact(_) => "Fact",
        ExprKind::EventFact(_) => "EventFact",
        ExprKind::EventTime => "EventTime",
        ExprKind::Lookup { .. } => "Lookup",
        ExprKind::Now => "Now",
        ExprKind::Today => "Today",
        ExprKind::Not(_) => "Not",
        ExprKind::And(_) => "And",
        ExprKind::Or(_) => "Or",
        ExprKind::Negate(_) => "Negate",
        ExprKind::InRange { .. } => "InRange",
        ExprKind::OneOf { .. } => "OneOf",
        ExprKind::Contains { .. } => "Contains",
        ExprKind::IsMissing(_) => "IsMissing",
        ExprKind::OrElse(..) => "OrElse",
        ExprKind::Rank(_) => "Rank",
        ExprKind::Quintile(_) => "Quintile",
        ExprKind::InTop { .. } => "InTop",
        ExprKind::TodayIs(_) => "TodayIs",
        ExprKind::CalendarPart(_) => "CalendarPart",
        _ => "something else",
    }
}
