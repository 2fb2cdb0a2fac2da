//! Sorted arrays, against NumPy.

use gristmill_data::number::Complex64;
use gristmill_data::{Chunk, Element};
use proptest::prelude::*;

use super::*;
use crate::array::testing::{check, compute, refused};
use crate::s;

fn both<T: Element>(elements: Vec<T>, chunks: [i64; 3]) -> [Array; 2] {
    let line = Array::from_chunk(Chunk::from_vec(elements.clone(), &[84]).unwrap(), [chunks[2]]);
    [Array::from_chunk(Chunk::from_vec(elements, &[12, 7]).unwrap(), [chunks[0], chunks[1]]), line]
}

#[test]
fn orders_are_those_of_numpy() {
    let cuts = [[12, 7, 84], [5, 2, 9], [1, 1, 1], [7, -1, 40]];
    check(include_str!("tests.json"), 0.0, &cuts, |cut| {
        let mut y: Vec<f64> = (0..84).map(|n| f64::from((n * 11) % 17) / 4.0).collect();
        for at in [9, 28, 81] {
            y[at] = f64::NAN;
        }
        let x: Vec<i32> = (0..84).map(|n| (n * 37) % 23 - 7).collect();
        let z = (0..84).map(|n| Complex64::new(f64::from(n % 3), f64::from(n % 4))).collect();
        let arrays = [
            ("ints", both(x.clone(), cut)),
            ("floats", both(y.clone(), cut)),
            ("complex", both(z, cut)),
            ("equal", both(vec![0_i32; 84], cut)),
            ("down", both((0..84).map(|n| -n).collect::<Vec<i64>>(), cut)),
        ];
        let mut cases = Vec::new();
        for (name, [of, line]) in arrays {
            cases.push((format!("all {name}"), of.sort(())));
            cases.push((format!("line {name}"), line.sort(0)));
            cases.push((format!("slice {name}"), line.sort(0).slice(s![30..40])));
            cases.push((format!("columns {name}"), of.sort(0)));
            cases.push((format!("rows {name}"), of.sort(-1)));
            cases.push((format!("argsort {name}"), of.argsort(0)));
        }
        let [_, line] = both(x.clone(), cut);
        cases.push(("nothing".to_owned(), line.slice(s![0..0]).sort(0)));
        cases.push(("one number".to_owned(), Array::full(3.0, &[], 1).sort(())));
        let marks: Vec<bool> = x.iter().map(|x| x % 5 != 0).collect();
        let gaps = Chunk::from_vec(y, &[12, 7]).unwrap();
        let gaps = Chunk::try_new(gaps.dtype(), &[12, 7], gaps.data().clone(), Some(marks.into())).unwrap();
        cases.push(("gaps".to_owned(), Array::from_chunk(gaps, [cut[0], cut[1]]).sort(())));
        cases
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn chunks_of_any_lengths_are_sorted(
        lengths in prop::collection::vec(0_u64..400, 1..12),
        seed in any::<u32>(),
        n_different in prop::sample::select(vec![1_u64, 3, 50, 1 << 40]),
    ) {
        let n: u64 = lengths.iter().sum();
        let mut state = u64::from(seed);
        let elements: Vec<i64> = (0..n).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 20) % n_different) as i64
        }).collect();
        let chunk = Chunk::from_vec(elements.clone(), &[n]).unwrap();
        let sorted = Array::from_chunk(chunk, vec![lengths.clone()]).sort(0);
        prop_assert_eq!(sorted.grid().chunks(0), &lengths[..]);
        let mut expected = elements;
        expected.sort_unstable();
        let found = compute(&sorted).unwrap();
        prop_assert_eq!(found.as_slice::<i64>().unwrap(), &expected[..]);
    }
}

#[test]
fn what_cannot_be_sorted_is_refused() {
    let x = Array::arange(0, 5_000, 1, 4);
    refused(&x.sort(0), "fewer and larger chunks");
    refused(&x.sort(1), "no axis 1");
    refused(&x.sort([0, 0]), "one axis or all");
    refused(&x.compress(&x.gt(3), 0).sort(0), "with_known_shape");
    refused(&x.argsort(1), "no axis 1");
}
