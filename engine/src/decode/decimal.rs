//! Decimal numbers as scaled integers, exactly.

use std::fmt::Write;

/// The integer that is `number × 10^decimals`; `None` if it does not fit.
pub(crate) fn scale_integer(number: i64, decimals: u32) -> Option<i64> {
    10_i64.checked_pow(decimals)?.checked_mul(number)
}

/// The integer nearest to `number × 10^decimals`, where `number` means the shortest decimal that reads back as the same
/// floating-point number (0.1 is one tenth, not a little more); halves go to the even neighbour. `None` if it does not
/// fit, or is no number.
pub(crate) fn scale_real(number: f64, decimals: u32) -> Option<i64> {
    if !number.is_finite() {
        return None;
    }
    if let Some(whole) = whole(number) {
        return scale_integer(whole, decimals);
    }
    let mut text = String::with_capacity(32);
    // Shortest digits, as `-1.2345e-7`; writing to a string does not fail.
    write!(text, "{number:e}").ok()?;
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i64 = exponent.parse().ok()?;
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = [before, after].concat().parse().ok()?;
    let power = exponent - i64::try_from(after.len()).ok()? + i64::from(decimals);
    let scaled = shift(digits, power)?;
    i64::try_from(if negative { -scaled } else { scaled }).ok()
}

/// The integer that a floating-point number is, if it is one that floating-point numbers hold exactly.
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    // In this range the conversion keeps every digit.
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// `digits × 10^power` for digits ≥ 0, rounded half to even.
fn shift(digits: i128, power: i64) -> Option<i128> {
    let steps = u32::try_from(power.unsigned_abs()).ok()?;
    let Some(factor) = 10_i128.checked_pow(steps) else {
        return (power < 0 || digits == 0).then_some(0);
    };
    if power >= 0 {
        return digits.checked_mul(factor);
    }
    let (quotient, rest) = (digits / factor, digits % factor);
    let up = match (rest * 2).cmp(&factor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    Some(quotient + i128::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_the_shortest_decimal_half_to_even() {
        for (number, decimals, scaled) in [
            (0.1, 2, 10),
            (19.9, 2, 1_990),
            (1.005, 2, 100),
            (1.015, 2, 102),
            (-1.005, 2, -100),
            (-0.015, 2, -2),
            (2.5, 0, 2),
            (3.5, 0, 4),
            (1e-300, 2, 0),
            (0.285, 2, 28),
            (123_456.789, 9, 123_456_789_000_000),
        ] {
            assert_eq!(scale_real(number, decimals), Some(scaled), "{number}");
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert_eq!(scale_real(f64::NAN, 2), None);
        assert_eq!(scale_real(f64::INFINITY, 2), None);
        assert_eq!(scale_real(1e17, 2), None);
        assert_eq!(scale_real(1e300, 0), None);
        assert_eq!(scale_integer(i64::MAX, 1), None);
    }
}
