//! Stretches of time: of events, and of dates and times.

use super::{Checker, Scope};
use crate::diagnostics::{offers, types, windows};
use crate::typed::{Constant, Expr, ExprKind, Window, Yearly};
use crate::types::Type;
use rulec_diagnostic::Place;
use rulec_grammar::tree::{self, Range, Spanned};
use rulec_plan::time::{CalendarUnit, Duration};

impl<'a> Checker<'a> {
    /// `registered in last 7d`, `birthday in next 7d`, `aov in 200..500`.
    pub(super) fn in_window(
        &mut self,
        value: &tree::Expr,
        window: &Spanned<tree::Window>,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        let (typed, yearly) = self.yearly(value, scope);
        if typed.ty.is_unknown() {
            return Expr::error(place);
        }
        let instant = matches!(typed.ty, Type::Date | Type::Time);
        if let (tree::Window::Range(range), false) = (&window.node, instant) {
            return self.in_range(typed, range, place, scope);
        }
        if !instant {
            let diagnostic = if typed.ty == Type::Bool && scope.row.is_some() {
                windows::window_after_condition(self.place(window.span), self.source(window.span))
            } else {
                windows::window_of_no_time(typed.place, self.source(value.span), &typed.ty)
            };
            self.report(diagnostic);
            return Expr::error(place);
        }
        let Some(window) = self.window(window, scope) else { return Expr::error(place) };
        if typed.ty == Type::Date && hours(&window) {
            self.report(windows::hours_of_a_date(place, self.source(value.span)));
            return Expr::error(place);
        }
        if yearly != Yearly::No && !around_today(&window) {
            self.report(windows::window_of_a_birthday(place, self.source(value.span)));
            return Expr::error(place);
        }
        Expr { kind: ExprKind::InWindow { value: Box::new(typed), window, yearly }, ty: Type::Bool, place }
    }

    /// A value, and whether only its month and day count: a fact that the project file calls yearly, or
    /// `anniversary(…)` and `lunar(…)` of a date.
    fn yearly(&mut self, value: &tree::Expr, scope: Scope<'a>) -> (Expr, Yearly) {
        if let tree::ExprKind::Call(call) = &value.kind {
            let round = match call.function.node.as_str() {
                "anniversary" => Some(Yearly::Solar),
                "lunar" => Some(Yearly::Lunar),
                _ => None,
            };
            if let (Some(round), Some(argument)) = (round, &call.argument) {
                return (self.date_of(argument, scope), round);
            }
        }
        let typed = self.expr(value, None, scope);
        let yearly = if self.comes_round(&typed) { Yearly::Solar } else { Yearly::No };
        (typed, yearly)
    }

    /// Whether this is a fact that the project file calls yearly.
    pub(super) fn comes_round(&self, value: &Expr) -> bool {
        matches!(&value.kind, ExprKind::Fact(name) if self.project.customer.facts[name].yearly)
    }

    fn date_of(&mut self, argument: &tree::Expr, scope: Scope<'a>) -> Expr {
        let typed = self.expr(argument, None, scope);
        if typed.ty.is_unknown() || matches!(typed.ty, Type::Date | Type::Time) {
            return typed;
        }
        self.wrong_type(&typed, argument.span, &Type::Date);
        Expr::error(typed.place)
    }

    /// A window as events have it; `None` where something in it was wrong, and reported.
    pub(super) fn window(&mut self, window: &Spanned<tree::Window>, scope: Scope<'a>) -> Option<Window> {
        let duration = |checker: &mut Self, expr: &tree::Expr| {
            let typed = checker.duration(expr);
            (!typed.ty.is_unknown()).then(|| Box::new(typed))
        };
        Some(match &window.node {
            tree::Window::Last(length) => Window::Last(duration(self, length)?),
            tree::Window::Next(length) => Window::Next(duration(self, length)?),
            tree::Window::Ago(range) => self.ago(range)?,
            tree::Window::Range(range) => self.between(range, scope)?,
            tree::Window::This(unit) => Window::This(calendar_unit(*unit)),
            tree::Window::Since(from) => {
                let typed = self.expr(from, Some(&Type::Time), Scope { row: None, ..scope });
                self.instant(&typed, from)?;
                Window::Since(Box::new(typed))
            }
        })
    }

    /// A duration that is written, or a param; a bare number is told to take a unit.
    pub(super) fn duration(&mut self, expr: &tree::Expr) -> Expr {
        if let tree::ExprKind::Literal(tree::Literal::Number(_)) = &expr.kind {
            let place = self.place(expr.span);
            let diagnostic =
                types::duration_without_unit(place, self.source(expr.span), self.in_chinese(expr.span));
            self.report(diagnostic);
            return Expr::error(place);
        }
        self.constant(expr, &Type::Duration)
    }

    /// A duration that is not nothing; after no time, or over none, nothing can be counted.
    pub(super) fn some_time(&mut self, expr: &tree::Expr) -> Expr {
        let typed = self.duration(expr);
        let nothing = matches!(
            self.constant_value(&typed),
            Some(Constant::Duration(
                Duration::Exact { micros: 0 } | Duration::Calendar { months: 0, days: 0 }
            ))
        );
        if nothing {
            self.report(offers::no_time(typed.place, self.source(expr.span)));
            return Expr::error(typed.place);
        }
        typed
    }

    fn ago(&mut self, range: &Range) -> Option<Window> {
        let near = range.low.as_ref().map(|end| Box::new(self.duration(end)));
        let far = range.high.as_ref().map(|end| Box::new(self.duration(end)));
        if near.iter().chain(&far).any(|end| end.ty.is_unknown()) {
            return None;
        }
        if let (Some(near), Some(far)) = (&near, &far)
            && backwards(near, far)
        {
            self.report(windows::empty_range(self.place(range.span), self.source(range.span)));
            return None;
        }
        Some(Window::Ago { near, far })
    }

    fn between(&mut self, range: &Range, scope: Scope<'a>) -> Option<Window> {
        let mut end = |end: &Option<Box<tree::Expr>>| match end {
            None => Some(None),
            Some(expr) => {
                let typed = self.expr(expr, Some(&Type::Date), Scope { row: None, ..scope });
                self.instant(&typed, expr)?;
                Some(Some(Box::new(typed)))
            }
        };
        let (low, high) = (end(&range.low)?, end(&range.high)?);
        if let (Some(low), Some(high)) = (&low, &high)
            && let (ExprKind::Constant(Constant::Date(low)), ExprKind::Constant(Constant::Date(high))) =
                (&low.kind, &high.kind)
            && low >= high
        {
            self.report(windows::empty_range(self.place(range.span), self.source(range.span)));
            return None;
        }
        Some(Window::Between { low, high })
    }

    /// Reports what is neither a date nor a time; `None` then.
    fn instant(&mut self, typed: &Expr, written: &tree::Expr) -> Option<()> {
        if matches!(typed.ty, Type::Date | Type::Time) {
            return Some(());
        }
        if !typed.ty.is_unknown() {
            self.wrong_type(typed, written.span, &Type::Date);
        }
        None
    }
}

fn hours(window: &Window) -> bool {
    let exact =
        |expr: &Expr| matches!(expr.kind, ExprKind::Constant(Constant::Duration(Duration::Exact { .. })));
    match window {
        Window::Last(length) | Window::Next(length) => exact(length),
        Window::Ago { near, far } => near.iter().chain(far).any(|end| exact(end)),
        Window::Between { .. } | Window::This(_) | Window::Since(_) => false,
    }
}

/// Whether a birthday can lie in such a window: one around today.
fn around_today(window: &Window) -> bool {
    matches!(window, Window::Last(_) | Window::Next(_) | Window::This(_))
}

/// Whether the nearer end of `A..B ago` is not nearer, as far as that can be told.
fn backwards(near: &Expr, far: &Expr) -> bool {
    let (ExprKind::Constant(Constant::Duration(near)), ExprKind::Constant(Constant::Duration(far))) =
        (&near.kind, &far.kind)
    else {
        return false;
    };
    match (near, far) {
        (Duration::Exact { micros: a }, Duration::Exact { micros: b }) => a >= b,
        (Duration::Calendar { months: m, days: a }, Duration::Calendar { months: n, days: b }) => {
            (m == n && a >= b) || (a == b && m >= n)
        }
        _ => false,
    }
}

/// A unit as the plan has it.
pub(super) fn calendar_unit(unit: tree::CalendarUnit) -> CalendarUnit {
    match unit {
        tree::CalendarUnit::Day => CalendarUnit::Day,
        tree::CalendarUnit::Week => CalendarUnit::Week,
        tree::CalendarUnit::Month => CalendarUnit::Month,
        tree::CalendarUnit::Quarter => CalendarUnit::Quarter,
        tree::CalendarUnit::Year => CalendarUnit::Year,
    }
}
