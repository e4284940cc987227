//! `rulec explain CODE`: the page of a code.

use crate::args::Explain;
use crate::context::Session;
use crate::diagnostics;
use crate::outcome::{Exit, Stop};
use rulec_diagnostic::Code;
use std::io::Write;

pub fn run(session: &mut Session, args: &Explain) -> Result<Exit, Stop> {
    let code = Code::find(args.code.trim()).ok_or_else(|| diagnostics::unknown_code(&args.code))?;
    let console = &mut session.console;
    writeln!(console.out, "{}", code.page(console.language).trim_end())?;
    Ok(Exit::Clean)
}
