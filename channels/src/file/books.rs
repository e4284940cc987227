//! Workbooks for the upload page of a provider. A workbook cannot be appended to, so each call writes a new one,
//! `NAME-KEY.xlsx` with the first digits of its first key. It gets its name once all of it is on the disk, so there are no
//! torn ones. Messages that may have been handed over before are looked for in the channel's workbooks first.

use super::columns::Columns;
use super::disk;
use super::outcome::{self, Lost};
use crate::failpoint;
use crate::{Delivery, Message, Reason, Sender};
use calamine::{Data, Reader, Xlsx};
use rulec_plan::template::Field;
use rulec_plan::time::{Clock, SECOND};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A cell has no more letters, as UTF-16 counts them.
const LETTERS: usize = 32_767;
/// How many digits of a key stand in a name.
const DIGITS: usize = 12;
/// What stands behind the name of a workbook that is being written, a point before it.
const UNFINISHED: &str = ".part";
/// How wide a column is, in digits.
const WIDTH: f64 = 16.0;

/// The workbooks of one channel.
pub(super) struct Books {
    /// As the project file says it; the names of workbooks come from it.
    path: PathBuf,
    columns: Columns,
    clock: Arc<dyn Clock>,
}

impl Books {
    pub(super) fn new(path: &Path, columns: Columns, clock: Arc<dyn Clock>) -> Books {
        Books { path: path.to_owned(), columns, clock }
    }

    /// Removes what a process that died has left unfinished.
    pub(super) fn check(&self) -> io::Result<()> {
        for path in self.files()?.iter().filter(|path| self.is_ours(path, UNFINISHED)) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Hands over all, unless nothing can be; says of each how that went, in order.
    fn add(&self, messages: &[Message]) -> io::Result<Vec<Delivery>> {
        let there = self.find(messages)?;
        let (mut rows, mut deliveries, mut first) = (Vec::new(), Vec::with_capacity(messages.len()), None);
        for message in messages {
            let row = if there.contains(&message.key) { Ok(None) } else { self.row(message).map(Some) };
            deliveries.push(match row {
                Ok(row) => {
                    first = first.or(row.is_some().then_some(message.key.as_str()));
                    rows.extend(row);
                    Delivery::Taken { id: None }
                }
                Err(reason) => Delivery::Refused(reason),
            });
        }
        let written = match first {
            Some(first) => self.write(first, &rows),
            // Those that were found may have got their name just before the power failed.
            None => disk::sync_folder_of(&self.path).map_err(Lost::perhaps),
        };
        Ok(outcome::of_call(deliveries, messages, written))
    }

    fn row(&self, message: &Message) -> Result<Vec<String>, Reason> {
        let content = message.content().filter(|content| content.key == message.key);
        let content = content.ok_or_else(|| Reason::new("not a message", "", &[]))?;
        let cells: Vec<_> = self.columns.cells(&content).collect();
        if cells.iter().any(|cell| cell.encode_utf16().count() > LETTERS) {
            return Err(Reason::new("too long", "", &[]));
        }
        Ok(cells)
    }

    /// Those of the messages that may have been handed over before and are in a workbook.
    fn find(&self, messages: &[Message]) -> io::Result<HashSet<String>> {
        let keys = outcome::doubtful_keys(messages);
        let mut found = HashSet::new();
        if keys.is_empty() {
            return Ok(found);
        }
        for path in self.files()?.iter().filter(|path| self.is_ours(path, "")) {
            found.extend(self::keys(path)?.into_iter().filter(|key| keys.contains(key.as_str())));
        }
        Ok(found)
    }

    /// The files of the folder, by name; none if there is no folder yet.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(disk::folder_of(&self.path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        files.sort();
        Ok(files)
    }

    /// Whether this is a workbook of ours, `NAME-DIGITS.xlsx` or `NAME-DIGITS-2.xlsx`, `end` behind its name.
    fn is_ours(&self, path: &Path, end: &str) -> bool {
        let (stem, extension) = self.name();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(end));
        let inner = name
            .map(|name| if end.is_empty() { name } else { name.trim_start_matches('.') })
            .and_then(|name| name.strip_prefix(stem)?.strip_prefix('-'))
            .and_then(|name| name.strip_suffix(extension)?.strip_suffix('.'));
        let Some((digits, number)) = inner.and_then(|inner| inner.split_at_checked(DIGITS)) else {
            return false;
        };
        digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            && (number.is_empty()
                || number.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok()))
    }

    fn name(&self) -> (&str, &str) {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("messages");
        let extension = self.path.extension().and_then(|extension| extension.to_str()).unwrap_or("xlsx");
        (stem, extension)
    }

    /// Writes a workbook; when this returns without an error it is on the disk, under a name that nobody had.
    fn write(&self, first: &str, rows: &[Vec<String>]) -> Result<(), Lost> {
        let (name, unfinished) = self.names(first);
        let filled = self.fill(&unfinished, rows).and_then(|()| {
            failpoint::reach("book-written")?;
            fs::rename(&unfinished, &name)
        });
        if let Err(error) = filled {
            // It has no name that anybody reads; what is left of it is removed when the channel is opened next.
            drop(fs::remove_file(&unfinished));
            return Err(Lost::surely(error));
        }
        failpoint::reach("book-named").and_then(|()| disk::sync_folder_of(&name)).map_err(Lost::perhaps)
    }

    /// The name that a workbook will have, and the one until then.
    fn names(&self, first: &str) -> (PathBuf, PathBuf) {
        let (stem, extension) = self.name();
        let digits: String = first.chars().filter(char::is_ascii_hexdigit).take(DIGITS).collect();
        let mut number = 1;
        loop {
            let behind = if number == 1 { String::new() } else { format!("-{number}") };
            let name = format!("{stem}-{digits}{behind}.{extension}");
            let path = self.path.with_file_name(&name);
            if !path.exists() {
                return (path, self.path.with_file_name(format!(".{name}{UNFINISHED}")));
            }
            number += 1;
        }
    }

    fn fill(&self, path: &Path, rows: &[Vec<String>]) -> io::Result<()> {
        let mut workbook = Workbook::new();
        self.compose(&mut workbook, rows).map_err(io_error)?;
        let file = disk::create(path)?;
        workbook.save_to_writer(&file).map_err(io_error)?;
        file.sync_all()
    }

    fn compose(&self, workbook: &mut Workbook, rows: &[Vec<String>]) -> Result<(), XlsxError> {
        // Else the library asks the system for the time.
        let created = ExcelDateTime::from_timestamp(self.clock.now().0 / SECOND)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let bold = Format::new().set_bold();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, name) in (0..).zip(self.columns.names()) {
            sheet.set_column_width(column, WIDTH)?;
            sheet.write_string_with_format(0, column, name, &bold)?;
        }
        for (row, cells) in (1..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(row, column, cell)?;
            }
        }
        Ok(())
    }
}

impl Sender for Books {
    fn send(&mut self, messages: &[Message]) -> Vec<Delivery> {
        self.add(messages).unwrap_or_else(|error| {
            messages.iter().map(|message| outcome::not_taken(&error, message.again)).collect()
        })
    }
}

/// The keys in a workbook: what stands under `key` in its first sheet.
fn keys(path: &Path) -> io::Result<Vec<String>> {
    let unreadable = |error: calamine::XlsxError| match error {
        calamine::XlsxError::Io(error) => error,
        error => io::Error::new(io::ErrorKind::InvalidData, error),
    };
    let mut workbook = Xlsx::new(BufReader::new(File::open(path)?)).map_err(unreadable)?;
    let Some(range) = workbook.worksheet_range_at(0) else { return Ok(Vec::new()) };
    let range = range.map_err(unreadable)?;
    let mut rows = range.rows();
    let is_key = |cell: &Data| matches!(cell, Data::String(name) if name == Field::Key.name());
    let Some(column) = rows.next().and_then(|names| names.iter().position(is_key)) else {
        return Ok(Vec::new());
    };
    let key = |row: &[Data]| row.get(column).map(Data::to_string);
    Ok(rows.filter_map(key).collect())
}

fn io_error(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error),
    }
}
