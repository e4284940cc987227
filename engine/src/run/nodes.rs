//! Computing nodes for all customers, tile by tile.

use super::Run;
use crate::column::{Column, differing_shapes};
use crate::evaluate::{Context, Registers, TILE, evaluate, is_leaf};
use crate::population::Places;
use rulec_diagnostic::Diagnostic;
use rulec_plan::audience::{NodeId, Op, Ranking};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The nodes to compute in one pass over all customers, operands first, and those of them to keep whole.
#[derive(Debug, Default)]
struct Round {
    program: BTreeSet<NodeId>,
    keep: BTreeSet<NodeId>,
    /// Ranked before the pass, over nodes kept whole earlier.
    rankings: Vec<NodeId>,
}

impl Run<'_> {
    /// Computes these nodes for all customers and keeps them whole. What they rest on must be known: the aggregates of
    /// earlier stages.
    pub(super) fn materialise(&mut self, targets: &[NodeId]) -> Result<(), Vec<Diagnostic>> {
        if targets.is_empty() {
            return Ok(());
        }
        self.stop_if_wrong()?;
        let mut places: FxHashMap<Ranking, Places> = FxHashMap::default();
        for round in self.rounds(targets) {
            for node in &round.rankings {
                self.rank(*node, &mut places);
            }
            self.compute(&round);
            self.stop_if_wrong()?;
        }
        Ok(())
    }

    /// A ranking needs its value for everybody first: so many rankings lie one on another, so many rounds.
    fn rounds(&self, targets: &[NodeId]) -> Vec<Round> {
        let depths = self.depths(targets);
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
        rounds
    }

    /// For each node that is still to be computed, how many rankings lie below it.
    fn depths(&self, targets: &[NodeId]) -> BTreeMap<NodeId, usize> {
        let mut needed: BTreeSet<NodeId> = BTreeSet::new();
        let mut open = targets.to_vec();
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

    fn rank(&mut self, id: NodeId, places: &mut FxHashMap<Ranking, Places>) {
        let op = &self.plan.audience.node(id).op;
        let (None, Some(ranking)) = (&self.whole[id.0 as usize], ranking_of(op)) else { return };
        let values = self.whole[ranking.value.0 as usize].as_ref();
        let values = values.unwrap_or_else(|| differing_shapes());
        let ranked = places.entry(ranking).or_insert_with(|| Places::new(values, ranking.low_is_better));
        self.whole[id.0 as usize] = Some(ranked.column(op));
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
        let nodes = &self.plan.audience.nodes;
        let keep: Vec<NodeId> =
            round.keep.iter().copied().filter(|id| self.whole[id.0 as usize].is_none()).collect();
        if keep.is_empty() {
            return;
        }
        let read = round.program.iter().flat_map(|id| nodes[id.0 as usize].op.operands());
        let all: BTreeSet<NodeId> = read.chain(round.program.iter().copied()).collect();
        let (leaves, program): (Vec<NodeId>, Vec<NodeId>) =
            all.into_iter().partition(|id| self.is_known(*id) || is_leaf(&nodes[id.0 as usize].op));
        let customers = self.keys.len();
        let mut kept: Vec<Column> =
            keep.iter().map(|id| Column::with_capacity(nodes[id.0 as usize].shape, customers)).collect();
        let mut registers = Registers::new(nodes.len());
        for start in (0..customers).step_by(TILE) {
            let tile = start..customers.min(start + TILE);
            for id in &leaves {
                registers.set(*id, self.all(*id).slice(tile.clone()));
            }
            let mut context = Context {
                zone: self.plan.zone,
                texts: &mut self.texts,
                lookups: &self.lookups,
                overflows: Vec::new(),
            };
            evaluate(&program, nodes, tile.len(), &mut registers, &mut context);
            for (whole, id) in kept.iter_mut().zip(&keep) {
                whole.append(registers.get(*id));
            }
            context.overflows.into_iter().for_each(|row| self.too_large.insert(start + row));
        }
        for (id, column) in keep.into_iter().zip(kept) {
            self.whole[id.0 as usize] = Some(column);
        }
    }
}

fn ranking_of(op: &Op) -> Option<Ranking> {
    match op {
        Op::Rank(ranking) | Op::Quintile(ranking) | Op::Top { ranking, .. } => Some(*ranking),
        _ => None,
    }
}
