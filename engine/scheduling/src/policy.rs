//! Placement policies: ours, and two to compare with.

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
