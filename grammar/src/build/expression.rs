//! Expressions, from the loosest operator to the tightest.

use super::{Builder, Parts};
use crate::diagnostics;
use crate::keywords;
use crate::parser::{Node, Rule};
use crate::tree::{
    CalendarPart, Call, CompareOp, Expr, ExprKind, Literal, Name, Path, ProductOp, Spanned, SumOp,
};
use rulec_diagnostic::Span;

impl Builder {
    /// Any rule of the family of `expr`.
    pub(super) fn expr(&mut self, node: Node) -> Option<Expr> {
        let node = only_child(node);
        match node.as_rule() {
            Rule::expr => self.chain(node, ExprKind::Or),
            Rule::and_expr => self.chain(node, ExprKind::And),
            Rule::negation => self.not(node),
            Rule::comparison => self.comparison(node),
            Rule::operand => self.or_else(node),
            Rule::sum => self.sum(node),
            _ => self.primary(node),
        }
    }

    fn chain(&mut self, node: Node, kind: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
        let mut operands = Vec::new();
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::kw_and | Rule::kw_or => {}
                Rule::ampersands => self.foreign_operator(&part, "and", "且"),
                Rule::pipes => self.foreign_operator(&part, "or", "或"),
                _ => operands.push(self.expr(part)?),
            }
        }
        let span = operands.first()?.span.to(operands.last()?.span);
        Some(Expr { kind: kind(operands), span })
    }

    fn not(&mut self, node: Node) -> Option<Expr> {
        let (mut nots, mut bangs) = (Vec::new(), Vec::new());
        let mut parts = Parts::of(node);
        while let Some(Rule::kw_not | Rule::bang) = parts.peek() {
            let not = parts.next()?;
            nots.push(self.span(&not));
            if not.as_rule() == Rule::bang {
                bangs.push(not);
            }
        }
        let negated = self.prefixed(&nots, parts.next()?, ExprKind::Not);
        // After the rest, so that thousands of them do not keep it from being said that they are too many.
        bangs.iter().for_each(|bang| self.foreign_operator(bang, "not ", "非"));
        negated
    }

    fn prefixed(
        &mut self,
        prefixes: &[Span],
        operand: Node,
        kind: fn(Box<Expr>) -> ExprKind,
    ) -> Option<Expr> {
        let Some(&first) = prefixes.first() else { return self.expr(operand) };
        self.enter(prefixes.len(), first)?;
        let operand = self.expr(operand);
        self.leave(prefixes.len());
        let wrap = |inner: Expr, &prefix: &Span| {
            let span = prefix.to(inner.span);
            Expr { kind: kind(Box::new(inner)), span }
        };
        Some(prefixes.iter().rev().fold(operand?, wrap))
    }

    fn comparison(&mut self, node: Node) -> Option<Expr> {
        let mut parts = Parts::of(node);
        let left = self.expr(parts.next()?)?;
        let Some(tail) = parts.next() else { return Some(left) };
        match tail.as_rule() {
            Rule::compare => self.compare(left, tail),
            Rule::is_tail => self.is_tail(left, tail),
            Rule::negated => {
                let inner = self.negated(left, tail)?;
                let span = inner.span;
                Some(Expr { kind: ExprKind::Not(Box::new(inner)), span })
            }
            Rule::contains => self.contains(left, Parts::of(tail).next()?),
            Rule::membership => self.membership(left, tail),
            _ => self.windowed(left, tail),
        }
    }

    fn compare(&mut self, left: Expr, tail: Node) -> Option<Expr> {
        let mut parts = Parts::of(tail);
        let op = self.compare_op(parts.part(Rule::compare_op)?)?;
        let right = self.expr(parts.next()?)?;
        let span = left.span.to(right.span);
        Some(Expr { kind: ExprKind::Compare { left: Box::new(left), op, right: Box::new(right) }, span })
    }

    fn compare_op(&mut self, node: Node) -> Option<Spanned<CompareOp>> {
        let sign = node.into_inner().next()?;
        let span = self.span(&sign);
        let op = match sign.as_rule() {
            Rule::equal | Rule::kw_equal => CompareOp::Equal,
            Rule::not_equal | Rule::kw_not_equal => CompareOp::NotEqual,
            Rule::less | Rule::kw_less => CompareOp::Less,
            Rule::greater | Rule::kw_greater => CompareOp::Greater,
            Rule::at_most | Rule::kw_at_most => CompareOp::LessOrEqual,
            _ => CompareOp::GreaterOrEqual,
        };
        if sign.as_str().starts_with(['=', '＝']) && op == CompareOp::GreaterOrEqual {
            self.foreign_operator(&sign, ">=", ">=");
        } else if sign.as_str().starts_with(['=', '＝']) && op == CompareOp::LessOrEqual {
            self.foreign_operator(&sign, "<=", "<=");
        }
        Some(Spanned { node: op, span })
    }

    fn foreign_operator(&mut self, node: &Node, meant: &str, meant_zh: &str) {
        let place = self.place(self.span(node));
        self.report(diagnostics::foreign_operator(place, node.as_str(), meant, meant_zh));
    }

    /// `not in …`, `not contains …`, without the `not`.
    fn negated(&mut self, left: Expr, tail: Node) -> Option<Expr> {
        let mut parts = Parts::of(tail);
        if parts.word(Rule::kw_not_contains) {
            return self.contains(left, parts.next()?);
        }
        if parts.word(Rule::kw_not_in) {
            return self.in_target(left, parts.next()?);
        }
        parts.word(Rule::kw_not);
        let tail = parts.next()?;
        match tail.as_rule() {
            Rule::contains => self.contains(left, Parts::of(tail).next()?),
            _ => self.membership(left, tail),
        }
    }

    fn contains(&mut self, left: Expr, item: Node) -> Option<Expr> {
        let item = self.expr(item)?;
        let span = left.span.to(item.span);
        Some(Expr { kind: ExprKind::Contains { value: Box::new(left), item: Box::new(item) }, span })
    }

    fn is_tail(&mut self, left: Expr, tail: Node) -> Option<Expr> {
        let span = Span { start: left.span.start, end: self.span_of(&tail).end };
        let mut parts = Parts::of(tail);
        let (mut not, mut is) = (false, None);
        if let Some(Rule::kw_is | Rule::kw_is_not) = parts.peek() {
            let word = parts.next()?;
            not = word.as_rule() == Rule::kw_is_not;
            is = Some(self.span(&word));
        }
        let what = parts.next()?;
        if what.as_rule() == Rule::text {
            return self.is_text(left, not, is?, &what);
        }
        let missing = (what.as_rule() == Rule::kw_missing) != not;
        Some(Expr { kind: ExprKind::IsMissing { value: Box::new(left), missing }, span })
    }

    /// `today is "中秋"`; of anything else, `is` with a text is meant as a comparison.
    fn is_text(&mut self, left: Expr, not: bool, is: Span, what: &Node) -> Option<Expr> {
        let text = self.text(what);
        let span = left.span.to(text.span);
        if left.kind == ExprKind::Today {
            let festival = Expr { kind: ExprKind::TodayIs(text), span };
            let kind = if not { ExprKind::Not(Box::new(festival)) } else { return Some(festival) };
            return Some(Expr { kind, span });
        }
        self.report(diagnostics::is_for_equal(self.place(is), not));
        let op = Spanned { node: if not { CompareOp::NotEqual } else { CompareOp::Equal }, span: is };
        let right = Expr { kind: ExprKind::Literal(Literal::Text(text.node)), span: text.span };
        Some(Expr { kind: ExprKind::Compare { left: Box::new(left), op, right: Box::new(right) }, span })
    }

    fn or_else(&mut self, node: Node) -> Option<Expr> {
        let mut parts = Parts::of(node);
        let mut value = self.expr(parts.next()?)?;
        let mut levels = 0;
        for default in parts {
            if self.enter(1, value.span).is_none() {
                break;
            }
            levels += 1;
            let Some(default) = self.expr(default) else { break };
            let span = value.span.to(default.span);
            value =
                Expr { kind: ExprKind::OrElse { value: Box::new(value), default: Box::new(default) }, span };
        }
        self.leave(levels);
        Some(value)
    }

    /// Operands and signs in one row: those of `*` and `/` belong closer together.
    fn sum(&mut self, node: Node) -> Option<Expr> {
        let parts = &mut Parts::of(node);
        let first = self.product(parts)?;
        let mut rest = Vec::new();
        while let Some(sign) = parts.part(Rule::sum_sign) {
            let op = if matches!(sign.as_str(), "+" | "＋") { SumOp::Add } else { SumOp::Subtract };
            rest.push((Spanned { node: op, span: self.span(&sign) }, self.product(parts)?));
        }
        Some(arithmetic(first, rest, ExprKind::Sum))
    }

    fn product(&mut self, parts: &mut Parts) -> Option<Expr> {
        let first = self.unary(parts)?;
        let mut rest = Vec::new();
        while let Some(sign) = parts.part(Rule::product_sign) {
            let divides = matches!(sign.as_str(), "/" | "／" | "÷");
            let op = if divides { ProductOp::Divide } else { ProductOp::Multiply };
            rest.push((Spanned { node: op, span: self.span(&sign) }, self.unary(parts)?));
        }
        Some(arithmetic(first, rest, ExprKind::Product))
    }

    fn unary(&mut self, parts: &mut Parts) -> Option<Expr> {
        let mut signs = Vec::new();
        while let Some(minus) = parts.part(Rule::minus) {
            signs.push(self.span(&minus));
        }
        self.prefixed(&signs, parts.next()?, ExprKind::Negate)
    }

    fn primary(&mut self, node: Node) -> Option<Expr> {
        let span = self.span_of(&node);
        let kind = match node.as_rule() {
            Rule::parens => return self.parens(node),
            Rule::set => self.set(node)?,
            Rule::reference => self.reference(node)?,
            Rule::calendar_part => calendar_part(node)?,
            Rule::enters_or_leaves => self.enters_or_leaves(node)?,
            Rule::kw_everyone => ExprKind::Everyone,
            Rule::kw_now => ExprKind::Now,
            Rule::kw_today => ExprKind::Today,
            _ => ExprKind::Literal(self.literal(node)?),
        };
        Some(Expr { kind, span })
    }

    /// The span takes the brackets in, so that an edit of the expression keeps them together.
    fn parens(&mut self, node: Node) -> Option<Expr> {
        let span = self.span_of(&node);
        self.enter(1, span)?;
        let inner = Parts::of(node).next().and_then(|inner| self.expr(inner));
        self.leave(1);
        inner.map(|inner| Expr { kind: inner.kind, span })
    }

    fn set(&mut self, node: Node) -> Option<ExprKind> {
        self.enter(1, self.span_of(&node))?;
        let items: Option<Vec<Expr>> = Parts::of(node).map(|item| self.expr(item)).collect();
        self.leave(1);
        Some(ExprKind::Set(items?))
    }

    fn enters_or_leaves(&mut self, node: Node) -> Option<ExprKind> {
        let mut parts = Parts::of(node);
        let enters = parts.next()?.as_rule() == Rule::enters_word;
        Some(ExprKind::Membership { enters, of: self.path(parts.part(Rule::path)?) })
    }

    pub(super) fn path(&self, node: Node) -> Path {
        let span = self.span(&node);
        Path { names: Parts::of(node).map(|name| self.name(&name)).collect(), span }
    }

    fn reference(&mut self, node: Node) -> Option<ExprKind> {
        let mut parts = Parts::of(node);
        let path = parts.part(Rule::path)?;
        match parts.part(Rule::arguments) {
            Some(arguments) => {
                let function = self.function(&path);
                self.enter(1, function.span)?;
                let call = self.call(function, arguments);
                self.leave(1);
                Some(ExprKind::Call(call?))
            }
            None => Some(ExprKind::Path(self.path(path))),
        }
    }

    /// The function's English name, if it is one of the language.
    fn function(&self, path: &Node) -> Name {
        let written = super::normal_name(path.as_str());
        let name = keywords::function(&written).map_or(written, str::to_owned);
        Spanned { node: name, span: self.span(path) }
    }

    fn call(&mut self, function: Name, arguments: Node) -> Option<Call> {
        let mut call = Call { function, argument: None, filter: None, window: None, best: None };
        for part in Parts::of(arguments) {
            match part.as_rule() {
                Rule::argument => call.argument = Some(Box::new(self.expr(Parts::of(part).next()?)?)),
                _ => self.call_part(&mut call, part)?,
            }
        }
        Some(call)
    }
}

/// The first operand, and signs with theirs.
fn arithmetic<S>(
    first: Expr,
    rest: Vec<(Spanned<S>, Expr)>,
    kind: impl FnOnce(Box<Expr>, Vec<(Spanned<S>, Expr)>) -> ExprKind,
) -> Expr {
    let Some((_, last)) = rest.last() else { return first };
    let span = first.span.to(last.span);
    Expr { kind: kind(Box::new(first), rest), span }
}

fn calendar_part(node: Node) -> Option<ExprKind> {
    Some(ExprKind::CalendarPart(match node.into_inner().next()?.as_rule() {
        Rule::kw_day_of_month => CalendarPart::DayOfMonth,
        Rule::kw_day_of_week => CalendarPart::DayOfWeek,
        _ => CalendarPart::MonthOfYear,
    }))
}

/// Goes down through the levels of precedence at which nothing stands but one operand, without a call for each.
fn only_child(mut node: Node) -> Node {
    use Rule as R;
    while matches!(node.as_rule(), R::expr | R::and_expr | R::comparison | R::operand | R::sum) {
        let mut inner = node.clone().into_inner();
        match (inner.next(), inner.next()) {
            (Some(only), None) => node = only,
            _ => break,
        }
    }
    node
}
