//! Values that were asked for, as an answer hands them out.

use crate::aggregate::{Aggregated, Wanted};
use crate::answers::Values;
use crate::column::Column;
use crate::evaluate::{Context, Evaluator, TILE, is_leaf};
use crate::lookup::Lookup;
use crate::packed::Packed;
use crate::texts::{SharedTexts, Texts};
use crate::written::WrittenTexts;
use rulec_plan::audience::{AggregateId, Node, NodeId, Op, Scalar};
use rulec_plan::time::Zone;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All that values are computed from, kept from the one reading of the data.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) nodes: Vec<Node>,
    pub(crate) zone: Zone,
    pub(crate) customers: usize,
    pub(crate) columns: Vec<Column>,
    /// By node, those kept for all customers.
    pub(crate) whole: Vec<Option<Column>>,
    pub(crate) events: Vec<Aggregated>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) texts: SharedTexts,
}

/// Values that are computed when they are looked at, a tile of customers at a time; so nothing is kept of customers
/// nobody looks at. Fast where customers are looked at in their order.
#[derive(Debug)]
pub(crate) struct Computed {
    kept: Kept,
    /// By aggregate.
    aggregates: Vec<Option<NodeId>>,
    outputs: Vec<NodeId>,
    /// Leaves that are columns or were kept.
    known: Vec<NodeId>,
    tile: Mutex<Tile>,
}

/// The tile computed last.
#[derive(Debug)]
struct Tile {
    evaluator: Evaluator,
    customers: Range<usize>,
}

impl Computed {
    /// Of these outputs.
    pub(crate) fn new(kept: Kept, outputs: &[NodeId]) -> Self {
        let nodes = &kept.nodes;
        let op = |id: &NodeId| &nodes[id.0 as usize].op;
        let is_given = |id: &NodeId| is_leaf(op(id)) || kept.whole[id.0 as usize].is_some();
        let mut needed = BTreeSet::new();
        let mut open = outputs.to_vec();
        while let Some(id) = open.pop() {
            if needed.insert(id) && !is_given(&id) {
                open.extend(op(&id).operands());
            }
        }
        let mut aggregates = vec![None; kept.aggregate_count()];
        let (leaves, program): (Vec<NodeId>, Vec<NodeId>) = needed.into_iter().partition(is_given);
        let mut known = Vec::new();
        for id in &leaves {
            match op(id) {
                Op::Aggregate(aggregate) if kept.whole[id.0 as usize].is_none() => {
                    aggregates[aggregate.0 as usize] = Some(*id);
                }
                _ => known.push(*id),
            }
        }
        let evaluator = Evaluator::new(nodes, &leaves, program, outputs, &mut kept.texts.lock());
        let tile = Mutex::new(Tile { evaluator, customers: 0..0 });
        Self { aggregates, outputs: outputs.to_vec(), known, tile, kept }
    }

    /// The outputs, each by its node.
    pub(crate) fn into_values(self) -> impl Iterator<Item = (NodeId, Box<dyn Values>)> {
        let outputs = self.outputs.clone();
        let computed = Arc::new(self);
        outputs.into_iter().map(move |node| {
            let output = Output { node, computed: Arc::clone(&computed) };
            (node, Box::new(output) as Box<dyn Values>)
        })
    }

    fn tile(&self, customer: usize) -> MutexGuard<'_, Tile> {
        // A tile is complete before its customers are noted.
        let mut tile = self.tile.lock().unwrap_or_else(PoisonError::into_inner);
        if !tile.customers.contains(&customer) {
            let start = customer / TILE * TILE;
            tile.customers = 0..0;
            let customers = start..self.kept.customers.min(start + TILE);
            self.compute(&mut tile.evaluator, customers.clone());
            tile.customers = customers;
        }
        tile
    }

    fn compute(&self, evaluator: &mut Evaluator, tile: Range<usize>) {
        let Kept { nodes, columns, whole, events, texts, .. } = &self.kept;
        for id in &self.known {
            let from = match (&whole[id.0 as usize], &nodes[id.0 as usize].op) {
                (Some(whole), _) => whole,
                (None, Op::Column(column)) => &columns[column.0 as usize],
                _ => crate::column::differing_shapes(),
            };
            evaluator.leaf(*id).copy_from(from, tile.clone());
        }
        let mut leaves = Leaves { evaluator, aggregates: &self.aggregates };
        events.iter().for_each(|events| events.read(tile.clone(), texts, &mut leaves));
        let texts = texts.lock();
        let mut context = Context {
            zone: self.kept.zone,
            texts: &texts,
            lookups: &self.kept.lookups,
            overflows: Vec::new(),
        };
        // A result that does not fit was found when the step computed all outputs, and ended the run.
        evaluator.evaluate(nodes, tile.len(), &mut context);
    }
}

impl Kept {
    fn aggregate_count(&self) -> usize {
        let aggregates = self.nodes.iter().filter_map(|node| match node.op {
            Op::Aggregate(aggregate) => Some(aggregate.0 as usize + 1),
            _ => None,
        });
        aggregates.max().unwrap_or(0)
    }
}

struct Leaves<'e> {
    evaluator: &'e mut Evaluator,
    aggregates: &'e [Option<NodeId>],
}

impl Wanted for Leaves<'_> {
    fn column(&mut self, id: AggregateId) -> Option<&mut Column> {
        self.aggregates.get(id.0 as usize).copied().flatten().map(|node| self.evaluator.leaf(node))
    }

    fn too_large(&mut self, _: usize) {}
}

/// One output that is computed when it is looked at.
#[derive(Debug)]
struct Output {
    node: NodeId,
    computed: Arc<Computed>,
}

impl Values for WrittenTexts {
    fn get(&self, customer: usize) -> Scalar {
        self.scalar(customer)
    }
}

impl Values for Output {
    fn get(&self, customer: usize) -> Scalar {
        if customer >= self.computed.kept.customers {
            return Scalar::Missing;
        }
        let tile = self.computed.tile(customer);
        let row = customer - tile.customers.start;
        tile.evaluator.get(self.node).scalar(row, &self.computed.kept.texts.lock())
    }
}

/// One output that was kept for all customers.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) values: Packed,
    pub(crate) customers: usize,
    pub(crate) texts: Arc<Texts>,
}

impl Values for Stored {
    fn get(&self, customer: usize) -> Scalar {
        if customer < self.customers { self.values.scalar(customer, &self.texts) } else { Scalar::Missing }
    }
}
