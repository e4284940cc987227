use rulec_engine::Question;
use rulec_plan::Plan;
use rulec_plan::audience::NodeId;
use rulec_plan::rules::{Action, Piece, Send};
use std::collections::BTreeSet;

/// What must be asked of an engine before a plan can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The Bool nodes: conditions of rules and suppressions, consents. Ascending, none twice.
    pub conditions: Vec<NodeId>,
    /// The values: facts of the rules, facts in messages, addresses. Ascending, none twice.
    pub outputs: Vec<NodeId>,
}

impl Needs {
    /// All needs of this plan: to decide it, to write each decision with its facts, and to send.
    pub fn of(plan: &Plan) -> Needs {
        let mut needs = Needs::of_summary(plan);
        needs.outputs.extend(plan.rules.iter().flat_map(|rule| &rule.facts).map(|fact| fact.node));
        needs.outputs.sort_unstable();
        needs.outputs.dedup();
        needs
    }

    /// What suffices to decide this plan and to [summarize](crate::Summary) it: no fact of a rule that no message says.
    pub fn of_summary(plan: &Plan) -> Needs {
        let mut conditions: BTreeSet<NodeId> = plan.suppressions.iter().map(|one| one.condition).collect();
        let mut outputs = BTreeSet::new();
        for rule in &plan.rules {
            conditions.insert(rule.condition);
            for send in rule.actions.iter().filter_map(send_of) {
                conditions.extend(send.consent);
                outputs.extend(send.address);
                outputs.extend(send.message.iter().filter_map(fact_of));
            }
        }
        Needs { conditions: conditions.into_iter().collect(), outputs: outputs.into_iter().collect() }
    }

    /// The same as a question about this plan, with nothing kept.
    pub fn question<'a>(&'a self, plan: &'a Plan) -> Question<'a> {
        Question { plan, conditions: &self.conditions, outputs: &self.outputs, kept: None }
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
