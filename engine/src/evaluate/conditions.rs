//! From truth values to the customers of a condition.

use crate::answers::Tristate;
use crate::column::{TRUE, UNKNOWN};
use fixedbitset::FixedBitSet;

/// How many rows one block of a bit set holds.
const BLOCK: usize = usize::BITS as usize;

/// The lowest bit of each of eight bytes.
const LOWEST: u64 = u64::from_le_bytes([1; 8]);

/// Multiplied by this, the lowest bits of eight bytes meet in the highest byte, in their order.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// A condition that is false for so many customers.
pub(crate) fn nobody(customers: usize) -> Tristate {
    let none = FixedBitSet::with_capacity(customers);
    Tristate { yes: none.clone(), unknown: none }
}

/// Takes over truth values as those of the customers from `start` on, for whom nothing was said yet.
pub(crate) fn pack(truths: &[u8], start: usize, into: &mut Tristate) {
    let (blocks, rest) = truths.as_chunks::<BLOCK>();
    for (first, truths) in (start..).step_by(BLOCK).zip(blocks) {
        let (yes, unknown) = pack_block(truths);
        put(&mut into.yes, first, yes);
        put(&mut into.unknown, first, unknown);
    }
    for (customer, truth) in (start + blocks.len() * BLOCK..).zip(rest) {
        match *truth {
            TRUE => into.yes.insert(customer),
            UNKNOWN => into.unknown.insert(customer),
            _ => {}
        }
    }
}

/// Which are true, and which unknown.
fn pack_block(truths: &[u8; BLOCK]) -> (usize, usize) {
    const { assert!(UNKNOWN == 1 && TRUE == 2) };
    let (eights, _) = truths.as_chunks();
    let eights = eights.iter().map(|eight| u64::from_le_bytes(*eight));
    let any = eights.clone().fold(0, |any, eight| any | eight);
    let push = |bits: usize, eight: u64| bits >> 8 | gather(eight) << (BLOCK - 8);
    let yes = eights.clone().fold(0, |bits, eight| push(bits, eight >> 1));
    // Most conditions rest on nothing that could be missing.
    let unknown = if any & LOWEST == 0 { 0 } else { eights.fold(0, push) };
    (yes, unknown)
}

/// The lowest bits of eight bytes.
fn gather(eight: u64) -> usize {
    ((eight & LOWEST).wrapping_mul(GATHER) >> 56) as usize
}

/// Puts a block of bits where all are still unset, from the bit `first` on.
fn put(set: &mut FixedBitSet, first: usize, bits: usize) {
    let blocks = set.as_mut_slice();
    let (block, shift) = (first / BLOCK, first % BLOCK);
    if shift == 0 {
        // Not having to read first, the processor need not wait for memory.
        blocks[block] = bits;
    } else {
        blocks[block] |= bits << shift;
        blocks[block + 1] |= bits >> (BLOCK - shift);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_tile_by_tile_every_customer_keeps_its_truth(
            truths in prop::collection::vec(0_u8..3, 0..300),
            cut in 0_usize..300,
        ) {
            let mut packed = nobody(truths.len());
            let (first, second) = truths.split_at(cut.min(truths.len()));
            pack(first, 0, &mut packed);
            pack(second, first.len(), &mut packed);
            for (customer, truth) in truths.iter().enumerate() {
                prop_assert_eq!(packed.yes.contains(customer), *truth == TRUE);
                prop_assert_eq!(packed.unknown.contains(customer), *truth == UNKNOWN);
            }
            prop_assert_eq!((packed.yes.len(), packed.unknown.len()), (truths.len(), truths.len()));
        }
    }
}
