//! `rulec plan`: decides and writes it down. Sends nothing, changes nothing.

mod file;
mod show;

use super::{forecast, guard};
use crate::args::{Plan, PlanCommand, PlanFormat};
use crate::context::Session;
use crate::draw::clean;
use crate::list::{self, Chosen, Form, View};
use crate::outcome::{Exit, Stop};
use crate::pipeline::{self, Decided, Purpose};
use crate::summary::{self, Style};
use file::{spare_other_files, write_file};
use rulec_diagnostic::Text;
use rulec_runtime::{Summary, jsonl, planfile};
use std::io::{self, Write};
use std::path::Path;

/// How many messages of each rule are shown.
const SAMPLES: usize = 2;

/// How much of a run is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Showing {
    /// Every rule's funnel.
    pub verbose: bool,
    /// Personal data as it is.
    pub show_personal: bool,
}

pub fn run(session: &mut Session, args: &Plan) -> Result<Exit, Stop> {
    if let Some(PlanCommand::Show(args)) = &args.command {
        return show::run(session, args);
    }
    if let Some(days) = args.days {
        return forecast::run(session, args, days);
    }
    let showing = Showing { verbose: args.verbose, show_personal: args.show_personal };
    // `-` is stdout, as everywhere; a plan file is no text to look at.
    let output = args.output.as_deref().filter(|path| *path != Path::new("-") || args.format.is_none());
    if let Some(path) = output {
        spare_other_files(&session.path(path), args.format)?;
    }
    let decided = pipeline::decide(session, &args.asking, purpose(output, args.format))?;
    guard::refuse(session, &decided, &args.allow, args.verbose)?;
    match (output, args.format) {
        (Some(path), None) => write_plan(session, &decided, path, showing)?,
        (Some(path), Some(format)) => {
            let style = Style { language: session.console.language, width: None, verbose: args.verbose };
            write_file(&session.path(path), |out| {
                write_as(out, &decided, format, (style, showing.show_personal))
            })?;
        }
        (None, format) => {
            let style = style(session, args.verbose);
            let format = format.unwrap_or(PlanFormat::Summary);
            write_as(&mut session.console.out, &decided, format, (style, showing.show_personal))?;
            if format == PlanFormat::Summary {
                nothing_sent(session)?;
            }
        }
    }
    pipeline::show_timings(session, decided.answers(), &args.asking)?;
    Ok(Exit::Clean)
}

/// What is written: a plan file and lists hold every decision, all else only numbers.
fn purpose(output: Option<&Path>, format: Option<PlanFormat>) -> Purpose {
    match format {
        None if output.is_some() => Purpose::Lines,
        Some(PlanFormat::Jsonl | PlanFormat::Csv | PlanFormat::Xlsx) => Purpose::Lines,
        None | Some(PlanFormat::Summary | PlanFormat::Json) => Purpose::Summary,
    }
}

/// How a summary is shown on stdout.
pub fn style(session: &Session, verbose: bool) -> Style {
    Style { language: session.console.language, width: session.console.out.width, verbose }
}

/// Draws the summary of a run that only looks.
pub fn show(session: &mut Session, decided: &Decided, showing: Showing) -> Result<(), Stop> {
    let style = style(session, showing.verbose);
    write_as(&mut session.console.out, decided, PlanFormat::Summary, (style, showing.show_personal))
}

/// Says that a dry run was one.
pub fn nothing_sent(session: &mut Session) -> io::Result<()> {
    let words = Text::new("Nothing was sent.", "没有发送任何消息。");
    writeln!(session.console.out, "\n{}", words.get(session.console.language))
}

fn write_plan(session: &mut Session, decided: &Decided, path: &Path, showing: Showing) -> Result<(), Stop> {
    planfile::write(decided.planned(), &session.path(path))?;
    show(session, decided, showing)?;
    nothing_sent(session)?;
    let path = path.display().to_string();
    let words = Text::new(
        format!("The plan is in {path}; `rulec apply {path}` sends it."),
        format!("计划已写入 {path}；`rulec apply {path}` 会按它发送。"),
    );
    writeln!(session.console.out, "{}", clean::line(words.get(session.console.language)))?;
    Ok(())
}

fn write_as(
    out: &mut dyn Write,
    decided: &Decided,
    format: PlanFormat,
    (style, show_personal): (Style, bool),
) -> Result<(), Stop> {
    let planned = decided.planned();
    let header = planned.header()?;
    let summary = || Summary::of(&header, &planned, SAMPLES, show_personal);
    let form = match format {
        PlanFormat::Summary => return Ok(summary::draw(out, &summary(), style)?),
        PlanFormat::Json => return Ok(write_json(out, &summary())?),
        PlanFormat::Jsonl => return Ok(jsonl::write(&header, planned, show_personal, &mut &mut *out)?),
        PlanFormat::Csv => Form::Csv,
        PlanFormat::Xlsx => Form::Xlsx,
    };
    let chosen = Chosen::default();
    let view = View { header: &header, chosen: &chosen, show_personal };
    list::write(out, form, view, list::sure(planned.lines(&header)))
}

fn write_json(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, summary)?;
    writeln!(out)
}
