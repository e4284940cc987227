//! `rulec audit head`: where the record stands, in lines that can be kept elsewhere.

use super::heads::Outside;
use super::{file, state};
use crate::args::AuditHead;
use crate::commands::approve;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::language::Words;
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Diagnostic;
use rulec_runtime::approval::SecretKey;
use rulec_runtime::audit::head::{self, Head, KeptHead};
use rulec_runtime::audit::verify::{self, Finding};
use rulec_runtime::state::State;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What files of this command are called.
const NAME: Words = Words::new("file of heads", "链头文件");

/// Stands near the beginning of each of them.
const MARK: &[u8] = b"rulec-audit-head";

/// A file to which heads are added.
struct Book {
    path: PathBuf,
    text: String,
    heads: Vec<KeptHead>,
}

pub fn run(session: &mut Session, args: &AuditHead) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let book = match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => Some(Book::open(session.path(path))?),
        None => None,
    };
    let mut outside = Outside::read(session, &workspace, &args.heads, &[])?;
    if let (Some(book), Some(path)) = (&book, &args.output) {
        outside.take(path, &book.heads, &workspace, &[]);
    }
    let Some(state) = state(session, &workspace)? else {
        // Who has a head knows that there was a record.
        return if outside.is_empty() { Ok(Exit::Clean) } else { Err(diagnostics::no_record().into()) };
    };
    let heads = heads(&state, &workspace, args.run.as_deref())?;
    refuse_changed(&state, outside, args.key.is_some())?;
    let key = match &args.key {
        Some(path) => Some(approve::key(session, Some(path))?),
        None => None,
    };
    let known = book.as_ref().map(|book| known(&book.heads, key.as_ref())).unwrap_or_default();
    let mut lines = Vec::new();
    for head in heads.into_iter().filter(|head| !known.contains(&head.seq)) {
        let kept = match &key {
            Some(key) => KeptHead::signed(head, key, args.by.as_deref()),
            None => KeptHead::new(head),
        };
        serde_json::to_writer(&mut lines, &kept).map_err(io::Error::from)?;
        lines.push(b'\n');
    }
    match book {
        None => session.console.out.write_all(&lines)?,
        Some(book) => book.add(&lines)?,
    }
    Ok(Exit::Clean)
}

impl Book {
    /// With the heads that it has, if it is there.
    fn open(path: PathBuf) -> Result<Book, Stop> {
        file::spare_other_files(&path, |start| start.windows(MARK.len()).any(|part| part == MARK), &NAME)?;
        if !path.is_file() {
            return Ok(Book { path, text: String::new(), heads: Vec::new() });
        }
        let text =
            std::fs::read_to_string(&path).map_err(|error| diagnostics::unreadable_file(&path, &error))?;
        let heads = head::parse(&path.display().to_string(), &text)?;
        Ok(Book { path, text, heads })
    }

    /// Adds lines to it; without any it stays as it is.
    fn add(self, lines: &[u8]) -> Result<(), Stop> {
        if lines.is_empty() {
            return Ok(());
        }
        file::replace(&self.path, |out| {
            out.write_all(self.text.as_bytes())?;
            if !self.text.is_empty() && !self.text.ends_with('\n') {
                out.write_all(b"\n")?;
            }
            Ok(out.write_all(lines)?)
        })
    }
}

/// The heads that are kept: all, or those of the plan whose id begins like this.
fn heads(state: &State, workspace: &Workspace, run: Option<&str>) -> Result<Vec<Head>, Stop> {
    let mut heads = head::heads(state, &workspace.project.name, workspace.project.zone)?;
    if let Some(run) = run {
        heads.retain(|head| head.plan.as_ref().is_some_and(|plan| plan.starts_with(run)));
        if heads.is_empty() {
            return Err(diagnostics::no_such_run(run).into());
        }
    }
    Ok(heads)
}

/// Of which records there are heads already, signed with this key if there is one.
fn known(kept: &[KeptHead], key: Option<&SecretKey>) -> BTreeSet<i64> {
    let key = key.map(|key| key.public().to_string());
    kept.iter().filter(|kept| key.is_none() || kept.key == key).map(|kept| kept.head.seq).collect()
}

/// Nobody should keep heads of a record that is another than that of the heads they have, or sign one that is not as it was
/// written.
fn refuse_changed(state: &State, outside: Outside, signing: bool) -> Result<(), Stop> {
    let found = match signing {
        true => verify::verify(state, &outside.heads)?.findings,
        false => verify::hold(state, &outside.heads)?,
    };
    let findings: Vec<Diagnostic> = found.iter().map(Finding::diagnostic).chain(outside.refused).collect();
    if findings.is_empty() { Ok(()) } else { Err(findings.into()) }
}
