//! Placement policies: ours, and two to compare with.

mod cost;
mod dask;
mod gristmill;
mod random;

use std::fmt;

use crate::{Scheduler, SchedulerConfig, SplitMix};

pub(crate) use cost::arrival;

/// Which placement policy a scheduler uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PolicyKind {
    /// Ours: withheld and co-assigned roots, a tier-aware cost model, late binding, a memory brake, stealing.
    #[default]
    Gristmill,
    /// Dask's: holders of inputs only, roots to the least busy worker, stealing by occupancy.
    Dask,
    /// Any worker, without looking.
    Random,
}

/// What becomes of roots, which may run anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RootRule {
    /// Withheld, and cut into one contiguous segment per worker.
    Segments,
    /// Withheld in one queue for all.
    Shared,
    /// Placed at once, like any task.
    Place,
}

/// A placement policy: which worker gets a runnable task.
pub(crate) trait Placement: fmt::Debug + Send + Sync {
    /// The worker for a runnable task; none leaves it to whoever has room first.
    fn choose(&self, scheduler: &Scheduler, random: &mut SplitMix, slot: u32) -> Option<u32>;

    /// What becomes of roots.
    fn roots(&self) -> RootRule;

    /// Whether tasks wait in the scheduler until their worker has room, or are sent at once.
    fn binds_late(&self) -> bool;

    /// Whether idle workers take over tasks of busy ones.
    fn steals(&self) -> bool;

    /// Tasks sent to a worker per thread, in percent, before it counts as full.
    fn saturation_percent(&self) -> u32;
}

impl PolicyKind {
    pub(crate) fn placement(self, config: &SchedulerConfig) -> Box<dyn Placement> {
        match self {
            Self::Gristmill => {
                Box::new(gristmill::Gristmill { saturation_percent: config.saturation_percent })
            }
            Self::Dask => Box::new(dask::Dask),
            Self::Random => Box::new(random::Random),
        }
    }
}
