//! CSV, TSV and their like.

use super::decode::{self, BadText, Decoded};
use super::{FirstRow, Row, Visit, is_blank};
use crate::diagnostics as says;
use crate::{Options, Result};
use csv::{Reader, ReaderBuilder, StringRecord};
use encoding_rs::Encoding;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

/// What may stand between two cells; the first wins where none is more frequent.
const DELIMITERS: &[u8] = b",\t;|";
/// The start of a file in which its delimiter is looked for, in bytes.
const SNIFFED: u64 = 64 * 1024;

/// The text of a file from some line on.
type Rest = BufReader<Decoded>;

/// A text file with one row a line.
pub(crate) struct Delimited {
    pub(super) name: String,
    path: PathBuf,
    pub(super) encoding: &'static Encoding,
    pub(super) delimiter: u8,
    /// The line on which the header begins, or one above it.
    header_row: u64,
}

impl Delimited {
    pub(super) fn open(options: &Options, name: String) -> Result<Delimited> {
        let encoding = match &options.encoding {
            Some(label) => told_encoding(label, options, &name)?,
            None => decode::detect(&options.file)
                .map_err(|error| vec![says::unreadable(&name, &error)])?
                .map_err(|faults| vec![says::no_encoding(&name, faults)])?,
        };
        let (path, header_row) = (options.file.clone(), options.header_row.unwrap_or(1));
        let mut file = Delimited { name, path, encoding, delimiter: b',', header_row };
        file.delimiter = match options.delimiter {
            Some(told) => u8::try_from(told)
                .ok()
                .filter(|byte| byte.is_ascii() && !b"\"\r\n".contains(byte))
                .ok_or_else(|| vec![says::delimiter(told)])?,
            None => file.sniff()?,
        };
        Ok(file)
    }

    /// The delimiter that the header has most of, outside quotes; tab for a file that is named so.
    fn sniff(&self) -> Result<u8> {
        let name = self.name.to_ascii_lowercase();
        if [".tsv", ".tsv.gz", ".tab", ".tab.gz"].iter().any(|ending| name.ends_with(ending)) {
            return Ok(b'\t');
        }
        let mut header = String::new();
        let mut text = BufReader::new(self.text()?.take(SNIFFED));
        let mut line = 0;
        while line < self.header_row || header.trim().is_empty() {
            header.clear();
            line += 1;
            if self.checked(text.read_line(&mut header))? == 0 {
                break;
            }
        }
        let unquoted: String = header.split('"').step_by(2).collect();
        let count = |delimiter: &u8| unquoted.bytes().filter(|byte| byte == delimiter).count();
        // The last of the most frequent would win, so the favourite comes last.
        Ok(DELIMITERS.iter().rev().copied().max_by_key(count).unwrap_or(b','))
    }

    fn text(&self) -> Result<Decoded> {
        Ok(Decoded::new(self.checked(decode::bytes(&self.path))?, self.encoding))
    }

    fn checked<T>(&self, result: io::Result<T>) -> Result<T> {
        result.map_err(|error| {
            vec![match BadText::from(&error) {
                Some(bad) => says::bad_text(&self.name, bad, self.encoding.name()),
                None => says::unreadable(&self.name, &error),
            }]
        })
    }

    /// Reads from the line of the header on.
    fn reader(&self) -> Result<Reader<Rest>> {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.delimiter).has_headers(false).flexible(true);
        let mut text = BufReader::new(self.text()?);
        let mut above = String::new();
        for _ in 1..self.header_row {
            above.clear();
            if self.checked(text.read_line(&mut above))? == 0 {
                break;
            }
        }
        Ok(builder.from_reader(text))
    }

    /// The next row that is not blank, and its line.
    fn next(&self, reader: &mut Reader<Rest>, record: &mut StringRecord) -> Result<Option<u64>> {
        loop {
            let read = reader.read_record(record).map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) => error,
                other => io::Error::other(format!("{other:?}")),
            });
            if !self.checked(read)? {
                return Ok(None);
            }
            if !is_blank(record) {
                let line = record.position().map_or(0, csv::Position::line);
                return Ok(Some(line + self.header_row - 1));
            }
        }
    }

    pub(super) fn first_rows(&self, most: usize) -> Result<Vec<FirstRow>> {
        let (mut reader, mut record) = (self.reader()?, StringRecord::new());
        let mut rows = Vec::new();
        let mut line = self.next(&mut reader, &mut record)?;
        while let Some(at) = line.filter(|_| rows.len() < most) {
            rows.push(FirstRow::new(at, &record));
            line = self.next(&mut reader, &mut record)?;
        }
        Ok(rows)
    }

    pub(super) fn each_row(&self, visit: &mut Visit<'_>) -> Result<()> {
        let mut reader = self.reader()?;
        let (mut record, mut following) = (StringRecord::new(), StringRecord::new());
        self.next(&mut reader, &mut record)?;
        let mut line = self.next(&mut reader, &mut record)?;
        while let Some(at) = line {
            line = self.next(&mut reader, &mut following)?;
            let unclosed = line.is_none() && self.ends_in_quotes(&record)?;
            visit(&Row { line: at, cells: &record, broken: unclosed.then(says::unclosed_quote) })?;
            std::mem::swap(&mut record, &mut following);
        }
        Ok(())
    }

    /// Whether the file ended inside the quotes of its last row. The csv crate takes that without a word; but then the last
    /// cell goes over several lines, and the file has an odd number of quotes.
    fn ends_in_quotes(&self, last: &StringRecord) -> Result<bool> {
        let open = last.iter().next_back().is_some_and(|cell| cell.contains('\n'));
        if !open {
            return Ok(false);
        }
        let quotes = self.checked(count_quotes(self.text()?))?;
        Ok(quotes % 2 == 1)
    }
}

fn count_quotes(text: Decoded) -> io::Result<usize> {
    let mut text = BufReader::new(text);
    let mut quotes = 0;
    loop {
        let chunk = text.fill_buf()?;
        if chunk.is_empty() {
            return Ok(quotes);
        }
        quotes += chunk.iter().filter(|byte| **byte == b'"').count();
        let used = chunk.len();
        text.consume(used);
    }
}

/// The encoding of this name, if all of the file is text in it.
fn told_encoding(label: &str, options: &Options, name: &str) -> Result<&'static Encoding> {
    let encoding =
        Encoding::for_label(label.as_bytes()).ok_or_else(|| vec![says::unknown_encoding(label)])?;
    let fault = decode::first_fault(&options.file, encoding);
    match fault.map_err(|error| vec![says::unreadable(name, &error)])? {
        Some(bad) => Err(vec![says::bad_text(name, bad, encoding.name())]),
        None => Ok(encoding),
    }
}
