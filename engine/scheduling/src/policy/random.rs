//! Random placement: the yardstick that a clever policy must beat.

use super::{Placement, RootRule};
use crate::{Scheduler, SplitMix};

#[derive(Debug)]
pub(super) struct Random;

impl Placement for Random {
    fn choose(&self, scheduler: &Scheduler, random: &mut SplitMix, slot: u32) -> Option<u32> {
        let eligible = scheduler.eligible(slot);
        eligible.get(random.below(eligible.len())).copied()
    }

    fn roots(&self) -> RootRule {
        RootRule::Place
    }

    fn binds_late(&self) -> bool {
        false
    }

    fn steals(&self) -> bool {
        false
    }

    fn saturation_percent(&self) -> u32 {
        100
    }
}
