//! Heads that were kept outside, as the command line names them.

use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::outcome::Stop;
use rulec_diagnostic::Diagnostic;
use rulec_runtime::approval::PublicKey;
use rulec_runtime::audit::head::{self, KeptHead};
use rulec_runtime::audit::verify::OutsideHead;
use std::io;
use std::path::{Path, PathBuf};

/// Heads from outside.
#[derive(Default)]
pub struct Outside {
    /// Those that count.
    pub heads: Vec<OutsideHead>,
    /// Why the others do not.
    pub refused: Vec<Diagnostic>,
}

impl Outside {
    /// The heads of files, of which each must hold some; `-` is the standard input.
    pub fn read(
        session: &Session,
        workspace: &Workspace,
        files: &[PathBuf],
        signers: &[PublicKey],
    ) -> Result<Outside, Stop> {
        let mut outside = Outside::default();
        for file in files {
            let kept = match file.to_str() {
                Some("-") => head::parse("-", &io::read_to_string(io::stdin())?)?,
                _ => head::read(&session.path(file))?,
            };
            if kept.is_empty() {
                return Err(diagnostics::no_heads(file.display()).into());
            }
            outside.take(file, &kept, workspace, signers);
        }
        Ok(outside)
    }

    /// Whether there are none, neither such nor such.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.refused.is_empty()
    }

    /// Takes the heads that were kept in a file.
    pub fn take(&mut self, file: &Path, kept: &[KeptHead], workspace: &Workspace, signers: &[PublicKey]) {
        for (place, kept) in (1..).zip(kept) {
            let name = format!("{}:{place}", file.display());
            match head::accept(kept, &name, &workspace.project.name, signers) {
                Ok(head) => self.heads.push(head),
                Err(objection) => self.refused.push(*objection),
            }
        }
    }
}
