//! Computing nodes for all customers, tile by tile.

use super::Run;
use crate::answers::Tristate;
use crate::column::{Column, differing_shapes};
use crate::evaluate::{Context, Evaluator, TILE, is_leaf, nobody, pack};
use crate::population;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{NodeId, Op, Ranking};
use std::collections::{BTreeMap, BTreeSet};

/// The nodes to compute in one pass over all customers, operands first, and what becomes of them.
#[derive(Debug, Default)]
struct Round {
    program: BTreeSet<NodeId>,
    /// Those to keep whole.
    keep: BTreeSet<NodeId>,
    /// Bool nodes of which only the set of customers is wanted.
    conditions: BTreeSet<NodeId>,
    /// Ranked before the pass, over nodes kept whole earlier.
    rankings: Vec<NodeId>,
}

impl Run<'_> {
    /// Computes these nodes for all customers, and keeps `targets` whole and of `conditions` the customers. What they
    /// rest on must be known: the aggregates of earlier stages.
    pub(super) fn materialise(
        &mut self,
        targets: &[NodeId],
        conditions: &[NodeId],
    ) -> Result<(), Vec<Diagnostic>> {
        if targets.is_empty() && conditions.is_empty() {
            return Ok(());
        }
        self.stop_if_wrong()?;
        for round in self.rounds(targets, conditions) {
            self.rank(&round.rankings);
            self.compute(&round);
            self.stop_if_wrong()?;
        }
        Ok(())
    }

    /// A ranking needs its value for everybody first: so many rankings lie one on another, so many rounds.
    fn rounds(&self, targets: &[NodeId], conditions: &[NodeId]) -> Vec<Round> {
        let depths = self.depths(targets.iter().chain(conditions).copied().collect());
        let last = depths.values().max().copied().unwrap_or(0);
        let mut rounds: Vec<Round> = (0..=last).map(|_| Round::default()).collect();
        for (id, depth) in &depths {
            let op = &self.plan.audience.node(*id).op;
            if ranking_of(op).is_some() {
                rounds[*depth].rankings.push(*id);
            } else if self.whole[id.0 as usize].is_none() {
                rounds[*depth].program.insert(*id);
            }
            for operand in op.operands().into_iter().filter(|_| self.whole[id.0 as usize].is_none()) {
                let below = depths[&operand];
                if below < *depth {
                    rounds[below].keep.insert(operand);
                }
            }
        }
        for target in targets {
            rounds[depths[target]].keep.insert(*target);
        }
        for condition in conditions {
            rounds[depths[condition]].conditions.insert(*condition);
        }
        rounds
    }

    /// For each node that is still to be computed, how many rankings lie below it.
    fn depths(&self, mut open: Vec<NodeId>) -> BTreeMap<NodeId, usize> {
        let mut needed: BTreeSet<NodeId> = BTreeSet::new();
        while let Some(id) = open.pop() {
            if needed.insert(id) && self.whole[id.0 as usize].is_none() {
                open.extend(self.plan.audience.node(id).op.operands());
            }
        }
        let mut depths = BTreeMap::new();
        for id in needed {
            let op = &self.plan.audience.node(id).op;
            let is_whole = self.whole[id.0 as usize].is_some();
            let below = if is_whole { Vec::new() } else { op.operands() };
            let deepest = below.iter().map(|operand| depths[operand]).max().unwrap_or(0);
            let step = usize::from(!is_whole && ranking_of(op).is_some());
            depths.insert(id, deepest + step);
        }
        depths
    }

    /// Computes nodes that compare customers, those over one ranking together.
    fn rank(&mut self, ids: &[NodeId]) {
        let mut by_ranking: BTreeMap<(NodeId, bool), Vec<NodeId>> = BTreeMap::new();
        for id in ids.iter().filter(|id| !self.is_known(**id)) {
            if let Some(ranking) = ranking_of(&self.plan.audience.node(*id).op) {
                by_ranking.entry((ranking.value, ranking.low_is_better)).or_default().push(*id);
            }
        }
        for ((value, low_is_better), ids) in by_ranking {
            let ops: Vec<&Op> = ids.iter().map(|id| &self.plan.audience.node(*id).op).collect();
            let columns = population::place(self.all(value), low_is_better, &ops);
            for (id, column) in ids.into_iter().zip(columns) {
                self.whole[id.0 as usize] = Some(column);
            }
        }
    }

    /// Whether a node was computed for all customers.
    fn is_known(&self, id: NodeId) -> bool {
        self.whole[id.0 as usize].is_some()
    }

    /// The values of a leaf for all customers.
    fn all(&self, id: NodeId) -> &Column {
        let found = match (&self.whole[id.0 as usize], &self.plan.audience.node(id).op) {
            (Some(whole), _) => Some(whole),
            (None, Op::Column(column)) => self.customer_columns.get(column.0 as usize),
            (None, Op::Aggregate(aggregate)) => self.aggregates[aggregate.0 as usize].as_ref(),
            _ => None,
        };
        found.unwrap_or_else(|| differing_shapes())
    }

    fn compute(&mut self, round: &Round) {
        let unknown = |id: &NodeId| self.whole[id.0 as usize].is_none();
        let keep: Vec<NodeId> = round.keep.iter().copied().filter(unknown).collect();
        let asked: Vec<NodeId> =
            round.conditions.iter().copied().filter(|id| !self.conditions.contains_key(id)).collect();
        if keep.is_empty() && asked.is_empty() {
            return;
        }
        let nodes = &self.plan.audience.nodes;
        let read = round.program.iter().flat_map(|id| nodes[id.0 as usize].op.operands());
        let all: BTreeSet<NodeId> = read.chain(round.program.iter().chain(&asked).copied()).collect();
        let (leaves, program): (Vec<NodeId>, Vec<NodeId>) =
            all.into_iter().partition(|id| self.is_known(*id) || is_leaf(&nodes[id.0 as usize].op));
        let wanted: Vec<NodeId> = keep.iter().chain(&asked).copied().collect();
        let mut evaluator = Evaluator::new(nodes, &leaves, program, &wanted, &mut self.texts);
        let leaves: Vec<(NodeId, &Column)> = leaves.iter().map(|id| (*id, self.all(*id))).collect();

        let customers = self.keys.len();
        let mut kept: Vec<Column> =
            keep.iter().map(|id| Column::with_capacity(nodes[id.0 as usize].shape, customers)).collect();
        let mut conditions: Vec<Tristate> = asked.iter().map(|_| nobody(customers)).collect();
        let (zone, texts, lookups) = (self.plan.zone, &self.texts, &self.lookups);
        let mut context = Context { zone, texts, lookups, overflows: Vec::new() };
        let mut too_large: Vec<usize> = Vec::new();
        for start in (0..customers).step_by(TILE) {
            let tile = start..customers.min(start + TILE);
            for (id, whole) in &leaves {
                evaluator.leaf(*id).copy_from(whole, tile.clone());
            }
            evaluator.evaluate(nodes, tile.len(), &mut context);
            for (whole, id) in kept.iter_mut().zip(&keep) {
                whole.append(evaluator.get(*id));
            }
            for (condition, id) in conditions.iter_mut().zip(&asked) {
                pack(evaluator.get(*id).bools(), start, condition);
            }
            too_large.extend(context.overflows.drain(..).map(|row| start + row));
        }
        for (id, column) in keep.into_iter().zip(kept) {
            self.whole[id.0 as usize] = Some(column);
        }
        self.too_large.extend(too_large);
        self.conditions.extend(asked.into_iter().zip(conditions));
    }
}

fn ranking_of(op: &Op) -> Option<Ranking> {
    match op {
        Op::Rank(ranking) | Op::Quintile(ranking) | Op::Top { ranking, .. } => Some(*ranking),
        _ => None,
    }
}
