//! Blocks with parts of their neighbours, against whole arrays that NumPy pads, and that are padded here.

use gristmill_data::{Chunk, ChunkGrid, DType, Value};
use proptest::prelude::*;

use super::{Boundary, Overlap};
use crate::array::MapBlocks;
use crate::array::testing::{check, compute, refused};
use crate::{Array, Callee, kernel, native, s};

fn x() -> Vec<f64> {
    (0..84).map(|n| f64::from((n * 37) % 23 - 7) / 2.0).collect()
}

/// The sum of each box of so many rows and columns of a block that has what surrounds it; rows are weighted from 1 on.
fn boxes(rows: usize, columns: usize) -> Callee {
    native("boxes", move |args| {
        let mut sums: Vec<f64> = Vec::new();
        let chunk = args[0].as_chunk()?;
        for arg in args {
            let chunk = arg.as_chunk()?;
            let [n, m] = [chunk.shape()[0] as usize, chunk.shape()[1] as usize];
            let at = chunk.as_slice::<f64>()?;
            let weighted = |i: usize, j: usize| {
                let rows = i..(i + rows).min(n);
                rows.flat_map(|row| (j..(j + columns).min(m)).map(move |column| (row, column)))
                    .map(|(row, column)| (1 + row - i) as f64 * at[row * m + column])
                    .sum::<f64>()
            };
            let own: Vec<f64> = (0..n * m).map(|place| weighted(place / m, place % m)).collect();
            sums.resize(own.len(), 0.0);
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
        Ok(Chunk::from_vec(sums, chunk.shape())?.into())
    })
}

/// The same, moved so that a box belongs to the element that has so many before it, as functions of blocks have it.
fn around(rows: (usize, usize), columns: (usize, usize)) -> Callee {
    let (n_rows, n_columns) = (rows.0 + rows.1 + 1, columns.0 + columns.1 + 1);
    native("around", move |args| {
        let inner = boxes(n_rows, n_columns);
        let Callee::Native(inner) = inner else { unreachable!() };
        let summed = (inner.function())(args)?;
        let chunk = summed.as_chunk()?;
        let [n, m] = [chunk.shape()[0] as usize, chunk.shape()[1] as usize];
        let at = chunk.as_slice::<f64>()?;
        let moved = (0..n * m).map(|place| {
            let (row, column) = ((place / m).checked_sub(rows.0), (place % m).checked_sub(columns.0));
            row.zip(column).map_or(f64::NAN, |(row, column)| at[row * m + column])
        });
        Ok(Chunk::from_vec(moved.collect(), chunk.shape())?.into())
    })
}

#[test]
fn functions_see_what_numpy_pads() {
    check(include_str!("tests.json"), 1e-14, &[[12, 7], [5, 3], [3, 2], [1, 1], [7, -1]], |chunks| {
        let x = Array::from_chunk(Chunk::from_vec(x(), &[12, 7]).unwrap(), chunks);
        let n = x.astype(DType::Int32);
        let number = |number: f64| Boundary::Constant(number.into());
        let both = |rows: Boundary, columns: Boundary| Overlap::along(0, 2, rows).and(-1, 1, columns);
        let boxed = |overlap: Overlap| x.map_overlap(around((2, 2), (1, 1)), &overlap, DType::Float64);
        let integers = both(Boundary::Nearest, Boundary::Constant(4.into()));
        let integers = n.overlap(&integers).astype(DType::Float64).map_blocks(
            around((2, 2), (1, 1)),
            &[],
            DType::Float64,
        );
        let integers =
            integers.trim_overlap(&both(Boundary::Nearest, Boundary::Periodic)).astype(DType::Int32);
        let two = MapBlocks::new(around((2, 2), (1, 1)), DType::Float64);
        let two = two.overlap(&both(Boundary::Periodic, Boundary::Nearest));
        let row = x.slice(s![0]) * Array::ones(DType::Float64, &[12, 1], 5);
        let one_axis = Overlap::along(0, 2, Boundary::Periodic);
        let uneven = Overlap::along(0, (0, 2), Boundary::Reflect).and(1, (3, 1), Boundary::Periodic);
        let deep = Overlap::along(1, 7, Boundary::Reflect);
        vec![
            ("reflect", boxed(both(Boundary::Reflect, Boundary::Reflect))),
            ("periodic", boxed(both(Boundary::Periodic, Boundary::Periodic))),
            ("nearest", boxed(both(Boundary::Nearest, Boundary::Nearest))),
            ("constant", boxed(both(number(1.5), number(-2.0)))),
            ("mixed", boxed(both(number(9.0), Boundary::Reflect))),
            ("other mixed", boxed(both(Boundary::Reflect, number(9.0)))),
            ("of one axis", x.map_overlap(around((2, 2), (0, 0)), &one_axis, DType::Float64)),
            ("not symmetric", x.map_overlap(around((0, 2), (3, 1)), &uneven, DType::Float64)),
            ("as deep as an axis", x.map_overlap(around((0, 0), (7, 7)), &deep, DType::Float64)),
            ("of integers", integers),
            ("trimmed", x.overlap(&uneven).trim_overlap(&uneven)),
            ("two arrays", two.call(&[x.clone(), row])),
            ("windows", x.sliding_window_view(&[3], &[0])),
            ("windows of all axes", x.sliding_window_view(&[2, 3], &[])),
            ("windows of an axis twice", x.sliding_window_view(&[2, 3], &[0, 0])),
            ("windows of one element", x.sliding_window_view(&[1], &[1])),
            ("windows as long as an axis", x.sliding_window_view(&[12, 7], &[0, 1])),
            ("moving mean", x.sliding_window_view(&[4], &[0]).mean(-1)),
            ("moving greatest", n.sliding_window_view(&[3, 3], &[-2, -1]).max([-1, -2])),
        ]
    });
}

/// How blocks overlap along one axis.
type Axis = (Vec<u64>, u64, u64, usize);

fn axis() -> impl Strategy<Value = Axis> {
    let chunks = prop::collection::vec(0_u64..5, 1..5)
        .prop_filter("no elements", |chunks| chunks.iter().sum::<u64>() > 0);
    chunks.prop_flat_map(|chunks| {
        let n = chunks.iter().sum::<u64>();
        (Just(chunks), 0..=n.min(5), 0..=n.min(5), 0_usize..5)
    })
}

fn boundary(which: usize) -> Boundary {
    let number = Boundary::Constant((-9).into());
    [Boundary::None, Boundary::Reflect, Boundary::Periodic, Boundary::Nearest, number][which]
}

/// The element of the padded array at a position: its place, or -9.
fn element(axes: &[Axis], position: &[i64]) -> i64 {
    let (mut place, mut is_constant) = (0, false);
    for ((chunks, _, _, which), &at) in axes.iter().zip(position) {
        let n = chunks.iter().sum::<u64>() as i64;
        let source = match which {
            _ if (0..n).contains(&at) => at,
            1 if at < 0 => -1 - at,
            1 => 2 * n - 1 - at,
            2 => at.rem_euclid(n),
            3 => at.clamp(0, n - 1),
            _ => 0,
        };
        is_constant |= *which == 4 && !(0..n).contains(&at);
        place = place * n + source;
    }
    // All constants are one number here, so that it does not matter which is put around last.
    if is_constant { -9 } else { place }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// However an array is cut, each block is what lies there in the padded array.
    #[test]
    fn blocks_are_cut_out_of_the_padded_array(axes in prop::collection::vec(axis(), 1..4)) {
        let shape: Vec<u64> = axes.iter().map(|axis| axis.0.iter().sum()).collect();
        let whole = Array::from_chunk(Chunk::from_vec((0..shape.iter().product::<u64>() as i64).collect(), &shape).unwrap(), -1);
        let x = whole.rechunk(axes.iter().map(|axis| axis.0.clone()).collect::<Vec<_>>());
        let overlap = axes.iter().zip(0..).fold(Overlap::default(), |overlap, (&(_, before, after, which), axis)| {
            overlap.and(axis, (before, after), boundary(which))
        });
        let around = x.overlap(&overlap);
        around.check().unwrap();
        let trimmed = around.trim_overlap(&overlap);
        prop_assert_eq!(compute(&trimmed).unwrap(), compute(&whole).unwrap());
        let (grid, inner) = (around.grid().clone(), trimmed.grid().clone());
        let result = compute(&around).unwrap();
        let (result, width) = (result.as_slice::<i64>().unwrap(), result.shape().to_vec());
        // Where each element of the result comes from, along each axis.
        let along: Vec<Vec<i64>> = axes.iter().enumerate().map(|(axis, (_, before, _, which))| {
            let offset = |at: usize| inner.chunks(axis)[..at].iter().sum::<u64>() as i64;
            grid.chunks(axis).iter().enumerate().flat_map(|(at, &n)| {
                let first = if *which == 0 && at == 0 { 0 } else { *before as i64 };
                (0..n as i64).map(move |within| offset(at) + within - first)
            }).collect()
        }).collect();
        let places = ChunkGrid::regular(&width, &vec![1; width.len()]).unwrap();
        for (place, &given) in places.blocks().zip(result) {
            let position: Vec<i64> = place.iter().zip(&along).map(|(&at, along)| along[at as usize]).collect();
            prop_assert_eq!(given, element(&axes, &position), "{:?} of {:?}", place, axes);
        }
    }
}

#[test]
fn blocks_stay_and_strips_travel() {
    let x = Array::arange(0, 64, 1, 8) * 2;
    let layers = |array: &Array| -> Vec<(String, u32)> {
        let program = <Array as crate::Collection>::program(std::slice::from_ref(array)).unwrap();
        program.graph.layers().iter().map(|layer| (layer.name.to_string(), layer.n_tasks())).collect()
    };
    let overlap = Overlap::all(2, Boundary::None);
    let names: Vec<String> = layers(&x.overlap(&overlap)).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["arange", "multiply", "edge", "edge", "overlap"]);
    // One block has no neighbours, and what is not extended stays as it is.
    assert_eq!(layers(&x.rechunk(-1).overlap(&Overlap::all(2, Boundary::Periodic))).len(), 3);
    assert_eq!(layers(&x.overlap(&Overlap::all(0, Boundary::Periodic))), layers(&x));
    // Short chunks are put together first, and the result is cut like that.
    let short = x.rechunk(3);
    let deep = Overlap::all(4, Boundary::Reflect);
    let y = short.map_overlap(kernel("neg").unwrap(), &deep, DType::Int64);
    assert_eq!((y.grid().chunks(0)[0], y.shape()), (6, vec![64]));
    assert_eq!(compute(&y).unwrap(), compute(&-&x).unwrap());
}

#[test]
fn blocks_may_be_given_back_as_they_are() {
    let x = Array::arange(0, 12, 1, 4).astype(DType::Float64);
    let overlap = Overlap::all((1, 0), Boundary::Nearest);
    let differences = native("differences", |args| {
        let chunk = args[0].as_chunk()?.as_slice::<f64>()?;
        let pairs: Vec<f64> = chunk.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let n = pairs.len() as u64;
        Ok(Chunk::from_vec(pairs, &[n])?.into())
    });
    let map = || MapBlocks::new(differences.clone(), DType::Float64).overlap(&overlap).untrimmed();
    let given = compute(&map().chunks(x.grid()).call(std::slice::from_ref(&x))).unwrap();
    assert_eq!(
        given.as_slice::<f64>().unwrap(),
        [0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    );
    let error = compute(&map().call(std::slice::from_ref(&x))).unwrap_err();
    assert!(
        error.contains("it gave float64 of shape (4,) for block [2], and float64 of shape (5,) is declared"),
        "{error}"
    );
    // Blocks are told where they lie without what surrounds them.
    let starts = native("starts", |args| {
        let start = args[1].get("start").map(|start| start.as_list().map(|start| start[0].clone()));
        let start = start.unwrap()?.as_int()?;
        let n = args[0].as_chunk()?.n_elements();
        Ok(Chunk::from_vec(vec![start; n], &[n as u64])?.into())
    });
    let starts = MapBlocks::new(starts, DType::Int64).overlap(&overlap).block_info().call(&[x]);
    assert_eq!(compute(&starts).unwrap().as_slice::<i64>().unwrap(), [0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8]);
}

#[test]
fn what_cannot_overlap_is_refused() {
    let x = Array::arange(0, 10, 1, 4);
    let neg = || kernel("neg").unwrap();
    refused(&x.overlap(&Overlap::all(11, Boundary::Nearest)), "which has 10; use a smaller depth");
    refused(&x.overlap(&Overlap::along(1, 1, Boundary::None)), "no axis 1");
    refused(&x.overlap(&Overlap::all(1, Boundary::Constant(0.5.into()))), "0.5");
    refused(&x.map_overlap(neg(), &Overlap::all(u64::MAX, Boundary::None), DType::Int64), "`map_overlap`");
    refused(&x.trim_overlap(&Overlap::all(3, Boundary::Reflect)), "cannot be cut off blocks of [4, 4, 2]");
    refused(&x.compress(&x.gt(3), 0).overlap(&Overlap::all(1, Boundary::None)), "with_known_shape");
    refused(&x.sliding_window_view(&[11], &[0]), "does not fit into axis 0");
    refused(&x.sliding_window_view(&[0], &[0]), "does not fit");
    refused(&x.sliding_window_view(&[2, 3], &[0]), "2 windows are given for 1 axes");
    let large = Array::zeros(DType::Float64, &[10_000, 10_000], 1000);
    refused(&large.sliding_window_view(&[10, 10], &[]), "`map_overlap`, whose function");
    assert!(large.sliding_window_view(&[5, 5], &[]).check().is_ok());
    assert_eq!(Value::from(compute(&x.overlap(&Overlap::default())).unwrap()), compute(&x).unwrap().into());
}

/// Axes without windows were asked to have an element at least.
#[test]
fn axes_without_windows_may_be_empty() {
    let x = Array::zeros(DType::Float64, &[10, 0], 4).sliding_window_view(&[3], &[0]);
    assert_eq!(compute(&x).unwrap().shape(), [8, 0, 3]);
}
