//! One JSON document. Its form is described in `docs/cli.md`; `version` grows when a field changes its meaning or goes.

use super::{Report, clean, explain};
use rulec_diagnostic::{Diagnostic, Place, Severity, Text};
use serde::Serialize;
use std::io::{self, Write};

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document {
    version: u32,
    diagnostics: Vec<Finding>,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Finding {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    #[serde(flatten)]
    at: At,
    message: String,
    label: Option<String>,
    help: Option<String>,
    fix: Option<Fix>,
    related: Vec<Related>,
    explain: String,
}

/// All `null` for a finding that is about no text.
#[derive(Serialize, Default)]
struct At {
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    offset: Option<u32>,
    length: Option<u32>,
}

#[derive(Serialize)]
struct Fix {
    #[serde(flatten)]
    at: At,
    replacement: String,
}

#[derive(Serialize)]
struct Related {
    #[serde(flatten)]
    at: At,
    message: String,
}

pub(super) fn draw(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        diagnostics: report.findings.iter().map(|finding| of(report, finding)).collect(),
        errors: report.errors(),
        warnings: report.warnings(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn of(report: &Report<'_>, finding: &Diagnostic) -> Finding {
    let words = |text: &Text| clean::lines(text.get(report.language)).into_owned();
    Finding {
        code: finding.code.name(),
        name: finding.code.slug(),
        severity: finding.severity,
        at: finding.place.map_or_else(At::default, |place| at(report, place)),
        message: words(&finding.message),
        label: finding.label.as_ref().map(words),
        help: finding.help.as_ref().map(words),
        fix: finding
            .fix
            .as_ref()
            .map(|fix| Fix { at: at(report, fix.place), replacement: fix.replacement.clone() }),
        related: finding
            .related
            .iter()
            .map(|related| Related { at: at(report, related.place), message: words(&related.text) })
            .collect(),
        explain: explain(finding),
    }
}

fn at(report: &Report<'_>, place: Place) -> At {
    let Some(region) = report.region(place) else { return At::default() };
    At {
        file: Some(report.sources.name(place.file).to_owned()),
        line: Some(region.start.line),
        column: Some(region.start.column),
        end_line: Some(region.end.line),
        end_column: Some(region.end.column),
        offset: Some(place.span.start),
        length: Some(place.span.end.saturating_sub(place.span.start)),
    }
}
