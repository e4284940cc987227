//! A few lines of text for each finding, without frames: for screen readers, log files and pipes.

use super::{Report, clean, explain};
use crate::language;
use rulec_diagnostic::Diagnostic;
use std::io::{self, Write};

pub(super) fn draw(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    for finding in report.findings {
        draw_one(out, report, finding)?;
    }
    writeln!(out, "{}", language::counted(report.errors(), report.warnings()).get(report.language))
}

fn draw_one(out: &mut dyn Write, report: &Report<'_>, finding: &Diagnostic) -> io::Result<()> {
    let language = report.language;
    if let Some(place) = finding.place {
        write!(out, "{}: ", report.position(place))?;
    }
    let severity = language::severity(finding.severity);
    let message = clean::line(finding.message.get(language));
    writeln!(out, "{}[{}]: {message}", severity.get(language), finding.code.name())?;
    if let Some(label) = &finding.label {
        writeln!(out, "  {}", clean::line(label.get(language)))?;
    }
    for related in &finding.related {
        let text = clean::line(related.text.get(language)).into_owned();
        writeln!(out, "  {}: {text}", report.position(related.place))?;
    }
    if let Some(advice) = report.advice(finding) {
        writeln!(out, "  {}{}", language::HELP.get(language), clean::line(&advice))?;
    }
    writeln!(out, "  {}{}", language::MORE.get(language), explain(finding))
}
