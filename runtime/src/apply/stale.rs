//! Why a plan can no longer be applied: what happened since it was made, and whom of it that concerns.

use crate::diagnostics;
use crate::planfile::{ActionKind, Header, Line, PlanReader, PlannedDecision};
use crate::state::{self, Sees};
use rulec_diagnostic::Diagnostic;
use rulec_plan::time::Zone;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What happened since a plan was made.
#[derive(Debug, Default)]
pub(crate) struct Since {
    /// The plans that were applied.
    pub(crate) runs: Vec<RunSince>,
    /// How many outcomes of which kind were recorded.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// The customers of this plan who are to get a message, and have got one meanwhile.
    pub(crate) customers: Vec<String>,
    /// The limits for which those messages count.
    pub(crate) limits: Vec<String>,
    /// How many codes of this plan were given away, by pool.
    pub(crate) codes: BTreeMap<String, u64>,
}

/// A plan that was applied meanwhile.
#[derive(Debug)]
pub(crate) struct RunSince {
    pub(crate) plan: String,
    /// RFC 3339 in the project's zone.
    pub(crate) at: String,
    pub(crate) messages: u64,
}

/// Explains why this plan is stale. `R0120`, or what is wrong with the plan file.
pub(super) fn explain(connection: &Connection, plan: PlanReader) -> rusqlite::Result<Box<Diagnostic>> {
    let header = plan.header().clone();
    let Some((as_of, zone)) = header.moment() else { return Ok(diagnostics::damaged_plan(plan.path())) };
    let horizon = state::horizon(as_of, zone);
    let Some(changes) =
        state::since(connection, &header.state_hash, horizon, Sees::of(header.rests_on_outcomes))?
    else {
        return Ok(diagnostics::lost_state());
    };
    let mut since = Since::default();
    let mut touched = Touched::default();
    for change in &changes {
        since.add(connection, change, zone)?;
        touched.add(connection, change)?;
    }
    let taken = state::taken_since(connection, &changes)?;
    for line in plan {
        match line {
            Ok(Line::Decision(decision)) => since.look_at(&header, &decision, &touched, &taken),
            Ok(_) => {}
            Err(damaged) => return Ok(damaged),
        }
    }
    let counts =
        |campaign: Option<&String>| campaign.is_none_or(|campaign| touched.campaigns.contains(campaign));
    if !since.customers.is_empty() {
        let limits = header.limits.iter().filter(|limit| counts(limit.campaign.as_ref()));
        since.limits = limits.map(|limit| limit.name.clone()).collect();
    }
    Ok(diagnostics::outdated_plan(&since))
}

/// Who got messages meanwhile.
#[derive(Default)]
struct Touched {
    customers: HashSet<String>,
    campaigns: BTreeSet<String>,
}

impl Touched {
    fn add(&mut self, connection: &Connection, change: &state::Change) -> rusqlite::Result<()> {
        state::each_touch(connection, change, |customer, campaign| {
            if !self.customers.contains(customer) {
                self.customers.insert(customer.to_owned());
            }
            if !self.campaigns.contains(campaign) {
                self.campaigns.insert(campaign.to_owned());
            }
        })
    }
}

impl Since {
    fn add(&mut self, connection: &Connection, change: &state::Change, zone: Zone) -> rusqlite::Result<()> {
        if change.is_run() {
            self.runs.push(RunSince {
                plan: change.digest.clone(),
                at: change.recorded_at.to_rfc3339(zone),
                messages: state::count_touches(connection, change)?,
            });
        } else {
            for (kind, count) in state::count_outcomes(connection, change)? {
                *self.outcomes.entry(kind).or_default() += count;
            }
        }
        Ok(())
    }

    /// What a decision of the plan has to do with that.
    fn look_at(
        &mut self,
        header: &Header,
        decision: &PlannedDecision<'_>,
        touched: &Touched,
        taken: &HashSet<String>,
    ) {
        let Some(rule) = header.rules.get(&*decision.rule) else { return };
        let actions = rule.actions_of(decision.step);
        let mut has_message = false;
        for action in decision.actions.iter().filter(|action| action.is_done()) {
            let kind = actions.get(action.step as usize).map(|outline| &outline.kind);
            has_message |= kind.is_some_and(ActionKind::is_send);
            if action.code.as_deref().is_some_and(|code| taken.contains(code))
                && let Some(pool) = kind.and_then(ActionKind::pool)
            {
                *self.codes.entry(pool.to_owned()).or_default() += 1;
            }
        }
        let is_new = self.customers.last().is_none_or(|last| *last != *decision.customer);
        if has_message && is_new && touched.customers.contains(&*decision.customer) {
            self.customers.push(decision.customer.clone().into_owned());
        }
    }
}
