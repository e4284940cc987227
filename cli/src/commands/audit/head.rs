//! `rulec audit head`: where the record stands, in lines that can be kept elsewhere.

use super::state;
use crate::args::AuditHead;
use crate::commands::approve;
use crate::context::Session;
use crate::diagnostics;
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Diagnostic;
use rulec_runtime::audit::head::{self, KeptHead};
use rulec_runtime::audit::verify::{self, Finding};
use rulec_runtime::state::State;
use std::io::{self, Write};

pub fn run(session: &mut Session, args: &AuditHead) -> Result<Exit, Stop> {
    let workspace = session.open()?;
    let Some(state) = state(session, &workspace)? else { return Ok(Exit::Clean) };
    let mut heads = head::heads(&state, &workspace.project.name, workspace.project.zone)?;
    if let Some(run) = &args.run {
        heads.retain(|head| head.plan.as_ref().is_some_and(|plan| plan.starts_with(run)));
        if heads.is_empty() {
            return Err(diagnostics::no_such_run(run).into());
        }
    }
    let key = match &args.key {
        Some(path) => {
            refuse_changed(&state)?;
            Some(approve::key(session, Some(path))?)
        }
        None => None,
    };
    let mut lines = Vec::new();
    for head in heads {
        let kept = match &key {
            Some(key) => KeptHead::signed(head, key, args.by.as_deref()),
            None => KeptHead::new(head),
        };
        serde_json::to_writer(&mut lines, &kept).map_err(io::Error::from)?;
        lines.push(b'\n');
    }
    match &args.output {
        None => session.console.out.write_all(&lines)?,
        Some(path) => {
            let path = session.path(path);
            std::fs::write(&path, lines)
                .map_err(|error| diagnostics::cannot_write(path.display(), &error))?;
        }
    }
    Ok(Exit::Clean)
}

/// Nobody should sign a record that is not as it was written.
fn refuse_changed(state: &State) -> Result<(), Stop> {
    let verified = verify::verify(state, &[])?;
    let findings: Vec<Diagnostic> = verified.findings.iter().map(Finding::diagnostic).collect();
    if findings.is_empty() { Ok(()) } else { Err(findings.into()) }
}
