//! Which rule of a campaign wins a customer: the highest priority, then the first in the file.

use super::Reason;
use super::contender::{Contender, number};
use indexmap::IndexMap;
use rulec_engine::Answers;
use rulec_plan::Plan;
use rulec_plan::verdict::Verdict;
use std::cmp::Reverse;

/// Marks a customer that no rule of the campaign has won yet.
const NOBODY: u32 = u32::MAX;

/// All rules, in their order, each with the customers that it won.
pub(super) fn contest<'a>(plan: &'a Plan, answers: &Answers) -> Vec<Contender<'a>> {
    let mut contenders: Vec<Contender<'a>> = plan
        .rules
        .iter()
        .enumerate()
        .map(|(place, rule)| {
            Contender::new(number(place), rule, answers.condition(rule.condition).yes.clone())
        })
        .collect();
    for mut campaign in campaigns(plan).into_values().filter(|rules| rules.len() > 1) {
        campaign.sort_by_key(|place| (Reverse(plan.rules[*place].priority), *place));
        compete(&mut contenders, &campaign, answers.population());
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

/// Lets rules compete, best first.
fn compete(contenders: &mut [Contender<'_>], best_first: &[usize], population: usize) {
    let mut winners = vec![NOBODY; population];
    for place in best_first {
        let contender = &mut contenders[*place];
        let mut outranked = Vec::new();
        for customer in contender.left().ones() {
            match winners.get_mut(customer) {
                Some(winner) if *winner == NOBODY => *winner = contender.index,
                Some(winner) => outranked.push((customer, *winner)),
                None => {}
            }
        }
        for (customer, winner) in outranked {
            contender.lose(customer, Verdict::Outranked, Reason::Rule(winner));
        }
    }
}
