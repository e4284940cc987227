//! Comparisons and membership.

use super::arithmetic::compare_ratios;
use crate::column::{Column, TRUE, UNKNOWN, differing_shapes, truth};
use crate::texts::{MISSING, Texts};
use rulec_plan::audience::Comparison;
use rustc_hash::FxHashMap;

pub(crate) fn compare(comparison: Comparison, a: &Column, b: &Column) -> Column {
    match (a, b) {
        (Column::Int { values: a, known: ka }, Column::Int { values: b, known: kb }) => {
            let known = ka.iter().zip(kb).map(|(a, b)| a & b);
            let pairs = a.iter().copied().zip(b.iter().copied());
            Column::Bool(match comparison {
                Comparison::Equal => truths(pairs, known, |(a, b)| a == b),
                Comparison::NotEqual => truths(pairs, known, |(a, b)| a != b),
                Comparison::Less => truths(pairs, known, |(a, b)| a < b),
                Comparison::LessOrEqual => truths(pairs, known, |(a, b)| a <= b),
                Comparison::Greater => truths(pairs, known, |(a, b)| a > b),
                Comparison::GreaterOrEqual => truths(pairs, known, |(a, b)| a >= b),
            })
        }
        (Column::Int { .. } | Column::Ratio { .. }, Column::Int { .. } | Column::Ratio { .. }) => {
            let known = (0..a.len()).map(|row| a.is_known(row) && b.is_known(row));
            Column::Bool(truths(0..a.len(), known, |row| comparison.holds(compare_ratios(a, row, b, row))))
        }
        (Column::Bool(a), Column::Bool(b)) => {
            let known = a.iter().zip(b).map(|(a, b)| *a != UNKNOWN && *b != UNKNOWN);
            Column::Bool(truths(a.iter().zip(b), known, |(a, b)| comparison.holds(a.cmp(b))))
        }
        (Column::Text(a), Column::Text(b)) => {
            let known = a.iter().zip(b).map(|(a, b)| *a != MISSING && *b != MISSING);
            // Codes tell only whether two texts are equal, and nothing else is asked of texts.
            Column::Bool(truths(a.iter().zip(b), known, |(a, b)| comparison.holds(a.cmp(b))))
        }
        _ => differing_shapes(),
    }
}

/// True or false where known; without branches, so that it can be vectorised.
fn truths<T>(
    values: impl Iterator<Item = T>,
    known: impl Iterator<Item = bool>,
    holds: impl Fn(T) -> bool,
) -> Vec<u8> {
    values.zip(known).map(|(value, known)| if known { truth(holds(value)) } else { UNKNOWN }).collect()
}

pub(crate) fn within(value: &Column, low: Option<i64>, high: Option<i64>) -> Column {
    let (values, known) = value.as_ints();
    let low = low.unwrap_or(i64::MIN);
    let known = known.iter().copied();
    Column::Bool(match high {
        Some(high) => truths(values.iter(), known, |value| low <= *value && *value < high),
        None => truths(values.iter(), known, |value| low <= *value),
    })
}

pub(crate) fn one_of_ints(value: &Column, wanted: &[i64]) -> Column {
    let (values, known) = value.as_ints();
    Column::Bool(truths(values.iter(), known.iter().copied(), |value| wanted.binary_search(value).is_ok()))
}

pub(crate) fn one_of_texts(value: &Column, wanted: &[String], texts: &mut Texts) -> Column {
    let mut wanted: Vec<u32> = wanted.iter().map(|text| texts.intern(text)).collect();
    wanted.sort_unstable();
    let codes = value.codes();
    let known = codes.iter().map(|code| *code != MISSING);
    Column::Bool(truths(codes.iter(), known, |code| wanted.binary_search(code).is_ok()))
}

pub(crate) fn contains(value: &Column, item: &Column, texts: &Texts) -> Column {
    let is_set = matches!(value, Column::Set(_));
    let mut answers: FxHashMap<(u32, u32), u8> = FxHashMap::default();
    let found = value.codes().iter().zip(item.codes()).map(|(whole, part)| {
        if *whole == MISSING || *part == MISSING {
            return UNKNOWN;
        }
        *answers.entry((*whole, *part)).or_insert_with(|| {
            truth(match is_set {
                true => texts.members(*whole).contains(part),
                false => texts.text(*whole).contains(texts.text(*part)),
            })
        })
    });
    Column::Bool(found.collect())
}

/// Whether a row filter keeps a row.
pub(crate) fn keeps(filter: Option<&Column>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.bools()[row] == TRUE)
}
