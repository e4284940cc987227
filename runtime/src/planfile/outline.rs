//! What a plan file says once about each rule.

use super::{Planned, PlannedDecision};
use crate::decide::{Funnel, Step, share};
use crate::render;
use indexmap::IndexMap;
use rulec_plan::Plan;
use rulec_plan::campaign::{Arm, Split};
use rulec_plan::project::Project;
use rulec_plan::rules::{Action, FollowUp, NamedFact, Offer, Piece, Rule, Send};
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
    /// How many customers it drew of those that the rule won.
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
        /// Whether the message says something that tells who a person is, or a code.
        #[serde(default = "yes")]
        personal: bool,
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
    pub(super) fn new(planned: &Planned<'_>, rule: &Rule, place: u32) -> Self {
        let step = planned.decisions.step(place, 0);
        RuleOutline {
            campaign: rule.campaign.clone(),
            file: rule.file.clone(),
            line: rule.line,
            hash: rule.hash.clone(),
            funnel: words_of(&step.funnel()),
            facts: rule.facts.iter().map(FactColumn::new).collect(),
            actions: ActionOutline::all(planned, &rule.actions, step),
            reached: reached(&step.funnel()),
            split: rule.split.as_ref().map(|split| SplitOutline::new(split, step)),
            follow_ups: (1..)
                .zip(&rule.follow_ups)
                .map(|(number, follow_up)| {
                    FollowUpOutline::new(planned, follow_up, planned.decisions.step(place, number))
                })
                .collect(),
        }
    }

    /// Whether any of its steps sends messages by this channel.
    pub fn sends_by(&self, channel: &str) -> bool {
        let later = self.follow_ups.iter().flat_map(|follow_up| &follow_up.actions);
        self.actions.iter().chain(later).any(|one| one.kind.is_send() && one.kind.channel() == channel)
    }

    /// How many customers fulfilled its condition, whatever became of them then.
    pub fn matched(&self, population: u64) -> u64 {
        let count = |verdict: Verdict| self.funnel.get(verdict.word()).copied().unwrap_or(0);
        population.saturating_sub(count(Verdict::NotMatched)).saturating_sub(count(Verdict::DataMissing))
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

    /// The action that stands for the whole decision, with its place: the first message that goes out, else the first
    /// message, else the first action; of a split, of the customer's own arm.
    pub fn shown_action(&self, decision: &PlannedDecision<'_>) -> Option<(usize, &ActionKind)> {
        let own = self.own_actions(decision);
        let actions = || self.actions_of(decision.step).iter().map(|action| &action.kind).enumerate();
        let own_actions = || actions().filter(|(place, _)| own.contains(place));
        let mut done = decision.actions.iter().filter(|action| action.is_done());
        let goes_out = done
            .find_map(|done| actions().find(|(place, kind)| *place == done.step as usize && kind.is_send()));
        goes_out.or_else(|| own_actions().find(|(_, kind)| kind.is_send())).or_else(|| own_actions().next())
    }

    /// The places of the actions that this customer may get.
    fn own_actions(&self, decision: &PlannedDecision<'_>) -> std::ops::Range<usize> {
        let arms = self.split.as_ref().filter(|_| decision.step == 0).map_or(&[][..], |split| &split.arms);
        match arms.iter().find(|arm| decision.arm.as_deref() == Some(&*arm.label)) {
            Some(arm) if arm.actions > 0 => {
                arm.first_action as usize..arm.first_action.saturating_add(arm.actions) as usize
            }
            _ => 0..self.actions_of(decision.step).len(),
        }
    }
}

impl SplitOutline {
    fn new(split: &Split, step: Step<'_>) -> Self {
        let arm = |(place, arm): (u32, &Arm)| ArmOutline {
            label: arm.label.clone(),
            share: share(arm.share),
            first_action: arm.first_action,
            actions: arm.actions,
            count: step.drawn(place),
        };
        SplitOutline { name: split.name.clone(), arms: (0..).zip(&split.arms).map(arm).collect() }
    }
}

impl FollowUpOutline {
    fn new(planned: &Planned<'_>, follow_up: &FollowUp, step: Step<'_>) -> Self {
        FollowUpOutline {
            delay: render::duration(follow_up.delay),
            funnel: words_of(&step.funnel()),
            due: step.funnel().iter().map(|(_, count)| count).sum(),
            facts: follow_up.facts.iter().map(FactColumn::new).collect(),
            actions: ActionOutline::all(planned, &follow_up.actions, step),
        }
    }
}

impl FactColumn {
    fn new(fact: &NamedFact) -> Self {
        FactColumn { name: fact.name.clone(), label: fact.label.clone(), personal: fact.personal }
    }
}

impl ActionOutline {
    fn all(planned: &Planned<'_>, actions: &[Action], step: Step<'_>) -> Vec<Self> {
        let outline = |(place, action)| {
            let kind = ActionKind::new(planned.plan, planned.project, action);
            let parts = kind.is_send().then(|| step.total_parts(place));
            ActionOutline { count: step.count(place), parts, kind }
        };
        (0..).zip(actions).map(outline).collect()
    }

    /// What its messages cost, in millionths of the currency's unit, without coupons.
    pub fn messages_micros(&self) -> i64 {
        let ActionKind::Send { price_micros, .. } = &self.kind else { return 0 };
        price_micros.saturating_mul(i64::try_from(self.parts.unwrap_or(self.count)).unwrap_or(i64::MAX))
    }
}

/// Each verdict by its word, also those in which nobody ended.
pub(super) fn words_of(funnel: &Funnel) -> IndexMap<String, u64> {
    funnel.iter().map(|(verdict, count)| (verdict.word().to_owned(), *count)).collect()
}

/// What version 1 did not say: it may.
fn yes() -> bool {
    true
}

fn is_personal(piece: &Piece) -> bool {
    match piece {
        Piece::Text(_) | Piece::OfferEnds(_) => false,
        Piece::Code => true,
        Piece::Fact { personal, .. } => *personal,
    }
}

/// How many customers of a funnel something is done for, or were left alone as the yardstick.
pub(super) fn reached(funnel: &Funnel) -> u64 {
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
            personal: send.message.iter().any(is_personal),
        }
    }

    /// The pool from which the code of its coupon comes.
    pub(crate) fn pool(&self) -> Option<&str> {
        match self {
            ActionKind::Send { pool, .. } => pool.as_deref(),
            _ => None,
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
            OfferOutline::Coupon { off_cents, .. } => off_cents.saturating_mul(render::CENT_MICROS),
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
