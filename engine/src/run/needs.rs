//! What a question needs: only that is read and computed.

use crate::Question;
use rulec_plan::audience::{
    Aggregate, AggregateId, Audience, ColumnId, LookupId, Node, NodeId, Op, Shape, Stream,
};
use rulec_plan::project::FactKind;
use std::collections::{BTreeMap, BTreeSet};

/// Everything reachable from the nodes that are asked for.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    nodes: BTreeSet<NodeId>,
    /// Aggregates by stage.
    pub(crate) stages: BTreeMap<u32, BTreeSet<AggregateId>>,
    /// Columns of the customer table.
    pub(crate) columns: BTreeSet<ColumnId>,
    /// Text columns of the customer table that nothing is computed from, by the node that asks for them.
    pub(crate) written: BTreeMap<NodeId, ColumnId>,
    /// Columns of outside tables.
    pub(crate) lookups: BTreeMap<LookupId, BTreeSet<ColumnId>>,
}

impl Needs {
    /// Of a question.
    pub(crate) fn of(question: Question<'_>) -> Self {
        let mut needs = Needs::default();
        let audience = &question.plan.audience;
        // A list and no recursion: a plan can be deeper than the stack.
        let mut open: Vec<NodeId> = question.conditions.iter().chain(question.outputs).copied().collect();
        while let Some(id) = open.pop() {
            if needs.nodes.insert(id) {
                needs.add_op(&audience.node(id).op, audience, &mut open);
            }
        }
        needs.set_written_apart(question);
        needs
    }

    /// Finds the text columns that are asked for and otherwise not used.
    fn set_written_apart(&mut self, question: Question<'_>) {
        let audience = &question.plan.audience;
        let mut used: BTreeSet<NodeId> = question.conditions.iter().copied().collect();
        used.extend(self.nodes.iter().flat_map(|node| audience.node(*node).op.operands()));
        used.extend(self.stages.keys().flat_map(|stage| self.customer_nodes(*stage, audience)));
        for node in question.outputs.iter().filter(|node| !used.contains(node)) {
            if let Node { op: Op::Column(column), shape: Shape::Text } = audience.node(*node)
                && audience.customers.columns[column.0 as usize].kind == FactKind::Text
            {
                self.written.insert(*node, *column);
                self.columns.remove(column);
            }
        }
        self.nodes.retain(|node| !self.written.contains_key(node));
    }

    /// All nodes, ascending.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes.iter().copied()
    }

    /// Takes note of what an operation reads; the nodes that it rests on are still to be looked at.
    fn add_op(&mut self, op: &Op, audience: &Audience, open: &mut Vec<NodeId>) {
        match op {
            Op::Column(column) => _ = self.columns.insert(*column),
            Op::Aggregate(aggregate) => self.add_aggregate(*aggregate, audience, open),
            _ => self.add_lookup(op),
        }
        open.extend(op.operands());
    }

    fn add_lookup(&mut self, op: &Op) {
        if let Op::Lookup { table, column, .. } = op {
            self.lookups.entry(*table).or_default().insert(*column);
        }
    }

    fn add_aggregate(&mut self, id: AggregateId, audience: &Audience, open: &mut Vec<NodeId>) {
        let aggregate = audience.aggregate(id);
        if !self.stages.entry(aggregate.stage).or_default().insert(id) {
            return;
        }
        let stream = stream_of(aggregate, audience);
        for node in stream_nodes(stream, roots(aggregate)) {
            let op = &stream.nodes[node.0 as usize].op;
            self.add_lookup(op);
            if let Op::Customer(customer_node) = op {
                open.push(*customer_node);
            }
        }
    }

    /// The nodes of customers that aggregates of a stage read row by row.
    pub(crate) fn customer_nodes(&self, stage: u32, audience: &Audience) -> Vec<NodeId> {
        let mut found = BTreeSet::new();
        for id in self.stages.get(&stage).into_iter().flatten() {
            let aggregate = audience.aggregate(*id);
            let stream = stream_of(aggregate, audience);
            for node in stream_nodes(stream, roots(aggregate)) {
                if let Op::Customer(customer_node) = stream.nodes[node.0 as usize].op {
                    found.insert(customer_node);
                }
            }
        }
        found.into_iter().collect()
    }
}

fn stream_of<'a>(aggregate: &Aggregate, audience: &'a Audience) -> &'a Stream {
    &audience.scans[aggregate.scan as usize].streams[aggregate.stream as usize]
}

/// The nodes of a stream that an aggregate uses directly.
pub(crate) fn roots(aggregate: &Aggregate) -> impl Iterator<Item = NodeId> {
    aggregate.filter.into_iter().chain(aggregate.function.argument())
}

/// The nodes of a stream that these need, themselves included, operands first.
pub(crate) fn stream_nodes(stream: &Stream, roots: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<NodeId> = roots.into_iter().collect();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            let op = &stream.nodes[id.0 as usize].op;
            open.extend(op.operands());
        }
    }
    found.into_iter().collect()
}
