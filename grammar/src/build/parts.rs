use crate::parser::{Node, Rule};
use pest::iterators::Pairs;

/// The parts of a node in order, without the signs and keywords that only hold them together.
pub(super) struct Parts<'t>(Pairs<'t, Rule>);

impl<'t> Parts<'t> {
    pub(super) fn of(node: Node<'t>) -> Self {
        Self(node.into_inner())
    }

    /// What comes next.
    pub(super) fn peek(&mut self) -> Option<Rule> {
        while let Some(node) = self.0.peek() {
            if !holds_together(node.as_rule()) {
                return Some(node.as_rule());
            }
            self.0.next();
        }
        None
    }

    /// The next part, if it is one of this rule.
    pub(super) fn part(&mut self, rule: Rule) -> Option<Node<'t>> {
        if self.peek() == Some(rule) { self.0.next() } else { None }
    }

    /// Goes past the next part, if it is this keyword; whether it was.
    pub(super) fn word(&mut self, keyword: Rule) -> bool {
        self.part(keyword).is_some()
    }
}

impl<'t> Iterator for Parts<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        self.peek()?;
        self.0.next()
    }
}

/// Signs, and keywords whose presence says no more than the rule they stand in.
fn holds_together(rule: Rule) -> bool {
    use Rule as R;
    matches!(
        rule,
        R::lparen
            | R::rparen
            | R::lbrace
            | R::rbrace
            | R::comma
            | R::colon
            | R::stop
            | R::list_stop
            | R::assign
            | R::dot
            | R::EOI
            | R::number_end
            | R::kw_use
            | R::kw_param
            | R::kw_let
            | R::kw_segment
            | R::kw_tier
            | R::kw_template
            | R::kw_pool
            | R::kw_fact
            | R::kw_campaign
            | R::kw_limit
            | R::kw_suppress
            | R::kw_forbid
            | R::kw_test
            | R::kw_by
            | R::kw_for
            | R::kw_from
            | R::kw_because
            | R::kw_where
            | R::kw_active
            | R::kw_holdout
            | R::kw_convert
            | R::kw_within
            | R::kw_inside
            | R::kw_budget
            | R::kw_per
            | R::kw_times
            | R::kw_on
            | R::kw_again
            | R::kw_split
            | R::kw_given
            | R::kw_expect
            | R::kw_send
            | R::kw_tag
            | R::kw_untag
            | R::kw_task
            | R::kw_grant
            | R::kw_coupon
            | R::kw_gift
            | R::kw_points
            | R::kw_trial
            | R::kw_ttl
            | R::kw_at
            | R::kw_quota
            | R::kw_best_by
            | R::kw_priority
            | R::kw_since
            | R::kw_since_end
            | R::kw_contains
            | R::kw_or_else
            | R::kw_in
    )
}
