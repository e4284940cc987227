//! Columns of decoded values, with what is missing.

use crate::answers::{Tristate, Values};
use crate::texts::{MISSING, Texts};
use fixedbitset::FixedBitSet;
use rulec_plan::audience::{Scalar, Shape};
use std::sync::Arc;

/// A truth value of Kleene's logic as one byte, so that *and* is the least, *or* the greatest and *not* `TRUE - x`.
pub(crate) const FALSE: u8 = 0;
/// See [`FALSE`].
pub(crate) const UNKNOWN: u8 = 1;
/// See [`FALSE`].
pub(crate) const TRUE: u8 = 2;

/// The truth value of a known Bool.
pub(crate) fn truth(value: bool) -> u8 {
    if value { TRUE } else { FALSE }
}

/// The values of one node for a tile of customers, a batch of rows, or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// [`FALSE`], [`UNKNOWN`] for missing, [`TRUE`].
    Bool(Vec<u8>),
    /// Integers; 0 where not known.
    Int { values: Vec<i64>, known: Vec<bool> },
    /// Fractions in lowest terms; missing where the denominator is 0.
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

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Column::Bool(values) => values.len(),
            Column::Int { values, .. } => values.len(),
            Column::Ratio { numerators, .. } => numerators.len(),
            Column::Text(codes) | Column::Set(codes) => codes.len(),
        }
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

    /// Takes over one row of a column of the same shape.
    pub(crate) fn set(&mut self, row: usize, from: &Column, other: usize) {
        match (self, from) {
            (Column::Bool(to), Column::Bool(from)) => to[row] = from[other],
            (Column::Int { values, known }, Column::Int { values: v, known: k }) => {
                (values[row], known[row]) = (v[other], k[other]);
            }
            (
                Column::Ratio { numerators, denominators },
                Column::Ratio { numerators: n, denominators: d },
            ) => (numerators[row], denominators[row]) = (n[other], d[other]),
            (Column::Text(to), Column::Text(from)) | (Column::Set(to), Column::Set(from)) => {
                to[row] = from[other];
            }
            _ => differing_shapes(),
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

    /// A stretch of rows.
    pub(crate) fn slice(&self, rows: std::ops::Range<usize>) -> Column {
        match self {
            Column::Bool(values) => Column::Bool(values[rows].to_vec()),
            Column::Int { values, known } => {
                Column::Int { values: values[rows.clone()].to_vec(), known: known[rows].to_vec() }
            }
            Column::Ratio { numerators, denominators } => Column::Ratio {
                numerators: numerators[rows.clone()].to_vec(),
                denominators: denominators[rows].to_vec(),
            },
            Column::Text(codes) => Column::Text(codes[rows].to_vec()),
            Column::Set(codes) => Column::Set(codes[rows].to_vec()),
        }
    }

    /// The rows of these numbers, in their order; a number that is [`MISSING`] gives a missing value.
    pub(crate) fn gather(&self, rows: &[u32]) -> Column {
        fn pick<T: Copy>(from: &[T], rows: &[u32], missing: T) -> Vec<T> {
            rows.iter().map(|row| if *row == MISSING { missing } else { from[*row as usize] }).collect()
        }
        match self {
            Column::Bool(values) => Column::Bool(pick(values, rows, UNKNOWN)),
            Column::Int { values, known } => {
                Column::Int { values: pick(values, rows, 0), known: pick(known, rows, false) }
            }
            Column::Ratio { numerators, denominators } => Column::Ratio {
                numerators: pick(numerators, rows, 0),
                denominators: pick(denominators, rows, 0),
            },
            Column::Text(codes) => Column::Text(pick(codes, rows, MISSING)),
            Column::Set(codes) => Column::Set(pick(codes, rows, MISSING)),
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
            Column::Ratio { numerators, denominators } => Scalar::Ratio(numerators[row], denominators[row]),
            Column::Text(codes) => Scalar::Text(texts.text(codes[row]).to_owned()),
            Column::Set(codes) => {
                let members = texts.members(codes[row]);
                Scalar::Set(members.iter().map(|code| texts.text(*code).to_owned()).collect())
            }
        }
    }

    /// The condition that a Bool column is.
    pub(crate) fn tristate(&self) -> Tristate {
        let mut found = Tristate {
            yes: FixedBitSet::with_capacity(self.len()),
            unknown: FixedBitSet::with_capacity(self.len()),
        };
        for (row, truth) in self.bools().iter().enumerate() {
            match *truth {
                TRUE => found.yes.insert(row),
                UNKNOWN => found.unknown.insert(row),
                _ => {}
            }
        }
        found
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
}

/// The compiler's types make this impossible; to go on would give a wrong answer.
pub(crate) fn differing_shapes() -> ! {
    unreachable!("a plan uses a node as a shape that it does not have")
}

/// A whole column, as an answer hands it out.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) column: Column,
    pub(crate) texts: Arc<Texts>,
}

impl Values for Output {
    fn get(&self, customer: usize) -> Scalar {
        self.column.scalar(customer, &self.texts)
    }
}
