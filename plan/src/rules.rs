//! What is done with the customers that a rule takes.

use crate::audience::{NodeId, Ranking};
use crate::campaign::Split;
use crate::time::Duration;
use serde::Serialize;

/// A rule, ready to run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Its name; unique within the project.
    pub name: String,
    /// The campaign in which it competes; `None`: the one of all rules outside campaigns.
    pub campaign: Option<String>,
    /// Its doc comment.
    pub doc: Option<String>,
    /// The file in which it stands, from the project's folder, with `/`.
    pub file: String,
    /// The line on which it starts, from 1.
    pub line: u32,
    /// SHA-256 of the meaning of the rule (condition, actions, what they rest on), lower-case hex.
    pub hash: String,
    /// Higher wins; of equal ones the first in the order of the files.
    pub priority: i64,
    /// Whom it takes: a Bool node.
    pub condition: NodeId,
    /// When it may fire again for the same customer.
    pub again: Again,
    /// Who gets which of the actions; `None`: everyone gets all.
    pub split: Option<Split>,
    /// What it does, in the order written; of a split, arm after arm.
    pub actions: Vec<Action>,
    /// What it does later, in the order written: each starts when the one before is decided.
    pub follow_ups: Vec<FollowUp>,
    /// The facts that its condition names, in the order in which they first appear.
    pub facts: Vec<NamedFact>,
}

/// `after DELAY [unless|when CONDITION] ACTIONS`. It is decided by the run at whose instant it is due, on the facts of
/// that time, for those for whom the chain of its rule waits for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FollowUp {
    /// How long after the step before: days end at the start of a day, hours are exact.
    pub delay: Duration,
    /// For whom it is due: a Bool node over the chains that wait.
    pub due: NodeId,
    /// Who converted since the chain began, and so is left in peace: a Bool node; `None`: the condition says itself what
    /// becomes of them.
    pub converted: Option<NodeId>,
    /// For whom it does something: a Bool node, `unless` already turned round; `None`: for all.
    pub condition: Option<NodeId>,
    /// What it does.
    pub actions: Vec<Action>,
    /// The facts that its condition names.
    pub facts: Vec<NamedFact>,
}

/// When a rule may fire again for a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Again {
    /// Once the customer was seen outside the condition.
    NewSpell,
    /// Once this much time has passed since it fired.
    Every(Duration),
}

/// A fact of a customer as it is shown, stored and put into messages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedFact {
    /// Its name with its unit: `dormant_days`, `monetary_cents`, `city`.
    pub name: String,
    /// Its name as the marketer wrote it.
    pub label: String,
    /// Its value.
    pub node: NodeId,
    /// How it is written.
    pub display: Display,
    /// Whether it tells who a person is.
    pub personal: bool,
}

/// How a value is written for a person or a program. Fractions are rounded half to even to the last digit shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Display {
    /// `true`, `false`.
    Bool,
    /// A number; an Int node counts in 10^-scale.
    Number {
        /// Digits after the point that an Int node holds.
        scale: u8,
    },
    /// Cents; as text the project's currency with two decimals, or none where they are zero.
    Money,
    /// As a number of percent; an Int node counts in 10^-4 percent, a Ratio is a share of one.
    Percent,
    /// A number of days.
    Days,
    /// `2026-11-21`; days since 1970-01-01.
    Date,
    /// RFC 3339 in the project's zone; microseconds since 1970-01-01T00:00:00Z.
    Time,
    /// As it stands.
    Text,
    /// A list of texts.
    Set,
}

/// One thing that a rule does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Action {
    /// Sends a message.
    Send(Send),
    /// Puts a tag on the customer.
    Tag(String),
    /// Takes a tag off.
    Untag(String),
    /// Gives somebody a task.
    Task {
        /// Who is to do it.
        who: String,
        /// What.
        what: String,
    },
    /// Credits loyalty points.
    GrantPoints(i64),
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Send {
    /// The channel, as the project file names it.
    pub channel: String,
    /// The customer's address there; `None`: the key is the address.
    pub address: Option<NodeId>,
    /// Whether the customer has agreed to this channel: a Bool node; `None`: no consent is needed.
    pub consent: Option<NodeId>,
    /// The template, if the message is one.
    pub template: Option<String>,
    /// Whether it is exempt from limits and quiet hours.
    pub transactional: bool,
    /// What it says.
    pub message: Vec<Piece>,
    /// What comes with it, in the order written.
    pub offers: Vec<Offer>,
    /// How long the offers hold.
    pub ttl: Option<Duration>,
    /// Where the code of its coupon comes from: the name of a pool.
    pub pool: Option<String>,
    /// At what time of day it goes out.
    pub at: Option<SendTime>,
    /// For how many customers at the most, over all runs.
    pub quota: Option<Quota>,
}

/// At what time of day a message goes out: in minutes after midnight, in the customer's zone if that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum SendTime {
    /// The next time that it is so late.
    At(u16),
    /// At once from the first to before the second, else when it is next the first; may pass midnight.
    Between(u16, u16),
}

/// `quota 50 best by monetary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// How many customers.
    pub count: u32,
    /// Who comes first: an Int or Ratio node; customers of whom it is missing come last. `None`: as they are drawn.
    pub best_by: Option<Ranking>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Piece {
    /// Said as it stands.
    Text(String),
    /// A fact of the customer.
    Fact {
        /// Its value.
        node: NodeId,
        /// What kind of value it is.
        display: Display,
        /// How it is written.
        format: Format,
        /// As written, for messages about it.
        label: String,
        /// Whether it tells who a person is.
        personal: bool,
        /// What is said when it is missing; `None`: then nothing is sent.
        or: Option<String>,
    },
    /// The last day on which the offers hold: the day of sending and `ttl` days more, or the day on which so many hours
    /// end.
    OfferEnds(Format),
    /// The customer's own code of the coupon.
    Code,
}

/// How a message writes a value: `{monetary as rounded}`. Lowering gives a value only formats of its kind; what is said
/// here of an amount holds for Int and Ratio nodes alike. Minus signs stand before all else: `-¥500`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As without a format. Money `500`, `9.9`; a number `1234.5`; a percentage `20`; days `60`; a date `2026-11-21`; a
    /// time `2026-11-21 20:00`.
    #[default]
    Plain,
    /// Money, always with two decimals: `500.00`, `9.90`.
    Exact,
    /// Money as in `Plain` with the sign of the project's currency before it: `¥500`, `¥9.9`, `$500`, `€500`, `£500`; of
    /// any other currency its code and a space: `CHF 500`.
    Symbol,
    /// Money and numbers as in `Plain` in groups of three digits: `1,234`, `1,234.5`.
    Grouped,
    /// Money (in the currency's unit), numbers and percentages as whole numbers, half to even: `1234`.
    Rounded,
    /// A percentage as in `Plain` with its sign: `20%`, `12.5%`.
    Sign,
    /// A date, or the day of a time: `2026年11月21日`.
    Long,
    /// A date, or the day of a time, without its year: `11月21日`.
    Short,
    /// The hour and minute of a time: `20:00`.
    Clock,
}

/// What comes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Offer {
    /// So much off from so much on.
    Coupon {
        /// Off, in cents.
        off_cents: i64,
        /// From, in cents; 0: from the first cent.
        from_cents: i64,
    },
    /// A percentage off: `8折` is 20.
    Discount {
        /// In hundredths of a percent: 20 % = 2 000.
        basis_points: i64,
    },
    /// A present.
    Gift(String),
    /// Loyalty points.
    Points(i64),
    /// A free trial.
    Trial(Duration),
}

/// `forbid`: what no rule may do to whom. A plan that does it is refused.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prohibition {
    /// What stands after the keyword, on one line, such as `coupon when 忠诚`.
    pub name: String,
    /// What.
    pub what: Forbidden,
    /// To whom: a Bool node.
    pub condition: NodeId,
    /// Why, as the marketer wrote it.
    pub because: Option<String>,
}

/// What a `forbid` names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Forbidden {
    /// Any message.
    Message,
    /// A message by this channel.
    Channel(String),
    /// A coupon, whatever it is worth.
    Coupon,
    /// A present.
    Gift,
    /// Loyalty points, with a message or without.
    Points,
    /// A free trial.
    Trial,
}

impl Forbidden {
    /// Whether this action does it.
    pub fn meets(&self, action: &Action) -> bool {
        let Action::Send(send) = action else {
            return *self == Forbidden::Points && matches!(action, Action::GrantPoints(_));
        };
        let offers = |is_meant: fn(&Offer) -> bool| send.offers.iter().any(is_meant);
        match self {
            Forbidden::Message => true,
            Forbidden::Channel(channel) => *channel == send.channel,
            Forbidden::Coupon => {
                offers(|offer| matches!(offer, Offer::Coupon { .. } | Offer::Discount { .. }))
            }
            Forbidden::Gift => offers(|offer| matches!(offer, Offer::Gift(_))),
            Forbidden::Points => offers(|offer| matches!(offer, Offer::Points(_))),
            Forbidden::Trial => offers(|offer| matches!(offer, Offer::Trial(_))),
        }
    }
}

/// `suppress`: what is silently not sent, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suppression {
    /// Which channel; `None`: any message.
    pub channel: Option<String>,
    /// For whom: a Bool node.
    pub condition: NodeId,
    /// Why, as the marketer wrote it.
    pub because: Option<String>,
}
