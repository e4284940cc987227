//! Values as they are stored and shown: one JSON value each, with the unit in the name.

use indexmap::IndexMap;
use rulec_plan::audience::Scalar;
use rulec_plan::rules::Display;
use rulec_plan::time::{Day, Instant, Zone};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What stands for a personal value where it must not be seen.
pub const PERSONAL: &str = "(personal)";

/// The facts of a customer by name, in the order in which the rule names them; a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts<'a>(Vec<(Cow<'a, str>, Value)>);

impl Facts<'_> {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Value)> for Facts<'a> {
    fn from_iter<I: IntoIterator<Item = (Cow<'a, str>, Value)>>(facts: I) -> Self {
        Self(facts.into_iter().collect())
    }
}

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Facts<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let facts = IndexMap::<String, Value>::deserialize(deserializer)?;
        Ok(facts.into_iter().map(|(name, value)| (Cow::Owned(name), value)).collect())
    }
}

/// One value.
///
/// Money is a whole number of cents and a duration one of days; dates and times are texts (`2026-11-21`, RFC 3339). A
/// decimal has exactly the digits it needs. A fraction is rounded half to even: money to whole cents, all else to two
/// decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing is known.
    Missing,
    /// True or false.
    Bool(bool),
    /// A whole number of 64 bits.
    Integer(i64),
    /// Any other number, in the digits of JSON.
    Number(String),
    /// A text.
    Text(String),
    /// A set of texts.
    List(Vec<String>),
}

impl Value {
    /// A scalar as this display has it.
    pub fn of(scalar: Scalar, display: Display, zone: Zone) -> Value {
        match scalar {
            Scalar::Missing => Value::Missing,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Text(text) => Value::Text(text),
            Scalar::Set(texts) => Value::List(texts),
            Scalar::Ratio(numerator, denominator) => {
                let (factor, decimals) = match display {
                    Display::Money => (1, 0),
                    Display::Percent => (100, 2),
                    _ => (1, 2),
                };
                Value::number(fraction(numerator, denominator, factor, decimals))
            }
            Scalar::Int(number) => match display {
                Display::Number { scale } if scale > 0 => Value::number(decimal(i128::from(number), scale)),
                Display::Percent => Value::number(decimal(i128::from(number), 4)),
                Display::Date => Value::Text(day(number).to_string()),
                Display::Time => Value::Text(Instant(number).to_rfc3339(zone)),
                _ => Value::Integer(number),
            },
        }
    }

    /// A number of these digits.
    fn number(digits: String) -> Value {
        digits.parse().map_or(Value::Number(digits), Value::Integer)
    }

    /// What is shown instead of a personal value.
    pub fn personal() -> Value {
        Value::Text(PERSONAL.to_owned())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Missing => serializer.serialize_none(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Number(digits) => {
                RawValue::from_string(digits.clone()).map_err(S::Error::custom)?.serialize(serializer)
            }
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(texts) => texts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'n') => Ok(Value::Missing),
            Some(b't' | b'f') => serde_json::from_str(text).map(Value::Bool).map_err(D::Error::custom),
            Some(b'"') => serde_json::from_str(text).map(Value::Text).map_err(D::Error::custom),
            Some(b'[') => serde_json::from_str(text).map(Value::List).map_err(D::Error::custom),
            Some(b'-' | b'0'..=b'9') => Ok(Value::number(text.to_owned())),
            _ => Err(D::Error::custom("expected a value, found an object")),
        }
    }
}

/// A day count as a day; the first or last day that can be written when it lies beyond.
pub(crate) fn day(days: i64) -> Day {
    let nearest = days.clamp(i64::from(Day::MIN.0), i64::from(Day::MAX.0));
    i32::try_from(nearest).map_or(Day::MAX, Day)
}

/// `units` × 10^-`scale`, without zeros at the end: 990 and 2 are `9.9`.
pub(crate) fn decimal(units: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// `numerator` / `denominator` × `factor`, rounded half to even to this many decimals.
pub(crate) fn fraction(numerator: i64, denominator: i64, factor: i64, decimals: u8) -> String {
    let units = i128::from(numerator) * i128::from(factor) * 10_i128.pow(u32::from(decimals));
    decimal(divided(units, denominator.into()), decimals)
}

/// `numerator` / `denominator`, rounded half to even; a denominator below 1 counts as 1.
pub(crate) fn divided(numerator: i128, denominator: i128) -> i128 {
    let divisor = denominator.max(1);
    let (floor, rest) = (numerator.div_euclid(divisor), numerator.rem_euclid(divisor));
    match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + floor.rem_euclid(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_json() {
        let zone = Zone::parse("Asia/Shanghai").expect("a zone");
        for (scalar, display, expected) in [
            (Scalar::Missing, Display::Money, "null"),
            (Scalar::Bool(true), Display::Bool, "true"),
            (Scalar::Int(99_950), Display::Money, "99950"),
            (Scalar::Int(58), Display::Days, "58"),
            (Scalar::Int(-5), Display::Number { scale: 2 }, "-0.05"),
            (Scalar::Int(1_250), Display::Number { scale: 2 }, "12.5"),
            (Scalar::Int(i64::MIN), Display::Number { scale: 9 }, "-9223372036.854775808"),
            (Scalar::Int(205_000), Display::Percent, "20.5"),
            (Scalar::Int(20_778), Display::Date, "\"2026-11-21\""),
            (Scalar::Int(0), Display::Time, "\"1970-01-01T08:00:00+08:00\""),
            (Scalar::Ratio(5, 2), Display::Money, "2"),
            (Scalar::Ratio(7, 2), Display::Money, "4"),
            (Scalar::Ratio(-5, 2), Display::Money, "-2"),
            (Scalar::Ratio(1, 3), Display::Days, "0.33"),
            (Scalar::Ratio(1, 3), Display::Percent, "33.33"),
            (Scalar::Ratio(6, 1), Display::Number { scale: 0 }, "6"),
            (Scalar::Text("a\"b".to_owned()), Display::Text, r#""a\"b""#),
            (Scalar::Set(vec!["a".to_owned(), "b".to_owned()]), Display::Set, r#"["a","b"]"#),
        ] {
            let value = Value::of(scalar, display, zone);
            let json = serde_json::to_string(&value).expect("a value is JSON");
            assert_eq!(json, expected);
            assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON is a value"), value);
        }
    }

    #[test]
    fn an_object_is_no_value() {
        assert!(serde_json::from_str::<Value>("{}").is_err());
    }
}
