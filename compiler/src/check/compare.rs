//! Comparisons, membership in sets and ranges.

use super::definition::order;
use super::{Checker, Scope};
use crate::diagnostics::{names, types, windows};
use crate::typed::{Constant, Expr, ExprKind, Ranking};
use crate::types::Type;
use rulec_diagnostic::{Diagnostic, Place};
use rulec_grammar::tree::{self, Best, CompareOp, Literal, Spanned};
use std::cmp::Ordering;

impl<'a> Checker<'a> {
    pub(super) fn compare(
        &mut self,
        left: &tree::Expr,
        op: &Spanned<CompareOp>,
        right: &tree::Expr,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        let (typed_left, typed_right) = self.pair(left, right, scope);
        if typed_left.ty.is_unknown() || typed_right.ty.is_unknown() {
            return Expr::error(place);
        }
        let sides = ((left, &typed_left), (right, &typed_right));
        if let Some(diagnostic) =
            self.missing_unit(sides.0, sides.1).or_else(|| self.yearly_day(sides.0, op, sides.1))
        {
            self.report(diagnostic);
            return Expr::error(place);
        }
        if !comparable(&typed_left.ty, &typed_right.ty) {
            let (a, b) =
                ((self.source(left.span), &typed_left.ty), (self.source(right.span), &typed_right.ty));
            self.report(types::cannot_compare(place, typed_right.place, a, b));
            return Expr::error(place);
        }
        let ordering = !matches!(op.node, CompareOp::Equal | CompareOp::NotEqual);
        if typed_left.ty == Type::Set || ordering && !typed_left.ty.is_ordered() {
            let diagnostic = types::no_order(self.place(op.span), self.source(left.span), &typed_left.ty);
            self.report(diagnostic);
            return Expr::error(place);
        }
        let (left, right) = (Box::new(typed_left), Box::new(typed_right));
        Expr { kind: ExprKind::Compare { op: op.node, left, right }, ty: Type::Bool, place }
    }

    /// Types two sides that must go together; a literal takes the type of the other side.
    pub(super) fn pair(&mut self, left: &tree::Expr, right: &tree::Expr, scope: Scope<'a>) -> (Expr, Expr) {
        if is_literal(left) && !is_literal(right) {
            let right = self.expr(right, None, scope);
            let left = self.expr(left, Some(&right.ty), scope);
            return (left, right);
        }
        let typed_left = self.expr(left, None, scope);
        if let Some(wrong) = self.without_quotes(&typed_left.ty, right, scope) {
            return (typed_left, wrong);
        }
        let typed_right = self.expr(right, Some(&typed_left.ty), scope);
        (typed_left.money_beside(&typed_right.ty), typed_right)
    }

    /// `city = 上海`: a name that nothing has, where a text is compared.
    pub(super) fn without_quotes(
        &mut self,
        beside: &Type,
        written: &tree::Expr,
        scope: Scope<'a>,
    ) -> Option<Expr> {
        let tree::ExprKind::Path(path) = &written.kind else { return None };
        let [name] = path.names.as_slice() else { return None };
        let texts = beside.is_text() || *beside == Type::Set;
        if !texts || self.is_known(&name.node, scope) {
            return None;
        }
        let place = self.place(path.span);
        self.report(names::text_without_quotes(place, self.source(path.span)));
        Some(Expr::error(place))
    }

    /// `dormant > 60`: a bare number where a duration or a percentage stands on the other side.
    fn missing_unit(&self, left: (&tree::Expr, &Expr), right: (&tree::Expr, &Expr)) -> Option<Diagnostic> {
        for ((literal, number), (other, with)) in [(right, left), (left, right)] {
            let bare = matches!(number.kind, ExprKind::Constant(Constant::Number(_)));
            if bare && matches!(with.ty, Type::Duration | Type::Percent) && is_literal(literal) {
                let written = self.source(literal.span);
                let chinese = self.in_chinese(literal.span);
                let of = self.source(other.span);
                return Some(types::missing_unit(number.place, written, of, &with.ty, chinese));
            }
        }
        None
    }

    /// `birthday = today`: what comes round every year lies on no one day.
    fn yearly_day(
        &self,
        left: (&tree::Expr, &Expr),
        op: &Spanned<CompareOp>,
        right: (&tree::Expr, &Expr),
    ) -> Option<Diagnostic> {
        for ((written, fact), (_, day)) in [(left, right), (right, left)] {
            let instant = matches!(day.ty, Type::Date | Type::Time);
            let today = matches!(day.kind, ExprKind::Today | ExprKind::Now);
            if self.comes_round(fact)
                && instant
                && (today || matches!(day.kind, ExprKind::Constant(_) | ExprKind::Param(_)))
            {
                let place = self.place(left.0.span.to(right.0.span));
                let (name, chinese) = (self.source(written.span), self.in_chinese(written.span));
                let equal = op.node == CompareOp::Equal;
                return Some(windows::compared_birthday(place, name, (today, equal), chinese));
            }
        }
        None
    }

    pub(super) fn in_set(
        &mut self,
        value: &tree::Expr,
        set: &tree::Expr,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        let typed = self.expr(value, None, scope);
        let tree::ExprKind::Set(items) = &set.kind else {
            let item = self.expr(set, Some(&Type::Set), scope);
            if item.ty.is_unknown() || typed.ty.is_unknown() {
                return Expr::error(place);
            }
            if item.ty != Type::Set {
                self.wrong_type(&item, set.span, &Type::Set);
                return Expr::error(place);
            }
            return self.has_text((set, item), (value, typed), place);
        };
        if typed.ty.is_unknown() {
            return Expr::error(place);
        }
        if !typed.ty.is_text() {
            let diagnostic = self.set_of_others(value, &typed, set, items);
            self.report(diagnostic);
            return Expr::error(place);
        }
        let texts: Vec<Option<String>> =
            items.iter().map(|item| self.text_of_set(item, &typed.ty, scope)).collect();
        match texts.into_iter().collect() {
            Some(texts) => {
                Expr { kind: ExprKind::OneOf { value: Box::new(typed), texts }, ty: Type::Bool, place }
            }
            None => Expr::error(place),
        }
    }

    /// `frequency in {1, 2}`: braces hold texts.
    fn set_of_others(
        &self,
        value: &tree::Expr,
        typed: &Expr,
        set: &tree::Expr,
        items: &[tree::Expr],
    ) -> Diagnostic {
        let chinese = self.in_chinese(set.span);
        let items: Vec<&str> = items.iter().map(|item| self.source(item.span)).collect();
        types::set_of_others(self.place(set.span), (self.source(value.span), &typed.ty), &items, chinese)
    }

    /// One text of a set as written.
    fn text_of_set(&mut self, item: &tree::Expr, expected: &Type, scope: Scope<'a>) -> Option<String> {
        let typed = self.expr(item, Some(expected), scope);
        match typed.kind {
            ExprKind::Constant(Constant::Text(text)) => Some(text),
            ExprKind::Error => None,
            _ => {
                self.wrong_type(&typed, item.span, &Type::Text);
                None
            }
        }
    }

    pub(super) fn contains(
        &mut self,
        value: &tree::Expr,
        item: &tree::Expr,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        let set = self.expr(value, None, scope);
        let text = match self.without_quotes(&set.ty, item, scope) {
            Some(wrong) => wrong,
            None => self.expr(item, Some(&Type::Text), scope),
        };
        if set.ty.is_unknown() || text.ty.is_unknown() {
            return Expr::error(place);
        }
        if set.ty != Type::Set && !set.ty.is_text() {
            self.wrong_type(&set, value.span, &Type::Set);
            return Expr::error(place);
        }
        self.has_text((value, set), (item, text), place)
    }

    fn has_text(&mut self, set: (&tree::Expr, Expr), item: (&tree::Expr, Expr), place: Place) -> Expr {
        if !item.1.ty.is_text() {
            self.wrong_type(&item.1, item.0.span, &Type::Text);
            return Expr::error(place);
        }
        let (value, item) = (Box::new(set.1), Box::new(item.1));
        Expr { kind: ExprKind::Contains { value, item }, ty: Type::Bool, place }
    }

    pub(super) fn in_range(
        &mut self,
        value: Expr,
        range: &tree::Range,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        if value.ty.is_unknown() {
            return Expr::error(place);
        }
        if !value.ty.is_ordered() {
            self.report(types::no_order(place, self.source(value.place.span), &value.ty));
            return Expr::error(place);
        }
        let mut end = |end: &Option<Box<tree::Expr>>| -> Option<Box<Expr>> {
            let written = end.as_ref()?;
            let typed = self.expr(written, Some(&value.ty), scope);
            if typed.ty.is_unknown() || comparable(&typed.ty, &value.ty) {
                return Some(Box::new(typed));
            }
            self.wrong_type(&typed, written.span, &value.ty);
            Some(Box::new(Expr::error(typed.place)))
        };
        let (low, high) = (end(&range.low), end(&range.high));
        if let (Some(ExprKind::Constant(low)), Some(ExprKind::Constant(high))) =
            (low.as_ref().map(|end| &end.kind), high.as_ref().map(|end| &end.kind))
            && order(low, high).is_some_and(Ordering::is_ge)
        {
            self.report(windows::empty_range(self.place(range.span), self.source(range.span)));
        }
        Expr { kind: ExprKind::InRange { value: Box::new(value), low, high }, ty: Type::Bool, place }
    }

    pub(super) fn in_top(
        &mut self,
        value: &tree::Expr,
        share: &tree::Expr,
        best: Option<&Spanned<Best>>,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        let ranking = self.ranking(value, best, scope);
        let share = Box::new(self.constant(share, &Type::Percent));
        match ranking {
            Some(ranking) => Expr { kind: ExprKind::InTop { ranking, share }, ty: Type::Bool, place },
            None => Expr::error(place),
        }
    }

    /// What is ranked over the population. Of durations fewer days are better, of all else more, unless `best` says so.
    pub(super) fn ranking(
        &mut self,
        value: &tree::Expr,
        best: Option<&Spanned<Best>>,
        scope: Scope<'a>,
    ) -> Option<Ranking> {
        if scope.row.is_some() {
            self.report(types::ranking_inside_rows(self.place(value.span)));
            return None;
        }
        let typed = self.expr(value, None, scope);
        if typed.ty.is_unknown() {
            return None;
        }
        if !typed.ty.is_ordered() {
            self.report(types::no_order(typed.place, self.source(value.span), &typed.ty));
            return None;
        }
        let low_is_better = match best {
            Some(best) => best.node == Best::Low,
            None => typed.ty == Type::Duration,
        };
        Some(Ranking { value: Box::new(typed), low_is_better })
    }
}

impl Expr {
    /// A param that is a bare number is money where money is wanted, as the number itself would be.
    pub(super) fn money_beside(self, other: &Type) -> Self {
        let bare = matches!(self.kind, ExprKind::Param(_)) && self.ty == Type::Number;
        if bare && *other == Type::Money { Expr { ty: Type::Money, ..self } } else { self }
    }
}

fn is_literal(expr: &tree::Expr) -> bool {
    match &expr.kind {
        tree::ExprKind::Literal(literal) => !matches!(literal, Literal::Bool(_)),
        tree::ExprKind::Negate(inner) => is_literal(inner),
        _ => false,
    }
}

/// Whether values of two types can be compared. Numbers go with percentages (20 % is 0.2), times with dates (by their day).
fn comparable(a: &Type, b: &Type) -> bool {
    let loose = |a: &Type, b: &Type| {
        matches!(
            (a, b),
            (Type::Number, Type::Percent) | (Type::Time, Type::Date) | (Type::Text, Type::Enum(_))
        )
    };
    match (a, b) {
        (Type::Enum(_), Type::Enum(_)) => true,
        _ => a == b || loose(a, b) || loose(b, a),
    }
}
