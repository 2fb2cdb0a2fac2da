//! Memory of queries: one budget for all of a process, and fair shares within each.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::common::Result as PlanResult;
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

/// What all queries of a process may have in memory, and what they have.
#[derive(Debug)]
pub(super) struct Budget {
    limit_nbytes: u64,
    used_nbytes: AtomicU64,
}

impl Budget {
    pub(super) fn new(limit_nbytes: u64) -> Self {
        Self { limit_nbytes, used_nbytes: AtomicU64::new(0) }
    }

    pub(super) fn limit_nbytes(&self) -> u64 {
        self.limit_nbytes
    }

    pub(super) fn used_nbytes(&self) -> u64 {
        self.used_nbytes.load(Ordering::Relaxed)
    }
}

/// The memory of one query: what other queries left of the budget when it began, in fair shares between those of its operators
/// that can spill.
pub(super) struct QueryPool {
    budget: Arc<Budget>,
    shares: FairSpillPool,
}

impl QueryPool {
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        let left = budget.limit_nbytes.saturating_sub(budget.used_nbytes());
        Self { budget, shares: FairSpillPool::new(usize::try_from(left).unwrap_or(usize::MAX)) }
    }

    fn count(&self, grown: usize) {
        self.budget.used_nbytes.fetch_add(grown as u64, Ordering::Relaxed);
    }
}

impl fmt::Debug for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shares, f)
    }
}

impl fmt::Display for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.shares, f)
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.shares.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.shares.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.shares.grow(reservation, additional);
        self.count(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.shares.shrink(reservation, shrink);
        self.budget.used_nbytes.fetch_sub(shrink as u64, Ordering::Relaxed);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> PlanResult<()> {
        self.shares.try_grow(reservation, additional)?;
        self.count(additional);
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.shares.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.shares.memory_limit()
    }
}
