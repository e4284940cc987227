//! Does what a plan file says, once.
//!
//! 1. *Record*: the run, every decision, what it uses up and what is to be sent, in one transaction. From then on the plan
//!    is applied, whatever happens.
//! 2. *Send*: what the outbox holds of it and is due by now; see [`crate::send`]. What is due later waits.
//!
//! A process that dies in the first step has done nothing; one that dies in the second is continued by applying the same
//! plan again, or by sending all that is due.

mod causes;
mod consents;
mod key;
mod known;
mod memo;
mod payload;
mod record;
mod sealed;
mod stale;

pub(crate) use causes::actions;
pub(crate) use key::Names;
pub(crate) use sealed::SealedFacts;
pub(crate) use stale::{RunSince, Since};

use crate::approval::{self, Approval, Approver};
use crate::diagnostics::{self, Findings, Result};
use crate::failpoint;
use crate::planfile::{self, ActionKind, Header, PlanReader};
use crate::send::{Doing, Outlets, Outside, SendOptions, Sending, Sent, Standing};
use crate::state::{ApplyLock, Entropy, LockOwner, Run, Scope, State};
use rulec_plan::project::Project;
use rulec_plan::time::Instant;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

/// How a plan is to be applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ApplyOptions<'a> {
    /// Who approved it.
    pub approvals: &'a [Approval],
    /// Randomness from which the salts of customers come who are new to the state.
    pub entropy: Entropy,
    /// How much of it is sent this time, and how fast; all of it is recorded nevertheless.
    pub sending: SendOptions<'a>,
}

/// How far it is.
#[derive(Debug)]
pub enum ApplyProgress<'a> {
    /// So many decisions are recorded, none of them for good yet.
    Recorded(u64),
    /// It is sending.
    Sending(&'a Doing<'a>),
}

/// Told how far it is; `Break` stops after what is under way, once it is sending.
pub type ShowProgress<'a> = &'a mut dyn FnMut(ApplyProgress<'_>) -> ControlFlow<()>;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The plan's id.
    pub plan: String,
    /// Whether the plan had been applied before, so that only what was left of it was to be sent.
    pub again: bool,
    /// What was sent of it this time.
    pub sent: Sent,
}

/// Applies a plan file to the state of the project in `folder`. It is taken open, so that what was shown to a person is
/// what is done, even if another file has taken its name.
///
/// # Errors
/// Before anything is recorded: `R0110` and `R0113` for the plan file, `R0101` to `R0106` for the state, `R0120` another
/// plan was applied since, `R0124` and `R0125` it is of another project, `R0126` it is of a day to come, `R0129` customers
/// do not agree any more, `R0171` it is not approved, `R0172` it is too old, `R0128` an earlier plan is not finished, those
/// of opening a channel and of looking at the customers. While sending: `R0106`; apply again to go on.
pub fn apply(
    project: &Project,
    folder: &Path,
    plan: PlanReader,
    options: ApplyOptions<'_>,
    mut outside: Outside<'_>,
    progress: ShowProgress<'_>,
) -> Result<Applied, Findings> {
    let (now, stamp) = (outside.clock.now(), outside.stamps.now());
    let header = plan.header().clone();
    let state_path = State::path_of(project, folder)?;
    check_channels(outside.outlets, project, &header)?;
    let _lock = ApplyLock::take(&state_path, &LockOwner::of_this_process("apply", stamp, project.zone))?;
    let mut state = State::open(&state_path)?;
    let standing = outside.look_first(now)?;
    let (run, again) = match state.read(|connection| Run::find(connection, &header.id))? {
        Some(run) => (run, true),
        None => {
            check(&plan, project, now)?;
            let approvers = &approval::check(project, &header, options.approvals, stamp)?;
            if let Some(unfinished) = state.unfinished(now)? {
                return Err(unfinished.into());
            }
            let entropy = options.entropy;
            let recording = Recording { now, stamp, entropy, standing: Some(&standing), approvers };
            (record(&mut state, plan, recording, progress)?, false)
        }
    };
    let scope = Scope::of(run);
    let mut sending =
        Sending { project, state: &mut state, outside: &mut outside, scope, options: options.sending };
    let sent = sending.send(standing, &mut |doing| progress(ApplyProgress::Sending(doing)))?;
    Ok(Applied { plan: header.id, again, sent })
}

/// Whether all that the plan wants sent can be.
fn check_channels(outlets: &dyn Outlets, project: &Project, header: &Header) -> Result<()> {
    let actions = header.rules.values().flat_map(|rule| {
        let later = rule.follow_ups.iter().flat_map(|follow_up| &follow_up.actions);
        rule.actions.iter().chain(later)
    });
    let wanted = actions.filter(|action| action.count > 0 && action.kind.is_send());
    let channels: BTreeSet<&str> = wanted.map(|action| ActionKind::channel(&action.kind)).collect();
    for channel in channels {
        if !project.channels.contains_key(channel) {
            return Err(diagnostics::no_such_channel(channel));
        }
        outlets.open(channel)?;
    }
    Ok(())
}

/// Whether the plan is one of this project as it is, and of a day that has come. Not asked of a plan that was applied
/// before: to go on it may take a change of the project file, such as another `path` of a channel.
fn check(plan: &PlanReader, project: &Project, now: Instant) -> Result<()> {
    let header = plan.header();
    if header.project != project.name {
        return Err(diagnostics::plan_of_another_project(&header.project, &project.name));
    }
    if header.project_hash != planfile::hash_of_project(project)? {
        return Err(diagnostics::changed_project(&project.name));
    }
    let (as_of, zone) = header.moment().ok_or_else(|| diagnostics::damaged_plan(plan.path()))?;
    let (day, today) = (zone.day_of(as_of), zone.day_of(now));
    if day > today { Err(diagnostics::plan_of_the_future(day, today)) } else { Ok(()) }
}

/// On what a plan is recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recording<'a> {
    /// From when on what is not held is due.
    pub(crate) now: Instant,
    /// By which it is dated.
    pub(crate) stamp: Instant,
    pub(crate) entropy: Entropy,
    /// How customers stand now; none: nobody is asked.
    pub(crate) standing: Option<&'a Standing>,
    /// Who approved it.
    pub(crate) approvers: &'a [Approver],
}

/// The first step.
pub(crate) fn record(
    state: &mut State,
    plan: PlanReader,
    recording: Recording<'_>,
    progress: ShowProgress<'_>,
) -> Result<Run> {
    let run = record::record(state, plan, recording, progress)?;
    failpoint::reach("committed")?;
    Ok(run)
}

/// Records a plan in a state that is a copy, as if all of it had been sent. Nobody keeps the copy, so its salts need not be
/// random.
pub(crate) fn rehearse(state: &mut State, plan: PlanReader, now: Instant) -> Result<()> {
    let path = state.path().to_owned();
    let recording =
        Recording { now, stamp: now, entropy: Entropy::default(), standing: None, approvers: &[] };
    let run = record::record(state, plan, recording, &mut |_| ControlFlow::Continue(()))?;
    state.write(|transaction| {
        crate::state::mark_all_sent(transaction, run).map_err(|error| diagnostics::state(&path, &error))
    })
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
