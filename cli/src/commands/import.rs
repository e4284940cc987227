//! `rulec import FILE…`: lists into tables of a database.

use crate::args::Import;
use crate::context::Session;
use crate::diagnostics;
use crate::draw::clean;
use crate::language::{Words, grouped, plural};
use crate::outcome::{Exit, Stop};
use crate::pipeline;
use crate::progress::Progress;
use crate::table::{Align, Rows};
use rulec_diagnostic::{Diagnostic, Text};
use rulec_import::{Existing, Options, Phase, Report};
use std::io::Write;
use std::path::{Path, PathBuf};

const COLUMNS: [(Words, Align); 4] = [
    (Words::new("column", "列"), Align::Left),
    (Words::new("type", "类型"), Align::Left),
    (Words::new("why", "依据"), Align::Left),
    (Words::new("blank", "空白"), Align::Right),
];

pub fn run(session: &mut Session, args: &Import) -> Result<Exit, Stop> {
    let database = match &args.into {
        Some(written) => session.path(written),
        None if session.find_root().is_ok() => {
            let workspace = session.open()?;
            pipeline::database(&workspace)?
        }
        // Looking at a list needs no project: it is looked at as if for the database that a first import would make.
        None if args.dry_run => session.path(Path::new(diagnostics::FIRST_DATABASE)),
        None => return Err(diagnostics::import_where(session.directory(), &args.files).into()),
    };
    if let Some(directory) = database.parent().filter(|_| !args.dry_run) {
        std::fs::create_dir_all(directory)
            .map_err(|error| diagnostics::cannot_write(database.display(), &error))?;
    }
    let mut wrong = Vec::new();
    for file in &args.files {
        match import(session, args, file, &database) {
            Ok(report) => show(session, args, file, report)?,
            Err(findings) => wrong.extend(findings),
        }
    }
    if wrong.is_empty() { Ok(Exit::Clean) } else { Err(wrong.into()) }
}

fn import(session: &Session, args: &Import, file: &Path, database: &Path) -> Result<Report, Vec<Diagnostic>> {
    let options = Options {
        table: args.table.clone(),
        existing: match (args.replace, args.append) {
            (true, _) => Existing::Replace,
            (_, true) => Existing::Append,
            _ => Existing::Refuse,
        },
        sheet: args.sheet.clone(),
        header_row: args.header_row,
        types: args.types.clone(),
        encoding: args.encoding.clone(),
        delimiter: args.delimiter,
        dry_run: args.dry_run,
        ..Options::new(session.path(file), PathBuf::from(database))
    };
    let mut progress = Progress::new(&session.console);
    let language = session.console.language;
    let file = file.display();
    let looking = Text::new(format!("looking at {file}"), format!("查看 {file}"));
    let loading = Text::new(format!("loading {file}"), format!("导入 {file}"));
    rulec_import::import(&options, &mut |at| {
        let stage = match at.phase {
            Phase::Looking => &looking,
            Phase::Loading => &loading,
        };
        progress.at(stage.get(language), at.rows, None);
    })
}

fn show(session: &mut Session, args: &Import, file: &Path, report: Report) -> Result<(), Stop> {
    // Told to be quiet, only a dry run has something to show: what it would do.
    if session.console.quiet && !args.dry_run {
        return Ok(());
    }
    let language = session.console.language;
    let columns = COLUMNS.map(|(name, align)| (name.get(language), align));
    let mut rows = Rows::new(&columns, session.console.out.width);
    for column in &report.columns {
        rows.add([
            column.name.clone(),
            column.kind.noun().get(language).to_owned(),
            column.why.get(language).to_owned(),
            grouped(column.missing),
        ]);
    }
    let title = title(&report, file, args.dry_run);
    let out = &mut session.console.out;
    writeln!(out, "{}\n{rows}\n", clean::line(title.get(language)))?;
    if !session.console.quiet {
        session.report(report.warnings)?;
    }
    Ok(())
}

fn title(report: &Report, file: &Path, dry_run: bool) -> Text {
    let (file, table) = (file.display(), &report.table);
    let mut understood: Vec<String> = Vec::new();
    understood.extend(report.encoding.map(str::to_owned));
    understood.extend(report.sheet.clone());
    let understood =
        if understood.is_empty() { String::new() } else { format!(" ({})", understood.join(", ")) };
    let rows = grouped(report.rows);
    let count = plural(report.rows, "row");
    if dry_run {
        Text::new(
            format!("{file}{understood}: {count} would go into {table}; nothing was written"),
            format!("{file}{understood}：会有 {rows} 行进入 {table}；没有写入"),
        )
    } else {
        Text::new(
            format!("{file}{understood}: {count} into {table}"),
            format!("{file}{understood}：{rows} 行已进入 {table}"),
        )
    }
}
