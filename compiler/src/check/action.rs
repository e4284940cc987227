//! What a rule does: messages with their offers, tags, tasks, points.

use super::{Checker, Scope};
use crate::diagnostics::{lints, names, offers, windows};
use crate::typed::{Action, Constant, Expr, ExprKind, Offer, Quota, Send};
use crate::types::Type;
use rulec_diagnostic::Span;
use rulec_grammar::tree::{
    self, ActionKind, CouponOffer, MessageRef, Name, Number, SendOption, Spanned, TimeOfDay,
};
use rulec_plan::rules::SendTime;

/// What Chinese marketers call the usual channels; the project's own names stand before them.
const CHANNELS: &[(&str, &str)] = &[
    ("短信", "sms"),
    ("邮件", "email"),
    ("电子邮件", "email"),
    ("企微", "wecom"),
    ("企业微信", "wecom"),
    ("小程序", "miniapp"),
    ("微信", "wechat"),
    ("公众号", "wechat"),
    ("服务号", "wechat"),
    ("推送", "push"),
    ("社群", "community"),
    ("电话", "call"),
];

/// A channel as the project file names it, and its Chinese twins.
pub(crate) fn channel_words(channel: &str) -> Vec<String> {
    let twins = CHANNELS.iter().filter(|(_, en)| *en == channel).map(|(zh, _)| (*zh).to_owned());
    std::iter::once(channel.to_owned()).chain(twins).collect()
}

impl<'a> Checker<'a> {
    /// `None` where what is done cannot be told; that was reported.
    pub(super) fn action(&mut self, action: &ActionKind, span: Span) -> Option<Action> {
        match action {
            ActionKind::Send { channel, message, options } => {
                self.send(channel, message, options, span).map(|send| Action::Send(Box::new(send)))
            }
            ActionKind::Tag(tag) => Some(Action::Tag(tag.node.clone())),
            ActionKind::Untag(tag) => Some(Action::Untag(tag.node.clone())),
            ActionKind::Task { who, what } => {
                Some(Action::Task { who: who.node.clone(), what: what.node.clone() })
            }
            ActionKind::GrantPoints(points) => self.points(points).map(Action::GrantPoints),
        }
    }

    /// The project's name of a channel: as written, or by its Chinese twin.
    pub(super) fn channel_name(&self, written: &str) -> Option<&'a str> {
        let twin = CHANNELS.iter().find(|(zh, _)| *zh == written).map_or(written, |(_, en)| en);
        let find = |name: &str| self.project.channels.get_key_value(name).map(|(name, _)| name.as_str());
        find(written).or_else(|| find(twin))
    }

    /// The channel of this name; reported if the project has none.
    pub(super) fn channel(&mut self, name: &Name) -> Option<&'a str> {
        let found = self.channel_name(&name.node);
        if found.is_none() {
            // The word for another channel is no slip of the finger, however near it looks.
            let other = CHANNELS.iter().any(|(zh, en)| name.node == *zh || name.node == *en);
            let known: Vec<_> = self.channel_twins().collect();
            self.report(names::unknown_channel(self.place(name.span), &name.node, other, &known));
        }
        found
    }

    /// The project's channels, each with what a Chinese marketer calls it.
    pub(super) fn channel_twins(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.project.channels.keys().flat_map(|name| {
            let twins: Vec<&str> =
                CHANNELS.iter().filter(|(_, en)| *en == name.as_str()).map(|(zh, _)| *zh).collect();
            let twins = if twins.is_empty() { vec![name.as_str()] } else { twins };
            twins.into_iter().map(|zh| (name.as_str(), zh))
        })
    }

    fn send(
        &mut self,
        channel: &Name,
        message: &MessageRef,
        options: &[Spanned<SendOption>],
        span: Span,
    ) -> Option<Send> {
        let found = self.channel(channel);
        let offers = self.options(options);
        let text = self.message_of(message, channel, &offers);
        self.offers_make_sense(&offers, options, span);
        if let Some(text) = &text
            && text.transactional
            && !offers.offers.is_empty()
        {
            self.report(offers::transactional_offer(
                self.place(span),
                text.template.as_deref().unwrap_or_default(),
            ));
        }
        let (channel, text) = (found?, text?);
        Some(Send {
            channel: channel.to_owned(),
            template: text.template,
            transactional: text.transactional,
            message: text.pieces,
            offers: offers.offers,
            ttl: offers.ttl,
            pool: offers.pool,
            at: offers.at,
            quota: offers.quota,
        })
    }

    pub(super) fn options(&mut self, options: &[Spanned<SendOption>]) -> Options {
        let mut found = Options::default();
        let mut seen: Vec<&'static str> = Vec::new();
        for option in options {
            let kind = kind_of(&option.node);
            if seen.contains(&kind) {
                self.report(names::said_twice(self.place(option.span), kind));
            }
            seen.push(kind);
            self.option(option, &mut found);
        }
        found
    }

    fn option(&mut self, option: &Spanned<SendOption>, found: &mut Options) {
        match &option.node {
            SendOption::Coupon { offer, pool } => {
                found.offers.push(self.coupon(offer, option.span));
                if let Some(pool) = pool {
                    self.pool(pool);
                    found.pool = Some(pool.node.clone());
                }
            }
            SendOption::Gift(gift) => found.offers.push(Offer::Gift(gift.clone())),
            SendOption::Points(points) => found.offers.extend(self.points(points).map(Offer::Points)),
            SendOption::Trial(length) => found.offers.push(Offer::Trial(self.some_time(length))),
            SendOption::Ttl(length) => found.ttl = Some(self.duration(length)),
            SendOption::At(time) => found.at = Some(SendTime::At(minutes(*time))),
            SendOption::Between(from, until) => {
                if from == until {
                    let written = self.source(option.span);
                    let keyword = u32::try_from(written.find(char::is_numeric).unwrap_or(0)).unwrap_or(0);
                    let span = Span { start: option.span.start + keyword, ..option.span };
                    self.report(windows::empty_range(self.place(span), self.source(span)));
                }
                found.at = Some(SendTime::Between(minutes(*from), minutes(*until)));
            }
            SendOption::Quota { count, best_by } => {
                let count = self.whole_number(count);
                let best_by =
                    best_by.as_ref().and_then(|best_by| self.ranking(best_by, None, Scope::default()));
                found.quota = count.map(|count| Quota { count, best_by });
            }
        }
    }

    fn coupon(&mut self, offer: &CouponOffer, span: Span) -> Offer {
        let place = self.place(span);
        match offer {
            CouponOffer::Amount { off, from } => {
                for amount in std::iter::once(off).chain(from) {
                    if amount.scale > 2 && amount.mantissa % 10_i64.pow(u32::from(amount.scale) - 2) != 0 {
                        self.report(offers::less_than_a_cent(place));
                    }
                }
                if from.is_some_and(|from| super::definition::compare_numbers(*off, from).is_ge()) {
                    self.report(lints::discount_not_below_threshold(place, self.source(span)));
                }
                Offer::Coupon { off: *off, from: *from }
            }
            CouponOffer::Percent(percent) => {
                let whole = Number { mantissa: 100, scale: 0 };
                if super::definition::compare_numbers(*percent, whole).is_ge() || percent.mantissa <= 0 {
                    self.report(lints::discount_out_of_range(place, self.source(span)));
                }
                Offer::Discount(*percent)
            }
        }
    }

    fn pool(&mut self, pool: &Name) {
        if !self.symbols.pools.contains_key(pool.node.as_str())
            && !self.symbols.broken.contains(pool.node.as_str())
        {
            let known = self.symbols.pools.keys().copied();
            self.report(names::unknown_pool(self.place(pool.span), &pool.node, known));
        }
    }

    fn points(&mut self, points: &tree::Expr) -> Option<Expr> {
        self.whole_number(points)
    }

    /// A whole number of at least 1, written out or a param that is one unless it is set.
    pub(super) fn whole_number(&mut self, expr: &tree::Expr) -> Option<Expr> {
        let typed = self.constant(expr, &Type::Number);
        match self.constant_value(&typed) {
            Some(Constant::Number(Number { mantissa, scale: 0 })) if mantissa > 0 => Some(typed),
            Some(_) => {
                self.report(offers::not_a_count(typed.place, self.source(expr.span)));
                None
            }
            None => None,
        }
    }

    /// The value of a constant, or what a param is unless it is set.
    pub(super) fn constant_value(&self, expr: &Expr) -> Option<Constant> {
        match &expr.kind {
            ExprKind::Constant(constant) => Some(constant.clone()),
            ExprKind::Param(name) => self.program.params.get(name).map(|param| param.default.clone()),
            _ => None,
        }
    }

    fn offers_make_sense(&mut self, found: &Options, options: &[Spanned<SendOption>], span: Span) {
        let coupon = options.iter().find(|option| matches!(option.node, SendOption::Coupon { .. }));
        if let (Some(coupon), None) = (coupon, &found.ttl) {
            self.report(lints::coupon_without_ttl(self.place(coupon.span)));
        }
        let offers = |option: &Spanned<SendOption>| {
            matches!(kind_of(&option.node), "coupon" | "gift" | "points" | "trial")
        };
        if found.ttl.is_some() && !options.iter().any(offers) {
            self.report(lints::ttl_without_offer(self.place(span)));
        }
    }
}

/// What comes with a message.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) offers: Vec<Offer>,
    pub(super) ttl: Option<Expr>,
    pub(super) pool: Option<String>,
    at: Option<SendTime>,
    quota: Option<Quota>,
}

/// Minutes after midnight.
fn minutes(time: TimeOfDay) -> u16 {
    u16::from(time.hour) * 60 + u16::from(time.minute)
}

fn kind_of(option: &SendOption) -> &'static str {
    match option {
        SendOption::Coupon { .. } => "coupon",
        SendOption::Gift(_) => "gift",
        SendOption::Points(_) => "points",
        SendOption::Trial(_) => "trial",
        SendOption::Ttl(_) => "ttl",
        SendOption::At(_) | SendOption::Between(..) => "at",
        SendOption::Quota { .. } => "quota",
    }
}
