//! How many workers the work is worth: up at once, down only when several looks in a row agree.
//!
//! The settings and their defaults are those of Dask's adaptive deployments
//! (<https://distributed.dask.org/en/stable/adaptive.html>): a look each second, work for 5 s a thread, three looks
//! before a worker goes.

use std::time::Duration;

use crate::Backlog;

/// Settings of [`Adaptive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdaptiveConfig {
    /// Workers that are always there.
    pub n_min: u32,
    /// Workers at most.
    pub n_max: u32,
    /// Time between two looks.
    pub interval: Duration,
    /// Work that a thread should have before it is worth another one.
    pub target: Duration,
    /// Looks in a row that must agree before there are fewer workers.
    pub wait_count: u32,
    /// Share of its memory that each worker should have in use at most.
    pub memory_percent: u32,
}

impl AdaptiveConfig {
    /// Between so many workers.
    #[must_use]
    pub fn between(n_min: u32, n_max: u32) -> Self {
        Self {
            n_min,
            n_max: n_max.max(n_min),
            interval: Duration::from_secs(1),
            target: Duration::from_secs(5),
            wait_count: 3,
            memory_percent: 60,
        }
    }
}

/// Decides how many workers there should be, one look after the other.
#[derive(Debug)]
pub struct Adaptive {
    config: AdaptiveConfig,
    /// What each worker has.
    threads: u32,
    memory_limit_nbytes: u64,
    n_wanted: u32,
    /// Looks in a row that said fewer, and the most that any of them did.
    n_fewer: u32,
    most: u32,
}

impl Adaptive {
    /// For workers of so many threads with so much memory.
    #[must_use]
    pub fn new(config: AdaptiveConfig, threads: u32, memory_limit_nbytes: u64) -> Self {
        let n_wanted = config.n_min;
        Self { config, threads: threads.max(1), memory_limit_nbytes, n_wanted, n_fewer: 0, most: 0 }
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &AdaptiveConfig {
        &self.config
    }

    /// Takes a look, and says how many workers there should be.
    pub fn look(&mut self, backlog: Backlog) -> u32 {
        let needed = self.needed(backlog);
        if needed >= self.n_wanted {
            (self.n_wanted, self.n_fewer, self.most) = (needed, 0, 0);
            return needed;
        }
        self.n_fewer += 1;
        self.most = self.most.max(needed);
        if self.n_fewer >= self.config.wait_count {
            (self.n_wanted, self.n_fewer, self.most) = (self.most, 0, 0);
        }
        self.n_wanted
    }

    fn needed(&self, Backlog { n_tasks, work_ns, held_nbytes }: Backlog) -> u32 {
        let target_ns = u64::try_from(self.config.target.as_nanos()).unwrap_or(u64::MAX).max(1);
        // More threads than tasks are of no use, and some task needs at least one.
        let threads = work_ns.div_ceil(target_ns).max(u64::from(n_tasks > 0)).min(n_tasks);
        let for_work = threads.div_ceil(u64::from(self.threads));
        let each = u128::from(self.memory_limit_nbytes) * u128::from(self.config.memory_percent) / 100;
        let for_memory = u64::try_from(u128::from(held_nbytes).div_ceil(each.max(1))).unwrap_or(u64::MAX);
        let needed = u32::try_from(for_work.max(for_memory)).unwrap_or(u32::MAX);
        needed.clamp(self.config.n_min, self.config.n_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn adaptive() -> Adaptive {
        Adaptive::new(AdaptiveConfig::between(0, 8), 2, 1_000_000)
    }

    fn work(n_tasks: u64, work_ns: u64) -> Backlog {
        Backlog { n_tasks, work_ns, held_nbytes: 0 }
    }

    #[test]
    fn a_burst_brings_all_and_their_end_takes_them_away_once() {
        let mut adaptive = adaptive();
        assert_eq!(adaptive.look(work(0, 0)), 0);
        assert_eq!(adaptive.look(work(10_000, 500 * S)), 8);
        assert_eq!([0; 2].map(|_| adaptive.look(work(0, 0))), [8, 8]);
        assert_eq!(adaptive.look(work(0, 0)), 0);
    }

    #[test]
    fn as_many_threads_as_the_work_is_worth_and_no_more_than_tasks() {
        assert_eq!(adaptive().look(work(100, 25 * S)), 3);
        assert_eq!(adaptive().look(work(2, 25 * S)), 1);
        assert_eq!(adaptive().look(work(1, 1)), 1);
    }

    #[test]
    fn work_that_comes_and_goes_does_not_make_workers_come_and_go() {
        let mut adaptive = adaptive();
        let seen: Vec<u32> =
            (0..12).map(|at| adaptive.look(work(100, if at % 3 == 0 { 40 * S } else { S }))).collect();
        assert_eq!(seen, [4; 12]);
    }

    #[test]
    fn down_to_the_most_that_was_needed_meanwhile() {
        let mut adaptive = adaptive();
        assert_eq!(adaptive.look(work(100, 80 * S)), 8);
        let seen = [S, 30 * S, S].map(|work_ns| adaptive.look(work(100, work_ns)));
        assert_eq!(seen, [8, 8, 3]);
    }

    #[test]
    fn what_is_held_keeps_workers() {
        let mut adaptive = adaptive();
        let held = Backlog { held_nbytes: 2_500_000, ..Backlog::default() };
        assert_eq!([0; 6].map(|_| adaptive.look(held)), [5; 6]);
        let too_much = Backlog { held_nbytes: 99_000_000, ..Backlog::default() };
        assert_eq!(adaptive.look(too_much), 8);
    }
}
