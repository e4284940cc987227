//! How a command ends.

use rulec_diagnostic::{Code, Diagnostic, codes};
use std::io;

/// The exit code, as `--help` and `docs/cli.md` promise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, nothing to object to.
    Clean = 0,
    /// The rules have mistakes, or rulec refused.
    Refused = 1,
    /// Could not run.
    Trouble = 2,
    /// Sent what could be sent, but something needs a person.
    Unfinished = 3,
}

/// Trouble that is rulec saying no.
const REFUSALS: [Code; 24] = [
    codes::run::NOBODY_TO_FORGET,
    codes::project::NOT_CONFIRMED,
    codes::run::OUTBOX_UNKNOWN_KEY,
    codes::run::OUTBOX_STATUS,
    codes::run::OUTBOX_ERASED,
    codes::run::OUTBOX_NOT_AGREED,
    codes::run::PLAN_OUTDATED,
    codes::run::PLAN_OF_ANOTHER_PROJECT,
    codes::run::PROJECT_CHANGED,
    codes::run::PLAN_OF_THE_FUTURE,
    codes::run::CONSENTS_GONE,
    codes::run::FORBIDDEN,
    codes::run::APPROVALS_MISSING,
    codes::run::PLAN_TOO_OLD,
    codes::run::AUDIENCE_TOO_LARGE,
    codes::run::AUDIENCE_CHANGED,
    codes::run::AUDIT_RECORD_CHANGED,
    codes::run::AUDIT_RECORDS_REMOVED,
    codes::run::AUDIT_RECORDS_MOVED,
    codes::run::AUDIT_RECORDS_ADDED,
    codes::run::AUDIT_ROW_CHANGED,
    codes::run::AUDIT_END_CHANGED,
    codes::run::AUDIT_HEAD_DIFFERS,
    codes::run::AUDIT_HEAD_SIGNER,
];

impl Exit {
    /// What findings amount to: mistakes in rules (families S, N, T, L) are what `check` is there to find; trouble with the
    /// project file, a database or a file (P, R) means that the question could not be answered.
    pub fn of(findings: &[Diagnostic]) -> Exit {
        let of_one = |finding: &Diagnostic| match finding.code.name().chars().next() {
            Some('P' | 'R') if !REFUSALS.contains(&finding.code) => Exit::Trouble,
            _ => Exit::Refused,
        };
        findings.iter().filter(|finding| finding.is_error()).map(of_one).max().unwrap_or(Exit::Clean)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub enum Stop {
    /// With these findings.
    Findings(Vec<Diagnostic>),
    /// Because its output could not be written.
    Output(io::Error),
}

impl From<Vec<Diagnostic>> for Stop {
    fn from(findings: Vec<Diagnostic>) -> Self {
        Stop::Findings(findings)
    }
}

impl From<Diagnostic> for Stop {
    fn from(finding: Diagnostic) -> Self {
        Stop::Findings(vec![finding])
    }
}

impl From<Box<Diagnostic>> for Stop {
    fn from(finding: Box<Diagnostic>) -> Self {
        Stop::from(*finding)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Output(error)
    }
}
