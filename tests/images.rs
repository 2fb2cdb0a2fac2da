//! What solar physicists do with stacks of images: filters that look at neighbours, and wavelets along time.

use std::collections::HashMap;

use gristmill::collections::Callee;
use gristmill::collections::array::{Boundary, Overlap, concatenate};
use gristmill::prelude::*;

use crate::support::cluster;

const SHAPE: [u64; 3] = [6, 20, 24];

/// The stack of `tests/data/images/make.py`, an image in each chunk.
fn stack() -> Array {
    let n = SHAPE.iter().product::<u64>();
    let elements = (0..n).map(|at| (at * 7919 % 1009) as f32 / 16.0).collect();
    Array::from_chunk(Chunk::from_vec(elements, &SHAPE).unwrap(), [1, -1, -1])
}

/// A function of the window of so many rows and columns around each element; what lies beyond the block is left as it is.
fn filter(name: &str, radius: usize, of: impl Fn(&[f32]) -> f32 + Send + Sync + 'static) -> Callee {
    native(name, move |args| {
        let chunk = args[0].as_chunk()?;
        let &[n, rows, columns] = chunk.shape() else { panic!("no stack") };
        let [n, rows, columns] = [n, rows, columns].map(|length| length as usize);
        let from = chunk.as_slice::<f32>()?;
        let mut to = from.to_vec();
        let mut window = Vec::new();
        for (image, row) in (0..n).flat_map(|image| (radius..rows - radius).map(move |row| (image, row))) {
            for column in radius..columns - radius {
                window.clear();
                for near in row - radius..=row + radius {
                    let start = (image * rows + near) * columns + column - radius;
                    window.extend_from_slice(&from[start..=start + 2 * radius]);
                }
                to[(image * rows + row) * columns + column] = of(&window);
            }
        }
        Ok(Chunk::from_vec(to, chunk.shape())?.into())
    })
}

/// Of deviation 1, cut off after 4.
fn gaussian() -> Callee {
    let weights: Vec<f64> = (-4..=4).map(|x: i32| (-0.5 * f64::from(x * x)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let weights: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
    filter("gaussian", 4, move |window| {
        let rows = window.chunks(9).zip(&weights);
        rows.map(|(row, by)| by * row.iter().zip(&weights).map(|(x, by)| by * f64::from(*x)).sum::<f64>())
            .sum::<f64>() as f32
    })
}

fn median() -> Callee {
    filter("median", 1, |window| {
        let mut window = window.to_vec();
        window.sort_by(f32::total_cmp);
        window[4]
    })
}

/// Averages of pairs along an axis, and after them half of their differences.
fn haar(x: &Array, axis: i64) -> Array {
    let x = x.moveaxis(axis, 0);
    let (first, second) = (x.slice(s![..;2]), x.slice(s![1..;2]));
    concatenate(&[(&first + &second) / 2.0, (&first - &second) / 2.0], 0).moveaxis(0, axis)
}

#[test]
fn filters_and_wavelets_are_those_of_scipy_in_any_chunks() {
    let expected: HashMap<String, Vec<f64>> =
        serde_json::from_str(include_str!("data/images/images.json")).unwrap();
    let cluster = cluster();
    let client = cluster.client();
    let (gaussian, median) = (gaussian(), median());
    let around = |depth: u64| Overlap::along(1, depth, Boundary::Reflect).and(2, depth, Boundary::Reflect);
    let mut first: Option<Vec<Chunk>> = None;
    for chunks in [[6, 20, 24], [1, 20, 24], [-1, 7, 8], [4, 5, 24]] {
        let x = stack().rechunk(chunks);
        let smooth = x.map_overlap(gaussian.clone(), &around(4), DType::Float32);
        let wavelets = haar(&haar(&haar(&smooth.astype(DType::Float64), 0), 1), 2);
        let arrays = [
            ("gaussian", smooth.clone()),
            ("median", x.map_overlap(median.clone(), &around(1), DType::Float32)),
            ("threshold", smooth.where_else(&smooth.gt(30.0), 0.0)),
            ("haar", wavelets),
        ];
        let results = client.compute(&arrays.each_ref().map(|(_, array)| array.clone())).unwrap();
        for ((name, _), result) in arrays.iter().zip(&results) {
            let elements: Vec<f64> = match result.dtype() {
                DType::Float32 => result.as_slice::<f32>().unwrap().iter().map(|&x| x.into()).collect(),
                _ => result.as_slice::<f64>().unwrap().to_vec(),
            };
            let expected = &expected[*name];
            assert_eq!((result.shape(), elements.len()), (&SHAPE[..], expected.len()), "{name}");
            let worst = elements.iter().zip(expected).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
            assert!(worst <= 1e-5, "{name} {chunks:?}: {worst}");
        }
        // Not nearly but exactly, where blocks meet.
        match &first {
            None => first = Some(results),
            Some(first) => assert_eq!(&results, first, "{chunks:?}"),
        }
    }
}
