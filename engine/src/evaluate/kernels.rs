//! Loops over slices that fill a destination in place. Plain loops over equally long slices: the compiler turns them into
//! vector instructions where the machine has them.

use crate::column::UNKNOWN;

/// Fills `out` with what `compute` makes of each value.
pub(super) fn map<A: Copy, T: Copy + Default>(values: &[A], out: &mut Vec<T>, compute: impl Fn(A) -> T) {
    out.resize(values.len(), T::default());
    for (out, value) in out.iter_mut().zip(values) {
        *out = compute(*value);
    }
}

/// Fills `out` with what `compute` makes of each pair of values.
pub(super) fn zip<A: Copy, B: Copy, T: Copy + Default>(
    a: &[A],
    b: &[B],
    out: &mut Vec<T>,
    compute: impl Fn(A, B) -> T,
) {
    out.resize(a.len(), T::default());
    for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
        *out = compute(*a, *b);
    }
}

/// Changes each value of `out` by what stands beside it.
pub(super) fn change<A: Copy, T: Copy>(out: &mut [T], beside: &[A], compute: impl Fn(T, A) -> T) {
    for (out, beside) in out.iter_mut().zip(beside) {
        *out = compute(*out, *beside);
    }
}

/// Fills `out` with the same integers, and says whether all of them fit.
pub(super) fn narrow(values: &[i64], out: &mut Vec<i32>) -> bool {
    let mut lost = 0;
    out.resize(values.len(), 0);
    for (out, value) in out.iter_mut().zip(values) {
        *out = *value as i32;
        lost |= i64::from(*out) ^ value;
    }
    lost == 0
}

/// Makes truth values unknown where an operand is not known. Without a branch, sixteen rows at a time.
pub(super) fn forget_unknown(truths: &mut [u8], known: &[bool]) {
    change(truths, known, |truth, known| {
        let known = u8::from(known);
        (truth & known.wrapping_neg()) + (UNKNOWN - known)
    });
}
