//! A run in numbers, for a person.

use crate::draw::clean;
use crate::language::{self, Words, grouped};
use crate::table::{Align, Rows};
use rulec_diagnostic::{Language, Text};
use rulec_plan::verdict::Verdict;
use rulec_runtime::{CampaignCost, RuleSummary, Sample, Summary};
use std::io::{self, Write};

const COLUMNS: [(Words, Align); 7] = [
    (Words::new("rule", "规则"), Align::Left),
    (Words::new("matched", "符合"), Align::Right),
    (Words::new("lost", "不发"), Align::Whole),
    (Words::new("send", "要发"), Align::Right),
    (Words::new("channels", "渠道"), Align::Whole),
    (Words::new("messages", "消息费"), Align::Right),
    (Words::new("coupons", "券最多"), Align::Right),
];
const TOTAL: Words = Words::new("all rules", "合计");
const SAMPLES: Words = Words::new("For example:", "示例：");
/// Beside the cost of coupons where there are discounts too.
const AND_DISCOUNTS: &str = "+";
const MORE_SAMPLES: Words =
    Words::new("… --verbose shows those of every rule", "… 加上 --verbose 显示每条规则的示例");
/// Of so many rules a message is shown.
const RULES_WITH_SAMPLES: usize = 6;
/// Verdicts of customers that a rule did not match.
const UNMATCHED: [Verdict; 2] = [Verdict::NotMatched, Verdict::DataMissing];

/// How a summary is shown.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub language: Language,
    pub width: Option<u16>,
    /// Whether each rule's funnel is shown whole.
    pub verbose: bool,
}

/// Writes title, table and samples.
pub fn draw(out: &mut dyn Write, summary: &Summary, style: Style) -> io::Result<()> {
    let population = grouped(summary.population);
    let (project, as_of) = (clean::line(&summary.project), moment(&summary.as_of));
    let title = Text::new(
        format!("{project}: {population} customers as of {}", as_of.en),
        format!("{project}：{population} 位客户，截至 {}", as_of.zh),
    );
    writeln!(out, "{}\n", title.get(style.language))?;
    writeln!(out, "{}\n", overview(summary, style))?;
    writeln!(out, "{}", legend(summary).get(style.language))?;
    for rule in &summary.rules {
        if style.verbose {
            writeln!(out, "\n{}", funnel(rule, summary.population, style))?;
        }
    }
    samples(out, summary, style)
}

/// An instant as a person says it: most are the end of a day.
fn moment(rfc3339: &str) -> Text {
    match rfc3339.split_once("T23:59:59.999999") {
        Some((day, _)) => Text::new(format!("the end of {day}"), format!("{day} 结束")),
        // Fractions of a second tell a person nothing.
        None => Text::same(without_fraction(rfc3339).replacen('T', " ", 1)),
    }
}

fn without_fraction(rfc3339: &str) -> String {
    let Some((seconds, rest)) = rfc3339.split_once('.') else { return rfc3339.to_owned() };
    format!("{seconds}{}", rest.trim_start_matches(|char: char| char.is_ascii_digit()))
}

fn overview(summary: &Summary, style: Style) -> Rows {
    let columns = COLUMNS.map(|(name, align)| (name.get(style.language), align));
    let mut rows = Rows::new(&columns, style.width);
    for rule in &summary.rules {
        rows.add([
            name(rule),
            grouped(summary.population.saturating_sub(count(rule, &UNMATCHED))),
            losses(rule, style.language),
            grouped(count(rule, &[Verdict::Send])),
            channels(&rule.cost),
            amount(rule.cost.messages_micros.into()),
            coupons(&rule.cost),
        ]);
    }
    let sent = summary.rules.iter().map(|rule| count(rule, &[Verdict::Send])).sum::<u64>();
    rows.add([
        TOTAL.get(style.language).to_owned(),
        String::new(),
        String::new(),
        grouped(sent),
        channels(&summary.total),
        amount(summary.total.messages_micros.into()),
        coupons(&summary.total),
    ]);
    rows
}

/// `campaign / rule`.
fn name(rule: &RuleSummary) -> String {
    match &rule.campaign {
        Some(campaign) => format!("{campaign} / {}", rule.rule),
        None => rule.rule.clone(),
    }
}

fn count(rule: &RuleSummary, verdicts: &[Verdict]) -> u64 {
    verdicts.iter().filter_map(|verdict| rule.funnel.get(verdict.word())).sum()
}

/// One line for each reason for which customers that matched get nothing.
fn losses(rule: &RuleSummary, language: Language) -> String {
    let lost =
        Verdict::ALL.into_iter().filter(|verdict| !UNMATCHED.contains(verdict) && *verdict != Verdict::Send);
    let lines = lost.filter_map(|verdict| match count(rule, &[verdict]) {
        0 => None,
        count => Some(format!("{} {}", language::verdict(verdict).get(language), grouped(count))),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn channels(cost: &CampaignCost) -> String {
    let counts = cost.messages.iter().chain(&cost.others).filter(|(_, count)| **count > 0);
    counts.map(|(channel, count)| format!("{channel} {}", grouped(*count))).collect::<Vec<_>>().join("\n")
}

fn coupons(cost: &CampaignCost) -> String {
    let amount = amount(i128::from(cost.coupons_cents) * 10_000);
    if cost.unbounded { format!("{amount} {AND_DISCOUNTS}") } else { amount }
}

/// What the numbers of the table mean.
fn legend(summary: &Summary) -> Text {
    let currency = clean::line(&summary.currency);
    let mut text = Text::new(
        format!("Costs in {currency}. Coupons: at most, if every one is used."),
        format!("金额单位：{currency}。券最多：每张券都用掉时的花费。"),
    );
    if summary.total.unbounded {
        text.en += &format!(" {AND_DISCOUNTS}: and discounts, which cost by what is bought.");
        text.zh += &format!("{AND_DISCOUNTS} 表示另有折扣，花费取决于购买金额。");
    }
    text
}

/// Millionths of a unit with two decimals, or as many as it takes to be exact: a message may cost less than a cent.
fn amount(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    let digits = format!("{rest:06}");
    let exact = digits.trim_end_matches('0').len().max(2);
    format!("{sign}{}.{}", grouped(whole), &digits[..exact])
}

/// How every customer ended under a rule; adds up to the population.
fn funnel(rule: &RuleSummary, population: u64, style: Style) -> Rows {
    let title = name(rule);
    let customers = Words::new("customers", "客户");
    let columns = [(title.as_str(), Align::Left), (customers.get(style.language), Align::Right)];
    let mut rows = Rows::new(&columns, style.width);
    for verdict in Verdict::ALL {
        let count = count(rule, &[verdict]);
        if count > 0 {
            rows.add([language::verdict(verdict).get(style.language).to_owned(), grouped(count)]);
        }
    }
    rows.add([Words::new("in all", "合计").get(style.language).to_owned(), grouped(population)]);
    rows
}

/// One message of each rule, of a few rules; all that there are where everything is wanted.
fn samples(out: &mut dyn Write, summary: &Summary, style: Style) -> io::Result<()> {
    let each = if style.verbose { usize::MAX } else { 1 };
    let all: Vec<_> = summary
        .rules
        .iter()
        .flat_map(|rule| rule.samples.iter().take(each).map(move |sample| (rule, sample)))
        .collect();
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", SAMPLES.get(style.language))?;
    let shown = if style.verbose { all.len() } else { all.len().min(RULES_WITH_SAMPLES) };
    all[..shown].iter().try_for_each(|(rule, sample)| draw_sample(out, rule, sample))?;
    if shown < all.len() {
        writeln!(out, "  {}", MORE_SAMPLES.get(style.language))?;
    }
    Ok(())
}

fn draw_sample(out: &mut dyn Write, rule: &RuleSummary, sample: &Sample) -> io::Result<()> {
    let offer = sample.offer.as_ref().map(|offer| format!(" [{offer}]")).unwrap_or_default();
    let head = format!("{} → {} {}{offer}", name(rule), sample.channel, sample.customer);
    writeln!(out, "  {}", clean::line(&head))?;
    clean::lines(&sample.message).lines().try_for_each(|line| writeln!(out, "    {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_exactly() {
        assert_eq!(amount(-1_234_560_000), "-1,234.56");
        assert_eq!(amount(45_000), "0.045");
        assert_eq!(amount(0), "0.00");
    }

    #[test]
    fn instants_are_said_as_a_person_would() {
        assert_eq!(moment("2026-11-21T23:59:59.999999+08:00").en, "the end of 2026-11-21");
        assert_eq!(moment("2026-11-22T03:47:09.372520+08:00").en, "2026-11-22 03:47:09+08:00");
        assert_eq!(moment("2026-11-22T03:47:09Z").zh, "2026-11-22 03:47:09Z");
    }
}
