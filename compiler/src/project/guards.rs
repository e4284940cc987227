//! `[plan]` and `[apply]`: what no plan may do, and what one needs before it is applied.

use super::diagnostics as says;
use super::reader::{Item, Report, Section, Word};
use indexmap::IndexMap;
use rulec_diagnostic::Text;
use rulec_grammar::tree::{Expr, ExprKind, Literal, Number};
use rulec_plan::campaign::Share;
use rulec_plan::project::{Approvals, Guards};
use rulec_plan::time::Duration;
use toml::de::DeValue;

/// Hex digits of an ed25519 public key.
const KEY_DIGITS: usize = 64;

/// `[plan]`.
pub(super) fn guards(file: &mut Section<'_>, report: &mut Report) -> Guards {
    let Some(mut section) = file.section("plan", report) else { return Guards::default() };
    let max_audience =
        section.item("max_audience", report).and_then(|item| count(item, "max_audience", report));
    let max_change = section.text("max_change", report).and_then(|word| share(&word, report));
    section.finish(report);
    Guards { max_audience, max_change }
}

/// `[apply]`.
pub(super) fn approvals(file: &mut Section<'_>, report: &mut Report) -> Approvals {
    let Some(mut section) = file.section("apply", report) else { return Approvals::default() };
    let needed = section
        .item("approvals", report)
        .and_then(|item| Some((item.place, count(item, "approvals", report)?)));
    let max_age = section.text("max_age", report).and_then(|word| age(&word, report));
    let approvers = match section.section("approvers", report) {
        Some(approvers) => approvers_of(&approvers, report),
        None => IndexMap::new(),
    };
    section.finish(report);
    if let Some((place, needed)) = needed
        && needed > approvers.len() as u64
    {
        report.add(says::too_few_approvers(place, needed, approvers.len()));
    }
    let needed = needed.map_or(0, |(_, needed)| u32::try_from(needed).unwrap_or(u32::MAX));
    Approvals { needed, approvers, max_age }
}

/// Name to public key, in lower case; one key stands for one person.
fn approvers_of(section: &Section<'_>, report: &mut Report) -> IndexMap<String, String> {
    let mut approvers: IndexMap<String, String> = IndexMap::new();
    for entry in section.entries() {
        let Some(word) = entry.item(report).text(entry.name(), report) else { continue };
        let key = word.text.to_ascii_lowercase();
        if key.len() != KEY_DIGITS || !key.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            report.add(says::wrong_text(
                &word,
                entry.name(),
                &Text::new("the 64 hex digits of a public key", "64 位十六进制的公钥"),
            ));
        } else if let Some((other, _)) = approvers.iter().find(|(_, known)| **known == key) {
            report.add(says::approver_twice(word.place, entry.name(), other));
        }
        approvers.insert(entry.name().to_owned(), key);
    }
    approvers
}

/// A whole number of at least 1.
fn count(item: Item<'_>, key: &str, report: &mut Report) -> Option<u64> {
    let count = match item.value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    let count = count.filter(|count| *count > 0);
    if count.is_none() {
        report.add(says::no_count(item, key));
    }
    count
}

/// `"20%"` as a part of one.
fn share(word: &Word, report: &mut Report) -> Option<Share> {
    let share = match literal(word) {
        Some(Literal::Percent(percent)) => part_of_one(percent),
        _ => None,
    };
    if share.is_none() {
        let expected =
            Text::new("a percentage above zero, such as `\"20%\"`", "大于零的百分比，例如 `\"20%\"`");
        report.add(says::wrong_text(word, "max_change", &expected));
    }
    share
}

/// A percentage above zero, in units of [`Share`]; more than 100 % is possible where something may grow.
fn part_of_one(percent: Number) -> Option<Share> {
    let unit =
        i64::try_from(Share::WHOLE.0).ok()?.checked_div(10_i64.checked_pow(2 + u32::from(percent.scale))?)?;
    let share = percent.mantissa.checked_mul(unit)?;
    u64::try_from(share).ok().filter(|share| *share > 0).map(Share)
}

/// `"24h"`.
fn age(word: &Word, report: &mut Report) -> Option<Duration> {
    let age = crate::duration(&word.text);
    if age.is_none() {
        let expected =
            Text::new("a duration, such as `\"24h\"` or `\"7d\"`", "时长，例如 `\"24h\"` 或 `\"7d\"`");
        report.add(says::wrong_text(word, "max_age", &expected));
    }
    age
}

/// A value written as in a rule.
fn literal(word: &Word) -> Option<Literal> {
    match rulec_grammar::parse_expression(word.place.file, &word.text) {
        Ok(Expr { kind: ExprKind::Literal(literal), .. }) => Some(literal),
        _ => None,
    }
}
