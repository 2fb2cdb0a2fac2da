//! Against the same elements picked one by one.

use gristmill_data::{Chunk, ChunkGrid, ChunkRuns, DType, Value};
use proptest::prelude::*;

use crate::call;

/// An array of the places of its elements, whole.
fn places(shape: &[u64]) -> Chunk {
    let n: u64 = shape.iter().product();
    Chunk::from_vec((0..n as i32).collect(), shape).unwrap()
}

fn text(grid: &ChunkGrid) -> Value {
    ChunkRuns::from(grid).to_string().into()
}

fn integers(items: &[i64]) -> Value {
    Value::list(items.iter().copied())
}

/// Each element of an n-d range: its position.
fn positions(shape: &[u64]) -> Vec<Vec<u64>> {
    if shape.contains(&0) {
        return Vec::new();
    }
    ChunkGrid::regular(shape, &vec![1; shape.len()]).map_or(Vec::new(), |grid| grid.blocks().collect())
}

/// The place of a position in C order.
fn place(position: &[i64], shape: &[u64]) -> i32 {
    position.iter().zip(shape).fold(0, |place, (&at, &length)| place * length as i32 + at as i32)
}

/// The blocks between the first and the last that a part's block touches, in C order, cut out of the whole array.
fn touched(grid: &ChunkGrid, part: &[(Vec<i64>, usize)]) -> Vec<Chunk> {
    let spans: Vec<(u64, u64)> = part
        .iter()
        .map(|(positions, axis)| {
            let chunk = |position: i64| {
                let mut at: u64 = 0;
                grid.chunks(*axis).iter().position(|length| {
                    at += length;
                    (position as u64) < at
                })
            };
            let chunks: Vec<usize> = positions.iter().map(|&position| chunk(position).unwrap()).collect();
            match (chunks.iter().min(), chunks.iter().max()) {
                (Some(&first), Some(&last)) => (first as u64, last as u64 + 1),
                _ => (0, 0),
            }
        })
        .collect();
    let lengths: Vec<u64> = spans.iter().map(|(first, end)| end - first).collect();
    let shape = grid.shape();
    let blocks = positions(&lengths).into_iter().map(|block| {
        let block: Vec<u64> = block.iter().zip(&spans).map(|(at, (first, _))| at + first).collect();
        let (offset, lengths) = (grid.block_offset(&block).unwrap(), grid.block_shape(&block).unwrap());
        let elements = positions(&lengths).into_iter().map(|position| {
            let position: Vec<i64> =
                position.iter().zip(&offset).map(|(at, first)| (at + first) as i64).collect();
            place(&position, &shape)
        });
        Chunk::from_vec(elements.collect::<Vec<i32>>(), &lengths).unwrap()
    });
    if spans.is_empty() { vec![places(&[])] } else { blocks.collect() }
}

/// Along one axis: chunk lengths, where a slice starts, its step, and the chunk lengths of the slice.
fn axis() -> impl Strategy<Value = (Vec<u64>, i64, i64, Vec<u64>)> {
    let chunks = prop::collection::vec(0_u64..9, 1..5);
    (chunks, any::<prop::sample::Index>(), -12_i64..12, 0_u64..20, 1_u64..6).prop_map(
        |(chunks, start, step, length, cut)| {
            let whole: u64 = chunks.iter().sum();
            let start = if whole == 0 { 0 } else { start.index(whole as usize) as i64 };
            let step = if step == 0 { 1 } else { step };
            let room = if step > 0 { whole as i64 - 1 - start } else { start };
            let length = if whole == 0 { 0 } else { length.min((room / step.abs() + 1) as u64) };
            let mut part = vec![cut; (length / cut) as usize];
            if length % cut > 0 || length == 0 {
                part.push(length % cut);
            }
            (chunks, start, step, part)
        },
    )
}

proptest! {
    #[test]
    fn parts_are_what_single_elements_say(axes in prop::collection::vec(axis(), 0..4)) {
        let grid = ChunkGrid::new(axes.iter().map(|axis| axis.0.clone()).collect()).unwrap();
        let out = ChunkGrid::new(axes.iter().map(|axis| axis.3.clone()).collect()).unwrap();
        let (starts, steps): (Vec<i64>, Vec<i64>) = axes.iter().map(|axis| (axis.1, axis.2)).unzip();
        for (index, block) in out.blocks().enumerate() {
            let (offset, shape) = (out.block_offset(&block).unwrap(), out.block_shape(&block).unwrap());
            let source = |axis: usize, at: u64| starts[axis] + steps[axis] * at as i64;
            let part: Vec<(Vec<i64>, usize)> = (0..axes.len()).map(|axis| {
                ((offset[axis]..offset[axis] + shape[axis]).map(|at| source(axis, at)).collect(), axis)
            }).collect();
            let blocks = touched(&grid, &part);
            let args = [
                "int32".into(), text(&grid), integers(&starts), integers(&steps), text(&out), (index as i64).into(),
                Value::list(blocks),
            ];
            let found = call("select", &args).unwrap();
            let elements = positions(&shape).into_iter().map(|position| {
                let at: Vec<i64> = position.iter().enumerate().map(|(axis, at)| source(axis, offset[axis] + at)).collect();
                place(&at, &grid.shape())
            });
            let expected = Chunk::from_vec(elements.collect::<Vec<i32>>(), &shape).unwrap();
            prop_assert_eq!(found, Value::Chunk(expected));
        }
    }

    #[test]
    fn transposed_elements_are_where_they_belong(
        shape in prop::collection::vec(1_u64..40, 0..4),
        order in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
        new in 0_usize..4,
        gaps in any::<bool>(),
    ) {
        let mut axes: Vec<i64> = order.into_iter().filter(|&axis| axis < shape.len()).map(|axis| axis as i64).collect();
        axes.insert(new.min(axes.len()), -1);
        let chunk = places(&shape);
        let present = (0..chunk.n_elements()).map(|n| !gaps || n % 3 > 0).collect::<Vec<_>>();
        let chunk = Chunk::try_new(DType::Int32, &shape, chunk.data().clone(), Some(present.clone().into())).unwrap();
        let found = call("transpose", &[integers(&axes), chunk.into()]).unwrap();
        let found = found.as_chunk().unwrap();
        let length = |axis: i64| if axis < 0 { 1 } else { shape[axis as usize] };
        let expected_shape: Vec<u64> = axes.iter().map(|&axis| length(axis)).collect();
        prop_assert_eq!(found.shape(), &expected_shape[..]);
        for (n, position) in positions(&expected_shape).into_iter().enumerate() {
            let mut at = vec![0; shape.len()];
            for (&axis, &along) in axes.iter().zip(&position) {
                if axis >= 0 {
                    at[axis as usize] = along as i64;
                }
            }
            let expected = place(&at, &shape);
            prop_assert_eq!(found.as_slice::<i32>().unwrap()[n], expected);
            let is_present = found.validity().is_none_or(|validity| validity.is_valid(n));
            prop_assert_eq!(is_present, present[expected as usize]);
        }
    }
}

proptest! {
    #[test]
    fn diagonals_have_elements_that_are_equally_far(
        shape in prop::collection::vec(0_u64..30, 2..5),
        axes in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
    ) {
        let axes: Vec<usize> = axes.into_iter().filter(|&axis| axis < shape.len()).take(2).collect();
        let found = call("diagonal", &[integers(&[axes[0] as i64, axes[1] as i64]), places(&shape).into()]).unwrap();
        let others: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
        let lengths: Vec<u64> =
            others.iter().map(|&axis| shape[axis]).chain([shape[axes[0]].min(shape[axes[1]])]).collect();
        let elements = positions(&lengths).into_iter().map(|position| {
            let mut at = vec![*position.last().unwrap() as i64; shape.len()];
            others.iter().zip(&position).for_each(|(&axis, &along)| at[axis] = along as i64);
            place(&at, &shape)
        });
        let expected = Chunk::from_vec(elements.collect::<Vec<i32>>(), &lengths).unwrap();
        prop_assert_eq!(found, Value::Chunk(expected));
    }
}

#[test]
fn blocks_are_reshaped_as_their_grid_says() {
    let call = |grid: &str, index: i64| {
        call("reshape", &[grid.into(), index.into(), places(&[6]).into()]).map_err(|error| error.to_string())
    };
    assert_eq!(call("2,3;2", 1), Ok(places(&[3, 2]).into()));
    assert!(call("2,3;2", 0).unwrap_err().contains("6"));
    assert!(call("2,3;2", 2).unwrap_err().contains("no block"));
}

#[test]
fn diagonals_along_one_axis_are_refused() {
    let fails = |axes: &[i64], words: &str| {
        let error = call("diagonal", &[integers(axes), places(&[3, 3]).into()]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    fails(&[1, 1], "axis 1");
    fails(&[0, 2], "axis 2");
    fails(&[0], "two axes");
}

#[test]
fn made_blocks_are_pieces_of_the_whole() {
    let make = |name: &str, dtype: &str, own: &[Value], grid: &str, index: i64| {
        let args: Vec<Value> = [dtype.into()]
            .into_iter()
            .chain(own.iter().cloned())
            .chain([grid.into(), index.into()])
            .collect();
        call(name, &args).map(|value| value.as_chunk().unwrap().clone()).map_err(|error| error.to_string())
    };
    let floats = make("arange", "float64", &[1.0.into(), 0.1.into(), 0.into()], "2x3", 1).unwrap();
    assert_eq!(floats.as_slice::<f64>().unwrap(), [3, 4, 5].map(|i| 1.0 + f64::from(i) * 0.1));
    let bytes = make("arange", "uint8", &[250.into(), 3.into(), 1.into()], "2;2x2", 1).unwrap();
    assert_eq!((bytes.shape(), bytes.as_slice::<u8>().unwrap()), (&[2, 2][..], &[0, 3, 0, 3][..]));
    let full = make("full", "complex64", &[2.into()], "1,2;3", 1).unwrap();
    assert_eq!(full.as_slice::<gristmill_data::number::Complex32>().unwrap(), [2.0.into(); 6]);
    let eye = make("eye", "int8", &[(-1).into()], "2x2;2x2", 2).unwrap();
    assert_eq!(eye.as_slice::<i8>().unwrap(), [0, 1, 0, 0]);
    let eye = make("eye", "int8", &[0.into()], "2x2;2x2", 3).unwrap();
    assert_eq!(eye.as_slice::<i8>().unwrap(), [1, 0, 0, 1]);

    let fails = |name: &str, dtype: &str, own: &[Value], grid: &str, index: i64, words: &str| {
        let error = make(name, dtype, own, grid, index).unwrap_err();
        assert!(error.contains(words), "{error}");
    };
    fails("full", "int8", &[200.into()], "2", 0, "200 does not fit into int8");
    fails("full", "int8", &["a".into()], "2", 0, "a number");
    fails("full", "int8", &[0.into()], "2", 1, "no block of index 1");
    fails("full", "int8", &[0.into()], "4000000000", 0, "4000000000 elements");
    fails("arange", "int8", &[0.into(), 1.into(), 1.into()], "2", 0, "no axis 1");
    fails("eye", "int8", &[0.into()], "2", 0, "no axis 1");
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let call = |of: &str, starts: &[i64], steps: &[i64], grid: &str, blocks: Vec<Chunk>| {
        let args = [
            "int32".into(),
            of.into(),
            integers(starts),
            integers(steps),
            grid.into(),
            0.into(),
            Value::list(blocks),
        ];
        call("select", &args).map_err(|error| error.to_string()).unwrap_err()
    };
    let two = || vec![places(&[2])];
    assert!(call("2", &[1], &[1], "2", two()).contains("outside"));
    assert!(call("2", &[1], &[-1], "3", two()).contains("outside"));
    assert!(call("2", &[i64::MAX], &[i64::MAX], "2", two()).contains("outside"));
    assert!(call("2", &[0, 0], &[1], "2", two()).contains("as many axes"));
    assert!(call("2", &[0], &[1], "2", vec![]).contains("more or fewer"));
    assert!(call("2x2", &[1], &[1], "2", vec![places(&[2]), places(&[3])]).contains("another shape"));
}

/// Large arrays are put together by several threads: every element in its place.
#[test]
fn whole_arrays_are_their_blocks() {
    let grid = ChunkGrid::new(vec![vec![700, 1, 2000, 299], vec![1000, 37]]).unwrap();
    let whole = places(&grid.shape());
    let runs = ChunkRuns::from(&grid);
    let blocks: Vec<Chunk> = (0..8)
        .map(|index| {
            let one = ChunkGrid::new(vec![vec![3000], vec![1037]]).unwrap();
            let (zeros, ones) = (integers(&[0, 0]), integers(&[1, 1]));
            let args = [
                "int32".into(),
                text(&one),
                zeros,
                ones,
                text(&grid),
                Value::Int(index),
                Value::list([whole.clone()]),
            ];
            call("select", &args).unwrap().as_chunk().unwrap().clone()
        })
        .collect();
    assert_eq!(crate::assemble(DType::Int32, &runs, &blocks).unwrap(), whole);
    let few = crate::assemble(DType::Int32, &runs, &blocks[1..]).unwrap_err();
    assert!(few.to_string().contains("block"), "{few}");
}
