//! Values of nodes that are known for all customers at once.

use crate::column::{Column, differing_shapes};
use rulec_plan::Plan;
use rulec_plan::audience::{NodeId, Op};

/// Columns of the customer table, and nodes that were kept whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) plan: &'a Plan,
    /// By column of the customer table.
    pub(super) columns: &'a [Column],
    /// By node.
    pub(super) kept: &'a [Option<Column>],
}

impl<'a> Known<'a> {
    /// The values of a node that is a column or was kept.
    pub(super) fn get(&self, node: NodeId) -> &'a Column {
        self.find(node).unwrap_or_else(|| differing_shapes())
    }

    /// Likewise, if it is one.
    pub(super) fn find(&self, node: NodeId) -> Option<&'a Column> {
        match (&self.kept[node.0 as usize], &self.plan.audience.node(node).op) {
            (Some(kept), _) => Some(kept),
            (None, Op::Column(column)) => self.columns.get(column.0 as usize),
            _ => None,
        }
    }
}
