//! `rulec plan`: decides and writes it down. Sends nothing, changes nothing.

use super::guard;
use crate::args::{Plan, PlanFormat};
use crate::console::BUFFER;
use crate::context::Session;
use crate::diagnostics;
use crate::draw::clean;
use crate::outcome::{Exit, Stop};
use crate::pipeline::{self, Decided, Purpose};
use crate::summary::{self, Style};
use rulec_diagnostic::Text;
use rulec_runtime::{Summary, jsonl, planfile};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// How many messages of each rule are shown.
const SAMPLES: usize = 2;

pub fn run(session: &mut Session, args: &Plan) -> Result<Exit, Stop> {
    // `-` is stdout, as everywhere; a plan file is no text to look at.
    let output = args.output.as_deref().filter(|path| *path != Path::new("-") || args.format.is_none());
    if let Some(path) = output {
        spare_other_files(&session.path(path), args.format)?;
    }
    let decided = pipeline::decide(session, &args.asking, purpose(output, args.format))?;
    guard::refuse(session, &decided, &args.allow, args.verbose)?;
    match (output, args.format) {
        (Some(path), None) => write_plan(session, &decided, path, args.verbose)?,
        (Some(path), Some(format)) => {
            let style = Style { language: session.console.language, width: None, verbose: args.verbose };
            write_file(&session.path(path), |out| write_as(out, &decided, format, style))?;
        }
        (None, format) => {
            let style = style(session, args.verbose);
            let format = format.unwrap_or(PlanFormat::Summary);
            write_as(&mut session.console.out, &decided, format, style)?;
            if format == PlanFormat::Summary {
                nothing_sent(session)?;
            }
        }
    }
    pipeline::show_timings(session, decided.answers(), &args.asking)?;
    Ok(Exit::Clean)
}

/// What is written: a plan file and JSON lines hold every decision, all else only numbers.
fn purpose(output: Option<&Path>, format: Option<PlanFormat>) -> Purpose {
    match format {
        None if output.is_some() => Purpose::Lines,
        Some(PlanFormat::Jsonl) => Purpose::Lines,
        None | Some(PlanFormat::Summary | PlanFormat::Json) => Purpose::Summary,
    }
}

/// How a summary is shown on stdout.
pub fn style(session: &Session, verbose: bool) -> Style {
    Style { language: session.console.language, width: session.console.out.width, verbose }
}

/// Draws the summary of a run that only looks.
pub fn show(session: &mut Session, decided: &Decided, verbose: bool) -> Result<(), Stop> {
    let style = style(session, verbose);
    write_as(&mut session.console.out, decided, PlanFormat::Summary, style)
}

/// Says that a dry run was one.
pub fn nothing_sent(session: &mut Session) -> io::Result<()> {
    let words = Text::new("Nothing was sent.", "没有发送任何消息。");
    writeln!(session.console.out, "\n{}", words.get(session.console.language))
}

fn write_plan(session: &mut Session, decided: &Decided, path: &Path, verbose: bool) -> Result<(), Stop> {
    planfile::write(decided.planned(), &session.path(path))?;
    show(session, decided, verbose)?;
    nothing_sent(session)?;
    let path = path.display().to_string();
    let words = Text::new(
        format!("The plan is in {path}; `rulec apply {path}` sends it."),
        format!("计划已写入 {path}；`rulec apply {path}` 会按它发送。"),
    );
    writeln!(session.console.out, "{}", clean::line(words.get(session.console.language)))?;
    Ok(())
}

fn write_as(out: &mut dyn Write, decided: &Decided, format: PlanFormat, style: Style) -> Result<(), Stop> {
    let planned = decided.planned();
    let header = planned.header()?;
    match format {
        PlanFormat::Summary => summary::draw(out, &Summary::of(&header, &planned, SAMPLES), style)?,
        PlanFormat::Json => {
            let summary = Summary::of(&header, &planned, SAMPLES);
            serde_json::to_writer_pretty(&mut *out, &summary).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        PlanFormat::Jsonl => jsonl::write(&header, planned, false, &mut &mut *out)?,
    }
    Ok(())
}

/// Refuses a file that exists and is not what this command wrote in this format: a slip of the finger must not cost a shop
/// its database.
fn spare_other_files(path: &Path, format: Option<PlanFormat>) -> Result<(), Stop> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(()) };
    let starts_with = |start: &[u8]| {
        let mut bytes = vec![0; start.len()];
        let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
        read.is_ok() && bytes == start
    };
    let (name, ours) = match format {
        None => ("plan", path != Path::new("-") && planfile::read(path).is_ok()),
        // A pipe or a terminal loses nothing.
        Some(_) if !found.is_file() && !found.is_dir() => return Ok(()),
        Some(PlanFormat::Summary) => ("summary", false),
        Some(PlanFormat::Json) => {
            ("summary", starts_with(b"{\n  \"version\"") || starts_with(b"{\"version\""))
        }
        Some(PlanFormat::Jsonl) => ("list", starts_with(b"{\"customer\"")),
    };
    if ours || found.is_file() && found.len() == 0 {
        return Ok(());
    }
    Err(diagnostics::not_our_file(path.display(), name).into())
}

/// Fills a file; trouble with it is told with its name.
fn write_file(path: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<(), Stop>) -> Result<(), Stop> {
    let trouble = |error: &io::Error| Stop::from(diagnostics::cannot_write(path.display(), error));
    let mut file = BufWriter::with_capacity(BUFFER, File::create(path).map_err(|error| trouble(&error))?);
    match fill(&mut file) {
        Err(Stop::Output(error)) => return Err(trouble(&error)),
        other => other?,
    }
    file.flush().map_err(|error| trouble(&error))
}
