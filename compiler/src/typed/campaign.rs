//! What stands around rules: campaigns, limits, experiments, follow-ups, codes.

use super::{Action, Expr, Ranking};
use rulec_diagnostic::Place;
use rulec_grammar::tree::TimeOfDay;
use rulec_plan::time::CalendarUnit;

/// `campaign NAME { … }`, its rules and limits apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub doc: Option<String>,
    /// From its keyword to its name.
    pub place: Place,
    /// `active`: the first day, a date.
    pub first_day: Option<Expr>,
    /// `active`: the first day on which it is over, a date.
    pub over_on: Option<Expr>,
    /// On which days it runs; `None`: whenever it is run.
    pub schedule: Option<Schedule>,
    /// `holdout`: a percentage.
    pub holdout: Option<Expr>,
    /// `convert`.
    pub conversion: Option<Conversion>,
    /// `budget`.
    pub budget: Option<Budget>,
    /// The lines that say all this.
    pub terms: Vec<Place>,
}

/// `every … at …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// On which days.
    pub days: ScheduleDays,
    /// From what time of day on messages go out.
    pub at: Option<TimeOfDay>,
    /// Where.
    pub place: Place,
}

/// The days of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduleDays {
    /// `every day`.
    Daily,
    /// 1 = Monday … 7 = Sunday.
    Weekdays(Vec<u32>),
    /// `every workday`.
    Workdays,
    /// Days of the month; a month that is too short for one leaves it out.
    MonthDays(Vec<u32>),
    /// The last day of the month.
    LastDay,
    /// The last working day of the month.
    LastWorkday,
}

/// `convert orders where … within 14d`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    /// The event table.
    pub event: String,
    /// Which of its rows count.
    pub filter: Option<Expr>,
    /// How long after the touch.
    pub within: Expr,
}

/// `budget 50000元 per 30d`.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// An amount of money.
    pub amount: Expr,
    /// In which time; `None`: in all.
    pub per: Option<Period>,
}

/// The time that a limit or a budget counts over.
#[derive(Debug, Clone, PartialEq)]
pub enum Period {
    /// Back from the moment of sending: a duration.
    Rolling(Expr),
    /// The unit of the calendar around it.
    Calendar(CalendarUnit),
}

/// `limit sms 2 per 30d for 沉睡.短期`.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// What is said after `limit`, on one line.
    pub name: String,
    /// The campaign in which it stands.
    pub campaign: Option<String>,
    /// The channel, as the project file names it; `None`: any.
    pub channel: Option<String>,
    /// How many messages.
    pub count: Expr,
    /// In which time.
    pub per: Period,
    /// For whom.
    pub segment: Option<Expr>,
    /// All of it.
    pub place: Place,
}

/// `pool NAME from "FILE"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// The file with the codes.
    pub file: String,
}

/// Who gets which of a rule's actions.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// From which the arms are drawn.
    pub name: String,
    /// Where the name stands.
    pub place: Place,
    /// The arms, in the order written.
    pub arms: Vec<Arm>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Its label; its number from 1 where it has none.
    pub label: String,
    /// Its part of the customers, a percentage.
    pub share: Expr,
    /// How many of the rule's actions are its own, after those of the arms before.
    pub actions: usize,
}

/// `after DELAY [unless|when CONDITION] ACTIONS`.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// How long after the step before.
    pub delay: Expr,
    /// For whom it does something; `None`: for all.
    pub condition: Option<FollowUpCondition>,
    /// What it does.
    pub actions: Vec<Action>,
    /// Where it stands.
    pub place: Place,
}

/// The condition of a follow-up.
#[derive(Debug, Clone, PartialEq)]
pub enum FollowUpCondition {
    /// Only if it does not hold.
    Unless(Expr),
    /// Only if it holds.
    When(Expr),
}

/// `quota 50 best by X`.
#[derive(Debug, Clone, PartialEq)]
pub struct Quota {
    /// How many customers.
    pub count: Expr,
    /// Who comes first.
    pub best_by: Option<Ranking>,
}

impl FollowUpCondition {
    /// What is asked, either way.
    pub fn expr(&self) -> &Expr {
        match self {
            FollowUpCondition::Unless(expr) | FollowUpCondition::When(expr) => expr,
        }
    }
}

impl Period {
    /// The duration of a rolling one.
    pub fn length(&self) -> Option<&Expr> {
        match self {
            Period::Rolling(length) => Some(length),
            Period::Calendar(_) => None,
        }
    }
}
