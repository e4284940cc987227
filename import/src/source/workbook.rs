//! xlsx workbooks. Cells are streamed; only the workbook's shared texts are held.

use super::{FirstRow, Row, Visit, is_blank};
use crate::diagnostics as says;
use crate::{Options, Result};
use calamine::{Data, Reader, Xlsx, XlsxError, open_workbook};
use csv::StringRecord;
use rulec_diagnostic::Text;
use std::fs::File;
use std::io::BufReader;

/// One sheet of a workbook.
pub(crate) struct Workbook {
    pub(super) name: String,
    book: Xlsx<BufReader<File>>,
    pub(super) sheet: String,
    pub(super) others: Vec<String>,
    /// The row of the header, or one above it.
    header_row: u64,
}

impl Workbook {
    pub(super) fn open(options: &Options, name: String) -> Result<Workbook> {
        let book: Xlsx<_> = open_workbook(&options.file)
            .map_err(|error: XlsxError| vec![says::workbook(&name, &error.to_string())])?;
        let mut others = book.sheet_names();
        let wanted = match &options.sheet {
            Some(sheet) => others.iter().position(|other| other == sheet),
            None => (!others.is_empty()).then_some(0),
        };
        let Some(wanted) = wanted else {
            return Err(vec![says::unknown_sheet(
                &name,
                options.sheet.as_deref().unwrap_or_default(),
                &others,
            )]);
        };
        let sheet = others.remove(wanted);
        Ok(Workbook { name, book, sheet, others, header_row: options.header_row.unwrap_or(1) })
    }

    pub(super) fn first_rows(&mut self, most: usize) -> Result<Vec<FirstRow>> {
        let mut rows = Vec::new();
        self.rows(&mut |row| {
            rows.push(FirstRow::new(row.line, &row.cells));
            Ok(rows.len() < most)
        })?;
        Ok(rows)
    }

    /// Rows below the header, each as wide as the header at least: a sheet does not store the blanks at the end of a row.
    pub(super) fn each_row(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        let mut width = None;
        self.rows(&mut |mut row| {
            match width {
                None => width = Some(row.cells.len()),
                Some(width) => {
                    pad(&mut row.cells, width);
                    visit(&Row { line: row.line, cells: &row.cells, broken: row.broken })?;
                }
            }
            Ok(true)
        })
    }

    /// Every row from the header on that is not blank, until `take` says no.
    fn rows(&mut self, take: &mut dyn FnMut(SheetRow) -> Result<bool>) -> Result<()> {
        let name = &self.name;
        let broken = |error: XlsxError| vec![says::workbook(name, &error.to_string())];
        let mut cells = self.book.worksheet_cells_reader(&self.sheet).map_err(broken)?;
        let mut row = SheetRow::new(0);
        while let Some(cell) = cells.next_cell().map_err(broken)? {
            let (index, column) = cell.get_position();
            let line = u64::from(index) + 1;
            if line != row.line {
                let done = std::mem::replace(&mut row, SheetRow::new(line));
                if done.line >= self.header_row && done.is_worth_taking() && !take(done)? {
                    return Ok(());
                }
            }
            row.put(column as usize, &Data::from(cell.get_value().clone()));
        }
        if row.line >= self.header_row && row.is_worth_taking() {
            take(row)?;
        }
        Ok(())
    }
}

/// A row as it is gathered.
struct SheetRow {
    line: u64,
    cells: StringRecord,
    broken: Option<Text>,
}

impl SheetRow {
    fn new(line: u64) -> Self {
        Self { line, cells: StringRecord::new(), broken: None }
    }

    fn is_worth_taking(&self) -> bool {
        !is_blank(&self.cells) || self.broken.is_some()
    }

    fn put(&mut self, column: usize, value: &Data) {
        if matches!(value, Data::Empty) {
            return;
        }
        pad(&mut self.cells, column);
        if let Data::Error(error) = value {
            self.broken.get_or_insert_with(|| says::error_cell(column + 1, &error.to_string()));
        }
        self.cells.push_field(&written(value));
    }
}

fn pad(cells: &mut StringRecord, width: usize) {
    while cells.len() < width {
        cells.push_field("");
    }
}

/// A cell as a text file would have it.
fn written(value: &Data) -> String {
    match value {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(truth) => truth.to_string(),
        Data::DateTime(moment) if moment.is_duration() => moment.as_f64().to_string(),
        Data::DateTime(moment) => {
            let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            match (hour, minute, second, milli) {
                (0, 0, 0, 0) => date,
                (_, _, _, 0) => format!("{date} {hour:02}:{minute:02}:{second:02}"),
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}.{milli:03}"),
            }
        }
        Data::Error(_) | Data::Empty => String::new(),
    }
}
