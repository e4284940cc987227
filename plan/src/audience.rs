//! Who is asked for: a small typed algebra over one customer table and its event tables, the same for every engine.
//!
//! All calendar arithmetic is done before: a node compares instants, days, integers, exact fractions and texts, never
//! durations. Two things that mean the same are one node, one aggregate and one column, so an engine that walks
//! [`Audience::nodes`] once, and reads each scan once a stage, shares all work between the rules of a project.
//!
//! **Missing values** follow Kleene's three-valued logic: a comparison with a missing value is missing; `false and
//! missing` is false, `true or missing` is true; everything else with a missing operand is missing. A row filter keeps a
//! row, and a rule takes a customer, only on true.
//!
//! **Numbers** are exact. An integer node holds money in cents, a day as days since 1970-01-01, an instant in
//! microseconds, and a decimal as an integer whose scale lowering has already aligned. A fraction is numerator over
//! positive denominator. A result that does not fit in 64 bits (128 while it is computed) is an error of the run, never a
//! wrong number.

mod kept;

use crate::project::{FactKind, Source};
use crate::time::Instant;
use serde::Serialize;

/// Index into [`Audience::nodes`], or, inside a stream, into [`Stream::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NodeId(pub u32);

/// Index into [`Audience::aggregates`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct AggregateId(pub u32);

/// Index into [`Audience::lookups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LookupId(pub u32);

/// Index into the columns of the scan that a node belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ColumnId(pub u32);

/// All that is asked of a database in one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audience {
    /// The customers.
    pub customers: CustomerScan,
    /// Outside data.
    pub lookups: Vec<LookupScan>,
    /// Tables with events. Two event tables of the project over one table of the database are two streams of one scan.
    pub scans: Vec<EventScan>,
    /// What is computed of each customer's events.
    pub aggregates: Vec<Aggregate>,
    /// What is computed of each customer. A node uses only nodes before it.
    pub nodes: Vec<Node>,
}

/// A table, a query, and which of its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CustomerScan {
    /// The rows.
    pub source: Source,
    /// Plain SQL that a row must fulfil.
    pub filter: Option<String>,
    /// The column with the key.
    pub key: String,
    /// The columns that some node reads.
    pub columns: Vec<Column>,
}

/// A column and how to read it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds: [`FactKind::Bool`] gives [`Shape::Bool`]; numbers (scaled by their decimals), money (cents),
    /// percentages (scaled by 10^4), dates, times and days [`Shape::Int`]; texts and enums [`Shape::Text`]; sets
    /// [`Shape::Set`].
    pub kind: FactKind,
    /// Whether it tells who a person is: then no message shows what stands in it.
    pub personal: bool,
}

/// Outside data, read whole: one row a key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LookupScan {
    /// Its name in the project file.
    pub name: String,
    /// The rows.
    pub source: Source,
    /// The column that is looked up.
    pub key: Column,
    /// The columns that some node reads.
    pub columns: Vec<Column>,
}

/// One table or query of the database with events, read once a stage for all streams over it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventScan {
    /// The rows.
    pub source: Source,
    /// The columns that some stream reads, times among them; customer keys are not.
    pub columns: Vec<Column>,
    /// What the project calls event tables.
    pub streams: Vec<Stream>,
}

/// One event table of the project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stream {
    /// Its name in the project file.
    pub name: String,
    /// The column with the customer's key; rows with NULL or an unknown customer are skipped.
    pub customer: String,
    /// The time of the row; rows after the instant of the run, or without a time, are skipped.
    pub time: ColumnId,
    /// Plain SQL that a row must fulfil.
    pub filter: Option<String>,
    /// What is computed of each row, for filters and arguments. A node uses only nodes before it.
    pub nodes: Vec<Node>,
}

/// Something computed of those rows of a stream that belong to one customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Aggregate {
    /// Index into [`Audience::scans`].
    pub scan: u32,
    /// Index into [`EventScan::streams`].
    pub stream: u32,
    /// What.
    pub function: Function,
    /// Only rows at this instant or later.
    pub from: Option<Instant>,
    /// Only rows before this instant.
    pub until: Option<Instant>,
    /// Only rows for which this node of the stream is true.
    pub filter: Option<NodeId>,
    /// 0: rests on columns of the row alone. n: its filter or argument reads, by [`Op::Customer`], nodes that rest on
    /// aggregates of stages below n, so the scan is read again after those are known.
    pub stage: u32,
}

/// What is computed of rows. Nodes are of the stream; rows whose argument is missing do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Function {
    /// How many rows; 0 without any. Int.
    Count,
    /// How many rows whose argument is known. Int.
    CountKnown(NodeId),
    /// The sum of an Int argument; 0 without rows.
    Sum(NodeId),
    /// The least Int argument; missing without rows.
    Min(NodeId),
    /// The greatest Int argument; missing without rows.
    Max(NodeId),
    /// The argument (any shape but a set) of the earliest row; of several at that instant the least (false before true,
    /// texts by their bytes). Missing without rows.
    First(NodeId),
    /// The argument of the latest row; of several at that instant the greatest.
    Last(NodeId),
    /// How many different arguments; 0 without rows. Int.
    Distinct(NodeId),
    /// Whether there is a row. Bool, never missing.
    Exists,
}

/// A value computed of each customer, or of each row of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Node {
    /// How.
    pub op: Op,
    /// What comes out.
    pub shape: Shape,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Shape {
    /// True or false.
    Bool,
    /// 64 bits, signed.
    Int,
    /// Int over Int > 0; exact.
    Ratio,
    /// A text, compared by its bytes.
    Text,
    /// A set of texts.
    Set,
}

/// How a node is computed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub enum Op {
    /// The same for all.
    Constant(Scalar),
    /// A column of the customer table, or of the stream's scan.
    Column(ColumnId),
    /// An aggregate over events. Not in a stream.
    Aggregate(AggregateId),
    /// In a stream only: the value of a node of [`Audience::nodes`] for the customer of the row.
    Customer(NodeId),
    /// The column of an outside table at the row whose key equals the node (Text or Int); missing without such a row.
    Lookup {
        /// Which table.
        table: LookupId,
        /// Index into its columns.
        column: ColumnId,
        /// The key.
        key: NodeId,
    },

    /// Minus, of Int or Ratio.
    Negate(NodeId),
    /// Plus. Int and Int give Int; a Ratio on either side gives Ratio.
    Add(NodeId, NodeId),
    /// Minus, likewise.
    Subtract(NodeId, NodeId),
    /// Times, likewise.
    Multiply(NodeId, NodeId),
    /// Divided by: always Ratio; missing where the divisor is 0.
    Divide(NodeId, NodeId),

    /// Compares Int or Ratio with Int or Ratio; Bool with Bool and Text with Text for `Equal` and `NotEqual`.
    Compare(Comparison, NodeId, NodeId),
    /// `low ≤ value < high` of an Int; an absent end is open.
    Within {
        /// Which.
        value: NodeId,
        /// From here, included.
        low: Option<i64>,
        /// To here, excluded.
        high: Option<i64>,
    },
    /// Whether an Int is one of these; sorted, none twice.
    OneOfInts(NodeId, Vec<i64>),
    /// Whether a Text is one of these; sorted, none twice.
    OneOfTexts(NodeId, Vec<String>),
    /// Whether a Set has a Text, or a Text contains another Text.
    Contains {
        /// The set or the text.
        value: NodeId,
        /// What is looked for, a Text.
        item: NodeId,
    },

    /// Kleene's not.
    Not(NodeId),
    /// Kleene's and; two or more.
    And(Vec<NodeId>),
    /// Kleene's or; two or more.
    Or(Vec<NodeId>),
    /// Whether it is missing; never missing itself.
    IsMissing(NodeId),
    /// The first, or the second where the first is missing; both of one shape.
    OrElse(NodeId, NodeId),

    /// The day, in the zone of the plan, of an instant in microseconds.
    DayOf(NodeId),
    /// The first instant of a day in the zone of the plan, in microseconds.
    StartOf(NodeId),
    /// Month × 100 + day of the month, of a day: 229 for 29 February.
    MonthDayOf(NodeId),
    /// A day so many months and days later, as [`crate::time::Day::shift`].
    ShiftDay {
        /// Which day.
        day: NodeId,
        /// Months.
        months: i32,
        /// Days.
        days: i32,
    },

    /// The place among all customers whose value is known: 1 + how many are strictly better. Int.
    Rank(Ranking),
    /// 5 − ⌊5 g / N⌋, with N customers whose value is known and g of them strictly better. Int, 5 is best.
    Quintile(Ranking),
    /// Whether g < share × N. Bool; missing where the value is.
    Top {
        /// What is ranked.
        ranking: Ranking,
        /// The share: this many …
        numerator: i64,
        /// … of this many; positive.
        denominator: i64,
    },
}

/// What customers are ranked by: an Int or Ratio node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Ranking {
    /// The value.
    pub value: NodeId,
    /// Whether a lower value is better.
    pub low_is_better: bool,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Op {
    /// The nodes of the same list that it reads; not those that [`Op::Customer`] looks at from a row.
    pub fn operands(&self) -> Vec<NodeId> {
        match self {
            Op::Constant(_) | Op::Column(_) | Op::Aggregate(_) | Op::Customer(_) => Vec::new(),
            Op::Lookup { key: value, .. }
            | Op::Negate(value)
            | Op::Within { value, .. }
            | Op::OneOfInts(value, _)
            | Op::OneOfTexts(value, _)
            | Op::Not(value)
            | Op::IsMissing(value)
            | Op::DayOf(value)
            | Op::StartOf(value)
            | Op::MonthDayOf(value)
            | Op::ShiftDay { day: value, .. } => vec![*value],
            Op::Rank(ranking) | Op::Quintile(ranking) | Op::Top { ranking, .. } => vec![ranking.value],
            Op::Add(a, b)
            | Op::Subtract(a, b)
            | Op::Multiply(a, b)
            | Op::Divide(a, b)
            | Op::Compare(_, a, b)
            | Op::Contains { value: a, item: b }
            | Op::OrElse(a, b) => vec![*a, *b],
            Op::And(parts) | Op::Or(parts) => parts.clone(),
        }
    }

    /// The same, in the same order, to give them other numbers.
    pub fn operands_mut(&mut self) -> Vec<&mut NodeId> {
        match self {
            Op::Constant(_) | Op::Column(_) | Op::Aggregate(_) | Op::Customer(_) => Vec::new(),
            Op::Lookup { key: value, .. }
            | Op::Negate(value)
            | Op::Within { value, .. }
            | Op::OneOfInts(value, _)
            | Op::OneOfTexts(value, _)
            | Op::Not(value)
            | Op::IsMissing(value)
            | Op::DayOf(value)
            | Op::StartOf(value)
            | Op::MonthDayOf(value)
            | Op::ShiftDay { day: value, .. } => vec![value],
            Op::Rank(ranking) | Op::Quintile(ranking) | Op::Top { ranking, .. } => vec![&mut ranking.value],
            Op::Add(a, b)
            | Op::Subtract(a, b)
            | Op::Multiply(a, b)
            | Op::Divide(a, b)
            | Op::Compare(_, a, b)
            | Op::Contains { value: a, item: b }
            | Op::OrElse(a, b) => vec![a, b],
            Op::And(parts) | Op::Or(parts) => parts.iter_mut().collect(),
        }
    }
}

impl Function {
    /// The node of the stream that it is of, if any.
    pub fn argument(self) -> Option<NodeId> {
        match self {
            Function::Count | Function::Exists => None,
            Function::CountKnown(node)
            | Function::Sum(node)
            | Function::Min(node)
            | Function::Max(node)
            | Function::First(node)
            | Function::Last(node)
            | Function::Distinct(node) => Some(node),
        }
    }

    /// The same, to give it another number.
    pub fn argument_mut(&mut self) -> Option<&mut NodeId> {
        match self {
            Function::Count | Function::Exists => None,
            Function::CountKnown(node)
            | Function::Sum(node)
            | Function::Min(node)
            | Function::Max(node)
            | Function::First(node)
            | Function::Last(node)
            | Function::Distinct(node) => Some(node),
        }
    }
}

impl Shape {
    /// The shape in which a column of this kind is delivered.
    pub fn of(kind: &FactKind) -> Shape {
        match kind {
            FactKind::Bool => Shape::Bool,
            FactKind::Text | FactKind::Enum { .. } => Shape::Text,
            FactKind::Set { .. } => Shape::Set,
            FactKind::Number { .. }
            | FactKind::Money { .. }
            | FactKind::Percent
            | FactKind::Date { .. }
            | FactKind::Time { .. }
            | FactKind::Days => Shape::Int,
        }
    }
}

impl Comparison {
    /// Whether it holds for two values in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }

    /// The one that says the same with the sides exchanged.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}

/// A single value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Scalar {
    /// Nothing is known.
    Missing,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Numerator over positive denominator, in lowest terms.
    Ratio(i64, i64),
    /// A text.
    Text(String),
    /// A set of texts; sorted, none twice.
    Set(Vec<String>),
}

impl Audience {
    /// The node of this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The aggregate of this id.
    pub fn aggregate(&self, id: AggregateId) -> &Aggregate {
        &self.aggregates[id.0 as usize]
    }
}
