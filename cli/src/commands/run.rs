//! `rulec run`: plan and apply in one; `--dry-run` only shows.

use super::ahead::Ahead;
use super::{apply, guard, plan};
use crate::args::Run;
use crate::context::Session;
use crate::diagnostics;
use crate::outcome::{Exit, Stop};
use crate::pipeline::{self, Decided, Purpose};
use rulec_runtime::state::State;
use rulec_runtime::{Summary, planfile};
use std::path::PathBuf;

pub fn run(session: &mut Session, args: &Run) -> Result<Exit, Stop> {
    let purpose = if args.dry_run { Purpose::Summary } else { Purpose::Lines };
    let decided = pipeline::decide(session, &args.asking, purpose)?;
    if !args.dry_run {
        guard::refuse(session, &decided, &args.allow, args.verbose)?;
    }
    plan::show(
        session,
        &decided,
        plan::Showing { verbose: args.verbose, show_personal: args.show_personal },
    )?;
    if args.dry_run {
        guard::warn(session, &decided, &args.allow)?;
        plan::nothing_sent(session)?;
    }
    pipeline::show_timings(session, decided.answers(), &args.asking)?;
    if args.dry_run {
        return Ok(Exit::Clean);
    }
    if !args.yes {
        let total = Summary::of_header(&decided.planned().header()?).total;
        apply::confirm(session, Ahead::of_new(&total, &args.sending), &args.sending)?;
    }
    let path = keep_plan(&decided)?;
    let approvals = apply::approvals_of(session, &args.approvals)?;
    apply::apply(session, &decided.workspace, planfile::read(&path)?, &args.sending, &approvals)
}

/// Writes the plan beside the state under its id, so that it can be read, and applied again, later.
fn keep_plan(decided: &Decided) -> Result<PathBuf, Stop> {
    let workspace = &decided.workspace;
    let state = State::path_of(&workspace.project, &workspace.root)?;
    let directory = state.with_file_name("plans");
    let trouble = |error| diagnostics::cannot_write(directory.display(), &error);
    std::fs::create_dir_all(&directory).map_err(trouble)?;
    // Its id is known only once it is written, and another run may be writing its own.
    let fresh = directory.join(format!("new-{}.plan", std::process::id()));
    let header = planfile::write(decided.planned(), &fresh)?;
    let kept = directory.join(format!("{}.plan", header.id));
    std::fs::rename(&fresh, &kept).map_err(trouble)?;
    Ok(kept)
}
