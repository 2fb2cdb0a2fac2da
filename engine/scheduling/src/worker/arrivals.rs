//! How fast results come from other workers, measured while any are on their way.

use crate::Time;

/// Bytes and time of one measurement, at least: less says more about latency than about the network.
const NBYTES_MIN: u64 = 1 << 20;
const DURATION_NS_MIN: u64 = 100_000;
/// Time after which a measurement ends, though more is on its way.
const DURATION_NS_MAX: u64 = 50_000_000;
/// How much a faster and a slower measurement count against all before, one in so many.
const WEIGHT_FASTER: u64 = 4;
const WEIGHT_SLOWER: u64 = 32;
/// By which part a rate must differ from what was told, to be told: one in so many.
const NEWS: u64 = 4;

/// The time in which results are on their way, and what has come in it.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    since: Time,
    nbytes: u64,
    /// Picoseconds a byte, over all measurements; 0 before the first.
    pace_ps: u64,
    told: u64,
}

impl Arrivals {
    /// The first of them is asked for.
    pub(super) fn begin(&mut self, now: Time) {
        (self.since, self.nbytes) = (now, 0);
    }

    /// One has come, and perhaps it was the last: bytes a second, if that is news.
    pub(super) fn on_arrived(&mut self, now: Time, nbytes: u64, is_last: bool) -> Option<u64> {
        self.nbytes = self.nbytes.saturating_add(nbytes);
        let duration_ns = now.since(self.since);
        if !is_last && duration_ns < DURATION_NS_MAX {
            return None;
        }
        let nbytes = self.nbytes;
        self.begin(now);
        if nbytes < NBYTES_MIN || duration_ns < DURATION_NS_MIN {
            return None;
        }
        let measured_ps = (duration_ns.saturating_mul(1_000) / nbytes).max(1);
        // What comes slowly may have waited for others: that the scheduler counts for itself.
        self.pace_ps = match self.pace_ps {
            0 => measured_ps,
            before if measured_ps < before => before - (before - measured_ps) / WEIGHT_FASTER,
            before => before + (measured_ps - before) / WEIGHT_SLOWER,
        };
        let nbytes_per_s = 1_000_000_000_000 / self.pace_ps.max(1);
        let is_news = nbytes_per_s.abs_diff(self.told) > self.told / NEWS;
        is_news.then(|| {
            self.told = nbytes_per_s;
            nbytes_per_s
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_when_it_is_news() {
        let mut arrivals = Arrivals::default();
        arrivals.begin(Time(0));
        // Two of a megabyte in eight milliseconds each.
        assert_eq!(arrivals.on_arrived(Time(8_000_000), 1_000_000, false), None);
        assert_eq!(arrivals.on_arrived(Time(16_000_000), 1_000_000, true), Some(125_000_000));
        // The same again is none; neither is what was too small to measure.
        arrivals.begin(Time(20_000_000));
        assert_eq!(arrivals.on_arrived(Time(36_000_000), 2_000_000, true), None);
        arrivals.begin(Time(40_000_000));
        assert_eq!(arrivals.on_arrived(Time(90_000_000), 1_000, true), None);
        // A hundred times slower is, and while more is on its way; faster is sooner.
        arrivals.begin(Time(100_000_000));
        assert_eq!(arrivals.on_arrived(Time(1_700_000_000), 2_000_000, false), Some(30_534_351));
        assert_eq!(arrivals.on_arrived(Time(1_708_000_000), 8_000_000, true), Some(40_301_454));
    }
}
