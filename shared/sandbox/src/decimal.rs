//! Exact decimals for money and quantities: an integer and a scale, never a float.

use std::cmp::Ordering;
use std::fmt;

/// `units / 10^scale`, for example `12.50` is `1250` at scale 2.
///
/// Twenty-digit amounts fit with room to spare: `i128` holds 38 digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decimal {
    units: i128,
    scale: u32,
}

impl Decimal {
    /// Nothing, at scale 0.
    pub(crate) const ZERO: Self = Self::new(0, 0);

    /// `units / 10^scale`.
    pub(crate) const fn new(units: i128, scale: u32) -> Self {
        Self { units, scale }
    }

    /// Reads plain decimal text (`-12.50`, no exponent); `None` when it is anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
            return None;
        }
        if whole.len() + fraction.len() > 37 {
            return None;
        }
        let units: i128 = format!("0{whole}{fraction}").parse().ok()?;
        let scale = u32::try_from(fraction.len()).ok()?;
        Some(Self::new(if negative { -units } else { units }, scale))
    }

    /// True for zero of any scale.
    pub(crate) const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// The same number without zeros at the end.
    pub(crate) fn trimmed(self) -> Self {
        let mut short = self;
        while short.scale > 0 && short.units % 10 == 0 {
            short = Self::new(short.units / 10, short.scale - 1);
        }
        short
    }

    /// The same number with at least `scale` digits after the point; digits are never dropped.
    pub(crate) fn at_least(self, scale: u32) -> Self {
        if self.scale >= scale {
            return self;
        }
        Self::new(self.units * pow10(scale - self.scale), scale)
    }

    /// Rounded half away from zero to `scale` digits after the point.
    pub(crate) fn rounded(self, scale: u32) -> Self {
        if self.scale <= scale {
            return self.at_least(scale);
        }
        let unit = pow10(self.scale - scale);
        let half = unit / 2 * self.units.signum();
        Self::new((self.units + half) / unit, scale)
    }

    /// The sum, exact.
    pub(crate) fn plus(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        Self::new(self.at_least(scale).units + other.at_least(scale).units, scale)
    }

    /// The difference, exact.
    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(Self::new(-other.units, other.scale))
    }

    /// The product, exact after dropping zeros at the end of both factors.
    pub(crate) fn times(self, other: Self) -> Self {
        let (left, right) = (self.trimmed(), other.trimmed());
        Self::new(left.units.saturating_mul(right.units), left.scale + right.scale)
    }

    /// The quotient, rounded to `scale` digits; dividing by zero gives zero.
    pub(crate) fn over(self, divisor: Self, scale: u32) -> Self {
        let divisor = divisor.trimmed();
        if divisor.is_zero() {
            return Self::ZERO;
        }
        let widened = self.trimmed().at_least(scale + 1 + divisor.scale);
        Self::new(widened.units / divisor.units, widened.scale - divisor.scale).rounded(scale)
    }

    /// The smaller of the two.
    pub(crate) fn least(self, other: Self) -> Self {
        if self <= other { self } else { other }
    }
}

const fn pow10(exponent: u32) -> i128 {
    10_i128.pow(exponent)
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        Self::new(i128::from(whole), 0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Decimal {}
impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.at_least(scale).units.cmp(&other.at_least(scale).units)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = self.units.unsigned_abs();
        if self.scale == 0 {
            return write!(out, "{sign}{digits}");
        }
        let unit = pow10(self.scale).unsigned_abs();
        let width = self.scale as usize;
        write!(out, "{sign}{}.{:0width$}", digits / unit, digits % unit)
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).expect("a decimal")
    }

    #[test]
    fn reads_and_writes_text_as_it_stands() {
        for text in ["0", "0.000", "-12.50", "12345678901234567.891", "0.05"] {
            assert_eq!(decimal(text).to_string(), text);
        }
        for text in ["", ".", "12,3", "1e5", "--1", "1.2.3"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn computes_exactly_and_rounds_half_away_from_zero() {
        let product = decimal("2.000").times(decimal("12.50"));
        assert_eq!(product, decimal("25"));
        assert_eq!(decimal("10").over(decimal("4"), 2).to_string(), "2.50");
        assert_eq!(decimal("1").over(decimal("3"), 2).to_string(), "0.33");
        assert_eq!(decimal("0.125").rounded(2).to_string(), "0.13");
        assert_eq!(decimal("-0.125").rounded(2).to_string(), "-0.13");
        assert_eq!(decimal("1.5").minus(decimal("0.50")).trimmed().to_string(), "1");
        assert!(decimal("2.0") == decimal("2.000") && decimal("9") < decimal("10"));
    }
}
