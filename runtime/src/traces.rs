//! Where a customer still stands in files beside the state: plans that were kept, what channels wrote, copies of columns.
//!
//! Files that channels write are matched by the customer's key and by the keys of her messages, so they are cleaned before
//! she is forgotten: afterwards nobody knows any more which messages were hers.

use crate::diagnostics::{self, Result};
use crate::planfile::{self, Line};
use crate::state::State;
use rulec_plan::project::{ChannelKind, Project};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// By what she is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Her key.
    pub customer: String,
    /// The keys of her messages and of what else was done for her, as hex.
    pub messages: HashSet<String>,
}

/// A file in which she stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub kind: TraceKind,
    /// How many of its lines are about her; 0 where that is not known.
    pub lines: u64,
    /// How many of them name only her messages: once those are forgotten nobody finds them any more.
    pub only_messages: u64,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraceKind {
    /// A plan that was kept.
    Plan,
    /// A plan that somebody wrote into the project's folder.
    OwnPlan,
    /// JSON lines.
    Lines,
    /// CSV.
    Rows,
    /// A workbook, which is not looked into.
    Workbook,
    /// The folder with copies of the database's columns, which is not looked into.
    Cache,
}

/// How many lines are hers, and how many of them name only her messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Hers {
    all: u64,
    only_messages: u64,
}

/// How a line says whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Customer,
    Message,
}

/// What of a line says whose it is.
#[derive(Deserialize)]
struct Whose<'a> {
    #[serde(borrow)]
    customer: Option<Cow<'a, str>>,
    #[serde(borrow)]
    key: Option<Cow<'a, str>>,
}

/// Finds all files of a project in which a customer stands.
///
/// # Errors
/// `R0252` for a file that cannot be read, `R0105`.
pub fn find(project: &Project, folder: &Path, known: &Known) -> Result<Vec<Trace>> {
    let mut traces = Vec::new();
    for (path, kind) in candidates(project, folder)? {
        let hers = match kind {
            // A file that is no plan any more, or not yet, names nobody.
            TraceKind::Plan | TraceKind::OwnPlan => lines_of_plan(&path, known).unwrap_or_default(),
            TraceKind::Lines => {
                let mut hers = Hers::default();
                read(&path)?
                    .split_inclusive('\n')
                    .filter_map(|line| known.in_line(line))
                    .for_each(|by| hers.add(by));
                hers
            }
            TraceKind::Rows => Rows::of(&read(&path)?, known).hers,
            TraceKind::Workbook | TraceKind::Cache => Hers::default(),
        };
        if hers.all > 0 || matches!(kind, TraceKind::Workbook | TraceKind::Cache) {
            traces.push(Trace { path, kind, lines: hers.all, only_messages: hers.only_messages });
        }
    }
    Ok(traces)
}

/// Takes her out of a file: writes it anew without her lines, or deletes it if it is a plan that was kept. Plans that
/// somebody wrote, workbooks and copies stay.
/// To be done while nobody sends.
///
/// # Errors
/// `R0252`.
pub fn erase(trace: &Trace, known: &Known) -> Result<()> {
    let rest = match trace.kind {
        TraceKind::Plan => {
            return fs::remove_file(&trace.path)
                .map_err(|error| diagnostics::trace_file(&trace.path, &error));
        }
        TraceKind::Lines => {
            read(&trace.path)?.split_inclusive('\n').filter(|line| known.in_line(line).is_none()).collect()
        }
        TraceKind::Rows => Rows::of(&read(&trace.path)?, known).rest,
        TraceKind::OwnPlan | TraceKind::Workbook | TraceKind::Cache => return Ok(()),
    };
    replace(&trace.path, &rest).map_err(|error| diagnostics::trace_file(&trace.path, &error))
}

impl Hers {
    fn add(&mut self, by: Says) {
        self.all += 1;
        self.only_messages += u64::from(by == Says::Message);
    }
}

impl Known {
    /// How this says that it is hers, if it is.
    fn by(&self, customer: Option<&str>, key: Option<&str>) -> Option<Says> {
        if customer == Some(self.customer.as_str()) {
            return Some(Says::Customer);
        }
        key.filter(|key| self.messages.contains(*key)).map(|_| Says::Message)
    }

    fn in_line(&self, line: &str) -> Option<Says> {
        let whose = serde_json::from_str::<Whose<'_>>(line).ok()?;
        self.by(whose.customer.as_deref(), whose.key.as_deref())
    }
}

/// The files that may name customers.
fn candidates(project: &Project, folder: &Path) -> Result<BTreeMap<PathBuf, TraceKind>> {
    let state = State::path_of(project, folder)?;
    let mut all = BTreeMap::new();
    for (place, kind) in
        [(folder.to_owned(), TraceKind::OwnPlan), (state.with_file_name("plans"), TraceKind::Plan)]
    {
        let files = files_in(&place)?.into_iter();
        let plans = files.filter(|path| path.extension().is_some_and(|ending| ending == "plan"));
        all.extend(plans.map(|path| (path, kind)));
    }
    for path in files_in(&state.with_file_name("outbox"))? {
        let kind = match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => TraceKind::Rows,
            Some("xlsx") => TraceKind::Workbook,
            _ => TraceKind::Lines,
        };
        all.insert(path, kind);
    }
    for channel in project.channels.values().filter(|channel| channel.kind == ChannelKind::File) {
        let Some(path) = channel.settings.get("path").map(|path| folder.join(path)) else { continue };
        match channel.settings.get("format").map(String::as_str) {
            Some("xlsx") => {
                let beside = files_in(path.parent().unwrap_or(folder))?;
                let books =
                    beside.into_iter().filter(|file| file.extension().is_some_and(|end| end == "xlsx"));
                all.extend(books.map(|book| (book, TraceKind::Workbook)));
            }
            format if path.is_file() => {
                all.insert(path, if format == Some("csv") { TraceKind::Rows } else { TraceKind::Lines });
            }
            _ => {}
        }
    }
    let cache = folder.join(".rulec/cache");
    if cache.is_dir() {
        all.insert(cache, TraceKind::Cache);
    }
    Ok(all)
}

/// The files of a folder; none if there is no folder.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: io::Error| diagnostics::trace_file(folder, &error);
    match fs::read_dir(folder) {
        Ok(entries) => {
            let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>();
            Ok(paths.map_err(failed)?.into_iter().filter(|path| path.is_file()).collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

fn lines_of_plan(path: &Path, known: &Known) -> Result<Hers> {
    let mut hers = Hers::default();
    for line in planfile::read(path)? {
        let is_hers = match line? {
            Line::Decision(one) => one.customer == known.customer,
            Line::Ended(one) => one.customer == known.customer,
            Line::Chain(one) => one.customer == known.customer,
            Line::Member(one) => one.customer == known.customer,
        };
        if is_hers {
            hers.add(Says::Customer);
        }
    }
    Ok(hers)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| diagnostics::trace_file(path, &error))
}

/// A table without her.
struct Rows {
    hers: Hers,
    rest: String,
}

impl Rows {
    /// Byte for byte what it was, but for her rows.
    fn of(text: &str, known: &Known) -> Rows {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let Ok(heading) = reader.headers().cloned() else {
            return Rows { hers: Hers::default(), rest: text.to_owned() };
        };
        let place = |name| heading.iter().position(|cell| cell.trim_start_matches('\u{feff}') == name);
        let (customer, key) = (place("customer"), place("key"));
        let (mut hers, mut rest, mut copied) = (Hers::default(), String::with_capacity(text.len()), 0);
        let mut row = csv::StringRecord::new();
        while let Ok(true) = reader.read_record(&mut row) {
            let cell = |place: Option<usize>| place.and_then(|place| row.get(place));
            if let Some(by) = known.by(cell(customer), cell(key)) {
                let begins = row.position().map_or(copied, |position| offset(position.byte()));
                rest.push_str(text.get(copied..begins).unwrap_or_default());
                copied = offset(reader.position().byte());
                hers.add(by);
            }
        }
        rest.push_str(text.get(copied..).unwrap_or_default());
        Rows { hers, rest }
    }
}

fn offset(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Puts a text in place of a file, with the same rights, so that there is always either of them.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(path)?.permissions()))
        .and_then(|()| fs::File::open(&beside)?.sync_all())
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // The first error says what is wrong; what is left over is of no use.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Folder, World};

    fn known() -> Known {
        Known { customer: "7".to_owned(), messages: ["k2".to_owned()].into() }
    }

    #[test]
    fn her_lines_are_found_and_taken_out_and_no_others() {
        let folder = Folder::new();
        let outbox = folder.join(".rulec/outbox");
        fs::create_dir_all(&outbox).unwrap();
        let lines = "{\"key\":\"k1\",\"customer\":\"70\"}\n{\"key\":\"k0\",\"customer\":\"7\"}\nno json\n";
        fs::write(outbox.join("sms.jsonl"), lines).unwrap();
        let rows = "\u{feff}to,message,key\r\n138,\"a\nb\",k1\r\n139,\"c\n7\",k2\r\n137,d,k3\r\n";
        fs::write(outbox.join("app.csv"), rows).unwrap();
        let project = World::new(0).project;
        let found = find(&project, folder.path(), &known()).unwrap();
        let told: Vec<_> = found.iter().map(|trace| (trace.kind, trace.lines, trace.only_messages)).collect();
        assert_eq!(told, [(TraceKind::Rows, 1, 1), (TraceKind::Lines, 1, 0)]);
        found.iter().for_each(|trace| erase(trace, &known()).unwrap());
        let read = |name| fs::read_to_string(outbox.join(name)).unwrap();
        assert_eq!(read("sms.jsonl"), "{\"key\":\"k1\",\"customer\":\"70\"}\nno json\n");
        assert_eq!(read("app.csv"), "\u{feff}to,message,key\r\n138,\"a\nb\",k1\r\n137,d,k3\r\n");
        assert_eq!(find(&project, folder.path(), &known()).unwrap(), []);
        assert_eq!(fs::read_dir(&outbox).unwrap().count(), 2);
    }
}
