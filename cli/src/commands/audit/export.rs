//! `rulec audit export`: the record as lines of JSON, from which anybody can compute its hashes, or for a spreadsheet.

use super::{choice, file, state};
use crate::args::{AuditExport, ExportFormat};
use crate::context::Session;
use crate::language::Words;
use crate::list::csv;
use crate::outcome::{Exit, Stop};
use rulec_plan::time::Zone;
use rulec_runtime::state::{AuditRecord, AuditRecords};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

/// A record as `docs/audit.md` describes it.
#[derive(Serialize)]
struct Line<'a> {
    seq: i64,
    at: String,
    at_micros: i64,
    kind: &'a str,
    run: Option<i64>,
    plan: Option<&'a str>,
    customer: Option<&'a str>,
    person: Option<&'a str>,
    rule: Option<&'a str>,
    rule_hash: Option<&'a str>,
    step: Option<i64>,
    arm: Option<&'a str>,
    verdict: Option<&'a str>,
    reason: Option<&'a str>,
    actions: Option<&'a str>,
    message: Option<&'a str>,
    seal: Option<&'a str>,
    detail: Option<&'a str>,
    cause: &'a str,
    hash: &'a str,
}

/// The same for a spreadsheet.
const COLUMNS: [&str; 20] = [
    "seq",
    "at",
    "at_micros",
    "kind",
    "run",
    "plan",
    "customer",
    "person",
    "rule",
    "rule_hash",
    "step",
    "arm",
    "verdict",
    "reason",
    "actions",
    "message",
    "seal",
    "detail",
    "cause",
    "hash",
];

pub fn run(session: &mut Session, args: &AuditExport) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let Some(state) = state(session, &workspace)? else { return Ok(Exit::Clean) };
    let filter = choice::filter(&args.choice, None, &state, &workspace)?;
    let (records, zone) = (state.audit(filter)?, workspace.project.zone);
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => write(&mut session.console.out, args.format, records, zone)?,
        Some(path) => {
            let path = session.path(path);
            let start = start(args.format);
            file::spare_other_files(&path, |bytes| bytes.starts_with(start), &NAME)?;
            file::replace(&path, |out| write(out, args.format, records, zone))?;
        }
    }
    Ok(Exit::Clean)
}

/// What files of this command are called.
const NAME: Words = Words::new("export of the record", "记录导出文件");

/// How a file of this format begins.
fn start(format: ExportFormat) -> &'static [u8] {
    match format {
        ExportFormat::Jsonl => b"{\"seq\":",
        ExportFormat::Csv => "\u{feff}seq,at,at_micros,".as_bytes(),
    }
}

fn write(
    out: &mut dyn Write,
    format: ExportFormat,
    records: AuditRecords<'_>,
    zone: Zone,
) -> Result<(), Stop> {
    if format == ExportFormat::Csv {
        csv::begin(out, &COLUMNS)?;
    }
    for record in records {
        let record = record?;
        match format {
            ExportFormat::Jsonl => {
                serde_json::to_writer(&mut *out, &line(&record, zone)).map_err(io::Error::from)?;
                out.write_all(b"\n")?;
            }
            ExportFormat::Csv => csv::write_texts(out, &cells(&record, zone))?,
        }
    }
    Ok(())
}

fn line(record: &AuditRecord, zone: Zone) -> Line<'_> {
    Line {
        seq: record.seq,
        at: record.at.to_rfc3339(zone),
        at_micros: record.at.0,
        kind: &record.kind,
        run: record.run,
        plan: record.plan.as_deref(),
        customer: record.customer.as_deref(),
        person: record.person.as_deref(),
        rule: record.rule.as_deref(),
        rule_hash: record.rule_hash.as_deref(),
        step: record.step,
        arm: record.arm.as_deref(),
        verdict: record.verdict.as_deref(),
        reason: record.reason.as_deref(),
        actions: record.actions.as_deref(),
        message: record.message.as_deref(),
        seal: record.seal.as_deref(),
        detail: record.detail.as_deref(),
        cause: &record.cause,
        hash: &record.hash,
    }
}

fn cells(record: &AuditRecord, zone: Zone) -> [String; 20] {
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        record.seq.to_string(),
        record.at.to_rfc3339(zone),
        record.at.0.to_string(),
        record.kind.clone(),
        number(record.run),
        text(&record.plan),
        text(&record.customer),
        text(&record.person),
        text(&record.rule),
        text(&record.rule_hash),
        number(record.step),
        text(&record.arm),
        text(&record.verdict),
        text(&record.reason),
        text(&record.actions),
        text(&record.message),
        text(&record.seal),
        text(&record.detail),
        record.cause.clone(),
        record.hash.clone(),
    ]
}
