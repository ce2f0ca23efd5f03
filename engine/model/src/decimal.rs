//! Exact decimals: scaling for storage, and the one rounding when a value enters a field.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

/// Most digits after the point that a field may declare.
pub const SCALE_MAX: u32 = 8;

/// Why a decimal does not fit a column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// More digits after the point than the field keeps.
    #[error("{0} has more than {1} decimal places")]
    Digits(Decimal, u32),
    /// More than 18 digits in all.
    #[error("{0} is too large")]
    Large(Decimal),
}

/// The scaled integer stored for `d` at `scale` (SQLite). Refuses what would lose digits.
pub fn to_scaled(d: Decimal, scale: u32) -> Result<i64, Unfit> {
    let n = d.normalize();
    if n.scale() > scale {
        return Err(Unfit::Digits(d, scale));
    }
    let scaled = n
        .checked_mul(Decimal::from(10u64.pow(scale)))
        .ok_or(Unfit::Large(d))?;
    let whole = scaled.to_i64().ok_or(Unfit::Large(d))?;
    if whole.unsigned_abs() >= 10u64.pow(18) {
        Err(Unfit::Large(d))
    } else {
        Ok(whole)
    }
}

/// The decimal that a scaled integer stands for.
pub fn from_scaled(whole: i64, scale: u32) -> Decimal {
    Decimal::new(whole, scale)
}

/// Rounds half up (away from zero at the half), the company default of 5 P13, to `scale` places.
pub fn round(d: Decimal, scale: u32) -> Decimal {
    let mut out = d.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
    out.rescale(scale);
    if out.is_zero() {
        Decimal::new(0, scale)
    } else {
        out
    }
}

/// `d` with exactly `scale` places when it has no more digits than that; refuses otherwise.
pub fn exact(d: Decimal, scale: u32) -> Result<Decimal, Unfit> {
    let mut n = d.normalize();
    if n.scale() > scale {
        return Err(Unfit::Digits(d, scale));
    }
    n.rescale(scale);
    to_scaled(n, scale).map(|_| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_tenths_are_a_hundred() {
        let tenth = to_scaled("0.1".parse().unwrap(), 2).unwrap();
        assert_eq!(from_scaled(tenth * 1000, 2), Decimal::from(100));
    }
    #[test]
    fn digits_are_never_lost_silently() {
        assert!(matches!(
            to_scaled("1.005".parse().unwrap(), 2),
            Err(Unfit::Digits(..))
        ));
        assert!(matches!(
            to_scaled("1e18".parse().unwrap_or(Decimal::MAX), 2),
            Err(Unfit::Large(_))
        ));
        assert_eq!(round("1.005".parse().unwrap(), 2).to_string(), "1.01");
        assert_eq!(round("-0.004".parse().unwrap(), 2).to_string(), "0.00");
    }
}
