//! How long to wait before something is tried again.

use sha2::{Digest, Sha256};
use std::time::Duration;

/// The first wait is about this long, each further one twice as long as the one before.
const FIRST: Duration = Duration::from_secs(1);
/// But none is longer.
const LONGEST: Duration = Duration::from_secs(300);

/// How long to wait after so many failures in a row (at least 1) before the next try: between half of `FIRST · 2^(n-1)`
/// and all of it, drawn by `seed`, so that what failed together is not tried again together. That is the «equal jitter»
/// of M. Brooker, «Exponential Backoff and Jitter», AWS Architecture Blog, 2015.
pub(crate) fn wait(failures: u32, seed: &str) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let drawn = Sha256::digest(format!("{failures} {seed}"));
    let drawn = u32::from_be_bytes([drawn[0], drawn[1], drawn[2], drawn[3]]);
    let half = full / 2;
    half + half.mul_f64(f64::from(drawn) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_wait_is_between_half_and_all_of_its_step(failures in 1_u32..200, seed in ".*") {
            let step = Duration::from_secs(1 << (failures - 1).min(9)).min(LONGEST);
            let wait = wait(failures, &seed);
            prop_assert!(wait >= step / 2 && wait <= step, "{wait:?} of {step:?}");
        }
    }

    #[test]
    fn what_failed_together_is_not_tried_again_together() {
        let waits: std::collections::BTreeSet<_> = (0..50).map(|key| wait(3, &key.to_string())).collect();
        assert!(waits.len() > 45, "{waits:?}");
    }
}
