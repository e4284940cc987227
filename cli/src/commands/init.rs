//! `rulec init`: writes a project file by looking at a database.

use crate::args::Init;
use crate::context::{PROJECT_FILE, Session, slashed};
use crate::diagnostics;
use crate::draw::clean;
use crate::init::guess;
use crate::init::write::{Setting, example_rule, project_file};
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Text;
use rulec_engine::SqliteEngine;
use std::io::Write;
use std::path::{Path, PathBuf};

/// So many rows of each table are looked at.
const SAMPLE: u32 = 10_000;
const EXAMPLE: &str = "rules/example.rules";
const ENDINGS: [&str; 3] = ["db", "sqlite", "sqlite3"];

pub fn run(session: &mut Session, args: &Init) -> Result<Exit, Stop> {
    let root = session.directory().to_owned();
    let root = std::path::absolute(&root).map_err(|error| diagnostics::unreadable_file(&root, &error))?;
    let database = match &args.database {
        Some(written) => session.path(written),
        None => only_database(&root)?,
    };
    let (project, example) = (root.join(PROJECT_FILE), root.join(EXAMPLE));
    if project.exists() && !args.force {
        return Err(diagnostics::would_overwrite(Path::new(PROJECT_FILE)).into());
    }
    let shape = SqliteEngine::open(&database)?.introspect(SAMPLE)?;
    let Some(proposal) = guess::guess(&shape.tables) else {
        let names: Vec<&str> = shape.tables.iter().map(|table| table.name.as_str()).collect();
        return Err(diagnostics::no_customer_table(&names).into());
    };
    let language = session.console.language;
    let name = root.file_name().map_or("shop".into(), |name| name.to_string_lossy());
    let database = from_root(&root, &database);
    let setting = Setting { name: &name, database: &database, language };
    write(&project, &project_file(&proposal, setting))?;
    let mut written = vec![PROJECT_FILE];
    // A rule that somebody wrote is worth more than the example.
    if let Some(rule) = example_rule(&proposal, language).filter(|_| args.force || !example.exists()) {
        write(&example, &rule)?;
        written.push(EXAMPLE);
    }
    if !session.console.quiet {
        for text in std::iter::once(told(&proposal, &written)).chain(notes(&proposal)) {
            writeln!(session.console.out, "{}", clean::lines(text.get(language)))?;
        }
    }
    Ok(Exit::Clean)
}

/// The one SQLite file in the directory or its `data`.
fn only_database(root: &Path) -> Result<PathBuf, Stop> {
    let mut found = Vec::new();
    for directory in [root.to_owned(), root.join("data")] {
        // A directory that is not there has no files.
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        found.extend(paths.filter(|path| {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            path.is_file() && ENDINGS.contains(&ending)
        }));
    }
    found.sort();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        several => {
            let names: Vec<String> = several.iter().map(|path| from_root(root, path)).collect();
            Err(diagnostics::which_database(&names).into())
        }
    }
}

/// A path as the project file writes it: from the project's directory if it lies in it.
fn from_root(root: &Path, path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match absolute.strip_prefix(root) {
        Ok(inside) => slashed(inside),
        Err(_) => absolute.to_string_lossy().into_owned(),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let directory = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    directory
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| diagnostics::cannot_write(path.display(), &error).into())
}

fn told(proposal: &guess::Proposal, written: &[&str]) -> Text {
    let events: Vec<&str> = proposal.events.iter().map(|events| events.name.as_str()).collect();
    let customers = &proposal.customers.table;
    let events = |none: &str, between: &str| {
        if events.is_empty() { none.to_owned() } else { events.join(between) }
    };
    Text::new(
        format!(
            "customers: {customers}\nevents: {}\nwrote {}\nNext: look at the lines marked `?`, then run `rulec schema check`.",
            events("none", ", "),
            written.join(", "),
        ),
        format!(
            "客户表：{customers}\n事件表：{}\n已写入 {}\n接下来：看一看标了 `?` 的行，然后运行 `rulec schema check`。",
            events("无", "、"),
            written.join("、"),
        ),
    )
}

/// What is missing before messages reach the right people, and nobody else.
fn notes(proposal: &guess::Proposal) -> Vec<Text> {
    let mut notes = Vec::new();
    let mut facts: Vec<&str> = proposal.unclear_consent.iter().map(|(_, fact)| fact.as_str()).collect();
    facts.dedup();
    for fact in facts {
        notes.push(Text::new(
            format!(
                "note: `{fact}` looks like a consent, but is no plain yes or no: it is not yet taken into account, see `[consent]`"
            ),
            format!("注意：`{fact}` 看起来是营销授权，但不是明确的是/否：还没有起作用，见 `[consent]`"),
        ));
    }
    for (channel, _) in proposal.channels.iter().filter(|(_, address)| address.is_none()) {
        notes.push(Text::new(
            format!("note: no column with phone numbers or e-mail addresses was recognised: give `[channels.{channel}]` its `address`"),
            format!("注意：没认出手机号或邮箱列：请在 `[channels.{channel}]` 里填写 `address`"),
        ));
    }
    notes
}
