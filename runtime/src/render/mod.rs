//! Messages and offers as text.
//!
//! | what | file |
//! | --- | --- |
//! | values in the formats of messages | [`value`] |
//! | values that cannot become markup | [`escape`] |
//! | how many messages an operator bills | [`parts`] |

mod escape;
mod parts;
mod value;

pub(crate) use value::plain;

pub(crate) use parts::sms_parts;

use crate::facts::decimal;
use rulec_engine::Answers;
use rulec_plan::audience::Scalar;
use rulec_plan::project::{Escape, Project};
use rulec_plan::rules::{Offer, Piece, Send};
use rulec_plan::time::{Day, Duration, Instant, Zone};
use std::borrow::Cow;

/// A cent, in millionths of the currency's unit.
pub(crate) const CENT_MICROS: i64 = 10_000;

/// Who will read a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The customer.
    Customer,
    /// Anybody else: personal facts and codes are masked.
    Others,
}

/// How a message is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saying<'a> {
    /// When it is sent.
    pub(crate) sent_at: Instant,
    /// Whose days and hours it names.
    pub(crate) zone: Zone,
    /// The project's currency, ISO 4217.
    pub(crate) currency: &'a str,
    /// What the channel would take for markup.
    pub(crate) escape: Escape,
    /// The customer's own code of the coupon.
    pub(crate) code: Option<&'a str>,
    /// Who will read it.
    pub(crate) reader: Reader,
}

impl<'a> Saying<'a> {
    /// How a message of this channel is said to its customer, without a code.
    pub(crate) fn by(project: &'a Project, channel: &str, sent_at: Instant) -> Saying<'a> {
        Saying {
            sent_at,
            zone: project.zone,
            currency: &project.currency,
            escape: project.channels.get(channel).map_or(Escape::None, |channel| channel.escape),
            code: None,
            reader: Reader::Customer,
        }
    }
}

/// What the message says to this customer; `None` when it lacks a fact or the code.
pub(crate) fn message(
    send: &Send,
    answers: &Answers,
    customer: usize,
    saying: &Saying<'_>,
) -> Option<String> {
    let mut text = String::new();
    for piece in &send.message {
        match piece {
            Piece::Text(words) => text.push_str(words),
            Piece::OfferEnds(format) => {
                let day = offer_ends(send.ttl, saying.sent_at, saying.zone);
                text.push_str(&value::day_words(day, *format));
            }
            Piece::Code => saying.say(saying.code?, true, &mut text),
            Piece::Fact { node, display, format, personal, or, .. } => match answers.value(*node, customer) {
                Scalar::Missing => text.push_str(or.as_ref()?),
                scalar => {
                    let words = value::words(scalar, *display, *format, (saying.zone, saying.currency));
                    saying.say(&words, *personal, &mut text);
                }
            },
        }
    }
    Some(clean(&text))
}

impl Saying<'_> {
    /// Adds a value that comes from data. What others may see is no message any more, so nothing in it is escaped.
    fn say(&self, value: &str, personal: bool, text: &mut String) {
        let value = one_line(value);
        match self.reader {
            Reader::Others if personal => text.push_str(&masked(&value)),
            _ => escape::push(&value, self.escape, text),
        }
    }
}

/// The last day on which offers hold that are sent at this instant.
pub(crate) fn offer_ends(ttl: Option<Duration>, sent_at: Instant, zone: Zone) -> Day {
    match ttl {
        None => zone.day_of(sent_at),
        Some(Duration::Calendar { months, days }) => zone.day_of(sent_at).shift(months, days),
        Some(Duration::Exact { micros }) => zone.day_of(Instant(sent_at.0.saturating_add(micros))),
    }
}

/// Without ends of lines: data must not begin a line of its own, which could pass for another message.
fn one_line(value: &str) -> Cow<'_, str> {
    let breaks =
        |letter| matches!(letter, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if value.contains(breaks) { Cow::from(value.replace(breaks, " ")) } else { Cow::from(value) }
}

/// A personal value as others may see it: `王*`, `138****5678`.
pub fn masked(value: &str) -> String {
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

/// The most that an offer can cost, in millionths of the currency's unit. A percentage of what is bought has no bound: 0.
pub(crate) fn at_most_micros(offer: &Offer) -> i64 {
    match offer {
        Offer::Coupon { off_cents, .. } => off_cents.saturating_mul(CENT_MICROS),
        Offer::Discount { .. } | Offer::Gift(_) | Offer::Points(_) | Offer::Trial(_) => 0,
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
        let said = |reader| {
            let saying = Saying { reader, ..Saying::by(&world.project, "app", world.plan.as_of) };
            message(&send, &world.answers, 0, &saying)
        };
        assert_eq!(said(Reader::Customer).as_deref(), Some("【店】\n王芳2026-11-22"));
        assert_eq!(said(Reader::Others).as_deref(), Some("【店】\n王***2026-11-22"));
    }

    #[test]
    fn a_code_is_masked_and_a_value_begins_no_line() {
        let mut world = World::new(1);
        let name = world.values([text("a\n【店】b")]);
        let send = Send { message: vec![personal(name, "x"), Piece::Code], ..send("app") };
        let saying = Saying { code: Some("AB12"), ..Saying::by(&world.project, "app", world.plan.as_of) };
        let said = |saying| message(&send, &world.answers, 0, &saying);
        assert_eq!(said(saying).as_deref(), Some("a 【店】bAB12"));
        assert_eq!(said(Saying { reader: Reader::Others, ..saying }).as_deref(), Some("a*****A***"));
        assert_eq!(said(Saying { code: None, ..saying }), None);
    }
}
