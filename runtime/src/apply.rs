//! Does what a plan file says, once.
//!
//! 1. *Record*: the run, every decision, what it uses up and what is to be sent, in one transaction. From then on the plan
//!    is applied, whatever happens.
//! 2. *Send*: what the outbox holds, is due by now and not marked as sent, in batches, first what has been due the
//!    longest. What is due later waits; applying the plan again sends it then.
//!
//! A process that dies in the first step has done nothing; one that dies in the second is continued by applying the same
//! plan again.

mod causes;
mod key;
mod known;
mod memo;
mod payload;
mod record;
mod sealed;
mod stale;

pub(crate) use stale::{RunSince, Since};

use crate::approval::{self, Approval};
use crate::channel::{FileChannel, Outlets};
use crate::diagnostics::{self, Result};
use crate::failpoint;
use crate::planfile::{self, Header, PlanReader};
use crate::state::{self, ApplyLock, Entropy, Left, Pending, Run, State};
use indexmap::IndexMap;
use rulec_plan::project::Project;
use rulec_plan::time::Instant;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// How many messages are sent, and then marked, at a time; few in tests, so that they see several batches.
const BATCH: u64 = if cfg!(test) { 3 } else { 10_000 };

/// How a plan is to be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplyOptions<'a> {
    /// The instant at which it is applied: for the record, and since no plan of a day to come is applied.
    pub now: Instant,
    /// Send at most so many messages and other actions this time; all of them are recorded nevertheless, and applying
    /// again sends the rest.
    pub limit: Option<u64>,
    /// Who approved it.
    pub approvals: &'a [Approval],
    /// Randomness from which the salts of customers come who are new to the state.
    pub entropy: Entropy,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyProgress {
    /// So many decisions are recorded, none of them for good yet.
    Recorded(u64),
    /// So many actions are sent, of so many.
    Sent(u64, u64),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The plan's id.
    pub plan: String,
    /// Whether the plan had been applied before, so that only what was left of it was to be sent.
    pub again: bool,
    /// How many actions were sent this time, by channel; `tag`, `untag`, `task`, `points` for what is no message.
    pub sent: IndexMap<String, u64>,
    /// How many are left for next time.
    pub left: u64,
    /// How many wait for later.
    pub waiting: u64,
    /// When the first of those is due.
    pub next: Option<Instant>,
}

/// Applies a plan file to the state of the project in `folder`. It is taken open, so that what was shown to a person is
/// what is done, even if another file has taken its name. `progress` is told how far it is; while it is sending, `Break`
/// stops after the messages that are under way.
///
/// # Errors
/// Before anything is recorded: `R0110` and `R0113` for the plan file, `R0101` to `R0106` for the state, `R0120` another
/// plan was applied since, `R0124` and `R0125` it is of another project, `R0126` it is of a day to come,
/// `R0171` it is not approved, `R0172` it is too old, `R0128` an earlier plan is not finished, `R0121`, `R0122`
/// and `R0127` for a channel. While sending: `R0123`, `R0106`; apply again to go on.
pub fn apply(
    project: &Project,
    folder: &Path,
    plan: PlanReader,
    options: ApplyOptions<'_>,
    progress: &mut dyn FnMut(ApplyProgress) -> ControlFlow<()>,
) -> Result<Applied> {
    let state_path = State::path_of(project, folder)?;
    let outlets = Outlets { project, folder, state: &state_path };
    outlets.check(plan.header())?;
    let _lock = ApplyLock::take(&state_path)?;
    let mut state = State::open(&state_path)?;
    let header = plan.header().clone();
    let (run, again) = match state.read(|connection| Run::find(connection, &header.id))? {
        Some(run) => (run, true),
        None => {
            check(&plan, project, options.now)?;
            approval::check(project, &header, options.approvals, options.now)?;
            if let Some(unfinished) = state.unfinished(options.now)? {
                return Err(unfinished);
            }
            (record(&mut state, plan, options, progress)?, false)
        }
    };
    let mut sender = Sender { outlets, header: &header, channels: BTreeMap::new() };
    let sent = sender.send(&mut state, run, options, progress)?;
    let Left { due, waiting, next } = state.read(|connection| state::left(connection, run, options.now))?;
    state.checkpoint()?;
    Ok(Applied { plan: header.id, again, sent, left: due, waiting, next })
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

/// The first step.
fn record(
    state: &mut State,
    plan: PlanReader,
    options: ApplyOptions<'_>,
    progress: &mut dyn FnMut(ApplyProgress) -> ControlFlow<()>,
) -> Result<Run> {
    let run = record::record(state, plan, (options.now, options.entropy), progress)?;
    failpoint::reach("committed")?;
    Ok(run)
}

/// Records a plan in a state that is a copy, as if all of it had been sent. Nobody keeps the copy, so its salts need not be
/// random.
pub(crate) fn rehearse(state: &mut State, plan: PlanReader, now: Instant) -> Result<()> {
    let path = state.path().to_owned();
    let run = record::record(state, plan, (now, Entropy::default()), &mut |_| ControlFlow::Continue(()))?;
    state.write(|transaction| {
        state::mark_all_sent(transaction, run).map_err(|error| diagnostics::state(&path, &error))
    })
}

/// The second step.
struct Sender<'a> {
    outlets: Outlets<'a>,
    header: &'a Header,
    channels: BTreeMap<PathBuf, FileChannel>,
}

impl Sender<'_> {
    fn send(
        &mut self,
        state: &mut State,
        run: Run,
        options: ApplyOptions<'_>,
        progress: &mut dyn FnMut(ApplyProgress) -> ControlFlow<()>,
    ) -> Result<IndexMap<String, u64>> {
        let ApplyOptions { now, limit, .. } = options;
        let due = state.read(|connection| state::left(connection, run, now))?.due;
        let wanted = limit.map_or(due, |limit| limit.min(due));
        let mut sent = IndexMap::new();
        let mut done = 0;
        while done < wanted {
            let batch =
                state.read(|connection| state::pending(connection, run, now, BATCH.min(wanted - done)))?;
            if batch.is_empty() {
                break;
            }
            self.send_batch(state, &batch)?;
            for one in &batch {
                let to = one.channel.as_ref().unwrap_or(&one.kind);
                *sent.entry(to.clone()).or_default() += 1;
            }
            done += batch.len() as u64;
            if progress(ApplyProgress::Sent(done, wanted)).is_break() {
                break;
            }
        }
        Ok(sent)
    }

    /// Appends to the files, waits for the disk, and only then marks as sent.
    fn send_batch(&mut self, state: &mut State, batch: &[Pending]) -> Result<()> {
        let mut by_file: BTreeMap<PathBuf, Vec<&Pending>> = BTreeMap::new();
        for one in batch {
            let file = self.outlets.file_of(&one.kind, one.channel.as_deref());
            by_file.entry(file).or_default().push(one);
        }
        for (path, lines) in by_file {
            let channel = match self.channels.entry(path) {
                std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::btree_map::Entry::Vacant(place) => {
                    let channel = FileChannel::open(place.key(), &self.header.id)?;
                    place.insert(channel)
                }
            };
            channel.append(lines.iter().map(|one| (one.key.as_str(), one.payload.as_str())))?;
        }
        failpoint::reach("synced")?;
        let path = state.path().to_owned();
        state.write(|transaction| {
            state::mark_sent(transaction, batch).map_err(|error| diagnostics::state(&path, &error))
        })?;
        failpoint::reach("marked")
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
