//! `rulec apply FILE`: sends exactly what a plan says, after asking.

use super::ahead::{self, Ahead};
use super::plan::style;
use super::sent::{self, About};
use crate::args::{Apply, Sending};
use crate::clock::ProgramClock;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::interrupt;
use crate::live::Live;
use crate::outcome::{Exit, Stop};
use crate::outside;
use crate::random;
use crate::summary;
use rulec_diagnostic::{Diagnostic, Text};
use rulec_runtime::approval::{self, Approval};
use rulec_runtime::planfile::{self, PlanReader};
use rulec_runtime::state::{PlanProgress, State};
use rulec_runtime::{ApplyOptions, ApplyProgress, Summary};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

/// Answers that mean yes.
const YES: [&str; 5] = ["y", "yes", "是", "好", "发送"];

pub fn run(session: &mut Session, args: &Apply) -> Result<Exit, Stop> {
    let workspace = session.open_with_rules()?;
    let path = session.path(&args.plan);
    let plan = planfile::read(&path)?;
    let summary = Summary::of_header(plan.header());
    let style = style(session, false);
    summary::draw(&mut session.console.out, &summary, style)?;
    let ahead = match progress(&workspace, &plan, &args.sending)? {
        Some(progress) => {
            let language = session.console.language;
            writeln!(session.console.out, "\n{}", ahead::applied_before(progress).get(language))?;
            Ahead::Rest(progress)
        }
        None => Ahead::of_new(&summary.total, &args.sending),
    };
    if !args.yes {
        confirm(session, ahead, &args.sending)?;
    }
    let mut approvals = approval::read(&approval::beside(&path))?;
    approvals.extend(approvals_of(session, &args.approvals)?);
    apply(session, &workspace, plan, &args.sending, &approvals)
}

/// The approvals of these files, which must be there.
pub fn approvals_of(session: &Session, files: &[PathBuf]) -> Result<Vec<Approval>, Stop> {
    let mut approvals = Vec::new();
    for file in files {
        let path = session.path(file);
        std::fs::metadata(&path).map_err(|error| diagnostics::unreadable_file(&path, &error))?;
        approvals.extend(approval::read(&path)?);
    }
    Ok(approvals)
}

/// How far the plan is, if it was applied before.
fn progress(
    workspace: &Workspace,
    plan: &PlanReader,
    sending: &Sending,
) -> Result<Option<PlanProgress>, Stop> {
    let path = State::path_of(&workspace.project, &workspace.root)?;
    let Some(state) = State::open_existing(&path)? else { return Ok(None) };
    Ok(state.progress(&plan.header().id, &sending.channels)?)
}

/// Asks whether to send, if anything is to be sent; anything but a yes is a no.
pub fn confirm(session: &mut Session, ahead: Ahead, sending: &Sending) -> Result<(), Stop> {
    match ahead.question(sending.limit) {
        Some(question) => ask(session, &question, diagnostics::not_confirmed),
        None => Ok(()),
    }
}

/// Asks a question on the terminal; anything but a yes is `refused(true)`, no terminal `refused(false)`.
pub fn ask(session: &mut Session, question: &Text, refused: fn(bool) -> Diagnostic) -> Result<(), Stop> {
    if !io::stdin().is_terminal() || !session.console.err.terminal {
        return Err(refused(false).into());
    }
    session.console.out.flush()?;
    write!(session.console.err, "\n{}", question.get(session.console.language))?;
    session.console.err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    if YES.contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(refused(true).into())
}

/// Applies an open plan file, and says what was sent. Ctrl-C stops after what is under way; the rest stays in the outbox.
pub fn apply(
    session: &mut Session,
    workspace: &Workspace,
    plan: PlanReader,
    sending: &Sending,
    approvals: &[Approval],
) -> Result<Exit, Stop> {
    let zone = workspace.project.zone;
    let sending = outside::options(workspace, sending)?;
    let options = ApplyOptions { approvals, entropy: random::bytes()?, sending };
    let now = session.clock(zone)?.now();
    let past = plan.header().moment().is_some_and(|(as_of, zone)| zone.day_of(as_of) < zone.day_of(now));
    interrupt::listen();
    session.console.flush()?;
    let applied = outside::with(session, workspace, |session, outside| {
        let mut live = Live::new(&session.console, ProgramClock::default(), zone);
        let mut show = |at: ApplyProgress<'_>| {
            match at {
                ApplyProgress::Recorded(done) => live.recorded(done),
                ApplyProgress::Sending(doing) => live.sending(doing),
            }
            interrupt::flow()
        };
        rulec_runtime::apply(&workspace.project, &workspace.root, plan, options, outside, &mut show)
    })?;
    writeln!(session.console.out)?;
    sent::tell(session, &applied.sent, About::Plan { again: applied.again, past }, zone)?;
    sent::finish(session, &applied.sent, zone)
}
