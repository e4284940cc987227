//! What of an audience rests on what the runtime keeps.

use super::{AggregateId, Audience, Node, NodeId, Op};
use crate::project::Source;
use std::collections::BTreeSet;

impl Audience {
    /// Whether anything rests on what the runtime keeps: then its state must be asked too.
    pub fn rests_on_kept(&self) -> bool {
        let sources = self.scans.iter().map(|scan| &scan.source);
        let mut sources = sources.chain(self.lookups.iter().map(|lookup| &lookup.source));
        sources.any(is_kept)
    }

    /// Whether this node does, however indirectly.
    pub fn node_rests_on_kept(&self, node: NodeId) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![node]);
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            let Some(node) = self.nodes.get(id.0 as usize) else { continue };
            if self.looks_up_kept(node) {
                return true;
            }
            open.extend(node.op.operands());
            if let Op::Aggregate(aggregate) = node.op {
                match self.customer_nodes(aggregate) {
                    Some(of_customer) => open.extend(of_customer),
                    None => return true,
                }
            }
        }
        false
    }

    /// The nodes of customers with which an aggregate compares its rows; `None` if it rests on what is kept itself.
    fn customer_nodes(&self, aggregate: AggregateId) -> Option<Vec<NodeId>> {
        let aggregate = self.aggregate(aggregate);
        let scan = &self.scans[aggregate.scan as usize];
        if is_kept(&scan.source) {
            return None;
        }
        let nodes = &scan.streams[aggregate.stream as usize].nodes;
        let mut open: Vec<NodeId> =
            aggregate.filter.into_iter().chain(aggregate.function.argument()).collect();
        let mut of_customer = Vec::new();
        while let Some(id) = open.pop() {
            let node = &nodes[id.0 as usize];
            if self.looks_up_kept(node) {
                return None;
            }
            match node.op {
                Op::Customer(id) => of_customer.push(id),
                _ => open.extend(node.op.operands()),
            }
        }
        Some(of_customer)
    }

    fn looks_up_kept(&self, node: &Node) -> bool {
        matches!(node.op, Op::Lookup { table, .. } if is_kept(&self.lookups[table.0 as usize].source))
    }
}

fn is_kept(source: &Source) -> bool {
    matches!(source, Source::Kept(_))
}
