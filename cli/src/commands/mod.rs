//! One file a command: each takes a session and its arguments, prints, and says how it ended.

mod ahead;
mod apply;
mod approve;
mod audience;
mod audit;
mod check;
mod completions;
mod explain;
mod forecast;
mod forget;
mod guard;
mod import;
mod init;
mod optout;
mod outbox;
mod pause;
mod plan;
mod record;
mod run;
mod schema;
mod send;
mod sent;
mod status;
mod why;

use crate::args::Command;
use crate::context::Session;
use crate::outcome::{Exit, Stop};

/// Does what was asked.
pub fn run(session: &mut Session, command: Command) -> Result<Exit, Stop> {
    match command {
        Command::Check(args) => check::run(session, &args),
        Command::Audience(args) => audience::run(session, &args),
        Command::Plan(args) => plan::run(session, &args),
        Command::Run(args) => run::run(session, &args),
        Command::Why(args) => why::run(session, &args),
        Command::Send(args) => send::run(session, &args),
        Command::Status(args) => status::run(session, &args),
        Command::Outbox(args) => outbox::run(session, &args),
        Command::Pause(args) => pause::pause(session, &args),
        Command::Resume(args) => pause::resume(session, &args),
        Command::Record(args) => record::run(session, &args),
        Command::Audit(args) => audit::run(session, &args),
        Command::Schema(args) => schema::run(session, &args),
        Command::Apply(args) => apply::run(session, &args),
        Command::Approve(args) => approve::run(session, &args),
        Command::Init(args) => init::run(session, &args),
        Command::Import(args) => import::run(session, &args),
        Command::Explain(args) => explain::run(session, &args),
        Command::Optout(args) => optout::run(session, &args),
        Command::Forget(args) => forget::run(session, &args),
        Command::Completions(args) => completions::run(session, &args),
    }
}
