//! `rulec`: reads arguments, files and the clock, asks the other crates, prints, exits. No rule is understood here.
//!
//! | what | file |
//! | --- | --- |
//! | the command line | [`args`] |
//! | one file a command | [`commands`] |
//! | finding and reading a project | [`context`] |
//! | drawing findings in six formats | [`draw`] |
//! | from a project to decisions | [`pipeline`] |
//! | what sending needs of the world; the time of day | [`outside`], [`clock`] |
//! | the summary for a person; lists for spreadsheets | [`summary`], [`list`] |
//! | guessing a project file from a database | [`init`] |
//! | streams, tables, the two languages | [`console`], [`table`], [`language`] |
//! | how far recording and sending are | [`progress`], [`live`] |
//! | where time went | [`timings`] |
//! | its own findings, exit codes, Ctrl-C | [`diagnostics`], [`outcome`], [`interrupt`] |

mod args;
mod clock;
mod commands;
mod console;
mod context;
mod diagnostics;
mod draw;
mod init;
mod interrupt;
mod language;
mod list;
mod live;
mod outcome;
mod outside;
mod pipeline;
mod progress;
mod random;
mod summary;
mod table;
mod timings;

use clap::Parser;
use clock::ProgramClock;
use console::Console;
use context::Session;
use outcome::{Exit, Stop};
use rulec_plan::time::Clock;
use std::process::ExitCode;
use timings::Stopwatch;

fn main() -> ExitCode {
    let stopwatch = Stopwatch::start();
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("rulec has a mistake of its own and stopped; nothing further was sent.\n{panic}");
        eprintln!("Please report this with the command and, if you can, the rules.");
    }));
    let cli = args::Cli::parse();
    let language =
        cli.global.lang.map_or_else(|| language::detect(|name| std::env::var(name).ok()), Into::into);
    let console = Console::new(language, cli.global.color.into(), cli.global.quiet);
    let mut session = Session::new(cli.global, console, ProgramClock::default().now(), stopwatch);
    let ended = commands::run(&mut session, cli.command);
    finish(&mut session, ended).into()
}

fn finish(session: &mut Session, ended: Result<Exit, Stop>) -> Exit {
    let ended = ended.and_then(|exit| {
        session.console.flush()?;
        Ok(exit)
    });
    let findings = match ended {
        Ok(exit) => return exit,
        Err(Stop::Findings(findings)) => findings,
        Err(Stop::Output(error)) => vec![diagnostics::cannot_write("stdout", &error)],
    };
    let exit = Exit::of(&findings);
    match session.report(findings) {
        Ok(()) => exit,
        // Nothing can be said any more, but the exit code still can.
        Err(_) => Exit::Trouble,
    }
}
