//! Conditions in parts, for the explanation of a verdict.

use super::Lowering;
use super::build::Frame;
use crate::typed::{ArithmeticOp, CompareOp, Constant, Expr, ExprKind, Rule};
use rulec_plan::audience::{Op, Shape};
use rulec_plan::reasons::{Ageing, Reasons, ReasonsKind};
use rulec_plan::time::Duration;

/// How many names deep a condition is taken apart; what stands deeper is one part.
const DEPTH: u32 = 12;

impl Lowering<'_> {
    /// The condition of a rule: `when A unless B` is `A` and not `B`.
    pub(super) fn reasons(&mut self, rule: &Rule) -> Reasons {
        let when = self.reasons_of(&rule.when, DEPTH);
        let Some(unless) = &rule.unless else { return when };
        let unless = self.reasons_of(unless, DEPTH);
        let node = self.but_not(when.node, Some(unless.node));
        let text = format!("{} unless {}", when.text, unless.text);
        let not = self.negated(unless);
        let mut parts = match when.kind {
            ReasonsKind::All(parts) => parts,
            _ => vec![when],
        };
        parts.push(not);
        Reasons { text, node, kind: ReasonsKind::All(parts) }
    }

    fn reasons_of(&mut self, expr: &Expr, depth: u32) -> Reasons {
        let (text, node) = (self.words(expr), self.condition(Frame::Customer, expr));
        let kind = match &expr.kind {
            ExprKind::And(parts) if depth > 0 => ReasonsKind::All(self.all_reasons(parts, depth)),
            ExprKind::Or(parts) if depth > 0 => ReasonsKind::Any(self.all_reasons(parts, depth)),
            ExprKind::Not(inner) if depth > 0 => {
                ReasonsKind::Not(Box::new(self.reasons_of(inner, depth - 1)))
            }
            ExprKind::Definition(id) if depth > 0 => {
                let program = self.program;
                ReasonsKind::Named(Box::new(self.reasons_of(&program.definition(*id).value, depth - 1)))
            }
            _ => {
                let facts = self.named_facts([expr]);
                ReasonsKind::Part { facts, ageing: self.ageing(expr) }
            }
        };
        Reasons { text: self.class_in_words(expr).unwrap_or(text), node, kind }
    }

    fn all_reasons(&mut self, parts: &[Expr], depth: u32) -> Vec<Reasons> {
        parts.iter().map(|part| self.reasons_of(part, depth - 1)).collect()
    }

    fn negated(&mut self, inner: Reasons) -> Reasons {
        let node = self.build.node(Frame::Customer, Op::Not(inner.node), Shape::Bool);
        Reasons { text: format!("not {}", inner.text), node, kind: ReasonsKind::Not(Box::new(inner)) }
    }

    /// The words for a class of a tier, whose text is its range alone.
    fn class_in_words(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::InRange { value, .. }
                if value.place.span.start > expr.place.span.start
                    || value.place.span.end <= expr.place.span.start
                    || value.place.file != expr.place.file =>
            {
                Some(format!("{} in {}", self.words(value), self.words(expr)))
            }
            _ => None,
        }
    }

    /// When this part begins and ceases to hold by time alone: `dormant > 60d`, `dormant in 90d..180d`.
    fn ageing(&mut self, expr: &Expr) -> Option<Ageing> {
        let (value, from, until) = match &expr.kind {
            ExprKind::Compare { op, left, right } => {
                let days = self.whole_days(right)?;
                match op {
                    CompareOp::Greater => (left, Some(days + 1), None),
                    CompareOp::GreaterOrEqual => (left, Some(days), None),
                    CompareOp::Less => (left, None, Some(days)),
                    CompareOp::LessOrEqual => (left, None, Some(days + 1)),
                    CompareOp::Equal => (left, Some(days), Some(days + 1)),
                    CompareOp::NotEqual => return None,
                }
            }
            ExprKind::InRange { value, low, high } => {
                let end = |lowering: &Self, end: &Option<Box<Expr>>| match end {
                    Some(end) => lowering.whole_days(end).map(Some),
                    None => Some(None),
                };
                (value, end(self, low)?, end(self, high)?)
            }
            _ => return None,
        };
        if !self.grows_daily(value) {
            return None;
        }
        let (days, _) = self.shown(value);
        Some(Ageing { days, from, until })
    }

    fn whole_days(&self, expr: &Expr) -> Option<i64> {
        let constant = match &expr.kind {
            ExprKind::Constant(constant) => Some(constant),
            ExprKind::Param(name) => self.params.get(name),
            _ => None,
        };
        match constant {
            Some(Constant::Duration(Duration::Calendar { months: 0, days })) => Some(i64::from(*days)),
            _ => None,
        }
    }

    /// Whether it is the time since something that is no later for a later run: `now - last(orders.at)`.
    fn grows_daily(&self, expr: &Expr) -> bool {
        match &expr.kind {
            // Chains of names are as long as a file: one step is what the prelude needs.
            ExprKind::Definition(id) => match &self.program.definition(*id).value.kind {
                ExprKind::Definition(next) => is_since(&self.program.definition(*next).value),
                _ => is_since(&self.program.definition(*id).value),
            },
            _ => is_since(expr),
        }
    }
}

fn is_since(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Arithmetic { op: ArithmeticOp::Subtract, left, right } => {
            let is_fixed = match &right.kind {
                ExprKind::Fact(_) => true,
                ExprKind::Aggregate(aggregate) => aggregate.window.is_none(),
                _ => false,
            };
            matches!(left.kind, ExprKind::Now | ExprKind::Today) && is_fixed
        }
        _ => false,
    }
}
