//! The program as it is meant: every name resolved, every expression typed. Nothing here depends on the instant of a run
//! or on the data.

mod campaign;

pub use campaign::{
    Arm, Budget, Campaign, Conversion, FollowUp, FollowUpCondition, Limit, Period, Pool, Quota, Schedule,
    ScheduleDays, Split,
};

use crate::types::Type;
use indexmap::IndexMap;
use rulec_diagnostic::{FileId, Place};
pub use rulec_grammar::tree::{CalendarPart, CompareOp, Number, TimeOfDay};
pub use rulec_plan::rules::Forbidden;
use rulec_plan::rules::{Format, SendTime};
use rulec_plan::time::{CalendarUnit, Day, Duration};

/// A checked project. Worth running only when no error was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    /// The texts it was made of, the prelude apart.
    pub files: Vec<FileId>,
    /// `param`s, in the order of the files.
    pub params: IndexMap<String, Param>,
    /// `let`s, `segment`s and the classes of `tier`s (by `TIER.CLASS`) that are used or stand in the project itself.
    pub definitions: Vec<Definition>,
    /// All rules in the order of the files, those of campaigns among them.
    pub rules: Vec<Rule>,
    /// `campaign`.
    pub campaigns: Vec<Campaign>,
    /// `suppress`.
    pub suppressions: Vec<Suppression>,
    /// `limit`, those of campaigns among them.
    pub limits: Vec<Limit>,
    /// `pool`.
    pub pools: Vec<Pool>,
    /// `forbid`.
    pub prohibitions: Vec<Prohibition>,
}

/// Index into [`Program::definitions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(pub usize);

/// `param NAME = CONSTANT`.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its value unless `--set` says otherwise.
    pub default: Constant,
    /// Its type.
    pub ty: Type,
    /// Where its name is declared.
    pub place: Place,
}

/// A name for an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its name, `TIER.CLASS` for a class.
    pub name: String,
    /// What it stands for.
    pub value: Expr,
    /// The whole declaration.
    pub place: Place,
}

/// An expression with its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// Of which type.
    pub ty: Type,
    /// Where it was written.
    pub place: Place,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A value as written.
    Constant(Constant),
    /// A `param`.
    Param(String),
    /// A `let`, `segment` or class of a tier.
    Definition(DefinitionId),
    /// A fact of the customer table, by its name.
    Fact(String),
    /// Inside an aggregate: a fact of the row.
    EventFact(String),
    /// Inside an aggregate: the time of the row.
    EventTime,
    /// A fact of outside data, looked up by a value of the customer.
    Lookup {
        /// The table of the project file.
        table: String,
        /// Its fact.
        fact: String,
        /// What is looked up.
        by: Box<Expr>,
    },
    /// The instant of the run.
    Now,
    /// Its day in the project's zone.
    Today,
    /// Kleene's not.
    Not(Box<Expr>),
    /// Kleene's and.
    And(Vec<Expr>),
    /// Kleene's or.
    Or(Vec<Expr>),
    /// Minus.
    Negate(Box<Expr>),
    /// Plus, minus, times, divided by.
    Arithmetic {
        /// Which.
        op: ArithmeticOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// A comparison. A time compared with a date is compared by its day.
    Compare {
        /// Which.
        op: CompareOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// Whether a date or time lies in a window.
    InWindow {
        /// The date or time.
        value: Box<Expr>,
        /// The window; never `Since`.
        window: Window,
        /// Whether month and day alone are compared.
        yearly: Yearly,
    },
    /// `low ≤ value < high`.
    InRange {
        /// The value.
        value: Box<Expr>,
        /// The low end, included.
        low: Option<Box<Expr>>,
        /// The high end, excluded.
        high: Option<Box<Expr>>,
    },
    /// Whether a text is one of these.
    OneOf {
        /// The text.
        value: Box<Expr>,
        /// The texts, as written.
        texts: Vec<String>,
    },
    /// Whether a set has a text, or a text contains another.
    Contains {
        /// The set or text.
        value: Box<Expr>,
        /// The text.
        item: Box<Expr>,
    },
    /// Whether it is missing.
    IsMissing(Box<Expr>),
    /// The value, or the other where it is missing.
    OrElse(Box<Expr>, Box<Expr>),
    /// Something computed of events.
    Aggregate(Box<Aggregate>),
    /// `rank(x)`.
    Rank(Ranking),
    /// `quintile(x)`.
    Quintile(Ranking),
    /// `x in top 20%`.
    InTop {
        /// What is ranked.
        ranking: Ranking,
        /// The share, a percent constant or param.
        share: Box<Expr>,
    },
    /// `today is "中秋"`.
    TodayIs(String),
    /// `day of month` and its like, of the day of the run.
    CalendarPart(CalendarPart),
    /// `enters 沉睡`, `leaves 沉睡`.
    Membership {
        /// `true` for `enters`.
        enters: bool,
        /// The segment or class.
        of: DefinitionId,
    },
    /// `opened`, `clicked`, … in the condition of a follow-up.
    Outcome(&'static str),
    /// What a mistake, already reported, has left.
    Error,
}

/// How the month and day of a date come round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Yearly {
    /// They do not: the date itself is meant.
    No,
    /// By the Gregorian calendar; 29 February falls on the 28th in other years.
    Solar,
    /// By the Chinese lunar calendar.
    Lunar,
}

/// What is ranked over the population.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The value.
    pub value: Box<Expr>,
    /// Whether a lower value is better.
    pub low_is_better: bool,
}

/// Something computed of those rows of an event table that belong to the customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// What.
    pub function: AggregateFunction,
    /// The event table.
    pub event: String,
    /// Of what, inside the row; `None` for `count(orders)` and `exists(orders)`.
    pub argument: Option<Expr>,
    /// Of which rows.
    pub filter: Option<Expr>,
    /// Of which time.
    pub window: Option<Window>,
}

/// The aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum AggregateFunction {
    Count,
    Sum,
    Average,
    Min,
    Max,
    First,
    Last,
    Distinct,
    Exists,
}

/// A stretch of time. Durations are constants or params.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// `in last 90d`.
    Last(Box<Expr>),
    /// `in next 7d`.
    Next(Box<Expr>),
    /// `in 90d..180d ago`.
    Ago {
        /// The nearer end, excluded; `None`: now.
        near: Option<Box<Expr>>,
        /// The farther end, included; `None`: the beginning.
        far: Option<Box<Expr>>,
    },
    /// `in 2026-06-01..2026-06-19`: dates or times, low end in, high end out.
    Between {
        /// From here.
        low: Option<Box<Expr>>,
        /// To before here.
        high: Option<Box<Expr>>,
    },
    /// `in this month`.
    This(CalendarUnit),
    /// `since X`: after an instant, or from the start of a date on.
    Since(Box<Expr>),
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Constant {
    /// True or false.
    Bool(bool),
    /// An exact number.
    Number(Number),
    /// Money, in the currency's unit (not cents).
    Money(Number),
    /// A percentage; 20 means 20 %.
    Percent(Number),
    /// A text.
    Text(String),
    /// A day.
    Date(Day),
    /// A duration.
    Duration(Duration),
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name; of a bare rule one made of its file's name.
    pub name: String,
    /// The campaign in which it stands.
    pub campaign: Option<String>,
    /// Its doc comment.
    pub doc: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// Higher wins.
    pub priority: i64,
    /// Whom it takes.
    pub when: Expr,
    /// Whom it leaves out all the same.
    pub unless: Option<Expr>,
    /// `again every …`.
    pub again: Option<Expr>,
    /// Who gets which of the actions; `None`: everyone gets all.
    pub split: Option<Split>,
    /// What it does; of a split, arm after arm.
    pub actions: Vec<Action>,
    /// What it does later.
    pub follow_ups: Vec<FollowUp>,
}

/// One thing that a rule does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Sends a message.
    Send(Box<Send>),
    /// Puts a tag on the customer.
    Tag(String),
    /// Takes a tag off.
    Untag(String),
    /// Gives somebody a task.
    Task {
        /// Who.
        who: String,
        /// What.
        what: String,
    },
    /// Credits loyalty points: a number, constant or param.
    GrantPoints(Expr),
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Send {
    /// The channel, as the project file names it.
    pub channel: String,
    /// The template, if it is one.
    pub template: Option<String>,
    /// Whether the template is transactional.
    pub transactional: bool,
    /// What it says.
    pub message: Vec<Piece>,
    /// What comes with it.
    pub offers: Vec<Offer>,
    /// How long the offers hold.
    pub ttl: Option<Expr>,
    /// Where the code of its coupon comes from.
    pub pool: Option<String>,
    /// At what time of day it goes out.
    pub at: Option<SendTime>,
    /// For how many customers at the most.
    pub quota: Option<Quota>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Said as it stands.
    Text(String),
    /// `{x}`.
    Field {
        /// What is said.
        value: Field,
        /// How it is written.
        format: Format,
        /// What is said where it is missing.
        or: Option<String>,
        /// As written, without braces.
        label: String,
        /// Where.
        place: Place,
    },
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// A value of the customer.
    Value(Expr),
    /// `{shop}`.
    Shop,
    /// `{coupon.amount}`, `{coupon.threshold}`, `{coupon.percent}`, `{gift}`, `{points}`, `{trial}`.
    Offer(OfferField),
    /// `{coupon.expires}`.
    OfferEnds,
    /// `{coupon.code}`.
    Code,
}

/// A part of an offer that a message names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OfferField {
    /// How much a coupon takes off.
    Amount,
    /// From how much on.
    Threshold,
    /// How many percent a coupon takes off.
    Percent,
    /// The present.
    Gift,
    /// The points.
    Points,
    /// How long the trial lasts.
    Trial,
}

/// What comes with a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Offer {
    /// So much off from so much on, in the currency's unit.
    Coupon {
        /// Off.
        off: Number,
        /// From.
        from: Option<Number>,
    },
    /// Percent off.
    Discount(Number),
    /// A present.
    Gift(String),
    /// Loyalty points: a number, constant or param.
    Points(Expr),
    /// A free trial: a duration.
    Trial(Expr),
}

/// `suppress`.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppression {
    /// Which channel; `None`: any.
    pub channel: Option<String>,
    /// For whom.
    pub condition: Expr,
    /// Why.
    pub because: Option<String>,
}

impl Rule {
    /// What it does at once and later.
    pub fn all_actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().chain(self.follow_ups.iter().flat_map(|follow_up| &follow_up.actions))
    }
}

/// `forbid`.
#[derive(Debug, Clone, PartialEq)]
pub struct Prohibition {
    /// What stands after the keyword, on one line.
    pub name: String,
    /// What.
    pub what: Forbidden,
    /// To whom.
    pub condition: Expr,
    /// Why.
    pub because: Option<String>,
}

impl Program {
    /// The definition of this id.
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        &self.definitions[id.0]
    }
}

impl Expr {
    /// The expressions that stand directly in this one, those of definitions apart.
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Lookup { by: x, .. }
            | ExprKind::Not(x)
            | ExprKind::Negate(x)
            | ExprKind::IsMissing(x)
            | ExprKind::OneOf { value: x, .. } => vec![x],
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().collect(),
            ExprKind::Arithmetic { left: a, right: b, .. }
            | ExprKind::Compare { left: a, right: b, .. }
            | ExprKind::Contains { value: a, item: b }
            | ExprKind::OrElse(a, b) => vec![a, b],
            ExprKind::InRange { value, low, high } => {
                std::iter::once(value).chain(low).chain(high).map(|part| &**part).collect()
            }
            ExprKind::InWindow { value, window, .. } => {
                std::iter::once(&**value).chain(window.parts()).collect()
            }
            ExprKind::Aggregate(aggregate) => {
                let window = aggregate.window.iter().flat_map(Window::parts);
                aggregate.argument.iter().chain(&aggregate.filter).chain(window).collect()
            }
            ExprKind::Rank(ranking) | ExprKind::Quintile(ranking) => vec![&ranking.value],
            ExprKind::InTop { ranking, share } => vec![&ranking.value, share],
            ExprKind::Constant(_)
            | ExprKind::Param(_)
            | ExprKind::Definition(_)
            | ExprKind::Fact(_)
            | ExprKind::EventFact(_)
            | ExprKind::EventTime
            | ExprKind::Now
            | ExprKind::Today
            | ExprKind::TodayIs(_)
            | ExprKind::CalendarPart(_)
            | ExprKind::Membership { .. }
            | ExprKind::Outcome(_)
            | ExprKind::Error => Vec::new(),
        }
    }
}

impl Window {
    /// The expressions of its ends.
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Window::Last(x) | Window::Next(x) | Window::Since(x) => vec![x],
            Window::Ago { near: a, far: b } | Window::Between { low: a, high: b } => {
                a.iter().chain(b).map(|end| &**end).collect()
            }
            Window::This(_) => Vec::new(),
        }
    }
}
