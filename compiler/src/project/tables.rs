//! `[customer]`, `[events.NAME]`, `[lookups.NAME]`: where rows come from.

use super::diagnostics as says;
use super::facts::{facts, time_format};
use super::reader::{Report, Section, check_name};
use super::settings::required_section;
use indexmap::IndexMap;
use rulec_plan::project::{CustomerTable, EventTable, FactKind, LookupTable, Source, TimeColumn};
use rulec_plan::time::Zone;

/// The pseudo-fact of every event.
const AT: &str = "at";

pub(super) fn customer(file: &mut Section<'_>, zone: Zone, report: &mut Report) -> Option<CustomerTable> {
    let mut section = required_section(file, "customer", report)?;
    let source = source(&mut section, report);
    let key = section.required_text("key", report);
    let filter = section.text("where", report).map(|word| word.text);
    let own_zone = section.text("zone", report);
    let facts = facts(&mut section, zone, &[], report);
    section.finish(report);
    if let Some(word) = &own_zone
        && !facts.get(&word.text).is_some_and(|fact| fact.kind == FactKind::Text)
    {
        let texts = facts.iter().filter(|(_, fact)| fact.kind == FactKind::Text).map(|(name, _)| name);
        report.add(says::zone_fact(word, texts));
    }
    let zone = own_zone.map(|word| word.text);
    Some(CustomerTable { source: source?, key: key?.text, filter, zone, facts })
}

pub(super) fn events(
    file: &mut Section<'_>,
    zone: Zone,
    report: &mut Report,
) -> IndexMap<String, EventTable> {
    named(file, "events", report, |section, report| event_table(section, zone, report))
}

pub(super) fn lookups(
    file: &mut Section<'_>,
    zone: Zone,
    report: &mut Report,
) -> IndexMap<String, LookupTable> {
    named(file, "lookups", report, |section, report| lookup_table(section, zone, report))
}

/// Every `[KIND.NAME]`, read by `read`; those that cannot be read are left out, with a report.
fn named<'t, T>(
    file: &mut Section<'t>,
    kind: &'static str,
    report: &mut Report,
    read: impl Fn(&mut Section<'t>, &mut Report) -> Option<T>,
) -> IndexMap<String, T> {
    let Some(all) = file.section(kind, report) else { return IndexMap::new() };
    let mut tables = IndexMap::new();
    for entry in all.entries() {
        check_name(&entry, &[], report);
        let Some(mut section) = entry.section(kind, report) else { continue };
        let table = read(&mut section, report);
        section.finish(report);
        if let Some(table) = table {
            tables.insert(entry.name().to_owned(), table);
        }
    }
    tables
}

fn event_table(section: &mut Section<'_>, zone: Zone, report: &mut Report) -> Option<EventTable> {
    let source = source(section, report);
    let customer = section.required_text("customer", report);
    let time = time_column(section, zone, report);
    let filter = section.text("where", report).map(|word| word.text);
    let facts = facts(section, zone, &[AT], report);
    Some(EventTable { source: source?, customer: customer?.text, time: time?, filter, facts })
}

fn lookup_table(section: &mut Section<'_>, zone: Zone, report: &mut Report) -> Option<LookupTable> {
    let source = source(section, report);
    let key = section.required_text("key", report);
    let facts = facts(section, zone, &[], report);
    Some(LookupTable { source: source?, key: key?.text, facts })
}

/// `table` or `query`: one of them.
fn source(section: &mut Section<'_>, report: &mut Report) -> Option<Source> {
    let both = (section.item("table", report).is_some(), section.key_place("query", report));
    let table = section.text("table", report).map(|word| Source::Table(word.text));
    let query = section.text("query", report).map(|word| Source::Query(word.text));
    match both {
        (true, Some(query)) => report.add(says::table_and_query(query, &section.path)),
        (false, None) => report.add(says::neither_table_nor_query(section.place, &section.path)),
        _ => {}
    }
    table.or(query)
}

/// `time = "COLUMN"` or `time = { column, format, zone }`.
fn time_column(section: &mut Section<'_>, zone: Zone, report: &mut Report) -> Option<TimeColumn> {
    let Some(item) = section.item("time", report) else {
        report.add(says::missing_key(section.place, &section.path, "time"));
        return None;
    };
    if item.value.is_table() {
        let mut time = section.section("time", report)?;
        let column = time.required_text("column", report);
        let format = time_format(&mut time, zone, report);
        time.finish(report);
        return Some(TimeColumn { column: column?.text, format: format? });
    }
    let column = item.text("time", report)?.text;
    Some(TimeColumn {
        column,
        format: rulec_plan::project::TimeFormat::Iso(rulec_plan::project::ZoneKey(zone)),
    })
}
