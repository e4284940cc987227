//! A test report: one suite a file, one failed case a finding at error level, one passed case for a file without.

use super::{Report, clean, explain};
use rulec_diagnostic::{Diagnostic, FileId};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn draw(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let mut suites: BTreeMap<Option<FileId>, Vec<&Diagnostic>> =
        report.checked.iter().map(|file| (Some(*file), Vec::new())).collect();
    for finding in report.findings {
        suites.entry(finding.place.map(|place| place.file)).or_default().push(finding);
    }
    let cases: usize = suites.values().map(|findings| findings.len().max(1)).sum();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="rulec check" tests="{cases}" failures="{}">"#, report.errors())?;
    for (file, findings) in suites {
        let name = file.map_or("rulec", |file| report.sources.name(file));
        let failures = findings.iter().filter(|finding| finding.is_error()).count();
        let tests = findings.len().max(1);
        writeln!(out, r#"  <testsuite name="{}" tests="{tests}" failures="{failures}">"#, escape(name))?;
        if findings.is_empty() {
            writeln!(out, r#"    <testcase classname="{}" name="check"/>"#, escape(name))?;
        }
        for finding in findings {
            writeln!(out, "{}", case(report, name, finding))?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn case(report: &Report<'_>, suite: &str, finding: &Diagnostic) -> String {
    let place = finding.place.map(|place| report.position(place)).unwrap_or_default();
    let name = format!("{} {} {place}", finding.code.name(), finding.code.slug());
    let message = finding.message.get(report.language);
    let mut body = format!("{place} {message}\n");
    for line in report.advice(finding).into_iter().chain([explain(finding)]) {
        // Writing to a string cannot fail.
        let _ = writeln!(body, "{line}");
    }
    let body = escape(body.trim_start());
    let opening =
        format!(r#"    <testcase classname="{}" name="{}">"#, escape(suite), escape(name.trim_end()));
    let content = if finding.is_error() {
        let kind = finding.code.name();
        format!(r#"<failure type="{kind}" message="{}">{body}</failure>"#, escape(message))
    } else {
        format!("<system-out>{body}</system-out>")
    };
    format!("{opening}{content}</testcase>")
}

/// XML 1.0 has no form at all for most control characters, so the text is made harmless first.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in clean::lines(text).chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escape("<a b=\"c\">&\u{1b}"), "&lt;a b=&quot;c&quot;&gt;&amp;␛");
    }
}
