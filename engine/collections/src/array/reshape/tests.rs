//! Against NumPy, and against C order spelled out.

use gristmill_data::{Chunk, ChunkGrid, DType};
use proptest::prelude::*;

use super::*;
use crate::array::plan::topological;
use crate::array::testing::{check, compute, refused, sample};
use crate::s;

#[test]
fn shapes_are_those_of_numpy() {
    let cuts = [[12, 5], [5, 2], [1, 1], [3, -1], [-1, 2]];
    check(include_str!("tests.json"), 0.0, &cuts, |chunks| {
        let x = sample(&[12, 5], chunks);
        let c = sample(&[2, 3, 4, 5], [-1, 2, chunks[1], 3]);
        vec![
            ("ravel", x.ravel()),
            ("flatten of a transpose", x.t().flatten()),
            ("merged and split", x.reshape(&[3, 4, 5])),
            ("split", x.reshape(&[12, 5, 1]).reshape(&[6, 2, -1])),
            ("rows of other lengths", x.reshape(&[5, 12])),
            ("rows across", x.reshape(&[4, -1])),
            ("merged in the middle", c.reshape(&[2, 12, 5])),
            ("merged at both ends", c.reshape(&[6, 20])),
            ("split otherwise", c.reshape(&[8, 3, 5])),
            ("new axes", c.reshape(&[1, 2, 3, 1, 4, 5, 1])),
            ("one number", x.slice(s![..1, ..1]).reshape(&[])),
            ("from one number", Array::full(7, &[], 1).reshape(&[1, -1])),
            ("nothing", x.slice(s![..0]).reshape(&[5, -1, 3])),
            ("of a sum", (&x + 1).reshape(&[15, 4]).sum(1)),
            ("slice", x.reshape(&[4, 15]).slice(s![1..3, ..;4])),
        ]
    });
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let x = sample(&[12, 5], 4);
    refused(&x.reshape(&[7, 8]), "60 elements do not fill the shape [7, 8]");
    refused(&x.reshape(&[7, -1]), "do not fill");
    refused(&x.reshape(&[-1, -1]), "one may be -1");
    refused(&x.reshape(&[-2, 30]), "0 or more");
    refused(&x.reshape(&[i64::MAX, i64::MAX]), "do not fill");
    refused(&x.slice(s![..0]).reshape(&[0, -1]), "do not fill");
    refused(&x.reshape(&vec![1; 99]), "do not fill");
    refused(&sample(&[], 1).reshape(&vec![1; 99]), "axes");
    refused(&x.compress(&x.slice(s![.., 0]).gt(0), 0).reshape(&[-1]), "with_known_shape");
    // Its blocks would be too many to count.
    let long = Array::zeros(DType::Int8, &[1 << 40, 1 << 20], [1 << 20, 1]);
    refused(&long.ravel(), "chunks");
}

/// The operations that an array is made of, from the last to the first.
fn names(array: &Array) -> Vec<String> {
    topological(std::slice::from_ref(array)).iter().rev().map(|array| array.op().name().to_owned()).collect()
}

#[test]
fn blocks_that_follow_each_other_are_kept() {
    let kept = |chunks: [i64; 2], shape: &[i64], expected: &[u64]| {
        let y = sample(&[12, 6], chunks).reshape(shape);
        assert_eq!((names(&y), &y.numblocks()[..]), (vec!["reshape".into(), "data".into()], expected));
    };
    kept([5, -1], &[-1], &[3]);
    kept([1, 4], &[-1], &[24]);
    kept([4, -1], &[6, 12], &[3, 1]);
    kept([-1, 3], &[12, 2, 3], &[1, 2, 1]);
    kept([-1, -1], &[8, 9], &[1, 1]);
    let y = sample(&[12, 6], [5, 4]).reshape(&[1, 12, 1, 6]);
    assert_eq!(names(&y), ["transpose", "data"]);
    assert_eq!(y.numblocks(), [1, 3, 1, 2]);
}

#[test]
fn chunks_stay_short() {
    let huge = Array::zeros(DType::Float64, &[1 << 20, 1 << 20], [1 << 10, 1 << 10]);
    for shape in [&[-1][..], &[1 << 10, -1], &[1 << 30, -1], &[1 << 5, 1 << 30, 1 << 5]] {
        let y = huge.reshape(shape);
        y.check().unwrap();
        let (nbytes, n) = (y.n_chunk_elements() * 8, y.grid().n_chunks());
        assert!((1 << 20..=CHUNK_NBYTES).contains(&nbytes) && n <= 1 << 21, "{shape:?}: {nbytes} B, {n}");
    }
    // Those that are long already may stay so.
    let long = Array::zeros(DType::Int8, &[1 << 10, 1 << 26], [1 << 9, -1]);
    assert_eq!(long.ravel().numblocks(), [2]);
}

fn chunks(lengths: std::ops::Range<u64>) -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(lengths, 1..4)
}

fn primes(mut n: u64) -> Vec<u64> {
    let mut factors = Vec::new();
    for prime in 2.. {
        if n <= 1 {
            break;
        }
        while n.is_multiple_of(prime) {
            factors.push(prime);
            n /= prime;
        }
    }
    factors
}

/// Chunks, and the lengths of other axes that hold as many elements.
fn shapes() -> impl Strategy<Value = (Vec<Vec<u64>>, Vec<u64>)> {
    prop::collection::vec(chunks(0..4), 0..4).prop_flat_map(|axes| {
        let n: u64 = axes.iter().map(|chunks| chunks.iter().sum::<u64>()).product();
        let factors = Just(primes(n)).prop_shuffle();
        (Just(axes), factors, prop::collection::vec(0_usize..4, 12)).prop_map(
            move |(axes, factors, places)| {
                let mut shape = vec![1; 4];
                for (factor, place) in factors.iter().zip(places.iter().cycle()) {
                    shape[*place] *= factor;
                }
                shape.truncate(
                    shape.iter().rposition(|&length| length != 1).map_or(places[0], |last| last + 1),
                );
                if n == 0 {
                    shape.push(0);
                }
                (axes, shape)
            },
        )
    })
}

/// The blocks of a cut, each with the places of its elements among those of all axes in C order.
fn places(axes: &[Vec<u64>]) -> Vec<Vec<u64>> {
    let grid = ChunkGrid::new(axes.to_vec()).unwrap();
    let shape = grid.shape();
    let blocks = grid.blocks().map(|block| {
        let (offset, lengths) = (grid.block_offset(&block).unwrap(), grid.block_shape(&block).unwrap());
        let single = ChunkGrid::regular(&lengths, &vec![1; lengths.len()]).unwrap();
        let place = |at: Vec<u64>| {
            let at = at.iter().zip(&offset).map(|(at, first)| at + first);
            at.zip(&shape).fold(0, |place, (at, length)| place * length + at)
        };
        single.blocks().map(place).collect()
    });
    blocks.collect()
}

/// Blocks follow each other, and are as long as those of one axis.
fn follow(cut: &Cut) -> bool {
    let places = places(&cut.axes);
    let lengths: Vec<u64> = places.iter().map(|block| block.len() as u64).collect();
    places.iter().flatten().copied().eq(0..lengths.iter().sum()) && lengths == cut.flat
}

proptest! {
    #[test]
    fn elements_stay_in_order((axes, shape) in shapes()) {
        let grid = ChunkGrid::new(axes).unwrap();
        let n: u64 = grid.shape().iter().product();
        let x = Chunk::from_vec((0..n as i64).collect(), &grid.shape()).unwrap();
        let lengths: Vec<i64> = shape.iter().map(|&length| length as i64).collect();
        let y = (Array::from_chunk(x, &grid) + 1).reshape(&lengths);
        let found = compute(&y).unwrap();
        prop_assert_eq!((found.shape(), y.shape()), (&shape[..], shape.clone()));
        prop_assert_eq!(found.as_slice::<i64>().unwrap(), (1..=n as i64).collect::<Vec<_>>());
    }

    #[test]
    fn merged_blocks_follow_each_other(axes in prop::collection::vec(chunks(1..4), 1..5), room in 1_u64..99) {
        let before: u64 = axes.iter().map(|chunks| max(chunks)).product();
        let lengths: Vec<u64> = axes.iter().map(|chunks| chunks.iter().sum()).collect();
        let was = axes.clone();
        let cut = merge(axes, room).unwrap();
        prop_assert!(follow(&cut));
        prop_assert_eq!(cut.axes.iter().map(|chunks| chunks.iter().sum()).collect::<Vec<u64>>(), lengths);
        prop_assert!(max(&cut.flat) <= room.max(before) || cut.axes == was, "{:?}", cut.flat);
    }

    #[test]
    fn split_blocks_follow_each_other((axes, lengths) in shapes(), room in 1_u64..99) {
        let flat: Vec<u64> = axes.iter().flatten().copied().collect();
        let n: u64 = lengths.iter().product();
        // Chunks of some lengths that hold as many elements.
        let flat = subdivided(&[n.max(1)], max(&flat).max(1)).unwrap();
        let lengths: Vec<u64> = lengths.iter().map(|&length| length.max(1)).collect();
        prop_assume!(lengths.iter().product::<u64>() == n.max(1) && !lengths.is_empty());
        let cut = split(&flat, &lengths, room).unwrap();
        prop_assert!(follow(&cut));
        prop_assert!(max(&cut.flat) <= room.max(max(&flat)), "{:?}", cut.flat);
    }

    #[test]
    fn chunks_end_after_those_that_they_are_made_of(own in chunks(0..9), of in 1_u64..7) {
        let made = in_multiples(&own, of);
        let total: u64 = own.iter().sum();
        prop_assert_eq!(made.iter().sum::<u64>(), total.div_ceil(of));
        prop_assert!(made.len() <= own.len() && (total == 0 || !made.contains(&0)));
        let parts = subdivided(&own, of).unwrap();
        prop_assert!(max(&parts) <= of);
        prop_assert_eq!(parts.iter().sum::<u64>(), total);
    }
}
