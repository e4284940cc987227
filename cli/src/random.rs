//! Numbers that nobody can guess.

use crate::diagnostics;
use rulec_diagnostic::Diagnostic;

/// So many as a key or the salts of a run need.
pub fn bytes() -> Result<[u8; 32], Box<Diagnostic>> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Box::new(diagnostics::no_randomness(&error)))?;
    Ok(bytes)
}
