//! Lazy calls made of blocks, arrays made of calls, and both of each other.

use gristmill_data::{Chunk, DType, Value};

use crate::array::concatenate;
use crate::array::testing::{compute, floats, refused, run_program};
use crate::{Array, Delayed, Program, ReadPiece, ReadPlan, args, delayed, kernel, native, s};

/// The result of a lazy call.
fn call(delayed: &Delayed) -> Result<Value, String> {
    let program = Program::of(std::slice::from_ref(delayed)).map_err(|error| error.to_string())?;
    Ok(run_program(&program)?.remove(0))
}

fn row(n: i64) -> Delayed {
    let row = native("row", |args| {
        let n = args[0].as_int()?;
        Ok(Chunk::from_vec((0..n).collect(), &[n as u64])?.into())
    });
    delayed(row, args![n])
}

#[test]
fn results_of_calls_are_arrays() {
    let x = Array::from_delayed(&row(5), &[5], DType::Int64);
    let parts: Vec<Array> = (1..4).map(|n| Array::from_delayed(&row(n), &[n as u64], DType::Int64)).collect();
    let whole = concatenate(&parts, 0);
    assert_eq!(floats(&compute(&(&whole * 2)).unwrap()), [0.0, 0.0, 2.0, 0.0, 2.0, 4.0]);
    assert_eq!(floats(&compute(&x.slice(s![..;2]).sum(())).unwrap()), [6.0]);
    let number = Array::from_delayed(&delayed(kernel("add").unwrap(), args![1, 2.5]), &[], DType::Float64);
    assert_eq!(floats(&compute(&number).unwrap()), [3.5]);
    let error = compute(&Array::from_delayed(&row(5), &[4], DType::Int64)).unwrap_err();
    assert!(error.contains("row[0]: ") && error.contains("(4,) is declared"), "{error}");
    refused(&Array::from_blocks(&[row(1)], &[2], 1, DType::Int64), "the array has 2 blocks, and 1 are given");
}

#[test]
fn blocks_of_arrays_are_calls() {
    let x = Array::arange(0, 10, 1, 4) * 2 + 1;
    let blocks = x.to_delayed().unwrap();
    assert_eq!(blocks.len(), 3);
    let sum = kernel("sum").unwrap();
    let sums: Vec<Delayed> = blocks.iter().map(|block| delayed(&sum, args![block])).collect();
    assert_eq!(call(&sums[2]).unwrap(), Value::Int(17 + 19));
    assert_eq!(call(&delayed(&sum, args![sums])).unwrap(), Value::Int(100));
    // There and back again.
    let doubled: Vec<Delayed> =
        blocks.iter().map(|block| delayed(kernel("add").unwrap(), args![block, block])).collect();
    let y = Array::from_blocks(&doubled, &[10], 4, DType::Int64);
    assert_eq!(compute(&(&y - &x)).unwrap(), compute(&x).unwrap());
    assert!(x.slice(s![11]).to_delayed().is_err());
}

#[test]
fn what_is_shared_runs_once() {
    let x = Array::arange(0, 100, 1, 10) * 3;
    let blocks = x.to_delayed().unwrap();
    let sums: Vec<Delayed> =
        blocks.iter().map(|block| delayed(kernel("sum").unwrap(), args![block])).collect();
    let program = Program::of(&sums).unwrap();
    let names: Vec<&str> = program.graph.layers().iter().map(|layer| &*layer.name).collect();
    assert_eq!(names, ["arange", "multiply", "block of elementwise", "sum"]);
    // A block's tasks, and no others.
    let one = Program::of(&sums[..1]).unwrap();
    assert_eq!(one.graph.materialize(&one.wanted).unwrap().len(), 4);
}

#[test]
fn arrays_and_calls_may_alternate() {
    let mut x = Array::arange(0, 4, 1, 2);
    for _ in 0..300 {
        let blocks: Vec<Delayed> = x
            .to_delayed()
            .unwrap()
            .iter()
            .map(|block| delayed(kernel("add").unwrap(), args![block, 1]))
            .collect();
        x = Array::from_blocks(&blocks, &[4], 2, DType::Int64) + 1;
    }
    assert_eq!(floats(&compute(&x).unwrap()), [600.0, 601.0, 602.0, 603.0]);
    // Long chains of both are dropped without recursion.
    for _ in 0..3_000 {
        let blocks = x.to_delayed().unwrap();
        x = Array::from_blocks(&blocks, &[4], 2, DType::Int64);
    }
    drop(x);
}

#[test]
fn pieces_of_files_are_an_array() {
    let plan = |ty: &str, rows: &[Option<u64>]| {
        let piece = |&rows: &Option<u64>| ReadPiece {
            path: "x.bin".to_owned(),
            offset: 0,
            length: 1,
            rows,
            token: Vec::new(),
        };
        ReadPlan { ty: ty.parse().unwrap(), pieces: rows.iter().map(piece).collect() }
    };
    let piece = |n: u64| {
        let piece = native("piece", move |_| Ok(Chunk::from_vec((0..3 * n).collect(), &[n, 3])?.into()));
        delayed(piece, args![])
    };
    let pieces = [piece(2), piece(0), piece(1)];
    let x = Array::from_pieces(&plan("ndarray<uint64, 2>", &[Some(2), Some(0), Some(1)]), &pieces, &[3]);
    assert_eq!((x.shape(), x.numblocks(), x.dtype()), (vec![3, 3], vec![3, 1], DType::UInt64));
    assert_eq!(floats(&compute(&x.sum(1)).unwrap()), [3.0, 12.0, 3.0]);
    let of = |ty: &str, rows: &[Option<u64>], row: &[u64]| Array::from_pieces(&plan(ty, rows), &pieces, row);
    let well = [Some(2), Some(0), Some(1)];
    refused(&of("table", &well, &[3]), "the reader gives table, and ndarray<any, 2>");
    refused(&of("ndarray", &well, &[3]), "of a dtype is wanted");
    refused(&of("ndarray<uint64, 2>", &well, &[]), "ndarray<any, 1>");
    refused(&of("ndarray<uint64, 2>", &[Some(2), None, Some(1)], &[3]), "how many rows its piece of `x.bin`");
    refused(&of("ndarray<uint64, 2>", &well[..2], &[3]), "2 blocks, and 3 are given");
    let error = compute(&of("ndarray<uint64, 2>", &[Some(2), Some(1), Some(1)], &[3])).unwrap_err();
    assert!(error.contains("is declared"), "{error}");
}
