//! Decimals as text, and the little arithmetic that totals need. No float is ever involved.

use std::borrow::Cow;

use bigdecimal::{BigDecimal, RoundingMode, Zero};

/// The plain decimal text of a number as a system writes it: `19.10`, `"0042.0"`, `1E+3`, `.5`.
///
/// Digits stay as they are, zeros at the end included; only an exponent is written out, a leading
/// `+` and needless zeros in front are dropped. `None` when it is no number.
#[must_use]
pub fn decimal_text(text: &str) -> Option<Cow<'_, str>> {
    if is_plain(text.as_bytes()) {
        return Some(Cow::Borrowed(text));
    }
    let text = text.trim();
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        // ABAP writes the sign of a negative number behind it.
        _ if text.ends_with('-') => ("-", &text[..text.len() - 1]),
        _ => ("", text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(digits[at + 1..].parse::<i32>().ok()?)),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    if let Some(exponent) = exponent {
        return with_exponent(sign, whole, fraction, exponent).map(Cow::Owned);
    }
    let trimmed = whole.trim_start_matches('0');
    let whole_needed = if trimmed.is_empty() { "0" } else { trimmed };
    if !whole.is_empty() {
        // Zeros in front and a point behind are all that can be too much.
        let needed = &mantissa[whole.len() - whole_needed.len()..];
        let needed = needed.strip_suffix('.').unwrap_or(needed);
        if sign.is_empty() {
            return Some(Cow::Borrowed(needed));
        }
        if text.len() == needed.len() + 1 && text.starts_with('-') {
            return Some(Cow::Borrowed(text));
        }
    }
    Some(Cow::Owned(if fraction.is_empty() {
        format!("{sign}{whole_needed}")
    } else {
        format!("{sign}{whole_needed}.{fraction}")
    }))
}

/// Digits as nearly all systems write them: no sign, at most one point between digits, no needless zero.
fn is_plain(text: &[u8]) -> bool {
    let mut points = 0;
    for byte in text {
        match byte {
            b'0'..=b'9' => {}
            b'.' if points == 0 => points = 1,
            _ => return false,
        }
    }
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let needless = text.first() == Some(&b'0') && is_digit(text.get(1));
    is_digit(text.first()) && is_digit(text.last()) && !needless
}

/// Writes out an exponent; numbers of more than 400 digits are no quantities.
fn with_exponent(sign: &str, whole: &str, fraction: &str, exponent: i32) -> Option<String> {
    let digits = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    if !(-400..=400).contains(&point) {
        return None;
    }
    let length = i32::try_from(digits.len()).ok()?;
    let (whole, fraction) = if point <= 0 {
        let zeros = usize::try_from(-point).ok()?;
        ("0".to_owned(), format!("{}{digits}", "0".repeat(zeros)))
    } else if point >= length {
        let zeros = usize::try_from(point - length).ok()?;
        (format!("{digits}{}", "0".repeat(zeros)), String::new())
    } else {
        let at = usize::try_from(point).ok()?;
        (digits[..at].to_owned(), digits[at..].to_owned())
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    })
}

/// Reads a decimal for arithmetic.
#[must_use]
pub fn parse(text: &str) -> Option<BigDecimal> {
    decimal_text(text)?.parse().ok()
}

/// A quantity in another unit: times `over`, divided by `under`; as it is when one of them is absent or zero.
#[must_use]
pub fn scaled(quantity: BigDecimal, over: Option<BigDecimal>, under: Option<BigDecimal>) -> BigDecimal {
    match (over, under) {
        (Some(over), Some(under)) if !over.is_zero() && !under.is_zero() => quantity * over / under,
        _ => quantity,
    }
}

/// Quantity × price ÷ per, rounded half up to the currency's minor unit, as ERPs round each line.
#[must_use]
pub fn line_total(
    quantity: &BigDecimal,
    price: &BigDecimal,
    per: Option<&BigDecimal>,
    currency: Option<&str>,
) -> BigDecimal {
    let gross = quantity * price;
    let exact = match per {
        Some(per) if !per.is_zero() => gross / per,
        _ => gross,
    };
    exact.with_scale_round(minor_digits(currency), RoundingMode::HalfUp)
}

/// Digits of a currency's minor unit by ISO 4217; 2 where the currency is unknown or absent.
fn minor_digits(currency: Option<&str>) -> i64 {
    match currency.unwrap_or_default() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay_as_they_are() {
        for (given, expected) in [
            ("19.10", Some("19.10")),
            ("-19.10", Some("-19.10")),
            ("2.000", Some("2.000")),
            ("0042.50", Some("42.50")),
            ("0.000", Some("0.000")),
            (".5", Some("0.5")),
            ("5.", Some("5")),
            ("+7", Some("7")),
            ("12.50-", Some("-12.50")),
            (" 3 ", Some("3")),
            (
                "12345678901234567890.1234567890",
                Some("12345678901234567890.1234567890"),
            ),
            ("1E+3", Some("1000")),
            ("1.25e2", Some("125")),
            ("1.25e1", Some("12.5")),
            ("-3e-4", Some("-0.0003")),
            ("1e999", None),
            ("12,3x", None),
            ("", None),
            ("-", None),
            (".", None),
            ("NaN", None),
        ] {
            assert_eq!(decimal_text(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn lines_are_rounded_as_money() {
        let total = |quantity: &str, price: &str, per: &str, currency| {
            let of = |text| parse(text).expect("a decimal");
            line_total(&of(quantity), &of(price), Some(&of(per)), currency).to_string()
        };
        assert_eq!(total("2.000", "12.50", "1", Some("EUR")), "25.00");
        assert_eq!(total("1", "10", "3", Some("EUR")), "3.33");
        assert_eq!(total("1", "0.005", "1", Some("EUR")), "0.01");
        assert_eq!(total("3", "100", "0", Some("JPY")), "300");
        assert_eq!(total("1", "1", "8", Some("KWD")), "0.125");
        assert_eq!(
            total("99999999999999999999", "99999999999999999999", "1", None),
            "9999999999999999999800000000000000000001.00"
        );
    }
}
