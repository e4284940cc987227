//! What an expression has become: constants still foldable, the rest nodes. Durations and scales exist only here.

use super::fraction::Fraction;
use rulec_plan::audience::NodeId;
use rulec_plan::time::{Day, Duration, Instant};

/// A lowered expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Lowered {
    /// Bool, text or set.
    Node(NodeId),
    /// A number, an amount in the currency's unit, or a percentage as a share of one.
    Quantity(Quantity),
    /// A date or a time.
    When(When),
    /// A duration.
    Length(Length),
}

/// A quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Quantity {
    /// The same for all.
    Constant(Fraction),
    /// The value of the node (Int or Ratio) over 10^`scale`.
    Node { node: NodeId, scale: u32 },
}

/// A date or a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    Day(Moment<Day>),
    Time(Moment<Instant>),
}

/// A point on the calendar: known now, or a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Moment<T> {
    Constant(T),
    Node(NodeId),
}

/// A duration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Length {
    /// As written.
    Written(Duration),
    /// From one date or time to another.
    Between { later: When, earlier: When },
    /// So many days.
    Days(Quantity),
}
