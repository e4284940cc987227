//! Whether the customers of a plan still agree to be written to: asked again before it is applied, since a plan may be days
//! old.

use crate::diagnostics;
use crate::planfile::{ActionKind, Header, Line, PlanReader};
use crate::why;
use indexmap::IndexMap;
use rulec_diagnostic::Diagnostic;
use rulec_engine::{Answers, Engine, Question};
use rulec_plan::Plan;
use rulec_plan::audience::{Audience, Column, ColumnId, CustomerScan, Node, NodeId, Op, Shape};
use rulec_plan::project::Project;

/// Asks the customer database, as it is now, for the consents that a plan's messages need.
///
/// # Errors
/// `R0129` customers who no longer agree, or are none any more, with their number and the first keys; `R0113` for the plan
/// file; family `R` for the database.
pub fn check_consents(
    project: &Project,
    plan: PlanReader,
    engine: &mut dyn Engine,
) -> Result<(), Vec<Diagnostic>> {
    let header = plan.header().clone();
    let Some((as_of, zone)) = header.moment() else {
        return Err(vec![*diagnostics::damaged_plan(plan.path())]);
    };
    let asked = Consents::of(project, &header);
    if asked.nodes.is_empty() {
        return Ok(());
    }
    let question_plan = Plan::of_audience(as_of, zone, asked.audience.clone(), header.rules_hash.clone());
    let conditions: Vec<NodeId> = asked.nodes.values().copied().collect();
    let question = Question {
        plan: &question_plan,
        conditions: &conditions,
        outputs: &[],
        data_hash: false,
        kept: None,
    };
    let answers = engine.answer(question, &mut |_| {})?;
    let mut lost: IndexMap<String, Vec<String>> = IndexMap::new();
    for line in plan {
        let Line::Decision(decision) = line.map_err(|wrong| vec![*wrong])? else { continue };
        let Some(rule) = header.rules.get(&*decision.rule) else { continue };
        let outlines = rule.actions_of(decision.step);
        for action in decision.actions.iter().filter(|action| action.is_done()) {
            let kind = outlines.get(action.step as usize).map(|outline| &outline.kind);
            let Some(channel) = kind.filter(|kind| kind.is_send()).map(ActionKind::channel) else { continue };
            if !asked.agrees(&answers, channel, &decision.customer) {
                let customers = lost.entry(channel.to_owned()).or_default();
                // Decisions come by customer, who may have several messages.
                if customers.last().is_none_or(|last| *last != *decision.customer) {
                    customers.push(decision.customer.clone().into_owned());
                }
            }
        }
    }
    let gone = lost.iter().map(|(channel, customers)| *diagnostics::consents_gone(channel, customers));
    let gone: Vec<Diagnostic> = gone.collect();
    if gone.is_empty() { Ok(()) } else { Err(gone) }
}

/// The consents that are asked for.
struct Consents {
    audience: Audience,
    /// By channel.
    nodes: IndexMap<String, NodeId>,
}

impl Consents {
    fn of(project: &Project, header: &Header) -> Consents {
        let customer = &project.customer;
        let customers = CustomerScan {
            source: customer.source.clone(),
            filter: customer.filter.clone(),
            key: customer.key.clone(),
            columns: Vec::new(),
        };
        let mut audience = Audience {
            customers,
            lookups: Vec::new(),
            scans: Vec::new(),
            aggregates: Vec::new(),
            nodes: Vec::new(),
        };
        let mut nodes = IndexMap::new();
        for (channel, fact) in &project.consent {
            let is_used = header.rules.values().any(|rule| rule.sends_by(channel));
            if let Some(fact) = customer.facts.get(fact).filter(|_| is_used) {
                let place = u32::try_from(audience.nodes.len()).unwrap_or(u32::MAX);
                let (name, kind) = (fact.column.clone(), fact.kind.clone());
                audience.customers.columns.push(Column { name, kind, personal: fact.personal });
                audience.nodes.push(Node { op: Op::Column(ColumnId(place)), shape: Shape::Bool });
                nodes.insert(channel.clone(), NodeId(place));
            }
        }
        Consents { audience, nodes }
    }

    /// Whether the customer of this key is one, and agrees to the channel, or the channel needs no consent.
    fn agrees(&self, answers: &Answers, channel: &str, key: &str) -> bool {
        let Some(node) = self.nodes.get(channel) else { return true };
        why::find(&answers.keys, key).is_some_and(|customer| answers.condition(*node).yes.contains(customer))
    }
}
