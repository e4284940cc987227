//! What a run would do, in numbers: for `rulec plan` and `rulec run --dry-run`. Data only; the binary draws it.

use crate::decide::{Decisions, number};
use crate::needs::send_of;
use crate::planfile::{
    ActionKind, ActionOutline, CampaignOutline, FollowUpOutline, Header, LimitOutline, OUTSIDE, OfferOutline,
    Planned, PoolOutline, RuleOutline, SegmentOutline, SplitOutline,
};
use crate::render::{self, Reader, Saying};
use indexmap::IndexMap;
use serde::Serialize;

/// The version of the JSON form; grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// A run in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// [`VERSION`].
    pub version: u32,
    /// The plan's id; null as long as no plan file was written.
    pub plan: Option<String>,
    /// The project's name.
    pub project: String,
    /// The instant of the run, RFC 3339 in the project's zone.
    pub as_of: String,
    /// The project's currency, ISO 4217.
    pub currency: String,
    /// How many customers there are.
    pub population: u64,
    /// Each rule, in the order of the files.
    pub rules: Vec<RuleSummary>,
    /// Each campaign by name, in the order of the files; rules outside campaigns last, without a name.
    pub campaigns: IndexMap<String, CampaignSummary>,
    /// The limits, in the order of the files.
    pub limits: Vec<LimitOutline>,
    /// The pools of codes by name.
    pub pools: IndexMap<String, PoolOutline>,
    /// The segments whose members are recorded when it is applied, by name.
    pub segments: IndexMap<String, SegmentOutline>,
    /// All rules and follow-ups together.
    pub total: CampaignCost,
}

/// A campaign in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignSummary {
    /// What the plan says of it.
    #[serde(flatten)]
    pub outline: CampaignOutline,
    /// What its rules and their follow-ups cost.
    pub cost: CampaignCost,
}

/// A rule in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleSummary {
    /// Its name.
    pub rule: String,
    /// The campaign in which it competes.
    pub campaign: Option<String>,
    /// How many customers ended how, by the word of the verdict; adds up to the population.
    pub funnel: IndexMap<String, u64>,
    /// What that costs.
    pub cost: CampaignCost,
    /// Its experiment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitOutline>,
    /// What it does later, in the order written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<FollowUpSummary>,
    /// What some of the customers would get, as others may see it.
    pub samples: Vec<Sample>,
}

/// A follow-up in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowUpSummary {
    /// How long after the step before.
    pub delay: String,
    /// For how many customers it was due.
    pub due: u64,
    /// How many of them ended how, by the word of the verdict; adds up to them.
    pub funnel: IndexMap<String, u64>,
    /// What that costs.
    pub cost: CampaignCost,
}

/// What messages and their offers cost.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CampaignCost {
    /// How many messages go out, now or later, by channel.
    pub messages: IndexMap<String, u64>,
    /// As how many messages the operators bill them, by channel.
    pub parts: IndexMap<String, u64>,
    /// How many other things are done: `task`, `tag`, `untag`, `points`.
    pub others: IndexMap<String, u64>,
    /// What sending the messages costs, in millionths of the currency's unit.
    pub messages_micros: i64,
    /// What the coupons cost at most, if every one is used, in cents.
    pub coupons_cents: i64,
    /// Whether there are discounts too: what they cost depends on what is bought with them.
    pub unbounded: bool,
}

/// A message as others may see it: personal facts are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The customer's key as text; masked where it is the address.
    pub customer: String,
    /// The channel.
    pub channel: String,
    /// What the message says.
    pub message: String,
    /// What comes with it.
    pub offer: Option<String>,
}

impl Summary {
    /// The summary of a plan file, without samples.
    pub fn of_header(header: &Header) -> Summary {
        let rules: Vec<RuleSummary> =
            header.rules.iter().map(|(name, outline)| RuleSummary::new(name, outline)).collect();
        let mut total = CampaignCost::default();
        let mut campaigns: IndexMap<String, CampaignSummary> = header
            .campaigns
            .iter()
            .map(|(name, outline)| {
                let cost = CampaignCost::default();
                (name.clone(), CampaignSummary { outline: outline.clone(), cost })
            })
            .collect();
        for (outline, rule) in header.rules.values().zip(&rules) {
            let campaign = campaigns.get_mut(rule.campaign.as_deref().unwrap_or(OUTSIDE));
            let costs = [Some(&mut total), campaign.map(|campaign| &mut campaign.cost)];
            for cost in costs.into_iter().flatten() {
                cost.add_all(&outline.actions);
                outline.follow_ups.iter().for_each(|follow_up| cost.add_all(&follow_up.actions));
            }
        }
        Summary {
            version: VERSION,
            plan: Some(header.id.clone()).filter(|id| !id.is_empty()),
            project: header.project.clone(),
            as_of: header.as_of.clone(),
            currency: header.currency.clone(),
            population: header.population,
            rules,
            campaigns,
            limits: header.limits.clone(),
            pools: header.pools.clone(),
            segments: header.segments.clone(),
            total,
        }
    }

    /// The same with some of the rules only; what is said of all rules together stays.
    #[must_use]
    pub fn only(mut self, takes: impl Fn(&RuleSummary) -> bool) -> Summary {
        self.rules.retain(takes);
        self
    }

    /// The summary of a run, with up to so many samples for each rule: its first customers by key, masked unless personal
    /// data is to be shown.
    pub fn of(header: &Header, planned: &Planned<'_>, samples: usize, show_personal: bool) -> Summary {
        let reader = if show_personal { Reader::Customer } else { Reader::Others };
        let mut summary = Summary::of_header(header);
        let mut wanted = Vec::new();
        for rule in 0..planned.plan.rules.len() {
            let first = sampled(planned, rule).take(samples);
            wanted.extend(first.map(|(customer, action)| (customer, rule, action)));
        }
        // By customer, as engines like to be asked.
        wanted.sort_unstable();
        for (customer, rule, action) in wanted {
            summary.rules[rule].samples.extend(sample(
                header,
                planned,
                (rule, action, customer as usize),
                reader,
            ));
        }
        summary
    }
}

impl RuleSummary {
    fn new(name: &str, outline: &RuleOutline) -> RuleSummary {
        let follow_up = |follow_up: &FollowUpOutline| FollowUpSummary {
            delay: follow_up.delay.clone(),
            due: follow_up.due,
            funnel: follow_up.funnel.clone(),
            cost: CampaignCost::of(&follow_up.actions),
        };
        RuleSummary {
            rule: name.to_owned(),
            campaign: outline.campaign.clone(),
            funnel: outline.funnel.clone(),
            cost: CampaignCost::of(&outline.actions),
            split: outline.split.clone(),
            follow_ups: outline.follow_ups.iter().map(follow_up).collect(),
            samples: Vec::new(),
        }
    }
}

/// The customers who get a message of this rule, ascending, with the place of the first that they get.
fn sampled<'a>(planned: &Planned<'a>, rule: usize) -> impl Iterator<Item = (u32, usize)> + use<'a> {
    let decisions: &'a Decisions = planned.decisions;
    let actions = planned.plan.rules[rule].actions.iter().enumerate();
    let sends: Vec<usize> =
        actions.filter(|(_, action)| send_of(action).is_some()).map(|(place, _)| place).collect();
    let step = decisions.step(number(rule), 0);
    let customers = (!sends.is_empty()).then(|| step.sent());
    customers.into_iter().flatten().filter_map(move |customer| {
        let is_done = |place: &usize| step.does(customer, number(*place));
        Some((customer, sends.iter().copied().find(is_done)?))
    })
}

/// What this action says to this customer, if it is a message.
fn sample(
    header: &Header,
    planned: &Planned<'_>,
    (rule, action, customer): (usize, usize, usize),
    reader: Reader,
) -> Option<Sample> {
    let send = send_of(&planned.plan.rules[rule].actions[action])?;
    let saying =
        Saying { reader: Reader::Others, ..Saying::by(planned.project, &send.channel, planned.plan.as_of) };
    let key = planned.answers.keys.get(customer)?.to_string();
    let (_, outline) = header.rules.get_index(rule)?;
    Some(Sample {
        customer: if send.address.is_none() && reader == Reader::Others { render::masked(&key) } else { key },
        channel: send.channel.clone(),
        message: render::message(send, planned.answers, customer, &saying)?,
        offer: outline.actions.get(action)?.kind.offer().map(|offer| offer.to_string()),
    })
}

impl CampaignCost {
    fn of(actions: &[ActionOutline]) -> CampaignCost {
        let mut cost = CampaignCost::default();
        cost.add_all(actions);
        cost
    }

    fn add_all(&mut self, actions: &[ActionOutline]) {
        actions.iter().for_each(|action| self.add(action));
    }

    fn add(&mut self, action: &ActionOutline) {
        let count = action.count;
        let ActionKind::Send { channel, offers, .. } = &action.kind else {
            *self.others.entry(action.kind.channel().to_owned()).or_default() += count;
            return;
        };
        *self.messages.entry(channel.clone()).or_default() += count;
        *self.parts.entry(channel.clone()).or_default() += action.parts.unwrap_or(count);
        self.messages_micros = self.messages_micros.saturating_add(action.messages_micros());
        let times = i64::try_from(count).unwrap_or(i64::MAX);
        for offer in offers {
            let cents = (offer.at_most_micros() / render::CENT_MICROS).saturating_mul(times);
            self.coupons_cents = self.coupons_cents.saturating_add(cents);
            self.unbounded |= count > 0 && matches!(offer, OfferOutline::Discount { .. });
        }
    }
}
