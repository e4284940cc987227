//! Exact fractions, as small as a reference needs them.

use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg, Sub};

/// A fraction in lowest terms. What does not fit in 128 bits stops the test, since an engine would have refused it long
/// before: its numbers have 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    numerator: i128,
    denominator: i128,
}

impl Rational {
    /// Zero.
    pub const ZERO: Rational = Rational { numerator: 0, denominator: 1 };

    /// `numerator` over `denominator`, which is not 0.
    ///
    /// # Panics
    /// If the denominator is 0.
    pub fn new(numerator: i128, denominator: i128) -> Rational {
        assert!(denominator != 0, "a fraction over 0");
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let sign = denominator.signum();
        let divisor = i128::try_from(divisor).expect("a divisor of two i128") * sign;
        Rational { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    /// A whole number.
    pub fn whole(number: impl Into<i128>) -> Rational {
        Rational { numerator: number.into(), denominator: 1 }
    }

    /// `digits` × 10^-`scale`.
    pub fn decimal(digits: i128, scale: u32) -> Rational {
        Rational::new(digits, 10_i128.pow(scale))
    }

    /// Over, in lowest terms.
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// Under, in lowest terms; positive.
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// Divided by; nothing if that is 0.
    pub fn divided_by(self, other: Rational) -> Option<Rational> {
        (other.numerator != 0).then(|| {
            Rational::new(times(self.numerator, other.denominator), times(self.denominator, other.numerator))
        })
    }

    /// The nearest multiple of 10^-`scale`; of two equally near the one with the even last digit.
    #[must_use]
    pub fn rounded_half_even(self, scale: u32) -> Rational {
        let unit = 10_i128.pow(scale);
        let scaled = times(self.numerator, unit);
        let (floor, rest) = (scaled.div_euclid(self.denominator), scaled.rem_euclid(self.denominator));
        let up = match times(rest, 2).cmp(&self.denominator) {
            Ordering::Less => false,
            Ordering::Equal => floor % 2 != 0,
            Ordering::Greater => true,
        };
        Rational::new(floor + i128::from(up), unit)
    }
}

fn times(left: i128, right: i128) -> i128 {
    left.checked_mul(right).expect("a number of the reference outgrew 128 bits")
}

fn greatest_common_divisor(left: u128, right: u128) -> u128 {
    if right == 0 { left } else { greatest_common_divisor(right, left % right) }
}

impl Add for Rational {
    type Output = Rational;

    fn add(self, other: Rational) -> Rational {
        Rational::new(
            times(self.numerator, other.denominator) + times(other.numerator, self.denominator),
            times(self.denominator, other.denominator),
        )
    }
}

impl Neg for Rational {
    type Output = Rational;

    fn neg(self) -> Rational {
        Rational { numerator: -self.numerator, denominator: self.denominator }
    }
}

impl Sub for Rational {
    type Output = Rational;

    fn sub(self, other: Rational) -> Rational {
        self + -other
    }
}

impl Mul for Rational {
    type Output = Rational;

    fn mul(self, other: Rational) -> Rational {
        Rational::new(times(self.numerator, other.numerator), times(self.denominator, other.denominator))
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Rational) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Rational) -> Ordering {
        times(self.numerator, other.denominator).cmp(&times(other.numerator, self.denominator))
    }
}

impl std::fmt::Debug for Rational {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_to_the_even_digit() {
        let cases = [((1, 2), 0), ((3, 2), 2), ((-1, 2), 0), ((-3, 2), -2), ((-5, 2), -2), ((51, 100), 1)];
        for ((over, under), rounded) in cases {
            assert_eq!(Rational::new(over, under).rounded_half_even(0), Rational::whole(rounded));
        }
    }

    #[test]
    fn fractions_are_in_lowest_terms() {
        assert_eq!(Rational::new(6, -4), Rational::new(-3, 2));
        assert_eq!(Rational::new(1, 6) + Rational::new(1, 3), Rational::new(1, 2));
        assert_eq!(Rational::whole(1).divided_by(Rational::ZERO), None);
    }
}
