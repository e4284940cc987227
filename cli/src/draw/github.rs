//! Workflow commands that a code review shows next to the line.

use super::{Report, explain};
use rulec_diagnostic::{Diagnostic, Severity};
use std::io::{self, Write};

pub(super) fn draw(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    report.findings.iter().try_for_each(|finding| draw_one(out, report, finding))
}

fn draw_one(out: &mut dyn Write, report: &Report<'_>, finding: &Diagnostic) -> io::Result<()> {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut properties = Vec::new();
    if let Some((place, region)) = finding.place.and_then(|place| Some((place, report.region(place)?))) {
        properties.push(format!("file={}", property(report.sources.name(place.file))));
        properties.push(format!("line={},col={}", region.start.line, region.start.column));
        // The end column is only understood on one line.
        let same_line = region.start.line == region.end.line;
        let end_column = if same_line { format!(",endColumn={}", region.end.column) } else { String::new() };
        properties.push(format!("endLine={}{end_column}", region.end.line));
    }
    properties
        .push(format!("title={}", property(&format!("{} {}", finding.code.name(), finding.code.slug()))));
    let mut text = finding.message.get(report.language).to_owned();
    if let Some(advice) = report.advice(finding) {
        text = format!("{text}\n{advice}");
    }
    text = format!("{text}\n{}", explain(finding));
    writeln!(out, "::{level} {}::{}", properties.join(","), data(&text))
}

/// Escapes a message, by the rules of workflow commands.
fn data(text: &str) -> String {
    let escaped = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    super::clean::line(&escaped).into_owned()
}

/// Escapes a property, by the same rules.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_end_its_command() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
    }
}
