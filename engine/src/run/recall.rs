//! Aggregates that were finished for an earlier answer, and keeping those that are finished now.
//!
//! An entry has, for each tile of customers, the values and for integers which of them are known; at the end for which
//! other questions it holds, see [`Extent`].

use super::Run;
use super::meaning::meaning;
use crate::column::{Column, UNKNOWN, differing_shapes};
use crate::evaluate::TILE;
use crate::memo::{Entry, Memo, NewEntry};
use rulec_plan::audience::{AggregateId, NodeId, Op, Shape};
use std::ops::Range;

/// Which rows values are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The time of the newest row at the instant of the run or before it, in microseconds.
    pub(super) newest: i64,
    /// The time of the oldest row after it.
    pub(super) next: i64,
    /// From when on rows were looked at, in the unit of the column: what is wrong with older ones is not known.
    pub(super) looked_at_from: i64,
}

impl Default for Extent {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Extent {
    /// Of no rows yet.
    pub(super) const EMPTY: Self = Self { newest: i64::MIN, next: i64::MAX, looked_at_from: i64::MIN };

    /// Takes in the times of rows.
    pub(super) fn note(&mut self, times: impl Iterator<Item = i64>, now: i64) {
        for time in times {
            if time <= now {
                self.newest = self.newest.max(time);
            } else {
                self.next = self.next.min(time);
            }
        }
    }

    /// Takes in the rows of another.
    pub(super) fn merge(&mut self, other: Self) {
        self.newest = self.newest.max(other.newest);
        self.next = self.next.min(other.next);
    }

    /// With the rows of another, all looked at from then on.
    pub(super) fn with(mut self, other: Self, looked_at_from: Option<i64>) -> Self {
        self.merge(other);
        Self { looked_at_from: looked_at_from.unwrap_or(i64::MIN), ..self }
    }

    /// Whether a run at this instant sees the same rows, and needs to look at no others.
    fn holds(&self, now: i64, looked_at_from: i64) -> bool {
        self.newest <= now && now < self.next && self.looked_at_from <= looked_at_from
    }
}

/// An aggregate whose values are known.
pub(super) struct Recalled<'a> {
    node: NodeId,
    shape: Shape,
    entry: Box<dyn Entry + 'a>,
}

/// An aggregate whose values shall be kept.
pub(super) struct Recording<'a> {
    pub(super) node: NodeId,
    /// Index of its scan among those of the step.
    pub(super) scan: usize,
    entry: Box<dyn NewEntry + 'a>,
    block: Vec<i64>,
}

/// An aggregate whose values are worth keeping.
pub(super) struct Worthwhile {
    pub(super) node: NodeId,
    meaning: String,
}

/// How many blocks a tile has.
fn blocks(shape: Shape) -> usize {
    if shape == Shape::Int { 2 } else { 1 }
}

impl<'a> Run<'a> {
    /// The values of an aggregate, if they are known for rows from then on; else whether they are worth keeping.
    pub(super) fn recall(
        &self,
        id: AggregateId,
        looked_at_from: i64,
    ) -> Result<Recalled<'a>, Option<Worthwhile>> {
        let aggregate = self.plan.audience.aggregate(id);
        let is_of = |node: &&NodeId| self.plan.audience.node(**node).op == Op::Aggregate(id);
        let (Some(memo), Some(node)) = (self.memo, self.needed.iter().find(is_of).copied()) else {
            return Err(None);
        };
        let shape = self.plan.audience.node(node).shape;
        let Some(meaning) = meaning(aggregate, shape, self.plan) else { return Err(None) };
        let found = memo.find(&meaning).and_then(|mut entry| {
            let end = self.keys.len().div_ceil(TILE) * blocks(shape);
            let [newest, next, from] = *entry.read(end, 3)? else { return None };
            let extent = Extent { newest, next, looked_at_from: from };
            extent.holds(self.plan.as_of.0, looked_at_from).then_some(Recalled { node, shape, entry })
        });
        found.ok_or(Some(Worthwhile { node, meaning }))
    }
}

impl Recalled<'_> {
    /// The node of the aggregate.
    pub(super) fn node(&self) -> NodeId {
        self.node
    }

    /// Fills the column with the values of a tile. `None` if the entry is damaged.
    pub(super) fn read(&mut self, tile: Range<usize>, column: &mut Column) -> Option<()> {
        let block = tile.start / TILE * blocks(self.shape);
        let read = self.entry.read(block, tile.len())?;
        match column {
            Column::Bool(truths) => {
                truths.clear();
                truths.extend(read.iter().map(|truth| u8::try_from(*truth).unwrap_or(UNKNOWN)));
            }
            Column::Int { values, known } => {
                values.clear();
                values.extend_from_slice(read);
                let read = self.entry.read(block + 1, tile.len())?;
                known.clear();
                known.extend(read.iter().map(|known| *known != 0));
                values
                    .iter_mut()
                    .zip(&*known)
                    .filter(|(_, known)| !**known)
                    .for_each(|(value, _)| *value = 0);
            }
            _ => differing_shapes(),
        }
        Some(())
    }
}

impl Worthwhile {
    /// Begins to keep the values, if that is possible.
    pub(super) fn begin<'a>(&self, scan: usize, memo: &'a dyn Memo) -> Option<Recording<'a>> {
        Some(Recording { node: self.node, scan, entry: memo.begin(&self.meaning)?, block: Vec::new() })
    }
}

impl Recording<'_> {
    /// Takes the next tile.
    pub(super) fn append(&mut self, column: &Column) {
        match column {
            Column::Bool(truths) => self.append_block(truths.iter().map(|truth| i64::from(*truth))),
            Column::Int { values, known } => {
                // What stands for a missing value must not widen the others.
                let filler =
                    values.iter().zip(known).find(|(_, known)| **known).map_or(0, |(value, _)| *value);
                let pairs = values.iter().zip(known);
                self.append_block(pairs.map(|(value, known)| if *known { *value } else { filler }));
                self.append_block(known.iter().map(|known| i64::from(*known)));
            }
            _ => differing_shapes(),
        }
    }

    fn append_block(&mut self, integers: impl Iterator<Item = i64>) {
        self.block.clear();
        self.block.extend(integers);
        self.entry.append(&self.block);
    }

    /// All tiles were taken.
    pub(super) fn keep(mut self, extent: Extent) {
        let Extent { newest, next, looked_at_from } = extent;
        self.append_block([newest, next, looked_at_from].into_iter());
        self.entry.keep();
    }
}
