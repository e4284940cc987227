//! Values in the formats of messages.

use crate::facts::{Value, day, decimal, divided};
use rulec_plan::audience::Scalar;
use rulec_plan::rules::{Display, Format};
use rulec_plan::time::{Day, Instant, Zone};

/// A value as a customer reads it: money in units of the currency, times to the minute, unless the format says otherwise.
pub(super) fn words(
    scalar: Scalar,
    display: Display,
    format: Format,
    (zone, currency): (Zone, &str),
) -> String {
    match (format, display) {
        (Format::Long | Format::Short | Format::Clock, _) => moment(&scalar, display, format, zone),
        (Format::Exact, Display::Money) => money(&scalar).map_or_else(String::new, with_cents),
        (Format::Rounded, _) => whole(&scalar, display).map_or_else(String::new, |number| number.to_string()),
        (Format::Grouped, _) => grouped(&plain(scalar, display, zone)),
        (Format::Symbol, _) => with_symbol(&plain(scalar, display, zone), currency),
        (Format::Sign, _) => format!("{}%", plain(scalar, display, zone)),
        (Format::Plain | Format::Exact, _) => plain(scalar, display, zone),
    }
}

/// A day in this format.
pub(super) fn day_words(day: Day, format: Format) -> String {
    let (year, month, date) = day.to_ymd();
    match format {
        Format::Long => format!("{year}年{month}月{date}日"),
        Format::Short => format!("{month}月{date}日"),
        _ => day.to_string(),
    }
}

/// A value without a format: `320`, `58`, `2026-11-21`.
pub(crate) fn plain(scalar: Scalar, display: Display, zone: Zone) -> String {
    if display == Display::Money {
        return money(&scalar).map_or_else(String::new, |cents| decimal(cents, 2));
    }
    match (scalar, display) {
        (Scalar::Int(micros), Display::Time) => minute(Instant(micros), zone),
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

/// A day or a time, where it is one.
fn moment(scalar: &Scalar, display: Display, format: Format, zone: Zone) -> String {
    match (scalar, display) {
        (Scalar::Int(micros), Display::Time) if format == Format::Clock => minute(Instant(*micros), zone)
            .split_once(' ')
            .map_or_else(String::new, |(_, clock)| clock.to_owned()),
        (Scalar::Int(micros), Display::Time) => day_words(zone.day_of(Instant(*micros)), format),
        (Scalar::Int(days), Display::Date) => day_words(day(*days), format),
        _ => String::new(),
    }
}

/// Whole cents, half to even.
fn money(scalar: &Scalar) -> Option<i128> {
    match scalar {
        Scalar::Int(cents) => Some(i128::from(*cents)),
        Scalar::Ratio(numerator, denominator) => Some(divided((*numerator).into(), (*denominator).into())),
        _ => None,
    }
}

/// The nearest whole number, half to even: of money in the currency's unit, of a percentage in percent.
fn whole(scalar: &Scalar, display: Display) -> Option<i128> {
    let (up, down) = match (scalar, display) {
        (_, Display::Money) => (1, 100),
        (Scalar::Int(_), Display::Number { scale }) => (1, 10_i128.pow(scale.into())),
        (Scalar::Int(_), Display::Percent) => (1, 10_000),
        (Scalar::Ratio(..), Display::Percent) => (100, 1),
        _ => (1, 1),
    };
    match scalar {
        Scalar::Int(number) => Some(divided(i128::from(*number) * up, down)),
        Scalar::Ratio(numerator, denominator) => {
            Some(divided(i128::from(*numerator) * up, i128::from(*denominator) * down))
        }
        _ => None,
    }
}

/// `-9.90`.
fn with_cents(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

/// `-¥500`.
fn with_symbol(amount: &str, currency: &str) -> String {
    let symbol = match currency {
        "CNY" => "¥",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        other => &format!("{other} "),
    };
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |digits| ("-", digits));
    format!("{sign}{symbol}{digits}")
}

/// `-1,234.5`.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let digits = whole.trim_start_matches('-');
    let mut text = whole[..whole.len() - digits.len()].to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, zone};

    #[test]
    fn values_as_a_customer_reads_them() {
        let evening = Scalar::Int(at("2026-12-05T09:30:59").0);
        for (scalar, display, format, expected) in [
            (Scalar::Int(50_000), Display::Money, Format::Plain, "500"),
            (Scalar::Int(990), Display::Money, Format::Plain, "9.9"),
            (Scalar::Int(99_955), Display::Money, Format::Plain, "999.55"),
            (Scalar::Ratio(100_001, 2), Display::Money, Format::Plain, "500"),
            (Scalar::Int(990), Display::Money, Format::Exact, "9.90"),
            (Scalar::Int(-5), Display::Money, Format::Exact, "-0.05"),
            (Scalar::Int(-50_000), Display::Money, Format::Symbol, "-¥500"),
            (Scalar::Ratio(-246_913_578, 2), Display::Money, Format::Grouped, "-1,234,567.89"),
            (Scalar::Int(123_450), Display::Money, Format::Rounded, "1234"),
            (Scalar::Int(123_550), Display::Money, Format::Rounded, "1236"),
            (Scalar::Ratio(100, 3), Display::Money, Format::Rounded, "0"),
            (Scalar::Int(1_200), Display::Number { scale: 2 }, Format::Plain, "12"),
            (Scalar::Int(123_450), Display::Number { scale: 2 }, Format::Grouped, "1,234.5"),
            (Scalar::Int(150), Display::Number { scale: 2 }, Format::Rounded, "2"),
            (Scalar::Ratio(5, 2), Display::Number { scale: 0 }, Format::Rounded, "2"),
            (Scalar::Int(125_000), Display::Percent, Format::Sign, "12.5%"),
            (Scalar::Int(125_000), Display::Percent, Format::Rounded, "12"),
            (Scalar::Ratio(1, 3), Display::Percent, Format::Rounded, "33"),
            (Scalar::Int(20_778), Display::Date, Format::Plain, "2026-11-21"),
            (Scalar::Int(20_778), Display::Date, Format::Long, "2026年11月21日"),
            (evening.clone(), Display::Time, Format::Plain, "2026-12-05 09:30"),
            (evening.clone(), Display::Time, Format::Short, "12月5日"),
            (evening, Display::Time, Format::Clock, "09:30"),
            (
                Scalar::Set(vec!["面膜".to_owned(), "精华".to_owned()]),
                Display::Set,
                Format::Plain,
                "面膜、精华",
            ),
        ] {
            assert_eq!(words(scalar, display, format, (zone(), "CNY")), expected);
        }
    }

    #[test]
    fn other_currencies_stand_with_their_code() {
        assert_eq!(with_symbol("9.9", "CHF"), "CHF 9.9");
        assert_eq!(with_symbol("9.9", "USD"), "$9.9");
    }
}
