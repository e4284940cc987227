//! Where what is to be sent goes.

mod file;

pub(crate) use file::FileChannel;

use crate::diagnostics::{self, Result};
use crate::planfile::{ActionKind, Header};
use rulec_plan::project::{ChannelKind, Project};
use std::path::{Path, PathBuf};

/// The files, without their ending, of what rules do beside sending messages.
const DEEDS: [&str; 3] = ["tags", "tasks", "points"];

/// What SQLite puts behind the name of a database for the files beside it.
const SIDE_FILES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// The files into which a project sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outlets<'a> {
    pub(crate) project: &'a Project,
    /// The project's folder.
    pub(crate) folder: &'a Path,
    /// The file of the state.
    pub(crate) state: &'a Path,
}

/// What a file is into which no channel may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Folder,
    Customers,
    State,
    /// Tags, tasks or points.
    Deeds,
}

impl Outlets<'_> {
    /// Whether all that the plan wants sent can be.
    pub(crate) fn check(&self, header: &Header) -> Result<()> {
        let actions = header.rules.values().flat_map(|rule| {
            let later = rule.follow_ups.iter().flat_map(|follow_up| &follow_up.actions);
            rule.actions.iter().chain(later)
        });
        for action in actions.filter(|action| action.count > 0) {
            let ActionKind::Send { channel, .. } = &action.kind else { continue };
            match self.project.channels.get(channel).map(|channel| channel.kind) {
                Some(ChannelKind::File) => self.check_file(channel)?,
                Some(ChannelKind::Webhook) => {
                    return Err(diagnostics::unsupported_channel(channel, "webhook"));
                }
                Some(ChannelKind::Smtp) => return Err(diagnostics::unsupported_channel(channel, "smtp")),
                Some(ChannelKind::Wecom) => return Err(diagnostics::unsupported_channel(channel, "wecom")),
                None => return Err(diagnostics::no_such_channel(channel)),
            }
        }
        Ok(())
    }

    /// The file of a message's channel (its `path` in the project's folder, else `outbox/CHANNEL.jsonl` beside the
    /// state), or of what else a rule does: `outbox/tags.jsonl`, `outbox/tasks.jsonl`, `outbox/points.jsonl`.
    pub(crate) fn file_of(&self, kind: &str, channel: Option<&str>) -> PathBuf {
        let named = channel.and_then(|channel| self.project.channels.get(channel)?.settings.get("path"));
        match (named, channel, kind) {
            (Some(path), _, _) => self.folder.join(path),
            (None, Some(channel), _) => self.in_outbox(channel),
            (None, None, "tag" | "untag") => self.in_outbox("tags"),
            (None, None, "task") => self.in_outbox("tasks"),
            (None, None, other) => self.in_outbox(other),
        }
    }

    fn in_outbox(&self, name: &str) -> PathBuf {
        self.state.with_file_name("outbox").join(format!("{name}.jsonl"))
    }

    fn check_file(&self, channel: &str) -> Result<()> {
        let file = self.file_of("send", Some(channel));
        match self.taken(&file) {
            Some(taken) => Err(diagnostics::taken_file(channel, &file, taken)),
            None => Ok(()),
        }
    }

    fn taken(&self, file: &Path) -> Option<Taken> {
        if file.is_dir() {
            return Some(Taken::Folder);
        }
        let file = resolved(file);
        if is_of_database(&file, self.state) {
            return Some(Taken::State);
        }
        let customers = self.project.database.strip_prefix("sqlite:");
        if customers.is_some_and(|path| is_of_database(&file, &self.folder.join(path))) {
            return Some(Taken::Customers);
        }
        DEEDS.iter().any(|name| file == resolved(&self.in_outbox(name))).then_some(Taken::Deeds)
    }
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
