//! `rulec audit show`.

use super::{nothing, state};
use crate::args::{AuditShow, RecordFormat};
use crate::context::{Session, Workspace};
use crate::draw::clean;
use crate::language::{self, Words};
use crate::outcome::{Exit, Stop};
use crate::table::{Align, Rows};
use rulec_diagnostic::Language;
use rulec_plan::verdict::Verdict;
use rulec_runtime::Facts;
use rulec_runtime::state::{AuditFilter, AuditRecord, AuditedAction};
use serde::Serialize;
use std::io::{self, Write};

const COLUMNS: [Words; 6] = [
    Words::new("when", "时间"),
    Words::new("customer", "客户"),
    Words::new("rule", "规则"),
    Words::new("what", "结果"),
    Words::new("because", "原因"),
    Words::new("done", "动作"),
];

/// A record as one line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    seq: i64,
    at: String,
    kind: &'a str,
    plan: Option<&'a str>,
    customer: Option<&'a str>,
    rule: Option<&'a str>,
    rule_hash: Option<&'a str>,
    step: Option<i64>,
    arm: Option<&'a str>,
    verdict: Option<&'a str>,
    reason: Option<&'a str>,
    message: Option<&'a str>,
    facts: Facts<'static>,
    actions: Vec<AuditedAction>,
}

pub fn run(session: &mut Session, args: &AuditShow) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let Some(state) = state(session, &workspace)? else { return Ok(Exit::Clean) };
    let filter = AuditFilter {
        customer: args.customer.clone(),
        rule: args.rule.clone(),
        plan: args.plan.clone(),
        kind: args.kind.clone(),
        limit: Some(args.limit.into()),
    };
    let records = state.audit(filter)?;
    match args.format {
        RecordFormat::Jsonl => {
            for record in records {
                write_json(&mut session.console.out, &record?, &workspace)?;
            }
        }
        RecordFormat::Human => {
            let records = records.collect::<Result<Vec<_>, _>>()?;
            if records.is_empty() {
                session.console.note(&nothing())?;
            } else {
                let table = table(session, &records, &workspace);
                writeln!(session.console.out, "{table}")?;
            }
        }
    }
    Ok(Exit::Clean)
}

/// One line, its time as RFC 3339 in the project's zone.
fn write_json(out: &mut dyn Write, record: &AuditRecord, workspace: &Workspace) -> io::Result<()> {
    let line = Line {
        seq: record.seq,
        at: record.at.to_rfc3339(workspace.project.zone),
        kind: &record.kind,
        plan: record.plan.as_deref(),
        customer: record.customer.as_deref(),
        rule: rule(record),
        rule_hash: record.rule_hash.as_deref(),
        step: record.step,
        arm: record.arm.as_deref(),
        verdict: record.verdict.as_deref(),
        reason: record.reason.as_deref(),
        message: record.message.as_deref(),
        facts: record.facts(),
        actions: record.done(),
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

/// The rule that decided, or that of the message.
fn rule(record: &AuditRecord) -> Option<&str> {
    record.rule.as_deref().or(record.message_rule.as_deref())
}

/// What happened, in the words of the reader; what a later rulec writes as it is.
fn what(record: &AuditRecord, language: Language) -> String {
    let word = record.verdict.as_deref().unwrap_or(&record.kind);
    let known = Verdict::ALL.into_iter().find(|verdict| record.verdict.is_some() && verdict.word() == word);
    let verdict = known.map(|known| language::verdict(known).get(language));
    verdict.or_else(|| Some(happened(word)?.get(language))).unwrap_or(word).to_owned()
}

/// What happens beside decisions.
fn happened(kind: &str) -> Option<Words> {
    Some(match kind {
        "run" => Words::new("run begins", "开始执行"),
        "sent" => Words::new("sent", "已发出"),
        "refused" => Words::new("refused", "被拒收"),
        "doubt" => Words::new("in doubt", "结果不明"),
        "withheld" => Words::new("withheld", "不再发送"),
        "requeued" => Words::new("queued again", "重新排队"),
        "settled" => Words::new("settled by hand", "人工确认"),
        "discarded" => Words::new("discarded", "人工作废"),
        "optout" => Words::new("opted out", "退订"),
        "optin" => Words::new("opted in again", "恢复订阅"),
        "forgotten" => Words::new("forgotten", "已遗忘"),
        "paused" => Words::new("paused", "暂停发送"),
        "resumed" => Words::new("resumed", "恢复发送"),
        "outcomes" => Words::new("outcomes recorded", "记录结果"),
        _ => return None,
    })
}

fn table(session: &Session, records: &[AuditRecord], workspace: &Workspace) -> Rows {
    let language = session.console.language;
    let columns = COLUMNS.map(|name| (name.get(language), Align::Left));
    let mut rows = Rows::new(&columns, session.console.out.width);
    for record in records {
        let actions: Vec<_> = record.done().into_iter().map(|action| action.action).collect();
        rows.add([
            record.at.to_rfc3339(workspace.project.zone),
            // On one line, so that no key looks like a further record.
            clean::line(record.customer.as_deref().unwrap_or_default()).into_owned(),
            rule(record).unwrap_or_default().to_owned(),
            what(record, language),
            record.reason.clone().unwrap_or_default(),
            actions.join("\n"),
        ]);
    }
    rows
}
