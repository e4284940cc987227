//! What a plan file says once about each rule.

use super::PlannedDecision;
use crate::decide::{Funnel, Step};
use crate::render;
use indexmap::IndexMap;
use rulec_plan::Plan;
use rulec_plan::project::Project;
use rulec_plan::rules::{Action, Offer, Rule, Send};
use rulec_plan::verdict::Verdict;
use serde::{Deserialize, Serialize, Serializer};

/// A rule of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOutline {
    /// The campaign in which it competes.
    pub campaign: Option<String>,
    /// The file in which it stands.
    pub file: String,
    /// The line on which it starts, from 1.
    pub line: u32,
    /// SHA-256 of its meaning.
    pub hash: String,
    /// How many customers ended how, by the word of the verdict; adds up to the population.
    pub funnel: IndexMap<String, u64>,
    /// The facts that its condition names.
    pub facts: Vec<FactColumn>,
    /// What it does.
    pub actions: Vec<ActionOutline>,
    /// How many customers it does something for now or later, those left alone as the yardstick among them.
    #[serde(default)]
    pub reached: u64,
    /// Who gets which of the actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<SplitOutline>,
    /// What it does later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<FollowUpOutline>,
}

/// An experiment of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitOutline {
    /// Its name.
    pub name: String,
    /// Its arms, in the order written.
    pub arms: Vec<ArmOutline>,
}

/// An arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmOutline {
    /// Its label.
    pub label: String,
    /// Its part of the customers, such as `50%`.
    pub share: String,
    /// The first of the rule's actions that it does …
    pub first_action: u32,
    /// … and how many; 0: customers are left alone.
    pub actions: u32,
    /// How many customers of this plan are in it: reached, or left alone.
    pub count: u64,
}

/// A step that comes after a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpOutline {
    /// How long after the step before, as the rule writes it.
    pub delay: String,
    /// How many customers for whom it was due ended how, by the word of the verdict.
    pub funnel: IndexMap<String, u64>,
    /// For how many it was due; what the funnel adds up to.
    pub due: u64,
    /// The facts that its condition names.
    pub facts: Vec<FactColumn>,
    /// What it does.
    pub actions: Vec<ActionOutline>,
}

/// A fact of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactColumn {
    /// Its name with its unit.
    pub name: String,
    /// Its name as the marketer wrote it.
    pub label: String,
    /// Whether it tells who a person is.
    pub personal: bool,
}

/// An action of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionOutline {
    /// For how many customers it is done, now or later.
    pub count: u64,
    /// For how many messages the operators bill it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<u64>,
    /// What it is.
    #[serde(flatten)]
    pub kind: ActionKind,
}

/// What an action is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum ActionKind {
    /// Sends a message.
    Send {
        /// The channel.
        channel: String,
        /// The template, if the message is one.
        template: Option<String>,
        /// Whether it is exempt from limits and quiet hours.
        transactional: bool,
        /// What one message costs, in millionths of the currency's unit; one part of it, where parts are billed.
        price_micros: i64,
        /// What comes with it.
        offers: Vec<OfferOutline>,
        /// How long the offers hold, as the rule writes it.
        ttl: Option<String>,
        /// The last day on which the offers hold, if it is sent on the day of the run; absent without offers.
        offer_ends: Option<String>,
        /// The pool from which the code of its coupon comes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<String>,
        /// For how many customers at the most, over all runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quota: Option<u32>,
    },
    /// Puts a tag on the customer.
    Tag {
        /// Which.
        tag: String,
    },
    /// Takes a tag off.
    Untag {
        /// Which.
        tag: String,
    },
    /// Gives somebody a task.
    Task {
        /// Who is to do it.
        who: String,
        /// What.
        what: String,
    },
    /// Credits loyalty points.
    Points {
        /// How many.
        points: i64,
    },
}

/// What comes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OfferOutline {
    /// So much off from so much on.
    Coupon {
        /// As the rule writes it.
        text: String,
        /// Off, in cents.
        off_cents: i64,
        /// From, in cents.
        from_cents: i64,
    },
    /// A percentage off.
    Discount {
        /// As the rule writes it.
        text: String,
        /// In hundredths of a percent.
        basis_points: i64,
    },
    /// A present.
    Gift {
        /// As the rule writes it.
        text: String,
    },
    /// Loyalty points.
    Points {
        /// As the rule writes it.
        text: String,
        /// How many.
        points: i64,
    },
    /// A free trial.
    Trial {
        /// As the rule writes it.
        text: String,
    },
}

impl RuleOutline {
    pub(super) fn new(plan: &Plan, project: &Project, rule: &Rule, step: Step<'_>) -> Self {
        let outline = |(place, action): (u32, &Action)| ActionOutline {
            count: step.count(place),
            parts: None,
            kind: ActionKind::new(plan, project, action),
        };
        RuleOutline {
            campaign: rule.campaign.clone(),
            file: rule.file.clone(),
            line: rule.line,
            hash: rule.hash.clone(),
            funnel: step
                .funnel()
                .map(|(verdict, count)| (verdict.word().to_owned(), count))
                .into_iter()
                .collect(),
            facts: rule
                .facts
                .iter()
                .map(|fact| FactColumn {
                    name: fact.name.clone(),
                    label: fact.label.clone(),
                    personal: fact.personal,
                })
                .collect(),
            actions: (0..).zip(&rule.actions).map(outline).collect(),
            reached: reached(&step.funnel()),
            split: None,
            follow_ups: Vec::new(),
        }
    }

    /// The actions of a step: 0 for those of the rule itself, n for those of its n-th follow-up. Empty if there is none.
    pub fn actions_of(&self, step: u32) -> &[ActionOutline] {
        match (step as usize).checked_sub(1) {
            None => &self.actions,
            Some(place) => self.follow_ups.get(place).map_or(&[], |follow_up| &follow_up.actions),
        }
    }

    /// The facts that the condition of a step names; see [`RuleOutline::actions_of`].
    pub fn facts_of(&self, step: u32) -> &[FactColumn] {
        match (step as usize).checked_sub(1) {
            None => &self.facts,
            Some(place) => self.follow_ups.get(place).map_or(&[], |follow_up| &follow_up.facts),
        }
    }

    /// The place of the action that stands for the whole rule: the first message that goes out, else the first message,
    /// else the first action.
    pub(crate) fn shown_action(&self, decision: &PlannedDecision<'_>) -> Option<usize> {
        let is_send = |step: usize| self.actions.get(step).is_some_and(|action| action.kind.is_send());
        let goes_out = decision
            .actions
            .iter()
            .filter(|action| action.verdict == Verdict::Send)
            .map(|action| action.step as usize)
            .find(|step| is_send(*step));
        let first = || (0..self.actions.len()).find(|step| is_send(*step));
        goes_out.or_else(first).or((!self.actions.is_empty()).then_some(0))
    }
}

/// How many customers of a funnel something is done for, or were left alone as the yardstick.
fn reached(funnel: &Funnel) -> u64 {
    let is_reached = |verdict| matches!(verdict, Verdict::Send | Verdict::Hold | Verdict::Control);
    funnel.iter().filter(|(verdict, _)| is_reached(*verdict)).map(|(_, count)| count).sum()
}

impl ActionKind {
    fn new(plan: &Plan, project: &Project, action: &Action) -> Self {
        match action {
            Action::Send(send) => Self::send(plan, project, send),
            Action::Tag(tag) => ActionKind::Tag { tag: tag.clone() },
            Action::Untag(tag) => ActionKind::Untag { tag: tag.clone() },
            Action::Task { who, what } => ActionKind::Task { who: who.clone(), what: what.clone() },
            Action::GrantPoints(points) => ActionKind::Points { points: *points },
        }
    }

    fn send(plan: &Plan, project: &Project, send: &Send) -> Self {
        let ends = render::offer_ends(send.ttl, plan.as_of, plan.zone);
        ActionKind::Send {
            channel: send.channel.clone(),
            template: send.template.clone(),
            transactional: send.transactional,
            price_micros: project.channels.get(&send.channel).map_or(0, |channel| channel.price_micros),
            offers: send.offers.iter().map(OfferOutline::new).collect(),
            ttl: send.ttl.map(render::duration),
            offer_ends: send.ttl.map(|_| ends.to_string()),
            pool: send.pool.clone(),
            quota: send.quota.map(|quota| quota.count),
        }
    }

    /// Whether it is a message.
    pub fn is_send(&self) -> bool {
        matches!(self, ActionKind::Send { .. })
    }

    /// The channel of a message, else what it is: `task`, `tag`, `untag`, `points`.
    pub fn channel(&self) -> &str {
        match self {
            ActionKind::Send { channel, .. } => channel,
            ActionKind::Tag { .. } => "tag",
            ActionKind::Untag { .. } => "untag",
            ActionKind::Task { .. } => "task",
            ActionKind::Points { .. } => "points",
        }
    }

    /// The offers of a message as a rule writes them: `coupon 150/500 ttl 15d`.
    pub fn offer(&self) -> Option<Offered<'_>> {
        match self {
            ActionKind::Send { offers, ttl, .. } if !offers.is_empty() => {
                Some(Offered { offers, ttl: ttl.as_deref() })
            }
            _ => None,
        }
    }
}

/// The offers of a message, to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered<'a> {
    offers: &'a [OfferOutline],
    ttl: Option<&'a str>,
}

impl std::fmt::Display for Offered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, offer) in self.offers.iter().enumerate() {
            let between = if place == 0 { "" } else { " " };
            write!(f, "{between}{}", offer.text())?;
        }
        self.ttl.map_or(Ok(()), |ttl| write!(f, " ttl {ttl}"))
    }
}

impl Serialize for Offered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Display for ActionKind {
    /// As a rule writes it: `send sms coupon 150/500 ttl 15d`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ActionKind::Send { channel, .. } => {
                write!(f, "send {channel}")?;
                self.offer().map_or(Ok(()), |offer| write!(f, " {offer}"))
            }
            ActionKind::Tag { tag } => write!(f, "tag \"{tag}\""),
            ActionKind::Untag { tag } => write!(f, "untag \"{tag}\""),
            ActionKind::Task { who, what } => write!(f, "task \"{who}\" \"{what}\""),
            ActionKind::Points { points } => write!(f, "grant points {points}"),
        }
    }
}

impl OfferOutline {
    fn new(offer: &Offer) -> Self {
        let text = render::offer(offer);
        match offer {
            Offer::Coupon { off_cents, from_cents } => {
                OfferOutline::Coupon { text, off_cents: *off_cents, from_cents: *from_cents }
            }
            Offer::Discount { basis_points } => OfferOutline::Discount { text, basis_points: *basis_points },
            Offer::Gift(_) => OfferOutline::Gift { text },
            Offer::Points(points) => OfferOutline::Points { text, points: *points },
            Offer::Trial(_) => OfferOutline::Trial { text },
        }
    }

    /// The most that it can cost, in millionths of the currency's unit. A percentage of what is bought has no bound: 0.
    pub fn at_most_micros(&self) -> i64 {
        match self {
            OfferOutline::Coupon { off_cents, .. } => off_cents.saturating_mul(10_000),
            OfferOutline::Discount { .. }
            | OfferOutline::Gift { .. }
            | OfferOutline::Points { .. }
            | OfferOutline::Trial { .. } => 0,
        }
    }

    /// As the rule writes it.
    pub fn text(&self) -> &str {
        match self {
            OfferOutline::Coupon { text, .. }
            | OfferOutline::Discount { text, .. }
            | OfferOutline::Gift { text }
            | OfferOutline::Points { text, .. }
            | OfferOutline::Trial { text } => text,
        }
    }
}
