//! Plus, minus, times, divided by: what goes with what, and what comes out.

use super::{Checker, Scope};
use crate::diagnostics::types;
use crate::typed::{ArithmeticOp, Constant, Expr, ExprKind};
use crate::types::Type;
use rulec_diagnostic::Place;
use rulec_grammar::tree::{self, Literal, Number, ProductOp, Spanned, SumOp};

/// How many values may follow the first in a sum or a product. What walks them later takes stack for each.
const MOST_OPERANDS: usize = 255;

impl<'a> Checker<'a> {
    pub(super) fn sum(
        &mut self,
        first: &tree::Expr,
        rest: &[(Spanned<SumOp>, tree::Expr)],
        expected: Option<&Type>,
        scope: Scope<'a>,
    ) -> Expr {
        if rest.len() > MOST_OPERANDS {
            return self.too_many_operands(first, &rest[rest.len() - 1].1);
        }
        // Literals among the operands take the type of the first operand that is none: `monetary - 100`, `100 + monetary`.
        let hint = match rest.first() {
            Some((_, second)) => self.pair(first, second, scope),
            None => return self.expr(first, expected, scope),
        };
        let (mut left, second) = hint;
        let mut right = Some(second);
        for (op, operand) in rest {
            let right = match right.take() {
                Some(second) => second,
                None => self.expr(operand, Some(&left.ty), scope),
            };
            let which = match op.node {
                SumOp::Add => ArithmeticOp::Add,
                SumOp::Subtract => ArithmeticOp::Subtract,
            };
            left = self.arithmetic(which, left, right);
        }
        left
    }

    pub(super) fn product(
        &mut self,
        first: &tree::Expr,
        rest: &[(Spanned<ProductOp>, tree::Expr)],
        expected: Option<&Type>,
        scope: Scope<'a>,
    ) -> Expr {
        if rest.len() > MOST_OPERANDS {
            return self.too_many_operands(first, &rest[rest.len() - 1].1);
        }
        // Only the first factor takes what the place expects, and only beside plain numbers: in `1000 / 3` where money is
        // wanted 1000 is money, in `10 * 5元` 10 is a number.
        let plain = |literal: &Literal| matches!(literal, Literal::Number(_) | Literal::Percent(_));
        let others_are_plain =
            rest.iter().all(|(_, x)| matches!(&x.kind, tree::ExprKind::Literal(literal) if plain(literal)));
        let mut left = self.expr(first, expected.filter(|_| others_are_plain), scope);
        for (op, operand) in rest {
            let right = self.expr(operand, None, scope);
            let which = match op.node {
                ProductOp::Multiply => ArithmeticOp::Multiply,
                ProductOp::Divide => ArithmeticOp::Divide,
            };
            left = self.arithmetic(which, left, right);
        }
        left
    }

    fn too_many_operands(&mut self, first: &tree::Expr, last: &tree::Expr) -> Expr {
        let place = self.place(first.span.to(last.span));
        self.report(types::too_many_operands(place, MOST_OPERANDS + 1));
        Expr::error(place)
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: Expr, right: Expr) -> Expr {
        let span = left.place.span.to(right.place.span);
        let place = Place { span, ..left.place };
        if left.ty.is_unknown() || right.ty.is_unknown() {
            return Expr::error(place);
        }
        let Some(ty) = result(op, &left.ty, &right.ty) else {
            let (a, b) = (self.source(left.place.span), self.source(right.place.span));
            self.report(types::cannot_compute(place, op, (a, &left.ty), (b, &right.ty)));
            return Expr::error(place);
        };
        let instant = |ty: &Type| matches!(ty, Type::Time | Type::Date);
        let shifts = instant(&left.ty) && right.ty == Type::Duration
            || instant(&right.ty) && left.ty == Type::Duration;
        let constant = |x: &Expr| matches!(x.kind, ExprKind::Constant(_) | ExprKind::Param(_));
        if shifts && !constant(&right) && !constant(&left) {
            self.report(types::shift_by_computed(place));
            return Expr::error(place);
        }
        Expr { kind: ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) }, ty, place }
    }

    pub(super) fn negate(
        &mut self,
        inner: &tree::Expr,
        expected: Option<&Type>,
        place: Place,
        scope: Scope<'a>,
    ) -> Expr {
        let typed = self.expr(inner, expected, scope);
        if typed.ty.is_unknown() {
            return Expr::error(place);
        }
        if !typed.ty.is_quantity() {
            self.wrong_type(&typed, inner.span, &Type::Number);
            return Expr::error(place);
        }
        let minus = |number: Number| Number { mantissa: -number.mantissa, ..number };
        let kind = match typed.kind {
            ExprKind::Constant(Constant::Number(number)) => {
                ExprKind::Constant(Constant::Number(minus(number)))
            }
            ExprKind::Constant(Constant::Money(number)) => ExprKind::Constant(Constant::Money(minus(number))),
            ExprKind::Constant(Constant::Percent(number)) => {
                ExprKind::Constant(Constant::Percent(minus(number)))
            }
            kind => ExprKind::Negate(Box::new(Expr { kind, ty: typed.ty.clone(), place: typed.place })),
        };
        Expr { kind, ty: typed.ty, place }
    }
}

/// The type that comes out, if the operation means something.
fn result(op: ArithmeticOp, left: &Type, right: &Type) -> Option<Type> {
    use ArithmeticOp::{Add, Divide, Multiply, Subtract};
    use Type::{Date, Duration, Money, Number, Percent, Time};
    Some(match (op, left, right) {
        (Add | Subtract, Number, Number) => Number,
        (Add | Subtract, Number, Percent) | (Add | Subtract, Percent, Number) => Number,
        (Add | Subtract, Percent, Percent) => Percent,
        (Add | Subtract, Money, Money) => Money,
        (Add | Subtract, Duration, Duration) => Duration,
        (Subtract, Time | Date, Time | Date) => Duration,
        (Add | Subtract, Time, Duration) | (Add, Duration, Time) => Time,
        (Add | Subtract, Date, Duration) | (Add, Duration, Date) => Date,
        (Multiply, Number | Percent, Number | Percent) => Number,
        (Multiply, Money, Number | Percent) | (Multiply, Number | Percent, Money) => Money,
        (Multiply, Duration, Number | Percent) | (Multiply, Number | Percent, Duration) => Duration,
        (Divide, Number | Percent, Number | Percent) => Number,
        (Divide, Money, Money) | (Divide, Duration, Duration) => Number,
        (Divide, Money, Number | Percent) => Money,
        (Divide, Duration, Number | Percent) => Duration,
        _ => return None,
    })
}
