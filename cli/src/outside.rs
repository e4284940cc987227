//! What sending needs of the world: channels, the customers as they are now, the clock.

use crate::args::Sending;
use crate::clock::ProgramClock;
use crate::context::{Session, Workspace};
use crate::diagnostics;
use crate::outcome::Stop;
use crate::pipeline;
use rulec_engine::Options;
use rulec_runtime::Findings;
use rulec_runtime::send::{DEEDS, Lower, Outside, ProjectOutlets, SendOptions, ShopLookout};
use std::sync::Arc;

/// How much is sent and how fast, as the command line says; the channels that it names must be there.
pub fn options<'a>(workspace: &Workspace, sending: &'a Sending) -> Result<SendOptions<'a>, Stop> {
    for channel in &sending.channels {
        known_channel(workspace, channel)?;
    }
    Ok(SendOptions { limit: sending.limit, rate: sending.rate, channels: &sending.channels })
}

/// A channel of the command line is one of the project, or one of those for what is no message.
pub fn known_channel(workspace: &Workspace, channel: &str) -> Result<(), Stop> {
    let known: Vec<&str> = workspace.project.channels.keys().map(String::as_str).chain(DEEDS).collect();
    if known.contains(&channel) { Ok(()) } else { Err(diagnostics::no_such_channel(channel, &known).into()) }
}

/// The channels of the project. Signatures of requests and dates of mails are the machine's.
pub fn outlets(workspace: &Workspace) -> Result<ProjectOutlets<'_>, Stop> {
    let (project, root) = (&workspace.project, &workspace.root);
    let stamps = Arc::new(ProgramClock::default());
    Ok(ProjectOutlets::new(project, root, |name| std::env::var(name).ok(), stamps)?)
}

/// Does something with what leads outside of a project with rules. Suppressions are those of the rules as they are now, so
/// that nothing is sent while they have mistakes.
pub fn with<T>(
    session: &mut Session,
    workspace: &Workspace,
    act: impl FnOnce(&Session, Outside<'_>) -> Result<T, Findings>,
) -> Result<T, Stop> {
    let checked = session.check(workspace);
    if checked.diagnostics.iter().any(rulec_diagnostic::Diagnostic::is_error) {
        return Err(checked.diagnostics.into());
    }
    let (settings, clock) = (session.settings()?, session.clock(workspace.project.zone)?);
    let (project, stamps) = (&workspace.project, ProgramClock::default());
    let database = pipeline::database(workspace)?;
    let outlets = outlets(workspace)?;
    let mut sources = std::mem::take(&mut session.sources);
    let lower: Lower<'_> = Box::new(|now| {
        let plan = rulec_compiler::lower(&checked.program, project, &mut sources, now, &settings);
        plan.map_err(Findings)
    });
    let done = ShopLookout::new(lower, database, Options::default()).and_then(|mut lookout| {
        act(session, Outside { outlets: &outlets, lookout: &mut lookout, clock: &*clock, stamps: &stamps })
    });
    session.sources = sources;
    done.map_err(|findings| Stop::Findings(findings.0))
}
