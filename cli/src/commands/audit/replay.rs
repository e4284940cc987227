//! `rulec audit replay`: decides a run again, on the state as it was before it, and compares.

use super::state;
use crate::args::AuditReplay;
use crate::context::Session;
use crate::diagnostics;
use crate::draw::clean;
use crate::language::{self, Words, grouped, plural};
use crate::outcome::{Exit, Stop};
use crate::pipeline::{self, Purpose};
use crate::table::{Align, Rows};
use rulec_diagnostic::{Language, Text};
use rulec_plan::time::Zone;
use rulec_plan::verdict::Verdict;
use rulec_runtime::audit::replay::{Comparison, Difference, Differs, Replay};
use rulec_runtime::state::{AuditFilter, AuditedAction};
use serde_json::{Map, Value};
use std::io::{self, Write};

const COLUMNS: [Words; 5] = [
    Words::new("customer", "客户"),
    Words::new("rule", "规则"),
    Words::new("differs in", "差异"),
    Words::new("then", "当时"),
    Words::new("now", "现在"),
];

/// A replay takes the record for what it says.
const UNVERIFIED: Words = Words::new(
    "That the record is as it was written, `rulec audit verify` says.",
    "记录本身是否与写下时一致，请用 `rulec audit verify` 核对。",
);

pub fn run(session: &mut Session, args: &AuditReplay) -> Result<Exit, Stop> {
    let workspace = session.open_with_rules()?;
    let program = session.checked(&workspace)?;
    let Some(state) = state(session, &workspace)? else {
        return Err(diagnostics::no_such_run(&args.plan).into());
    };
    let trouble = |error: &io::Error| diagnostics::cannot_write(std::env::temp_dir().display(), error);
    let folder = tempfile::tempdir().map_err(|error| trouble(&error))?;
    let copy = folder.path().join("state.db");
    state.copy_to(&copy)?;
    let Some(replay) = Replay::begin(&copy, &args.plan)? else {
        let filter = AuditFilter { plan: Some(args.plan.clone()), ..AuditFilter::default() };
        let is_unknown = state.unrecorded(&filter)?.is_some();
        let finding = if is_unknown { diagnostics::no_such_run } else { diagnostics::several_runs };
        return Err(finding(&args.plan).into());
    };
    let again = pipeline::decide_at(
        session,
        &workspace,
        &program,
        replay.as_of(),
        Some(replay.state()),
        (Purpose::Lines, &args.asking),
    )?;
    let compared = replay.compare(again.planned(&workspace.project), args.limit as usize)?;
    say_what_is_other(session, &compared)?;
    draw(session, &replay, &compared, workspace.project.zone)?;
    pipeline::show_timings(session, again.answers(), &args.asking)?;
    Ok(if compared.is_equal() { Exit::Clean } else { Exit::Refused })
}

/// That rules or data are not those of the run.
fn say_what_is_other(session: &mut Session, compared: &Comparison) -> io::Result<()> {
    let mut findings = Vec::new();
    if compared.has_other_rules {
        findings.push(diagnostics::other_rules(&compared.other_rules, &compared.new_rules));
    }
    if compared.has_other_data {
        findings.push(diagnostics::other_data());
    }
    session.report(findings)
}

fn draw(session: &mut Session, replay: &Replay, compared: &Comparison, zone: Zone) -> io::Result<()> {
    let language = session.console.language;
    let width = session.console.out.width;
    let out = &mut session.console.out;
    writeln!(out, "{}", clean::line(told(replay, compared, zone).get(language)))?;
    writeln!(out, "{}", UNVERIFIED.get(language))?;
    if compared.forgotten > 0 {
        let text = Text::new(
            format!(
                "{} of customers who were forgotten cannot be compared.",
                plural(compared.forgotten, "decision")
            ),
            format!("{} 个决定属于已遗忘的客户，无法对比。", grouped(compared.forgotten)),
        );
        writeln!(out, "{}", text.get(language))?;
    }
    if compared.is_equal() {
        return Ok(());
    }
    for (differs, count) in &compared.differing {
        writeln!(out, "  {}: {}", kind(*differs).get(language), grouped(*count))?;
    }
    if !compared.differences.is_empty() {
        writeln!(out, "\n{}", table(&compared.differences, language, width))?;
    }
    let left = compared.differing.values().sum::<u64>() - compared.differences.len() as u64;
    if left > 0 {
        let text = Text::new(
            format!("… and {} more; --limit N shows N", grouped(left)),
            format!("… 还有 {} 个；--limit N 显示 N 个", grouped(left)),
        );
        writeln!(out, "{}", text.get(language))?;
    }
    Ok(())
}

fn told(replay: &Replay, compared: &Comparison, zone: Zone) -> Text {
    let id = replay.plan().get(..8).unwrap_or(replay.plan());
    let as_of = replay.as_of().to_rfc3339(zone);
    let (equal, differing) = (compared.equal, compared.differing.values().sum::<u64>());
    if compared.is_equal() {
        return Text::new(
            format!("Run {id} of {as_of}: {} made again, all as recorded.", plural(equal, "decision")),
            format!("执行 {id}（{as_of}）：重新得出 {} 个决定，与记录完全一致。", grouped(equal)),
        );
    }
    Text::new(
        format!(
            "Run {id} of {as_of}: {} as recorded, {} not.",
            plural(equal, "decision"),
            grouped(differing)
        ),
        format!(
            "执行 {id}（{as_of}）：{} 个决定与记录一致，{} 个不一致。",
            grouped(equal),
            grouped(differing)
        ),
    )
}

fn kind(differs: Differs) -> Words {
    match differs {
        Differs::OnlyThen => Words::new("only then", "仅当时有"),
        Differs::OnlyNow => Words::new("only now", "仅现在有"),
        Differs::Verdict => Words::new("verdict", "结果"),
        Differs::Arm => Words::new("arm", "分组"),
        Differs::Reason => Words::new("reason", "原因"),
        Differs::Actions => Words::new("actions", "动作"),
        Differs::Facts => Words::new("facts", "数值"),
    }
}

fn table(differences: &[Difference], language: Language, width: Option<u16>) -> Rows {
    let columns = COLUMNS.map(|name| (name.get(language), Align::Left));
    let mut rows = Rows::new(&columns, width);
    for one in differences {
        let (then, now) = told_apart(one, language);
        let step = if one.step > 0 { format!(" +{}", one.step) } else { String::new() };
        rows.add([
            one.customer.clone(),
            format!("{}{step}", one.rule),
            kind(one.differs).get(language).to_owned(),
            then,
            now,
        ]);
    }
    rows
}

/// What a decision was and is, as a person reads it.
fn told_apart(one: &Difference, language: Language) -> (String, String) {
    let (then, now) = (one.then.as_deref().unwrap_or_default(), one.now.as_deref().unwrap_or_default());
    match one.differs {
        Differs::OnlyThen | Differs::OnlyNow | Differs::Verdict => {
            (verdict(then, language), verdict(now, language))
        }
        Differs::Actions => (actions(then, language), actions(now, language)),
        Differs::Facts => facts(then, now),
        Differs::Arm | Differs::Reason => (then.to_owned(), now.to_owned()),
    }
}

/// A verdict in the words of the reader.
fn verdict(word: &str, language: Language) -> String {
    let known = Verdict::ALL.into_iter().find(|verdict| verdict.word() == word);
    known.map_or(word, |known| language::verdict(known).get(language)).to_owned()
}

/// Actions, one a line, with how each ended unless it was done.
fn actions(json: &str, language: Language) -> String {
    let actions: Vec<AuditedAction> = serde_json::from_str(json).unwrap_or_default();
    let lines = actions.into_iter().map(|AuditedAction { action, verdict, .. }| match verdict {
        Verdict::Send => action,
        other => format!("{action} ({})", language::verdict(other).get(language)),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Of two lists of facts those that differ.
fn facts(then: &str, now: &str) -> (String, String) {
    let read = |json: &str| serde_json::from_str::<Map<String, Value>>(json).unwrap_or_default();
    let (then, now) = (read(then), read(now));
    let differing = |these: &Map<String, Value>, those: &Map<String, Value>| {
        let others = these.iter().filter(|(name, value)| those.get(*name) != Some(value));
        others.map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join("\n")
    };
    (differing(&then, &now), differing(&now, &then))
}
