//! Campaigns: their time, their yardstick, their money.

use super::window::calendar_unit;
use super::{Checker, Row, Scope};
use crate::diagnostics::{names, offers, windows};
use crate::events::Events;
use crate::typed::{self, Constant, Conversion, Expr, ExprKind};
use crate::types::Type;
use rulec_diagnostic::Span;
use rulec_grammar::tree::{self, Campaign, Member, MemberKind, Number, Period, ScheduleDays};

impl<'a> Checker<'a> {
    pub(super) fn campaign(&mut self, campaign: &'a Campaign, doc: Option<&str>, span: Span) {
        let mut typed = typed::Campaign {
            name: campaign.name.node.clone(),
            doc: doc.map(str::to_owned),
            place: self.place(Span { end: campaign.name.span.end, ..span }),
            first_day: None,
            over_on: None,
            schedule: None,
            holdout: None,
            conversion: None,
            budget: None,
            terms: Vec::new(),
        };
        let mut seen: Vec<&'static str> = Vec::new();
        for member in &campaign.members {
            if let Some(kind) = once(&member.kind) {
                if seen.contains(&kind) {
                    self.report(names::said_twice(self.place(member.span), kind));
                }
                seen.push(kind);
                typed.terms.push(self.place(member.span));
            }
            self.member_of(campaign, member, &mut typed);
        }
        self.program.campaigns.push(typed);
    }

    fn member_of(&mut self, campaign: &'a Campaign, member: &'a Member, typed: &mut typed::Campaign) {
        match &member.kind {
            MemberKind::Active(range) => {
                let mut day =
                    |end: &Option<Box<tree::Expr>>| end.as_ref().map(|end| self.constant(end, &Type::Date));
                (typed.first_day, typed.over_on) = (day(&range.low), day(&range.high));
                self.active(range);
            }
            MemberKind::Schedule(schedule) => {
                let (days, at) = (days(&schedule.days), schedule.at.as_ref().map(|at| at.node));
                typed.schedule = Some(typed::Schedule { days, at, place: self.place(member.span) });
            }
            MemberKind::Holdout(share) => typed.holdout = Some(self.holdout(share)),
            MemberKind::Convert { event, filter, within } => {
                let found = self.convert(event, filter.as_ref());
                let within = self.duration(within);
                typed.conversion =
                    found.map(|(event, filter)| Conversion { event: event.to_owned(), filter, within });
            }
            MemberKind::Budget { amount, per } => {
                let amount = self.budget(amount);
                let per = per.as_ref().map(|per| self.period(per));
                typed.budget = Some(typed::Budget { amount, per });
            }
            MemberKind::Rule(rule) => self.rule(rule, member.doc.as_deref(), Some(&campaign.name.node)),
            MemberKind::Limit(limit) => self.limit(limit, Some(&campaign.name.node), member.span),
        }
    }

    fn active(&mut self, range: &tree::Range) {
        let day = |end: &Option<Box<tree::Expr>>| match end.as_ref().map(|expr| &expr.kind) {
            Some(tree::ExprKind::Literal(tree::Literal::Date { year, month, day })) => {
                Some((*year, *month, *day))
            }
            _ => None,
        };
        if let (Some(low), Some(high)) = (day(&range.low), day(&range.high))
            && low >= high
        {
            self.report(windows::empty_range(self.place(range.span), self.source(range.span)));
        }
    }

    fn holdout(&mut self, share: &tree::Expr) -> Expr {
        let typed = self.constant(share, &Type::Percent);
        if let ExprKind::Constant(Constant::Percent(share_of)) = typed.kind {
            let whole = Number { mantissa: 100, scale: 0 };
            if share_of.mantissa < 0 || super::definition::compare_numbers(share_of, whole).is_ge() {
                self.report(offers::holdout_share(typed.place, self.source(share.span)));
            }
        }
        typed
    }

    /// An amount above zero, written out or a param that is one unless it is set.
    fn budget(&mut self, amount: &tree::Expr) -> Expr {
        let typed = self.constant(amount, &Type::Money);
        if let Some(Constant::Money(Number { mantissa, .. })) = self.constant_value(&typed)
            && mantissa <= 0
        {
            self.report(offers::no_budget(typed.place, self.source(amount.span)));
        }
        typed
    }

    /// The event table, and which of its rows count.
    fn convert(
        &mut self,
        event: &tree::Name,
        filter: Option<&tree::Expr>,
    ) -> Option<(&'a str, Option<Expr>)> {
        let name = Events::names(self.project).find(|known| *known == event.node);
        let Some((name, events)) =
            name.and_then(|name| Events::find(self.project, name).map(|found| (name, found)))
        else {
            let known = Events::names(self.project);
            self.report(names::unknown_event(self.place(event.span), &event.node, "convert", false, known));
            return None;
        };
        let inside = Scope { row: Some(Row { event: name, events }), follow_up: false };
        Some((name, filter.map(|filter| self.condition(filter, inside))))
    }

    pub(super) fn period(&mut self, period: &Period) -> typed::Period {
        match period {
            Period::Rolling(length) => typed::Period::Rolling(self.some_time(length)),
            Period::Calendar(unit) => typed::Period::Calendar(calendar_unit(unit.node)),
        }
    }
}

fn days(days: &ScheduleDays) -> typed::ScheduleDays {
    let numbers = |days: &[tree::Spanned<u8>]| days.iter().map(|day| u32::from(day.node)).collect();
    match days {
        ScheduleDays::Daily => typed::ScheduleDays::Daily,
        ScheduleDays::Weekdays(days) => typed::ScheduleDays::Weekdays(numbers(days)),
        ScheduleDays::Workdays => typed::ScheduleDays::Workdays,
        ScheduleDays::MonthDays(days) => typed::ScheduleDays::MonthDays(numbers(days)),
        ScheduleDays::LastDay => typed::ScheduleDays::LastDay,
        ScheduleDays::LastWorkday => typed::ScheduleDays::LastWorkday,
    }
}

/// The name of a member that a campaign has once.
fn once(kind: &MemberKind) -> Option<&'static str> {
    match kind {
        MemberKind::Active(_) => Some("active"),
        MemberKind::Schedule(_) => Some("every"),
        MemberKind::Holdout(_) => Some("holdout"),
        MemberKind::Convert { .. } => Some("convert"),
        MemberKind::Budget { .. } => Some("budget"),
        MemberKind::Rule(_) | MemberKind::Limit(_) => None,
    }
}
