//! Actions and what comes with a message.

use super::{Builder, Parts};
use crate::parser::{Node, Rule};
use crate::tree::{Action, ActionKind, Expectation, Expr, MessageRef, SendOption, Spanned};

impl Builder {
    pub(super) fn actions(&mut self, node: Node) -> Vec<Action> {
        Parts::of(node).filter_map(|action| self.action(action)).collect()
    }

    fn action(&mut self, node: Node) -> Option<Action> {
        let span = self.span_of(&node);
        let kind = self.action_kind(node.into_inner().next()?)?;
        Some(Action { kind, span })
    }

    pub(super) fn action_kind(&mut self, node: Node) -> Option<ActionKind> {
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        match rule {
            Rule::send => {
                let channel = self.name(&parts.part(Rule::channel)?);
                let message = self.message_ref(parts.part(Rule::message)?)?;
                let options = self.send_options(parts);
                Some(ActionKind::Send { channel, message, options })
            }
            Rule::tag_action => Some(ActionKind::Tag(self.text(&parts.next()?))),
            Rule::untag_action => Some(ActionKind::Untag(self.text(&parts.next()?))),
            Rule::task_action => {
                let who = self.text(&parts.next()?);
                let what = self.text(&parts.next()?);
                Some(ActionKind::Task { who, what })
            }
            Rule::grant_action => Some(ActionKind::GrantPoints(self.expr(parts.next()?)?)),
            _ => None,
        }
    }

    pub(super) fn expected_send(&mut self, node: Node) -> Option<Expectation> {
        let mut parts = Parts::of(node);
        let channel = self.name(&parts.part(Rule::channel)?);
        let message = match parts.part(Rule::message) {
            Some(message) => Some(self.message_ref(message)?),
            None => None,
        };
        let options = self.send_options(parts);
        Some(Expectation::Send { channel, message, options })
    }

    fn message_ref(&mut self, node: Node) -> Option<MessageRef> {
        let what = Parts::of(node).next()?;
        match what.as_rule() {
            Rule::text => Some(MessageRef::Text(self.message(&what))),
            _ => Some(MessageRef::Name(self.name(&what))),
        }
    }

    fn send_options(&mut self, parts: Parts) -> Vec<Spanned<SendOption>> {
        parts.filter_map(|option| self.send_option(option)).collect()
    }

    fn send_option(&mut self, node: Node) -> Option<Spanned<SendOption>> {
        let span = self.span_of(&node);
        let node = node.into_inner().next()?;
        let rule = node.as_rule();
        let mut parts = Parts::of(node);
        let option = match rule {
            Rule::coupon_option => {
                let offer = self.offer(parts.part(Rule::offer)?)?;
                let pool = parts.part(Rule::name).map(|name| self.name(&name));
                SendOption::Coupon { offer, pool }
            }
            Rule::gift_option => SendOption::Gift(self.text(&parts.next()?).node),
            Rule::points_option => SendOption::Points(self.expr(parts.next()?)?),
            Rule::trial_option => SendOption::Trial(self.duration(parts.next()?)?),
            Rule::ttl_option => SendOption::Ttl(self.duration(parts.next()?)?),
            Rule::at_option => self.at_option(parts)?,
            Rule::quota_option => self.quota_option(parts)?,
            _ => return None,
        };
        Some(Spanned { node: option, span })
    }

    fn at_option(&mut self, mut parts: Parts) -> Option<SendOption> {
        let from = self.time(&parts.part(Rule::time)?).node;
        parts.word(Rule::dots);
        Some(match parts.part(Rule::time) {
            Some(to) => SendOption::Between(from, self.time(&to).node),
            None => SendOption::At(from),
        })
    }

    fn quota_option(&mut self, mut parts: Parts) -> Option<SendOption> {
        let count = self.count(parts.part(Rule::count)?)?;
        let best_by = match parts.part(Rule::operand) {
            Some(best_by) => Some(self.expr(best_by)?),
            None => None,
        };
        Some(SendOption::Quota { count, best_by })
    }

    /// A number of messages or customers.
    pub(super) fn count(&mut self, node: Node) -> Option<Expr> {
        self.expr(Parts::of(node).next()?)
    }
}
