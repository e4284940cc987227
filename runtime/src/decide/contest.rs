//! Which rule of a campaign wins a customer: the highest priority, then the first in the file.

use super::contender::Contender;
use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use rulec_engine::Answers;
use rulec_plan::Plan;
use std::cmp::Reverse;

/// All rules, in their order, each with the customers that it won.
pub(super) fn contest<'a>(plan: &'a Plan, answers: &Answers) -> Vec<Contender<'a>> {
    let mut contenders: Vec<(usize, Contender<'a>)> = Vec::with_capacity(plan.rules.len());
    for (campaign, mut rules) in (0..).zip(campaigns(plan).into_values()) {
        rules.sort_by_key(|place| (Reverse(plan.rules[*place].priority), *place));
        let mut taken = FixedBitSet::with_capacity(answers.population());
        let mut outranked = taken.clone();
        for place in rules {
            let rule = &plan.rules[place];
            let matched = &answers.condition(rule.condition).yes;
            outranked.clone_from(matched);
            outranked.intersect_with(&taken);
            let mut won = matched.clone();
            won.difference_with(&taken);
            taken.union_with(&won);
            contenders.push((place, Contender::new(rule, campaign, won, &outranked)));
        }
    }
    contenders.sort_by_key(|(place, _)| *place);
    contenders.into_iter().map(|(_, contender)| contender).collect()
}

/// The rules of each campaign; those outside campaigns are one.
fn campaigns(plan: &Plan) -> IndexMap<Option<&str>, Vec<usize>> {
    let mut campaigns: IndexMap<Option<&str>, Vec<usize>> = IndexMap::new();
    for (place, rule) in plan.rules.iter().enumerate() {
        campaigns.entry(rule.campaign.as_deref()).or_default().push(place);
    }
    campaigns
}
