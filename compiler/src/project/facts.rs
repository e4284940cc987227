//! `[….facts]`: columns and what they mean.

use super::diagnostics as says;
use super::reader::{Entry, Report, Section, Word, check_name, choice};
use super::settings::zone as parse_zone;
use indexmap::IndexMap;
use rulec_diagnostic::Text;
use rulec_plan::project::{Fact, FactKind, MoneyUnit, TimeFormat, ZoneKey};
use rulec_plan::time::Zone;
use toml::de::DeValue;

/// All types, in the order of the manual.
const TYPES: &[&str] =
    &["bool", "number", "money", "percent", "text", "enum", "date", "time", "duration", "set"];
/// Settings that only some types have.
const SETTINGS: &[(&str, &[&str])] = &[
    ("decimals", &["number"]),
    ("unit", &["money"]),
    ("values", &["enum"]),
    ("separator", &["set"]),
    ("format", &["date", "time"]),
    ("zone", &["date", "time"]),
    ("yearly", &["date", "time"]),
];
/// Facts that come round every year unless the file says otherwise.
const YEARLY: &[&str] = &["birthday", "生日"];
/// Decimals of a number that does not say how many, and the most there can be.
const DECIMALS: u8 = 6;
const MOST_DECIMALS: u8 = 9;

/// All facts of a table; `taken` are names that it has by itself.
pub(super) fn facts(
    table: &mut Section<'_>,
    zone: Zone,
    taken: &[&str],
    report: &mut Report,
) -> IndexMap<String, Fact> {
    let Some(section) = table.section("facts", report) else { return IndexMap::new() };
    let mut facts = IndexMap::new();
    for entry in section.entries() {
        check_name(&entry, taken, report);
        if let Some(fact) = fact(&entry, &section.path, zone, report) {
            facts.insert(entry.name().to_owned(), fact);
        }
    }
    facts
}

/// `NAME = "TYPE"` or `NAME = { type = "TYPE", … }`.
fn fact(entry: &Entry<'_>, path: &str, zone: Zone, report: &mut Report) -> Option<Fact> {
    let item = entry.item(report);
    if let Some(text) = item.value.as_str() {
        let word = Word { text: text.to_owned(), place: item.place };
        return short_fact(entry.name(), &word, zone, report);
    }
    let mut section = entry.section(path, report)?;
    let ty = section.required_text("type", report).filter(|word| known_type(word, report));
    let column = section.text("column", report).map_or_else(|| entry.name().to_owned(), |word| word.text);
    let personal = section.flag("personal", report).unwrap_or(false);
    let yearly = section.flag("yearly", report);
    let kind = ty.as_ref().and_then(|ty| kind(ty, &mut section, zone, report));
    if let Some(ty) = &ty {
        misplaced(&ty.text, &mut section, report);
        section.finish(report);
    }
    let kind = kind?;
    let yearly = yearly.unwrap_or_else(|| yearly_by_itself(entry.name(), &kind));
    Some(Fact { column, kind, personal, yearly })
}

fn short_fact(name: &str, ty: &Word, zone: Zone, report: &mut Report) -> Option<Fact> {
    if !known_type(ty, report) {
        return None;
    }
    let empty = toml::de::DeTable::new();
    let mut nothing = Section::new(name.to_owned(), ty.place, &empty);
    let kind = kind(ty, &mut nothing, zone, report)?;
    let yearly = yearly_by_itself(name, &kind);
    Some(Fact { column: name.to_owned(), kind, personal: false, yearly })
}

fn yearly_by_itself(name: &str, kind: &FactKind) -> bool {
    YEARLY.contains(&name) && matches!(kind, FactKind::Date { .. } | FactKind::Time { .. })
}

fn known_type(word: &Word, report: &mut Report) -> bool {
    let known = TYPES.contains(&word.text.as_str());
    if !known {
        report.add(says::unknown_fact_type(word, TYPES));
    }
    known
}

/// Reports the settings that this type does not have.
fn misplaced(ty: &str, section: &mut Section<'_>, report: &mut Report) {
    for (setting, types) in SETTINGS {
        let there = section.item(setting, report).is_some();
        if let Some(place) = section.key_place(setting, report).filter(|_| there && !types.contains(&ty)) {
            report.add(says::misplaced_setting(place, setting, ty, types));
        }
    }
}

fn kind(ty: &Word, section: &mut Section<'_>, zone: Zone, report: &mut Report) -> Option<FactKind> {
    Some(match ty.text.as_str() {
        "bool" => FactKind::Bool,
        "number" => FactKind::Number { decimals: decimals(section, report)? },
        "money" => FactKind::Money { unit: money_unit(section, report)? },
        "percent" => FactKind::Percent,
        "enum" => FactKind::Enum { values: values(ty, section, report)? },
        "date" => FactKind::Date { format: date_format(section, zone, report)? },
        "time" => FactKind::Time { format: time_format(section, zone, report)? },
        "duration" => FactKind::Days,
        "set" => FactKind::Set { separator: separator(section, report)? },
        _ => FactKind::Text,
    })
}

fn decimals(section: &mut Section<'_>, report: &mut Report) -> Option<u8> {
    let Some(item) = section.item("decimals", report) else { return Some(DECIMALS) };
    let number = match item.value {
        DeValue::Integer(number) => u8::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    let decimals = number.filter(|decimals| *decimals <= MOST_DECIMALS);
    if decimals.is_none() {
        let expected = Text::new("a whole number from 0 to 9", "0 到 9 的整数");
        report.add(says::wrong_value(item, "decimals", &expected));
    }
    decimals
}

fn money_unit(section: &mut Section<'_>, report: &mut Report) -> Option<MoneyUnit> {
    match section.text("unit", report) {
        Some(word) => choice(&word, "unit", &[("cent", MoneyUnit::Cent), ("yuan", MoneyUnit::Yuan)], report),
        None => Some(MoneyUnit::Yuan),
    }
}

/// The values of an enum: some, none empty, none twice.
fn values(ty: &Word, section: &mut Section<'_>, report: &mut Report) -> Option<Vec<String>> {
    let Some(item) = section.item("values", report) else {
        report.add(says::values_missing(ty.place));
        return None;
    };
    let words = item.texts("values", report)?;
    if words.is_empty() {
        report.add(says::values_missing(item.place));
        return None;
    }
    let mut values = Vec::new();
    for word in words {
        if word.text.is_empty() || values.contains(&word.text) {
            report.add(says::poor_value(&word));
        }
        values.push(word.text);
    }
    Some(values)
}

fn separator(section: &mut Section<'_>, report: &mut Report) -> Option<String> {
    let Some(word) = section.text("separator", report) else { return Some(",".to_owned()) };
    if word.text.is_empty() {
        let expected = Text::new("a text that is not empty", "非空的文本");
        report.add(says::wrong_text(&word, "separator", &expected));
        return None;
    }
    Some(word.text)
}

/// `format` and `zone` of a time, ISO unless it says otherwise.
pub(super) fn time_format(section: &mut Section<'_>, zone: Zone, report: &mut Report) -> Option<TimeFormat> {
    Some(format(section, "iso", zone, report)?.0)
}

/// The same of a date, whose days are those of the project's zone when it is written as an instant.
fn date_format(section: &mut Section<'_>, zone: Zone, report: &mut Report) -> Option<TimeFormat> {
    let (format, said) = format(section, "date", zone, report)?;
    let instant = matches!(format, TimeFormat::Unix | TimeFormat::UnixMillis);
    if let (true, true, Some(place)) = (instant, said != zone, section.key_place("zone", report)) {
        report.add(says::zone_of_instant(place, zone.name()));
        return None;
    }
    Some(format)
}

/// The format, and the zone that was said next to it, else the project's.
fn format(
    section: &mut Section<'_>,
    default: &str,
    zone: Zone,
    report: &mut Report,
) -> Option<(TimeFormat, Zone)> {
    let zone = match section.text("zone", report) {
        Some(word) => parse_zone(&word, report)?,
        None => zone,
    };
    let formats = [
        ("unix", TimeFormat::Unix),
        ("unix_ms", TimeFormat::UnixMillis),
        ("iso", TimeFormat::Iso(ZoneKey(zone))),
        ("date", TimeFormat::Date(ZoneKey(zone))),
    ];
    let place = section.place;
    let word = section.text("format", report).unwrap_or(Word { text: default.to_owned(), place });
    Some((choice(&word, "format", &formats, report)?, zone))
}
