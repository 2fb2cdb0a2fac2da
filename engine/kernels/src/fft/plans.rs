//! Plans of transforms, kept for the next block: to make one takes as long as many transforms of its length, or as some when
//! that is large.

use std::sync::{Mutex, PoisonError};

use bytemuck::Pod;
use gristmill_data::Element;
use gristmill_dense::{Direction, Plan, Real};

/// How many plans are kept for each precision.
const PLANS_MAX: usize = 64;
/// How many data points they have together: a plan takes the memory of some numbers for each.
const POINTS_MAX: usize = 1 << 20;

/// Real numbers that transforms compute with.
pub(super) trait Precision: Real + Element + Pod {
    fn of(number: f64) -> Self;
    fn plans() -> &'static Plans<Self>;
}

macro_rules! precision {
    ($($real:ty),*) => {$(
        impl Precision for $real {
            fn of(number: f64) -> Self {
                number as Self
            }

            fn plans() -> &'static Plans<Self> {
                static PLANS: Plans<$real> = Plans::new();
                &PLANS
            }
        }
    )*};
}

precision!(f32, f64);

/// The plans that were used last.
pub(super) struct Plans<T> {
    /// The latest is the last.
    kept: Mutex<Vec<Kept<T>>>,
}

struct Kept<T> {
    direction: Direction,
    n: usize,
    plan: Plan<T>,
}

impl<T: Real> Plans<T> {
    const fn new() -> Self {
        Self { kept: Mutex::new(Vec::new()) }
    }

    /// The plan for `n` data points; it is made outside the lock, perhaps by several threads at once.
    pub(super) fn get(&self, direction: Direction, n: usize) -> Plan<T> {
        if let Some(plan) = self.find(direction, n) {
            return plan;
        }
        let plan = T::plan(direction, n);
        self.keep(Kept { direction, n, plan: plan.clone() });
        plan
    }

    fn find(&self, direction: Direction, n: usize) -> Option<Plan<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|kept| (kept.direction, kept.n) == (direction, n))?;
        let found = kept.remove(at);
        let plan = found.plan.clone();
        kept.push(found);
        Some(plan)
    }

    fn keep(&self, new: Kept<T>) {
        if new.n > POINTS_MAX {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| (kept.direction, kept.n) != (new.direction, new.n));
        kept.push(new);
        while kept.len() > PLANS_MAX || kept.iter().map(|kept| kept.n).sum::<usize>() > POINTS_MAX {
            kept.remove(0);
        }
    }
}

#[cfg(test)]
mod tests;
