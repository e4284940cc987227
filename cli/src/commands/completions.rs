//! `rulec completions SHELL`.

use crate::args::{Cli, Completions};
use crate::context::Session;
use crate::outcome::{Exit, Stop};
use clap::CommandFactory;
use std::io::Write;

pub fn run(session: &mut Session, args: &Completions) -> Result<Exit, Stop> {
    // The generator panics when it cannot write, so it writes where that cannot happen.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rulec", &mut script);
    session.console.out.write_all(&script)?;
    Ok(Exit::Clean)
}
