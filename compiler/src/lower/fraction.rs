//! Exact constants while they are folded.

use rulec_grammar::tree::Number;
use std::cmp::Ordering;

/// A fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction {
    numerator: i128,
    /// Positive.
    denominator: i128,
}

impl Fraction {
    pub(super) const ZERO: Fraction = Fraction { numerator: 0, denominator: 1 };

    /// `numerator / denominator`; `None` for a denominator of 0, or beyond 128 bits.
    pub(super) fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).ok()?;
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        if denominator < 0 {
            return Some(Self {
                numerator: numerator.checked_neg()?,
                denominator: denominator.checked_neg()?,
            });
        }
        Some(Self { numerator, denominator })
    }

    pub(super) fn whole(number: impl Into<i128>) -> Self {
        Self { numerator: number.into(), denominator: 1 }
    }

    /// A number as written.
    pub(super) fn decimal(number: Number) -> Self {
        let scaled = Self::new(number.mantissa.into(), power(u32::from(number.scale)));
        scaled.unwrap_or(Self::ZERO)
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Self::new(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }

    pub(super) fn negate(self) -> Option<Self> {
        Some(Self { numerator: self.numerator.checked_neg()?, ..self })
    }

    pub(super) fn multiply(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator.checked_mul(other.numerator)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    /// `None` also where the divisor is 0.
    pub(super) fn divide(self, other: Self) -> Option<Self> {
        Self::new(
            self.numerator.checked_mul(other.denominator)?,
            self.denominator.checked_mul(other.numerator)?,
        )
    }

    /// Times 10^`scale`.
    pub(super) fn scaled(self, scale: u32) -> Option<Self> {
        self.multiply(Self::whole(power(scale)))
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Some(left.cmp(&right))
    }

    /// The integer that it is, if it is one.
    pub(super) fn integer(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    pub(super) fn floor(self) -> i128 {
        self.numerator.div_euclid(self.denominator)
    }

    pub(super) fn ceiling(self) -> i128 {
        let floor = self.floor();
        if self.integer().is_some() { floor } else { floor + 1 }
    }

    /// Numerator and denominator, if both fit in 64 bits.
    pub(super) fn parts(self) -> Option<(i64, i64)> {
        Some((i64::try_from(self.numerator).ok()?, i64::try_from(self.denominator).ok()?))
    }
}

/// 10^`exponent`, for exponents up to 38.
pub(super) fn power(exponent: u32) -> i128 {
    10_i128.saturating_pow(exponent)
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[cfg(test)]
mod tests {
    use super::Fraction;

    fn fraction(numerator: i128, denominator: i128) -> Fraction {
        Fraction::new(numerator, denominator).unwrap()
    }

    #[test]
    fn lowest_terms_with_a_positive_denominator() {
        assert_eq!(fraction(6, -4).parts(), Some((-3, 2)));
        assert_eq!(Fraction::new(1, 0), None);
    }

    #[test]
    fn floor_and_ceiling_go_down_and_up() {
        assert_eq!((fraction(-3, 2).floor(), fraction(-3, 2).ceiling()), (-2, -1));
        assert_eq!((fraction(4, 2).floor(), fraction(4, 2).ceiling()), (2, 2));
    }

    #[test]
    fn overflow_is_no_number() {
        let huge = Fraction::whole(i128::MAX);
        assert_eq!(huge.add(Fraction::whole(1)), None);
        assert_eq!(huge.multiply(huge), None);
    }
}
