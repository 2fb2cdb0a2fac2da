//! What this machine offers: cores and memory, as far as this process may use them.

use std::fs;

/// Memory assumed where the system does not say, in bytes.
const MEMORY_NBYTES_UNKNOWN: u64 = 4 << 30;

/// Share of the usable memory that results may fill unless told otherwise, in percent.
const RESULTS_PERCENT: u64 = 60;

/// Cores that this process may use (affinity and cgroup quota counted), at least one.
#[must_use]
pub fn n_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Memory that this process may use, in bytes: the machine's, or its cgroup's limit if that is less.
#[must_use]
pub fn memory_nbytes() -> u64 {
    let machine =
        fs::read_to_string("/proc/meminfo").ok().and_then(|text| meminfo_nbytes(&text, "MemTotal:"));
    let cgroup =
        fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    match (machine, cgroup) {
        (Some(machine), Some(cgroup)) => std::cmp::min(machine, cgroup),
        (Some(nbytes), None) | (None, Some(nbytes)) => nbytes,
        (None, None) => MEMORY_NBYTES_UNKNOWN,
    }
}

/// Memory for results that a process has unless told otherwise, in bytes: most of what it may use, and not all, as guests
/// and calls take some too.
#[must_use]
pub fn results_nbytes() -> u64 {
    memory_nbytes() / 100 * RESULTS_PERCENT
}

/// Memory that this process holds now, in bytes; `None` where the system does not say.
#[must_use]
pub fn resident_nbytes() -> Option<u64> {
    meminfo_nbytes(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// A line such as `MemTotal:   24655572 kB`, in bytes.
fn meminfo_nbytes(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meminfo_lines_are_kibibytes() {
        let text = "MemTotal:       24655572 kB\nMemFree:        100 kB\n";
        assert_eq!(meminfo_nbytes(text, "MemTotal:"), Some(24_655_572 * 1024));
        assert_eq!(meminfo_nbytes(text, "Nothing:"), None);
        assert!(n_cores() >= 1 && memory_nbytes() > 0);
    }
}
