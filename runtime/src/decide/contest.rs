//! Who comes to which step of a rule.
//!
//! Rules of a campaign compete for each customer: the highest priority wins, then the first in the file. Follow-ups do not
//! compete: whoever waits for one comes to it.

use super::contender::Contender;
use super::outcome::Why;
use super::{Context, Reason, number};
use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use rulec_plan::Plan;
use rulec_plan::campaign::Standing;
use rulec_plan::rules::{FollowUp, Rule};
use rulec_plan::time::Instant;
use rulec_plan::verdict::Verdict;
use std::cmp::Reverse;

/// All steps of all rules, by rule, then step.
pub(super) fn contest<'a>(context: &Context<'a>) -> Vec<Contender<'a>> {
    let mut contenders = first_steps(context);
    for (place, rule) in context.plan.rules.iter().enumerate() {
        for (step, follow_up) in (1..).zip(&rule.follow_ups) {
            contenders.push(follow(context, (number(place), step), follow_up));
        }
    }
    contenders.sort_by_key(|contender| (contender.place, contender.step));
    contenders
}

/// The rules themselves, each with the customers that it won.
fn first_steps<'a>(context: &Context<'a>) -> Vec<Contender<'a>> {
    let (plan, answers) = (context.plan, context.answers);
    let nobody = FixedBitSet::with_capacity(answers.population());
    let mut contenders = Vec::with_capacity(plan.rules.len());
    for (rivals, mut rules) in (0..).zip(campaigns(plan).into_values()) {
        rules.sort_by_key(|place| (Reverse(plan.rules[*place].priority), *place));
        let mut taken = nobody.clone();
        for place in rules {
            let rule = &plan.rules[place];
            let matched = if runs(plan, rule) { &answers.condition(rule.condition).yes } else { &nobody };
            let mut outranked = matched.clone();
            outranked.intersect_with(&taken);
            taken.union_with(matched);
            let mut contender = Contender::new(context, (number(place), 0), Some(rivals), matched.clone());
            contender.lose(&outranked, Verdict::Outranked, Why::Winner);
            contenders.push(contender);
        }
    }
    contenders
}

/// The rules of each campaign; those outside campaigns are one.
fn campaigns(plan: &Plan) -> IndexMap<Option<&str>, Vec<usize>> {
    let mut campaigns: IndexMap<Option<&str>, Vec<usize>> = IndexMap::new();
    for (place, rule) in plan.rules.iter().enumerate() {
        campaigns.entry(rule.campaign.as_deref()).or_default().push(place);
    }
    campaigns
}

/// How the campaign of this rule stands; outside campaigns rules always run.
fn standing(plan: &Plan, rule: &Rule) -> Standing {
    let campaign = rule.campaign.as_deref().and_then(|name| plan.campaign(name));
    campaign.map_or(Standing::Runs { from: plan.as_of }, |campaign| campaign.standing)
}

/// Before which instant nothing of this step goes out.
pub(super) fn earliest(plan: &Plan, contender: &Contender<'_>) -> Instant {
    match standing(plan, contender.rule) {
        Standing::Runs { from } if contender.step == 0 => from.max(plan.as_of),
        _ => plan.as_of,
    }
}

/// Whether this rule takes anybody in this run.
pub(super) fn runs(plan: &Plan, rule: &Rule) -> bool {
    standing(plan, rule).runs()
}

/// A follow-up with those for whom it is due, without those whose chain has come to its end and those outside its condition.
fn follow<'a>(context: &Context<'a>, place: (u32, u32), follow_up: &FollowUp) -> Contender<'a> {
    let answers = context.answers;
    let due = &answers.condition(follow_up.due).yes;
    let mut contender = Contender::new(context, place, None, due.clone());
    if standing(context.plan, contender.rule) == Standing::Over {
        contender.lose(due, Verdict::NotMatched, Why::Same(Reason::CampaignOver));
        return contender;
    }
    let mut left = due.clone();
    if let Some(converted) = follow_up.converted {
        let mut lost = left.clone();
        lost.intersect_with(&answers.condition(converted).yes);
        left.difference_with(&lost);
        contender.lose(&lost, Verdict::NotMatched, Why::Same(Reason::Converted));
    }
    if let Some(condition) = follow_up.condition {
        let condition = answers.condition(condition);
        left.difference_with(&condition.yes);
        let mut unknown = left.clone();
        unknown.intersect_with(&condition.unknown);
        left.difference_with(&unknown);
        contender.lose(&unknown, Verdict::DataMissing, Why::Same(Reason::None));
        contender.lose(&left, Verdict::NotMatched, Why::Same(Reason::None));
    }
    contender
}

#[cfg(test)]
mod tests {
    use crate::fixture::{World, at, text};
    use rulec_plan::campaign::Standing;
    use rulec_plan::project::InQuiet;
    use rulec_plan::verdict::Verdict;

    #[test]
    fn a_campaign_that_rests_takes_nobody() {
        let mut world = World::new(2);
        let condition = world.condition(&[0], &[1]);
        world.rule_when("a", condition).campaign = Some("winback".to_owned());
        world.campaign("winback");
        for standing in [Standing::NotBegun, Standing::OffDay, Standing::Over] {
            world.plan.campaigns[0].standing = standing;
            assert!(world.list().is_empty());
            assert_eq!(world.decide().step(0, 0).funnel()[0], (Verdict::NotMatched, 2));
            assert!(super::super::rests(&world.plan).eq([0]));
        }
    }

    #[test]
    fn nothing_goes_out_before_the_time_of_the_schedule() {
        let mut world = World::new(1);
        world.rule("a", &[0]).campaign = Some("winback".to_owned());
        world.campaign("winback").standing = Standing::Runs { from: at("2026-11-21T21:00:00") };
        assert_eq!(world.list(), ["0 a: hold (2026-11-21T21:00:00+08:00)"]);
        assert_eq!(world.decide().step(0, 0).send_at(0, 0), at("2026-11-21T21:00:00"));
    }

    #[test]
    fn everybody_lives_by_her_own_clock() {
        let mut world = World::new(4);
        world.rule("a", &[0, 1, 2, 3]);
        // 20:00 in Shanghai is 21:00 in Tokyo and 12:00 in London.
        let zones = ["Asia/Tokyo", "Europe/London", "nowhere", "Asia/Tokyo"].map(text);
        world.plan.customer_zone = Some(world.values(zones));
        world.project.channels["app"].quiet = Some((21 * 60, 9 * 60));
        let expected = ["0 a: hold (2026-11-22T08:00:00+08:00)", "1 a: send", "2 a: send"];
        assert_eq!(world.list()[..3], expected);
        world.project.channels["app"].in_quiet = InQuiet::Skip;
        assert_eq!(world.list()[0], "0 a: suppressed (quiet hours 21:00..09:00)");
        assert_eq!(world.list()[1], "1 a: send");
    }
}
