//! A condition cut where `and`, `or` and `not` join it, so that it can be said of one customer which of its parts hold, on
//! which values, and what would have to change.

use crate::audience::NodeId;
use crate::rules::NamedFact;

/// A condition or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    /// As the marketer wrote it, on one line; the name of a segment or of a tier's class.
    pub text: String,
    /// Whether it holds: a Bool node.
    pub node: NodeId,
    /// What it is made of.
    pub kind: ReasonsKind,
}

/// What a condition is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum ReasonsKind {
    /// All of these must hold.
    All(Vec<Reasons>),
    /// One of these must hold.
    Any(Vec<Reasons>),
    /// This must not hold.
    Not(Box<Reasons>),
    /// A name that stands for this.
    Named(Box<Reasons>),
    /// Nothing that is cut further.
    Part {
        /// The facts that it names.
        facts: Vec<NamedFact>,
        /// When time alone changes it.
        ageing: Option<Ageing>,
    },
}

/// That a part compares a number of days since something, which grows by one every day, with whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ageing {
    /// The days as of the run: an Int node.
    pub days: NodeId,
    /// It holds from so many days on …
    pub from: Option<i64>,
    /// … until before so many.
    pub until: Option<i64>,
}
