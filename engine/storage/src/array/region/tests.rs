//! Copies between layouts agree with what indices say.

use proptest::prelude::*;

use super::*;

/// An array of up to four axes, a region of it, and where that starts.
fn regions() -> impl Strategy<Value = (Vec<u64>, Vec<u64>, Vec<u64>)> {
    let axis = (1..6_u64)
        .prop_flat_map(|length| (Just(length), 0..length))
        .prop_flat_map(|(length, start)| (Just(length), Just(start), 0..=length - start));
    prop::collection::vec(axis, 0..5).prop_map(|axes| {
        let list = |of: fn(&(u64, u64, u64)) -> u64| axes.iter().map(of).collect();
        (list(|axis| axis.0), list(|axis| axis.1), list(|axis| axis.2))
    })
}

/// Every position of a shape, in C order.
fn positions(shape: &[u64]) -> Vec<Vec<u64>> {
    shape.iter().fold(vec![vec![]], |all, &length| {
        let longer = |at: Vec<u64>| (0..length).map(move |next| [at.as_slice(), &[next]].concat());
        all.into_iter().flat_map(longer).collect()
    })
}

fn offset(at: &[u64], strides: &[u64]) -> u64 {
    at.iter().zip(strides).map(|(at, stride)| at * stride).sum()
}

proptest! {
    #[test]
    fn a_region_is_copied_from_either_order((array, start, shape) in regions(), fortran: bool, span_max in 0..40_u64) {
        let itemsize = 2;
        let strides = if fortran { f_strides(array.iter(), itemsize) } else { c_strides(&array, itemsize) };
        let n_elements = array.iter().product::<u64>();
        let source: Vec<u8> = (0..n_elements).flat_map(|i| (i as u16).to_le_bytes()).collect();
        let expect: Vec<u8> = positions(&shape)
            .iter()
            .flat_map(|at| {
                let at: Vec<u64> = at.iter().zip(&start).map(|(at, start)| at + start).collect();
                let byte = offset(&at, &strides) as usize;
                source[byte..byte + 2].to_vec()
            })
            .collect();
        let origin = vec![0; shape.len()];
        let from = Layout { strides, start: &start };
        let to = Layout::c_order(&shape, itemsize, &origin);
        let (mut whole, mut pieces) = (vec![0; expect.len()], vec![0; expect.len()]);
        if let Some(plan) = Plan::new(&shape, itemsize, &from, &to) {
            plan.copy(&source, &mut whole).unwrap();
            plan.pieces(span_max, &mut |span, piece| {
                assert!(piece.only_run().is_some() || span.end - span.start <= span_max);
                piece.copy(&source[span.start as usize..span.end as usize], &mut pieces).ok_or(())
            }).unwrap();
        }
        prop_assert_eq!(&whole, &expect);
        prop_assert_eq!(&pieces, &expect);
    }

    #[test]
    fn overlaps_cover_a_region_once((array, start, shape) in regions(), chunk in 1..4_u64) {
        let chunks = vec![chunk; array.len()];
        let mut seen = Vec::new();
        for overlap in overlaps(&start, &shape, &chunks) {
            for at in positions(&overlap.shape) {
                let sum = |a: &[u64], b: &[u64]| -> Vec<u64> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
                let origin: Vec<u64> = overlap.block.iter().map(|block| block * chunk).collect();
                let in_array = sum(&sum(&origin, &overlap.in_chunk), &at);
                let in_region = sum(&overlap.in_region, &at);
                prop_assert_eq!(&in_array, &sum(&start, &in_region));
                prop_assert!(overlap.in_chunk.iter().zip(&at).all(|(from, at)| from + at < chunk));
                seen.push(in_region);
            }
        }
        seen.sort();
        prop_assert_eq!(seen, positions(&shape));
    }
}

#[test]
fn whole_rows_are_one_run() {
    let (shape, start, origin) = ([3, 4], [2, 0], [0, 0]);
    let from = Layout::c_order(&[9, 4], 8, &start);
    let plan = Plan::new(&shape, 8, &from, &Layout::c_order(&shape, 8, &origin)).unwrap();
    let mut spans = Vec::new();
    let visit = &mut |span: std::ops::Range<u64>, _: Piece<'_>| {
        spans.push((span.start, span.end));
        Ok::<_, ()>(())
    };
    plan.pieces(0, visit).unwrap();
    assert_eq!(spans, [(64, 160)]);
}

#[test]
fn shapes_that_cannot_be_counted_do_not_panic() {
    let huge = [u64::MAX, u64::MAX];
    assert_eq!(nbytes(DType::Int8, &huge), None);
    let from = Layout::c_order(&huge, 8, &huge);
    let plan = Plan::new(&[2, 2], 8, &from, &Layout::c_order(&[2, 2], 8, &[0, 0])).unwrap();
    assert_eq!(plan.copy(&[0; 64], &mut [0; 32]), None);
}

#[test]
fn parts_of_complex_numbers_are_swapped_apart() {
    let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
    swap_bytes(DType::Complex64, &mut bytes);
    assert_eq!(bytes, [4, 3, 2, 1, 8, 7, 6, 5]);
    swap_bytes(DType::Float64, &mut bytes);
    assert_eq!(bytes, [5, 6, 7, 8, 1, 2, 3, 4]);
    swap_bytes(DType::Int8, &mut bytes);
    assert_eq!(bytes, [5, 6, 7, 8, 1, 2, 3, 4]);
}

#[test]
fn pieces_are_whole_along_fast_axes() {
    let check = |shape: &[u64], expect: &[u64]| {
        assert_eq!(piece_shape(shape, &c_strides(shape, 8), 1000), expect, "{shape:?}");
    };
    check(&[], &[]);
    check(&[3, 4], &[3, 4]);
    check(&[500, 10], &[12, 10]);
    check(&[7, 500, 10], &[1, 12, 10]);
    check(&[0, 3], &[1, 3]);
}
