//! Rows of a file, whatever its kind.

mod decode;
mod delimited;
mod workbook;

use crate::diagnostics as says;
use crate::{Options, Result};
use csv::StringRecord;
pub(crate) use decode::BadText;
use delimited::Delimited;
use rulec_diagnostic::Text;
use std::fs::File;
use std::io::Read;
use workbook::Workbook;

/// How an xlsx file (a zip archive) begins.
const ZIP: &[u8] = b"PK\x03\x04";
/// How a workbook of Excel 97 to 2003 begins.
const OLE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// A file that can be read row by row, as often as needed.
pub(crate) enum Source {
    Delimited(Delimited),
    Workbook(Box<Workbook>),
}

/// One row.
pub(crate) struct Row<'a> {
    /// The line of the file on which it begins, from 1; of a sheet its row.
    pub(crate) line: u64,
    cells: &'a StringRecord,
    /// What the reader found wrong with it.
    broken: Option<Text>,
}

/// One of the first rows, with the header among them.
pub(crate) struct FirstRow {
    /// As of [`Row`].
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
}

impl FirstRow {
    fn new(line: u64, cells: &StringRecord) -> Self {
        Self { line, cells: cells.iter().map(str::to_owned).collect() }
    }

    /// Cells that are not blank.
    pub(crate) fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
    }
}

/// Who takes the rows; an error stops the reading.
type Visit<'a> = dyn FnMut(&Row<'_>) -> Result<()> + 'a;

impl Source {
    /// Looks at how the file begins, and finds out how to read it.
    pub(crate) fn open(options: &Options) -> Result<Source> {
        let name = options.file_name();
        if options.file.is_dir() {
            return Err(vec![says::directory(&name)]);
        }
        let unreadable = |error: std::io::Error| vec![says::unreadable(&name, &error)];
        let mut start = Vec::new();
        let file = File::open(&options.file).map_err(unreadable)?;
        file.take(ZIP.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
        match start.as_slice() {
            [] => Err(vec![says::empty(&name, None, &[])]),
            ZIP => Ok(Source::Workbook(Box::new(Workbook::open(options, name)?))),
            OLE => Err(vec![says::old_workbook(&name)]),
            _ => Ok(Source::Delimited(Delimited::open(options, name)?)),
        }
    }

    /// The file as messages call it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Source::Delimited(file) => &file.name,
            Source::Workbook(file) => &file.name,
        }
    }

    /// The header, and rows below it that are not blank, so many in all.
    pub(crate) fn first_rows(&mut self, most: usize) -> Result<Vec<FirstRow>> {
        match self {
            Source::Delimited(file) => file.first_rows(most),
            Source::Workbook(file) => file.first_rows(most),
        }
    }

    /// Visits every row below the header that is not blank.
    pub(crate) fn each_row(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        match self {
            Source::Delimited(file) => file.each_row(visit),
            Source::Workbook(file) => file.each_row(visit),
        }
    }

    pub(crate) fn encoding(&self) -> Option<&'static str> {
        match self {
            Source::Delimited(file) => Some(file.encoding.name()),
            Source::Workbook(_) => None,
        }
    }

    pub(crate) fn delimiter(&self) -> Option<char> {
        match self {
            Source::Delimited(file) => Some(char::from(file.delimiter)),
            Source::Workbook(_) => None,
        }
    }

    pub(crate) fn sheet(&self) -> Option<&str> {
        match self {
            Source::Delimited(_) => None,
            Source::Workbook(file) => Some(&file.sheet),
        }
    }

    pub(crate) fn other_sheets(&self) -> Vec<String> {
        match self {
            Source::Delimited(_) => Vec::new(),
            Source::Workbook(file) => file.others.clone(),
        }
    }
}

impl Row<'_> {
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter()
    }

    /// Whether the reader found something wrong with it.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Why it cannot be taken, if so.
    pub(crate) fn fault(&self, columns: &[String]) -> Option<Text> {
        if let Some(broken) = &self.broken {
            return Some(broken.clone());
        }
        (self.cells.len() != columns.len()).then(|| says::cell_count(self.cells.len(), columns.len()))
    }
}

fn is_blank(record: &StringRecord) -> bool {
    record.iter().all(|cell| cell.trim().is_empty())
}
