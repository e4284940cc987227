//! Source lines with marks below them. miette draws the frame; what it would count in bytes (columns) or find by reading
//! the whole file (lines) comes from our own line table, and the words round the frame are ours, so that they can be
//! Chinese.

use super::clean::{self, CleanFile, CleanFiles};
use super::{Look, Report, explain};
use crate::language;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, SourceSpan, SpanContents};
use rulec_diagnostic::{Diagnostic, FileId, Place, Severity};
use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};

/// How many findings a person is shown at once.
const SHOWN: usize = 50;
/// A mark over more lines than this is drawn on its first line only.
const MARKED_LINES: usize = 8;

pub(super) fn draw(out: &mut dyn Write, report: &Report<'_>, look: Look) -> io::Result<()> {
    let shown = &report.findings[..report.findings.len().min(SHOWN)];
    let painter = Painter::new(report, shown, look);
    for finding in shown {
        painter.draw(out, finding)?;
        writeln!(out)?;
    }
    let hidden = report.findings.len() - shown.len();
    if hidden > 0 {
        writeln!(out, "{}", language::and_more(hidden).get(report.language))?;
    }
    writeln!(out, "{}", language::counted(report.errors(), report.warnings()).get(report.language))
}

struct Painter<'a> {
    report: &'a Report<'a>,
    files: CleanFiles,
    handler: GraphicalReportHandler,
}

impl<'a> Painter<'a> {
    fn new(report: &'a Report<'a>, shown: &[Diagnostic], look: Look) -> Self {
        let theme = if look.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(usize::from(look.width))
            .with_context_lines(1)
            .with_links(false)
            .without_cause_chain()
            .without_syntax_highlighting();
        let files = CleanFiles::new(report.sources, shown.iter().flat_map(places).map(|place| place.file));
        Self { report, files, handler }
    }

    fn draw(&self, out: &mut dyn Write, finding: &Diagnostic) -> io::Result<()> {
        let language = self.report.language;
        let label = finding.label.as_ref().map(|label| clean::line(label.get(language)).into_owned());
        let main = finding.place.map(|place| (place, label));
        let here = main.as_ref().map(|(place, _)| place.file);
        let (near, far): (Vec<_>, Vec<_>) =
            finding.related.iter().partition(|related| Some(related.place.file) == here);
        let words = |related: &rulec_diagnostic::Related| {
            (related.place, Some(clean::line(related.text.get(language)).into_owned()))
        };

        let marks = main.into_iter().chain(near.into_iter().map(words));
        self.frame(
            out,
            &Frame {
                code: Some(format!("{} {}", finding.code.name(), finding.code.slug())),
                message: clean::lines(finding.message.get(language)).into_owned(),
                severity: finding.severity,
                excerpt: here.and_then(|file| self.excerpt(file, marks)),
            },
        )?;
        let elsewhere: BTreeSet<FileId> = far.iter().map(|related| related.place.file).collect();
        for file in elsewhere {
            let marks = far.iter().filter(|related| related.place.file == file).map(|related| words(related));
            self.excerpt_alone(out, self.excerpt(file, marks))?;
        }
        self.advice(out, finding)
    }

    fn advice(&self, out: &mut dyn Write, finding: &Diagnostic) -> io::Result<()> {
        let language = self.report.language;
        if let Some(advice) = self.report.advice(finding) {
            let advice = clean::lines(&advice).replace('\n', "\n    ");
            writeln!(out, "  {}{advice}", language::HELP.get(language))?;
        }
        writeln!(out, "  {}{}", language::MORE.get(language), explain(finding))
    }

    fn excerpt(
        &self,
        file: FileId,
        marks: impl Iterator<Item = (Place, Option<String>)>,
    ) -> Option<Excerpt<'_>> {
        let file = self.files.get(file)?;
        let marks = marks.enumerate().map(|(at, (place, words))| mark(file, place, words, at == 0)).collect();
        Some(Excerpt { file, marks })
    }

    fn frame(&self, out: &mut dyn Write, frame: &Frame<'_>) -> io::Result<()> {
        let mut drawn = String::new();
        self.handler.render_report(&mut drawn, frame).map_err(io::Error::other)?;
        out.write_all(drawn.as_bytes())
    }

    /// Only the lines and marks: a place in another file that belongs to the finding above.
    fn excerpt_alone(&self, out: &mut dyn Write, excerpt: Option<Excerpt<'_>>) -> io::Result<()> {
        let frame = Frame { code: None, message: String::new(), severity: Severity::Warning, excerpt };
        let mut drawn = String::new();
        self.handler.render_report(&mut drawn, &frame).map_err(io::Error::other)?;
        // Without a code and a message miette still writes the line that would hold them.
        let body = drawn.split_once('\n').map_or("", |(_, body)| body);
        out.write_all(body.as_bytes())
    }
}

fn places(finding: &Diagnostic) -> impl Iterator<Item = Place> {
    finding.place.into_iter().chain(finding.related.iter().map(|related| related.place))
}

fn mark(file: &CleanFile, place: Place, words: Option<String>, primary: bool) -> LabeledSpan {
    let source = file.source();
    let start = file.offset(place.span.start as usize);
    let mut end = file.offset(place.span.end as usize).max(start);
    let first = source.line_column(start).line;
    if source.line_column(end).line - first >= MARKED_LINES {
        end = start + source.text[start..].find(['\r', '\n']).unwrap_or(0);
    }
    let span = SourceSpan::new(start.into(), end - start);
    if primary {
        LabeledSpan::new_primary_with_span(words, span)
    } else {
        LabeledSpan::new_with_span(words, span)
    }
}

/// What is drawn in one go.
#[derive(Debug)]
struct Frame<'a> {
    code: Option<String>,
    message: String,
    severity: Severity,
    excerpt: Option<Excerpt<'a>>,
}

/// Lines of one file with marks; the first mark is the main one.
#[derive(Debug)]
struct Excerpt<'a> {
    file: &'a CleanFile,
    marks: Vec<LabeledSpan>,
}

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Frame<'_> {}

impl miette::Diagnostic for Frame<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt.file as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(excerpt.marks.iter().cloned()))
    }
}

impl miette::SourceCode for CleanFile {
    /// The lines that a span touches, and as many before and after; in time by their length, wherever they stand.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let source = self.source();
        let at = source.line_column(span.offset());
        let last = source.line_column(span.offset() + span.len()).line;
        let first = at.line.saturating_sub(before).max(1);
        let start = source.line_start(first).unwrap_or(0);
        let end = source.line_start(last + after + 1).unwrap_or(source.text.len());
        // miette takes the column of what it is handed from here: with context it is handed whole lines.
        let (start, column) = if before == 0 { (span.offset(), at.column - 1) } else { (start, 0) };
        let data = source.text.as_bytes().get(start..end.max(start)).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            source.name.clone(),
            data,
            SourceSpan::new(start.into(), data.len()),
            first - 1,
            column,
            last - first + 1,
        )))
    }
}
