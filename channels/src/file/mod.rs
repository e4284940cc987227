//! Files that somebody takes to a provider, or a program of yours reads: JSON lines, CSV or workbooks.

mod append;
mod books;
mod columns;
mod disk;
mod lines;
mod outcome;
mod places;
mod rows;
#[cfg(test)]
mod tests;

pub use places::Files;
pub(crate) use places::Taken;

use crate::diagnostics::{self as says, Result};
use crate::settings::Settings;
use crate::{Channel, Outside, Sender, Terms};
use append::{Appender, Format, Obstacle};
use books::Books;
use columns::Columns;
use lines::Lines;
use rows::Rows;
use rulec_diagnostic::{Diagnostic, Text};
use rulec_plan::time::Clock;
use std::path::PathBuf;
use std::sync::Arc;

/// How many messages are appended at once.
const LINES: usize = 10_000;
/// How many messages stand in a workbook.
const BOOK: usize = 100_000;

/// What messages are written as.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Lines,
    Rows(Columns),
    Books(Columns),
}

/// Writes messages into files.
struct FileChannel {
    name: String,
    path: PathBuf,
    shape: Shape,
    clock: Arc<dyn Clock>,
}

/// The channel that these settings describe.
pub(crate) fn open(settings: Settings<'_>) -> Result<Box<dyn Channel>> {
    let shape = match settings.text("format") {
        None | Some("jsonl") => Shape::Lines,
        Some("csv") => Shape::Rows(Columns::read(settings)?),
        Some("xlsx") => Shape::Books(Columns::read(settings)?),
        Some(_) => {
            let expected = Text::same("`jsonl`, `csv`, `xlsx`");
            return Err(settings.wrong("format", &expected));
        }
    };
    let path =
        places::path(settings.channel, settings.text("path"), settings.text("format"), settings.outside);
    Ok(FileChannel::boxed(settings.channel, path, shape, settings.outside))
}

impl FileChannel {
    fn boxed(name: &str, path: PathBuf, shape: Shape, outside: &Outside) -> Box<dyn Channel> {
        Box::new(FileChannel { name: name.to_owned(), path, shape, clock: outside.clock.clone() })
    }

    fn appender(&self, format: impl Format + 'static) -> Result<Box<dyn Sender>> {
        let mut appender = Appender::new(&self.path, format);
        appender.check().map_err(|obstacle| self.unusable(&obstacle))?;
        Ok(Box::new(appender))
    }

    fn unusable(&self, obstacle: &Obstacle) -> Box<Diagnostic> {
        match obstacle {
            Obstacle::Io(error) => says::unwritable_outbox(&self.path, error),
            Obstacle::OtherColumns => says::other_columns(&self.name, &self.path),
        }
    }
}

impl Channel for FileChannel {
    fn terms(&self) -> Terms {
        let batch = if matches!(self.shape, Shape::Books(_)) { BOOK } else { LINES };
        Terms { batch, calls: 1, honours_key: true }
    }

    fn sender(&self) -> Result<Box<dyn Sender>> {
        match &self.shape {
            Shape::Lines => self.appender(Lines),
            Shape::Rows(columns) => self.appender(Rows::new(columns.clone())),
            Shape::Books(columns) => {
                let books = Books::new(&self.path, columns.clone(), self.clock.clone());
                books.check().map_err(|error| says::unwritable_outbox(&self.path, &error))?;
                Ok(Box::new(books))
            }
        }
    }
}
