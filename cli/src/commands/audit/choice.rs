//! Which records are wanted.

use crate::args::RecordChoice;
use crate::context::Workspace;
use crate::diagnostics;
use crate::outcome::Stop;
use rulec_plan::time::{Day, Instant};
use rulec_runtime::state::{AuditFilter, State, Unrecorded};

/// The filter for what was asked for, if the record has such names.
pub fn filter(
    choice: &RecordChoice,
    limit: Option<u64>,
    state: &State,
    workspace: &Workspace,
) -> Result<AuditFilter, Stop> {
    let start = |day: Day| -> Instant { workspace.project.zone.start_of(day) };
    let RecordChoice { customer, rule, plan, kind, since, until } = choice;
    let filter = AuditFilter {
        customer: customer.clone(),
        rule: rule.clone(),
        plan: plan.clone(),
        kind: kind.clone(),
        since: since.map(|day| start(Day::from_date(day))),
        until: until.map(|day| start(Day::from_date(day).shift(0, 1))),
        limit,
    };
    let named = |name: &Option<String>| name.clone().unwrap_or_default();
    let finding = match state.unrecorded(&filter)? {
        None => return Ok(filter),
        Some(Unrecorded::Customer) => diagnostics::nothing_of_customer(&named(customer)),
        Some(Unrecorded::Plan) => diagnostics::no_such_run(&named(plan)),
        Some(Unrecorded::Rule(known)) => {
            diagnostics::nothing_of_rule(&named(rule), known.iter().map(String::as_str))
        }
    };
    Err(finding.into())
}
