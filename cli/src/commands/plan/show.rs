//! `rulec plan show FILE`: what is in a plan file. It needs no project and no database.

use super::{file, style, write_json};
use crate::args::{PlanFormat, PlanShow, ShowFormat};
use crate::context::Session;
use crate::list::{self, Chosen, Form, View};
use crate::outcome::{Exit, Stop};
use crate::summary::{self, Style};
use rulec_runtime::Summary;
use rulec_runtime::planfile::{self, PlanReader};
use std::io::Write;
use std::path::Path;

pub fn run(session: &mut Session, args: &PlanShow) -> Result<Exit, Stop> {
    let plan = planfile::read(&session.path(&args.plan))?;
    let chosen = Chosen::new(&args.choice, plan.header())?;
    let unless_told = if args.choice.is_some() { ShowFormat::List } else { ShowFormat::Summary };
    let format = args.format.unwrap_or(unless_told);
    let written = |out: &mut dyn Write, style| write(out, plan, &chosen, (format, style), args.show_personal);
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let path = session.path(path);
            file::spare_other_files(&path, Some(kind(format)))?;
            let style = Style { language: session.console.language, width: None, verbose: args.verbose };
            file::write_file(&path, |out| written(out, style))?;
        }
        None => {
            let style = style(session, args.verbose);
            written(&mut session.console.out, style)?;
        }
    }
    Ok(Exit::Clean)
}

fn write(
    out: &mut dyn Write,
    mut plan: PlanReader,
    chosen: &Chosen,
    (format, style): (ShowFormat, Style),
    show_personal: bool,
) -> Result<(), Stop> {
    let header = plan.header().clone();
    let form = match format {
        ShowFormat::Summary | ShowFormat::Json => {
            plan.verify()?;
            let summary = Summary::of_header(&header).only(|rule| chosen.takes_rule(rule));
            let written = match format {
                ShowFormat::Json => write_json(out, &summary),
                _ => summary::draw(out, &summary, style),
            };
            return Ok(written?);
        }
        ShowFormat::List => Form::Human(style.language, style.width),
        ShowFormat::Jsonl => Form::Jsonl,
        ShowFormat::Csv => Form::Csv,
        ShowFormat::Xlsx => Form::Xlsx,
    };
    list::write(out, form, View { header: &header, chosen, show_personal }, plan)
}

/// As what a file of this format may be overwritten.
fn kind(format: ShowFormat) -> PlanFormat {
    match format {
        ShowFormat::Summary | ShowFormat::List => PlanFormat::Summary,
        ShowFormat::Json => PlanFormat::Json,
        ShowFormat::Jsonl => PlanFormat::Jsonl,
        ShowFormat::Csv => PlanFormat::Csv,
        ShowFormat::Xlsx => PlanFormat::Xlsx,
    }
}
