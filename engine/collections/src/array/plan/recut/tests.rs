//! What is cut in several steps has the same elements, and its tasks and edges are few and small.

use gristmill_data::DType;
use gristmill_graph::LayerId;
use proptest::prelude::*;

use crate::array::testing::{compute, floats};
use crate::array::{Array, Index};
use crate::{Collection, Program};

fn table(rows: i64, columns: i64, chunks: [i64; 2]) -> Array {
    let row = Array::arange(0, rows, 1, [chunks[0]]) * columns;
    let column = Array::arange(0, columns, 1, [chunks[1]]);
    row.expand_dims(1) + column.expand_dims(0)
}

/// The bytes of the largest task, and all edges.
fn weight(program: &Program) -> (u64, usize) {
    let layers = (0..).map(LayerId).zip(program.graph.layers());
    let nbytes = layers.map(|(id, layer)| program.working_set(id, layer, true).nbytes).max().unwrap();
    (nbytes, program.graph.materialize(&program.wanted).unwrap().inputs.values().len())
}

#[test]
fn rows_become_columns_without_all_rows_in_memory() {
    let n = 512;
    let rows = Array::ones(DType::Float64, &[n, n], [1, -1]).map_blocks(
        crate::native("pass", |args| Ok(args[0].clone())),
        &[],
        DType::Float64,
    );
    let (nbytes, n_edges) = weight(&Array::program(&[rows.rechunk([-1, 1])]).unwrap());
    // A column at once takes all 512 rows.
    let (row, at_once) = (n * 8, n * n);
    assert!(nbytes <= 10 * row, "{nbytes} bytes in a task");
    assert!(n_edges as u64 * 10 <= at_once, "{n_edges} edges");
    assert_eq!(floats(&compute(&rows.rechunk([-1, 1])).unwrap()), vec![1.0; (n * n) as usize]);
}

#[test]
fn few_rows_of_many_blocks_are_sliced_before_they_are_put_together() {
    let x = table(4000, 3, [10, -1]).cumsum(1);
    let part = x.slice([Index::from(..).step_by(10), Index::from(..)]).rechunk(100);
    let program = Array::program(std::slice::from_ref(&part)).unwrap();
    let slices = program.graph.layers().iter().filter(|layer| &*layer.name == "slice");
    assert_eq!(slices.map(|layer| layer.wiring.n_inputs_max()).collect::<Vec<_>>(), [1]);
    let expected: Vec<f64> =
        (0..4000).step_by(10).flat_map(|row| [3.0, 6.0, 9.0].map(|n| n * f64::from(row))).collect();
    let result = floats(&compute(&part).unwrap());
    assert!(result.chunks(3).zip(expected.chunks(3)).all(|(given, row)| given[0] == row[0]), "{result:?}");
    assert_eq!(result.len(), 1200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn elements_stay_where_they_are(
        shape in (1i64..60, 1i64..60),
        from in (1i64..20, 1i64..60),
        to in (1i64..60, 1i64..20),
        start in (0i64..9, 0i64..9),
        step in (prop::sample::select(vec![1i64, 2, 7, -1, -3]), prop::sample::select(vec![1i64, -2])),
    ) {
        let x = table(shape.0, shape.1, [from.0, from.1]);
        // A sum that others need too stays apart from the slice.
        let x = x.cumsum(0);
        let along = |start: i64, step: i64, n: i64| {
            let start = start.min(n - 1);
            let (first, places): (i64, Vec<i64>) = match step > 0 {
                true => (start, (start..n).collect()),
                false => (n - 1 - start, (0..n - start).rev().collect()),
            };
            let places: Vec<i64> = places.into_iter().step_by(step.unsigned_abs() as usize).collect();
            (Index::Slice { start: Some(first), stop: None, step }, places)
        };
        let (rows, row_places) = along(start.0, step.0, shape.0);
        let (columns, column_places) = along(start.1, step.1, shape.1);
        let cut = x.slice([rows, columns]).rechunk([to.0, to.1]);
        let element = |row: i64, column: i64| (row + 1) * column + shape.1 * (row * (row + 1) / 2);
        let mut expected = Vec::new();
        for &row in &row_places {
            expected.extend(column_places.iter().map(|&column| element(row, column) as f64));
        }
        prop_assert_eq!(floats(&compute(&cut).unwrap()), expected);
    }
}
