//! How folds are spread over invocations.

use super::{Plan, TURNS_MAX, UNROLL, WORKGROUP, WORKGROUPS_MAX};
use proptest::prelude::*;

#[test]
fn neighbouring_axes_are_one() {
    let plan = Plan::new(&[2, 3, 1, 5, 7], &[1, 2, 3]).unwrap();
    assert_eq!(plan.kept, [(2, 105), (7, 1)]);
    assert_eq!(plan.folded, [(15, 7)]);
    assert_eq!(plan.out_shape, [2, 1, 1, 1, 7]);
    let plan = Plan::new(&[4, 6], &[0, 1]).unwrap();
    assert_eq!((plan.kept.len(), plan.folded), (0, vec![(24, 1)]));
    assert!(Plan::new(&[4, 0], &[1]).is_err());
}

proptest! {
    /// Whatever the sizes: every element is in one split, no dispatch is too large, and no invocation takes too many turns.
    #[test]
    fn no_invocation_takes_too_many_turns(
        lengths in prop::collection::vec(1_u64..5000, 1..5),
        folded in any::<u8>(),
    ) {
        prop_assume!(lengths.iter().product::<u64>() < (1 << 32) - 4);
        let axes: Vec<u32> = (0..lengths.len() as u32).filter(|axis| folded >> axis & 1 == 1).collect();
        let plan = Plan::new(&lengths, &axes).unwrap();
        prop_assert!(plan.n_splits * plan.per_split >= plan.n_folded);
        prop_assert!((plan.n_splits - 1) * plan.per_split < plan.n_folded);
        prop_assert!(plan.n_lanes.is_power_of_two() && plan.n_lanes <= WORKGROUP);
        let [x, y, z] = plan.workgroups();
        prop_assert!(x <= WORKGROUPS_MAX && y <= WORKGROUPS_MAX && z == 1);
        let turns = plan.per_split.div_ceil(plan.n_lanes * UNROLL) * plan.n_tiles().div_ceil(x);
        prop_assert!(turns <= TURNS_MAX);
    }
}
