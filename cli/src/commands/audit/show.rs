//! `rulec audit show`.

use super::{choice, nothing, state};
use crate::args::{AuditShow, RecordFormat};
use crate::context::{Session, Workspace};
use crate::draw::clean;
use crate::language::{self, Words, grouped};
use crate::outcome::{Exit, Stop};
use crate::table::{Align, Rows};
use rulec_diagnostic::Language;
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
use rulec_runtime::Facts;
use rulec_runtime::state::{AuditRecord, AuditedAction};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

const COLUMNS: [Words; 7] = [
    Words::new("no.", "编号"),
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
    facts: Option<Facts<'static>>,
    actions: Option<Vec<AuditedAction>>,
    detail: Option<Value>,
}

pub fn run(session: &mut Session, args: &AuditShow) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let Some(state) = state(session, &workspace)? else { return Ok(Exit::Clean) };
    let filter = choice::filter(&args.choice, Some(args.limit.into()), &state, &workspace)?;
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
    let is_decision = record.kind == "decision";
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
        facts: is_decision.then(|| record.facts()),
        actions: is_decision.then(|| record.done()),
        detail: if is_decision { None } else { detail(record) },
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

/// Why; of what is no decision also what tells it from others of its kind.
fn because(record: &AuditRecord, language: Language) -> String {
    let detail = detail(record);
    let of = |name: &str| detail.as_ref().and_then(|detail| detail.get(name));
    let text = |name: &str| of(name).and_then(Value::as_str).map(str::to_owned);
    let reason = || match (record.kind.as_str(), record.reason.as_deref()) {
        ("withheld", Some(reason)) => Some(language::withheld(reason, language)),
        ("settled", Some("sent")) => Some(SENT.get(language).to_owned()),
        ("settled", Some("lost")) => Some(LOST.get(language).to_owned()),
        (_, reason) => reason.map(str::to_owned),
    };
    let channel = || Some(text("channel").unwrap_or_else(|| ALL_CHANNELS.get(language).to_owned()));
    let count = || of("count").and_then(Value::as_i64).map(grouped);
    let parts = match record.kind.as_str() {
        "run" => vec![record.plan.as_deref().map(|plan| plan.get(..8).unwrap_or(plan).to_owned())],
        "optout" | "optin" => vec![channel(), text("source")],
        "paused" | "resumed" => vec![channel(), reason()],
        "outcomes" | "messages" => vec![count()],
        "approved" => vec![text("name")],
        _ => vec![reason()],
    };
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

const ALL_CHANNELS: Words = Words::new("all channels", "所有渠道");
const SENT: Words = Words::new("it was sent", "已送达");
const LOST: Words = Words::new("it was not sent", "未送达");

/// What a record holds besides its cause.
fn detail(record: &AuditRecord) -> Option<Value> {
    record.detail.as_deref().and_then(|detail| serde_json::from_str(detail).ok())
}

/// An instant to the second, which is enough for people.
fn time(at: Instant, workspace: &Workspace) -> String {
    const SECOND: i64 = 1_000_000;
    Instant(at.0 - at.0.rem_euclid(SECOND)).to_rfc3339(workspace.project.zone)
}

/// What happens beside decisions.
fn happened(kind: &str) -> Option<Words> {
    Some(match kind {
        "run" => Words::new("run begins", "开始执行"),
        "sent" => Words::new("sent", "已发出"),
        "messages" => Words::new("messages queued", "消息入队"),
        "approved" => Words::new("approved", "已批准"),
        "dead" => Words::new("refused", "被拒收"),
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
            record.seq.to_string(),
            time(record.at, workspace),
            // On one line, so that no key looks like a further record.
            clean::line(record.customer.as_deref().unwrap_or_default()).into_owned(),
            rule(record).unwrap_or_default().to_owned(),
            what(record, language),
            because(record, language),
            actions.join("\n"),
        ]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulec_runtime::state::RECORD_KINDS;

    #[test]
    fn every_kind_has_its_word_in_both_languages() {
        for kind in RECORD_KINDS.into_iter().filter(|kind| *kind != "decision") {
            let words = happened(kind).map(|words| (words.get(Language::En), words.get(Language::Zh)));
            assert!(words.is_some_and(|(en, zh)| en.is_ascii() && !zh.is_ascii()), "{kind}");
        }
    }
}
