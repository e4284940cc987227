//! In which order a question is answered. A step may read event tables; then it computes, customer by customer, all
//! nodes that rest on nothing later. What a later step needs of it is kept for all customers.
//!
//! A new step begins where something must be known of all customers, or of all rows, before the next node can be computed:
//! a ranking, and an aggregate whose rows are compared with values of their customer.

use super::needs::Needs;
use crate::Question;
use rulec_plan::audience::{Aggregate, AggregateId, Audience, NodeId, Op};
use std::collections::{BTreeMap, BTreeSet};

/// One step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// The aggregates to read tables for.
    pub(super) aggregates: BTreeSet<AggregateId>,
    /// Ranked before all else, by values kept in earlier steps.
    pub(super) rankings: BTreeSet<NodeId>,
    /// Nodes to compute, operands first.
    pub(super) program: BTreeSet<NodeId>,
    /// Nodes to keep for all customers.
    pub(super) keep: BTreeSet<NodeId>,
    /// Bool nodes of which the set of customers is asked for.
    pub(super) conditions: BTreeSet<NodeId>,
    /// Nodes whose values are asked for.
    pub(super) outputs: BTreeSet<NodeId>,
}

/// Cuts the way to an answer into steps; at least one.
pub(super) fn steps(needs: &Needs, question: Question<'_>) -> Vec<Step> {
    let audience = &question.plan.audience;
    let mut order = Order { audience, scans: BTreeMap::new(), nodes: BTreeMap::new() };
    let mut next = 0;
    for stage in needs.stages.keys() {
        let read_by_rows = needs.customer_nodes(*stage, audience);
        let above = read_by_rows.iter().map(|node| order.step_of(*node) + 1).max();
        let step = next.max(above.unwrap_or(0));
        order.scans.insert(*stage, step);
        next = step + 1;
    }
    needs.nodes().for_each(|node| _ = order.step_of(node));
    let count = order.nodes.values().chain(order.scans.values()).max().map_or(1, |last| last + 1);
    let mut steps: Vec<Step> = (0..count).map(|_| Step::default()).collect();
    for (stage, aggregates) in &needs.stages {
        steps[order.scans[stage]].aggregates.clone_from(aggregates);
        for node in needs.customer_nodes(*stage, audience) {
            steps[order.nodes[&node]].keep.insert(node);
        }
    }
    for node in question.conditions {
        steps[order.nodes[node]].conditions.insert(*node);
    }
    for node in question.outputs.iter().filter(|node| !needs.written.contains_key(node)) {
        steps[order.nodes[node]].outputs.insert(*node);
    }
    let roots = steps.iter().flat_map(|step| step.keep.iter().chain(&step.conditions).chain(&step.outputs));
    order.place(roots.copied().collect(), &mut steps);
    steps.iter_mut().for_each(|step| step.keep.retain(|node| !is_read(&audience.node(*node).op)));
    steps
}

/// Whether a node is known without a step.
fn is_read(op: &Op) -> bool {
    matches!(op, Op::Column(_))
}

/// Whether a node compares customers.
pub(super) fn is_ranking(op: &Op) -> bool {
    matches!(op, Op::Rank(_) | Op::Quintile(_) | Op::Top { .. })
}

/// The steps in which nodes become known.
struct Order<'a> {
    audience: &'a Audience,
    /// By stage.
    scans: BTreeMap<u32, usize>,
    nodes: BTreeMap<NodeId, usize>,
}

impl Order<'_> {
    /// The step of a node, and of all that it rests on. A list and no recursion: a plan can be deeper than the stack.
    fn step_of(&mut self, node: NodeId) -> usize {
        let mut open = vec![node];
        while let Some(id) = open.last().copied() {
            let op = &self.audience.node(id).op;
            let operands = op.operands();
            let unknown: Vec<NodeId> =
                operands.iter().copied().filter(|operand| !self.nodes.contains_key(operand)).collect();
            if unknown.is_empty() {
                let below = operands.iter().map(|operand| self.nodes[operand]).max().unwrap_or(0);
                let step = match op {
                    Op::Aggregate(aggregate) => self.scans[&self.stage_of(*aggregate)],
                    op => below + usize::from(is_ranking(op)),
                };
                self.nodes.insert(id, step);
                open.pop();
            } else {
                open.extend(unknown);
            }
        }
        self.nodes[&node]
    }

    fn stage_of(&self, aggregate: AggregateId) -> u32 {
        let Aggregate { stage, .. } = self.audience.aggregate(aggregate);
        *stage
    }

    /// Puts these nodes, and all that they rest on, into their steps, and says what must be kept for later ones.
    fn place(&self, mut open: Vec<NodeId>, steps: &mut [Step]) {
        let mut placed = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !placed.insert(id) {
                continue;
            }
            let op = &self.audience.node(id).op;
            let step = self.nodes[&id];
            if is_ranking(op) {
                steps[step].rankings.insert(id);
                steps[step].keep.insert(id);
            } else if !matches!(op, Op::Column(_) | Op::Aggregate(_)) {
                steps[step].program.insert(id);
            }
            for operand in op.operands() {
                let below = self.nodes[&operand];
                // A ranking is of values that were kept, even of constants.
                if matches!(self.audience.node(operand).op, Op::Constant(_)) && !is_ranking(op) {
                    steps[step].program.insert(operand);
                } else if below < step {
                    steps[below].keep.insert(operand);
                }
                open.push(operand);
            }
        }
    }
}
