//! Kleene's logic over bytes; see [`crate::column::FALSE`].

use super::kernels::{change, map, zip};
use crate::column::{Column, TRUE, UNKNOWN, differing_shapes, truth};
use crate::texts::MISSING;

pub(super) fn not(value: &Column, out: &mut Column) {
    map(value.bools(), out.bools_mut(), |value| TRUE - value);
}

pub(super) fn and<'c>(parts: impl Iterator<Item = &'c Column>, out: &mut Column) {
    fold(parts, out, u8::min);
}

pub(super) fn or<'c>(parts: impl Iterator<Item = &'c Column>, out: &mut Column) {
    fold(parts, out, u8::max);
}

/// There are two or more parts.
fn fold<'c>(mut parts: impl Iterator<Item = &'c Column>, out: &mut Column, combine: impl Fn(u8, u8) -> u8) {
    let out = out.bools_mut();
    match (parts.next(), parts.next()) {
        (Some(first), Some(second)) => zip(first.bools(), second.bools(), out, &combine),
        (Some(only), None) => map(only.bools(), out, |value| value),
        _ => differing_shapes(),
    }
    for part in parts {
        change(out, part.bools(), &combine);
    }
}

pub(super) fn is_missing(value: &Column, out: &mut Column) {
    let out = out.bools_mut();
    match value {
        Column::Bool(values) => map(values, out, |value| truth(value == UNKNOWN)),
        Column::Int { known, .. } => map(known, out, |known| truth(!known)),
        Column::Ratio { denominators, .. } => map(denominators, out, |denominator| truth(denominator == 0)),
        Column::Text(codes) | Column::Set(codes) => map(codes, out, |code| truth(code == MISSING)),
    }
}

pub(super) fn or_else(first: &Column, second: &Column, out: &mut Column) {
    match (first, second, out) {
        (Column::Bool(a), Column::Bool(b), Column::Bool(out)) => {
            zip(a, b, out, |a, b| if a == UNKNOWN { b } else { a });
        }
        (
            Column::Int { values: a, known: a_known },
            Column::Int { values: b, known: b_known },
            Column::Int { values, known },
        ) => {
            zip(a, b, values, |a, _| a);
            choose(values, b, |row| a_known[row]);
            zip(a_known, b_known, known, |a, b| a | b);
        }
        (
            Column::Ratio { numerators: a, denominators: a_below },
            Column::Ratio { numerators: b, denominators: b_below },
            Column::Ratio { numerators, denominators },
        ) => {
            zip(a, b, numerators, |a, _| a);
            choose(numerators, b, |row| a_below[row] != 0);
            zip(a_below, b_below, denominators, |a, b| if a == 0 { b } else { a });
        }
        (Column::Text(a), Column::Text(b), Column::Text(out))
        | (Column::Set(a), Column::Set(b), Column::Set(out)) => {
            zip(a, b, out, |a, b| if a == MISSING { b } else { a });
        }
        _ => differing_shapes(),
    }
}

/// Takes the second number where the first is not known.
fn choose(numbers: &mut [i64], second: &[i64], is_known: impl Fn(usize) -> bool) {
    for (row, (number, second)) in numbers.iter_mut().zip(second).enumerate() {
        if !is_known(row) {
            *number = *second;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::FALSE;
    use rulec_plan::audience::Shape;

    /// What an operation puts into a column that still holds something else.
    fn filled(compute: impl FnOnce(&mut Column)) -> Vec<u8> {
        let mut out = Column::missing(Shape::Bool, 100);
        compute(&mut out);
        out.bools().to_vec()
    }

    #[test]
    fn follows_kleene() {
        let a = Column::Bool(vec![FALSE, FALSE, FALSE, UNKNOWN, UNKNOWN, UNKNOWN, TRUE, TRUE, TRUE]);
        let b = Column::Bool(vec![FALSE, UNKNOWN, TRUE, FALSE, UNKNOWN, TRUE, FALSE, UNKNOWN, TRUE]);
        let both = [FALSE, FALSE, FALSE, FALSE, UNKNOWN, UNKNOWN, FALSE, UNKNOWN, TRUE];
        let either = [FALSE, UNKNOWN, TRUE, UNKNOWN, UNKNOWN, TRUE, TRUE, TRUE, TRUE];
        assert_eq!(filled(|out| and([&a, &b].into_iter(), out)), both);
        assert_eq!(filled(|out| and([&a, &b, &a].into_iter(), out)), both);
        assert_eq!(filled(|out| or([&a, &b].into_iter(), out)), either);
        let all = Column::Bool(vec![FALSE, UNKNOWN, TRUE]);
        assert_eq!(filled(|out| not(&all, out)), [TRUE, UNKNOWN, FALSE]);
        assert_eq!(filled(|out| is_missing(&all, out)), [FALSE, TRUE, FALSE]);
        let second = Column::Bool(vec![FALSE; 3]);
        assert_eq!(filled(|out| or_else(&all, &second, out)), [FALSE, FALSE, TRUE]);
    }
}
