//! `rulec forget CUSTOMER`: takes a customer out of the state, and says where else she stands.

use super::apply::ask;
use super::optout::{Named, named};
use crate::args::Forget;
use crate::context::{Session, Workspace, slashed};
use crate::diagnostics;
use crate::draw::clean;
use crate::language::{grouped, plural};
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Text;
use rulec_runtime::state::{ApplyLock, Forgot, LockOwner, State};
use rulec_runtime::traces::{self, Known, Trace, TraceKind};
use std::io::Write;

pub fn run(session: &mut Session, args: &Forget) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let Named { key, is_known } = named(&workspace, session, &args.customer)?;
    let customer = &key;
    if !args.yes {
        if !is_known {
            return Err(diagnostics::nobody_to_forget(customer).into());
        }
        let question = Text::new(
            format!("Forget customer {customer}? This cannot be undone. [y/N] "),
            format!("要遗忘客户 {customer} 吗？此操作无法撤销。[y/N] "),
        );
        ask(session, &question, diagnostics::not_forgotten)?;
    }
    let path = State::path_of(&workspace.project, &workspace.root)?;
    let mut state = State::open(&path)?;
    let known = state.known_by(customer)?;
    let forgot = state.forget(customer, session.now())?;
    say(session, &told(forgot))?;
    let traces = traces::find(&workspace.project, &workspace.root, &known)?;
    show(session, &workspace, &traces, args.files)?;
    if args.files {
        erase(session, args, &workspace, (&traces, &known))?;
    }
    Ok(Exit::Clean)
}

fn told(forgot: Forgot) -> Text {
    let Forgot { was_known, again, withheld, under_way, log_remains } = forgot;
    let mut text = match (was_known, again) {
        (true, _) => Text::new("The state has forgotten the customer.", "状态文件已遗忘这位客户。"),
        (false, true) => Text::new("The customer was forgotten before.", "这位客户此前已被遗忘。"),
        (false, false) => Text::new(
            "Nothing was known of the customer; none of it will ever be.",
            "没有这位客户的任何记录，以后也不会记录。",
        ),
    };
    if withheld > 0 {
        text.en += &format!(" {} that waited will not be sent.", plural(withheld, "message"));
        text.zh += &format!("{} 条待发消息不再发送。", grouped(withheld));
    }
    if under_way > 0 {
        text.en += &format!(" {} just being handed over may still arrive.", plural(under_way, "message"));
        text.zh += &format!("{} 条正在发出的消息可能仍会送达。", grouped(under_way));
    }
    if log_remains {
        text.en += "\nThe log beside the state is in use and has old bytes until the other command ends; forget again then.";
        text.zh += "\n状态文件旁边的日志正在使用，在另一个命令结束之前仍有旧内容；届时请再执行一次遗忘。";
    }
    text
}

/// Where she still stands.
fn show(session: &mut Session, workspace: &Workspace, traces: &[Trace], erases: bool) -> Result<(), Stop> {
    let mut text = Text::new("\nThe customer still stands in:\n", "\n这位客户仍出现在：\n");
    let database = &workspace.project.database;
    text.en += &format!("  {database}: the shop's own, which rulec only reads");
    text.zh += &format!("  {database}：商家自己的数据库，rulec 只读取");
    for trace in traces {
        let path = slashed(trace.path.strip_prefix(&workspace.root).unwrap_or(&trace.path));
        let what = what(trace);
        text.en += &format!("\n  {path}: {}", what.en);
        text.zh += &format!("\n  {path}：{}", what.zh);
    }
    if !erases && traces.iter().any(can_be_erased) {
        text.en +=
            "\nForgetting again with `--files` takes the customer out of files that can be written anew.";
        text.zh += "\n带上 `--files` 再执行一次，可以从能重写的文件里去掉这位客户。";
    }
    say(session, &text)
}

fn what(trace: &Trace) -> Text {
    let lines = || Text::new(plural(trace.lines, "line"), format!("{} 行", grouped(trace.lines)));
    match trace.kind {
        TraceKind::Plan | TraceKind::Lines | TraceKind::Rows => lines(),
        TraceKind::Workbook => Text::new("a workbook, which is not looked into", "工作簿，不会查看其内容"),
        TraceKind::Cache => Text::new(
            "copies of the database's columns; delete it once the customer is out of the database",
            "数据库列的副本；从数据库删除这位客户之后请删除它",
        ),
    }
}

fn can_be_erased(trace: &Trace) -> bool {
    matches!(trace.kind, TraceKind::Plan | TraceKind::Lines | TraceKind::Rows)
}

/// Takes her out of files, while nobody sends.
fn erase(
    session: &mut Session,
    args: &Forget,
    workspace: &Workspace,
    (traces, known): (&[Trace], &Known),
) -> Result<(), Stop> {
    let wanted: Vec<&Trace> = traces.iter().filter(|trace| can_be_erased(trace)).collect();
    let plans = wanted.iter().filter(|trace| trace.kind == TraceKind::Plan).count() as u64;
    if plans > 0 && !args.yes {
        let question = Text::new(
            format!("Delete {}? [y/N] ", plural(plans, "kept plan")),
            format!("要删除 {} 份保留的计划吗？[y/N] ", grouped(plans)),
        );
        ask(session, &question, diagnostics::plans_not_deleted)?;
    }
    let path = State::path_of(&workspace.project, &workspace.root)?;
    let owner = LockOwner::of_this_process("forget", session.now(), workspace.project.zone);
    let _lock = ApplyLock::take(&path, &owner)?;
    wanted.iter().try_for_each(|trace| traces::erase(trace, known))?;
    let done = plural(wanted.len() as u64, "file");
    say(session, &Text::new(format!("Taken out of {done}."), format!("已从 {} 个文件中去掉。", wanted.len())))
}

fn say(session: &mut Session, text: &Text) -> Result<(), Stop> {
    if !session.console.quiet {
        writeln!(session.console.out, "{}", clean::lines(text.get(session.console.language)))?;
    }
    Ok(())
}
