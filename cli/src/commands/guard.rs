//! Plans that go further than the project allows.

use super::plan;
use crate::context::Session;
use crate::outcome::Stop;
use crate::pipeline::Decided;
use rulec_diagnostic::{Diagnostic, Severity};

/// Shows a plan that goes too far, and refuses it.
pub fn refuse(
    session: &mut Session,
    decided: &Decided,
    allowed: &[String],
    verbose: bool,
) -> Result<(), Stop> {
    let mut found = guards(decided, allowed)?;
    found.extend(rulec_runtime::forbidden(&decided.planned()));
    if found.is_empty() {
        return Ok(());
    }
    plan::show(session, decided, plan::Showing { verbose, show_personal: false })?;
    Err(found.into())
}

/// Says beside a dry run what a plan would be refused for.
///
/// # Errors
/// What is forbidden is an error there, too.
pub fn warn(session: &mut Session, decided: &Decided, allowed: &[String]) -> Result<(), Stop> {
    let found = guards(decided, allowed)?;
    let warnings = found.into_iter().map(|one| Diagnostic { severity: Severity::Warning, ..one });
    session.report(warnings.collect())?;
    let forbidden = rulec_runtime::forbidden(&decided.planned());
    if forbidden.is_empty() { Ok(()) } else { Err(forbidden.into()) }
}

fn guards(decided: &Decided, allowed: &[String]) -> Result<Vec<Diagnostic>, Stop> {
    let planned = decided.planned();
    Ok(rulec_runtime::guards(planned.project, &planned.header()?, planned.state, allowed))
}
