//! Assigned elements, against NumPy.

use gristmill_data::{Chunk, DType};
use gristmill_graph::{Function, TaskRef};
use proptest::prelude::*;

use crate::array::testing::{check, compute, refused};
use crate::array::{Array, Ellipsis, NewAxis};
use crate::{Collection, s};

fn integers(elements: Vec<i64>, shape: &[u64]) -> Chunk {
    Chunk::from_vec(elements, shape).unwrap()
}

#[test]
fn assigned_elements_are_those_of_numpy() {
    check(include_str!("assign.json"), 0.0, &[[12, 5], [5, 2], [1, 1], [7, -1]], |chunks| {
        let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
        let x = Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks);
        let y: Vec<f64> = (0..120).map(|n| f64::from(n * 7 % 11) / 4.0).collect();
        let y = Array::from_chunk(Chunk::from_vec(y, &[4, 6, 5]).unwrap(), [2, chunks[0], chunks[1]]);
        let v = Array::from_chunk(integers((100..160).collect(), &[12, 5]), [4, 3]);
        let even = (Array::arange(0, 12, 1, 4) % 2).eq(0);
        let even = x.compress(&even, 0);
        let row = v.slice(s![0]);
        let one_to_four = Array::arange(1, 5, 1, 3);
        let points = [[0, 5, 11, -1], [4, 0, 2, 2]];
        vec![
            ("a number", x.assign(s![1..5, ..;2], 99)),
            ("all", x.assign(s![Ellipsis], 99)),
            ("one element", x.assign(s![7, -1], 99)),
            ("one row", x.assign(s![7], &row)),
            ("one column", x.assign(s![.., 3], v.slice(s![.., 0]))),
            ("rows for a box", x.assign(s![2..9;3, 1..4], v.slice(s![0, ..3]))),
            ("a column for a box", x.assign(s![2..9;3, 1..4], v.slice(s![..3, ..1]))),
            ("a box for a box", x.assign(s![2..9;3, 1..4], v.slice(s![..3, ..3]))),
            ("floats for integers", x.assign(s![2..4], v.slice(s![..2]) + 0.75)),
            ("backwards", x.assign(s![..;-1, 3..;-2], v.slice(s![.., ..2]))),
            ("backwards with a row", x.assign(s![9..;-4, ..;-1], &row)),
            ("far backwards", x.assign(s![3..;i64::MIN, ..;i64::MAX], 99)),
            ("leading axes", x.assign(s![2..4], v.slice(s![NewAxis, NewAxis, ..2]))),
            ("a new axis", x.assign(s![2..4, NewAxis], v.slice(s![..2, NewAxis]))),
            ("a new axis for a row", x.assign(s![NewAxis, 2..4], &row)),
            ("nothing", x.assign(s![5..5], &row)),
            ("the middle of three axes", y.assign(s![.., 2, ..;3], v.slice(s![..4, ..2]))),
            ("three axes", y.assign(s![1..;2, Ellipsis, 4], v.slice(s![..2, 1]).expand_dims(1))),
            ("itself", x.assign(s![..;2], x.slice(s![1..;2]))),
            ("a number alone", Array::full(3, &[], -1).assign(s![], 4)),
            ("twice", x.assign(s![..;3], 0).assign(s![.., 1], -1)),
            ("where", x.assign_where(&x.gt(3), 0)),
            ("where with elements", x.assign_where(&x.gt(3), &v)),
            ("where with a row", x.assign_where(&x.gt(3), &row + 0.5)),
            ("where with truth", x.gt(3).assign_where(&x.lt(0), true).astype(DType::Int8)),
            ("where of a mask", even.assign_where(&even.gt(3), 0)),
            ("rows", x.assign_take([11, 0, 5], 0, 99)),
            ("rows with rows", x.assign_take([11, 0, 5], 0, v.slice(s![..3]))),
            ("rows in order", x.assign_take([0, 5, 11], 0, v.slice(s![..3]))),
            ("rows with a row", x.assign_take([11, 0, 5], 0, &row)),
            ("rows with a column", x.assign_take([11, 0, -7], 0, v.slice(s![..3, ..1]))),
            ("rows twice", x.assign_take([1, 7, 1, 7, 1], 0, v.slice(s![..5]))),
            ("one row by place", x.assign_take(-1, 0, &row)),
            ("columns", x.assign_take([4, 0], 1, v.slice(s![.., ..2]))),
            ("one column by place", x.assign_take(4, 1, v.slice(s![.., 0]))),
            ("columns with a number", x.assign_take([4, 0], 1, -99)),
            ("columns with floats", y.assign_take([4, 0, 2], 2, v.slice(s![..6, ..3]))),
            ("middle rows", y.assign_take([5, 0], 1, v.slice(s![..4, NewAxis, ..1]))),
            ("no rows", x.assign_take([], 0, 99)),
            ("points", x.assign_vindex(&points, one_to_four)),
            ("points with a number", x.assign_vindex(&points, 99)),
            ("points of rows", y.assign_vindex(&[[3, 0, 1], [5, 5, 2]], v.slice(s![..3]))),
            ("points with a row", y.assign_vindex(&[[3, 0, 1], [5, 5, 2]], &row)),
            ("one column for points", x.assign_vindex(&[vec![8, 0, 3], vec![2]], v.slice(s![..3, 0]))),
            ("one point", y.assign_vindex(&[3, 5], &row)),
        ]
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_places_get_the_last_of_their_values(
        chunks in prop::collection::vec(0_u64..5, 1..20),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let length: u64 = chunks.iter().sum();
        prop_assume!(length > 0);
        let x = Array::from_chunk(integers((0..length as i64).collect(), &[length]), -1).rechunk(vec![chunks]);
        let places: Vec<i64> = places.iter().map(|place| place.index(length as usize) as i64).collect();
        let value = Array::arange(1000, 1000 + places.len() as i64, 1, 7);
        let mut expected: Vec<i64> = (0..length as i64).collect();
        places.iter().zip(1000..).for_each(|(&place, value)| expected[place as usize] = value);
        let assigned = compute(&x.assign_take(&places[..], 0, value)).unwrap();
        prop_assert_eq!(assigned, integers(expected, &[length]));
    }
}

#[test]
fn what_cannot_be_assigned_is_refused() {
    let x = Array::arange(0, 12, 1, 5);
    let even = (&x % 2).eq(0);
    refused(&x.assign(s![12], 0), "12 is no place");
    refused(&x.assign(s![.., 0], 0), "2 indices");
    refused(&x.assign(s![0], 0.5), "does not fit into int64");
    refused(&x.astype(DType::Int8).assign(s![0], 300), "does not fit into int8");
    refused(&x.assign(s![..5], Array::arange(0, 4, 1, -1)), "shape [4] does not broadcast to [5]");
    refused(&x.assign(s![5..5], Array::arange(0, 4, 1, -1)), "shape [4] does not broadcast to [0]");
    refused(&x.assign(s![..2], Array::full(0, &[2, 2], -1)), "shape [2, 2] does not broadcast to [2]");
    refused(&x.assign(s![..5], x.compress(&even, 0)), "with_known_shape");
    refused(&x.compress(&even, 0).assign(s![0], 0), "with_known_shape");
    refused(&x.assign_where(&x, 0), "booleans");
    refused(&x.assign_where(&even.slice(s![1..]), 0), "shape [12]");
    refused(&x.assign_where(&even, 0.5), "does not fit into int64");
    refused(&x.assign_where(&even, Array::full(0, &[2, 12], -1)), "does not broadcast to shape [12]");
    refused(&x.assign_take([12], 0, 0), "12 is no place");
    refused(&x.assign_take([0], 1, 0), "no axis 1");
    refused(&x.assign_take([0, 1, 2], 0, Array::arange(0, 2, 1, -1)), "shape [2] does not broadcast to [3]");
    refused(&x.assign_take([], 0, Array::arange(0, 2, 1, -1)), "shape [2] does not broadcast to [0]");
    refused(&x.assign_take(&x + 0, 0, 0), "must be known");
    refused(&x.assign_take(Array::from_chunk(integers(vec![0, 1], &[1, 2]), -1), 0, 0), "a number or a list");
    refused(&x.assign_vindex(&[[0], [0]], 0), "2 lists");
}

#[test]
fn blocks_are_taken_as_they_are() {
    let x = Array::from_chunk(integers((0..60).collect(), &[12, 5]), [5, 2]);
    let same = |blocks: Array, slices: Array| {
        assert_eq!(compute(&blocks).unwrap(), compute(&slices).unwrap());
        assert_eq!(blocks.shape(), slices.shape());
    };
    same(x.blocks(s![1]), x.slice(s![5..10]));
    same(x.blocks(s![-1, 1..]), x.slice(s![10.., 2..]));
    same(x.blocks(s![..;2]), crate::array::concatenate(&[x.slice(s![..5]), x.slice(s![10..])], 0));
    same(x.blocks(s![.., ..;-2]), x.take([4, 0, 1], 1));
    same(x.blocks(s![..]), x.clone());
    let even = (Array::arange(0, 12, 1, 4) % 2).eq(0);
    let rows = x.compress(&even, 0);
    let middle = rows.blocks(s![.., 1]) + rows.take([2, 3], 1);
    assert_eq!(compute(&middle).unwrap(), compute(&(x.slice(s![..;2, 2..4]) * 2)).unwrap());
    assert_eq!(compute(&rows.blocks(s![1..])).unwrap(), compute(&x.slice(s![6..;2])).unwrap());
    refused(&x.blocks(s![3]), "3 is no place");
    refused(&x.blocks(s![1..1]), "at least one block");
    refused(&x.blocks(s![NewAxis]), "no axis is new");
    refused(&(rows.blocks(s![1..]) + rows.blocks(s![1..])), "same mask");
}

/// Only the blocks with assigned elements are written again; the others are the very results of the array.
#[test]
fn blocks_that_are_not_touched_are_not_copied() {
    let x = Array::arange(0, 100, 1, 10);
    let n_puts = |array: &Array, kernel: &str| {
        let program = Array::program(std::slice::from_ref(array)).unwrap();
        let table = program.graph.optimize(&program.wanted).unwrap();
        let steps = (0..table.len() as u32).flat_map(|row| table.steps(row).to_vec());
        let name = |task: TaskRef| match program.graph.spec(task).unwrap().function {
            Function::Kernel { name, .. } => name.to_string(),
            other => other.to_string(),
        };
        steps.filter(|&task| name(task) == kernel).count()
    };
    assert_eq!(n_puts(&x.assign(s![35..52], 0), "put"), 3);
    assert_eq!(n_puts(&x.assign(s![5..;50], 0), "put"), 2);
    assert_eq!(n_puts(&x.assign_take([99, 7, 3, 98], 0, 0), "scatter"), 2);
    assert_eq!(n_puts(&x.assign_vindex(&[[42]], 0), "scatter"), 1);
    assert_eq!(n_puts(&x.assign(s![..], 0), "identity"), 0);
}

/// A value with an axis more than its place lost the block that has the elements: that axis, of length 1, had an empty
/// chunk first, and only the first block along it was read.
#[test]
fn values_may_have_empty_chunks_along_axes_that_go() {
    let value = Array::from_chunk(integers(vec![1, 2, 3], &[1, 3]), vec![vec![0, 1], vec![3]]);
    let x = Array::from_chunk(integers(vec![0; 3], &[3]), -1).assign(s![..], &value);
    assert_eq!(compute(&x).unwrap().as_slice::<i64>().unwrap(), [1, 2, 3]);
}
