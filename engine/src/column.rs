//! Columns of decoded values, with what is missing.

use crate::evaluate::lowest_terms;
use crate::texts::{MISSING, Texts};
use rulec_plan::audience::{Scalar, Shape};
use std::ops::Range;

/// A truth value of Kleene's logic as one byte, so that *and* is the least, *or* the greatest and *not* `TRUE - x`.
pub(crate) const FALSE: u8 = 0;
/// See [`FALSE`].
pub(crate) const UNKNOWN: u8 = 1;
/// See [`FALSE`].
pub(crate) const TRUE: u8 = 2;

/// The truth value of a known Bool.
pub(crate) fn truth(value: bool) -> u8 {
    u8::from(value) * TRUE
}

/// The values of one node for a tile of customers, a batch of rows, or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// [`FALSE`], [`UNKNOWN`] for missing, [`TRUE`].
    Bool(Vec<u8>),
    /// Integers; 0 where not known.
    Int { values: Vec<i64>, known: Vec<bool> },
    /// Fractions, not always in lowest terms (see [`Column::scalar`]); missing where the denominator is 0.
    Ratio { numerators: Vec<i64>, denominators: Vec<i64> },
    /// Codes of texts, [`MISSING`] for none.
    Text(Vec<u32>),
    /// Codes of sets, [`MISSING`] for none.
    Set(Vec<u32>),
}

impl Column {
    /// No rows, room for some.
    pub(crate) fn with_capacity(shape: Shape, rows: usize) -> Self {
        match shape {
            Shape::Bool => Column::Bool(Vec::with_capacity(rows)),
            Shape::Int => Column::Int { values: Vec::with_capacity(rows), known: Vec::with_capacity(rows) },
            Shape::Ratio => {
                Column::Ratio { numerators: Vec::with_capacity(rows), denominators: Vec::with_capacity(rows) }
            }
            Shape::Text => Column::Text(Vec::with_capacity(rows)),
            Shape::Set => Column::Set(Vec::with_capacity(rows)),
        }
    }

    /// So many rows, all missing.
    pub(crate) fn missing(shape: Shape, rows: usize) -> Self {
        match shape {
            Shape::Bool => Column::Bool(vec![UNKNOWN; rows]),
            Shape::Int => Column::Int { values: vec![0; rows], known: vec![false; rows] },
            Shape::Ratio => Column::Ratio { numerators: vec![0; rows], denominators: vec![0; rows] },
            Shape::Text => Column::Text(vec![MISSING; rows]),
            Shape::Set => Column::Set(vec![MISSING; rows]),
        }
    }

    /// So many rows of one value.
    pub(crate) fn constant(value: &Scalar, shape: Shape, rows: usize, texts: &mut Texts) -> Self {
        match value {
            Scalar::Missing => Column::missing(shape, rows),
            Scalar::Bool(value) => Column::Bool(vec![truth(*value); rows]),
            Scalar::Int(value) => Column::ints(vec![*value; rows]),
            Scalar::Ratio(numerator, denominator) => {
                Column::Ratio { numerators: vec![*numerator; rows], denominators: vec![*denominator; rows] }
            }
            Scalar::Text(text) => Column::Text(vec![texts.intern(text); rows]),
            Scalar::Set(pieces) => {
                Column::Set(vec![texts.intern_set(pieces.iter().map(String::as_str)); rows])
            }
        }
    }

    /// Integers that are all known.
    pub(crate) fn ints(values: Vec<i64>) -> Self {
        let known = vec![true; values.len()];
        Column::Int { values, known }
    }

    /// What its values look like.
    pub(crate) fn shape(&self) -> Shape {
        match self {
            Column::Bool(_) => Shape::Bool,
            Column::Int { .. } => Shape::Int,
            Column::Ratio { .. } => Shape::Ratio,
            Column::Text(_) => Shape::Text,
            Column::Set(_) => Shape::Set,
        }
    }

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Column::Bool(values) => values.len(),
            Column::Int { values, .. } => values.len(),
            Column::Ratio { numerators, .. } => numerators.len(),
            Column::Text(codes) | Column::Set(codes) => codes.len(),
        }
    }

    /// How many bytes the values take.
    pub(crate) fn bytes(&self) -> u64 {
        let value = match self {
            Column::Bool(_) => 1,
            Column::Int { .. } => 9,
            Column::Ratio { .. } => 16,
            Column::Text(_) | Column::Set(_) => 4,
        };
        self.len() as u64 * value
    }

    /// Whether the value of a row is known.
    pub(crate) fn is_known(&self, row: usize) -> bool {
        match self {
            Column::Bool(values) => values[row] != UNKNOWN,
            Column::Int { known, .. } => known[row],
            Column::Ratio { denominators, .. } => denominators[row] != 0,
            Column::Text(codes) | Column::Set(codes) => codes[row] != MISSING,
        }
    }

    /// Appends all rows of a column of the same shape.
    pub(crate) fn append(&mut self, other: &Column) {
        match (self, other) {
            (Column::Bool(to), Column::Bool(from)) => to.extend_from_slice(from),
            (Column::Int { values, known }, Column::Int { values: v, known: k }) => {
                values.extend_from_slice(v);
                known.extend_from_slice(k);
            }
            (
                Column::Ratio { numerators, denominators },
                Column::Ratio { numerators: n, denominators: d },
            ) => {
                numerators.extend_from_slice(n);
                denominators.extend_from_slice(d);
            }
            (Column::Text(to), Column::Text(from)) | (Column::Set(to), Column::Set(from)) => {
                to.extend_from_slice(from);
            }
            _ => differing_shapes(),
        }
    }

    /// Becomes these integers, all of them known.
    pub(crate) fn fill_ints(&mut self, integers: &[i64]) {
        let (values, known) = self.ints_mut();
        values.clear();
        values.extend_from_slice(integers);
        known.clear();
        known.resize(integers.len(), true);
    }

    /// Becomes a stretch of rows of a column of the same shape.
    pub(crate) fn copy_from(&mut self, from: &Column, rows: Range<usize>) {
        self.refill(from, Copying(rows));
    }

    /// Becomes the rows of these numbers, in their order; a number that is [`MISSING`] gives a missing value.
    pub(crate) fn gather_from(&mut self, from: &Column, rows: &[u32]) {
        self.refill(from, Gathering(rows));
    }

    /// Becomes so many times the first row of a column of the same shape.
    pub(crate) fn repeat(&mut self, one: &Column, rows: usize) {
        self.refill(one, Repeating(rows));
    }

    /// The rows of these numbers, in their order; a number that is [`MISSING`] gives a missing value.
    pub(crate) fn gather(&self, rows: &[u32]) -> Column {
        let mut found = Column::with_capacity(self.shape(), rows.len());
        found.gather_from(self, rows);
        found
    }

    fn refill(&mut self, from: &Column, rows: impl Refill) {
        match (self, from) {
            (Column::Bool(to), Column::Bool(from)) => rows.refill(to, from, UNKNOWN),
            (Column::Int { values, known }, Column::Int { values: v, known: k }) => {
                rows.refill(values, v, 0);
                rows.refill(known, k, false);
            }
            (
                Column::Ratio { numerators, denominators },
                Column::Ratio { numerators: n, denominators: d },
            ) => {
                rows.refill(numerators, n, 0);
                rows.refill(denominators, d, 0);
            }
            (Column::Text(to), Column::Text(from)) | (Column::Set(to), Column::Set(from)) => {
                rows.refill(to, from, MISSING);
            }
            _ => differing_shapes(),
        }
    }

    /// The value of one row.
    pub(crate) fn scalar(&self, row: usize, texts: &Texts) -> Scalar {
        if row >= self.len() || !self.is_known(row) {
            return Scalar::Missing;
        }
        match self {
            Column::Bool(values) => Scalar::Bool(values[row] == TRUE),
            Column::Int { values, .. } => Scalar::Int(values[row]),
            Column::Ratio { numerators, denominators } => {
                let (numerator, denominator) = lowest_terms(numerators[row], denominators[row]);
                Scalar::Ratio(numerator, denominator)
            }
            Column::Text(codes) => Scalar::Text(texts.text(codes[row]).to_owned()),
            Column::Set(codes) => {
                let members = texts.members(codes[row]);
                Scalar::Set(members.iter().map(|code| texts.text(*code).to_owned()).collect())
            }
        }
    }

    /// The truth values of a Bool column.
    pub(crate) fn bools(&self) -> &[u8] {
        match self {
            Column::Bool(values) => values,
            _ => differing_shapes(),
        }
    }

    /// The numbers of an Int column, and which of them are known.
    pub(crate) fn as_ints(&self) -> (&[i64], &[bool]) {
        match self {
            Column::Int { values, known } => (values, known),
            _ => differing_shapes(),
        }
    }

    /// The codes of a Text or Set column.
    pub(crate) fn codes(&self) -> &[u32] {
        match self {
            Column::Text(codes) | Column::Set(codes) => codes,
            _ => differing_shapes(),
        }
    }

    /// The truth values of a Bool column, to be filled.
    pub(crate) fn bools_mut(&mut self) -> &mut Vec<u8> {
        match self {
            Column::Bool(values) => values,
            _ => differing_shapes(),
        }
    }

    /// The numbers of an Int column, and which of them are known, to be filled.
    pub(crate) fn ints_mut(&mut self) -> (&mut Vec<i64>, &mut Vec<bool>) {
        match self {
            Column::Int { values, known } => (values, known),
            _ => differing_shapes(),
        }
    }

    /// Numerators and denominators of a Ratio column, to be filled.
    pub(crate) fn ratios_mut(&mut self) -> (&mut Vec<i64>, &mut Vec<i64>) {
        match self {
            Column::Ratio { numerators, denominators } => (numerators, denominators),
            _ => differing_shapes(),
        }
    }
}

/// A way to choose rows of a column, the same for each of the vectors that it is made of.
trait Refill {
    /// Replaces what stands in `to`, keeping its memory.
    fn refill<T: Copy>(&self, to: &mut Vec<T>, from: &[T], missing: T);
}

struct Copying(Range<usize>);

impl Refill for Copying {
    fn refill<T: Copy>(&self, to: &mut Vec<T>, from: &[T], _missing: T) {
        to.clear();
        to.extend_from_slice(&from[self.0.clone()]);
    }
}

struct Gathering<'r>(&'r [u32]);

impl Refill for Gathering<'_> {
    fn refill<T: Copy>(&self, to: &mut Vec<T>, from: &[T], missing: T) {
        to.clear();
        to.extend(self.0.iter().map(|row| if *row == MISSING { missing } else { from[*row as usize] }));
    }
}

struct Repeating(usize);

impl Refill for Repeating {
    fn refill<T: Copy>(&self, to: &mut Vec<T>, from: &[T], missing: T) {
        to.clear();
        to.resize(self.0, from.first().copied().unwrap_or(missing));
    }
}

/// The compiler's types make this impossible; to go on would give a wrong answer.
pub(crate) fn differing_shapes() -> ! {
    unreachable!("a plan uses a node as a shape that it does not have")
}
