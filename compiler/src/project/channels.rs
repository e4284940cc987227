//! `[channels.NAME]` and `[consent]`.

use super::diagnostics as says;
use super::outlet;
use super::reader::{Item, Report, Section, Word, check_name, choice};
use indexmap::IndexMap;
use rulec_plan::project::{Channel, ChannelKind, CustomerTable, Escape, FactKind, InQuiet};
use toml::de::DeValue;

const KINDS: &[(&str, ChannelKind)] = &[
    ("file", ChannelKind::File),
    ("webhook", ChannelKind::Webhook),
    ("smtp", ChannelKind::Smtp),
    ("wecom", ChannelKind::Wecom),
];
/// What becomes of a message in quiet hours.
const IN_QUIET: &[(&str, InQuiet)] = &[("hold", InQuiet::Hold), ("skip", InQuiet::Skip)];
/// Whether a message is billed by its SMS parts.
const BILLING: &[(&str, bool)] = &[("part", true), ("message", false)];
const ESCAPES: &[(&str, Escape)] =
    &[("none", Escape::None), ("html", Escape::Html), ("markdown", Escape::Markdown)];
/// Channels that are billed by parts unless the file says otherwise.
const SMS: &[&str] = &["sms", "短信"];
/// The word for all channels, and what the files of tags, tasks and points are called: no channel can be called so.
const TAKEN: &[&str] = &["any", "tags", "tasks", "points"];
/// Digits after the point that a price can have.
const PRICE_DECIMALS: usize = 6;

/// All channels; `None` for one that cannot be read, so that its name is still known.
pub(super) fn channels(
    file: &mut Section<'_>,
    customer: Option<&CustomerTable>,
    report: &mut Report,
) -> IndexMap<String, Option<Channel>> {
    let Some(all) = file.section("channels", report) else { return IndexMap::new() };
    let mut channels = IndexMap::new();
    for entry in all.entries() {
        check_name(&entry, TAKEN, report);
        let channel = entry
            .section("channels", report)
            .and_then(|section| channel(entry.name(), section, customer, report));
        channels.insert(entry.name().to_owned(), channel);
    }
    channels
}

fn channel(
    name: &str,
    mut section: Section<'_>,
    customer: Option<&CustomerTable>,
    report: &mut Report,
) -> Option<Channel> {
    let kind = match section.text("kind", report) {
        Some(word) => choice(&word, "kind", KINDS, report),
        None => Some(ChannelKind::File),
    };
    let address = section.text("address", report);
    if let (Some(address), Some(customer)) = (&address, customer) {
        check_address(address, customer, report);
    }
    let price = section.item("price", report).map_or(Some(0), |item| price(item, report));
    let rate = section.text("rate", report).map(|word| rate(&word, report));
    let (quiet, in_quiet) = quiet(&mut section, report);
    let sms_parts = chosen(&mut section, "billing", BILLING, report);
    let escape = chosen(&mut section, "escape", ESCAPES, report);
    let group = section.flag("group", report).unwrap_or(false);
    let settings = kind.and_then(|kind| outlet::settings(kind, &mut section, report));
    if let Some(settings) = &settings {
        check_robot(settings, group, &section, report);
        section.finish(report);
    }
    Some(Channel {
        kind: kind?,
        address: address.map(|word| word.text),
        price_micros: price?,
        rate: rate.flatten(),
        quiet,
        in_quiet,
        sms_parts: sms_parts.unwrap_or_else(|| SMS.contains(&name)),
        escape: escape.unwrap_or_else(|| usual_escape(kind)),
        group,
        settings: settings?,
    })
}

/// How a channel of this kind writes values unless the file says otherwise.
fn usual_escape(kind: Option<ChannelKind>) -> Escape {
    match kind {
        Some(ChannelKind::Smtp) => Escape::Html,
        Some(ChannelKind::Wecom) => Escape::Markdown,
        Some(ChannelKind::File | ChannelKind::Webhook) | None => Escape::None,
    }
}

/// What a project file calls a kind.
pub(super) fn kind_name(kind: ChannelKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(name, _)| name)
}

/// A robot speaks to all members of its group: only a group channel keeps what is personal out of its messages.
fn check_robot(settings: &IndexMap<String, String>, group: bool, section: &Section<'_>, report: &mut Report) {
    if !group && (settings.contains_key("key_env") || settings.contains_key("key_file")) {
        report.add(says::robot_without_group(section.place, &section.path));
    }
}

/// A setting that is one of a few words.
fn chosen<T: Copy>(
    section: &mut Section<'_>,
    key: &'static str,
    choices: &[(&'static str, T)],
    report: &mut Report,
) -> Option<T> {
    section.text(key, report).and_then(|word| choice(&word, key, choices, report))
}

fn check_address(address: &Word, customer: &CustomerTable, report: &mut Report) {
    match customer.facts.get(&address.text).map(|fact| &fact.kind) {
        Some(FactKind::Text) => {}
        Some(_) => report.add(says::address_not_text(address)),
        None => report.add(says::address_fact(address, customer.facts.keys())),
    }
}

/// The quiet hours, and what becomes of messages in them.
fn quiet(section: &mut Section<'_>, report: &mut Report) -> (Option<(u16, u16)>, InQuiet) {
    let quiet = section.text("quiet", report);
    let in_quiet = chosen(section, "in_quiet", IN_QUIET, report);
    if let (None, Some(place)) = (&quiet, section.key_place("in_quiet", report)) {
        report.add(says::setting_without(place, "in_quiet", "quiet"));
    }
    (quiet.and_then(|word| quiet_hours(&word, report)), in_quiet.unwrap_or_default())
}

/// A price in millionths, from `0.045` or `"0.045"`.
fn price(item: Item<'_>, report: &mut Report) -> Option<i64> {
    let micros = match item.value {
        DeValue::String(text) => micros(text),
        DeValue::Float(number) => micros(number.as_str()),
        DeValue::Integer(number) if number.radix() == 10 => micros(number.as_str()),
        _ => None,
    };
    if micros.is_none() {
        report.add(says::message_price(item.place));
    }
    micros
}

/// Exactly this decimal number in millionths; nothing if it is negative, finer or too large.
fn micros(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > PRICE_DECIMALS {
        return None;
    }
    format!("{whole}{fraction:0<PRICE_DECIMALS$}").parse().ok()
}

/// Messages a second, from `50/s`, `600/min` or `1000/h`.
fn rate(word: &Word, report: &mut Report) -> Option<f64> {
    let rate = word.text.split_once('/').and_then(|(count, unit)| {
        let seconds = match unit.trim() {
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        let count: u32 = count.trim().parse().ok()?;
        (count > 0).then(|| f64::from(count) / seconds)
    });
    if rate.is_none() {
        report.add(says::sending_rate(word));
    }
    rate
}

/// Minutes after midnight, from `21:00..09:00`.
fn quiet_hours(word: &Word, report: &mut Report) -> Option<(u16, u16)> {
    let hours = word.text.split_once("..").and_then(|(from, until)| {
        let hours = (minutes(from.trim())?, minutes(until.trim())?);
        (hours.0 != hours.1).then_some(hours)
    });
    if hours.is_none() {
        report.add(says::quiet_hours(word));
    }
    hours
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, end: u16| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        part.parse().ok().filter(|number: &u16| digits && *number < end)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60).filter(|_| minutes.len() == 2)?)
}

/// `[consent]`: channel to a bool fact of the customer.
pub(super) fn consent(
    file: &mut Section<'_>,
    customer: Option<&CustomerTable>,
    channels: &IndexMap<String, Option<Channel>>,
    report: &mut Report,
) -> IndexMap<String, String> {
    let Some(section) = file.section("consent", report) else { return IndexMap::new() };
    let mut consent = IndexMap::new();
    for entry in section.entries() {
        if !channels.contains_key(entry.name()) {
            report.add(says::consent_channel(entry.place(report), entry.name(), channels.keys()));
        }
        let Some(fact) = entry.item(report).text(entry.name(), report) else { continue };
        if let Some(customer) = customer {
            check_consent(&fact, customer, report);
        }
        consent.insert(entry.name().to_owned(), fact.text);
    }
    consent
}

fn check_consent(fact: &Word, customer: &CustomerTable, report: &mut Report) {
    match customer.facts.get(&fact.text) {
        Some(found) if found.kind == FactKind::Bool => {}
        Some(_) => report.add(says::consent_not_bool(fact)),
        None => {
            let flags = customer.facts.iter().filter(|(_, fact)| fact.kind == FactKind::Bool);
            report.add(says::consent_fact(fact, flags.map(|(name, _)| name)));
        }
    }
}
