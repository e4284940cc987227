//! Small tables of what was seen lately: each key has one place where it can be, which is quick to look at.

/// How many places; a power of two.
pub(super) const SLOTS: usize = 256;

/// The place of a key: Fibonacci hashing of both halves (Knuth, «The Art of Computer Programming», section 6.4).
#[inline(always)]
pub(super) fn slot_of(key: u128) -> usize {
    let halves = key as u64 ^ ((key >> 64) as u64).rotate_left(32);
    (halves.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}
