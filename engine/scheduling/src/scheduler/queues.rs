//! Where runnable tasks wait in the scheduler: per tenant, for a worker, for a class of workers, or as roots.

use std::collections::BTreeMap;

use crate::{
    TenantId,
    heap::{Entry, Heap},
    scheduler::roots::RootSet,
};

/// Cost that one tenant may run ahead of another that had nothing to run, so that idling saves up no claim.
const CREDIT_NS_MAX: u64 = 1_000_000_000;

/// One tenant's runnable tasks.
#[derive(Debug, Default)]
pub(crate) struct Tenant {
    /// Work given to it so far: the tenant with the least is served first.
    pub(crate) pass_ns: u64,
    /// Valid entries in all its queues.
    pub(crate) n_queued: usize,
    /// Tasks placed on a worker that has no room for them, by worker.
    pub(crate) for_worker: Vec<Heap>,
    /// Tasks for any worker of a class, by class.
    pub(crate) for_class: Vec<Heap>,
    /// Withheld roots.
    pub(crate) roots: Vec<RootSet>,
}

impl Tenant {
    pub(crate) fn push_for_worker(&mut self, worker: u32, entry: Entry) {
        let at = worker as usize;
        if self.for_worker.len() <= at {
            self.for_worker.resize_with(at + 1, Heap::default);
        }
        self.for_worker[at].push(entry);
    }

    pub(crate) fn push_for_class(&mut self, class: u32, entry: Entry) {
        let at = class as usize;
        if self.for_class.len() <= at {
            self.for_class.resize_with(at + 1, Heap::default);
        }
        self.for_class[at].push(entry);
    }
}

/// All tenants, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Tenants {
    pub(crate) all: Vec<Tenant>,
    by_id: BTreeMap<TenantId, u32>,
}

impl Tenants {
    pub(crate) fn intern(&mut self, id: TenantId) -> u32 {
        let next = self.all.len() as u32;
        let tenant = *self.by_id.entry(id).or_insert(next);
        if tenant == next {
            self.all.push(Tenant::default());
        }
        tenant
    }

    /// Tenants with runnable tasks, the least served first, into `order`.
    pub(crate) fn in_turn(&self, order: &mut Vec<u32>) {
        order.clear();
        order.extend((0..self.all.len() as u32).filter(|&tenant| self.all[tenant as usize].n_queued > 0));
        if order.len() > 1 {
            order.sort_by_key(|&tenant| (self.all[tenant as usize].pass_ns, tenant));
        }
    }

    /// A task of this tenant enters a queue.
    pub(crate) fn entered(&mut self, tenant: u32) {
        if self.all[tenant as usize].n_queued == 0 && self.all.len() > 1 {
            let busy = self.all.iter().filter(|other| other.n_queued > 0);
            let least = busy.map(|other| other.pass_ns).min().unwrap_or_default();
            let tenant = &mut self.all[tenant as usize];
            tenant.pass_ns = tenant.pass_ns.max(least.saturating_sub(CREDIT_NS_MAX));
        }
        self.all[tenant as usize].n_queued += 1;
    }
}
