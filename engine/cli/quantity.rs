//! Sizes and durations as people write them: `512MiB`, `2 GB`, `1000000`; `30s`, `500 ms`, `1.5h`.

use std::time::Duration;

/// Units with their factors; a number alone is in the first.
type Units = [(&'static str, f64)];

const BYTES: &Units = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", KIB),
    ("MiB", KIB * KIB),
    ("GiB", KIB * KIB * KIB),
    ("TiB", KIB * KIB * KIB * KIB),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
];
const KIB: f64 = 1024.0;
const SECONDS: &Units = &[("s", 1.0), ("ms", 1e-3), ("min", 60.0), ("m", 60.0), ("h", 3600.0)];

/// Parses a size in bytes; units are powers of 1000 (`kB`, `MB`) or of 1024 (`KiB`, `MiB`).
pub(crate) fn parse_nbytes(text: &str) -> Result<u64, String> {
    let nbytes = parse(text, BYTES, "a size; write 512MiB or 2GB")?;
    if nbytes > u64::MAX as f64 { Err(out_of_range(text)) } else { Ok(nbytes as u64) }
}

/// Parses a duration above zero; a number alone is seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let seconds = parse(text, SECONDS, "a duration; write 30s or 500ms")?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        Ok(_) => Err(format!("`{text}` leaves no time at all")),
        Err(_) => Err(out_of_range(text)),
    }
}

/// A number without sign, and perhaps one of these units in letters of either case.
fn parse(text: &str, units: &Units, what: &str) -> Result<f64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is not {what}"))?;
    let unit = unit.trim();
    let known = units.iter().find(|(name, _)| unit.is_empty() || name.eq_ignore_ascii_case(unit));
    let names = || units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let (_, factor) = known.ok_or_else(|| format!("`{unit}` is none of the units {}", names()))?;
    Ok(number * factor)
}

fn out_of_range(text: &str) -> String {
    format!("`{text}` is out of range")
}

/// A size for people: `12.3 MiB`.
pub(crate) fn format_nbytes(nbytes: u64) -> String {
    let mut value = nbytes as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < KIB {
            break;
        }
        value /= KIB;
        unit = next;
    }
    if unit == "B" { format!("{nbytes} B") } else { format!("{value:.1} {unit}") }
}

/// A duration for people: `1.5 s`, `3.0 h`.
pub(crate) fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        0.0..1.0 => format!("{:.1} ms", seconds * 1e3),
        1.0..60.0 => format!("{seconds:.1} s"),
        60.0..3600.0 => format!("{:.1} min", seconds / 60.0),
        3600.0..172_800.0 => format!("{:.1} h", seconds / 3600.0),
        _ => format!("{:.1} d", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_with_and_without_units() {
        assert_eq!(parse_nbytes("1000"), Ok(1000));
        assert_eq!(parse_nbytes(" 1.5 GiB "), Ok(3 << 29));
        assert_eq!(parse_nbytes("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_nbytes("3 m"), Ok(3_000_000));
        for bad in ["", "much", "GB", "-1", "1e3", "2 parsecs", "99999999999 TB", &"9".repeat(400)] {
            assert!(parse_nbytes(bad).is_err(), "{bad}");
        }
        assert!(parse_nbytes("2 parsecs").unwrap_err().contains("units B, kB"));
        assert_eq!(format_nbytes(1023), "1023 B");
        assert_eq!(format_nbytes(3 << 19), "1.5 MiB");
    }

    #[test]
    fn durations_with_and_without_units() {
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("500 ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1.5min"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!(parse_duration("7"), Ok(Duration::from_secs(7)));
        assert_eq!(format_duration(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(format_duration(Duration::from_secs(5400)), "1.5 h");
        for bad in ["", "s", "0s", "-1s", "3 fortnights", "1e3s", "99999999999999999999999h"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
