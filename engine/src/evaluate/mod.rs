//! Nodes over columns: one operation at a time for a tile of rows, never one row at a time through the tree.

mod arithmetic;
mod calendar;
mod compare;
mod logic;

pub(crate) use arithmetic::compare_ratios;
pub(crate) use compare::keeps;

use crate::column::{Column, differing_shapes};
use crate::lookup::Lookup;
use crate::texts::Texts;
use rulec_plan::audience::{Node, NodeId, Op};
use rulec_plan::time::Zone;

/// How many customers are evaluated at a time.
pub(crate) const TILE: usize = 1_024;

/// What operations need besides their operands.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) zone: Zone,
    pub(crate) texts: &'a mut Texts,
    pub(crate) lookups: &'a [Lookup],
    /// Rows of the tile for which a result did not fit.
    pub(crate) overflows: Vec<usize>,
}

/// The columns of one tile, by node.
#[derive(Debug, Default)]
pub(crate) struct Registers {
    columns: Vec<Option<Column>>,
}

impl Registers {
    /// Room for so many nodes.
    pub(crate) fn new(nodes: usize) -> Self {
        Self { columns: vec![None; nodes] }
    }

    /// The values of a node that was computed before.
    pub(crate) fn get(&self, node: NodeId) -> &Column {
        self.columns[node.0 as usize].as_ref().unwrap_or_else(|| differing_shapes())
    }

    /// Takes the values of a node.
    pub(crate) fn set(&mut self, node: NodeId, column: Column) {
        self.columns[node.0 as usize] = Some(column);
    }
}

/// Computes nodes for a tile of so many rows, in the order given, operands first. Columns that do not come from other
/// nodes (see [`is_leaf`]) stand in the registers before.
pub(crate) fn evaluate(
    program: &[NodeId],
    nodes: &[Node],
    rows: usize,
    registers: &mut Registers,
    context: &mut Context<'_>,
) {
    for id in program {
        let column = compute(&nodes[id.0 as usize], rows, registers, context);
        registers.set(*id, column);
    }
}

/// Whether a node is read or ranked, not computed from the values of other nodes in the same row.
pub(crate) fn is_leaf(op: &Op) -> bool {
    matches!(
        op,
        Op::Column(_) | Op::Aggregate(_) | Op::Customer(_) | Op::Rank(_) | Op::Quintile(_) | Op::Top { .. }
    )
}

fn compute(node: &Node, rows: usize, registers: &Registers, context: &mut Context<'_>) -> Column {
    let of = |id: &NodeId| registers.get(*id);
    match &node.op {
        Op::Constant(value) => Column::constant(value, node.shape, rows, context.texts),
        Op::Lookup { table, column, key } => context.lookups[table.0 as usize].find(*column, of(key)),

        Op::Negate(value) => arithmetic::negate(of(value), &mut context.overflows),
        Op::Add(a, b) => arithmetic::add(of(a), of(b), &mut context.overflows),
        Op::Subtract(a, b) => arithmetic::subtract(of(a), of(b), &mut context.overflows),
        Op::Multiply(a, b) => arithmetic::multiply(of(a), of(b), &mut context.overflows),
        Op::Divide(a, b) => arithmetic::divide(of(a), of(b), &mut context.overflows),

        Op::Compare(comparison, a, b) => compare::compare(*comparison, of(a), of(b)),
        Op::Within { value, low, high } => compare::within(of(value), *low, *high),
        Op::OneOfInts(value, wanted) => compare::one_of_ints(of(value), wanted),
        Op::OneOfTexts(value, wanted) => compare::one_of_texts(of(value), wanted, context.texts),
        Op::Contains { value, item } => compare::contains(of(value), of(item), context.texts),

        Op::Not(value) => logic::not(of(value)),
        Op::And(parts) => logic::and(parts.iter().map(of)),
        Op::Or(parts) => logic::or(parts.iter().map(of)),
        Op::IsMissing(value) => logic::is_missing(of(value)),
        Op::OrElse(first, second) => logic::or_else(of(first), of(second)),

        Op::DayOf(instant) => calendar::day_of(of(instant), context.zone),
        Op::StartOf(day) => calendar::start_of(of(day), context.zone, &mut context.overflows),
        Op::MonthDayOf(day) => calendar::month_day_of(of(day), &mut context.overflows),
        Op::ShiftDay { day, months, days } => {
            calendar::shift(of(day), *months, *days, &mut context.overflows)
        }

        Op::Column(_)
        | Op::Aggregate(_)
        | Op::Customer(_)
        | Op::Rank(_)
        | Op::Quintile(_)
        | Op::Top { .. } => unreachable!("leaves are not computed from other nodes"),
    }
}
