//! Groups of elements reduced, against NumPy.

use gristmill_kernels::{Reduction, ReductionKind};

use crate::array::Rest;
use crate::array::testing::{check, refused, sample};

#[test]
fn groups_are_what_numpy_reduces() {
    check(include_str!("tests.json"), 1e-14, &[[12, 10], [5, 3], [1, 1], [4, -1]], |chunks| {
        let x = sample(&[12, 10], chunks);
        let of = Reduction::of;
        let squares = x.square();
        vec![
            ("mean", x.coarsen(of(ReductionKind::Mean), &[(0, 3)], Rest::Refused)),
            ("sum of squares", squares.coarsen(of(ReductionKind::Sum), &[(0, 2), (-1, 2)], Rest::Refused)),
            ("trimmed", x.coarsen(of(ReductionKind::Max), &[(1, 3), (0, 5)], Rest::Trimmed)),
            ("one by one", x.coarsen(of(ReductionKind::Mean), &[(0, 1)], Rest::Refused)),
            ("longer than all", x.coarsen(of(ReductionKind::Mean), &[(0, 13)], Rest::Trimmed)),
            ("whole", x.coarsen(of(ReductionKind::Min), &[(0, 12)], Rest::Refused)),
        ]
    });
}

#[test]
fn groups_that_do_not_fit_are_refused() {
    let x = sample(&[12, 10], 4);
    let coarsen = |groups: &[(i64, u64)]| x.coarsen(Reduction::of(ReductionKind::Sum), groups, Rest::Refused);
    refused(&coarsen(&[(0, 5)]), "axis 0 of 12 elements is no multiple of 5");
    refused(&coarsen(&[(0, 0)]), "1 or more");
    refused(&coarsen(&[(0, 2), (-2, 2)]), "one size");
    refused(&coarsen(&[(2, 2)]), "no axis 2");
}
