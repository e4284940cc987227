//! Decisions as comma-separated values that Excel opens as they stand: UTF-8 with a mark, lines that end in CR LF, and no cell
//! that it would take for a formula.

use super::{Cell, Columns, Decisions, View};
use crate::outcome::Stop;
use rulec_plan::cell::harmless;
use std::io::{self, Write};

/// By this Excel knows that Chinese is UTF-8.
const MARK: &str = "\u{feff}";

pub fn write(out: &mut dyn Write, view: View<'_>, decisions: Decisions<'_, '_>) -> Result<(), Stop> {
    let columns = Columns::new(view.header);
    begin(out, columns.names())?;
    for decision in decisions {
        let decision = decision?;
        let Some(cells) = columns.cells(view, &decision) else { continue };
        write_row(
            out,
            cells.iter().map(|cell| match cell {
                Cell::Empty => String::new(),
                Cell::Text(text) => harmless(text).into_owned(),
                Cell::Number(digits) => digits.clone(),
            }),
        )?;
    }
    Ok(())
}

/// Begins a file with these columns.
pub fn begin(out: &mut dyn Write, columns: &[impl AsRef<str>]) -> io::Result<()> {
    out.write_all(MARK.as_bytes())?;
    write_row(out, columns.iter().map(|name| harmless(name.as_ref()).into_owned()))
}

/// Writes a row of texts, made harmless.
pub fn write_texts(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    write_row(out, cells.iter().map(|cell| harmless(cell).into_owned()))
}

fn write_row(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.write_all(b",")?;
        }
        if cell.contains([',', '"', '\r', '\n']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut out = Vec::new();
        let cells = ["a", "b,c", "d\"e", "f\ng"].map(str::to_owned);
        write_row(&mut out, cells.into_iter()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a,\"b,c\",\"d\"\"e\",\"f\ng\"\r\n");
    }
}
