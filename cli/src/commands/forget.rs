//! `rulec forget CUSTOMER`: takes a customer out of the state, and says where else she stands.

use super::apply::ask;
use super::optout::{Named, named};
use crate::args::Forget;
use crate::context::{Session, Workspace, slashed};
use crate::diagnostics;
use crate::draw::clean;
use crate::language::{grouped, plural};
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::{Text, codes::run};
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
    let owner = LockOwner::of_this_process("forget", session.now(), workspace.project.zone);
    let lock = match ApplyLock::take(&path, &owner) {
        Ok(lock) => Some(lock),
        // Whoever sends heeds it. But files change only while nobody sends.
        Err(busy) if busy.code == run::STATE_LOCKED && !args.files => None,
        Err(error) => return Err(error.into()),
    };
    let mut state = State::open(&path)?;
    let known = state.known_by(customer)?;
    // The customer is forgotten last, so that a second call finds what a first one left.
    let erased = if args.files { erase(session, args, &workspace, &known)? } else { 0 };
    let forgot = state.forget(customer, session.now())?;
    let is_swept = lock.is_some() && state.sweep()?;
    say(session, &told(forgot, is_swept))?;
    if args.files {
        let done = plural(erased, "file");
        say(
            session,
            &Text::new(format!("Taken out of {done}."), format!("已从 {} 个文件中去掉。", grouped(erased))),
        )?;
    }
    let traces = traces::find(&workspace.project, &workspace.root, &known)?;
    show(session, &workspace, &traces)?;
    Ok(Exit::Clean)
}

fn told(forgot: Forgot, is_swept: bool) -> Text {
    let Forgot { was_known, again, withheld, under_way } = forgot;
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
    if !is_swept {
        text.en += "\nAnother command uses the state, so old bytes remain in the file and in the log beside it; forget again once that has ended.";
        text.zh +=
            "\n另一个命令正在使用状态文件，文件和旁边的日志里仍有旧内容；请在它结束之后再执行一次遗忘。";
    }
    text
}

/// Where she still stands.
fn show(session: &mut Session, workspace: &Workspace, traces: &[Trace]) -> Result<(), Stop> {
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
    text.en += "\nOther plans that `plan -o` wrote, exports and backups are not known to rulec: delete those that name the customer.";
    text.zh += "\n`plan -o` 写到别处的计划、导出的文件和备份，rulec 无从得知；请自行删除提到这位客户的。";
    if traces.iter().any(|trace| can_be_erased(trace) && trace.only_messages < trace.lines) {
        text.en += "\nForgetting again with `--files` takes out the lines that name the customer and deletes kept plans.";
        text.zh += "\n带上 `--files` 再执行一次，可以去掉写有这位客户主键的行，并删除保留的计划。";
    }
    say(session, &text)
}

fn what(trace: &Trace) -> Text {
    let mut lines = Text::new(plural(trace.lines, "line"), format!("{} 行", grouped(trace.lines)));
    match trace.kind {
        TraceKind::Plan => lines,
        TraceKind::OwnPlan => Text::new(
            format!("{}; a plan, for you to delete", lines.en),
            format!("{}；计划文件，请自行删除", lines.zh),
        ),
        TraceKind::Lines | TraceKind::Rows => {
            if trace.only_messages > 0 {
                let only = trace.only_messages;
                lines.en += &format!(
                    ", {} only by the key of a message; take out by hand, nothing finds it later",
                    grouped(only)
                );
                lines.zh +=
                    &format!("，其中 {} 行只写有消息编号，以后无法再找到，请现在手工去掉", grouped(only));
            }
            lines
        }
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

/// Takes her out of files, while nobody sends. Gives out of how many.
fn erase(session: &mut Session, args: &Forget, workspace: &Workspace, known: &Known) -> Result<u64, Stop> {
    let traces = traces::find(&workspace.project, &workspace.root, known)?;
    let wanted: Vec<&Trace> = traces.iter().filter(|trace| can_be_erased(trace)).collect();
    let plans = wanted.iter().filter(|trace| trace.kind == TraceKind::Plan).count() as u64;
    if plans > 0 && !args.yes {
        let question = Text::new(
            format!("Delete {}? [y/N] ", plural(plans, "kept plan")),
            format!("要删除 {} 份保留的计划吗？[y/N] ", grouped(plans)),
        );
        ask(session, &question, diagnostics::plans_not_deleted)?;
    }
    wanted.iter().try_for_each(|trace| traces::erase(trace, known))?;
    Ok(wanted.len() as u64)
}

fn say(session: &mut Session, text: &Text) -> Result<(), Stop> {
    if !session.console.quiet {
        writeln!(session.console.out, "{}", clean::lines(text.get(session.console.language)))?;
    }
    Ok(())
}
