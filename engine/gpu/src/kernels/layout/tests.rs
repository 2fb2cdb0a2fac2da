//! Elements moved on a device and on the CPU.

use gristmill_data::{Chunk, ChunkGrid, ChunkRuns, DType, Value};
use gristmill_kernels::{Beyond, Depth, Strip, call};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::testing::{self, numbers};
use crate::{DeviceOptions, Error};

/// Of 1, 2, 4, 8 and 16 bytes.
const DTYPES: [DType; 7] = [
    DType::Boolean,
    DType::UInt8,
    DType::Float16,
    DType::Float32,
    DType::Int64,
    DType::Datetime64Ns,
    DType::Complex128,
];

fn chunk(dtype: DType, shape: &[u64], seed: u64) -> Chunk {
    if dtype != DType::Complex128 {
        return numbers(dtype, shape, seed);
    }
    let parts = numbers(DType::Float64, &[shape, &[2]].concat(), seed);
    Chunk::try_new(dtype, shape, parts.data().clone(), None).unwrap()
}

fn same(device: &Device, got: Result<DeviceArray, Error>, expected: &Chunk, what: &str) {
    let got = got.unwrap_or_else(|error| panic!("{what}: {error}"));
    let got = device.copy_out(&got).unwrap();
    assert_eq!((got.dtype(), got.shape()), (expected.dtype(), expected.shape()), "{what}");
    assert!(got.data().as_slice() == expected.data().as_slice(), "{what}");
}

fn integers(items: &[i64]) -> Value {
    Value::list(items.iter().copied())
}

fn check_transpose(device: &Device, dtype: DType, shape: &[u64], axes: &[i64]) {
    let chunk = chunk(dtype, shape, 1);
    let expected = call("transpose", &[integers(axes), chunk.clone().into()]).unwrap();
    let array = device.copy_in(&chunk, 0).unwrap();
    let what = format!("{dtype} {shape:?} {axes:?}");
    same(device, transpose(device, axes, &array, 0), expected.as_chunk().unwrap(), &what);
}

#[test]
fn axes_in_any_order() {
    let Some(device) = testing::device() else { return };
    let cases: [(&[u64], &[i64]); 16] = [
        (&[], &[]),
        (&[], &[-1]),
        (&[0, 5], &[1, 0]),
        (&[1, 127], &[1, 0]),
        (&[128, 128], &[1, 0]),
        (&[127, 130], &[1, 0]),
        (&[33, 31], &[1, -1, 0]),
        (&[3, 300], &[1, 0]),
        (&[300, 3], &[1, 0]),
        (&[20, 3, 37], &[2, 0, 1]),
        (&[20, 3, 37], &[2, 1, 0]),
        (&[20, 3, 37], &[1, 0, 2]),
        (&[20, 4, 64], &[1, 0, 2]),
        (&[5, 18, 3, 19], &[3, 0, 2, 1]),
        (&[2, 3, 2, 3, 2, 3, 2, 3], &[7, 1, 5, 3, 6, 0, 4, 2]),
        (&[40, 1, 50], &[2, 0]),
    ];
    for dtype in DTYPES {
        for (shape, axes) in cases {
            check_transpose(&device, dtype, shape, axes);
        }
    }
}

#[test]
fn what_lies_in_order_is_not_copied() {
    // One's own, as what is counted is all that a device does.
    let Some(device) = testing::open(&DeviceOptions::default()) else { return };
    let array = device.copy_in(&chunk(DType::Float32, &[4, 1, 6], 1), 0).unwrap();
    for (axes, shape) in
        [(&[0, 1, 2][..], &[4, 1, 6][..]), (&[1, 0, 2], &[1, 4, 6]), (&[0, -1, 2], &[4, 1, 6])]
    {
        assert_eq!(&*transpose(&device, axes, &array, 0).unwrap().shape, shape);
    }
    assert_eq!(device.shared.n_dispatches.load(std::sync::atomic::Ordering::Relaxed), 0);
}

/// Along one axis: chunk lengths, where a slice starts, its step, and the length of the slice.
fn axis() -> impl Strategy<Value = (Vec<u64>, i64, i64, u64)> {
    let chunks = prop::collection::vec(0_u64..30, 1..4);
    let step = prop_oneof![Just(1_i64), Just(1), -5_i64..6];
    (chunks, any::<prop::sample::Index>(), step, 0_u64..50).prop_map(|(chunks, start, step, length)| {
        let whole: u64 = chunks.iter().sum();
        let start = if whole == 0 { 0 } else { start.index(whole as usize) as i64 };
        let step = if step == 0 { 1 } else { step };
        let room = if step > 0 { whole as i64 - 1 - start } else { start };
        let length = if whole == 0 { 0 } else { length.min((room / step.abs() + 1) as u64) };
        (chunks, start, step, length)
    })
}

/// The blocks that a slice touches, from the first to the last along each axis, in C order.
fn touched(grid: &ChunkGrid, slices: &[(i64, i64, u64)], dtype: DType) -> Vec<Chunk> {
    let ranges: Vec<(u64, u64)> = slices
        .iter()
        .enumerate()
        .map(|(axis, &(start, step, length))| {
            let chunk_of = |position: i64| {
                let mut position = position as u64;
                let chunks = grid.chunks(axis).iter();
                let passed = chunks.take_while(|&&chunk| {
                    let is_beyond = position >= chunk;
                    position = position.saturating_sub(chunk);
                    is_beyond
                });
                passed.count() as u64
            };
            if length == 0 {
                return (0, 0);
            }
            let ends = [start, start + step * (length as i64 - 1)].map(chunk_of);
            (ends[0].min(ends[1]), ends[0].max(ends[1]) + 1)
        })
        .collect();
    let blocks = (0..grid.n_chunks()).filter_map(|index| grid.block(index));
    let inside =
        blocks.filter(|block| block.iter().zip(&ranges).all(|(at, (from, to))| (from..to).contains(&at)));
    inside.enumerate().map(|(n, block)| chunk(dtype, &grid.block_shape(&block).unwrap(), n as u64)).collect()
}

fn check_slice(device: &Device, axes: &[(Vec<u64>, i64, i64, u64)], dtype: DType) {
    let grid = ChunkGrid::new(axes.iter().map(|axis| axis.0.clone()).collect()).unwrap();
    let slices: Vec<(i64, i64, u64)> = axes.iter().map(|axis| (axis.1, axis.2, axis.3)).collect();
    let (starts, steps): (Vec<i64>, Vec<i64>) = slices.iter().map(|slice| (slice.0, slice.1)).unzip();
    let shape: Vec<u64> = slices.iter().map(|slice| slice.2).collect();
    let out = ChunkRuns::from(&ChunkGrid::new(shape.iter().map(|&length| vec![length]).collect()).unwrap());
    let (runs, blocks) = (ChunkRuns::from(&grid), touched(&grid, &slices, dtype));
    let arrays: Vec<DeviceArray> = blocks.iter().map(|block| device.copy_in(block, 0).unwrap()).collect();
    let args = [
        dtype.name().into(),
        runs.to_string().into(),
        integers(&starts),
        integers(&steps),
        out.to_string().into(),
        0.into(),
        Value::list(blocks),
    ];
    let expected = call("select", &args).unwrap();
    let block = out.block(0).unwrap();
    let selection = Selection { grid: &runs, starts: &starts, steps: &steps, block: &block };
    let what = format!("{dtype} {axes:?}");
    same(device, select(device, dtype, selection, &arrays, 0), expected.as_chunk().unwrap(), &what);
}

#[test]
fn slices_of_several_blocks() {
    let Some(device) = testing::device() else { return };
    let strategy = (prop::collection::vec(axis(), 1..4), prop::sample::select(&DTYPES[..]));
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&strategy, |(axes, dtype)| {
        check_slice(&device, &axes, dtype);
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn windows_of_what_a_shader_sees_at_once() {
    let options = DeviceOptions { binding_nbytes_max: 1024, ..Default::default() };
    let Some(device) = testing::open(&options) else { return };
    for dtype in DTYPES {
        check_transpose(&device, dtype, &[40, 50], &[1, 0]);
        check_transpose(&device, dtype, &[9, 10, 11], &[1, 0, 2]);
        check_slice(&device, &[(vec![30, 20], 41, -2, 20), (vec![40], 1, 1, 37)], dtype);
    }
}

fn depth(before: u64, after: u64, beyond: Beyond) -> Depth {
    Depth { before, after, beyond }
}

/// All blocks of an array with what surrounds them, and without again; strips are made by the CPU.
fn check_overlap(device: &Device, dtype: DType, chunks: &[Vec<u64>], depths: &[Depth]) {
    let grid = ChunkGrid::new(chunks.to_vec()).unwrap();
    let runs = ChunkRuns::from(&grid);
    let own = |index: u64| chunk(dtype, &grid.block_shape(&grid.block(index).unwrap()).unwrap(), index);
    for index in 0..grid.n_chunks() {
        let reach = Reach { grid: &runs, index, depths };
        let blocks = with_strips(&grid, index, depths, depths.len(), &own);
        let arrays: Vec<DeviceArray> = blocks.iter().map(|block| device.copy_in(block, 0).unwrap()).collect();
        let expected = gristmill_kernels::overlap(dtype, &runs, index, depths, None, &blocks).unwrap();
        let what = format!("{dtype} {chunks:?} {depths:?} {index}");
        let got = overlap(device, dtype, reach, None, &arrays, 0);
        same(device, got.clone(), &expected, &what);
        let trimmed = trim_overlap(device, reach, &got.unwrap(), 0);
        same(device, trimmed, &blocks[0], &what);
        // A strip of the last axis.
        let strip = Strip { axis: depths.len() - 1, n: -1 };
        let n_of_axes = with_strips(&grid, index, depths, strip.axis, &own).len();
        let (blocks, arrays) = (&blocks[..n_of_axes], &arrays[..n_of_axes]);
        let expected = gristmill_kernels::overlap(dtype, &runs, index, depths, Some(strip), blocks).unwrap();
        same(device, overlap(device, dtype, reach, Some(strip), arrays, 0), &expected, &what);
    }
}

/// A block and its neighbours' strips along the first axes.
fn with_strips(
    grid: &ChunkGrid,
    index: u64,
    depths: &[Depth],
    n_axes: usize,
    own: &dyn Fn(u64) -> Chunk,
) -> Vec<Chunk> {
    let (at, runs) = (grid.block(index).unwrap(), ChunkRuns::from(grid));
    let mut blocks = vec![own(index)];
    for (axis, depth) in depths.iter().enumerate().take(n_axes) {
        let n = grid.chunks(axis).len() as u64;
        let wraps = matches!(depth.beyond, Beyond::Periodic) && n > 1;
        let ends = [(at[axis] > 0, -(depth.before as i64), n - 1), (at[axis] + 1 < n, depth.after as i64, 1)];
        for (is_inside, length, step) in ends {
            if length != 0 && (is_inside || wraps) {
                let mut neighbour = at.clone();
                neighbour[axis] = (neighbour[axis] + step) % n;
                let neighbour = grid.index(&neighbour).unwrap();
                let strips = with_strips(grid, neighbour, depths, axis, own);
                let strip = Some(Strip { axis, n: length });
                let dtype = strips[0].dtype();
                blocks.push(
                    gristmill_kernels::overlap(dtype, &runs, neighbour, depths, strip, &strips).unwrap(),
                );
            }
        }
    }
    blocks
}

#[test]
fn blocks_and_parts_of_their_neighbours() {
    let Some(device) = testing::device() else { return };
    for dtype in DTYPES {
        let constant = Beyond::Constant(chunk(dtype, &[], 9));
        let kinds = [Beyond::None, Beyond::Reflect, Beyond::Periodic, Beyond::Nearest, constant];
        for (n, kind) in kinds.iter().enumerate() {
            let other = kinds[(n + 2) % kinds.len()].clone();
            check_overlap(&device, dtype, &[vec![7, 20, 9]], &[depth(3, 2, kind.clone())]);
            let depths = [depth(1, 2, kind.clone()), depth(3, 0, other)];
            check_overlap(&device, dtype, &[vec![5, 6], vec![17, 4]], &depths);
        }
    }
    let all = [depth(1, 1, Beyond::Reflect), depth(1, 1, Beyond::Periodic), depth(2, 2, Beyond::Nearest)];
    check_overlap(&device, DType::Float32, &[vec![3, 2], vec![4], vec![2, 5]], &all);
}

#[test]
fn what_is_refused() {
    let Some(device) = testing::device() else { return };
    let array = device.copy_in(&chunk(DType::Float32, &[3, 4], 1), 0).unwrap();
    let refused = |got: Result<DeviceArray, Error>, words: &str| {
        let error = got.unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }) && error.to_string().contains(words), "{error}");
    };
    refused(transpose(&device, &[0], &array, 0), "left out");
    refused(transpose(&device, &[2, 0], &array, 0), "axis 2");
    let grid: ChunkRuns = "3;4".parse().unwrap();
    let block = grid.block(0).unwrap();
    let selection = Selection { grid: &grid, starts: &[0, 0], steps: &[1, 1], block: &block };
    refused(select(&device, DType::Int32, selection, std::slice::from_ref(&array), 0), "other dtypes");
    refused(select(&device, DType::Float32, selection, &[], 0), "blocks");
}
