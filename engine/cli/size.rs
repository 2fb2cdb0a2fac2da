//! Byte sizes as people write them: `512MiB`, `2 GB`, `1000000`.

/// Parses a size in bytes; units are powers of 1000 (`kB`, `MB`) or of 1024 (`KiB`, `MiB`).
pub(crate) fn parse_nbytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is not a size; write 512MiB or 2GB"))?;
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        other => {
            return Err(format!(
                "`{other}` is no unit of size; there are kB, MB, GB, TB, KiB, MiB, GiB, TiB"
            ));
        }
    };
    let nbytes = number * factor;
    if !nbytes.is_finite() || nbytes < 0.0 || nbytes > u64::MAX as f64 {
        return Err(format!("`{text}` is out of range"));
    }
    Ok(nbytes as u64)
}

/// A size for people: `12.3 MiB`.
pub(crate) fn format_nbytes(nbytes: u64) -> String {
    let mut value = nbytes as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" { format!("{nbytes} B") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_with_and_without_units() {
        assert_eq!(parse_nbytes("1000"), Ok(1000));
        assert_eq!(parse_nbytes("1.5 GiB"), Ok(3 << 29));
        assert_eq!(parse_nbytes("2GB"), Ok(2_000_000_000));
        assert!(parse_nbytes("2 parsecs").is_err());
        assert!(parse_nbytes("much").is_err());
        assert_eq!(format_nbytes(1023), "1023 B");
        assert_eq!(format_nbytes(3 << 19), "1.5 MiB");
    }
}
