//! A random shop: its customers and orders, its channels, and what its rules declare. All of it plain data, from which the
//! texts are [written](super::text) and against which the plans are [checked](super::checks).

use chrono_tz::Tz;

/// Microseconds.
pub const MINUTE: i64 = 60_000_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A shop with what it declares.
#[derive(Debug, Clone)]
pub struct Shop {
    pub zone: Tz,
    /// When it is planned for the first time, in microseconds since 1970.
    pub begin: i64,
    pub text_keys: bool,
    pub customers: Vec<Customer>,
    pub orders: Vec<Order>,
    pub channels: Vec<Channel>,
    pub campaigns: Vec<Campaign>,
    pub rules: Vec<Rule>,
    pub limits: Vec<Limit>,
    pub pools: Vec<Pool>,
}

#[derive(Debug, Clone)]
pub struct Customer {
    pub key: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Whether she agreed to text messages.
    pub agreed: Option<bool>,
    pub complains: bool,
    pub region: Option<&'static str>,
    pub score: Option<i64>,
    /// As the shop knows it: perhaps no zone at all.
    pub zone: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub customer: usize,
    pub at: i64,
    pub yuan: i64,
}

#[derive(Debug, Clone)]
pub struct Channel {
    pub name: &'static str,
    pub price_micros: i64,
    /// In minutes after midnight.
    pub quiet: Option<(u32, u32)>,
    pub skips: bool,
    pub by_parts: bool,
    /// Whether it needs consent and a phone.
    pub is_text: bool,
}

#[derive(Debug, Clone)]
pub struct Campaign {
    pub name: String,
    /// The first day, and the first after it, counted from the day of the first run.
    pub active: Option<(i64, i64)>,
    pub weekdays: Option<Vec<u32>>,
    /// Minutes after midnight; only with days.
    pub at: Option<u32>,
    pub holdout: Option<Holdout>,
    pub converts_within: Option<Within>,
    pub budget: Option<Budget>,
}

#[derive(Debug, Clone, Copy)]
pub struct Holdout {
    pub percent: u64,
    /// Whether it is declared only after some runs.
    pub later: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Within {
    Days(i64),
    Hours(i64),
}

#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub cents: i64,
    pub per: Option<Per>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    Days(i64),
    Hours(i64),
    Day,
    Week,
    Month,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    pub campaign: Option<String>,
    pub priority: i64,
    pub when: &'static str,
    pub again_days: Option<i64>,
    pub body: Body,
    pub follow_ups: Vec<FollowUp>,
}

#[derive(Debug, Clone)]
pub enum Body {
    Plain(Vec<Action>),
    Split { name: String, arms: Vec<Arm> },
}

#[derive(Debug, Clone)]
pub struct Arm {
    pub label: String,
    pub percent: u64,
    /// None: it holds.
    pub actions: Vec<Action>,
}

#[derive(Debug, Clone)]
pub struct FollowUp {
    pub after: Within,
    pub unless: Option<&'static str>,
    pub actions: Vec<Action>,
}

#[derive(Debug, Clone)]
pub enum Action {
    Send(Send),
    Tag(String),
    Task(String),
}

#[derive(Debug, Clone)]
pub struct Send {
    pub channel: &'static str,
    pub text: String,
    /// The name of the template of a notice.
    pub notice: Option<String>,
    /// How much off, from how much, in yuan.
    pub coupon: Option<(i64, i64)>,
    pub pool: Option<String>,
    pub quota: Option<u32>,
    pub best_by: Option<&'static str>,
    pub at: Option<At>,
}

/// In minutes after midnight.
#[derive(Debug, Clone, Copy)]
pub enum At {
    Time(u32),
    Between(u32, u32),
}

#[derive(Debug, Clone)]
pub struct Limit {
    pub channel: Option<&'static str>,
    pub count: usize,
    pub per: Per,
    /// Only for customers of this region, and those of whom it is not known.
    pub region: Option<&'static str>,
    pub campaign: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Pool {
    pub name: String,
    pub codes: Vec<String>,
}

impl Shop {
    pub fn campaign(&self, rule: &Rule) -> Option<&Campaign> {
        self.campaigns.iter().find(|campaign| Some(&campaign.name) == rule.campaign.as_ref())
    }

    pub fn channel(&self, name: &str) -> &Channel {
        self.channels.iter().find(|channel| channel.name == name).expect("a channel of the shop")
    }

    /// By which clock the customer lives.
    pub fn zone_of(&self, customer: usize) -> Tz {
        let own = self.customers[customer].zone.and_then(|name| name.parse().ok());
        own.unwrap_or(self.zone)
    }
}

impl Rule {
    /// The actions of its steps: 0 for the rule itself.
    pub fn actions(&self, step: usize) -> Vec<&Action> {
        match (step.checked_sub(1), &self.body) {
            (Some(follow_up), _) => self.follow_ups[follow_up].actions.iter().collect(),
            (None, Body::Plain(actions)) => actions.iter().collect(),
            (None, Body::Split { arms, .. }) => arms.iter().flat_map(|arm| &arm.actions).collect(),
        }
    }
}

impl Limit {
    pub fn is_for(&self, customer: &Customer) -> bool {
        self.region.is_none_or(|region| customer.region.is_none_or(|own| own == region))
    }
}
