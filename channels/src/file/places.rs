//! Which files a project writes into, and which it may not.

use super::{FileChannel, Shape};
use crate::diagnostics::{self as says, Result};
use crate::{Channel, Outside};
use rulec_plan::project::{self, ChannelKind};
use std::path::{Path, PathBuf};

/// The files, without their ending, of what rules do beside sending messages.
const DEEDS: [&str; 3] = ["tags", "tasks", "points"];
/// What SQLite puts behind the name of a database for the files beside it.
const SIDE_FILES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// The project file, and the ending of files with rules.
const SOURCES: (&str, &str) = ("rulec.toml", "rules");
/// Endings of tables, as codes and lists of customers are.
const TABLES: [&str; 2] = ["csv", "xlsx"];

/// The files that a project has beside those of its channels.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// Where they are.
    pub outside: &'a Outside,
    /// The file of the state.
    pub state: &'a Path,
    /// The `[database] url` of the project.
    pub database: &'a str,
}

/// What a file is into which no channel may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Folder,
    Customers,
    State,
    /// Tags, tasks or points.
    Deeds,
    /// The project file, or rules.
    Source,
    /// A table by its name, which lines are none of.
    Table,
}

impl Files<'_> {
    /// Whether this channel writes into no file that is something else. To be asked before anything is recorded.
    ///
    /// # Errors
    /// `R0127` if its file is a folder, the state, the customer database, the file of deeds, the project file, one of rules, or
    /// by its name a table where the channel writes lines.
    pub fn check(&self, name: &str, channel: &project::Channel) -> Result<()> {
        if channel.kind != ChannelKind::File {
            return Ok(());
        }
        let setting = |key| channel.settings.get(key).map(String::as_str);
        let file = path(name, setting("path"), setting("format"), self.outside);
        let is_lines = matches!(setting("format"), None | Some("jsonl"));
        let table = (is_lines && TABLES.iter().any(|ending| ends_in(&file, ending))).then_some(Taken::Table);
        match self.taken(&file).or(table) {
            Some(taken) => Err(says::taken_file(name, &file, taken)),
            None => Ok(()),
        }
    }

    /// The channel of what rules do beside sending messages: `tags`, `tasks` or `points`, a JSON line each in
    /// `outbox/NAME.jsonl`.
    pub fn deeds(&self, name: &str) -> Box<dyn Channel> {
        FileChannel::boxed(name, in_outbox(name, None, self.outside), Shape::Lines, self.outside)
    }

    fn taken(&self, file: &Path) -> Option<Taken> {
        if file.is_dir() {
            return Some(Taken::Folder);
        }
        let file = resolved(file);
        if is_of_database(&file, self.state) {
            return Some(Taken::State);
        }
        let customers = self.database.strip_prefix("sqlite:");
        if customers.is_some_and(|path| is_of_database(&file, &self.outside.folder.join(path))) {
            return Some(Taken::Customers);
        }
        if ends_in(&file, SOURCES.1) || file == resolved(&self.outside.folder.join(SOURCES.0)) {
            return Some(Taken::Source);
        }
        let is_deeds = |name: &&str| file == resolved(&in_outbox(name, None, self.outside));
        DEEDS.iter().any(is_deeds).then_some(Taken::Deeds)
    }
}

/// The file of a channel: its `path` in the project's folder, else one of its name in the outbox.
pub(super) fn path(channel: &str, path: Option<&str>, format: Option<&str>, outside: &Outside) -> PathBuf {
    match path {
        Some(path) => outside.folder.join(path),
        None => in_outbox(channel, format, outside),
    }
}

fn in_outbox(name: &str, format: Option<&str>, outside: &Outside) -> PathBuf {
    outside.outbox.join(format!("{name}.{}", format.unwrap_or("jsonl")))
}

fn ends_in(file: &Path, ending: &str) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}

/// Whether this is the database or one of the files beside it.
fn is_of_database(file: &Path, database: &Path) -> bool {
    let database = resolved(database);
    SIDE_FILES.iter().any(|ending| {
        let mut name = database.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        *file == database.with_file_name(name)
    })
}

/// The same path for the same file, however it is written, also where the file or its folder is not there yet.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => resolved(folder).join(name),
        _ => path.to_owned(),
    }
}
