//! The decisions of a plan as rows: for people, spreadsheets and programs.

mod choice;
mod columns;
pub mod csv;
mod human;
mod xlsx;

pub use choice::Chosen;
use columns::{Cell, Columns};

use crate::outcome::Stop;
use rulec_diagnostic::{Diagnostic, Language};
use rulec_runtime::jsonl;
use rulec_runtime::planfile::{Header, Line, PlannedDecision};
use std::io::{self, Write};

/// How decisions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table for a person, as wide as that.
    Human(Language, Option<u16>),
    /// JSON lines.
    Jsonl,
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Xlsx,
}

/// Which decisions of a plan, and how much of them.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Of which plan.
    pub header: &'a Header,
    /// Which of them.
    pub chosen: &'a Chosen,
    /// Whether personal data is shown.
    pub show_personal: bool,
}

/// Writes those of these lines that are decisions and chosen.
pub fn write<'a, E: Into<Stop>>(
    out: &mut dyn Write,
    form: Form,
    view: View<'_>,
    lines: impl Iterator<Item = Result<Line<'a>, E>>,
) -> Result<(), Stop> {
    let mut left = view.chosen.limit.unwrap_or(u64::MAX);
    let mut decisions = lines.filter_map(|line| match line {
        Ok(Line::Decision(decision)) => {
            let takes = left > 0 && view.chosen.takes(view.header, &decision);
            left -= u64::from(takes);
            takes.then_some(Ok(decision))
        }
        Ok(Line::Ended(_) | Line::Chain(_) | Line::Member(_)) => None,
        Err(error) => Some(Err(error.into())),
    });
    match form {
        Form::Human(language, width) => human::write(out, view, (language, width), &mut decisions),
        Form::Jsonl => write_jsonl(out, view, &mut decisions),
        Form::Csv => csv::write(out, view, &mut decisions),
        Form::Xlsx => xlsx::write(out, view, &mut decisions),
    }
}

/// Decisions as they come, of which the last may be an error.
type Decisions<'d, 'a> = &'d mut dyn Iterator<Item = Result<PlannedDecision<'a>, Stop>>;

fn write_jsonl(out: &mut dyn Write, view: View<'_>, decisions: Decisions<'_, '_>) -> Result<(), Stop> {
    let mut line = Vec::new();
    for decision in decisions {
        let decision = decision?;
        let Some(row) = jsonl::row(view.header, &decision, view.show_personal) else { continue };
        line.clear();
        serde_json::to_writer(&mut line, &row).map_err(io::Error::from)?;
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// Lines that cannot fail, as [`write`] takes them.
pub fn sure<'a>(
    lines: impl Iterator<Item = Line<'a>>,
) -> impl Iterator<Item = Result<Line<'a>, Box<Diagnostic>>> {
    lines.map(Ok)
}
