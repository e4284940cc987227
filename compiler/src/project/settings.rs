//! `[project]`, `[database]`, `[state]`, `[calendar]`.

use super::diagnostics as says;
use super::reader::{Item, Report, Section, Word};
use indexmap::IndexMap;
use rulec_diagnostic::Text;
use rulec_plan::time::{Day, Zone};

/// Where decisions are kept unless the file says otherwise.
const STATE: &str = "sqlite:.rulec/state.db";
/// Which files hold rules unless the file says otherwise.
const RULES: &str = "rules/**/*.rules";
/// Schemes of databases; which of them a command can open is the command's business.
const DATABASES: &[&str] = &["sqlite", "postgres", "postgresql", "sc"];
/// Schemes of the state's database.
const STATES: &[&str] = &["sqlite", "postgres", "postgresql"];

/// `[project]`.
pub(super) struct General {
    pub(super) name: String,
    pub(super) shop: String,
    pub(super) zone: Zone,
    pub(super) currency: String,
    pub(super) rules: Vec<String>,
}

pub(super) fn general(file: &mut Section<'_>, report: &mut Report) -> Option<General> {
    let mut section = required_section(file, "project", report)?;
    let name = section.required_text("name", report);
    let shop = section.text("shop", report);
    let zone = section.required_text("timezone", report).and_then(|word| zone(&word, report));
    let currency = section.text("currency", report).and_then(|word| currency(word, report));
    let rules = match section.item("rules", report) {
        Some(item) => {
            item.texts("rules", report).map(|words| words.into_iter().map(|word| word.text).collect())
        }
        None => Some(vec![RULES.to_owned()]),
    };
    section.finish(report);
    let name = name?.text;
    Some(General {
        shop: shop.map_or_else(|| name.clone(), |word| word.text),
        name,
        zone: zone?,
        currency: currency.unwrap_or_else(|| "CNY".to_owned()),
        rules: rules?,
    })
}

/// The table of a section without which there is no project.
pub(super) fn required_section<'t>(
    file: &mut Section<'t>,
    name: &'static str,
    report: &mut Report,
) -> Option<Section<'t>> {
    if file.item(name, report).is_none() {
        report.add(says::missing_section(file.place, name));
    }
    file.section(name, report)
}

/// The zone of this name.
pub(super) fn zone(word: &Word, report: &mut Report) -> Option<Zone> {
    let zone = Zone::parse(&word.text);
    if zone.is_none() {
        report.add(says::unknown_zone(word));
    }
    zone
}

fn currency(word: Word, report: &mut Report) -> Option<String> {
    if word.text.len() == 3 && word.text.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Some(word.text);
    }
    let expected =
        Text::new("a currency's three letters, such as `\"CNY\"`", "三个大写字母的币种代码，例如 `\"CNY\"`");
    report.add(says::wrong_text(&word, "currency", &expected));
    None
}

pub(super) fn database(file: &mut Section<'_>, report: &mut Report) -> Option<String> {
    let mut section = required_section(file, "database", report)?;
    let url = section.required_text("url", report).and_then(|word| url(word, DATABASES, report));
    section.finish(report);
    url
}

pub(super) fn state(file: &mut Section<'_>, report: &mut Report) -> Option<String> {
    if file.item("state", report).is_none() {
        return Some(STATE.to_owned());
    }
    let mut section = file.section("state", report)?;
    let url = match section.text("url", report) {
        Some(word) => url(word, STATES, report),
        None => Some(STATE.to_owned()),
    };
    section.finish(report);
    url
}

fn url(word: Word, schemes: &[&'static str], report: &mut Report) -> Option<String> {
    let (scheme, rest) = word.text.split_once(':').unwrap_or((&word.text, ""));
    let complete =
        if scheme == "sqlite" { !rest.is_empty() } else { rest.len() > 2 && rest.starts_with("//") };
    if schemes.contains(&scheme) && complete {
        return Some(word.text);
    }
    report.add(says::database_url(&word, scheme, schemes));
    None
}

/// `[calendar] holidays`.
pub(super) fn holidays(file: &mut Section<'_>, report: &mut Report) -> IndexMap<String, Vec<Day>> {
    let Some(mut section) = file.section("calendar", report) else { return IndexMap::new() };
    let mut holidays = IndexMap::new();
    if let Some(named) = section.section("holidays", report) {
        for entry in named.entries() {
            if let Some(days) = days(entry.name(), entry.item(report), report) {
                holidays.insert(entry.name().to_owned(), days);
            }
        }
    }
    section.finish(report);
    holidays
}

/// A list of days, sorted, none twice.
fn days(name: &str, item: Item<'_>, report: &mut Report) -> Option<Vec<Day>> {
    let Some(list) = item.value.as_array().filter(|list| !list.is_empty()) else {
        report.add(says::holiday_days(item.place, name));
        return None;
    };
    let mut days = Vec::new();
    for value in list {
        let place = report.place(value.span());
        match day(&Item { value: value.get_ref(), place }) {
            Some(day) => days.push(day),
            None => report.add(says::holiday_days(place, name)),
        }
    }
    days.sort_unstable();
    days.dedup();
    Some(days)
}

/// `"2026-11-11"` or TOML's own `2026-11-11`.
fn day(item: &Item<'_>) -> Option<Day> {
    if let Some(text) = item.value.as_str() {
        return text.parse().ok().map(Day::from_date);
    }
    let whole = item.value.as_datetime().filter(|moment| moment.time.is_none())?;
    let date = whole.date?;
    Day::from_ymd(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}
