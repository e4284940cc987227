//! From a question to its answer: customers and outside data are read, then, stage by stage, the events that the stage
//! needs, each table once; then the nodes that are asked for are computed.

mod customers;
mod events;
mod lookups;
mod needs;
mod nodes;
mod reading;
mod stream;
mod table;

pub(crate) use lookups::index as index_lookup;
pub(crate) use reading::{ColumnNames, label};
pub(crate) use table::TableReader;

use crate::answers::{Answers, Keys, Timings, Tristate, Work};
use crate::column::{Column, Output, differing_shapes};
use crate::hash::{ScanHash, combine};
use crate::lookup::Lookup;
use crate::source::Tables;
use crate::texts::Texts;
use crate::{Options, Progress, Question, diagnostics};
use fixedbitset::FixedBitSet;
use needs::Needs;
use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::audience::NodeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Answers a question from one snapshot of tables.
pub(crate) fn answer(
    tables: &dyn Tables,
    question: Question<'_>,
    _options: Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Answers, Vec<Diagnostic>> {
    let needs = Needs::of(question);
    let mut run = Run::new(tables, question.plan, progress);
    run.read_customers(&needs)?;
    run.read_lookups(&needs);
    for (stage, aggregates) in &needs.stages {
        let read_by_rows = needs.customer_nodes(*stage, &question.plan.audience);
        run.materialise(&read_by_rows, &[])?;
        run.read_events(aggregates);
        run.stop_if_wrong()?;
    }
    run.materialise(question.outputs, question.conditions)?;
    Ok(run.into_answers(question))
}

/// What a run has read and computed so far.
struct Run<'a> {
    tables: &'a dyn Tables,
    plan: &'a Plan,
    progress: &'a mut dyn FnMut(Progress<'_>),
    texts: Texts,
    keys: Keys,
    /// By column of the customer table; those not needed have no rows.
    customer_columns: Vec<Column>,
    lookups: Vec<Lookup>,
    /// By aggregate, for all customers.
    aggregates: Vec<Option<Column>>,
    /// By node, for all customers: those needed whole.
    whole: Vec<Option<Column>>,
    /// Those asked for.
    conditions: BTreeMap<NodeId, Tristate>,
    /// Customers for whom a result did not fit.
    too_large: FixedBitSet,
    wrong: Vec<Diagnostic>,
    hashes: Vec<ScanHash>,
    work: Work,
}

impl<'a> Run<'a> {
    fn new(tables: &'a dyn Tables, plan: &'a Plan, progress: &'a mut dyn FnMut(Progress<'_>)) -> Self {
        let audience = &plan.audience;
        Self {
            tables,
            plan,
            progress,
            texts: Texts::default(),
            keys: Keys::Integers(Vec::new()),
            customer_columns: Vec::new(),
            lookups: Vec::new(),
            aggregates: vec![None; audience.aggregates.len()],
            whole: vec![None; audience.nodes.len()],
            conditions: BTreeMap::new(),
            too_large: FixedBitSet::new(),
            wrong: Vec::new(),
            hashes: Vec::new(),
            work: Work::default(),
        }
    }

    /// Ends the run when something was found wrong.
    fn stop_if_wrong(&mut self) -> Result<(), Vec<Diagnostic>> {
        if let Some(first) = self.too_large.ones().next() {
            let count = self.too_large.count_ones(..);
            self.wrong.push(diagnostics::number_too_large(count, self.keys.get(first)));
        }
        if self.wrong.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.wrong)) }
    }

    fn into_answers(self, question: Question<'_>) -> Answers {
        let texts = Arc::new(self.texts);
        let whole = |node: NodeId| whole(&self.whole, node);
        let output = |node: &NodeId| {
            let output = Output { column: whole(*node).clone(), texts: Arc::clone(&texts) };
            (*node, Box::new(output) as Box<dyn crate::answers::Values>)
        };
        Answers {
            conditions: self.conditions,
            outputs: question.outputs.iter().map(output).collect(),
            data_hash: combine(&self.hashes),
            keys: self.keys,
            work: self.work,
            timings: Timings::default(),
        }
    }
}

/// A node that was computed for all customers.
fn whole(columns: &[Option<Column>], node: NodeId) -> &Column {
    columns[node.0 as usize].as_ref().unwrap_or_else(|| differing_shapes())
}
