//! Tests of shapes.

use proptest::prelude::*;

use super::*;

#[test]
fn broadcasting_by_example() {
    let check = |shapes: &[&[u64]], expect: Option<&[u64]>| {
        assert_eq!(broadcast_shapes(shapes).ok().as_deref(), expect, "{shapes:?}");
    };
    check(&[], Some(&[]));
    check(&[&[], &[3]], Some(&[3]));
    check(&[&[2, 1], &[3]], Some(&[2, 3]));
    check(&[&[8, 1, 6, 1], &[7, 1, 5]], Some(&[8, 7, 6, 5]));
    check(&[&[0], &[1]], Some(&[0]));
    check(&[&[0], &[2]], None);
    check(&[&[2, 3], &[3, 2]], None);
}

#[test]
fn a_misfit_names_the_axis_and_both_lengths() {
    let error = broadcast_shapes(&[&[4, 3], &[4, 5]]).unwrap_err();
    assert!(matches!(&error, Error::NotBroadcastable { axis: 1, lengths: [3, 5], .. }), "{error:?}");
    assert!(error.to_string().contains("(4, 3)") && error.to_string().contains("(4, 5)"), "{error}");
}

#[test]
fn counting_elements() {
    assert_eq!(n_elements(&[]).unwrap(), 1);
    assert_eq!(n_elements(&[2, 0, 5]).unwrap(), 0);
    assert_eq!(n_elements(&[2, 3]).unwrap(), 6);
    assert!(matches!(n_elements(&[u64::MAX, 2]), Err(Error::ShapeOverflow { .. })));
    assert!(matches!(n_elements(&[0, u64::MAX, 2]), Err(Error::ShapeOverflow { .. })));
    assert!(matches!(n_elements(&[1; NDIM_MAX + 1]), Err(Error::TooManyAxes { .. })));
}

proptest! {
    /// Every axis of the result is the one length above 1 that the shapes have there, or 1.
    #[test]
    fn broadcasting_is_symmetric_and_associative(
        a in prop::collection::vec(0_u64..4, 0..5),
        b in prop::collection::vec(0_u64..4, 0..5),
        c in prop::collection::vec(0_u64..4, 0..5),
    ) {
        let all = broadcast_shapes(&[&a, &b, &c]).ok();
        prop_assert_eq!(&all, &broadcast_shapes(&[&c, &a, &b]).ok());
        let pair = broadcast_shapes(&[&a, &b]).and_then(|ab| broadcast_shapes(&[&ab, &c])).ok();
        prop_assert_eq!(&all, &pair);
    }
}
