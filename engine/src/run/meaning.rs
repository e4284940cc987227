//! What the values of an aggregate depend on besides the rows of the database, as text: two aggregates with the same text
//! have the same values, in whatever plans they stand.

use super::needs::{roots, stream_nodes};
use crate::evaluate::TILE;
use rulec_plan::Plan;
use rulec_plan::audience::{Aggregate, Column, ColumnId, Node, NodeId, Op, Shape};
use rulec_plan::project::Source;
use rulec_plan::time::Instant;

/// The meaning of an aggregate of this shape, if its values are worth keeping. They are not if they rest on more than its
/// own rows and the numbering of customers, and if its window ends at no midnight: it has moved on by the next question.
pub(super) fn meaning(aggregate: &Aggregate, shape: Shape, plan: &Plan) -> Option<String> {
    let (customers, scan) = (&plan.audience.customers, &plan.audience.scans[aggregate.scan as usize]);
    let stream = &scan.streams[aggregate.stream as usize];
    let is_midnight = |instant: &Instant| plan.zone.start_of(plan.zone.day_of(*instant)) == *instant;
    let (Source::Table(_), Source::Table(_)) = (&customers.source, &scan.source) else { return None };
    if !matches!(shape, Shape::Int | Shape::Bool)
        || !aggregate.from.iter().chain(&aggregate.until).all(is_midnight)
    {
        return None;
    }
    let mut columns: Vec<&Column> = Vec::new();
    let mut function = aggregate.function;
    let mut filter = aggregate.filter;
    let places = stream_nodes(stream, roots(aggregate));
    // Numbered from 0, since their numbers in the plan depend on what else is asked.
    let renumber = |id: &mut NodeId| {
        id.0 = places.binary_search(id).map_or(u32::MAX, |place| place as u32);
    };
    let mut nodes: Vec<Node> = Vec::new();
    for id in &places {
        let mut node = stream.nodes[id.0 as usize].clone();
        match &mut node.op {
            Op::Customer(_) | Op::Lookup { .. } => return None,
            Op::Column(column) => {
                columns.push(&scan.columns[column.0 as usize]);
                *column = ColumnId(columns.len() as u32 - 1);
            }
            op => op.operands_mut().into_iter().for_each(renumber),
        }
        nodes.push(node);
    }
    function.argument_mut().into_iter().chain(&mut filter).for_each(renumber);
    let whose = (&customers.source, &customers.key, &customers.filter, &stream.customer);
    let rows = (&scan.source, &stream.filter, &scan.columns[stream.time.0 as usize], plan.zone);
    let window = (aggregate.from, aggregate.until);
    Some(format!("{TILE} {:?}", (whose, rows, window, function, filter, shape, nodes, columns)))
}
