//! Where plans and lists are written: never over a file that is something else.

use crate::args::PlanFormat;
use crate::console::BUFFER;
use crate::diagnostics;
use crate::language::Words;
use crate::outcome::Stop;
use rulec_runtime::planfile;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// Refuses a file that exists and is not what this command wrote in this format: a slip of the finger must not cost a shop
/// its database.
pub fn spare_other_files(path: &Path, format: Option<PlanFormat>) -> Result<(), Stop> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(()) };
    let starts_with = |start: &[u8]| {
        let mut bytes = vec![0; start.len()];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
        read.is_ok() && bytes == start
    };
    let (name, ours) = match format {
        None => (Words::new("plan", "计划"), path != Path::new("-") && planfile::read(path).is_ok()),
        // A pipe or a terminal loses nothing.
        Some(_) if !found.is_file() && !found.is_dir() => return Ok(()),
        Some(PlanFormat::Summary) => (Words::new("summary", "概要"), false),
        Some(PlanFormat::Json) => {
            (Words::new("summary", "概要"), starts_with(b"{\n  \"version\"") || starts_with(b"{\"version\""))
        }
        Some(PlanFormat::Jsonl) => (Words::new("list", "清单"), starts_with(b"{\"customer\"")),
        Some(PlanFormat::Csv) => (Words::new("list", "清单"), starts_with("\u{feff}customer,".as_bytes())),
        Some(PlanFormat::Xlsx) => (Words::new("workbook", "工作簿"), starts_with(b"PK\x03\x04")),
    };
    if ours || found.is_file() && found.len() == 0 {
        return Ok(());
    }
    Err(diagnostics::not_our_file(path.display(), &name).into())
}

/// Fills a file; trouble with it is told with its name.
pub fn write_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Stop>) -> Result<(), Stop> {
    let trouble = |error: &io::Error| Stop::from(diagnostics::cannot_write(path.display(), error));
    let mut file = BufWriter::with_capacity(BUFFER, File::create(path).map_err(|error| trouble(&error))?);
    match fill(&mut file) {
        Err(Stop::Output(error)) => return Err(trouble(&error)),
        other => other?,
    }
    file.flush().map_err(|error| trouble(&error))
}
