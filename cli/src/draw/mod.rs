//! Draws findings, for people and for programs.
//!
//! | for | file |
//! | --- | --- |
//! | a person at a terminal | [`human`] |
//! | a screen reader, a log file | [`plain`] |
//! | any program | [`json`] |
//! | code scanning | [`sarif`] |
//! | a test report | [`junit`] |
//! | annotations of a code review | [`github`] |
//! | text that must not steer a terminal | [`clean`] |

pub mod clean;
mod github;
mod human;
mod json;
mod junit;
mod plain;
mod sarif;
#[cfg(test)]
mod tests;

use rulec_diagnostic::{Diagnostic, FileId, Language, LineColumn, Place, Sources};
use std::io::{self, Write};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Source lines with marks, for a terminal.
    Human,
    /// A few lines of text each, for screen readers and log files.
    Plain,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports.
    Junit,
    /// Workflow commands, for annotations.
    Github,
}

/// Findings and what is needed to draw them.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The texts in which they lie.
    pub sources: &'a Sources,
    /// Sorted by place.
    pub findings: &'a [Diagnostic],
    /// The files that were looked at, for reports that also name what is well.
    pub checked: &'a [FileId],
    /// In which language.
    pub language: Language,
}

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether to use colour.
    pub color: bool,
    /// Columns.
    pub width: u16,
}

/// Writes the findings in this format.
pub fn draw(out: &mut dyn Write, format: Format, report: &Report<'_>, look: Look) -> io::Result<()> {
    match format {
        Format::Human => human::draw(out, report, look),
        Format::Plain => plain::draw(out, report),
        Format::Json => json::draw(out, report),
        Format::Sarif => sarif::draw(out, report),
        Format::Junit => junit::draw(out, report),
        Format::Github => github::draw(out, report),
    }
}

/// Where a place starts and ends, in lines and characters.
#[derive(Debug, Clone, Copy)]
struct Region {
    start: LineColumn,
    end: LineColumn,
}

impl Report<'_> {
    fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_error()).count()
    }

    fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }

    fn region(&self, place: Place) -> Option<Region> {
        let source = self.sources.get(place.file)?;
        let start = source.line_column(place.span.start as usize);
        let end = source.line_column(place.span.end.max(place.span.start) as usize);
        Some(Region { start, end })
    }

    /// `rules/a.rules:3:14`, harmless.
    fn position(&self, place: Place) -> String {
        let LineColumn { line, column } = self.sources.start_of(place);
        format!("{}:{line}:{column}", clean::line(self.sources.name(place.file)))
    }

    /// The help, or, without one, the repair in words.
    fn advice(&self, finding: &Diagnostic) -> Option<String> {
        if let Some(help) = &finding.help {
            return Some(help.get(self.language).to_owned());
        }
        let fix = finding.fix.as_ref()?;
        let taken = self.sources.text(fix.place.file).get(fix.place.span.range()).unwrap_or("");
        Some(crate::language::repair(taken, &fix.replacement).get(self.language).to_owned())
    }
}

/// The command that shows the page of a finding's code.
fn explain(finding: &Diagnostic) -> String {
    format!("rulec explain {}", finding.code.name())
}
