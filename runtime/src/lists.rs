//! Lists that others write: CSV with a heading, or JSON lines.

use crate::diagnostics::{self, Result};
use csv::{ReaderBuilder, StringRecord, Trim};
use rulec_diagnostic::Text;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The fields of a line, by name; empty ones are left out.
pub(crate) type Fields = BTreeMap<String, String>;

/// Lines with their numbers, from 1; `None`: it is no JSON object, or has more cells than the heading. Where a line is an
/// array of objects, each of them counts as one.
pub(crate) type Lines = Vec<(u64, Option<Fields>)>;

/// Reads a list: lines of JSON if its name ends with `.jsonl`, `.ndjson` or `.json`, else CSV.
///
/// # Errors
/// `R0152` it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Lines> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if matches!(ending.to_ascii_lowercase().as_str(), "jsonl" | "ndjson" | "json") {
        json_lines(path)
    } else {
        csv_lines(path)
    }
}

fn csv_lines(path: &Path) -> Result<Lines> {
    let failed = |error: csv::Error| {
        let reason = match error.kind() {
            csv::ErrorKind::Io(error) => Text::from(error),
            csv::ErrorKind::Utf8 { .. } => Text::from(&io::Error::from(io::ErrorKind::InvalidData)),
            _ => Text::same(error.to_string()),
        };
        diagnostics::unreadable_outcomes(path, &reason)
    };
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_path(path).map_err(failed)?;
    let heading: Vec<String> = reader.headers().map_err(failed)?.iter().map(str::to_lowercase).collect();
    let mut lines = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(failed)? {
        let line = record.position().map_or(0, csv::Position::line);
        let cells = heading.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let fields = cells.map(|(name, cell)| (name.clone(), cell.to_owned())).collect();
        lines.push((line, (record.len() <= heading.len()).then_some(fields)));
    }
    Ok(lines)
}

fn json_lines(path: &Path) -> Result<Lines> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| diagnostics::unreadable_outcomes(path, &Text::from(&error)))?;
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
