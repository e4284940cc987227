//! Nodes over columns: one operation at a time for a tile of rows, never one row at a time through the tree.
//!
//! | what | file |
//! | --- | --- |
//! | where the columns of a tile stand | `registers` |
//! | loops over slices | `kernels` |
//! | operations | `arithmetic`, `compare`, `logic`, `calendar` |
//! | truth values to sets of customers | `conditions` |

mod arithmetic;
mod calendar;
mod compare;
mod conditions;
mod kernels;
mod logic;
mod registers;

pub(crate) use arithmetic::{compare_fractions, lowest_terms};
pub(crate) use conditions::{nobody, pack};

use crate::column::{Column, differing_shapes};
use crate::lookup::Lookup;
use crate::texts::Texts;
use calendar::Calendar;
use compare::Answers;
use registers::Registers;
use rulec_plan::audience::{Node, NodeId, Op, Scalar};
use rulec_plan::time::Zone;
use rustc_hash::FxHashMap;

/// How many customers are evaluated at a time.
pub(crate) const TILE: usize = 512;

/// What operations need besides their operands.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) zone: Zone,
    pub(crate) texts: &'a Texts,
    pub(crate) lookups: &'a [Lookup],
    /// Rows of the tile for which a result did not fit.
    pub(crate) overflows: Vec<usize>,
}

/// Computes nodes, tile after tile: its [leaves](is_leaf) are filled, then [evaluate](Self::evaluate) computes the rest.
/// It keeps all memory from tile to tile.
#[derive(Debug)]
pub(crate) struct Evaluator {
    /// What is computed for each tile, operands first.
    program: Vec<NodeId>,
    registers: Registers,
    /// One row of each constant that is used as a column.
    constants: Vec<(NodeId, Column)>,
    memory: Memory,
}

/// What operations prepare or remember.
#[derive(Debug, Default)]
struct Memory {
    /// The codes of [`Op::OneOfTexts`].
    wanted: FxHashMap<NodeId, Vec<u32>>,
    /// What was found for [`Op::Contains`].
    answers: FxHashMap<NodeId, Answers>,
    /// The rows that [`Op::Lookup`] finds.
    rows: Vec<u32>,
    /// What was found out for [`Op::DayOf`] and [`Op::StartOf`].
    calendar: Calendar,
}

impl Evaluator {
    /// Computes `program`, operands first, from `leaves`. Of all these only the columns of `wanted` can be looked at.
    pub(crate) fn new(
        nodes: &[Node],
        leaves: &[NodeId],
        mut program: Vec<NodeId>,
        wanted: &[NodeId],
        texts: &mut Texts,
    ) -> Self {
        let registers = Registers::new(nodes, leaves, &program, wanted);
        let mut constants = Vec::new();
        let mut memory = Memory::default();
        for id in &program {
            let Node { op, shape } = &nodes[id.0 as usize];
            match op {
                Op::Constant(value) if registers.has(*id) => {
                    constants.push((*id, Column::constant(value, *shape, 1, texts)));
                }
                Op::OneOfTexts(_, wanted) => {
                    let mut codes: Vec<u32> = wanted.iter().map(|text| texts.intern(text)).collect();
                    codes.sort_unstable();
                    memory.wanted.insert(*id, codes);
                }
                _ => {}
            }
        }
        program.retain(|id| !is_constant(&nodes[id.0 as usize].op));
        Self { program, registers, constants, memory }
    }

    /// The column of a leaf, to be filled with the rows of the next tile. Every leaf is filled for every tile.
    pub(crate) fn leaf(&mut self, id: NodeId) -> &mut Column {
        self.registers.get_mut(id)
    }

    /// Computes a tile of so many rows. `nodes` are those that it was made for.
    pub(crate) fn evaluate(&mut self, nodes: &[Node], rows: usize, context: &mut Context<'_>) {
        for (id, one) in &self.constants {
            let column = self.registers.get_mut(*id);
            if column.len() != rows {
                column.repeat(one, rows);
            }
        }
        for id in &self.program {
            if let Some(value) = compared_with_integers(&nodes[id.0 as usize].op, nodes) {
                self.registers.make_narrow(value);
            }
            let mut out = std::mem::replace(self.registers.get_mut(*id), Column::Bool(Vec::new()));
            let step = Step { id: *id, nodes, registers: &self.registers };
            step.compute(&mut self.memory, context, &mut out);
            *self.registers.get_mut(*id) = out;
        }
    }

    /// The values of a wanted node for the tile that was computed last.
    pub(crate) fn get(&self, id: NodeId) -> &Column {
        self.registers.wanted(id)
    }
}

/// Whether a node is read or ranked, not computed from the values of other nodes in the same row.
pub(crate) fn is_leaf(op: &Op) -> bool {
    matches!(
        op,
        Op::Column(_) | Op::Aggregate(_) | Op::Customer(_) | Op::Rank(_) | Op::Quintile(_) | Op::Top { .. }
    )
}

fn is_constant(op: &Op) -> bool {
    matches!(op, Op::Constant(_))
}

/// The operands that are read as columns: an integer that is compared with needs none.
fn columns_read(op: &Op, nodes: &[Node]) -> Vec<NodeId> {
    match op {
        Op::Compare(_, value, other) if integer(*other, nodes).is_some() => vec![*value],
        Op::Compare(_, other, value) if integer(*other, nodes).is_some() => vec![*value],
        _ => op.operands(),
    }
}

/// The node that an operation compares with integers that are known beforehand.
fn compared_with_integers(op: &Op, nodes: &[Node]) -> Option<NodeId> {
    let fits = |id: NodeId| integer(id, nodes).is_some_and(|integer| i32::try_from(integer).is_ok());
    match op {
        Op::Compare(_, value, other) if fits(*other) => Some(*value),
        Op::Compare(_, other, value) if fits(*other) => Some(*value),
        Op::Within { value, low, high } => {
            low.iter().chain(high).all(|end| i32::try_from(*end).is_ok()).then_some(*value)
        }
        _ => None,
    }
}

/// The value of a constant Int.
fn integer(id: NodeId, nodes: &[Node]) -> Option<i64> {
    match nodes[id.0 as usize].op {
        Op::Constant(Scalar::Int(value)) => Some(value),
        _ => None,
    }
}

/// One node of a program while it is computed.
struct Step<'r> {
    id: NodeId,
    nodes: &'r [Node],
    registers: &'r Registers,
}

impl Step<'_> {
    fn compute(&self, memory: &mut Memory, context: &mut Context<'_>, out: &mut Column) {
        let of = |id: &NodeId| self.registers.get(*id);
        let narrow = |id: &NodeId| self.registers.narrow(*id);
        let overflows = &mut context.overflows;
        match &self.nodes[self.id.0 as usize].op {
            Op::Lookup { table, column, key } => {
                context.lookups[table.0 as usize].find(*column, of(key), &mut memory.rows, out);
            }

            Op::Negate(value) => arithmetic::negate(of(value), out, overflows),
            Op::Add(a, b) => arithmetic::add(of(a), of(b), out, overflows),
            Op::Subtract(a, b) => arithmetic::subtract(of(a), of(b), out, overflows),
            Op::Multiply(a, b) => arithmetic::multiply(of(a), of(b), out, overflows),
            Op::Divide(a, b) => arithmetic::divide(of(a), of(b), out, overflows),

            Op::Compare(comparison, a, b) => match (integer(*a, self.nodes), integer(*b, self.nodes)) {
                (_, Some(integer)) => compare::compare_with(*comparison, of(a), narrow(a), integer, out),
                (Some(integer), None) => {
                    compare::compare_with(comparison.mirrored(), of(b), narrow(b), integer, out);
                }
                (None, None) => compare::compare(*comparison, of(a), of(b), out),
            },
            Op::Within { value, low, high } => compare::within(of(value), narrow(value), *low, *high, out),
            Op::OneOfInts(value, wanted) => compare::one_of_ints(of(value), wanted, out),
            Op::OneOfTexts(value, _) => compare::one_of_texts(of(value), &memory.wanted[&self.id], out),
            Op::Contains { value, item } => {
                let answers = memory.answers.entry(self.id).or_default();
                compare::contains(of(value), of(item), context.texts, answers, out);
            }

            Op::Not(value) => logic::not(of(value), out),
            Op::And(parts) => logic::and(parts.iter().map(of), out),
            Op::Or(parts) => logic::or(parts.iter().map(of), out),
            Op::IsMissing(value) => logic::is_missing(of(value), out),
            Op::OrElse(first, second) => logic::or_else(of(first), of(second), out),

            Op::DayOf(instant) => calendar::day_of(of(instant), context.zone, &mut memory.calendar, out),
            Op::StartOf(day) => {
                calendar::start_of(of(day), context.zone, &mut memory.calendar, out, overflows);
            }
            Op::MonthDayOf(day) => calendar::month_day_of(of(day), out, overflows),
            Op::ShiftDay { day, months, days } => {
                calendar::shift(of(day), *months, *days, out, overflows);
            }

            // Constants are filled in before, leaves from outside.
            Op::Constant(_)
            | Op::Column(_)
            | Op::Aggregate(_)
            | Op::Customer(_)
            | Op::Rank(_)
            | Op::Quintile(_)
            | Op::Top { .. } => differing_shapes(),
        }
    }
}

#[cfg(test)]
mod tests;
