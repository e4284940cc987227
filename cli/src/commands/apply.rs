//! `rulec apply FILE`: sends exactly what a plan says, after asking.

use super::plan::style;
use crate::args::Apply;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::draw::clean;
use crate::interrupt;
use crate::language::{self, grouped, plural};
use crate::outcome::{Exit, Stop};
use crate::outside;
use crate::progress::Progress;
use crate::random;
use crate::summary;
use rulec_diagnostic::{Diagnostic, Language, Text};
use rulec_plan::time::Zone;
use rulec_runtime::approval::{self, Approval};
use rulec_runtime::planfile::{self, PlanReader};
use rulec_runtime::send::{Outside, SendOptions, Sent, Tally};
use rulec_runtime::{Applied, ApplyOptions, ApplyProgress, CampaignCost, Findings, Summary};
use std::io::{self, BufRead, IsTerminal, Write};
use std::ops::ControlFlow;
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
    if !args.yes {
        confirm(session, &summary.total)?;
    }
    let mut approvals = approval::read(&approval::beside(&path))?;
    approvals.extend(approvals_of(session, &args.approvals)?);
    apply(session, &workspace, plan, args.limit, &approvals)
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
    let sending = SendOptions { limit, ..SendOptions::default() };
    let options = ApplyOptions { approvals, entropy: random::bytes()?, sending };
    let applied = outside::with(session, workspace, |session, outside| {
        apply_shown(session, workspace, plan, options, outside)
    })?;
    let text = told(&applied, workspace.project.zone);
    writeln!(session.console.out, "\n{}", clean::lines(text.get(session.console.language)))?;
    finish(session, &applied.sent)
}

/// Says what a person should know of it; gives how the command ends.
pub fn finish(session: &mut Session, sent: &Sent) -> Result<Exit, Stop> {
    let findings = sent.findings();
    let needs_a_person = !findings.is_empty();
    session.report(findings)?;
    let is_stopped = interrupt::is_asked() && sent.left.due > 0;
    Ok(match (is_stopped, needs_a_person) {
        (true, _) => Exit::Refused,
        (false, true) => Exit::Unfinished,
        (false, false) => Exit::Clean,
    })
}

fn apply_shown(
    session: &Session,
    workspace: &Workspace,
    plan: PlanReader,
    options: ApplyOptions<'_>,
    outside: Outside<'_>,
) -> Result<Applied, Findings> {
    let mut progress = Progress::new(&session.console);
    let [recording, sending] = [Text::new("recording", "记录"), Text::new("sending", "发送")];
    let language = session.console.language;
    let mut show = |at: ApplyProgress<'_>| {
        match at {
            ApplyProgress::Recorded(done) => progress.at(recording.get(language), done, None),
            ApplyProgress::Sending(doing) => {
                progress.at(sending.get(language), doing.done, Some(doing.of));
            }
        }
        if interrupt::is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    rulec_runtime::apply(&workspace.project, &workspace.root, plan, options, outside, &mut show)
}

fn told(applied: &Applied, zone: Zone) -> Text {
    let Sent { channels, left, .. } = &applied.sent;
    let sent = channels.values().map(|tally| tally.sent).sum::<u64>();
    let by_channel = |between: &str, language| {
        let part = |(channel, tally): (&String, &Tally)| {
            format!("{} {}", language::deed(channel, language), grouped(tally.sent))
        };
        let parts = channels.iter().filter(|(_, tally)| tally.sent > 0).map(part);
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
    if left.due > 0 {
        let left = grouped(left.due);
        text.en += &format!("\n{left} are left; apply the plan again to send them.");
        text.zh += &format!("\n还剩 {left} 条；再次执行这份计划就会发送。");
    }
    if let Some(next) = left.next {
        let (waiting, next) = (grouped(left.waiting), next.to_rfc3339(zone));
        text.en += &format!("\n{waiting} wait, the first until {next}; `rulec send --due` sends them then.");
        text.zh += &format!("\n{waiting} 条在等待，最早 {next} 到时；届时执行 `rulec send --due`。");
    }
    text
}
