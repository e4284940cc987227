//! Computing the nodes of a step, a tile of customers at a time.

use super::Run;
use super::known::Known;
use super::recall::{Recalled, Recording};
use super::steps::Step;
use crate::aggregate::{Aggregated, Wanted};
use crate::answers::{Keys, Tristate};
use crate::column::Column;
use crate::evaluate::{Context, Evaluator, TILE, is_leaf, nobody, pack};
use crate::hash::{RowsHash, TextHashes};
use crate::packed::Packed;
use crate::population;
use crate::written::WrittenTexts;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{AggregateId, NodeId, Op, Ranking};
use rulec_plan::project::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Instant;

/// What a step computes, and what it has kept of that so far.
pub(super) struct Computing<'a> {
    evaluator: Evaluator,
    /// Columns of the customer table, and nodes kept in earlier steps.
    known: Vec<NodeId>,
    /// By aggregate, those of this step.
    aggregates: Vec<Option<NodeId>>,
    /// Whatever goes into the hash of the data, columns only once; nothing that the runtime keeps.
    hashed: Vec<NodeId>,
    /// Whether texts that nothing is computed from are hashed too.
    hashes_written: bool,
    /// `None` if nobody wants it.
    hash: Option<RowsHash>,
    /// Aggregates that are kept for other answers.
    pub(super) recording: Vec<Recording<'a>>,
    keep: Vec<(NodeId, Column)>,
    conditions: Vec<(NodeId, Tristate)>,
    outputs: Vec<(NodeId, Packed)>,
}

/// Aggregates go to the evaluator's leaves.
struct Leaves<'e> {
    evaluator: &'e mut Evaluator,
    nodes: &'e [Option<NodeId>],
    too_large: &'e mut Vec<usize>,
}

impl Wanted for Leaves<'_> {
    fn column(&mut self, id: AggregateId) -> Option<&mut Column> {
        self.nodes[id.0 as usize].map(|node| self.evaluator.leaf(node))
    }

    fn too_large(&mut self, customer: usize) {
        self.too_large.push(customer);
    }
}

impl<'a> Run<'a> {
    /// Gets ready for a step: ranks what it rests on, and lays out its program.
    pub(super) fn begin(&mut self, step: &Step, number: usize, with_outputs: bool) -> Computing<'a> {
        let begun = Instant::now();
        self.rank(&step.rankings);
        let nodes = &self.plan.audience.nodes;
        let op = |id: &NodeId| &nodes[id.0 as usize].op;
        let mut aggregates = vec![None; self.plan.audience.aggregates.len()];
        let mut of_step = BTreeSet::new();
        for id in self.needed.iter().copied() {
            match op(&id) {
                Op::Aggregate(aggregate) if step.aggregates.contains(aggregate) => {
                    aggregates[aggregate.0 as usize] = Some(id);
                    of_step.insert(id);
                }
                Op::Column(_) if number == 0 => _ = of_step.insert(id),
                _ => {}
            }
        }
        let asked = step.keep.iter().chain(&step.conditions).chain(&step.outputs).copied();
        let read = step.program.iter().flat_map(|id| op(id).operands());
        let all: BTreeSet<NodeId> = read
            .chain(asked.clone())
            .chain(step.program.iter().copied())
            .chain(of_step.iter().copied())
            .collect();
        let is_given = |id: &NodeId| is_leaf(op(id)) || !step.program.contains(id);
        let (leaves, program): (Vec<NodeId>, Vec<NodeId>) = all.into_iter().partition(is_given);
        let wanted: Vec<NodeId> = asked.chain(of_step.iter().copied()).collect();
        let customers = self.keys.len();
        let shape = |id: &NodeId| nodes[id.0 as usize].shape;
        // Without outputs they are computed all the same: what does not fit must be found now.
        let outputs = step.outputs.iter().filter(|_| with_outputs);
        let computing = Computing {
            evaluator: Evaluator::new(nodes, &leaves, program, &wanted, &mut self.texts.lock()),
            known: leaves
                .into_iter()
                .filter(|id| !matches!(op(id), Op::Aggregate(_)) || !of_step.contains(id))
                .collect(),
            aggregates,
            hashed: of_step.into_iter().filter(|id| !self.is_kept(*id)).collect(),
            hashes_written: number == 0,
            hash: self.hashes_data.then(|| RowsHash::new(format!("step {number}"))),
            recording: Vec::new(),
            keep: step.keep.iter().map(|id| (*id, Column::with_capacity(shape(id), customers))).collect(),
            conditions: step.conditions.iter().map(|id| (*id, nobody(customers))).collect(),
            outputs: outputs.map(|id| (*id, Packed::new(shape(id)))).collect(),
        };
        self.timings.evaluate += begun.elapsed();
        computing
    }

    /// Whether a node is an aggregate over what the runtime keeps. That belongs to the state, which has a hash of its own:
    /// the hash of the data stays the same when a plan is applied.
    fn is_kept(&self, id: NodeId) -> bool {
        let Op::Aggregate(aggregate) = self.plan.audience.node(id).op else { return false };
        let scan = self.plan.audience.aggregate(aggregate).scan;
        matches!(self.plan.audience.scans[scan as usize].source, Source::Kept(_))
    }

    /// Computes a range of customers, whose events came to this. Without a word if what was recalled is damaged: whoever
    /// handed it out looks at that then.
    pub(super) fn compute(
        &mut self,
        computing: &mut Computing<'a>,
        range: Range<usize>,
        events: &[Aggregated],
        recalled: &mut [Recalled<'a>],
    ) -> Result<(), Vec<Diagnostic>> {
        let begun = Instant::now();
        let text_hashes = TextHashes::new(&self.texts.lock());
        let known = Known { plan: self.plan, columns: &self.customer_columns, kept: &self.kept };
        for start in range.clone().step_by(TILE) {
            let tile = start..range.end.min(start + TILE);
            for id in &computing.known {
                computing.evaluator.leaf(*id).copy_from(known.get(*id), tile.clone());
            }
            let mut too_large = Vec::new();
            let mut leaves = Leaves {
                evaluator: &mut computing.evaluator,
                nodes: &computing.aggregates,
                too_large: &mut too_large,
            };
            events.iter().for_each(|events| events.read(tile.clone(), &self.texts, &mut leaves));
            for one in &mut *recalled {
                let column = computing.evaluator.leaf(one.node());
                one.read(tile.clone(), column).ok_or_else(Vec::new)?;
            }
            let texts = self.texts.lock();
            let mut context = Context {
                zone: self.plan.zone,
                texts: &texts,
                lookups: &self.lookups,
                overflows: Vec::new(),
            };
            computing.evaluator.evaluate(&self.plan.audience.nodes, tile.len(), &mut context);
            too_large.extend(context.overflows.into_iter().map(|row| start + row));
            too_large.into_iter().for_each(|customer| self.too_large.insert(customer));
            computing.keep_tile(start);
            computing.hash_tile(&self.keys, tile, &self.written, &text_hashes);
        }
        self.timings.evaluate += begun.elapsed();
        Ok(())
    }

    /// Takes over what a step has kept.
    pub(super) fn end(&mut self, computing: Computing<'_>) {
        for (id, column) in computing.keep {
            self.kept[id.0 as usize] = Some(column);
        }
        self.conditions.extend(computing.conditions);
        self.packed.extend(computing.outputs);
        self.hashes.extend(computing.hash);
    }

    /// Computes nodes that compare customers, those over one ranking together.
    fn rank(&mut self, ids: &BTreeSet<NodeId>) {
        let mut by_ranking: BTreeMap<(NodeId, bool), Vec<NodeId>> = BTreeMap::new();
        for id in ids {
            if let Some(ranking) = ranking_of(&self.plan.audience.node(*id).op) {
                by_ranking.entry((ranking.value, ranking.low_is_better)).or_default().push(*id);
            }
        }
        for ((value, low_is_better), ids) in by_ranking {
            let ops: Vec<&Op> = ids.iter().map(|id| &self.plan.audience.node(*id).op).collect();
            let known = Known { plan: self.plan, columns: &self.customer_columns, kept: &self.kept };
            let columns = population::place(known.get(value), low_is_better, &ops);
            for (id, column) in ids.into_iter().zip(columns) {
                self.kept[id.0 as usize] = Some(column);
            }
        }
    }
}

impl Computing<'_> {
    /// Keeps what is to be kept of the tile computed last.
    fn keep_tile(&mut self, start: usize) {
        for (id, whole) in &mut self.keep {
            whole.append(self.evaluator.get(*id));
        }
        for (id, condition) in &mut self.conditions {
            pack(self.evaluator.get(*id).bools(), start, condition);
        }
        for (id, output) in &mut self.outputs {
            output.append(self.evaluator.get(*id));
        }
        for recording in &mut self.recording {
            recording.append(self.evaluator.get(recording.node));
        }
    }

    fn hash_tile(
        &mut self,
        keys: &Keys,
        tile: Range<usize>,
        written: &BTreeMap<NodeId, WrittenTexts>,
        texts: &TextHashes,
    ) {
        let Some(hash) = &mut self.hash else { return };
        hash.begin(tile.len());
        hash.add_keys(keys, tile.clone());
        for written in written.values().filter(|_| self.hashes_written) {
            hash.add_texts(tile.clone().map(|customer| written.get(customer)));
        }
        for id in &self.hashed {
            hash.add(self.evaluator.get(*id), texts);
        }
        hash.end();
    }
}

fn ranking_of(op: &Op) -> Option<Ranking> {
    match op {
        Op::Rank(ranking) | Op::Quintile(ranking) | Op::Top { ranking, .. } => Some(*ranking),
        _ => None,
    }
}
