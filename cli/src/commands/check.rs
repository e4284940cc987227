//! `rulec check`: everything that can be found without a database.

use crate::args::Check;
use crate::context::{Session, Workspace, slashed};
use crate::diagnostics;
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::{Diagnostic, FileId, Text};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub fn run(session: &mut Session, args: &Check) -> Result<Exit, Stop> {
    let (findings, checked) = match findings(session, args) {
        Ok(found) => found,
        // A project file with mistakes is a result too, in the format asked for.
        Err(Stop::Findings(findings)) => (findings, Vec::new()),
        Err(other) => return Err(other),
    };
    Ok(session.deliver(findings, &checked, args.format)?)
}

fn findings(session: &mut Session, args: &Check) -> Result<(Vec<Diagnostic>, Vec<FileId>), Stop> {
    session.settings()?;
    let has_project = session.find_root().is_ok();
    let mut workspace = if has_project || args.paths.is_empty() {
        session.open_with_rules()?
    } else {
        without_project(session)?
    };
    let selected = select(session, &mut workspace, &args.paths)?;
    let checked = session.check(&workspace);
    let mut findings = std::mem::take(&mut workspace.warnings);
    findings.extend(checked.diagnostics);
    if let Some(selected) = &selected {
        findings.retain(|finding| {
            let file = finding.place.map(|place| place.file);
            file.is_none() || file == workspace.file || file.is_some_and(|file| selected.contains(&file))
        });
    }
    Ok((findings, selected.map_or(workspace.rules, |selected| selected.into_iter().collect())))
}

/// Rule files on their own, against the standard shop.
fn without_project(session: &mut Session) -> Result<Workspace, Stop> {
    session.console.note(&Text::new(
        "no rulec.toml here: checking against the standard shop",
        "这里没有 rulec.toml：按标准商店检查",
    ))?;
    let start = session.directory();
    let root = start.canonicalize().map_err(|error| diagnostics::unreadable_file(start, &error))?;
    let project = rulec_compiler::project::standard();
    Ok(Workspace { root, project, file: None, rules: Vec::new(), warnings: Vec::new() })
}

/// The rule files that these paths name; `None` without paths: all. A file that no pattern of the project takes in is
/// checked with the others.
fn select(
    session: &mut Session,
    workspace: &mut Workspace,
    paths: &[PathBuf],
) -> Result<Option<BTreeSet<FileId>>, Stop> {
    if paths.is_empty() {
        return Ok(None);
    }
    let root = workspace.root.canonicalize().unwrap_or_else(|_| workspace.root.clone());
    let mut selected = BTreeSet::new();
    for written in paths {
        let path = session
            .path(written)
            .canonicalize()
            .map_err(|_| diagnostics::path_without_rules(written, false))?;
        let files = if path.is_dir() { rule_files(&path)? } else { vec![path] };
        if files.is_empty() {
            return Err(diagnostics::path_without_rules(written, true).into());
        }
        for file in files {
            selected.insert(take_in(session, workspace, &root, &file)?);
        }
    }
    Ok(Some(selected))
}

fn rule_files(directory: &Path) -> Result<Vec<PathBuf>, Stop> {
    let found = crate::context::matching(directory, "**/*.rules")
        .map_err(|reason| diagnostics::bad_pattern("**/*.rules", reason, None))?;
    Ok(found.into_iter().map(|path| directory.join(path)).collect())
}

/// The id of a file, which is read unless the project already did.
fn take_in(
    session: &mut Session,
    workspace: &mut Workspace,
    root: &Path,
    file: &Path,
) -> Result<FileId, Stop> {
    let name = slashed(file.strip_prefix(root).unwrap_or(file));
    let known = workspace.rules.iter().find(|known| session.sources.name(**known) == name);
    if let Some(known) = known {
        return Ok(*known);
    }
    let read = session.read(file, &name)?;
    workspace.rules.push(read);
    Ok(read)
}
