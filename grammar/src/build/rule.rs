//! Rules: conditions, follow-ups, splits.

use super::{Builder, Parts};
use crate::diagnostics;
use crate::parser::{Node, Rule};
use crate::tree::{self, Arm, Expr, FollowUp, FollowUpCondition, Outcome, Spanned, Split};
use rulec_diagnostic::{Span, Text};

impl Builder {
    /// `rule NAME priority 90 { … }`.
    pub(super) fn rule(&mut self, node: Node) -> Option<tree::Rule> {
        let span = self.span_of(&node);
        let mut parts = Parts::of(node);
        parts.word(Rule::kw_rule);
        let name = self.name(&parts.part(Rule::name)?);
        let priority = parts.part(Rule::whole).map(|number| self.whole(&number));
        let body = self.rule_body(parts.part(Rule::rule_body)?)?;
        Some(tree::Rule { name: Some(name), priority, span, ..body })
    }

    pub(super) fn bare_rule(&mut self, node: Node) -> Option<tree::Rule> {
        self.rule_body(Parts::of(node).part(Rule::rule_body)?)
    }

    fn rule_body(&mut self, node: Node) -> Option<tree::Rule> {
        let span = self.span_of(&node);
        let mut parts = Parts::of(node);
        parts.word(Rule::kw_when);
        let when = self.expr(parts.part(Rule::expr)?)?;
        let unless =
            if parts.word(Rule::kw_unless) { Some(self.expr(parts.part(Rule::expr)?)?) } else { None };
        let outcome = self.outcome(parts.part(Rule::outcome)?)?;
        let (mut follow_ups, mut again) = (Vec::new(), None);
        for part in parts {
            match part.as_rule() {
                Rule::follow_up => follow_ups.extend(self.follow_up(part)),
                _ => self.again(part, &mut again),
            }
        }
        Some(tree::Rule { name: None, priority: None, when, unless, outcome, follow_ups, again, span })
    }

    fn again(&mut self, node: Node, again: &mut Option<Spanned<Expr>>) {
        let span = self.span_of(&node);
        if let Some(first) = again {
            let what = Text::new("`again`", "「再次」");
            self.report(diagnostics::repeated_part(self.place(span), self.place(first.span), &what));
            return;
        }
        let every =
            Parts::of(node).find(|part| part.as_rule() == Rule::sum).and_then(|sum| self.duration(sum));
        *again = every.map(|node| Spanned { node, span });
    }

    fn outcome(&mut self, node: Node) -> Option<Outcome> {
        let start = self.span(&node).start as usize;
        let mut parts = Parts::of(node);
        let then = parts.word(Rule::kw_then);
        let what = parts.next()?;
        if what.as_rule() == Rule::split {
            return Some(Outcome::Split(self.split(what)?));
        }
        if !then {
            self.report(diagnostics::missing_then(self.place(Span::new(start, start))));
        }
        Some(Outcome::Actions(self.actions(what)))
    }

    fn follow_up(&mut self, node: Node) -> Option<FollowUp> {
        let span = self.span_of(&node);
        let mut parts = Parts::of(node);
        parts.word(Rule::kw_after);
        let delay = self.duration(parts.part(Rule::sum)?)?;
        let condition = match parts.part(Rule::follow_up_if) {
            Some(condition) => Some(self.follow_up_condition(condition)?),
            None => None,
        };
        parts.word(Rule::kw_then);
        let actions = self.actions(parts.part(Rule::actions)?);
        Some(FollowUp { delay, condition, actions, span })
    }

    fn follow_up_condition(&mut self, node: Node) -> Option<FollowUpCondition> {
        let mut parts = Parts::of(node);
        let unless = parts.word(Rule::kw_unless);
        parts.word(Rule::kw_when);
        let condition = self.expr(parts.part(Rule::expr)?)?;
        Some(if unless { FollowUpCondition::Unless(condition) } else { FollowUpCondition::When(condition) })
    }

    fn split(&mut self, node: Node) -> Option<Split> {
        let mut parts = Parts::of(node);
        let name = self.name(&parts.part(Rule::name)?);
        let arms = parts.filter_map(|arm| self.arm(arm)).collect();
        Some(Split { name, arms })
    }

    fn arm(&mut self, node: Node) -> Option<Arm> {
        let span = self.span_of(&node);
        let mut parts = Parts::of(node);
        let share = self.expr(parts.part(Rule::sum)?)?;
        let label = parts.part(Rule::label).and_then(|label| self.label(label));
        let actions = parts.part(Rule::actions).map(|actions| self.actions(actions)).unwrap_or_default();
        Some(Arm { share, label, actions, span })
    }
}
