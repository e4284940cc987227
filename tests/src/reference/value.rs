//! What an expression is worth.

use super::rational::Rational;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;

/// A value. Values of one type are ordered; the order of the kinds means nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing is known. As a condition: unknown.
    Missing,
    /// True or false.
    Bool(bool),
    /// A number, money in the currency's unit, or a percentage as a share of one.
    Number(Rational),
    /// A duration as a number of days.
    Days(Rational),
    /// A text.
    Text(String),
    /// A set of texts.
    Set(BTreeSet<String>),
    /// A day.
    Date(NaiveDate),
    /// An instant.
    Time(DateTime<Utc>),
}

impl Value {
    /// A whole number.
    pub fn count(number: usize) -> Value {
        Value::Number(Rational::whole(i128::try_from(number).expect("a count")))
    }

    /// What a condition says: nothing where it is unknown.
    ///
    /// # Panics
    /// If it is no condition: then the checker let a rule pass that it must not.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Value::Missing => None,
            Value::Bool(truth) => Some(*truth),
            other => panic!("{other:?} is no condition"),
        }
    }

    /// A condition; unknown where there is nothing.
    pub fn of_truth(truth: Option<bool>) -> Value {
        truth.map_or(Value::Missing, Value::Bool)
    }

    /// Whether nothing is known.
    pub fn is_missing(&self) -> bool {
        *self == Value::Missing
    }
}

/// Kleene's not.
pub fn not(truth: Option<bool>) -> Option<bool> {
    truth.map(|truth| !truth)
}

/// Kleene's and: false as soon as one is false, else unknown as soon as one is unknown.
pub fn all(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(true);
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            None => answer = None,
            Some(true) => {}
        }
    }
    answer
}

/// Kleene's or.
pub fn any(truths: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    not(all(truths.into_iter().map(not)))
}
