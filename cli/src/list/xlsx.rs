//! Decisions as a workbook: a sheet for each million of rows, its first row frozen, numbers as numbers.

use super::{Cell, Columns, Decisions, View};
use crate::outcome::Stop;
use rulec_runtime::planfile::{Header, PlannedDecision};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io::{self, Write};

/// A sheet has no more rows, the first among them.
const ROWS: u32 = 1_048_576;
/// A cell has no more letters, as UTF-16 counts them.
const LETTERS: usize = 32_767;
/// Numbers of more digits lose some in a spreadsheet, so they stay text.
const DIGITS: usize = 15;
/// How wide a column is, in digits.
const WIDTH: f64 = 16.0;

pub fn write(out: &mut dyn Write, view: View<'_>, decisions: Decisions<'_, '_>) -> Result<(), Stop> {
    let columns = Columns::new(view.header);
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(view.header).map_err(failed)?);
    let mut decisions = decisions.peekable();
    let mut number = 1;
    while number == 1 || decisions.peek().is_some() {
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_name(format!("plan {number}")).map_err(failed)?;
        fill(sheet, &columns, view, &mut decisions)?;
        number += 1;
    }
    let bytes = workbook.save_to_buffer().map_err(failed)?;
    Ok(out.write_all(&bytes)?)
}

/// The instant of the run stands in place of that of writing, so that the same plan gives the same bytes.
fn properties(header: &Header) -> Result<DocProperties, XlsxError> {
    let created = ExcelDateTime::parse_from_str(header.as_of.get(..19).unwrap_or("1970-01-01T00:00:00"))?;
    Ok(DocProperties::new().set_title(&header.project).set_creation_datetime(&created))
}

/// Fills one sheet, until there is nothing more or it is full.
fn fill<'a>(
    sheet: &mut Worksheet,
    columns: &Columns,
    view: View<'_>,
    decisions: &mut impl Iterator<Item = Result<PlannedDecision<'a>, Stop>>,
) -> Result<(), Stop> {
    let bold = Format::new().set_bold();
    sheet.set_freeze_panes(1, 0).map_err(failed)?;
    for (column, name) in (0..).zip(columns.names()) {
        sheet.set_column_width(column, WIDTH).map_err(failed)?;
        sheet.write_string_with_format(0, column, name, &bold).map_err(failed)?;
    }
    for row in 1..ROWS {
        let Some(decision) = decisions.next() else { return Ok(()) };
        let decision = decision?;
        let cells = columns.cells(view, &decision).unwrap_or_default();
        for (column, cell) in (0..).zip(&cells) {
            write_cell(sheet, row, column, cell).map_err(failed)?;
        }
    }
    Ok(())
}

fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell<'_>) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(row, column, short(text))?;
        }
        Cell::Number(digits) => match number(digits) {
            Some(number) => sheet.write_number(row, column, number).map(drop)?,
            None => sheet.write_string(row, column, digits).map(drop)?,
        },
    }
    Ok(())
}

/// What a spreadsheet holds without loss.
fn number(digits: &str) -> Option<f64> {
    let count = digits.chars().filter(char::is_ascii_digit).count();
    digits.parse().ok().filter(|_| count <= DIGITS)
}

/// As much of a text as fits into a cell.
fn short(text: &str) -> &str {
    let mut units = 0;
    let end = text.char_indices().find(|(_, letter)| {
        units += letter.len_utf16();
        units > LETTERS
    });
    end.map_or(text, |(end, _)| &text[..end])
}

fn failed(error: XlsxError) -> Stop {
    Stop::Output(io::Error::other(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_lose_digits_stay_text() {
        assert_eq!(number("-12.5"), Some(-12.5));
        assert_eq!(number("123456789012345"), Some(123_456_789_012_345.0));
        assert_eq!(number("9007199254740993"), None);
    }

    #[test]
    fn a_cell_is_never_too_long() {
        let long = "券".repeat(LETTERS + 1);
        assert_eq!(short(&long).chars().count(), LETTERS);
        assert_eq!(short("券"), "券");
    }
}
