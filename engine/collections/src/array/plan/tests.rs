//! What is optimised has the same elements, and reads less.

use gristmill_data::Chunk;
use proptest::prelude::*;

use super::{optimised, topological};
use crate::array::testing::{compute, floats};
use crate::array::{Array, Index, Op, concatenate};

/// Rows of three columns from consecutive numbers.
fn rows(start: i64, n: i64, chunks: [i64; 2]) -> Array {
    let numbers: Vec<i64> = (start * 3..(start + n) * 3).collect();
    Array::from_chunk(Chunk::from_vec(numbers, &[n as u64, 3]).unwrap(), chunks)
}

proptest! {
    /// A slice of joined arrays is the slice of the whole one.
    #[test]
    fn slices_go_into_what_is_joined(
        lengths in prop::collection::vec(1_i64..7, 2..5),
        cut in 1_i64..5,
        start in prop::option::of(-20_i64..20),
        stop in prop::option::of(-20_i64..20),
        step in prop_oneof![-4_i64..0, 1_i64..5],
        again in prop::option::of(1_u64..6),
    ) {
        let n: i64 = lengths.iter().sum();
        let mut first = 0;
        let parts: Vec<Array> = lengths.iter().map(|&length| {
            first += length;
            rows(first - length, length, [cut, 2])
        }).collect();
        let index = [Index::Slice { start, stop, step }, Index::Slice { start: None, stop: None, step: -1 }];
        let of = |array: Array| {
            let sliced = array.slice(index);
            again.map_or(sliced.clone(), |length| sliced.rechunk([length as i64, 1]))
        };
        let (joined, whole) = (of(concatenate(&parts, 0)), of(rows(0, n, [n, 3])));
        prop_assert_eq!(joined.shape(), whole.shape());
        prop_assert_eq!(floats(&compute(&joined).unwrap()), floats(&compute(&whole).unwrap()));
    }
}

#[test]
fn slices_are_taken_of_parts_and_of_axes_before_they_are_moved() {
    let whole = concatenate(&[rows(0, 4, [2, 3]), rows(4, 4, [2, 3])], 0).t();
    let part = whole.slice([Index::At(0), Index::from(5..7)]);
    let ordered = topological(&optimised(&[part], 0));
    let is_data = |array: &Array| matches!(array.op(), Op::Data(_));
    assert_eq!(ordered.iter().filter(|array| is_data(array)).count(), 1, "the first part is not needed");
    let sliced = ordered.iter().find(|array| matches!(array.op(), Op::Select { .. })).unwrap();
    assert!(sliced.inputs().iter().all(is_data), "{sliced:?}");
}
