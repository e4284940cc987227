//! Files of approvals.

use super::{Approval, FORMAT, VERSION, diagnostics};
use crate::diagnostics::Result;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file of approvals that belongs to a plan file: `winback.plan.approvals`.
pub fn beside(plan: &Path) -> PathBuf {
    let mut name = plan.as_os_str().to_owned();
    name.push(".approvals");
    PathBuf::from(name)
}

/// The approvals of a file, in its order; none if there is no such file.
///
/// # Errors
/// `R0173`: it cannot be read, or one of its lines is no approval of this version.
pub fn read(path: &Path) -> Result<Vec<Approval>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(diagnostics::unreadable(path, &error)),
    };
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    lines.map(|(line, number)| parse(line).ok_or_else(|| diagnostics::no_approval(path, number))).collect()
}

fn parse(line: &str) -> Option<Approval> {
    let approval: Approval = serde_json::from_str(line).ok()?;
    let known = approval.approved.format == FORMAT && approval.approved.version == VERSION;
    known.then_some(approval)
}

/// Adds an approval to a file.
///
/// # Errors
/// `R0174`: the file cannot be written.
pub fn append(path: &Path, approval: &Approval) -> Result<()> {
    let write = || {
        let mut line = serde_json::to_vec(approval)?;
        line.push(b'\n');
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(&line)?;
        file.sync_all()
    };
    write().map_err(|error: std::io::Error| diagnostics::unwritable(path, &error))
}
