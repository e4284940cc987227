//! Campaigns: their time, their yardstick, their money.

use super::{Checker, Row, Scope};
use crate::diagnostics::{names, offers, windows};
use crate::events::Events;
use crate::typed::{Constant, ExprKind};
use crate::types::Type;
use rulec_diagnostic::Span;
use rulec_grammar::tree::{self, Campaign, Member, MemberKind, Number, Period};

impl<'a> Checker<'a> {
    pub(super) fn campaign(&mut self, campaign: &'a Campaign, span: Span) {
        let mut seen: Vec<&'static str> = Vec::new();
        for member in &campaign.members {
            if let Some(kind) = once(&member.kind) {
                if seen.contains(&kind) {
                    self.report(names::said_twice(self.place(member.span), kind));
                }
                seen.push(kind);
            }
            self.member_of(campaign, member);
        }
        self.defer("campaign", Span { end: campaign.name.span.end, ..span });
    }

    fn member_of(&mut self, campaign: &'a Campaign, member: &'a Member) {
        match &member.kind {
            MemberKind::Active(range) => {
                for end in range.low.iter().chain(&range.high) {
                    self.constant(end, &Type::Date);
                }
                self.active(range);
            }
            MemberKind::Schedule(_) => {}
            MemberKind::Holdout(share) => self.holdout(share),
            MemberKind::Convert { event, filter, within } => {
                self.convert(event, filter.as_ref());
                self.duration(within);
            }
            MemberKind::Budget { amount, per } => {
                self.constant(amount, &Type::Money);
                if let Some(per) = per {
                    self.period(per);
                }
            }
            MemberKind::Rule(rule) => self.rule(rule, member.doc.as_deref(), Some(&campaign.name.node)),
            MemberKind::Limit(limit) => self.limit(limit),
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

    fn holdout(&mut self, share: &tree::Expr) {
        let typed = self.constant(share, &Type::Percent);
        if let ExprKind::Constant(Constant::Percent(share_of)) = typed.kind {
            let whole = Number { mantissa: 100, scale: 0 };
            if share_of.mantissa < 0 || super::definition::compare_numbers(share_of, whole).is_ge() {
                self.report(offers::holdout_share(typed.place, self.source(share.span)));
            }
        }
    }

    fn convert(&mut self, event: &tree::Name, filter: Option<&tree::Expr>) {
        let name = Events::names(self.project).find(|known| *known == event.node);
        let Some((name, events)) =
            name.and_then(|name| Events::find(self.project, name).map(|found| (name, found)))
        else {
            let known = Events::names(self.project);
            self.report(names::unknown_event(self.place(event.span), &event.node, "convert", false, known));
            return;
        };
        if let Some(filter) = filter {
            self.condition(filter, Scope { row: Some(Row { event: name, events }), follow_up: false });
        }
    }

    pub(super) fn period(&mut self, period: &Period) {
        match period {
            Period::Rolling(length) => {
                self.duration(length);
            }
            Period::Calendar(_) => {}
        }
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
