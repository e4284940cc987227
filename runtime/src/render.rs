//! Messages and offers as text.

use crate::facts::{Value, day, decimal, rounded};
use rulec_engine::Answers;
use rulec_plan::audience::Scalar;
use rulec_plan::rules::{Display, Offer, Piece, Send};
use rulec_plan::time::{Day, Duration, Instant, Zone};

/// Who will read a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The customer.
    Customer,
    /// Anybody else: personal facts are masked.
    Others,
}

/// What the message says to this customer, sent at that instant; `None` when it lacks a fact.
pub(crate) fn message(
    send: &Send,
    answers: &Answers,
    customer: usize,
    sent_at: Instant,
    zone: Zone,
    reader: Reader,
) -> Option<String> {
    let mut text = String::new();
    for piece in &send.message {
        match piece {
            Piece::Text(words) => text.push_str(words),
            Piece::OfferEnds => text.push_str(&offer_ends(send.ttl, sent_at, zone).to_string()),
            Piece::Fact { node, display, personal, or, .. } => match answers.value(*node, customer) {
                Scalar::Missing => text.push_str(or.as_ref()?),
                value => {
                    let value = words(value, *display, zone);
                    let hide = *personal && reader == Reader::Others;
                    text.push_str(&if hide { masked(&value) } else { value });
                }
            },
        }
    }
    Some(clean(&text))
}

/// The last day on which offers hold that are sent at this instant.
pub(crate) fn offer_ends(ttl: Option<Duration>, sent_at: Instant, zone: Zone) -> Day {
    match ttl {
        None => zone.day_of(sent_at),
        Some(Duration::Calendar { months, days }) => zone.day_of(sent_at).shift(months, days),
        Some(Duration::Exact { micros }) => zone.day_of(Instant(sent_at.0.saturating_add(micros))),
    }
}

/// A value as a customer reads it: money in units of the currency, times to the minute.
fn words(scalar: Scalar, display: Display, zone: Zone) -> String {
    match (scalar, display) {
        (Scalar::Int(cents), Display::Money) => decimal(i128::from(cents), 2),
        (Scalar::Ratio(numerator, denominator), Display::Money) => {
            decimal(rounded(numerator, denominator, 1), 2)
        }
        (Scalar::Int(micros), Display::Time) => minute(Instant(micros), zone),
        (Scalar::Int(days), Display::Date) => day(days).to_string(),
        (scalar, display) => match Value::of(scalar, display, zone) {
            Value::Missing => String::new(),
            Value::Bool(value) => value.to_string(),
            Value::Number(text) | Value::Text(text) => text,
            Value::List(texts) => texts.join("、"),
        },
    }
}

/// `2026-11-21 20:00`.
fn minute(instant: Instant, zone: Zone) -> String {
    let text = instant.to_rfc3339(zone);
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// A personal value as others may see it: `王*`, `138****5678`.
pub(crate) fn masked(value: &str) -> String {
    let letters: Vec<char> = value.chars().collect();
    let (head, tail) = match letters.len() {
        0..=1 => (0, 0),
        2..=6 => (1, 0),
        7..=10 => (2, 2),
        _ => (3, 4),
    };
    let shown = |place: &usize| *place < head || *place >= letters.len() - tail;
    (0..letters.len()).map(|place| if shown(&place) { letters[place] } else { '*' }).collect()
}

/// Without control characters other than the end of a line: they come from data and could break a message apart or turn
/// its direction round.
fn clean(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|letter| *letter == '\n' || !(letter.is_control() || turns(*letter))).collect()
}

/// An offer as a rule writes it: `coupon 150/500`.
pub(crate) fn offer(offer: &Offer) -> String {
    match offer {
        Offer::Coupon { off_cents, from_cents: 0 } => format!("coupon {}", money(*off_cents)),
        Offer::Coupon { off_cents, from_cents } => {
            format!("coupon {}/{}", money(*off_cents), money(*from_cents))
        }
        Offer::Discount { basis_points } => format!("coupon {}% off", decimal(i128::from(*basis_points), 2)),
        Offer::Gift(what) => format!("gift \"{what}\""),
        Offer::Points(points) => format!("points {points}"),
        Offer::Trial(length) => format!("trial {}", duration(*length)),
    }
}

/// Cents as a number of the currency's unit.
pub(crate) fn money(cents: i64) -> String {
    decimal(i128::from(cents), 2)
}

/// A duration as a rule writes it, in the largest unit that is exact: `15d`, `3mo`, `48h`, `30min`.
pub(crate) fn duration(duration: Duration) -> String {
    const MINUTE: i64 = 60_000_000;
    match duration {
        Duration::Calendar { months: 0, days } => format!("{days}d"),
        Duration::Calendar { months, days: 0 } if months % 12 == 0 => format!("{}y", months / 12),
        Duration::Calendar { months, days: 0 } => format!("{months}mo"),
        Duration::Calendar { months, days } => format!("{months}mo {days}d"),
        Duration::Exact { micros } if micros % (60 * MINUTE) == 0 => format!("{}h", micros / (60 * MINUTE)),
        Duration::Exact { micros } => format!("{}min", micros / MINUTE),
    }
}
