//! Histograms, against NumPy.

use gristmill_data::{Chunk, DType};

use crate::array::testing::{check, compute, refused};
use crate::array::{Bins, Histogram, histogram2d, histogramdd};
use crate::{Array, s};

/// What `tests.py` has.
fn arrays(chunks: [i64; 2]) -> [Array; 4] {
    let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23).collect();
    let y: Vec<f64> = (0..60).map(|n| f64::from((n * 11) % 17) / 4.0).collect();
    let mut gaps = y.clone();
    for at in [7, 20, 59] {
        gaps[at] = f64::NAN;
    }
    let weights: Vec<i64> = (0..60).map(|n| n % 5).collect();
    [
        Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(y, &[12, 5]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(gaps, &[12, 5]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(weights, &[12, 5]).unwrap(), [5, 3]),
    ]
}

fn edges() -> Array {
    Array::from_chunk(Chunk::from_vec(vec![0.0, 1.0, 1.5, 4.0], &[4]).unwrap(), 2)
}

#[test]
fn histograms_are_those_of_numpy() {
    check(include_str!("tests.json"), 1e-15, &[[12, 5], [5, 2], [1, 1], [7, -1]], |chunks| {
        let [x, y, gaps, weights] = arrays(chunks);
        let floats = (&y / 3).astype(DType::Float32);
        let mut cases = Vec::new();
        let mut add = |name: &str, histogram: Histogram, with_density: bool| {
            if with_density {
                cases.push((format!("{name} density"), histogram.density()));
            }
            cases.push((name.to_owned(), histogram.counts));
            let edges = histogram.edges.into_iter().enumerate();
            cases.extend(edges.map(|(axis, edges)| (format!("{name} edges {axis}"), edges)));
        };
        add("ints", x.histogram(7, None), true);
        add("floats", y.histogram(10, None), true);
        add("singles", floats.histogram(10, None), false);
        add("singles in a range", floats.histogram((3, 0.1, 0.9), None), false);
        add("halves", y.astype(DType::Float16).histogram(4, None), false);
        add("in a range", gaps.histogram((5, 0.5, 3.5), None), false);
        add("in no range", y.histogram((3, 2.0, 2.0), None), false);
        add("edges", gaps.histogram(&edges(), None), true);
        add("weights", y.histogram(4, Some(&y)), false);
        add("whole weights", x.histogram(&edges(), Some(&weights)), false);
        add("one number", y.clip(3, 3).histogram(3, None), false);
        add("booleans", x.gt(4).histogram(2, None), false);
        add("nothing", x.slice(s![0..0]).histogram(3, None), false);
        add("a part", x.compress(&x.slice(s![.., 0]).gt(7), 0).histogram(3, None), false);
        add("two", histogram2d(&x, &y, [Bins::from(4), Bins::from(&edges())], None), true);
        let three = [(0.0, 20.0, 4), (0.0, 4.0, 4), (1.0, 3.0, 3)];
        let three = three.map(|(from, to, n)| Bins::from(&Array::linspace(from, to, n, -1)));
        let points = [x, gaps, weights];
        add("three", histogramdd(&points, &three, None), true);
        add("three with weights", histogramdd(&points, &three, Some(&y)), false);
        cases
    });
}

#[test]
fn what_has_no_bins_is_refused() {
    let [x, y, gaps, weights] = arrays([5, 2]);
    refused(&x.histogram(0, None).counts, "one bin");
    refused(&x.histogram((3, 2.0, 1.0), None).counts, "no range");
    refused(&x.histogram((3, 0.0, f64::INFINITY), None).edges[0], "no range");
    refused(&x.histogram(&x, None).counts, "one axis");
    refused(&(&y * gristmill_data::number::Complex64::new(0.0, 1.0)).histogram(2, None).counts, "parts");
    refused(&Array::zeros(DType::Datetime64Ns, &[2], 1).histogram(2, None).counts, "need edges");
    refused(&x.histogram(2, Some(&weights.slice(s![1..]))).counts, "not the same");
    refused(&histogramdd(&[x.clone(), y.clone()], &[Bins::from(2)], None).counts, "bins for 1");
    refused(&histogramdd(&[], &[], None).counts, "at least one");
    let error = compute(&gaps.histogram(3, None).counts).unwrap_err();
    assert!(error.contains("must be finite"), "{error}");
    let falling = compute(&x.histogram(&edges().flip(0), None).counts).unwrap_err();
    assert!(falling.contains("must rise"), "{falling}");
}

/// The bytes of counts were more than 64 bits can count, which stopped the program.
#[test]
fn more_bins_than_can_be_counted_are_refused() {
    let [x, y, ..] = arrays([5, 2]);
    let bins = || Bins::from((1 << 32, 0.0, 1.0));
    refused(
        &histogram2d(&x.ravel(), &y.ravel(), [bins(), bins()], None).counts,
        "more elements than 64 bits can count",
    );
}
