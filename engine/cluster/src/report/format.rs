//! Text, numbers and times as they stand in the report.

use std::time::{SystemTime, UNIX_EPOCH};

/// Makes any string harmless in HTML text and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(char),
            // Also the marks that turn the direction of text, which could make a name read as another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escaped.push('\u{fffd}'),
            char if char.is_control() => escaped.push('\u{fffd}'),
            char => escaped.push(char),
        }
    }
    escaped
}

/// Three figures that matter and a unit: `12.3 ms`.
pub(super) fn duration(ns: u64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e3, "µs"), (1e6, "ms"), (1e9, "s")];
    let value = ns as f64;
    match value {
        0.0 => "0 s".to_owned(),
        ..1e3 => format!("{ns} ns"),
        120e9.. => format!("{} min {} s", ns / 60_000_000_000, ns / 1_000_000_000 % 60),
        _ => scaled(value, &UNITS),
    }
}

/// Bytes in powers of 1024: `3.4 MiB`.
pub(super) fn nbytes(value: u64) -> String {
    const UNITS: [(f64, &str); 4] = [
        (1024.0, "KiB"),
        (1024.0 * 1024.0, "MiB"),
        (1024.0 * 1024.0 * 1024.0, "GiB"),
        (1024.0 * 1024.0 * 1024.0 * 1024.0, "TiB"),
    ];
    if value < 1024 { format!("{value} B") } else { scaled(value as f64, &UNITS) }
}

/// Writes the value in the largest unit that it reaches after rounding.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let reached = units.iter().rev().find(|(size, _)| value >= size * 0.9995).or(units.first());
    let (size, unit) = reached.copied().unwrap_or((1.0, ""));
    let number = value / size;
    let n_decimals = match number {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{number:.n_decimals$} {unit}")
}

/// A whole number in groups of three: `1,048,576`.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 task`, `2 tasks`.
pub(super) fn plural(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// A share of a whole in percent; of an empty whole, nothing.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.0} %", 100.0 * part as f64 / whole as f64) }
}

/// `2013-01-31 09:05:07 UTC`; a clock set before 1970 reads as 1970.
pub(super) fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date_of_day(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// Years are counted from March, so that the leap day comes last and the months before it have a fixed rhythm of
/// 153 days in five months; 146,097 days are 400 years.
fn date_of_day(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day + 2) / 153;
    let day = day - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}
