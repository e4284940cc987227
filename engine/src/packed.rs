//! Columns in few bytes: each block of rows as differences from its least value, in as many bytes as the greatest of them
//! needs (frame of reference; Goldstein, Ramakrishnan and Shaft, “Compressing Relations and Indexes”, 1998). Times of
//! whole seconds are counted in seconds.

use crate::column::{Column, UNKNOWN};
use crate::evaluate::TILE;
use crate::texts::{MISSING, Texts};
use rulec_plan::audience::{Scalar, Shape};
use rulec_plan::time::SECOND;

/// Some integers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    least: i64,
    /// What all differences are multiples of.
    unit: u64,
    /// Bytes a difference: 0, 1, 2, 4 or 8.
    width: u8,
    bytes: Box<[u8]>,
}

impl Block {
    fn pack(values: &[i64]) -> Self {
        let least = values.iter().copied().min().unwrap_or(0);
        let difference = |value: &i64| value.wrapping_sub(least).cast_unsigned();
        let unit = SECOND.cast_unsigned();
        let unit = if values.iter().all(|value| difference(value) % unit == 0) { unit } else { 1 };
        let greatest = values.iter().map(|value| difference(value) / unit).max().unwrap_or(0);
        let width = match greatest {
            0 => 0,
            1..=0xFF => 1,
            0x100..=0xFFFF => 2,
            0x1_0000..=0xFFFF_FFFF => 4,
            _ => 8,
        };
        let bytes = values
            .iter()
            .flat_map(|value| (difference(value) / unit).to_le_bytes().into_iter().take(usize::from(width)));
        Self { least, unit, width, bytes: bytes.collect() }
    }

    fn get(&self, row: usize) -> i64 {
        let width = usize::from(self.width);
        let mut word = [0; 8];
        word[..width].copy_from_slice(&self.bytes[row * width..][..width]);
        self.least.wrapping_add(u64::from_le_bytes(word).wrapping_mul(self.unit).cast_signed())
    }
}

/// The values of one node for all customers, appended tile by tile.
#[derive(Debug)]
pub(crate) struct Packed {
    shape: Shape,
    /// One for each tile. For a Ratio the numerators; for an Int, a text or a set 0 where missing.
    values: Vec<Block>,
    /// For a Ratio the denominators, for an Int whether it is known.
    others: Vec<Block>,
}

impl Packed {
    /// No rows yet.
    pub(crate) fn new(shape: Shape) -> Self {
        Self { shape, values: Vec::new(), others: Vec::new() }
    }

    /// Appends a tile; all but the last are full.
    pub(crate) fn append(&mut self, column: &Column) {
        let code = |code: &u32| if *code == MISSING { 0 } else { i64::from(*code) + 1 };
        match column {
            Column::Bool(truths) => self.push(truths.iter().map(|truth| i64::from(*truth))),
            Column::Text(codes) | Column::Set(codes) => self.push(codes.iter().map(code)),
            Column::Int { values, known } => {
                self.push(values.iter().zip(known).map(|(value, known)| if *known { *value } else { 0 }));
                let known: Vec<i64> = known.iter().map(|known| i64::from(*known)).collect();
                self.others.push(Block::pack(&known));
            }
            Column::Ratio { numerators, denominators } => {
                self.values.push(Block::pack(numerators));
                self.others.push(Block::pack(denominators));
            }
        }
    }

    fn push(&mut self, values: impl Iterator<Item = i64>) {
        self.values.push(Block::pack(&values.collect::<Vec<i64>>()));
    }

    /// The value of one row that there is.
    pub(crate) fn scalar(&self, row: usize, texts: &Texts) -> Scalar {
        let one = |blocks: &[Block]| vec![blocks[row / TILE].get(row % TILE)];
        let value = one(&self.values);
        let code = |value: i64| vec![u32::try_from(value - 1).unwrap_or(MISSING)];
        let column = match self.shape {
            Shape::Bool => Column::Bool(vec![u8::try_from(value[0]).unwrap_or(UNKNOWN)]),
            Shape::Int => Column::Int { values: value, known: vec![one(&self.others)[0] != 0] },
            Shape::Ratio => Column::Ratio { numerators: value, denominators: one(&self.others) },
            Shape::Text => Column::Text(code(value[0])),
            Shape::Set => Column::Set(code(value[0])),
        };
        column.scalar(0, texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gives_back_what_was_packed(
            values in prop::collection::vec(prop_oneof![any::<i64>(), -300..300_i64, (0..9_i64).prop_map(|s| s * SECOND)], 1..40),
        ) {
            let block = Block::pack(&values);
            for (row, value) in values.iter().enumerate() {
                prop_assert_eq!(block.get(row), *value);
            }
        }

        #[test]
        fn values_of_every_shape_come_back(rows in prop::collection::vec((any::<i64>(), any::<bool>()), 1..1_500)) {
            let texts = {
                let mut texts = Texts::default();
                (0..10).for_each(|number| _ = texts.intern(&number.to_string()));
                texts
            };
            let known = |row: &(i64, bool)| row.1;
            let code = |row: &(i64, bool)| if row.1 { row.0.rem_euclid(10) as u32 } else { MISSING };
            let columns = [
                Column::Bool(rows.iter().map(|row| row.0.rem_euclid(3) as u8).collect()),
                Column::Int { values: rows.iter().map(|row| row.0).collect(), known: rows.iter().map(known).collect() },
                Column::Text(rows.iter().map(code).collect()),
                Column::Ratio {
                    numerators: rows.iter().map(|row| row.0 / 2).collect(),
                    denominators: rows.iter().map(|row| i64::from(row.1) * 7).collect(),
                },
            ];
            for column in &columns {
                let mut packed = Packed::new(column.shape());
                let mut tile = Column::with_capacity(column.shape(), TILE);
                for start in (0..rows.len()).step_by(TILE) {
                    tile.copy_from(column, start..rows.len().min(start + TILE));
                    packed.append(&tile);
                }
                for row in 0..rows.len() {
                    prop_assert_eq!(packed.scalar(row, &texts), column.scalar(row, &texts));
                }
            }
        }
    }
}
