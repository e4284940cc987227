//! Campaigns and their members, schedules and periods.

use super::{Builder, Parts};
use crate::diagnostics;
use crate::parser::{Node, Rule};
use crate::tree::{
    CalendarUnit, Campaign, Member, MemberKind, Name, Period, Schedule, ScheduleDays, Spanned,
};

impl Builder {
    pub(super) fn campaign(&mut self, node: Node) -> Option<Campaign> {
        let mut parts = Parts::of(node);
        let name = self.name(&parts.part(Rule::name)?);
        let members = parts.filter_map(|member| self.member(member)).collect();
        Some(Campaign { name, members })
    }

    /// The name in `campaign NAME {`.
    pub(crate) fn campaign_name(&mut self, start: Node) -> Option<Name> {
        Parts::of(start).part(Rule::name).map(|name| self.name(&name))
    }

    pub(super) fn member(&mut self, member: Node) -> Option<Member> {
        let span = self.span_of(&member);
        let node = member.into_inner().next()?;
        let kind = match node.as_rule() {
            Rule::active => MemberKind::Active(self.range(Parts::of(node).part(Rule::range)?)?),
            Rule::schedule => MemberKind::Schedule(self.schedule(node)?),
            Rule::holdout => MemberKind::Holdout(self.expr(Parts::of(node).next()?)?),
            Rule::convert => self.convert(node)?,
            Rule::budget => self.budget(node)?,
            Rule::rule_item => MemberKind::Rule(self.rule(node)?),
            Rule::bare_rule => MemberKind::Rule(self.bare_rule(node)?),
            Rule::limit_item => MemberKind::Limit(self.limit(node)?),
            _ => return None,
        };
        Some(Member { doc: None, kind, span })
    }

    fn convert(&mut self, node: Node) -> Option<MemberKind> {
        let mut parts = Parts::of(node);
        let event = self.name(&parts.part(Rule::name)?);
        let filter = match parts.part(Rule::expr) {
            Some(filter) => Some(self.expr(filter)?),
            None => None,
        };
        let within = self.duration(parts.part(Rule::sum)?)?;
        Some(MemberKind::Convert { event, filter, within })
    }

    fn budget(&mut self, node: Node) -> Option<MemberKind> {
        let mut parts = Parts::of(node);
        let amount = self.expr(parts.part(Rule::sum)?)?;
        let per = match parts.part(Rule::period) {
            Some(period) => Some(self.period(period)?),
            None => None,
        };
        Some(MemberKind::Budget { amount, per })
    }

    pub(super) fn period(&mut self, node: Node) -> Option<Period> {
        let part = Parts::of(node).next()?;
        if part.as_rule() == Rule::sum {
            return Some(Period::Rolling(self.duration(part)?));
        }
        let span = self.span(&part);
        let unit = self.calendar_unit(part)?;
        Some(Period::Calendar(Spanned { node: unit, span }))
    }

    pub(super) fn calendar_unit(&self, node: Node) -> Option<CalendarUnit> {
        match node.as_rule() {
            Rule::calendar_unit => self.calendar_unit(node.into_inner().next()?),
            Rule::kw_day | Rule::kw_daily | Rule::kw_this_day => Some(CalendarUnit::Day),
            Rule::kw_week | Rule::kw_weekly | Rule::kw_this_week => Some(CalendarUnit::Week),
            Rule::kw_month | Rule::kw_monthly | Rule::kw_this_month => Some(CalendarUnit::Month),
            Rule::kw_quarter | Rule::kw_quarterly | Rule::kw_this_quarter => Some(CalendarUnit::Quarter),
            Rule::kw_year | Rule::kw_yearly | Rule::kw_this_year => Some(CalendarUnit::Year),
            _ => None,
        }
    }

    fn schedule(&mut self, node: Node) -> Option<Schedule> {
        let mut parts = Parts::of(node);
        let days = self.schedule_days(parts.part(Rule::schedule_days)?)?;
        let at = parts.part(Rule::time).map(|time| self.time(&time));
        Some(Schedule { days, at })
    }

    fn schedule_days(&mut self, node: Node) -> Option<ScheduleDays> {
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::kw_daily | Rule::kw_day => return Some(ScheduleDays::Daily),
                Rule::kw_every_workday | Rule::kw_workday => return Some(ScheduleDays::Workdays),
                Rule::weekdays => {
                    return Some(ScheduleDays::Weekdays(
                        Parts::of(part).filter_map(|day| self.weekday(day)).collect(),
                    ));
                }
                Rule::month_days => return self.month_days(part),
                _ => {}
            }
        }
        None
    }

    fn weekday(&self, node: Node) -> Option<Spanned<u8>> {
        let span = self.span_of(&node);
        let day = match node.into_inner().next()?.as_rule() {
            Rule::kw_monday => 1,
            Rule::kw_tuesday => 2,
            Rule::kw_wednesday => 3,
            Rule::kw_thursday => 4,
            Rule::kw_friday => 5,
            Rule::kw_saturday => 6,
            _ => 7,
        };
        Some(Spanned { node: day, span })
    }

    fn month_days(&mut self, node: Node) -> Option<ScheduleDays> {
        let mut days = Vec::new();
        for part in Parts::of(node) {
            match part.as_rule() {
                Rule::kw_last_day => return Some(ScheduleDays::LastDay),
                Rule::kw_last_workday => return Some(ScheduleDays::LastWorkday),
                _ => days.push(self.month_day(&part)),
            }
        }
        Some(ScheduleDays::MonthDays(days))
    }

    fn month_day(&mut self, node: &Node) -> Spanned<u8> {
        let span = self.span(node);
        let digits = node.as_str().trim_end_matches(|c: char| !c.is_ascii_digit());
        let day = digits.parse().unwrap_or(0);
        if !(1..=31).contains(&day) {
            self.report(diagnostics::out_of_range(self.place(span), 1, 31));
        }
        Spanned { node: day.clamp(1, 31), span }
    }
}
