//! Lists that others write: tables with a heading, or JSON lines.

use crate::diagnostics;
use rulec_diagnostic::codes::run;
use rulec_diagnostic::{Diagnostic, Text};
use rulec_import::Table;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The fields of a line, by name; empty ones are left out.
pub(crate) type Fields = BTreeMap<String, String>;

/// Lines with their numbers, from 1; `None`: it is no JSON object, or has more cells than the heading. Where a line is an
/// array of objects, each of them counts as one.
pub(crate) type Lines = Vec<(u64, Option<Fields>)>;

/// Reads a list: lines of JSON if its name ends with `.jsonl`, `.ndjson` or `.json`, else a table, as an import reads it.
///
/// # Errors
/// `R0152` it cannot be read; what `rulec_import` says of a table.
pub(crate) fn read(path: &Path) -> Result<Lines, Vec<Diagnostic>> {
    let unreadable = |error: &io::Error| vec![*diagnostics::unreadable_outcomes(path, &Text::from(error))];
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if matches!(ending.to_ascii_lowercase().as_str(), "jsonl" | "ndjson" | "json") {
        return json_lines(path).map_err(|error| unreadable(&error));
    }
    // A list of nothing has nothing to say, not even what its columns are.
    if File::open(path).and_then(|file| file.metadata()).map_err(|error| unreadable(&error))?.len() == 0 {
        return Ok(Vec::new());
    }
    let table = Table::read(path).map_err(|found| {
        let is_text = found.iter().all(|one| one.code != run::LIST_ENCODING);
        if is_text { found } else { unreadable(&ErrorKind::InvalidData.into()) }
    })?;
    Ok(lines(table))
}

fn lines(table: Table) -> Lines {
    let heading: Vec<String> = table.heading.iter().map(|name| name.to_lowercase()).collect();
    let fields = |cells: Vec<String>| {
        let fits = cells.len() <= heading.len();
        let cells = heading.iter().cloned().zip(cells).filter(|(_, cell)| !cell.is_empty());
        fits.then(|| cells.collect())
    };
    table.rows.into_iter().map(|(line, cells)| (line, cells.and_then(fields))).collect()
}

fn json_lines(path: &Path) -> io::Result<Lines> {
    let text = std::fs::read_to_string(path)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    Ok(lines
        .flat_map(|(number, line)| objects(line).into_iter().map(move |fields| (number, fields)))
        .collect())
}

fn objects(line: &str) -> Vec<Option<Fields>> {
    match serde_json::from_str(line) {
        Ok(serde_json::Value::Array(all)) => all.into_iter().map(fields).collect(),
        Ok(one) => vec![fields(one)],
        Err(_) => vec![None],
    }
}

fn fields(value: serde_json::Value) -> Option<Fields> {
    let serde_json::Value::Object(object) = value else { return None };
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Some(object.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect())
}
