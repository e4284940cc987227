//! `rulec audit show`: the record of what was decided and sent.

use crate::args::{Audit, AuditShow, RecordFormat};
use crate::context::{Session, Workspace};
use crate::language::{self, Words};
use crate::outcome::{Exit, Stop};
use crate::table::{Align, Rows};
use rulec_diagnostic::{Language, Text};
use rulec_plan::verdict::Verdict;
use rulec_runtime::state::{AuditFilter, AuditRecord, State};
use std::io::{self, Write};

const COLUMNS: [Words; 6] = [
    Words::new("when", "时间"),
    Words::new("customer", "客户"),
    Words::new("rule", "规则"),
    Words::new("verdict", "结果"),
    Words::new("because", "原因"),
    Words::new("done", "动作"),
];

pub fn run(session: &mut Session, args: &Audit) -> Result<Exit, Stop> {
    match args {
        Audit::Show(args) => show(session, args),
    }
}

fn show(session: &mut Session, args: &AuditShow) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let Some(state) = State::open_existing(&State::path_of(&workspace.project, &workspace.root)?)? else {
        session.console.note(&nothing())?;
        return Ok(Exit::Clean);
    };
    let filter = AuditFilter {
        customer: args.customer.clone(),
        rule: args.rule.clone(),
        plan: args.plan.clone(),
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

fn nothing() -> Text {
    Text::new("nothing is recorded", "没有记录")
}

/// One line, its time as RFC 3339 in the project's zone.
fn write_json(out: &mut dyn Write, record: &AuditRecord, workspace: &Workspace) -> io::Result<()> {
    let mut value = serde_json::to_value(record)?;
    value["at"] = record.at.to_rfc3339(workspace.project.zone).into();
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

/// A verdict in the words of the reader; one of a later rulec as it is.
fn verdict(word: &str, language: Language) -> String {
    let known = Verdict::ALL.into_iter().find(|verdict| verdict.word() == word);
    known.map_or(word, |known| language::verdict(known).get(language)).to_owned()
}

fn table(session: &Session, records: &[AuditRecord], workspace: &Workspace) -> Rows {
    let language = session.console.language;
    let columns = COLUMNS.map(|name| (name.get(language), Align::Left));
    let mut rows = Rows::new(&columns, session.console.out.width);
    for record in records {
        let actions: Vec<_> = record.actions.iter().map(|action| action.action.as_str()).collect();
        rows.add([
            record.at.to_rfc3339(workspace.project.zone),
            record.customer.clone(),
            record.rule.clone(),
            verdict(&record.verdict, language),
            record.reason.clone().unwrap_or_default(),
            actions.join("\n"),
        ]);
    }
    rows
}
