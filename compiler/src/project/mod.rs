//! `rulec.toml`: text to a checked [`Project`].
//!
//! The TOML tree is walked by hand rather than derived, so that every finding points at its key or value, and so that all
//! of them are reported at once. `reader` knows TOML, each of the other modules knows the sections it is named for.

mod channels;
mod diagnostics;
mod facts;
mod guards;
mod headers;
pub(crate) mod lints;
mod mail;
mod outlet;
mod reader;
mod settings;
mod syntax;
mod tables;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use reader::{Report, Section};
use rulec_diagnostic::{Diagnostic, FileId};
use rulec_plan::project::Project;
use toml::de::DeTable;

/// The shop that stands in where there is no project file.
const STANDARD: &str = include_str!("standard.toml");

/// Reads a project file. The findings are sorted by place; there is a project exactly when none of them is an error.
pub fn parse(file: FileId, text: &str) -> (Option<Project>, Vec<Diagnostic>) {
    let mut report = Report::new(file);
    let (table, errors) = DeTable::parse_recoverable(text);
    let readable = syntax::report(&errors, text, &mut report);
    let project = if readable { project(table.get_ref(), &mut report) } else { None };
    let mut found = report.found;
    rulec_diagnostic::sort(&mut found);
    let sound = !found.iter().any(Diagnostic::is_error);
    (project.filter(|_| sound), found)
}

/// The standard shop, against which rules are checked where no project file is found.
pub fn standard() -> Project {
    let (project, _) = parse(FileId::default(), STANDARD);
    project.expect("the standard shop is part of the program, and a test reads it")
}

/// The text of [`standard`]'s project file.
pub fn standard_text() -> &'static str {
    STANDARD
}

/// All sections; `None` where something that must be there is not, which has then been reported.
fn project(table: &DeTable<'_>, report: &mut Report) -> Option<Project> {
    let mut file = Section::new(String::new(), report.place(0..0), table);
    let general = settings::general(&mut file, report);
    let zone = general.as_ref().map_or(rulec_plan::time::Zone::UTC, |general| general.zone);
    let database = settings::database(&mut file, report);
    let state = settings::state(&mut file, report);
    let customer = tables::customer(&mut file, zone, report);
    let events = tables::events(&mut file, zone, report);
    let lookups = tables::lookups(&mut file, zone, report);
    let channels = channels::channels(&mut file, customer.as_ref(), report);
    let consent = channels::consent(&mut file, customer.as_ref(), &channels, report);
    let guards = guards::guards(&mut file, report);
    let approvals = guards::approvals(&mut file, report);
    let holidays = settings::holidays(&mut file, report);
    let lints = lints::levels(&mut file, report);
    file.finish_file(report);
    let general = general?;
    let mut channels: IndexMap<_, _> =
        channels.into_iter().filter_map(|(name, channel)| Some((name, channel?))).collect();
    channels.values_mut().for_each(|channel| mail::name_shop(channel, &general.shop));
    Some(Project {
        name: general.name,
        shop: general.shop,
        zone: general.zone,
        currency: general.currency,
        rules: general.rules,
        database: database?,
        state: state?,
        customer: customer?,
        events,
        lookups,
        consent,
        channels,
        guards,
        approvals,
        lints,
        holidays,
    })
}
