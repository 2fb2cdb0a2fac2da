//! Lengths of time in words: `15min`, `1h`, `2d`, `1mo`.

use datafusion::arrow::datatypes::IntervalMonthDayNano;
use datafusion::scalar::ScalarValue;

/// A Monday, where spans of whole weeks begin: 1970-01-05.
const MONDAY_NS: i64 = 4 * 86_400 * 1_000_000_000;

/// A length of time, and a moment at which such spans begin.
pub(crate) struct Span {
    pub(crate) interval: ScalarValue,
    pub(crate) origin_ns: i64,
}

/// What `every` stands for.
///
/// # Errors
/// What is wrong with it, for people.
pub(crate) fn span(every: &str) -> Result<Span, String> {
    let at = every.find(|char: char| !char.is_ascii_digit()).unwrap_or(every.len());
    let (number, unit) = every.split_at(at);
    let bad = || {
        format!(
            "`{every}` is no length of time; write a number and one of ns, us, ms, s, min, h, d, w, mo, q, y, such as 15min"
        )
    };
    let n: i64 = if number.is_empty() { 1 } else { number.parse().map_err(|_| bad())? };
    let (months, ns) = match unit {
        "ns" => (0, 1),
        "us" => (0, 1_000),
        "ms" => (0, 1_000_000),
        "s" => (0, 1_000_000_000),
        "min" | "m" | "t" | "T" => (0, 60_000_000_000),
        "h" | "H" => (0, 3_600_000_000_000),
        "d" | "D" => (0, 86_400_000_000_000),
        "w" | "W" => (0, 7 * 86_400_000_000_000),
        "mo" | "M" | "MS" => (1, 0),
        "q" | "Q" | "QS" => (3, 0),
        "y" | "Y" | "YS" => (12, 0),
        _ => return Err(bad()),
    };
    let (months, ns) = match (i32::try_from(n).ok().and_then(|n| n.checked_mul(months)), n.checked_mul(ns)) {
        (Some(months), Some(ns)) if n > 0 => (months, ns),
        _ => return Err(bad()),
    };
    let interval = ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, 0, ns)));
    let origin_ns = if matches!(unit, "w" | "W") { MONDAY_NS } else { 0 };
    Ok(Span { interval, origin_ns })
}
