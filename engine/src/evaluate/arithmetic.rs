//! Exact arithmetic: 64-bit integers and fractions of them, 128 bits in between. A row whose result does not fit is
//! reported and its value never used.
//!
//! Fractions are brought to lowest terms only where they would not fit otherwise: whoever compares them does not mind,
//! and finding a greatest common divisor takes longer than all the rest.

use super::kernels::zip;
use crate::column::{Column, differing_shapes};
use std::cmp::Ordering;

/// A number as numerator and positive denominator; missing where that is 0.
pub(super) type Fraction = (i64, i64);

/// Before it is made to fit. From 64-bit operands nothing gets past 127 bits: 2 · 2⁶³ · (2⁶³ − 1) < 2¹²⁷.
type Wide = (i128, i128);

pub(super) fn negate(value: &Column, out: &mut Column, overflows: &mut Vec<usize>) {
    let negated = |_, value: i64| value.overflowing_neg();
    combine(value, value, out, overflows, negated, |_, (numerator, denominator)| {
        (-wide(numerator), wide(denominator))
    });
}

pub(super) fn add(a: &Column, b: &Column, out: &mut Column, overflows: &mut Vec<usize>) {
    combine(a, b, out, overflows, i64::overflowing_add, |(a, b), (c, d)| {
        (wide(a) * wide(d) + wide(c) * wide(b), wide(b) * wide(d))
    });
}

pub(super) fn subtract(a: &Column, b: &Column, out: &mut Column, overflows: &mut Vec<usize>) {
    combine(a, b, out, overflows, i64::overflowing_sub, |(a, b), (c, d)| {
        (wide(a) * wide(d) - wide(c) * wide(b), wide(b) * wide(d))
    });
}

pub(super) fn multiply(a: &Column, b: &Column, out: &mut Column, overflows: &mut Vec<usize>) {
    combine(a, b, out, overflows, i64::overflowing_mul, |(a, b), (c, d)| {
        (wide(a) * wide(c), wide(b) * wide(d))
    });
}

pub(super) fn divide(a: &Column, b: &Column, out: &mut Column, overflows: &mut Vec<usize>) {
    ratios(a, b, out, overflows, |(a, b), (c, d)| {
        let (numerator, denominator) = (wide(a) * wide(d), wide(b) * wide(c));
        if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) }
    });
}

/// How two fractions compare.
pub(crate) fn compare_fractions(a: (i64, i64), b: (i64, i64)) -> Ordering {
    let (a, b) = cross(a, b);
    a.cmp(&b)
}

/// Two numbers that compare as the two fractions do.
pub(super) fn cross((a, b): Fraction, (c, d): Fraction) -> Wide {
    (wide(a) * wide(d), wide(c) * wide(b))
}

/// The number of a row.
pub(super) fn fraction(column: &Column, row: usize) -> Fraction {
    match column {
        Column::Int { values, known } => (values[row], i64::from(known[row])),
        Column::Ratio { numerators, denominators } => (numerators[row], denominators[row]),
        _ => differing_shapes(),
    }
}

/// The same fraction in lowest terms.
pub(crate) fn lowest_terms(numerator: i64, denominator: i64) -> (i64, i64) {
    reduce((wide(numerator), wide(denominator))).unwrap_or((numerator, denominator))
}

fn wide(number: i64) -> i128 {
    i128::from(number)
}

/// `whole` tells besides its result whether it is too large.
fn combine(
    a: &Column,
    b: &Column,
    out: &mut Column,
    overflows: &mut Vec<usize>,
    whole: impl Fn(i64, i64) -> (i64, bool),
    fractions: impl Fn(Fraction, Fraction) -> Wide,
) {
    match (a, b) {
        (Column::Int { values: a, known: a_known }, Column::Int { values: b, known: b_known }) => {
            let (values, known) = out.ints_mut();
            zip(a_known, b_known, known, |a, b| a & b);
            if ints((a, b), known, values, &whole) {
                for row in (0..a.len()).filter(|row| known[*row] && whole(a[*row], b[*row]).1) {
                    overflows.push(row);
                }
            }
        }
        _ => ratios(a, b, out, overflows, fractions),
    }
}

/// Fills in the results, 0 where not known, and says whether one may be too large: so the usual case has no branch.
fn ints(
    (a, b): (&[i64], &[i64]),
    known: &[bool],
    values: &mut Vec<i64>,
    whole: impl Fn(i64, i64) -> (i64, bool),
) -> bool {
    let mut is_too_large = false;
    values.resize(a.len(), 0);
    for ((value, known), (a, b)) in values.iter_mut().zip(known).zip(a.iter().zip(b)) {
        let (result, overflows) = whole(*a, *b);
        is_too_large |= overflows;
        *value = result & -i64::from(*known);
    }
    is_too_large
}

fn ratios(
    a: &Column,
    b: &Column,
    out: &mut Column,
    overflows: &mut Vec<usize>,
    compute: impl Fn(Fraction, Fraction) -> Wide,
) {
    let (numerators, denominators) = out.ratios_mut();
    numerators.clear();
    denominators.clear();
    for row in 0..a.len() {
        let (x, y) = (fraction(a, row), fraction(b, row));
        let mut value = (0, 0);
        if x.1 != 0 && y.1 != 0 {
            match fit(compute(x, y)) {
                Some(fraction) => value = fraction,
                None => overflows.push(row),
            }
        }
        numerators.push(value.0);
        denominators.push(value.1);
    }
}

/// A fraction in 64 bits, if it fits. What was divided by 0 is missing.
fn fit((numerator, denominator): Wide) -> Option<Fraction> {
    match (i64::try_from(numerator), i64::try_from(denominator)) {
        (_, Ok(0)) => Some((0, 0)),
        (Ok(numerator), Ok(denominator)) => Some((numerator, denominator)),
        _ => reduce((numerator, denominator)),
    }
}

/// The same fraction in lowest terms, if it fits.
fn reduce((numerator, denominator): Wide) -> Option<Fraction> {
    let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
    let divisor = i128::try_from(divisor).ok().filter(|divisor| *divisor != 0)?;
    Some((i64::try_from(numerator / divisor).ok()?, i64::try_from(denominator / divisor).ok()?))
}

/// Euclid's; in 64 bits as soon as both fit, since 128-bit division is slow.
fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(mut a), Ok(mut b)) = (u64::try_from(a), u64::try_from(b)) {
            while b != 0 {
                (a, b) = (b, a % b);
            }
            return u128::from(a);
        }
        (a, b) = (b, a % b);
    }
    a
}
