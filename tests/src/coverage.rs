//! Which parts of the language random rules have used.

use crate::reference::RowsSeen;
use rulec_compiler::typed::{
    Aggregate, AggregateFunction, Expr, ExprKind, FollowUpCondition, Program, Window, Yearly,
};
use rulec_compiler::types::Type;
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
    "events of touches",
    "events of coupons",
    "enters",
    "leaves",
    "Outcome",
    "follow-up due",
    "follow-up converted",
    "rule true",
    "rule false",
    "rule unknown",
];

/// One way to use an aggregate: which one, of what, over which stretch of time, and what rows the customer had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    function: AggregateFunction,
    /// Nothing for the number of rows.
    argument: Option<&'static str>,
    /// Nothing for all time.
    window: Option<&'static str>,
    rows: RowsSeen,
}

/// The types of arguments, and which aggregates take them.
const ARGUMENTS: &[(&str, &[AggregateFunction])] = {
    use AggregateFunction::{Average, Count, Distinct, Exists, First, Last, Max, Min, Sum};
    const QUANTITY: &[AggregateFunction] = &[Count, Exists, Distinct, First, Last, Min, Max, Sum, Average];
    const MOMENT: &[AggregateFunction] = &[Count, Exists, Distinct, First, Last, Min, Max];
    const UNORDERED: &[AggregateFunction] = &[Count, Exists, Distinct, First, Last];
    &[
        ("number", QUANTITY),
        ("money", QUANTITY),
        ("percent", QUANTITY),
        ("duration", QUANTITY),
        ("date", MOMENT),
        ("time", MOMENT),
        ("text", UNORDERED),
        ("enum", UNORDERED),
        ("bool", UNORDERED),
        ("set", &[Count, Exists]),
    ]
};

const WINDOWS: [Option<&str>; 6] =
    [None, Some("Last"), Some("Ago"), Some("Between"), Some("This"), Some("Since")];

impl Cell {
    /// The way in which an aggregate is used for a customer who has such rows.
    pub fn of(aggregate: &Aggregate, rows: RowsSeen) -> Cell {
        Cell {
            function: aggregate.function,
            argument: aggregate.argument.as_ref().map(|argument| type_name(&argument.ty)),
            window: aggregate.window.as_ref().map(window_name),
            rows,
        }
    }

    /// All ways that there are.
    pub fn all() -> Vec<Cell> {
        let typed = ARGUMENTS
            .iter()
            .flat_map(|(name, functions)| functions.iter().map(|function| (*function, Some(*name))));
        let bare = [(AggregateFunction::Count, None), (AggregateFunction::Exists, None)];
        let mut cells = Vec::new();
        for (function, argument) in typed.chain(bare) {
            for window in WINDOWS {
                for rows in [RowsSeen::None, RowsSeen::Known, RowsSeen::Missing] {
                    if argument.is_some() || rows != RowsSeen::Missing {
                        cells.push(Cell { function, argument, window, rows });
                    }
                }
            }
        }
        cells
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (argument, window) = (self.argument.unwrap_or("rows"), self.window.unwrap_or("all time"));
        write!(f, "cell {:?} of {argument} in {window}, {:?}", self.function, self.rows)
    }
}

impl Coverage {
    /// Notes one use.
    pub fn note(&mut self, part: impl Into<String>) {
        *self.0.entry(part.into()).or_default() += 1;
    }

    /// Notes all that a program uses.
    pub fn note_program(&mut self, program: &Program) {
        let definitions = program.definitions.iter().map(|definition| &definition.value);
        let rules = program.rules.iter().flat_map(|rule| std::iter::once(&rule.when).chain(&rule.unless));
        let steps = program.rules.iter().flat_map(|rule| &rule.follow_ups);
        let steps = steps.flat_map(|step| &step.condition).map(FollowUpCondition::expr);
        definitions.chain(rules).chain(steps).for_each(|expr| self.note_expr(expr));
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
        self.note(format!("events of {}", aggregate.event));
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

    /// The ways to use an aggregate that were seen less often than this, with how often they were.
    pub fn cells_less_than(&self, times: usize) -> Vec<(String, usize)> {
        let count = |cell: Cell| (cell.to_string(), self.0.get(&cell.to_string()).copied().unwrap_or(0));
        Cell::all().into_iter().map(count).filter(|(_, count)| *count < times).collect()
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

fn type_name(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::Number => "number",
        Type::Money => "money",
        Type::Percent => "percent",
        Type::Text => "text",
        Type::Enum(_) => "enum",
        Type::Date => "date",
        Type::Time => "time",
        Type::Duration => "duration",
        Type::Set => "set",
        Type::Unknown => "unknown",
    }
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
        ExprKind::Outcome(_) => "Outcome",
        ExprKind::Membership { enters: true, .. } => "enters",
        ExprKind::Membership { enters: false, .. } => "leaves",
        _ => "something else",
    }
}
