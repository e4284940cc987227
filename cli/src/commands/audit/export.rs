//! `rulec audit export`: the record as lines of JSON, from which anybody can compute its hashes, or for a spreadsheet.

use super::state;
use crate::args::{AuditExport, ExportFormat};
use crate::console::BUFFER;
use crate::context::Session;
use crate::diagnostics;
use crate::list::csv;
use crate::outcome::{Exit, Stop};
use rulec_plan::time::Zone;
use rulec_runtime::state::{AuditFilter, AuditRecord, AuditRecords};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Write};

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
    detail: Option<&'a str>,
    cause: &'a str,
    hash: &'a str,
}

/// The same for a spreadsheet.
const COLUMNS: [&str; 19] = [
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
    "detail",
    "cause",
    "hash",
];

pub fn run(session: &mut Session, args: &AuditExport) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let Some(state) = state(session, &workspace)? else { return Ok(Exit::Clean) };
    let filter = AuditFilter {
        customer: args.customer.clone(),
        rule: args.rule.clone(),
        plan: args.plan.clone(),
        ..AuditFilter::default()
    };
    let (records, zone) = (state.audit(filter)?, workspace.project.zone);
    let Some(path) = &args.output else {
        write(&mut session.console.out, args.format, records, zone)?;
        return Ok(Exit::Clean);
    };
    let path = session.path(path);
    let failed = |error: &io::Error| diagnostics::cannot_write(path.display(), error);
    let file = File::create(&path).map_err(|error| failed(&error))?;
    let mut out = BufWriter::with_capacity(BUFFER, file);
    match write(&mut out, args.format, records, zone).and_then(|()| Ok(out.flush()?)) {
        Err(Stop::Output(error)) => Err(failed(&error).into()),
        Err(other) => Err(other),
        Ok(()) => Ok(Exit::Clean),
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
        detail: record.detail.as_deref(),
        cause: &record.cause,
        hash: &record.hash,
    }
}

fn cells(record: &AuditRecord, zone: Zone) -> [String; 19] {
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
        text(&record.detail),
        record.cause.clone(),
        record.hash.clone(),
    ]
}
