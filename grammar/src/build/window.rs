//! Windows: `in last 90d`, `in 200..500`, `in top 20%`, `since …`, and the other parts of a call.

use super::{Builder, Parts};
use crate::diagnostics;
use crate::parser::{Node, Rule};
use crate::tree::{Best, Call, Expr, ExprKind, Range, Spanned, Window};
use rulec_diagnostic::{Span, Text};

impl Builder {
    /// `value in …`.
    pub(super) fn membership(&mut self, value: Expr, tail: Node) -> Option<Expr> {
        let target = Parts::of(tail).next()?;
        match target.as_rule() {
            Rule::in_target => self.in_target(value, target),
            Rule::top => self.in_top(value, target),
            _ => self.in_window(value, target),
        }
    }

    /// A window that follows its value without `in`.
    pub(super) fn windowed(&mut self, value: Expr, tail: Node) -> Option<Expr> {
        let window = Parts::of(tail).next()?;
        match window.as_rule() {
            Rule::top => self.in_top(value, window),
            _ => self.in_window(value, window),
        }
    }

    fn in_window(&mut self, value: Expr, node: Node) -> Option<Expr> {
        let window = self.window(node)?;
        let span = value.span.to(window.span);
        Some(Expr { kind: ExprKind::In { value: Box::new(value), window }, span })
    }

    fn in_top(&mut self, value: Expr, node: Node) -> Option<Expr> {
        let span = Span { start: value.span.start, end: self.span_of(&node).end };
        let mut parts = Parts::of(node);
        parts.word(Rule::kw_top);
        let share = Box::new(self.expr(parts.next()?)?);
        let best = parts.part(Rule::best).map(|best| self.best(best));
        Some(Expr { kind: ExprKind::InTop { value: Box::new(value), share, best }, span })
    }

    /// A range, a range of time ago, or a set.
    pub(super) fn in_target(&mut self, value: Expr, node: Node) -> Option<Expr> {
        let parts: Vec<Rule> = Parts::of(node.clone()).map(|part| part.as_rule()).collect();
        if !parts.iter().any(|rule| matches!(rule, Rule::dots | Rule::open_dots)) {
            let set = self.expr(Parts::of(node).next()?)?;
            let span = value.span.to(set.span);
            return Some(Expr { kind: ExprKind::InSet { value: Box::new(value), set: Box::new(set) }, span });
        }
        let span = self.span_of(&node);
        let ago = parts.contains(&Rule::kw_ago);
        let range = self.range(node)?;
        let window = Spanned { node: range_window(range, ago), span };
        let span = value.span.to(window.span);
        Some(Expr { kind: ExprKind::In { value: Box::new(value), window }, span })
    }

    /// `moving`, `since`, `bare_ago`, or `call_window` round one of them or a range.
    fn window(&mut self, node: Node) -> Option<Spanned<Window>> {
        let span = self.span_of(&node);
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        let window = match rule {
            Rule::moving => self.moving(parts)?,
            Rule::since => Window::Since(Box::new(self.expr(parts.next()?)?)),
            _ => match parts.part(Rule::range) {
                Some(range) => {
                    range_window(self.range(range)?, rule == Rule::bare_ago || parts.word(Rule::kw_ago))
                }
                None => return self.window(parts.next()?),
            },
        };
        Some(Spanned { node: window, span })
    }

    fn moving(&mut self, mut parts: Parts) -> Option<Window> {
        let which = parts.next()?;
        match which.as_rule() {
            Rule::kw_last => Some(Window::Last(Box::new(self.duration(parts.next()?)?))),
            Rule::kw_next => Some(Window::Next(Box::new(self.duration(parts.next()?)?))),
            _ => Some(Window::This(Parts::of(which).find_map(|unit| self.calendar_unit(unit))?)),
        }
    }

    pub(super) fn best(&self, node: Node) -> Spanned<Best> {
        let span = self.span_of(&node);
        let low = node.into_inner().any(|word| matches!(word.as_rule(), Rule::kw_low | Rule::kw_best_low));
        Spanned { node: if low { Best::Low } else { Best::High }, span }
    }

    /// `where …`, a window or `best …` of a call; each may stand once.
    pub(super) fn call_part(&mut self, call: &mut Call, node: Node) -> Option<()> {
        let span = self.span_of(&node);
        match node.as_rule() {
            Rule::where_part => {
                let filter = self.expr(Parts::of(node).next()?)?;
                let first = call.filter.as_ref().map(|filter| filter.span);
                if self.only_once(first, span, "`where`", "「其中」") {
                    call.filter = Some(Box::new(filter));
                }
            }
            Rule::best => {
                if self.only_once(call.best.as_ref().map(|best| best.span), span, "`best`", "「优先」") {
                    call.best = Some(self.best(node));
                }
            }
            _ => {
                let window = self.window(node)?;
                let first = call.window.as_ref().map(|window| window.span);
                if self.only_once(first, span, "the window of time", "时间范围") {
                    call.window = Some(window);
                }
            }
        }
        Some(())
    }

    fn only_once(&mut self, first: Option<Span>, again: Span, en: &str, zh: &str) -> bool {
        if let Some(first) = first {
            let (again, first) = (self.place(again), self.place(first));
            self.report(diagnostics::repeated_part(again, first, &Text::new(en, zh)));
        }
        first.is_none()
    }
}

fn range_window(range: Range, ago: bool) -> Window {
    if ago { Window::Ago(range) } else { Window::Range(range) }
}
