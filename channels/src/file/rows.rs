//! CSV that Excel opens as it stands: UTF-8 with a mark, every field in quotes, rows that end in CR LF, and no field that it
//! would take for a formula.

use super::append::{Format, Rest};
use super::columns::Columns;
use crate::{Message, Reason};
use rulec_plan::cell::harmless;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read};

/// By this Excel knows that Chinese is UTF-8.
const MARK: &str = "\u{feff}";
/// Within fields lines end in LF, so this is the end of a row only.
const END: &[u8] = b"\r\n";
/// The digits of a key.
const KEY_DIGITS: usize = 32;

/// One row a message, under a row with the columns' names.
pub(super) struct Rows {
    columns: Columns,
    head: Vec<u8>,
}

impl Rows {
    pub(super) fn new(columns: Columns) -> Rows {
        let mut head = MARK.as_bytes().to_vec();
        head.extend(row(columns.names().map(str::to_owned)));
        Rows { columns, head }
    }
}

impl Format for Rows {
    fn head(&self) -> &[u8] {
        &self.head
    }

    fn row_end(&self) -> &'static [u8] {
        END
    }

    fn row(&self, message: &Message) -> Result<Vec<u8>, Reason> {
        let content = message.content().filter(|content| content.key == message.key && is_key(&content.key));
        let content = content.ok_or_else(|| Reason::new("not a message", "", &[]))?;
        Ok(row(self.columns.cells(&content).map(|cell| harmless(&cell).into_owned())))
    }

    fn judge(&self, rest: &[u8]) -> Rest {
        if self.head.starts_with(rest) { Rest::Torn } else { judge(rest, self.columns.names().len()) }
    }

    /// Whether its first row names the columns, in quotes or not.
    fn fits(&self, beginning: &[u8]) -> bool {
        let beginning = beginning.strip_prefix(MARK.as_bytes()).unwrap_or(beginning);
        let first = reader(beginning).byte_records().next();
        matches!(first, Some(Ok(first)) if first.iter().eq(self.columns.names().map(str::as_bytes)))
    }

    fn find(&self, file: BufReader<&File>, keys: &HashSet<&str>) -> io::Result<HashSet<String>> {
        let mut found = HashSet::new();
        for record in reader(file).into_byte_records() {
            let record = record.map_err(io::Error::from)?;
            let key = record.iter().next_back().and_then(|key| str::from_utf8(key).ok());
            if let Some(key) = key.filter(|key| keys.contains(key)) {
                found.insert(key.to_owned());
            }
        }
        Ok(found)
    }
}

fn reader<R: Read>(from: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(from)
}

fn row(fields: impl Iterator<Item = String>) -> Vec<u8> {
    let mut row = Vec::new();
    for (place, field) in fields.enumerate() {
        row.extend(if place == 0 { "\"" } else { ",\"" }.as_bytes());
        row.extend(field.replace('"', "\"\"").as_bytes());
        row.push(b'"');
    }
    row.extend(END);
    row
}

fn is_key(text: &str) -> bool {
    text.len() == KEY_DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Where in a row of ours one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Field,
    /// Behind a quote: the field has ended, or a quote stands in it.
    Quote,
    /// Behind the CR of the row's end.
    End,
}

/// What a row without its end is, where each row of ours has so many fields, all in quotes, the last one a key.
fn judge(rest: &[u8], columns: usize) -> Rest {
    let (mut at, mut fields, mut last) = (At::FieldStart, 1, 0);
    for (place, byte) in rest.iter().enumerate() {
        at = match (at, byte) {
            (At::FieldStart, b'"') => {
                last = place + 1;
                At::Field
            }
            (At::Field, b'"') => At::Quote,
            (At::Field, _) | (At::Quote, b'"') => At::Field,
            (At::Quote, b',') if fields < columns => {
                fields += 1;
                At::FieldStart
            }
            (At::Quote, b'\r') if fields == columns => At::End,
            _ => return Rest::Foreign,
        };
    }
    // No key holds a quote, so one behind a whole key ends the row.
    let key = rest.get(last..last + KEY_DIGITS).and_then(|key| str::from_utf8(key).ok());
    let whole = matches!(at, At::Quote | At::End) && fields == columns && key.is_some_and(is_key);
    if whole { Rest::Whole(last + KEY_DIGITS + 1) } else { Rest::Torn }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulec_plan::template::Field;

    #[test]
    fn a_whole_row_is_told_from_a_torn_one_and_from_those_of_others() {
        let key = "0123456789abcdef0123456789abcdef";
        let whole = format!("\"a\",\"{key}\"");
        assert_eq!(judge(whole.as_bytes(), 2), Rest::Whole(whole.len()));
        assert_eq!(judge(format!("{whole}\r").as_bytes(), 2), Rest::Whole(whole.len()));
        for torn in
            ["\"", "\"a", "\"a\"", "\"a\"\"", "\"a\nb", "\"a\",", "\"a\",\"0123", "\"a,\"\"b\"\"\",\""]
        {
            assert_eq!(judge(torn.as_bytes(), 2), Rest::Torn, "{torn}");
        }
        for foreign in ["a", "a,b", "\"a\"\n\"b\"", "\"a\",b", "\"a\",\"b\",\"c", "\"a\"\r"] {
            assert_eq!(judge(foreign.as_bytes(), 2), Rest::Foreign, "{foreign}");
        }
    }

    #[test]
    fn a_file_fits_that_has_the_same_columns() {
        let rows = Rows::new(Columns::of(&[Field::To]));
        assert!(
            rows.fits(rows.head()) && rows.fits(b"to,key\nx") && rows.fits("\u{feff}to,key\r\n".as_bytes())
        );
        assert!(!rows.fits(b"to,message,key\r\n") && !rows.fits(b"key,to\r\n") && !rows.fits(b""));
    }
}
