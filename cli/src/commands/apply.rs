//! `rulec apply FILE`: sends exactly what a plan says, after asking.

use super::plan::style;
use crate::args::Apply;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::draw::clean;
use crate::interrupt;
use crate::language::{self, grouped, plural};
use crate::outcome::{Exit, Stop};
use crate::pipeline;
use crate::progress::Progress;
use crate::random;
use crate::summary;
use rulec_diagnostic::{Diagnostic, Language, Text};
use rulec_engine::SqliteEngine;
use rulec_plan::time::Zone;
use rulec_runtime::approval::{self, Approval};
use rulec_runtime::planfile::{self, PlanReader};
use rulec_runtime::state::State;
use rulec_runtime::{Applied, ApplyOptions, ApplyProgress, CampaignCost, Summary};
use std::io::{self, BufRead, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Answers that mean yes.
const YES: [&str; 5] = ["y", "yes", "是", "好", "发送"];

pub fn run(session: &mut Session, args: &Apply) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let path = session.path(&args.plan);
    let plan = planfile::read(&path)?;
    let summary = Summary::of_header(plan.header());
    let style = style(session, false);
    summary::draw(&mut session.console.out, &summary, style)?;
    check_consents(&workspace, &path, &plan)?;
    if !args.yes {
        confirm(session, &summary.total)?;
    }
    let mut approvals = approval::read(&approval::beside(&path))?;
    approvals.extend(approvals_of(session, &args.approvals)?);
    apply(session, &workspace, plan, args.limit, &approvals)
}

/// Asks the database again whether the customers of a plan agree to its channels, unless it was applied before: then only
/// what is left of it is sent.
fn check_consents(workspace: &Workspace, path: &Path, plan: &PlanReader) -> Result<(), Stop> {
    let state = pipeline::state(workspace)?;
    let has_applied = |state: State| state.has_applied(&plan.header().id);
    if state.map(has_applied).transpose()?.unwrap_or(false) {
        return Ok(());
    }
    let mut engine = SqliteEngine::open(&pipeline::database(workspace)?)?;
    rulec_runtime::check_consents(&workspace.project, planfile::read(path)?, &mut engine)?;
    Ok(())
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

/// Asks whether to send; anything but a yes is a no.
pub fn confirm(session: &mut Session, total: &CampaignCost) -> Result<(), Stop> {
    let [messages, others] = [&total.messages, &total.others].map(|counts| counts.values().sum::<u64>());
    if messages + others == 0 {
        return Ok(());
    }
    let question = Text::new(
        format!("Send {} and do {}? [y/N] ", plural(messages, "message"), plural(others, "other action")),
        format!("要发送 {} 条消息、执行 {} 个其他动作吗？[y/N] ", grouped(messages), grouped(others)),
    );
    ask(session, &question, diagnostics::not_confirmed)
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
    limit: Option<u64>,
    approvals: &[Approval],
) -> Result<Exit, Stop> {
    interrupt::listen();
    let options = ApplyOptions { now: session.now(), limit, approvals, entropy: random::bytes()? };
    let applied = apply_shown(session, workspace, plan, options)?;
    let text = told(&applied, workspace.project.zone);
    writeln!(session.console.out, "\n{}", clean::lines(text.get(session.console.language)))?;
    let is_stopped = interrupt::is_asked() && applied.left > 0;
    Ok(if is_stopped { Exit::Refused } else { Exit::Clean })
}

fn apply_shown(
    session: &Session,
    workspace: &Workspace,
    plan: PlanReader,
    options: ApplyOptions<'_>,
) -> Result<Applied, Box<Diagnostic>> {
    let mut progress = Progress::new(&session.console);
    let [recording, sending] = [Text::new("recording", "记录"), Text::new("sending", "发送")];
    let language = session.console.language;
    let mut show = |at| {
        match at {
            ApplyProgress::Recorded(done) => progress.at(recording.get(language), done, None),
            ApplyProgress::Sent(done, of) => progress.at(sending.get(language), done, Some(of)),
        }
        if interrupt::is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    rulec_runtime::apply(&workspace.project, &workspace.root, plan, options, &mut show)
}

fn told(applied: &Applied, zone: Zone) -> Text {
    let sent = applied.sent.values().sum::<u64>();
    let by_channel = |between: &str, language| {
        let part = |(channel, count): (&String, &u64)| {
            format!("{} {}", language::deed(channel, language), grouped(*count))
        };
        let parts = applied.sent.iter().map(part);
        parts.collect::<Vec<_>>().join(between)
    };
    let mut text = match (sent, applied.again) {
        (0, true) => Text::new(
            "This plan had been applied before; nothing was left to send.",
            "这份计划已经执行过，没有剩下要发的。",
        ),
        (0, false) => Text::new("There was nothing to send.", "没有要发的。"),
        _ => Text::new(
            format!("Sent {}: {}.", grouped(sent), by_channel(", ", Language::En)),
            format!("已发送 {} 条：{}。", grouped(sent), by_channel("，", Language::Zh)),
        ),
    };
    if applied.left > 0 {
        let left = grouped(applied.left);
        text.en += &format!("\n{left} are left; apply the plan again to send them.");
        text.zh += &format!("\n还剩 {left} 条；再次执行这份计划就会发送。");
    }
    if let Some(next) = applied.next {
        let (waiting, next) = (grouped(applied.waiting), next.to_rfc3339(zone));
        text.en += &format!("\n{waiting} wait, the first until {next}; apply the plan again then.");
        text.zh += &format!("\n{waiting} 条在等待，最早 {next} 到时；届时再次执行这份计划。");
    }
    text
}
