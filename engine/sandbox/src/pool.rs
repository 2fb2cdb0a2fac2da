//! Warm instances, each for one tenant.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gristmill_storage::Grants;
use parking_lot::Mutex;

use crate::context::{CallContext, Limits};
use crate::instance::Sandbox;

/// Lists that the instances are spread over, so that threads rarely meet.
const SHARDS: usize = 16;
/// Warm instances in one list; the one unused longest goes.
const WARM_MAX: usize = 4;

/// Who an instance belongs to: what one tenant, or one set of grants, left in its memory is never seen by another.
#[derive(Clone, PartialEq)]
pub(crate) struct Owner {
    tenant: u32,
    grants: Option<Arc<Grants>>,
}

impl Owner {
    /// Grants count only for a plugin that can use them.
    pub(crate) fn of(ctx: &CallContext, reads_files: bool) -> Self {
        Self { tenant: ctx.tenant, grants: ctx.grants.clone().filter(|_| reads_files) }
    }
}

/// The warm instances of one plugin.
pub(crate) struct Pool {
    shards: [Mutex<Vec<(Owner, Sandbox)>>; SHARDS],
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::new(Vec::new())) }
    }

    /// The owner's instance used last by this thread or one that shares its list, if it is within `limits`.
    pub(crate) fn take(&self, owner: &Owner, limits: &Limits) -> Option<Sandbox> {
        let mut warm = self.shard()?.lock();
        let fits =
            |(its_owner, sandbox): &(Owner, Sandbox)| its_owner == owner && sandbox.store.data().fits(limits);
        let idx = warm.iter().rposition(fits)?;
        Some(warm.remove(idx).1)
    }

    /// Keeps an instance for its owner.
    pub(crate) fn put(&self, owner: Owner, sandbox: Sandbox) {
        let Some(shard) = self.shard() else { return };
        let mut warm = shard.lock();
        let oldest = if warm.len() >= WARM_MAX { Some(warm.remove(0)) } else { None };
        warm.push((owner, sandbox));
        drop(warm);
        // Outside the lock: giving back its memory takes a while.
        drop(oldest);
    }

    /// Lets all instances go.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            drop(std::mem::take(&mut *shard.lock()));
        }
    }

    fn shard(&self) -> Option<&Mutex<Vec<(Owner, Sandbox)>>> {
        static N_THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static SHARD: usize = N_THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS);
        self.shards.get(SHARD.with(|shard| *shard))
    }
}
