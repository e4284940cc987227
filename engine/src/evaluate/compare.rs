//! Comparisons and membership.

use super::arithmetic::{cross, fraction};
use super::kernels::{change, forget_unknown, map, zip};
use crate::column::{Column, FALSE, UNKNOWN, differing_shapes, truth};
use crate::texts::{MISSING, Texts};
use rulec_plan::audience::Comparison;
use rustc_hash::FxHashMap;

/// Up to so many values it is quicker to compare all rows with each of them than to search for each row.
const FEW: usize = 8;

/// The least and the greatest integer of 32 bits.
const NARROW: (i64, i64) = (i32::MIN as i64, i32::MAX as i64);

/// How many answers about pairs of texts are remembered.
const REMEMBERED: usize = 65_536;

pub(super) fn compare(comparison: Comparison, a: &Column, b: &Column, out: &mut Column) {
    let rows = a.len();
    let out = out.bools_mut();
    out.resize(rows, UNKNOWN);
    match (a, b) {
        (Column::Int { values: a, known: a_known }, Column::Int { values: b, known: b_known }) => {
            let (a, b) = (&a[..rows], &b[..rows]);
            fill(comparison, out, |row| (a[row], b[row]));
            forget_unknown(out, a_known);
            forget_unknown(out, b_known);
        }
        (Column::Int { .. } | Column::Ratio { .. }, Column::Int { .. } | Column::Ratio { .. }) => {
            fill(comparison, out, |row| cross(fraction(a, row), fraction(b, row)));
            for column in [a, b] {
                forget_missing_numbers(column, out);
            }
        }
        (Column::Bool(a), Column::Bool(b)) => {
            let (a, b) = (&a[..rows], &b[..rows]);
            fill(comparison, out, |row| (a[row], b[row]));
            change(out, a, |truth, a| if a == UNKNOWN { UNKNOWN } else { truth });
            change(out, b, |truth, b| if b == UNKNOWN { UNKNOWN } else { truth });
        }
        (Column::Text(a), Column::Text(b)) => {
            let (a, b) = (&a[..rows], &b[..rows]);
            // Codes tell only whether two texts are equal, and nothing else is asked of texts.
            fill(comparison, out, |row| (a[row], b[row]));
            forget_missing_codes(out, a);
            forget_missing_codes(out, b);
        }
        _ => differing_shapes(),
    }
}

/// Compares with one integer. `narrow` are the same values in 32 bits, if there are any.
pub(super) fn compare_with(
    comparison: Comparison,
    value: &Column,
    narrow: Option<&[i32]>,
    constant: i64,
    out: &mut Column,
) {
    match value {
        Column::Int { values, known } => {
            let out = out.bools_mut();
            out.resize(values.len(), UNKNOWN);
            if let (Some(values), Ok(constant)) = (narrow, i32::try_from(constant)) {
                let values = &values[..out.len()];
                fill(comparison, out, |row| (values[row], constant));
            } else {
                let values = &values[..out.len()];
                fill(comparison, out, |row| (values[row], constant));
            }
            forget_unknown(out, known);
        }
        _ => {
            let out = out.bools_mut();
            out.resize(value.len(), UNKNOWN);
            fill(comparison, out, |row| cross(fraction(value, row), (constant, 1)));
            forget_missing_numbers(value, out);
        }
    }
}

/// One loop for each comparison, so that which one it is is not asked for each row.
fn fill<T: PartialOrd>(comparison: Comparison, out: &mut [u8], pair: impl Fn(usize) -> (T, T)) {
    fn each<T>(out: &mut [u8], pair: impl Fn(usize) -> (T, T), holds: impl Fn(T, T) -> bool) {
        for (row, out) in out.iter_mut().enumerate() {
            let (a, b) = pair(row);
            *out = truth(holds(a, b));
        }
    }
    match comparison {
        Comparison::Equal => each(out, pair, |a, b| a == b),
        Comparison::NotEqual => each(out, pair, |a, b| a != b),
        Comparison::Less => each(out, pair, |a, b| a < b),
        Comparison::LessOrEqual => each(out, pair, |a, b| a <= b),
        Comparison::Greater => each(out, pair, |a, b| a > b),
        Comparison::GreaterOrEqual => each(out, pair, |a, b| a >= b),
    }
}

fn forget_missing_numbers(column: &Column, out: &mut [u8]) {
    match column {
        Column::Int { known, .. } => forget_unknown(out, known),
        Column::Ratio { denominators, .. } => {
            change(out, denominators, |truth, below| if below == 0 { UNKNOWN } else { truth });
        }
        _ => differing_shapes(),
    }
}

fn forget_missing_codes(out: &mut [u8], codes: &[u32]) {
    change(out, codes, |truth, code| if code == MISSING { UNKNOWN } else { truth });
}

/// `narrow` are the same values in 32 bits, if there are any.
pub(super) fn within(
    value: &Column,
    narrow: Option<&[i32]>,
    low: Option<i64>,
    high: Option<i64>,
    out: &mut Column,
) {
    let (values, known) = value.as_ints();
    let out = out.bools_mut();
    let (low, last) = (low.unwrap_or(i64::MIN), high.map_or(Some(i64::MAX), |high| high.checked_sub(1)));
    match (narrow, last) {
        (_, None) => map(values, out, |_| FALSE),
        (Some(values), Some(last)) if low <= NARROW.1 && last >= NARROW.0 => {
            // Beyond these ends there are no values.
            between(values, low.max(NARROW.0) as i32, last.min(NARROW.1) as i32, out);
        }
        (_, Some(last)) => between(values, low, last, out),
    }
    forget_unknown(out, known);
}

/// Both ends included.
fn between<T: PartialOrd + Copy>(values: &[T], low: T, last: T, out: &mut Vec<u8>) {
    map(values, out, |value| truth((low <= value) & (value <= last)));
}

pub(super) fn one_of_ints(value: &Column, wanted: &[i64], out: &mut Column) {
    let (values, known) = value.as_ints();
    let out = out.bools_mut();
    one_of(values, wanted, out);
    forget_unknown(out, known);
}

/// `wanted` are codes, ascending.
pub(super) fn one_of_texts(value: &Column, wanted: &[u32], out: &mut Column) {
    let out = out.bools_mut();
    one_of(value.codes(), wanted, out);
    forget_missing_codes(out, value.codes());
}

fn one_of<T: Ord + Copy>(values: &[T], wanted: &[T], out: &mut Vec<u8>) {
    if wanted.len() > FEW {
        map(values, out, |value| truth(wanted.binary_search(&value).is_ok()));
        return;
    }
    map(values, out, |_| FALSE);
    for wanted in wanted {
        change(out, values, |so_far, value| so_far | truth(value == *wanted));
    }
}

/// Which texts contain which others, as far as it was asked lately.
pub(super) type Answers = FxHashMap<(u32, u32), u8>;

pub(super) fn contains(
    value: &Column,
    item: &Column,
    texts: &Texts,
    answers: &mut Answers,
    out: &mut Column,
) {
    let out = out.bools_mut();
    if let Column::Set(sets) = value {
        zip(sets, item.codes(), out, |set, item| match (set, item) {
            (MISSING, _) | (_, MISSING) => UNKNOWN,
            _ => truth(texts.members(set).contains(&item)),
        });
        return;
    }
    out.clear();
    out.extend(value.codes().iter().zip(item.codes()).map(|(whole, part)| {
        if *whole == MISSING || *part == MISSING {
            return UNKNOWN;
        }
        if answers.len() >= REMEMBERED {
            answers.clear();
        }
        *answers
            .entry((*whole, *part))
            .or_insert_with(|| truth(texts.text(*whole).contains(texts.text(*part))))
    }));
}
