//! The first line of a plan file.

use super::outline::{reached, words_of};
use super::{Planned, RuleOutline};
use crate::decide::{Funnel, Reason, Step, number, period, share};
use crate::render::CENT_MICROS;
use chrono::DateTime;
use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use rulec_plan::campaign::{Campaign, Limit, Membership, Pool, Standing};
use rulec_plan::rules::Rule;
use rulec_plan::time::{Instant, Zone};
use rulec_plan::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// The first line: what was decided on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`](super::FORMAT).
    pub format: String,
    /// [`VERSION`](super::VERSION).
    pub version: u32,
    /// SHA-256, lower-case hex, of the uncompressed content with this field empty. Empty as long as it is not written.
    pub id: String,
    /// The program and its version.
    pub created_by: String,
    /// The project's name.
    pub project: String,
    /// The instant of the run, RFC 3339 in the project's zone.
    pub as_of: String,
    /// The project's zone.
    pub zone: String,
    /// The project's currency, ISO 4217.
    pub currency: String,
    /// SHA-256 of the rule texts.
    pub rules_hash: String,
    /// SHA-256 of the checked project file.
    pub project_hash: String,
    /// What identifies the state of the customer database.
    pub data_hash: String,
    /// The state on which it was decided: [`crate::state::StateView::hash`].
    pub state_hash: String,
    /// Whether it was decided on what came of messages, so that outcomes recorded since make it stale.
    #[serde(default)]
    pub rests_on_outcomes: bool,
    /// How many customers there are.
    pub population: u64,
    /// The rules by name, in the order of the files.
    pub rules: IndexMap<String, RuleOutline>,
    /// The campaigns by name, in the order of the files; [`OUTSIDE`] last, if there are rules outside campaigns. Empty before
    /// version 2.
    #[serde(default)]
    pub campaigns: IndexMap<String, CampaignOutline>,
    /// The limits, in the order of the files.
    #[serde(default)]
    pub limits: Vec<LimitOutline>,
    /// The pools by name, in the order of the files.
    #[serde(default)]
    pub pools: IndexMap<String, PoolOutline>,
    /// The segments whose members applying the plan records, by name.
    #[serde(default)]
    pub segments: IndexMap<String, SegmentOutline>,
}

/// The name under which [`Header::campaigns`] has all rules outside campaigns.
pub const OUTSIDE: &str = "";

/// A campaign of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignOutline {
    /// Whether its rules were asked.
    pub standing: StandingOutline,
    /// Before this instant nothing of its rules goes out, RFC 3339 in the project's zone; absent unless it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_day: Option<String>,
    /// The first day on which it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_on: Option<String>,
    /// How many customers ended how under the rule that won them, by the word of the verdict: each customer once, so it adds
    /// up to the population. Follow-ups are counted with their rules only.
    pub funnel: IndexMap<String, u64>,
    /// How many customers any of its rules does something for now or later, those left alone as the yardstick among them.
    pub reached: u64,
    /// The share of customers who are never touched, such as `5%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<String>,
    /// How many customers were left alone for that whom a rule of it had won.
    #[serde(default)]
    pub held_out: u64,
    /// What it may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetOutline>,
}

/// Whether a campaign runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StandingOutline {
    /// It does.
    #[serde(rename = "runs")]
    Runs,
    /// Its first day has not come.
    #[serde(rename = "not begun")]
    NotBegun,
    /// It is over.
    #[serde(rename = "over")]
    Over,
    /// The day is none of its schedule.
    #[serde(rename = "off day")]
    OffDay,
}

/// A budget, in millionths of the currency's unit: messages, and the most that their coupons can cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetOutline {
    /// All of it.
    pub micros: i64,
    /// In which time, as the rule writes it: `30d`, `month`; absent: in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// What had been spent in that time before this plan.
    pub spent_micros: i64,
    /// What this plan spends.
    pub plan_micros: i64,
}

/// A limit of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitOutline {
    /// As the rule writes it; the reason of `capped`.
    pub name: String,
    /// Only messages of this campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// How many customers lost a message to it, for each rule and follow-up.
    pub capped: u64,
}

/// A pool of codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolOutline {
    /// How many codes nobody had before this plan.
    pub free: u64,
    /// How many this plan takes.
    pub taken: u64,
}

/// A segment whose members are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOutline {
    /// Whether it was never recorded before: nobody is known to have entered it, and nobody to have left.
    pub first_time: bool,
    /// How many customers enter it.
    pub entered: u64,
    /// How many leave it.
    pub left: u64,
}

impl Header {
    /// The instant of the run, and the zone that says on which day it falls. `None` when the header was changed by hand.
    pub fn moment(&self) -> Option<(Instant, Zone)> {
        let as_of = DateTime::parse_from_rfc3339(&self.as_of).ok()?;
        Some((Instant(as_of.timestamp_micros()), Zone::parse(&self.zone)?))
    }
}

impl CampaignOutline {
    /// Those of a run.
    pub(super) fn all(planned: &Planned<'_>) -> IndexMap<String, CampaignOutline> {
        let plan = planned.plan;
        let named = plan
            .campaigns
            .iter()
            .map(|campaign| (campaign.name.clone(), CampaignOutline::new(planned, Some(campaign))));
        let outside = plan.rules.iter().any(|rule| rule.campaign.is_none());
        let outside = outside.then(|| (OUTSIDE.to_owned(), CampaignOutline::new(planned, None)));
        named.chain(outside).collect()
    }

    fn new(planned: &Planned<'_>, campaign: Option<&Campaign>) -> CampaignOutline {
        let zone = planned.plan.zone;
        let standing = campaign.map_or(Standing::Runs { from: planned.plan.as_of }, |one| one.standing);
        let rules = Rivals::new(planned, campaign.map(|one| one.name.as_str()));
        let funnel = rules.funnel(standing.runs());
        let from = match standing {
            Standing::Runs { from } => Some(from.to_rfc3339(zone)).filter(|_| campaign.is_some()),
            Standing::NotBegun | Standing::Over | Standing::OffDay => None,
        };
        CampaignOutline {
            standing: StandingOutline::new(standing),
            from,
            first_day: campaign.and_then(|one| one.first_day).map(|day| day.to_string()),
            over_on: campaign.and_then(|one| one.over_on).map(|day| day.to_string()),
            funnel: words_of(&funnel),
            reached: reached(&funnel),
            holdout: campaign.and_then(|one| one.holdout).map(share),
            held_out: rules.first_steps().map(|step| step.count_for(Reason::Holdout)).sum(),
            budget: campaign.and_then(|one| BudgetOutline::new(planned, one, &rules)),
        }
    }
}

impl StandingOutline {
    fn new(standing: Standing) -> StandingOutline {
        match standing {
            Standing::Runs { .. } => StandingOutline::Runs,
            Standing::NotBegun => StandingOutline::NotBegun,
            Standing::Over => StandingOutline::Over,
            Standing::OffDay => StandingOutline::OffDay,
        }
    }
}

/// The rules that compete for customers.
struct Rivals<'a> {
    planned: &'a Planned<'a>,
    rules: Vec<(u32, &'a Rule)>,
}

impl<'a> Rivals<'a> {
    fn new(planned: &'a Planned<'a>, campaign: Option<&str>) -> Rivals<'a> {
        let rules = planned.plan.rules.iter().enumerate().map(|(place, rule)| (number(place), rule));
        Rivals { planned, rules: rules.filter(|(_, rule)| rule.campaign.as_deref() == campaign).collect() }
    }

    /// How the rules themselves ended.
    fn first_steps(&self) -> impl Iterator<Item = Step<'a>> {
        let decisions = self.planned.decisions;
        self.rules.iter().map(move |(place, _)| decisions.step(*place, 0))
    }

    /// The rules and their follow-ups.
    fn steps(&self) -> impl Iterator<Item = Step<'a>> {
        let decisions = self.planned.decisions;
        self.rules.iter().flat_map(move |(place, rule)| {
            (0..=number(rule.follow_ups.len())).map(move |step| decisions.step(*place, step))
        })
    }

    /// How each customer ended under the rule that won: a rule that won counts those who came to it and were not outranked;
    /// nobody came to a rule from outside its condition.
    fn funnel(&self, runs: bool) -> Funnel {
        let population = self.planned.answers.population();
        let mut matched = FixedBitSet::with_capacity(population);
        let mut unknown = FixedBitSet::with_capacity(population);
        let mut funnel = Verdict::ALL.map(|verdict| (verdict, 0));
        for (place, rule) in self.rules.iter().filter(|_| runs) {
            let condition = self.planned.answers.condition(rule.condition);
            matched.union_with(&condition.yes);
            unknown.union_with(&condition.unknown);
            let unasked = condition.unknown.count_ones(..) as u64;
            let own = self.planned.decisions.step(*place, 0).funnel();
            for ((verdict, sum), (_, count)) in funnel.iter_mut().zip(own) {
                *sum += match verdict {
                    Verdict::NotMatched | Verdict::Outranked => 0,
                    Verdict::DataMissing => count.saturating_sub(unasked),
                    _ => count,
                };
            }
        }
        unknown.difference_with(&matched);
        let (matched, unknown) = (matched.count_ones(..), unknown.count_ones(..));
        for (verdict, sum) in &mut funnel {
            match verdict {
                Verdict::NotMatched => *sum = population.saturating_sub(matched + unknown) as u64,
                Verdict::DataMissing => *sum += unknown as u64,
                _ => {}
            }
        }
        funnel
    }
}

impl BudgetOutline {
    fn new(planned: &Planned<'_>, campaign: &Campaign, rules: &Rivals<'_>) -> Option<BudgetOutline> {
        let budget = campaign.budget?;
        Some(BudgetOutline {
            micros: budget.cents.saturating_mul(CENT_MICROS),
            per: budget.per.map(period),
            spent_micros: planned.state.spent.get(&campaign.name).copied().unwrap_or_default(),
            plan_micros: rules.steps().fold(0, |sum, step| sum.saturating_add(step.total_cost_micros())),
        })
    }

    /// What is left of it after this plan.
    pub fn left_micros(&self) -> i64 {
        self.micros.saturating_sub(self.spent_micros).saturating_sub(self.plan_micros)
    }
}

impl LimitOutline {
    /// Those of a run.
    pub(super) fn all(planned: &Planned<'_>) -> Vec<LimitOutline> {
        let outline = |(place, limit): (u32, &Limit)| LimitOutline {
            name: limit.name.clone(),
            campaign: limit.campaign.clone(),
            capped: planned.decisions.steps().map(|step| step.count_for(Reason::Limit(place))).sum(),
        };
        (0..).zip(&planned.plan.limits).map(outline).collect()
    }
}

impl PoolOutline {
    /// Those of a run.
    pub(super) fn all(planned: &Planned<'_>) -> IndexMap<String, PoolOutline> {
        let outline = |pool: &Pool| {
            let free = planned.state.codes.get(&pool.name).map_or(0, |codes| codes.len() as u64);
            let taken = planned.decisions.steps().map(|step| step.codes_of(&pool.name)).sum();
            (pool.name.clone(), PoolOutline { free, taken })
        };
        planned.plan.pools.iter().map(outline).collect()
    }
}

impl SegmentOutline {
    /// Those of a run.
    pub(super) fn all(planned: &Planned<'_>) -> IndexMap<String, SegmentOutline> {
        let outline = |membership: &Membership| {
            let before = planned.answers.condition(membership.before);
            let first_time = before.unknown.count_ones(..) == planned.answers.population();
            (membership.segment.clone(), SegmentOutline { first_time, entered: 0, left: 0 })
        };
        let mut segments: IndexMap<_, _> = planned.plan.memberships.iter().map(outline).collect();
        for member in planned.decisions.memberships() {
            if let Some((_, segment)) = segments.get_index_mut(member.membership as usize) {
                *(if member.entered { &mut segment.entered } else { &mut segment.left }) += 1;
            }
        }
        segments
    }
}
