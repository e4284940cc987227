//! Expressions: literals, logic, and the way to the other families.

use super::{Checker, Scope};
use crate::calendar;
use crate::diagnostics::{names, types};
use crate::typed::{Constant, Expr, ExprKind};
use crate::types::Type;
use rulec_diagnostic::Place;
use rulec_grammar::tree::{self, DurationLiteral, DurationUnit, Literal};
use rulec_plan::time::{Day, Duration, HOUR, SECOND};

impl<'a> Checker<'a> {
    /// Types an expression. `expected` is what its place asks for; a literal takes that type where it can, and what comes
    /// out may still be of another type, which the caller reports.
    pub(super) fn expr(&mut self, expr: &tree::Expr, expected: Option<&Type>, scope: Scope<'a>) -> Expr {
        use tree::ExprKind as Kind;
        self.typed += 1;
        let place = self.place(expr.span);
        match &expr.kind {
            Kind::Literal(literal) => self.literal(literal, expected, place),
            Kind::Path(path) => {
                let typed = self.path(path, scope);
                match expected {
                    Some(expected) => typed.money_beside(expected),
                    None => typed,
                }
            }
            Kind::Everyone => Expr { kind: ExprKind::Constant(Constant::Bool(true)), ty: Type::Bool, place },
            Kind::Now => Expr { kind: ExprKind::Now, ty: Type::Time, place },
            Kind::Today => Expr { kind: ExprKind::Today, ty: Type::Date, place },
            Kind::Set(_) => {
                self.report(types::set_alone(place));
                Expr::error(place)
            }
            Kind::Not(inner) => {
                let inner = self.condition(inner, scope);
                Expr { kind: ExprKind::Not(Box::new(inner)), ty: Type::Bool, place }
            }
            Kind::And(parts) => {
                Expr { kind: ExprKind::And(self.conditions(parts, scope)), ty: Type::Bool, place }
            }
            Kind::Or(parts) => {
                Expr { kind: ExprKind::Or(self.conditions(parts, scope)), ty: Type::Bool, place }
            }
            Kind::Negate(inner) => self.negate(inner, expected, place, scope),
            Kind::Compare { left, op, right } => self.compare(left, op, right, place, scope),
            Kind::Sum(first, rest) => self.sum(first, rest, expected, scope),
            Kind::Product(first, rest) => self.product(first, rest, expected, scope),
            Kind::In { value, window } => self.in_window(value, window, place, scope),
            Kind::InTop { value, share, best } => self.in_top(value, share, best.as_ref(), place, scope),
            Kind::InSet { value, set } => self.in_set(value, set, place, scope),
            Kind::Contains { value, item } => self.contains(value, item, place, scope),
            Kind::IsMissing { value, missing } => self.is_missing(value, *missing, place, scope),
            Kind::OrElse { value, default } => self.or_else(value, default, place, scope),
            Kind::TodayIs(festival) => self.today_is(festival, place),
            Kind::CalendarPart(part) => Expr { kind: ExprKind::CalendarPart(*part), ty: Type::Number, place },
            Kind::Membership { enters, of } => self.membership(*enters, of, place),
            Kind::Call(call) => self.call(call, place, scope),
        }
    }

    fn conditions(&mut self, parts: &[tree::Expr], scope: Scope<'a>) -> Vec<Expr> {
        parts.iter().map(|part| self.condition(part, scope)).collect()
    }

    fn literal(&mut self, literal: &Literal, expected: Option<&Type>, place: Place) -> Expr {
        let (constant, ty) = match literal {
            Literal::Bool(value) => (Constant::Bool(*value), Type::Bool),
            Literal::Number(number) if expected == Some(&Type::Money) => {
                (Constant::Money(*number), Type::Money)
            }
            Literal::Number(number) => (Constant::Number(*number), Type::Number),
            Literal::Money(number) => (Constant::Money(*number), Type::Money),
            Literal::Percent(number) => (Constant::Percent(*number), Type::Percent),
            Literal::Duration(literal) => match duration(*literal) {
                Some(duration) => (Constant::Duration(duration), Type::Duration),
                None => {
                    self.report(types::duration_too_long(place));
                    return Expr::error(place);
                }
            },
            Literal::Date { year, month, day } => {
                match Day::from_ymd(*year, u32::from(*month), u32::from(*day)) {
                    Some(day) => (Constant::Date(day), Type::Date),
                    None => return Expr::error(place),
                }
            }
            Literal::Time(_) => {
                self.report(types::time_of_day_alone(place));
                return Expr::error(place);
            }
            Literal::Text(text) => return self.text(text, expected, place),
        };
        Expr { kind: ExprKind::Constant(constant), ty, place }
    }

    /// A text in quotes; where one of a list is expected it must be one of them.
    fn text(&mut self, text: &str, expected: Option<&Type>, place: Place) -> Expr {
        let ty = match expected {
            Some(Type::Enum(values)) => {
                if !values.iter().any(|value| value == text) {
                    self.report(types::unknown_option(place, text, values));
                    return Expr::error(place);
                }
                Type::Enum(values.clone())
            }
            _ => Type::Text,
        };
        Expr { kind: ExprKind::Constant(Constant::Text(text.to_owned())), ty, place }
    }

    fn is_missing(&mut self, value: &tree::Expr, missing: bool, place: Place, scope: Scope<'a>) -> Expr {
        let value = self.expr(value, None, scope);
        let test = Expr { kind: ExprKind::IsMissing(Box::new(value)), ty: Type::Bool, place };
        if missing {
            return test;
        }
        Expr { kind: ExprKind::Not(Box::new(test)), ty: Type::Bool, place }
    }

    fn or_else(&mut self, value: &tree::Expr, default: &tree::Expr, place: Place, scope: Scope<'a>) -> Expr {
        let typed = self.expr(value, None, scope);
        let other = self.expr(default, Some(&typed.ty), scope);
        if typed.ty.is_unknown() || other.ty.is_unknown() {
            return Expr::error(place);
        }
        let fits = typed.ty == other.ty || typed.ty.is_text() && other.ty.is_text();
        if !fits {
            self.wrong_type(&other, default.span, &typed.ty);
            return Expr::error(place);
        }
        let ty = if typed.ty == other.ty { typed.ty.clone() } else { Type::Text };
        Expr { kind: ExprKind::OrElse(Box::new(typed), Box::new(other)), ty, place }
    }

    fn today_is(&mut self, festival: &tree::Spanned<String>, place: Place) -> Expr {
        let name = festival.node.as_str();
        // A festival that is known in no year is none; years are a matter of the run.
        let unknown = matches!(calendar::festival(name, 2020), Err(calendar::Unknown::Festival));
        if unknown && !self.project.holidays.contains_key(name) {
            let own = self.project.holidays.keys().map(String::as_str);
            let known = own.chain(calendar::names().map(|name| -> &str { name }));
            self.report(names::unknown_festival(self.place(festival.span), name, known));
            return Expr::error(place);
        }
        Expr { kind: ExprKind::TodayIs(name.to_owned()), ty: Type::Bool, place }
    }

    fn membership(&mut self, enters: bool, of: &tree::Path, place: Place) -> Expr {
        let group = self.path(of, Scope::default());
        let ExprKind::Definition(id) = group.kind else {
            if !group.ty.is_unknown() {
                self.report(names::not_a_segment(group.place, self.source(of.span)));
            }
            return Expr::error(place);
        };
        if group.ty != Type::Bool {
            self.report(names::not_a_segment(group.place, self.source(of.span)));
            return Expr::error(place);
        }
        Expr { kind: ExprKind::Membership { enters, of: id }, ty: Type::Bool, place }
    }
}

/// A duration as plan and engine count it; `None` if it is longer than a calendar can count.
pub(crate) fn duration(literal: DurationLiteral) -> Option<Duration> {
    let amount = i32::try_from(literal.amount).ok().filter(|amount| *amount <= 10_000_000)?;
    let exact = |micros: i64| Duration::Exact { micros: i64::from(amount) * micros };
    Some(match literal.unit {
        DurationUnit::Minutes => exact(60 * SECOND),
        DurationUnit::Hours => exact(HOUR),
        DurationUnit::Days => Duration::Calendar { months: 0, days: amount },
        DurationUnit::Weeks => Duration::Calendar { months: 0, days: amount * 7 },
        DurationUnit::Months => Duration::Calendar { months: amount, days: 0 },
        DurationUnit::Years => Duration::Calendar { months: amount * 12, days: 0 },
    })
}
