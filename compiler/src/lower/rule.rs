//! Rules and what they do.

use super::Lowering;
use super::build::Frame;
use super::fraction::{Fraction, power};
use super::value::Quantity;
use crate::diagnostics::run;
use crate::typed::{self, Expr, Field, OfferField, Piece, Send};
use rulec_diagnostic::Place;
use rulec_grammar::tree::Number;
use rulec_plan::audience::{NodeId, Scalar};
use rulec_plan::rules::{self, Action, Again, Display, Format, Offer, Prohibition, Quota, Rule, Suppression};
use rulec_plan::time::{DAY, Duration};

impl Lowering<'_> {
    pub(super) fn rule(&mut self, rule: &typed::Rule) -> Rule {
        let when = self.condition(Frame::Customer, &rule.when);
        let unless = rule.unless.as_ref().map(|unless| self.condition(Frame::Customer, unless));
        let condition = self.but_not(when, unless);
        let actions: Vec<Action> =
            rule.actions.iter().map(|action| self.action(action, rule.place)).collect();
        let facts = self.named_facts(std::iter::once(&rule.when).chain(&rule.unless));
        let split = rule.split.as_ref().map(|split| self.split(split));
        let follow_ups = self.follow_ups(rule);
        let again = match &rule.again {
            Some(length) => Again::Every(self.written(length)),
            None => Again::NewSpell,
        };
        let line = self.sources.start_of(rule.place).line;
        Rule {
            name: rule.name.clone(),
            campaign: rule.campaign.clone(),
            doc: rule.doc.clone(),
            file: self.sources.name(rule.place.file).to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            hash: self.rule_hash(rule),
            priority: rule.priority,
            condition,
            again,
            split,
            actions,
            follow_ups,
            facts,
        }
    }

    pub(super) fn prohibition(&mut self, ban: &typed::Prohibition) -> Prohibition {
        Prohibition {
            name: ban.name.clone(),
            what: ban.what.clone(),
            condition: self.condition(Frame::Customer, &ban.condition),
            because: ban.because.clone(),
        }
    }

    pub(super) fn suppression(&mut self, ban: &typed::Suppression) -> Suppression {
        Suppression {
            channel: ban.channel.clone(),
            condition: self.condition(Frame::Customer, &ban.condition),
            because: ban.because.clone(),
        }
    }

    pub(super) fn action(&mut self, action: &typed::Action, place: Place) -> Action {
        match action {
            typed::Action::Send(send) => Action::Send(self.send(send, place)),
            typed::Action::Tag(tag) => Action::Tag(tag.clone()),
            typed::Action::Untag(tag) => Action::Untag(tag.clone()),
            typed::Action::Task { who, what } => Action::Task { who: who.clone(), what: what.clone() },
            typed::Action::GrantPoints(points) => Action::GrantPoints(self.count(points)),
        }
    }

    fn send(&mut self, send: &Send, place: Place) -> rules::Send {
        let channel = self.project.channels.get(&send.channel);
        let address = channel.and_then(|channel| channel.address.clone());
        let consent = self.project.consent.get(&send.channel).cloned();
        let offers: Vec<Offer> = send.offers.iter().map(|offer| self.offer(offer, place)).collect();
        let message = send.message.iter().map(|piece| self.piece(piece, &send.offers)).collect();
        rules::Send {
            channel: send.channel.clone(),
            address: address.and_then(|fact| self.fact_node(&fact)),
            consent: consent.and_then(|fact| self.fact_node(&fact)),
            template: send.template.clone(),
            transactional: send.transactional,
            message,
            offers,
            ttl: send.ttl.as_ref().map(|ttl| self.written(ttl)),
            pool: send.pool.clone(),
            at: send.at,
            quota: send.quota.as_ref().map(|quota| self.quota(quota)),
        }
    }

    fn quota(&mut self, quota: &typed::Quota) -> Quota {
        let best_by = quota.best_by.as_ref().map(|ranking| self.ranked(ranking));
        Quota { count: self.small_count(&quota.count), best_by }
    }

    pub(super) fn fact_node(&mut self, name: &str) -> Option<NodeId> {
        let fact = self.project.customer.facts.get(name)?;
        Some(self.build.customer_column(fact))
    }

    fn offer(&mut self, offer: &typed::Offer, place: Place) -> Offer {
        match offer {
            typed::Offer::Coupon { off, from } => Offer::Coupon {
                off_cents: self.in_units(*off, 2, place),
                from_cents: from.map_or(0, |from| self.in_units(from, 2, place)),
            },
            typed::Offer::Discount(percent) => {
                Offer::Discount { basis_points: self.in_units(*percent, 2, place) }
            }
            typed::Offer::Gift(gift) => Offer::Gift(gift.clone()),
            typed::Offer::Points(points) => Offer::Points(self.count(points)),
            typed::Offer::Trial(length) => Offer::Trial(self.written(length)),
        }
    }

    /// A written number as an integer of 10^-`decimals`.
    pub(super) fn in_units(&mut self, number: Number, decimals: u32, place: Place) -> i64 {
        self.units(number, decimals).unwrap_or_else(|| {
            self.too_large(place);
            0
        })
    }

    fn units(&self, number: Number, decimals: u32) -> Option<i64> {
        let scaled = Fraction::decimal(number).scaled(decimals).map(Fraction::floor);
        scaled.and_then(|units| i64::try_from(units).ok())
    }

    /// A whole number of at least 1; a param may have been set to another.
    pub(super) fn count(&mut self, number: &Expr) -> i64 {
        let whole = match self.quantity(Frame::Customer, number) {
            Quantity::Constant(value) => value.integer().and_then(|value| i64::try_from(value).ok()),
            Quantity::Node { .. } => None,
        };
        whole.filter(|count| *count > 0).unwrap_or_else(|| {
            self.diagnostics.push(run::not_a_count(number.place));
            1
        })
    }

    fn piece(&mut self, piece: &Piece, offers: &[typed::Offer]) -> rules::Piece {
        match piece {
            Piece::Text(text) => rules::Piece::Text(text.clone()),
            Piece::Field { value: Field::Shop, .. } => rules::Piece::Text(self.project.shop.clone()),
            Piece::Field { value: Field::Code, .. } => rules::Piece::Code,
            Piece::Field { value: Field::OfferEnds, format, .. } => rules::Piece::OfferEnds(*format),
            Piece::Field { value: Field::Offer(field), format, label, .. } if *format != Format::Plain => {
                let (node, display) = self.offer_value(offers, *field);
                let (format, label) = (*format, label.clone());
                rules::Piece::Fact { node, display, format, label, personal: false, or: None }
            }
            Piece::Field { value: Field::Offer(field), .. } => {
                let said = offers.iter().find_map(|offer| self.said(offer, *field));
                rules::Piece::Text(said.unwrap_or_default())
            }
            Piece::Field { value: Field::Value(value), format, or, label, .. } => {
                let (node, display) = self.shown(value);
                let (format, label, personal) = (*format, label.clone(), self.is_personal(value));
                rules::Piece::Fact { node, display, format, label, personal, or: or.clone() }
            }
        }
    }

    /// A part of an offer as a value, for those that have formats.
    fn offer_value(&mut self, offers: &[typed::Offer], field: OfferField) -> (NodeId, Display) {
        let found = offers.iter().find_map(|offer| match (offer, field) {
            (typed::Offer::Coupon { off, .. }, OfferField::Amount) => Some((*off, 2, Display::Money)),
            (typed::Offer::Coupon { from, .. }, OfferField::Threshold) => Some(((*from)?, 2, Display::Money)),
            (typed::Offer::Discount(percent), OfferField::Percent) => Some((*percent, 4, Display::Percent)),
            (typed::Offer::Points(points), OfferField::Points) => {
                let points = Number { mantissa: self.count(points), scale: 0 };
                Some((points, 0, Display::Number { scale: 0 }))
            }
            _ => None,
        });
        let units = found.and_then(|(number, decimals, _)| self.units(number, decimals));
        let value = units.map_or(Scalar::Missing, Scalar::Int);
        let display = found.map_or(Display::Text, |(.., display)| display);
        (self.build.constant(Frame::Customer, value), display)
    }

    /// What a message says of a part of an offer.
    fn said(&mut self, offer: &typed::Offer, field: OfferField) -> Option<String> {
        Some(match (offer, field) {
            (typed::Offer::Coupon { off, .. }, OfferField::Amount) => decimal(*off),
            (typed::Offer::Coupon { from, .. }, OfferField::Threshold) => decimal((*from)?),
            (typed::Offer::Discount(percent), OfferField::Percent) => decimal(*percent),
            (typed::Offer::Gift(gift), OfferField::Gift) => gift.clone(),
            (typed::Offer::Points(points), OfferField::Points) => self.count(points).to_string(),
            (typed::Offer::Trial(length), OfferField::Trial) => self.days_from_today(length).to_string(),
            _ => return None,
        })
    }

    /// How many days a duration lasts that starts today; a part of a day counts as one.
    fn days_from_today(&self, length: &Expr) -> i64 {
        match self.written(length) {
            Duration::Calendar { months, days } => {
                i64::from(self.today.shift(months, days).0) - i64::from(self.today.0)
            }
            Duration::Exact { micros } => micros.div_euclid(DAY) + i64::from(micros.rem_euclid(DAY) > 0),
        }
    }
}

/// A number as a person writes it: without zeros at the end.
fn decimal(number: Number) -> String {
    let unit = power(u32::from(number.scale));
    let mantissa = i128::from(number.mantissa);
    let sign = if mantissa < 0 { "-" } else { "" };
    let (whole, rest) = (mantissa.abs() / unit, mantissa.abs() % unit);
    let digits = format!("{rest:0width$}", width = usize::from(number.scale));
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{digits}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_without_zeros_at_the_end() {
        assert_eq!(decimal(Number { mantissa: 500, scale: 0 }), "500");
        assert_eq!(decimal(Number { mantissa: 990, scale: 2 }), "9.9");
        assert_eq!(decimal(Number { mantissa: -5, scale: 2 }), "-0.05");
    }
}
