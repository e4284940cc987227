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
            Piece::OfferEnds(_) => text.push_str(&offer_ends(send.ttl, sent_at, zone).to_string()),
            // No rule has a pool yet, so no message has a code.
            Piece::Code => return None,
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
            Value::Integer(number) => number.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{World, at, days, personal, send, text, zone};
    use rulec_plan::rules::Format;
    use rulec_plan::time::HOUR;

    #[test]
    fn values_as_a_customer_reads_them() {
        for (scalar, display, expected) in [
            (Scalar::Int(50_000), Display::Money, "500"),
            (Scalar::Int(990), Display::Money, "9.9"),
            (Scalar::Int(99_950), Display::Money, "999.5"),
            (Scalar::Int(99_955), Display::Money, "999.55"),
            (Scalar::Ratio(100_001, 2), Display::Money, "500"),
            (Scalar::Int(1_200), Display::Number { scale: 2 }, "12"),
            (Scalar::Int(20_778), Display::Date, "2026-11-21"),
            (Scalar::Int(at("2026-12-05T09:30:59").0), Display::Time, "2026-12-05 09:30"),
            (Scalar::Set(vec!["面膜".to_owned(), "精华".to_owned()]), Display::Set, "面膜、精华"),
        ] {
            assert_eq!(words(scalar, display, zone()), expected);
        }
    }

    #[test]
    fn offers_as_a_rule_writes_them() {
        for (one, expected) in [
            (Offer::Coupon { off_cents: 15_000, from_cents: 50_000 }, "coupon 150/500"),
            (Offer::Coupon { off_cents: 990, from_cents: 0 }, "coupon 9.9"),
            (Offer::Discount { basis_points: 2_000 }, "coupon 20% off"),
            (Offer::Discount { basis_points: 1_250 }, "coupon 12.5% off"),
            (Offer::Gift("小样".to_owned()), "gift \"小样\""),
            (Offer::Points(100), "points 100"),
            (Offer::Trial(days(30)), "trial 30d"),
        ] {
            assert_eq!(offer(&one), expected);
        }
    }

    #[test]
    fn durations_as_a_rule_writes_them() {
        let calendar = |months, days| Duration::Calendar { months, days };
        for (one, expected) in [
            (calendar(0, 14), "14d"),
            (calendar(3, 0), "3mo"),
            (calendar(24, 0), "2y"),
            (Duration::Exact { micros: 48 * HOUR }, "48h"),
            (Duration::Exact { micros: HOUR / 2 }, "30min"),
        ] {
            assert_eq!(duration(one), expected);
        }
    }

    #[test]
    fn offers_end_on_a_day() {
        let sent = at("2026-11-21T20:00:00");
        for (ttl, expected) in [
            (Some(days(14)), "2026-12-05"),
            (Some(Duration::Exact { micros: 3 * HOUR }), "2026-11-21"),
            (Some(Duration::Exact { micros: 4 * HOUR }), "2026-11-22"),
            (None, "2026-11-21"),
        ] {
            assert_eq!(offer_ends(ttl, sent, zone()).to_string(), expected);
        }
    }

    #[test]
    fn personal_values_are_masked() {
        for (value, expected) in [
            ("", ""),
            ("王", "*"),
            ("王芳", "王*"),
            ("欧阳小芳", "欧***"),
            ("13812345678", "138****5678"),
            ("a@b.com", "a@***om"),
        ] {
            assert_eq!(masked(value), expected);
        }
    }

    #[test]
    fn a_message_is_clean_and_for_others_masked() {
        let mut world = World::new(1);
        let name = world.values([text("王\u{202e}\u{7}芳")]);
        let pieces =
            vec![Piece::Text("【店】\n".to_owned()), personal(name, "姓名"), Piece::OfferEnds(Format::Plain)];
        let send = Send { message: pieces, ttl: Some(days(1)), ..send("app") };
        let said = |reader| message(&send, &world.answers, 0, world.plan.as_of, zone(), reader);
        assert_eq!(said(Reader::Customer).as_deref(), Some("【店】\n王芳2026-11-22"));
        assert_eq!(said(Reader::Others).as_deref(), Some("【店】\n王***2026-11-22"));
    }
}
