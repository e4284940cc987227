//! The hash of the data that an answer rests on.
//!
//! For each table, the cells that were read are hashed row by row, and the hashes of all rows added up: the order of rows
//! does not matter, a row that comes twice does. SHA-256 over tables, columns, row counts and sums gives the hash of the
//! answer. It is a fingerprint against accidents (another copy, a changed row), not against forgery. It must stay the same
//! between versions, so the mixing is written out here.

use crate::batch::{Batch, Cell};
use sha2::{Digest, Sha256};

/// Of one scan.
#[derive(Debug, Clone)]
pub(crate) struct ScanHash {
    description: String,
    rows: u64,
    sums: [u64; 2],
}

const SEEDS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F];

impl ScanHash {
    /// Of no rows yet. The description says what is read.
    pub(crate) fn new(description: String) -> Self {
        Self { description, rows: 0, sums: [0; 2] }
    }

    /// Takes in a batch.
    pub(crate) fn add(&mut self, batch: &Batch) {
        self.rows += batch.rows as u64;
        for row in 0..batch.rows {
            let mut state = SEEDS[0];
            for column in &batch.columns {
                state = absorb(state, column.cell(row));
            }
            for filter in &batch.filters {
                state = mix(state ^ u64::from(filter[row]));
            }
            self.sums[0] = self.sums[0].wrapping_add(mix(state));
            self.sums[1] = self.sums[1].wrapping_add(mix(state ^ SEEDS[1]));
        }
    }
}

/// Of all scans, in the order given; lower-case hex.
pub(crate) fn combine(scans: &[ScanHash]) -> String {
    let mut hash = Sha256::new();
    for scan in scans {
        hash.update((scan.description.len() as u64).to_le_bytes());
        hash.update(scan.description.as_bytes());
        hash.update(scan.rows.to_le_bytes());
        scan.sums.iter().for_each(|sum| hash.update(sum.to_le_bytes()));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn absorb(state: u64, cell: Cell<'_>) -> u64 {
    match cell {
        Cell::Null => mix(state ^ 1),
        Cell::Integer(number) => mix(mix(state ^ 2) ^ number.cast_unsigned()),
        Cell::Real(number) => mix(mix(state ^ 3) ^ number.to_bits()),
        Cell::Text(bytes) => absorb_bytes(mix(state ^ 4), bytes),
        Cell::Blob(bytes) => absorb_bytes(mix(state ^ 5), bytes),
    }
}

fn absorb_bytes(state: u64, bytes: &[u8]) -> u64 {
    let mut state = state ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state ^ u64::from_le_bytes(word));
    }
    state
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(SEEDS[0]);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(rows: &[[Cell<'_>; 2]]) -> String {
        let mut scan = ScanHash::new("customers".to_owned());
        let mut batch = Batch::new(2, 0);
        for row in rows {
            batch.columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(*cell));
            batch.rows += 1;
        }
        scan.add(&batch);
        combine(&[scan])
    }

    #[test]
    fn depends_on_rows_and_not_on_their_order() {
        let (a, b) = ([Cell::Integer(1), Cell::Text(b"x")], [Cell::Integer(2), Cell::Null]);
        assert_eq!(hash(&[a, b]), hash(&[b, a]));
        assert_ne!(hash(&[a, b]), hash(&[a]));
        assert_ne!(hash(&[a, a]), hash(&[a]));
        assert_ne!(hash(&[[a[0], b[1]], [b[0], a[1]]]), hash(&[a, b]));
        assert_ne!(
            hash(&[[Cell::Integer(1), Cell::Integer(1)]]),
            hash(&[[Cell::Integer(1), Cell::Text(b"1")]])
        );
    }

    #[test]
    fn stays_the_same_between_versions() {
        assert_eq!(
            hash(&[[Cell::Integer(1), Cell::Text("回归".as_bytes())]]),
            "24a1b7f1f7922726ca6192d4260ea77f761dba75b0be4841bf7a5bcf77fa136a"
        );
    }
}
