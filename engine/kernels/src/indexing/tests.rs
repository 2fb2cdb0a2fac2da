//! Against NumPy, and against the same elements moved one by one.

use gristmill_data::{Chunk, Value};
use proptest::prelude::*;

use super::*;
use crate::table::check;

#[test]
fn taken_and_put_elements_are_those_of_numpy() {
    check(include_str!("tests/table.txt"), 0.0, 2_200);
}

proptest! {
    #[test]
    fn rows_are_what_single_elements_say(
        shape in [1_u64..5, 1_u64..9, 1_u64..40],
        axis in 0_usize..3,
        indices in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let n = shape.iter().product::<u64>();
        let block = Chunk::from_vec((0..n as u32).collect(), &shape).unwrap();
        let indices: Vec<i64> = indices.iter().map(|index| index.index(shape[axis] as usize) as i64).collect();
        let chunk = Chunk::from_vec(indices.clone(), &[indices.len() as u64]).unwrap();
        let taken = take(axis, &chunk, &block).unwrap();
        let mut lengths = shape;
        lengths[axis] = indices.len() as u64;
        let mut expected = Vec::new();
        for a in 0..lengths[0] {
            for b in 0..lengths[1] {
                for c in 0..lengths[2] {
                    let mut at = [a, b, c];
                    at[axis] = indices[at[axis] as usize] as u64;
                    expected.push(((at[0] * shape[1] + at[1]) * shape[2] + at[2]) as u32);
                }
            }
        }
        prop_assert_eq!(taken, Chunk::from_vec(expected, &lengths).unwrap());
    }

    #[test]
    fn what_is_put_where_it_was_taken_changes_nothing(
        mask in prop::collection::vec(any::<bool>(), 24),
        gaps in prop::collection::vec(any::<bool>(), 24),
    ) {
        let block = Chunk::from_vec((0..24_u16).collect(), &[2, 3, 4]).unwrap();
        let block = Chunk::try_new(block.dtype(), &[2, 3, 4], block.data().clone(), Some(gaps.into())).unwrap();
        let mask = Chunk::from_vec(mask, &[2, 3, 4]).unwrap();
        let taken = compress(None, &mask, &block).unwrap();
        prop_assert_eq!(put_mask(&mask, &block, &taken).unwrap(), block);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let fails = |name: &str, args: &[Value], words: &str| {
        let error = crate::call(name, args).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let block = || Value::from(Chunk::from_vec(vec![1_i8, 2, 3], &[3]).unwrap());
    let indices = |at: i64| Value::from(Chunk::from_vec(vec![at], &[1]).unwrap());
    let list = |items: &[i64]| Value::list(items.iter().copied());
    fails("take", &[0.into(), indices(3), block()], "position 3 of an axis of length 3");
    fails("take", &[1.into(), indices(0), block()], "no axis 1");
    fails("take", &[0.into(), block(), block()], "int64");
    let nothing = crate::call("put", &[list(&[i64::MAX]), list(&[2]), list(&[0]), block(), 9.into()]);
    assert_eq!(nothing.unwrap(), block());
    fails("compress", &[Value::Null, block(), block()], "booleans");
    fails("put", &[list(&[2]), list(&[1]), list(&[2]), block(), 1.into()], "within the block");
    fails("put", &[list(&[2]), list(&[i64::MAX]), list(&[3]), block(), 1.into()], "within the block");
    fails("put", &[list(&[2]), list(&[0]), list(&[i64::MAX]), block(), 1.into()], "a step is 0");
    fails("put", &[list(&[]), list(&[1]), list(&[2]), block(), 1.into()], "as many axes");
    fails("put", &[list(&[0]), list(&[1]), list(&[1]), block(), 1000.into()], "does not fit into int8");
    fails("put", &[list(&[0]), list(&[1]), list(&[1]), block(), "a".into()], "a number");
}
