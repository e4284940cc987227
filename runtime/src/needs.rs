use rulec_engine::Question;
use rulec_plan::Plan;
use rulec_plan::audience::NodeId;
use rulec_plan::rules::{Action, Piece, Send};
use std::collections::BTreeSet;

/// What must be asked of an engine before a plan can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The Bool nodes: conditions of rules, follow-ups and suppressions, segments, consents. Ascending, none twice.
    pub conditions: Vec<NodeId>,
    /// The values: facts of the rules, facts in messages, addresses, what customers are ranked by. Ascending, none twice.
    pub outputs: Vec<NodeId>,
}

impl Needs {
    /// All needs of this plan: to decide it, to write each decision with its facts, and to send.
    pub fn of(plan: &Plan) -> Needs {
        let facts = plan.rules.iter().flat_map(|rule| {
            rule.facts.iter().chain(rule.follow_ups.iter().flat_map(|follow_up| &follow_up.facts))
        });
        Needs::of_summary(plan).and(facts.map(|fact| fact.node))
    }

    /// What suffices to decide this plan and to [summarize](crate::Summary) it: no fact of a rule that no message says.
    pub fn of_summary(plan: &Plan) -> Needs {
        let mut conditions: BTreeSet<NodeId> = plan.suppressions.iter().map(|one| one.condition).collect();
        conditions.extend(plan.prohibitions.iter().map(|one| one.condition));
        let mut outputs: BTreeSet<NodeId> = plan.customer_zone.into_iter().collect();
        conditions.extend(plan.memberships.iter().flat_map(|one| [one.now, one.before]));
        conditions.extend(plan.limits.iter().filter_map(|limit| limit.segment));
        outputs.extend(plan.limits.iter().filter_map(|limit| limit.elsewhere));
        for rule in &plan.rules {
            conditions.insert(rule.condition);
            for follow_up in &rule.follow_ups {
                conditions.insert(follow_up.due);
                conditions.extend(follow_up.converted);
                conditions.extend(follow_up.condition);
            }
            let later = rule.follow_ups.iter().flat_map(|follow_up| &follow_up.actions);
            for send in rule.actions.iter().chain(later).filter_map(send_of) {
                conditions.extend(send.consent);
                outputs.extend(send.address);
                outputs.extend(send.message.iter().filter_map(fact_of));
                outputs.extend(send.quota.and_then(|quota| quota.best_by).map(|ranking| ranking.value));
            }
        }
        Needs { conditions: conditions.into_iter().collect(), outputs: outputs.into_iter().collect() }
    }

    /// These, and the values of more nodes.
    #[must_use]
    pub fn and(mut self, outputs: impl IntoIterator<Item = NodeId>) -> Needs {
        self.outputs.extend(outputs);
        self.outputs.sort_unstable();
        self.outputs.dedup();
        self
    }

    /// The same as a question about this plan, with nothing kept.
    pub fn question<'a>(&'a self, plan: &'a Plan) -> Question<'a> {
        Question { plan, conditions: &self.conditions, outputs: &self.outputs, data_hash: true, kept: None }
    }
}

/// The message of an action that sends one.
pub(crate) fn send_of(action: &Action) -> Option<&Send> {
    match action {
        Action::Send(send) => Some(send),
        Action::Tag(_) | Action::Untag(_) | Action::Task { .. } | Action::GrantPoints(_) => None,
    }
}

fn fact_of(piece: &Piece) -> Option<NodeId> {
    match piece {
        Piece::Fact { node, .. } => Some(*node),
        Piece::Text(_) | Piece::OfferEnds(_) | Piece::Code => None,
    }
}
