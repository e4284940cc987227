//! Kleene's logic over bytes; see [`crate::column::FALSE`].

use crate::column::{Column, TRUE, truth};

pub(crate) fn not(value: &Column) -> Column {
    Column::Bool(value.bools().iter().map(|value| TRUE - value).collect())
}

pub(crate) fn and<'c>(parts: impl Iterator<Item = &'c Column>) -> Column {
    fold(parts, u8::min)
}

pub(crate) fn or<'c>(parts: impl Iterator<Item = &'c Column>) -> Column {
    fold(parts, u8::max)
}

fn fold<'c>(mut parts: impl Iterator<Item = &'c Column>, combine: impl Fn(u8, u8) -> u8) -> Column {
    let mut result = parts.next().map(|part| part.bools().to_vec()).unwrap_or_default();
    for part in parts {
        for (so_far, value) in result.iter_mut().zip(part.bools()) {
            *so_far = combine(*so_far, *value);
        }
    }
    Column::Bool(result)
}

pub(crate) fn is_missing(value: &Column) -> Column {
    Column::Bool((0..value.len()).map(|row| truth(!value.is_known(row))).collect())
}

pub(crate) fn or_else(first: &Column, second: &Column) -> Column {
    let mut result = first.clone();
    for row in 0..first.len() {
        if !first.is_known(row) {
            result.set(row, second, row);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{FALSE, UNKNOWN};

    #[test]
    fn follows_kleene() {
        let a = Column::Bool(vec![FALSE, FALSE, FALSE, UNKNOWN, UNKNOWN, UNKNOWN, TRUE, TRUE, TRUE]);
        let b = Column::Bool(vec![FALSE, UNKNOWN, TRUE, FALSE, UNKNOWN, TRUE, FALSE, UNKNOWN, TRUE]);
        let both = [FALSE, FALSE, FALSE, FALSE, UNKNOWN, UNKNOWN, FALSE, UNKNOWN, TRUE];
        let either = [FALSE, UNKNOWN, TRUE, UNKNOWN, UNKNOWN, TRUE, TRUE, TRUE, TRUE];
        assert_eq!(and([&a, &b].into_iter()).bools(), both);
        assert_eq!(or([&a, &b].into_iter()).bools(), either);
        assert_eq!(not(&Column::Bool(vec![FALSE, UNKNOWN, TRUE])).bools(), [TRUE, UNKNOWN, FALSE]);
        assert_eq!(is_missing(&Column::Bool(vec![FALSE, UNKNOWN, TRUE])).bools(), [FALSE, TRUE, FALSE]);
        assert_eq!(
            or_else(&Column::Bool(vec![UNKNOWN, TRUE]), &Column::Bool(vec![FALSE; 2])).bools(),
            [FALSE, TRUE]
        );
    }
}
