//! Why a verdict is what it is.

use crate::facts::decimal;
use crate::needs::send_of;
use crate::render::{duration, money};
use rulec_plan::Plan;
use rulec_plan::campaign::{Budget, Campaign, Period, Share};
use rulec_plan::rules::{Action, Piece, Rule};
use rulec_plan::time::{CalendarUnit, Day, Instant};
use std::borrow::Cow;

/// Why a verdict is what it is, by index; [`Reason::text`] spells it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The verdict says it all.
    None,
    /// This rule came first: index into [`Plan::rules`].
    Rule(u32),
    /// Fired on this day of the plan's zone.
    Since(Day),
    /// Index into [`Plan::suppressions`].
    Suppression(u32),
    /// The message would go out in the quiet hours of its channel, which skips them: minutes after midnight.
    Quiet {
        /// When they begin.
        from: u16,
        /// When they end.
        to: u16,
    },
    /// A fact of the message is missing.
    Fact {
        /// Index into the actions of the step.
        action: u32,
        /// Index into the pieces of the message.
        piece: u32,
    },
    /// Index into [`Plan::limits`].
    Limit(u32),
    /// Drawn into the holdout of the rule's campaign.
    Holdout,
    /// Drawn into an arm that holds: index into the arms of the rule's split.
    Arm(u32),
    /// Others came first: index into the actions of the step.
    Quota(u32),
    /// The budget of the rule's campaign is used up.
    Budget,
    /// Index into [`Plan::pools`].
    Pool(u32),
    /// Waits until then.
    Until(Instant),
    /// A follow-up: the customer has done what the campaign is for.
    Converted,
    /// A follow-up: its campaign has ended.
    CampaignOver,
    /// The customer has opted out of marketing by the channel, or by any.
    OptedOut,
    /// The customer wanted to be forgotten.
    Forgotten,
}

impl Reason {
    /// The reason in words: the rule that won, the day since when, the `because` of a suppression, the fact that is
    /// missing, the limit, the instant. `rule` and `step` are those of the decision that it is about.
    pub fn text(self, plan: &Plan, rule: u32, step: u32) -> Option<Cow<'_, str>> {
        let rules = &plan.rules;
        let this = rules.get(rule as usize)?;
        match self {
            Reason::None => None,
            Reason::Rule(winner) => rules.get(winner as usize).map(|winner| Cow::from(&winner.name)),
            Reason::Since(day) => Some(Cow::from(day.to_string())),
            Reason::Suppression(index) => {
                plan.suppressions.get(index as usize)?.because.as_deref().map(Cow::from)
            }
            Reason::Quiet { from, to } => {
                Some(Cow::from(format!("quiet hours {}..{}", clock(from), clock(to))))
            }
            Reason::Fact { action, piece } => {
                match send_of(action_of(this, step, action)?)?.message.get(piece as usize)? {
                    Piece::Fact { label, .. } => Some(Cow::from(label)),
                    Piece::Text(_) | Piece::OfferEnds(_) | Piece::Code => None,
                }
            }
            Reason::Limit(index) => plan.limits.get(index as usize).map(|limit| Cow::from(&limit.name)),
            Reason::Holdout => campaign_of(plan, this).and_then(holdout).map(Cow::from),
            Reason::Arm(arm) => {
                let split = this.split.as_ref()?;
                Some(Cow::from(format!("{} {}", split.name, split.arms.get(arm as usize)?.label)))
            }
            Reason::Quota(action) => {
                let quota = send_of(action_of(this, step, action)?)?.quota?;
                Some(Cow::from(format!("quota {}", quota.count)))
            }
            Reason::Budget => campaign_of(plan, this)?.budget.map(|one| Cow::from(budget(one))),
            Reason::Pool(index) => plan.pools.get(index as usize).map(|pool| Cow::from(&pool.name)),
            Reason::Until(instant) => Some(Cow::from(instant.to_rfc3339(plan.zone))),
            Reason::Converted => Some(Cow::from("converted")),
            Reason::CampaignOver => Some(Cow::from("campaign over")),
            Reason::OptedOut => Some(Cow::from("opted out")),
            Reason::Forgotten => Some(Cow::from("forgotten")),
        }
    }
}

/// The actions of a step: 0 of the rule itself, n of its n-th follow-up.
pub(crate) fn actions_of(rule: &Rule, step: u32) -> &[Action] {
    match step.checked_sub(1) {
        None => &rule.actions,
        Some(place) => rule.follow_ups.get(place as usize).map_or(&[], |follow_up| &follow_up.actions),
    }
}

fn action_of(rule: &Rule, step: u32, action: u32) -> Option<&Action> {
    actions_of(rule, step).get(action as usize)
}

fn campaign_of<'a>(plan: &'a Plan, rule: &Rule) -> Option<&'a Campaign> {
    plan.campaign(rule.campaign.as_deref()?)
}

/// `holdout 5% of 秋季召回`.
fn holdout(campaign: &Campaign) -> Option<String> {
    Some(format!("holdout {} of {}", share(campaign.holdout?), campaign.name))
}

/// `budget 50000 per 30d`.
fn budget(budget: Budget) -> String {
    let amount = money(budget.cents);
    match budget.per {
        None => format!("budget {amount}"),
        Some(per) => format!("budget {amount} per {}", period(per)),
    }
}

/// A period as a rule writes it: `30d`, `month`.
pub(crate) fn period(period: Period) -> String {
    match period {
        Period::Rolling(length) => duration(length),
        Period::Calendar(unit) => unit_word(unit).to_owned(),
    }
}

/// A share as a percentage: it counts in 10^-9 percent.
pub(crate) fn share(share: Share) -> String {
    format!("{}%", decimal(i128::from(share.0), 9))
}

fn unit_word(unit: CalendarUnit) -> &'static str {
    match unit {
        CalendarUnit::Day => "day",
        CalendarUnit::Week => "week",
        CalendarUnit::Month => "month",
        CalendarUnit::Quarter => "quarter",
        CalendarUnit::Year => "year",
    }
}

/// Minutes after midnight as `21:00`.
fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
