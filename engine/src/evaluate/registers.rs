//! The columns that a tile is computed in: made once, filled again for each tile.

use super::{columns_read, is_constant, kernels};
use crate::column::{Column, differing_shapes};
use fixedbitset::FixedBitSet;
use rulec_plan::audience::{Node, NodeId, Shape};
use rustc_hash::FxHashMap;

/// The register of a node that has none.
const NOWHERE: u32 = u32::MAX;

/// One column for each node that is alive: a node takes over the register of one that was used for the last time. So
/// there are as many as are needed at once, and they stay in the processor's cache.
#[derive(Debug)]
pub(super) struct Registers {
    columns: Vec<Column>,
    /// By column, the same integers in half the width.
    narrow: Vec<Narrow>,
    /// Number of the column, by node.
    places: Vec<u32>,
    /// The nodes whose values still stand there when the tile is computed.
    lasting: FixedBitSet,
}

impl Registers {
    /// For `leaves`, which are filled before each tile, `program`, which is computed in this order, and those that are
    /// `wanted` afterwards.
    pub(super) fn new(nodes: &[Node], leaves: &[NodeId], program: &[NodeId], wanted: &[NodeId]) -> Self {
        let mut lasting = FixedBitSet::with_capacity(nodes.len());
        lasting.extend(wanted.iter().map(|id| id.0 as usize));
        let mut last_uses: FxHashMap<NodeId, usize> = FxHashMap::default();
        for (step, id) in program.iter().enumerate() {
            for operand in columns_read(&nodes[id.0 as usize].op, nodes) {
                last_uses.insert(operand, step);
            }
        }
        let places = vec![NOWHERE; nodes.len()];
        let registers = Self { columns: Vec::new(), narrow: Vec::new(), places, lasting };
        let mut allocation = Allocation { nodes, last_uses, registers, free: FxHashMap::default() };
        leaves.iter().for_each(|id| allocation.take(*id));
        for (step, id) in program.iter().enumerate() {
            if allocation.is_read(*id) || !is_constant(&nodes[id.0 as usize].op) {
                allocation.take(*id);
            }
            allocation.release(*id, step);
        }
        allocation.registers
    }

    /// Whether a node has a register: all but constants that nobody reads as a column.
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.places[id.0 as usize] != NOWHERE
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// The values of a wanted node.
    pub(super) fn wanted(&self, id: NodeId) -> &Column {
        // Another node may stand in the register of one that is not wanted.
        if self.lasting.contains(id.0 as usize) { self.get(id) } else { differing_shapes() }
    }

    /// The values of a node that was computed before and is still to be used.
    pub(super) fn get(&self, id: NodeId) -> &Column {
        self.columns.get(self.places[id.0 as usize] as usize).unwrap_or_else(|| differing_shapes())
    }

    /// The column of a node, to be filled.
    pub(super) fn get_mut(&mut self, id: NodeId) -> &mut Column {
        let place = self.places[id.0 as usize] as usize;
        if let Some(narrow) = self.narrow.get_mut(place) {
            narrow.state = State::Stale;
        }
        self.columns.get_mut(place).unwrap_or_else(|| differing_shapes())
    }

    /// Gets the [narrow](Self::narrow) integers of an Int node ready.
    pub(super) fn make_narrow(&mut self, id: NodeId) {
        let place = self.places[id.0 as usize] as usize;
        let (Some(narrow), Some(Column::Int { values, .. })) =
            (self.narrow.get_mut(place), self.columns.get(place))
        else {
            return;
        };
        if narrow.state == State::Stale {
            let fits = kernels::narrow(values, &mut narrow.values);
            narrow.state = if fits { State::Fits } else { State::TooWide };
        }
    }

    /// The integers of a node in 32 bits, if they were made ready and all fit: most counts and sums do, and four of them
    /// are compared at once.
    pub(super) fn narrow(&self, id: NodeId) -> Option<&[i32]> {
        let narrow = self.narrow.get(self.places[id.0 as usize] as usize)?;
        (narrow.state == State::Fits).then_some(narrow.values.as_slice())
    }
}

#[derive(Debug)]
struct Narrow {
    state: State,
    values: Vec<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Of an earlier tile, or of another node.
    Stale,
    Fits,
    TooWide,
}

/// Going through a program once, to find a register for each node.
struct Allocation<'n> {
    nodes: &'n [Node],
    /// The last step that reads a node.
    last_uses: FxHashMap<NodeId, usize>,
    registers: Registers,
    /// Columns that no node needs any longer.
    free: FxHashMap<Shape, Vec<u32>>,
}

impl Allocation<'_> {
    /// Whether somebody reads the column of a node.
    fn is_read(&self, id: NodeId) -> bool {
        self.last_uses.contains_key(&id) || self.registers.lasting.contains(id.0 as usize)
    }

    fn take(&mut self, id: NodeId) {
        let Node { op, shape } = &self.nodes[id.0 as usize];
        let Registers { columns, narrow, places, .. } = &mut self.registers;
        // What is in a constant's register stays there from tile to tile.
        let free = self.free.get_mut(shape).filter(|_| !is_constant(op)).and_then(Vec::pop);
        places[id.0 as usize] = free.unwrap_or_else(|| {
            columns.push(Column::with_capacity(*shape, 0));
            narrow.push(Narrow { state: State::Stale, values: Vec::new() });
            columns.len() as u32 - 1
        });
    }

    /// Gives up the operands of a step that are used for the last time. Not earlier: no step writes where it reads.
    fn release(&mut self, id: NodeId, step: usize) {
        for operand in columns_read(&self.nodes[id.0 as usize].op, self.nodes) {
            let Node { op, shape } = &self.nodes[operand.0 as usize];
            let lasts = is_constant(op) || self.registers.lasting.contains(operand.0 as usize);
            if self.last_uses.get(&operand) == Some(&step) && !lasts {
                self.last_uses.remove(&operand);
                self.free.entry(*shape).or_default().push(self.registers.places[operand.0 as usize]);
            }
        }
    }
}
