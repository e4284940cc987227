//! From a question to its answer: customers and outside data are read; then, step by step, the event tables that the step
//! needs, each once for every range of customers, and the nodes that rest on them are computed.
//!
//! | what | file |
//! | --- | --- |
//! | what a question needs, and in which order | `needs`, `steps` |
//! | which tables are where | `kept` |
//! | tables of which every row counts | `reading`, `table`, `customers`, `lookups` |
//! | event tables | `events`, `scan`, `stream` |
//! | aggregates that are known already | `recall`, `meaning` |
//! | nodes | `nodes`, `known` |
//! | as many customers at a time as fit into memory | `ranges` |

mod customers;
mod events;
mod kept;
mod known;
mod lookups;
mod meaning;
mod needs;
mod nodes;
mod ranges;
mod reading;
mod recall;
mod scan;
mod steps;
mod stream;
mod table;

pub(crate) use lookups::index as index_lookup;
pub(crate) use reading::{ColumnNames, label};
pub(crate) use table::TableReader;

use crate::aggregate::Aggregated;
use crate::answers::{Answers, Keys, Timings, Tristate, Values, Work};
use crate::column::Column;
use crate::hash::{RowsHash, combine};
use crate::lookup::Lookup;
use crate::memo::Memo;
use crate::outputs::{Computed, Kept, Stored};
use crate::packed::Packed;
use crate::source::Tables;
use crate::texts::SharedTexts;
use crate::written::WrittenTexts;
use crate::{Options, Progress, Question, diagnostics};
use fixedbitset::FixedBitSet;
use kept::WithKept;
use needs::Needs;
use rulec_diagnostic::Diagnostic;
use rulec_plan::Plan;
use rulec_plan::audience::NodeId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Answers a question from one snapshot of tables, and from what is known of it already.
pub(crate) fn answer(
    tables: &dyn Tables,
    memo: Option<&dyn Memo>,
    question: Question<'_>,
    options: Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Answers, Vec<Diagnostic>> {
    let needs = Needs::of(question);
    let tables = WithKept { shop: tables, kept: question.kept };
    let mut run = Run::new(&tables, question.plan, options, progress);
    run.needed = needs.nodes().collect();
    run.hashes_data = question.data_hash;
    // Values that were asked for are computed from cells when they are looked at.
    run.memo = memo.filter(|_| question.outputs.is_empty());
    run.read_customers(&needs)?;
    run.read_lookups(&needs);
    run.lookups_hashed = run.hashes.len();
    run.take_steps(&steps::steps(&needs, question))?;
    Ok(run.into_answers(question))
}

/// What a run has read and computed so far.
struct Run<'a> {
    tables: &'a dyn Tables,
    memo: Option<&'a dyn Memo>,
    plan: &'a Plan,
    options: Options,
    progress: &'a mut dyn FnMut(Progress<'_>),
    /// All nodes that the question rests on.
    needed: Vec<NodeId>,
    texts: SharedTexts,
    keys: Keys,
    /// By column of the customer table; those not needed have no rows.
    customer_columns: Vec<Column>,
    /// Text columns of the customer table that nothing is computed from, by node.
    written: BTreeMap<NodeId, WrittenTexts>,
    lookups: Vec<Lookup>,
    /// By node, those kept for all customers.
    kept: Vec<Option<Column>>,
    /// What events came to for all customers, where that need not be kept otherwise.
    events: Vec<Aggregated>,
    conditions: BTreeMap<NodeId, Tristate>,
    /// Outputs, where they cannot be computed from `events`.
    packed: BTreeMap<NodeId, Packed>,
    /// Customers for whom a result did not fit.
    too_large: FixedBitSet,
    wrong: Vec<Diagnostic>,
    hashes_data: bool,
    hashes: Vec<RowsHash>,
    /// How many of the hashes are of outside data.
    lookups_hashed: usize,
    work: Work,
    timings: Timings,
}

impl<'a> Run<'a> {
    fn new(
        tables: &'a dyn Tables,
        plan: &'a Plan,
        options: Options,
        progress: &'a mut dyn FnMut(Progress<'_>),
    ) -> Self {
        Self {
            tables,
            memo: None,
            plan,
            options,
            progress,
            needed: Vec::new(),
            texts: SharedTexts::default(),
            keys: Keys::Integers(Vec::new()),
            customer_columns: Vec::new(),
            written: BTreeMap::new(),
            lookups: Vec::new(),
            kept: vec![None; plan.audience.nodes.len()],
            events: Vec::new(),
            conditions: BTreeMap::new(),
            packed: BTreeMap::new(),
            too_large: FixedBitSet::new(),
            wrong: Vec::new(),
            hashes_data: true,
            hashes: Vec::new(),
            lookups_hashed: 0,
            work: Work::default(),
            timings: Timings::default(),
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

    fn into_answers(mut self, question: Question<'_>) -> Answers {
        let customers = self.keys.len();
        let mut outputs: BTreeMap<NodeId, Box<dyn Values>> = BTreeMap::new();
        for (node, texts) in std::mem::take(&mut self.written) {
            outputs.insert(node, Box::new(texts));
        }
        let computed: Vec<NodeId> =
            question.outputs.iter().copied().filter(|node| !outputs.contains_key(node)).collect();
        if self.packed.is_empty() {
            let kept = Kept {
                nodes: self.plan.audience.nodes.clone(),
                zone: self.plan.zone,
                customers,
                columns: self.customer_columns,
                whole: self.kept,
                events: self.events,
                lookups: self.lookups,
                texts: self.texts,
            };
            outputs.extend(Computed::new(kept, &computed).into_values());
        } else {
            let texts = Arc::new(self.texts.into_inner());
            for (node, values) in self.packed {
                outputs.insert(node, Box::new(Stored { values, customers, texts: Arc::clone(&texts) }));
            }
        }
        Answers {
            conditions: self.conditions,
            outputs,
            data_hash: if self.hashes_data { combine(&self.hashes) } else { String::new() },
            keys: self.keys,
            work: self.work,
            timings: self.timings,
        }
    }
}
