//! What stands around the rules of a run: campaigns, limits, pools, segments. Lines, not tables: each says something else, and
//! they are read on narrow terminals too.

use super::amount;
use crate::draw::clean;
use crate::language::{self, Words, grouped};
use rulec_diagnostic::{Language, Text};
use rulec_runtime::planfile::{BudgetOutline, CampaignOutline, OUTSIDE, SegmentOutline, StandingOutline};
use rulec_runtime::{RuleSummary, Summary};
use std::io::{self, Write};

const CAMPAIGNS: Words = Words::new("Campaigns:", "活动：");
const EXPERIMENTS: Words = Words::new("Experiments:", "实验：");
const LIMITS: Words = Words::new("Limits:", "限频：");
const POOLS: Words = Words::new("Codes:", "券码：");
const SEGMENTS: Words = Words::new("Recorded segments:", "记录成员的分群：");

/// Writes a paragraph for each kind of which there is something.
pub(super) fn draw(out: &mut dyn Write, summary: &Summary, language: Language) -> io::Result<()> {
    let campaigns = summary.campaigns.iter().filter(|(name, _)| *name != OUTSIDE);
    paragraph(out, &CAMPAIGNS, campaigns.flat_map(|(name, one)| campaign(name, &one.outline)), language)?;
    paragraph(out, &EXPERIMENTS, summary.rules.iter().filter_map(experiment), language)?;
    let limits = summary.limits.iter().map(|limit| {
        let capped = grouped(limit.capped);
        Text::new(format!("{}: {capped} capped", limit.name), format!("{}：拦下 {capped}", limit.name))
    });
    paragraph(out, &LIMITS, limits, language)?;
    let pools = summary.pools.iter().map(|(name, pool)| {
        let [free, taken, left] = [pool.free, pool.taken, pool.free.saturating_sub(pool.taken)].map(grouped);
        Text::new(
            format!("{name}: {taken} of {free} are given out, {left} left"),
            format!("{name}：{free} 个里发出 {taken} 个，剩 {left} 个"),
        )
    });
    paragraph(out, &POOLS, pools, language)?;
    paragraph(out, &SEGMENTS, summary.segments.iter().map(|(name, one)| segment(name, one)), language)
}

fn paragraph(
    out: &mut dyn Write,
    title: &Words,
    lines: impl Iterator<Item = Text>,
    language: Language,
) -> io::Result<()> {
    for (place, line) in lines.enumerate() {
        if place == 0 {
            writeln!(out, "\n{}", title.get(language))?;
        }
        writeln!(out, "  {}", clean::line(line.get(language)))?;
    }
    Ok(())
}

/// Whom it reaches and whom it leaves alone, and below it its money.
fn campaign(name: &str, outline: &CampaignOutline) -> Vec<Text> {
    if let Some(why) = rests(outline) {
        return vec![Text::new(format!("{name}: {}", why.en), format!("{name}：{}", why.zh))];
    }
    let reached = grouped(outline.reached);
    let mut first = Text::new(format!("{name}: reaches {reached}"), format!("{name}：触及 {reached} 位客户"));
    if let Some(share) = &outline.holdout {
        let held_out = grouped(outline.held_out);
        first.en += &format!("; holdout {share}: {held_out} left alone");
        first.zh += &format!("；对照组 {share}：{held_out} 位不打扰");
    }
    std::iter::once(first).chain(outline.budget.as_ref().map(budget)).collect()
}

/// Why it does not run.
fn rests(outline: &CampaignOutline) -> Option<Text> {
    let day = |day: &Option<String>| day.clone().unwrap_or_default();
    match outline.standing {
        StandingOutline::Runs => None,
        StandingOutline::NotBegun => {
            let first = day(&outline.first_day);
            Some(Text::new(format!("rests until {first}"), format!("未开始，{first} 开始")))
        }
        StandingOutline::Over => {
            let end = day(&outline.over_on);
            Some(Text::new(format!("over since {end}"), format!("已结束，自 {end} 起")))
        }
        StandingOutline::OffDay => {
            Some(Text::new("rests: this is no day of its schedule", "今天不在活动排期内"))
        }
    }
}

fn budget(budget: &BudgetOutline) -> Text {
    let [all, spent, plan, left] =
        [budget.micros, budget.spent_micros, budget.plan_micros, budget.left_micros()]
            .map(|micros| amount(micros.into()));
    let per = |language| {
        let per = budget.per.as_deref().map(|per| language::length(per, language));
        per.map(|per| format!(" / {per}")).unwrap_or_default()
    };
    let (per_en, per_zh) = (per(Language::En), per(Language::Zh));
    Text::new(
        format!("  budget {all}{per_en}: spent {spent}, this plan {plan}, left {left}"),
        format!("  预算 {all}{per_zh}：已用 {spent}，本次 {plan}，剩余 {left}"),
    )
}

/// `subject line: A 50% 1,234, B 50% 1,201`.
fn experiment(rule: &RuleSummary) -> Option<Text> {
    let split = rule.split.as_ref()?;
    let arms = |between: &str| {
        let arm = split.arms.iter().map(|arm| format!("{} {} {}", arm.label, arm.share, grouped(arm.count)));
        arm.collect::<Vec<_>>().join(between)
    };
    Some(Text::new(format!("{}: {}", split.name, arms(", ")), format!("{}：{}", split.name, arms("，"))))
}

fn segment(name: &str, outline: &SegmentOutline) -> Text {
    let [entered, left] = [outline.entered, outline.left].map(grouped);
    if outline.first_time {
        return Text::new(
            format!(
                "{name}: for the first time, {entered} members; who enters and leaves is known from the next run on"
            ),
            format!("{name}：首次记录，{entered} 位成员；从下次运行起才知道谁进入、谁离开"),
        );
    }
    Text::new(
        format!("{name}: {entered} enter, {left} leave"),
        format!("{name}：进入 {entered}，离开 {left}"),
    )
}
