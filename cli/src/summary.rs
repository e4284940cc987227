//! A run in numbers, for a person.

mod around;

use crate::draw::clean;
use crate::language::{self, Words, grouped};
use crate::table::{Align, Rows};
use indexmap::IndexMap;
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
/// Before the delay of a follow-up.
const LATER: Words = Words::new("after", "之后");
/// Before how many get something later.
const HELD: Words = Words::new("later", "稍后");
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

/// How many ended how, by the word of the verdict.
type Funnel = IndexMap<String, u64>;

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
    around::draw(out, summary, style.language)?;
    if style.verbose {
        funnels(out, summary, style)?;
    }
    samples(out, summary, style)
}

/// An instant as a person says it: most are the end of a day.
pub fn moment(rfc3339: &str) -> Text {
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
        rows.add(row(name(rule), &rule.funnel, &rule.cost, style.language));
        for follow_up in &rule.follow_ups {
            let title = format!("  {}", later(&follow_up.delay, style.language));
            rows.add(row(title, &follow_up.funnel, &follow_up.cost, style.language));
        }
    }
    rows.add([
        TOTAL.get(style.language).to_owned(),
        String::new(),
        String::new(),
        going_out(&everything_sent(summary), style.language),
        channels(&summary.total, style.language),
        amount(summary.total.messages_micros.into()),
        coupons(&summary.total),
    ]);
    rows
}

/// `after 48h`.
fn later(delay: &str, language: Language) -> String {
    format!("{} {}", LATER.get(language), language::length(delay, language))
}

/// What becomes of the customers of a rule, or of a follow-up.
fn row(title: String, funnel: &Funnel, cost: &CampaignCost, language: Language) -> [String; 7] {
    let matched: u64 = funnel.values().sum::<u64>().saturating_sub(count(funnel, &UNMATCHED));
    [
        title,
        grouped(matched),
        losses(funnel, language),
        going_out(funnel, language),
        channels(cost, language),
        amount(cost.messages_micros.into()),
        coupons(cost),
    ]
}

/// How many customers get something at once, and below how many later.
fn going_out(funnel: &Funnel, language: Language) -> String {
    let (now, later) = (count(funnel, &[Verdict::Send]), count(funnel, &[Verdict::Hold]));
    match later {
        0 => grouped(now),
        _ => format!("{}\n{} {}", grouped(now), HELD.get(language), grouped(later)),
    }
}

/// What goes out of all rules and follow-ups.
fn everything_sent(summary: &Summary) -> Funnel {
    let mut sent = Funnel::new();
    for rule in &summary.rules {
        let later = rule.follow_ups.iter().map(|follow_up| &follow_up.funnel);
        for funnel in std::iter::once(&rule.funnel).chain(later) {
            for verdict in [Verdict::Send, Verdict::Hold] {
                *sent.entry(verdict.word().to_owned()).or_default() += count(funnel, &[verdict]);
            }
        }
    }
    sent
}

/// `campaign / rule`.
fn name(rule: &RuleSummary) -> String {
    match &rule.campaign {
        Some(campaign) => format!("{campaign} / {}", rule.rule),
        None => rule.rule.clone(),
    }
}

fn count(funnel: &Funnel, verdicts: &[Verdict]) -> u64 {
    verdicts.iter().filter_map(|verdict| funnel.get(verdict.word())).sum()
}

/// One line for each reason for which customers that matched get nothing.
fn losses(funnel: &Funnel, language: Language) -> String {
    let lost = Verdict::ALL
        .into_iter()
        .filter(|verdict| !UNMATCHED.contains(verdict) && !matches!(verdict, Verdict::Send | Verdict::Hold));
    let lines = lost.filter_map(|verdict| match count(funnel, &[verdict]) {
        0 => None,
        count => Some(format!("{} {}", language::verdict(verdict).get(language), grouped(count))),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn channels(cost: &CampaignCost, language: Language) -> String {
    let counts = cost.messages.iter().chain(&cost.others).filter(|(_, count)| **count > 0);
    let line = |(channel, count): (&String, &u64)| match cost.parts.get(channel) {
        Some(parts) if parts != count => format!("{channel} {} ×{}", grouped(*count), grouped(*parts)),
        _ => format!("{} {}", language::deed(channel, language), grouped(*count)),
    };
    counts.map(line).collect::<Vec<_>>().join("\n")
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
    if summary.total.messages != summary.total.parts {
        text.en += " ×: billed as so many messages, by their length.";
        text.zh += "× 后面是按字数计费的条数。";
    }
    if summary.total.unbounded {
        text.en += &format!(" {AND_DISCOUNTS}: and discounts, which cost by what is bought.");
        text.zh += &format!("{AND_DISCOUNTS} 表示另有折扣，花费取决于购买金额。");
    }
    text
}

/// Millionths of a unit with two decimals, or as many as it takes to be exact: a message may cost less than a cent.
pub fn amount(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    let digits = format!("{rest:06}");
    let exact = digits.trim_end_matches('0').len().max(2);
    format!("{sign}{}.{}", grouped(whole), &digits[..exact])
}

/// How every customer ended under each rule, and under each follow-up that was due for somebody.
fn funnels(out: &mut dyn Write, summary: &Summary, style: Style) -> io::Result<()> {
    for rule in &summary.rules {
        writeln!(out, "\n{}", funnel(&name(rule), &rule.funnel, style))?;
        for follow_up in rule.follow_ups.iter().filter(|follow_up| follow_up.due > 0) {
            let title = format!("{} {}", name(rule), later(&follow_up.delay, style.language));
            writeln!(out, "\n{}", funnel(&title, &follow_up.funnel, style))?;
        }
    }
    Ok(())
}

/// How every customer ended; the last line is the sum.
fn funnel(title: &str, funnel: &Funnel, style: Style) -> Rows {
    let customers = Words::new("customers", "客户");
    let columns = [(title, Align::Left), (customers.get(style.language), Align::Right)];
    let mut rows = Rows::new(&columns, style.width);
    for verdict in Verdict::ALL {
        let count = count(funnel, &[verdict]);
        if count > 0 {
            rows.add([language::verdict(verdict).get(style.language).to_owned(), grouped(count)]);
        }
    }
    rows.add([
        Words::new("in all", "合计").get(style.language).to_owned(),
        grouped(funnel.values().sum::<u64>()),
    ]);
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
