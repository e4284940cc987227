//! Exact arithmetic: 64-bit integers and fractions of them, 128 bits in between. A row whose result does not fit is
//! reported and its value never used.

use crate::column::{Column, differing_shapes};
use std::cmp::Ordering;

/// A number as numerator and positive denominator.
type Fraction = (i64, i64);

/// Before it is brought to lowest terms. `None` is too large, `Some(None)` missing.
type Wide = Option<Option<(i128, i128)>>;

pub(crate) fn negate(value: &Column, overflows: &mut Vec<usize>) -> Column {
    match value {
        Column::Int { values, known } => {
            ints(values.iter().zip(known).map(|(value, known)| known.then(|| value.checked_neg())), overflows)
        }
        _ => ratios(value, value, overflows, |(numerator, denominator), _| {
            Some(Some((-i128::from(numerator), i128::from(denominator))))
        }),
    }
}

pub(crate) fn add(a: &Column, b: &Column, overflows: &mut Vec<usize>) -> Column {
    combine(a, b, overflows, i64::checked_add, |(a, b), (c, d)| {
        let sum = (wide(a) * wide(d)).checked_add(wide(c) * wide(b))?;
        Some(Some((sum, wide(b) * wide(d))))
    })
}

pub(crate) fn subtract(a: &Column, b: &Column, overflows: &mut Vec<usize>) -> Column {
    combine(a, b, overflows, i64::checked_sub, |(a, b), (c, d)| {
        let difference = (wide(a) * wide(d)).checked_sub(wide(c) * wide(b))?;
        Some(Some((difference, wide(b) * wide(d))))
    })
}

pub(crate) fn multiply(a: &Column, b: &Column, overflows: &mut Vec<usize>) -> Column {
    combine(a, b, overflows, i64::checked_mul, |(a, b), (c, d)| {
        Some(Some((wide(a) * wide(c), wide(b) * wide(d))))
    })
}

pub(crate) fn divide(a: &Column, b: &Column, overflows: &mut Vec<usize>) -> Column {
    ratios(a, b, overflows, |(a, b), (c, d)| {
        if c == 0 {
            return Some(None);
        }
        let (numerator, denominator) = (wide(a) * wide(d), wide(b) * wide(c));
        Some(Some(if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) }))
    })
}

/// How the numbers of two rows, both known, compare.
pub(crate) fn compare_ratios(a: &Column, row: usize, b: &Column, other: usize) -> Ordering {
    let ((a, b), (c, d)) = (fraction(a, row), fraction(b, other));
    (wide(a) * wide(d)).cmp(&(wide(c) * wide(b)))
}

fn wide(number: i64) -> i128 {
    i128::from(number)
}

fn combine(
    a: &Column,
    b: &Column,
    overflows: &mut Vec<usize>,
    whole: fn(i64, i64) -> Option<i64>,
    fractions: fn(Fraction, Fraction) -> Wide,
) -> Column {
    match (a, b) {
        (Column::Int { values: a, known: ka }, Column::Int { values: b, known: kb }) => {
            let known = ka.iter().zip(kb).map(|(a, b)| a & b);
            let pairs = a.iter().zip(b).zip(known);
            ints(pairs.map(|((a, b), known)| known.then(|| whole(*a, *b))), overflows)
        }
        _ => ratios(a, b, overflows, fractions),
    }
}

/// Gathers integers: `None` is missing, `Some(None)` too large.
fn ints(results: impl Iterator<Item = Option<Option<i64>>>, overflows: &mut Vec<usize>) -> Column {
    let (mut values, mut known) = (Vec::new(), Vec::new());
    for (row, result) in results.enumerate() {
        if result == Some(None) {
            overflows.push(row);
        }
        let value = result.flatten();
        values.push(value.unwrap_or(0));
        known.push(value.is_some());
    }
    Column::Int { values, known }
}

/// Gathers fractions.
fn ratios(
    a: &Column,
    b: &Column,
    overflows: &mut Vec<usize>,
    compute: impl Fn(Fraction, Fraction) -> Wide,
) -> Column {
    let (mut numerators, mut denominators) = (Vec::with_capacity(a.len()), Vec::with_capacity(a.len()));
    for row in 0..a.len() {
        let mut value = (0, 0);
        if a.is_known(row) && b.is_known(row) {
            match compute(fraction(a, row), fraction(b, row)).map(|result| result.map(reduce)) {
                Some(Some(Some(reduced))) => value = reduced,
                Some(None) => {}
                None | Some(Some(None)) => overflows.push(row),
            }
        }
        numerators.push(value.0);
        denominators.push(value.1);
    }
    Column::Ratio { numerators, denominators }
}

fn fraction(column: &Column, row: usize) -> Fraction {
    match column {
        Column::Int { values, .. } => (values[row], 1),
        Column::Ratio { numerators, denominators } => (numerators[row], denominators[row]),
        _ => differing_shapes(),
    }
}

/// The same fraction in lowest terms, if it fits.
fn reduce((numerator, denominator): (i128, i128)) -> Option<Fraction> {
    let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
    let divisor = i128::try_from(divisor).ok()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(numerator: i64, denominator: i64) -> Column {
        Column::Ratio { numerators: vec![numerator], denominators: vec![denominator] }
    }

    #[test]
    fn dividing_by_zero_is_missing_and_no_overflow() {
        let mut overflows = Vec::new();
        let zero = Column::ints(vec![0]);
        assert!(!divide(&Column::ints(vec![1]), &zero, &mut overflows).is_known(0));
        assert_eq!(overflows, Vec::<usize>::new());
    }

    #[test]
    fn what_does_not_fit_is_reported() {
        for compute in [add, multiply] {
            let mut overflows = Vec::new();
            let large = Column::ints(vec![1, i64::MAX]);
            compute(&large, &Column::ints(vec![2, 2]), &mut overflows);
            assert_eq!(overflows, [1]);
        }
        let mut overflows = Vec::new();
        negate(&Column::ints(vec![i64::MIN]), &mut overflows);
        add(&ratio(1, i64::MAX), &ratio(1, i64::MAX - 1), &mut overflows);
        divide(&Column::ints(vec![i64::MIN]), &Column::ints(vec![-1]), &mut overflows);
        assert_eq!(overflows, [0, 0, 0]);
    }

    proptest! {
        #[test]
        fn sums_differences_and_quotients_agree(a in -1000_i64..1000, b in 1_i64..1000, c in -1000_i64..1000, d in 1_i64..1000) {
            let mut overflows = Vec::new();
            let one = Column::ints(vec![1]);
            let x = divide(&Column::ints(vec![a]), &Column::ints(vec![b]), &mut overflows);
            let y = divide(&Column::ints(vec![c]), &Column::ints(vec![d]), &mut overflows);
            let sum = add(&x, &y, &mut overflows);
            prop_assert_eq!(subtract(&sum, &y, &mut overflows), x.clone());
            prop_assert_eq!(compare_ratios(&x, 0, &y, 0), (a * d).cmp(&(c * b)));
            if c != 0 {
                let product = multiply(&x, &y, &mut overflows);
                prop_assert_eq!(divide(&product, &y, &mut overflows), multiply(&x, &one, &mut overflows));
            }
            prop_assert!(overflows.is_empty());
        }
    }
}
