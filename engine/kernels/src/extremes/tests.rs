//! Against NumPy, whole and in blocks.

use gristmill_data::{Chunk, Value};
use proptest::prelude::*;

use super::*;
use crate::table::{check_with, part};

/// The positions, with the array in blocks of these lengths along its first axis, put together in two levels.
fn in_blocks(of: ArgExtreme, axis: Option<usize>, array: &Chunk, length: u64) -> Result<Chunk, Error> {
    let shape = array.shape();
    let n_rows = shape[0];
    let starts = (0..n_rows.max(1)).step_by(length as usize);
    let parts = starts.map(|start| {
        let block = part(array, 0, start, length.min(n_rows - start));
        let mut starts = vec![0; shape.len()];
        starts[0] = start;
        arg_reduce(of, axis, Place { starts: &starts, array_shape: shape }, &block).unwrap()
    });
    let parts: Vec<Extremes> = parts.collect();
    if axis.is_some_and(|axis| axis > 0) {
        // Other lanes in each block: only the first ones can be compared.
        let mut results = parts.iter().map(|part| arg_finish(axis, part));
        let positions = results.by_ref().map(|part| Ok(part?.as_slice::<i64>().unwrap().to_vec()));
        let positions: Vec<i64> = positions.collect::<Result<Vec<_>, Error>>()?.concat();
        let mut out = shape.to_vec();
        out.remove(axis.unwrap());
        let present = parts.iter().flat_map(|part| {
            part.positions.as_slice::<i64>().unwrap().iter().map(|&at| u8::from(at >= 0)).collect::<Vec<_>>()
        });
        let present: Vec<u8> = present.collect();
        let data = Chunk::from_vec(positions, &out).unwrap().data().clone();
        return Ok(Chunk::try_new(DType::Int64, &out, data, Some(validity(&present))).unwrap());
    }
    let (left, right) = parts.split_at(parts.len() / 3);
    let level = [left, right].into_iter().filter(|part| !part.is_empty());
    let level: Vec<Extremes> = level.map(|parts| arg_combine(of, parts).unwrap()).collect();
    arg_finish(axis, &arg_combine(of, &level).unwrap())
}

#[test]
fn extremes_are_where_numpy_finds_them() {
    for length in [1, 2, 100] {
        check_with(include_str!("tests/table.txt"), 0.0, 1500, |name, args| {
            let axis = args[0].as_int().ok().map(|axis| axis as usize);
            in_blocks(name.parse().unwrap(), axis, args[1].as_chunk().unwrap(), length).map(Value::Chunk)
        });
    }
}

proptest! {
    #[test]
    fn positions_in_the_array_do_not_depend_on_its_blocks(
        shape in [1_u64..5, 1_u64..7],
        cuts in [1_u64..5, 1_u64..7],
        elements in prop::collection::vec(-2_i16..3, 24),
        is_max in any::<bool>(),
    ) {
        let n = (shape[0] * shape[1]) as usize;
        let array = Chunk::from_vec(elements[..n].to_vec(), &shape).unwrap();
        let of = ArgExtreme { is_max, skip_nan: false };
        let mut parts = Vec::new();
        for row in (0..shape[0]).step_by(cuts[0] as usize) {
            for column in (0..shape[1]).step_by(cuts[1] as usize) {
                let rows = part(&array, 0, row, cuts[0].min(shape[0] - row));
                let block = part(&rows, 1, column, cuts[1].min(shape[1] - column));
                let place = Place { starts: &[row, column], array_shape: &shape };
                parts.push(arg_reduce(of, None, place, &block).unwrap());
            }
        }
        parts.reverse();
        let found = arg_finish(None, &arg_combine(of, &parts).unwrap()).unwrap();
        let best = if is_max { elements[..n].iter().max() } else { elements[..n].iter().min() };
        let expected = elements.iter().position(|element| Some(element) == best).unwrap() as i64;
        prop_assert_eq!(found.as_slice::<i64>().unwrap(), [expected]);
    }
}

#[test]
fn what_lies_elsewhere_is_refused() {
    let block = Chunk::from_vec(vec![1_u8, 2], &[2]).unwrap();
    let of: ArgExtreme = "nanargmax".parse().unwrap();
    assert_eq!(of.to_string(), "nanargmax");
    let reduce = |axis, starts: &[u64], array_shape: &[u64]| {
        arg_reduce(of, axis, Place { starts, array_shape }, &block).unwrap_err()
    };
    assert!(matches!(reduce(None, &[2], &[3]), Error::OutsideArray { .. }));
    assert!(matches!(reduce(None, &[u64::MAX], &[3]), Error::OutsideArray { .. }));
    assert!(matches!(reduce(None, &[0], &[2, 2]), Error::OutsideArray { .. }));
    assert!(matches!(reduce(None, &[0], &[u64::MAX]), Error::OutsideArray { .. }));
    assert!(matches!(reduce(Some(1), &[0], &[2]), Error::Axis { .. }));
    let floats = Chunk::from_vec(vec![0.0], &[]).unwrap();
    let wrong = Extremes { values: floats.clone(), positions: floats };
    assert!(matches!(arg_finish(None, &wrong), Err(Error::Invalid { .. })));
    assert!(matches!(arg_combine(of, &[wrong]), Err(Error::Invalid { .. })));
    assert!(matches!(arg_combine(of, &[]), Err(Error::Empty { .. })));
    assert!(matches!("max".parse::<ArgExtreme>(), Err(Error::NoSuchMode { .. })));
}
