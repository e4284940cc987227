//! Expressions, case by case.

use super::clock::naive_day;
use super::rational::Rational;
use super::value::{Value, all, any, not};
use super::{Reference, Scope, columns, festivals};
use chrono::Datelike;
use rulec_compiler::typed::{
    ArithmeticOp, CalendarPart, CompareOp, Constant, Expr, ExprKind, Number, Yearly,
};
use rusqlite::types::Value as Sql;
use std::cmp::Ordering;

impl Reference<'_> {
    pub(super) fn eval(&self, expr: &Expr, scope: Scope<'_>) -> Value {
        match &expr.kind {
            ExprKind::Constant(constant) => self.constant(constant),
            ExprKind::Param(name) => self.constant(self.params[name.as_str()]),
            ExprKind::Definition(id) => self.value(&self.definition(*id).value, scope.customer),
            ExprKind::Fact(name) => self.fact(name, scope.customer),
            ExprKind::EventFact(name) => self.event_fact(name, scope),
            ExprKind::EventTime => Value::Time(scope.row.expect("a row's time stands in an aggregate").at),
            ExprKind::Lookup { table, fact, by } => self.lookup(table, fact, &self.eval(by, scope)),
            ExprKind::Now => Value::Time(self.clock.now),
            ExprKind::Today => Value::Date(self.clock.today()),
            ExprKind::Negate(operand) => self.negate(&self.eval(operand, scope)),
            ExprKind::Arithmetic { op, left, right } => match self.literal(expr) {
                Some(literal) => Value::Days(self.clock.days_of(literal)),
                None => self.arithmetic(*op, left, right, scope),
            },
            ExprKind::OrElse(value, default) => match self.eval(value, scope) {
                Value::Missing => self.eval(default, scope),
                known => known,
            },
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, scope.customer),
            ExprKind::Rank(ranking) => self.rank(ranking, scope),
            ExprKind::Quintile(ranking) => self.quintile(ranking, scope),
            ExprKind::CalendarPart(part) => Value::Number(Rational::whole(self.calendar_part(*part))),
            _ => Value::of_truth(self.condition(expr, scope)),
        }
    }

    fn condition(&self, expr: &Expr, scope: Scope<'_>) -> Option<bool> {
        let truth = |expr: &Expr| self.eval(expr, scope).truth();
        match &expr.kind {
            ExprKind::Not(operand) => not(truth(operand)),
            ExprKind::And(operands) => all(operands.iter().map(truth)),
            ExprKind::Or(operands) => any(operands.iter().map(truth)),
            ExprKind::IsMissing(value) => Some(self.eval(value, scope).is_missing()),
            ExprKind::Compare { op, left, right } => {
                self.compare(left, right, scope).map(|order| holds(*op, order))
            }
            ExprKind::InRange { value, low, high } => all([
                low.as_ref().map_or(Some(true), |low| self.compare(value, low, scope).map(Ordering::is_ge)),
                high.as_ref()
                    .map_or(Some(true), |high| self.compare(value, high, scope).map(Ordering::is_lt)),
            ]),
            ExprKind::InWindow { value, window, yearly: Yearly::No } => {
                self.in_window(&self.eval(value, scope), window, scope)
            }
            ExprKind::InWindow { value, window, yearly } => {
                self.comes_round(&self.eval(value, scope), *yearly, window, scope)
            }
            ExprKind::OneOf { value, texts } => match self.eval(value, scope) {
                Value::Text(text) => Some(texts.contains(&text)),
                _ => None,
            },
            ExprKind::Contains { value, item } => contains(&self.eval(value, scope), &self.eval(item, scope)),
            ExprKind::InTop { ranking, share } => self.in_top(ranking, share, scope),
            ExprKind::Outcome(outcome) => Some(self.outcome(outcome, scope)),
            ExprKind::Membership { enters, of } => self.membership(*enters, *of, scope),
            ExprKind::TodayIs(festival) => {
                Some(festivals::today_is(self.project, self.clock.today(), festival))
            }
            other => panic!("{other:?} is beyond the reference"),
        }
    }

    fn constant(&self, constant: &Constant) -> Value {
        match constant {
            Constant::Bool(truth) => Value::Bool(*truth),
            Constant::Number(number) | Constant::Money(number) => Value::Number(rational(*number)),
            Constant::Percent(number) => Value::Number(rational(*number) * Rational::new(1, 100)),
            Constant::Text(text) => Value::Text(text.clone()),
            Constant::Date(day) => Value::Date(naive_day(*day)),
            Constant::Duration(duration) => Value::Days(self.clock.days_of(*duration)),
        }
    }

    fn fact(&self, name: &str, customer: usize) -> Value {
        let fact = &self.project.customer.facts[name];
        let table = &self.tables.customers;
        let cell = &table.rows[self.customers[customer]][table.column(&fact.column)];
        columns::read(&fact.kind, self.clock.zone, cell)
    }

    fn lookup(&self, table: &str, fact: &str, by: &Value) -> Value {
        let fact = &self.project.lookups[table].facts[fact];
        let rows = &self.tables.lookups[table];
        let key = rows.column(&self.project.lookups[table].key);
        let is_it = |cell: &Sql| match (cell, by) {
            (Sql::Text(key), Value::Text(text)) => key == text,
            (Sql::Integer(key), Value::Number(number)) => Rational::whole(*key) == *number,
            (Sql::Integer(key), Value::Text(text)) => key.to_string() == *text,
            _ => false,
        };
        let found = rows.rows.iter().find(|row| is_it(&row[key]));
        found.map_or(Value::Missing, |row| {
            columns::read(&fact.kind, self.clock.zone, &row[rows.column(&fact.column)])
        })
    }

    /// How two values compare, a span with a literal by the calendar or the clock.
    fn compare(&self, left: &Expr, right: &Expr, scope: Scope<'_>) -> Option<Ordering> {
        if let Some(order) = self.span_against_literal(left, right, scope) {
            return order;
        }
        if let Some(order) = self.span_against_literal(right, left, scope) {
            return order.map(Ordering::reverse);
        }
        self.order(&self.eval(left, scope), &self.eval(right, scope))
    }

    /// How two values compare: a time with a date by its day, texts by their bytes.
    pub(super) fn order(&self, left: &Value, right: &Value) -> Option<Ordering> {
        match (left, right) {
            (Value::Missing, _) | (_, Value::Missing) => None,
            (Value::Time(_), Value::Date(_)) | (Value::Date(_), Value::Time(_)) => {
                Some(self.day(left).cmp(&self.day(right)))
            }
            (left, right) => {
                let same_kind = std::mem::discriminant(left) == std::mem::discriminant(right);
                assert!(same_kind, "{left:?} and {right:?} do not compare");
                Some(left.cmp(right))
            }
        }
    }

    fn negate(&self, value: &Value) -> Value {
        match value {
            Value::Missing => Value::Missing,
            Value::Number(number) => Value::Number(-*number),
            Value::Days(days) => Value::Days(-*days),
            other => panic!("minus {other:?}"),
        }
    }

    fn arithmetic(&self, op: ArithmeticOp, left: &Expr, right: &Expr, scope: Scope<'_>) -> Value {
        let (first, second) = (self.eval(left, scope), self.eval(right, scope));
        if first.is_missing() || second.is_missing() {
            return Value::Missing;
        }
        if let Some(shifted) = self.shifted(op, &first, right) {
            return shifted;
        }
        if let (ArithmeticOp::Add, Some(shifted)) = (op, self.shifted(op, &second, left)) {
            return shifted;
        }
        match (op, &first, &second) {
            (ArithmeticOp::Subtract, Value::Date(_) | Value::Time(_), Value::Date(_) | Value::Time(_)) => {
                self.days_between(&first, &second)
            }
            _ => calculate(op, &first, &second),
        }
    }

    fn calendar_part(&self, part: CalendarPart) -> u32 {
        let today = self.clock.today();
        match part {
            CalendarPart::DayOfMonth => today.day(),
            CalendarPart::DayOfWeek => today.weekday().number_from_monday(),
            CalendarPart::MonthOfYear => today.month(),
        }
    }
}

/// Arithmetic of numbers and numbers of days. Days over days are a number; over 0 nothing is known.
fn calculate(op: ArithmeticOp, left: &Value, right: &Value) -> Value {
    let (first, second) = (amount(left), amount(right));
    let answer = match op {
        ArithmeticOp::Add => Some(first + second),
        ArithmeticOp::Subtract => Some(first - second),
        ArithmeticOp::Multiply => Some(first * second),
        ArithmeticOp::Divide => first.divided_by(second),
    };
    let days = |value: &Value| matches!(value, Value::Days(_));
    match answer {
        None => Value::Missing,
        Some(number) if days(left) && days(right) && op == ArithmeticOp::Divide => Value::Number(number),
        Some(number) if days(left) || days(right) => Value::Days(number),
        Some(number) => Value::Number(number),
    }
}

fn amount(value: &Value) -> Rational {
    match value {
        Value::Number(number) | Value::Days(number) => *number,
        other => panic!("{other:?} is no amount"),
    }
}

fn contains(value: &Value, item: &Value) -> Option<bool> {
    match (value, item) {
        (Value::Missing, _) | (_, Value::Missing) => None,
        (Value::Set(set), Value::Text(item)) => Some(set.contains(item)),
        (Value::Text(text), Value::Text(item)) => Some(text.contains(item.as_str())),
        (value, item) => panic!("{value:?} cannot contain {item:?}"),
    }
}

fn holds(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Equal => order.is_eq(),
        CompareOp::NotEqual => order.is_ne(),
        CompareOp::Less => order.is_lt(),
        CompareOp::LessOrEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        CompareOp::GreaterOrEqual => order.is_ge(),
    }
}

fn rational(number: Number) -> Rational {
    Rational::decimal(i128::from(number.mantissa), u32::from(number.scale))
}
