//! Decimal numbers, rounded exactly as the standard library rounds them, without its 10 KB of powers of ten.

/// Digits that are kept in 64 bits.
const DIGITS_MAX: u32 = 19;
/// The powers of ten by which 64 bits can be multiplied and divided in 128 bits without losing a bit that counts.
const POWERS: std::ops::RangeInclusive<i32> = -21..=18;

/// `text` as a number: up to 19 digits, then scaled by 10^-21 to 10^18; none if it is anything else.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.as_bytes() {
        [b'-', rest @ ..] => (-1.0, rest),
        [b'+', rest @ ..] => (1.0, rest),
        all => (1.0, all),
    };
    let n_mantissa = unsigned.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, exponent) = match n_mantissa.and_then(|n| unsigned.split_at_checked(n)) {
        Some((mantissa, [_, exponent @ ..])) => (mantissa, std::str::from_utf8(exponent).ok()?.parse().ok()?),
        _ => (unsigned, 0),
    };
    let (digits, n_decimals) = digits(mantissa)?;
    let power = i32::checked_sub(exponent, n_decimals)?;
    Some(sign * scaled(digits, power)?)
}

/// The digits as one number, and how many of them stand behind the point.
fn digits(mantissa: &[u8]) -> Option<(u64, i32)> {
    let (mut number, mut n_digits, mut n_significant, mut n_decimals) = (0u64, 0, 0, None);
    for byte in mantissa {
        if *byte == b'.' && n_decimals.is_none() {
            n_decimals = Some(0);
            continue;
        }
        if !byte.is_ascii_digit() || n_significant == DIGITS_MAX {
            return None;
        }
        number = number * 10 + u64::from(byte - b'0');
        n_digits += 1;
        n_significant += u32::from(number > 0);
        n_decimals = n_decimals.map(|n| n + 1);
    }
    (n_digits > 0).then_some((number, n_decimals.unwrap_or_default()))
}

/// The float nearest to `digits` * 10^`power`.
fn scaled(digits: u64, power: i32) -> Option<f64> {
    if digits == 0 {
        return Some(0.0);
    }
    if !POWERS.contains(&power) {
        return None;
    }
    let ten = 10u128.checked_pow(power.unsigned_abs())?;
    if power >= 0 {
        return Some(u128::from(digits).checked_mul(ten)? as f64);
    }
    if digits < 1 << f64::MANTISSA_DIGITS {
        // Both are exact, and a division rounds once.
        return Some(digits as f64 / ten as f64);
    }
    // The quotient has more bits than a float; its last one says whether anything was cut off.
    let shift = u128::from(digits).leading_zeros();
    let shifted = u128::from(digits) << shift;
    let quotient = (shifted / ten) | u128::from(!shifted.is_multiple_of(ten));
    Some(quotient as f64 / (1u128 << shift) as f64)
}

#[cfg(test)]
mod tests;
