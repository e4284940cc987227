//! What stands around rules: campaigns on the day of the run, limits, experiments.

use super::Lowering;
use super::aggregate::{Of, Rows};
use super::build::Frame;
use crate::calendar;
use crate::check::channel_words;
use crate::diagnostics::run;
use crate::typed::{self, Constant, Expr, Program, ScheduleDays};
use rulec_diagnostic::{Diagnostic, Place};
use rulec_grammar::tree::{Number, TimeOfDay};
use rulec_plan::audience::{Function, NodeId, Shape};
use rulec_plan::campaign::{Arm, Budget, Campaign, Conversion, Limit, Period, Pool, Share, Split, Standing};
use rulec_plan::project::{FactKind, Project};
use rulec_plan::time::{Day, Instant};

/// The table of the project with messages that were sent by other means.
const TOUCHES: &str = "touches";
/// Digits after the point of a percentage that a [`Share`] holds.
const SHARE_DECIMALS: u8 = 9;

/// What a run on this day rests on and cannot be sure of.
pub fn remarks(program: &Program, project: &Project, as_of: Instant) -> Vec<Diagnostic> {
    let year = project.zone.day_of(as_of).to_ymd().0;
    if calendar::official_years().contains(&year) {
        return Vec::new();
    }
    let schedules = program.campaigns.iter().filter_map(|campaign| campaign.schedule.as_ref());
    let by_workdays = schedules
        .filter(|schedule| matches!(schedule.days, ScheduleDays::Workdays | ScheduleDays::LastWorkday));
    by_workdays.map(|schedule| run::workdays(schedule.place, year, calendar::official_years())).collect()
}

impl Lowering<'_> {
    pub(super) fn campaign(&mut self, campaign: &typed::Campaign) -> Campaign {
        let day = |end: &Option<Expr>| end.as_ref().and_then(|end| self.date(end));
        let (first_day, over_on) = (day(&campaign.first_day), day(&campaign.over_on));
        let standing = self.standing(campaign, first_day, over_on);
        let conversion = campaign.conversion.as_ref();
        let start = self.sources.start_of(campaign.place);
        Campaign {
            name: campaign.name.clone(),
            doc: campaign.doc.clone(),
            file: self.sources.name(campaign.place.file).to_owned(),
            line: u32::try_from(start.line).unwrap_or(u32::MAX),
            first_day,
            over_on,
            standing,
            holdout: campaign.holdout.as_ref().map(|share| self.holdout(share)),
            conversion: conversion.map(|conversion| Conversion {
                event: conversion.event.clone(),
                within: self.written(&conversion.within),
            }),
            budget: campaign.budget.as_ref().map(|budget| self.budget(budget)),
        }
    }

    fn date(&self, expr: &Expr) -> Option<Day> {
        match self.constant_of(expr) {
            Some(Constant::Date(day)) => Some(*day),
            _ => None,
        }
    }

    fn standing(&self, campaign: &typed::Campaign, first: Option<Day>, over: Option<Day>) -> Standing {
        if over.is_some_and(|over| self.today >= over) {
            return Standing::Over;
        }
        if first.is_some_and(|first| self.today < first) {
            return Standing::NotBegun;
        }
        let Some(schedule) = &campaign.schedule else { return Standing::Runs { from: self.now } };
        if !falls_on(&schedule.days, self.today) {
            return Standing::OffDay;
        }
        let at = schedule.at.and_then(|at| self.at_today(at));
        Standing::Runs { from: at.map_or(self.now, |at| at.max(self.now)) }
    }

    fn at_today(&self, at: TimeOfDay) -> Option<Instant> {
        let local = self.today.date().and_hms_opt(at.hour.into(), at.minute.into(), 0)?;
        Some(self.project.zone.instant_of(local))
    }

    /// A share of the customers that leaves some to write to.
    fn holdout(&mut self, share: &Expr) -> Share {
        let found = self.share_of(share).filter(|found| *found < Share::WHOLE);
        found.unwrap_or_else(|| {
            self.diagnostics.push(run::not_a_holdout(share.place));
            Share(0)
        })
    }

    /// A percentage from 0 to 100.
    fn share_of(&self, share: &Expr) -> Option<Share> {
        let Some(Constant::Percent(Number { mantissa, scale })) = self.constant_of(share) else {
            return None;
        };
        let unit = 10_u64.checked_pow(u32::from(SHARE_DECIMALS.checked_sub(*scale)?))?;
        let share = u64::try_from(*mantissa).ok()?.checked_mul(unit).map(Share)?;
        (share <= Share::WHOLE).then_some(share)
    }

    fn budget(&mut self, budget: &typed::Budget) -> Budget {
        let place = budget.amount.place;
        let cents = match self.constant_of(&budget.amount).cloned() {
            Some(Constant::Money(amount)) => self.in_units(amount, 2, place),
            _ => 0,
        };
        if cents <= 0 {
            self.diagnostics.push(run::not_a_budget(place));
        }
        Budget { cents, per: budget.per.as_ref().map(|per| self.period(per)) }
    }

    fn period(&self, period: &typed::Period) -> Period {
        match period {
            typed::Period::Rolling(length) => Period::Rolling(self.written(length)),
            typed::Period::Calendar(unit) => Period::Calendar(*unit),
        }
    }

    pub(super) fn split(&mut self, split: &typed::Split) -> Split {
        let shares: Vec<Option<Share>> = split.arms.iter().map(|arm| self.share_of(&arm.share)).collect();
        let total = shares.iter().try_fold(0_u64, |sum, share| sum.checked_add((*share)?.0));
        if total != Some(Share::WHOLE.0) {
            self.diagnostics.push(run::shares(split.place));
        }
        let mut next = 0;
        let arms = split.arms.iter().zip(shares).map(|(arm, share)| {
            let first_action = next;
            let actions = u32::try_from(arm.actions).unwrap_or(u32::MAX);
            next += actions;
            Arm { label: arm.label.clone(), share: share.unwrap_or(Share(0)), first_action, actions }
        });
        Split { name: split.name.clone(), arms: arms.collect() }
    }

    pub(super) fn pool(&self, pool: &typed::Pool) -> Pool {
        Pool { name: pool.name.clone(), file: pool.file.clone() }
    }

    pub(super) fn limit(&mut self, limit: &typed::Limit) -> Limit {
        let per = self.period(&limit.per);
        Limit {
            name: limit.name.clone(),
            campaign: limit.campaign.clone(),
            channel: limit.channel.clone(),
            count: self.small_count(&limit.count),
            per,
            segment: limit.segment.as_ref().map(|segment| self.condition(Frame::Customer, segment)),
            elsewhere: self.elsewhere(limit, per),
        }
    }

    /// A whole number of at least 1 that fits into 32 bits.
    pub(super) fn small_count(&mut self, count: &Expr) -> u32 {
        let place: Place = count.place;
        let count = self.count(count);
        u32::try_from(count).unwrap_or_else(|_| {
            self.too_large(place);
            u32::MAX
        })
    }

    /// How many messages the customer got by other means in that time: those are of no campaign.
    fn elsewhere(&mut self, limit: &typed::Limit, per: Period) -> Option<NodeId> {
        let table = self.project.events.get(TOUCHES).filter(|_| limit.campaign.is_none())?;
        let stream = self.build.stream(TOUCHES, table);
        let zone = self.project.zone;
        let from = match per {
            Period::Rolling(length) => zone.back(self.now, length),
            Period::Calendar(unit) => zone.start_of(unit.around(self.today).0),
        };
        let channel = table
            .facts
            .get("channel")
            .filter(|fact| matches!(fact.kind, FactKind::Text | FactKind::Enum { .. }));
        let filter = limit.channel.as_ref().zip(channel).map(|(channel, fact)| {
            let value = self.build.event_column(stream, fact);
            self.one_of(Frame::Row(stream), value, channel_words(channel))
        });
        let rows = Rows { from: Some(from), until: None, filter };
        Some(self.computed(&Of { stream, rows }, Function::Count, Shape::Int))
    }
}

/// Whether a schedule names this day.
fn falls_on(days: &ScheduleDays, day: Day) -> bool {
    let (_, month, of_month) = day.to_ymd();
    let is_last = |day: Day| day.shift(0, 1).to_ymd().1 != month;
    match days {
        ScheduleDays::Daily => true,
        ScheduleDays::Weekdays(days) => days.contains(&day.weekday()),
        ScheduleDays::Workdays => is_workday(day),
        ScheduleDays::MonthDays(days) => days.contains(&of_month),
        ScheduleDays::LastDay => is_last(day),
        ScheduleDays::LastWorkday => {
            let mut later =
                (1..31).map(|days| day.shift(0, days)).take_while(|later| later.to_ymd().1 == month);
            is_workday(day) && !later.any(is_workday)
        }
    }
}

/// Where nobody has said which days are off: Monday to Friday.
fn is_workday(day: Day) -> bool {
    calendar::is_workday(day).unwrap_or(day.weekday() < 6)
}
