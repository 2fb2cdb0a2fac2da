//! Quantiles, against NumPy.

use gristmill_data::{Chunk, DType};

use super::*;
use crate::array::testing::{check, compute, floats, refused};
use crate::s;

const METHODS: &str = "inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull \
    linear median_unbiased normal_unbiased lower higher midpoint nearest";
const SOME: [f64; 5] = [0.0, 0.1, 0.5, 0.6875, 1.0];

/// What `tests.py` has.
fn arrays(chunks: [i64; 2]) -> [Array; 3] {
    let x: Vec<i32> = (0..72).map(|n| (n * 37) % 23 - 7).collect();
    let y: Vec<f64> = (0..72).map(|n| f64::from((n * 11) % 17) / 4.0 - 1.0).collect();
    let mut gaps = y.clone();
    for at in [8, 24, 70] {
        gaps[at] = f64::NAN;
    }
    [
        Array::from_chunk(Chunk::from_vec(x, &[12, 6]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(y, &[12, 6]).unwrap(), chunks),
        Array::from_chunk(Chunk::from_vec(gaps, &[12, 6]).unwrap(), chunks),
    ]
}

#[test]
fn quantiles_are_those_of_numpy() {
    check(include_str!("tests.json"), 1e-15, &[[12, 6], [5, 2], [-1, 4]], |chunks| {
        let [x, y, gaps] = arrays(chunks);
        let mut cases = Vec::new();
        for name in METHODS.split_whitespace() {
            let method: QuantileMethod = name.parse().unwrap();
            cases.push((format!("all {name}"), y.quantile(SOME, (), method)));
            cases.push((format!("ints {name}"), x.quantile(SOME, (), method)));
            cases.push((format!("columns {name}"), x.quantile(SOME, 0, method)));
            cases.push((format!("rows without nan {name}"), gaps.nanquantile(SOME, 1, method)));
            cases.push((format!("all without nan {name}"), gaps.nanquantile(SOME, (), method)));
        }
        let linear = QuantileMethod::Linear;
        let second = Array::arange(0, 6, 1, 2).eq(2);
        let row = y.where_else(&second.logical_not(), f64::NAN);
        let line: Vec<f64> = (0..72).map(|n| f64::from((n * 11) % 17) / 4.0 - 1.0).collect();
        let line = Array::from_chunk(Chunk::from_vec(line, &[72]).unwrap(), [chunks[0]]);
        for (name, of) in [("ints", &x), ("floats", &y), ("gaps", &gaps), ("row", &row), ("line", &line)] {
            for (axis, of_axis) in [("None", Axes::from(())), ("0", 0.into()), ("-1", (-1).into())] {
                cases.push((format!("median {name} {axis}"), of.median(of_axis.clone())));
                cases.push((format!("nanmedian {name} {axis}"), of.nanmedian(of_axis.clone())));
                cases.push((format!("one {name} {axis}"), of.quantile(0.3, of_axis, linear)));
            }
        }
        for dtype in [DType::Float16, DType::Float32, DType::Int8, DType::UInt64] {
            let of = (&y * 4).abs().astype(dtype);
            cases.push((format!("all {dtype}"), of.quantile(SOME, (), linear)));
            cases.push((format!("median {dtype}"), of.median(())));
        }
        let (few, none) = (y.compress(&x.slice(s![.., 0]).gt(0), 0), y.slice(s![0..0]));
        let infinite = y.where_else(&y.lt(1.25), f64::INFINITY).where_else(&y.ge(1), f64::NEG_INFINITY);
        let cube = gaps.reshape(&[4, 3, 6]).rechunk([3, 2, chunks[1]]);
        let more = [
            ("percentile", y.percentile([5.0, 50.0, 99.5], 0, linear)),
            ("percentile of all", y.percentile(20.0, (), linear)),
            ("nanpercentile", gaps.nanpercentile([5.0, 50.0], (), linear)),
            ("booleans", x.gt(4).median(())),
            ("one number", Array::full(7.0, &[], 1).median(())),
            ("nothing", none.median(())),
            ("a part", few.median(())),
            ("with infinity", infinite.median(())),
            ("two axes", cube.quantile(SOME, [0, 2], linear)),
            ("two other axes", cube.nanmedian([2, 1])),
            ("three axes", cube.median([0, 1, 2])),
        ];
        cases.extend(more.map(|(name, array)| (name.to_owned(), array)));
        cases
    });
}

#[test]
fn what_has_no_quantile_is_refused() {
    let [x, y, _] = arrays([5, 2]);
    let linear = QuantileMethod::Linear;
    refused(&y.quantile(1.5, (), linear), "between 0 and 1");
    refused(&y.percentile([50.0, -1.0], 0, linear), "between 0 and 1");
    refused(&y.quantile(f64::NAN, 0, linear), "between 0 and 1");
    refused(&y.quantile(0.5, [0, 0], linear), "twice");
    refused(&y.median(2), "no axis 2");
    refused(&x.gt(1).quantile(0.5, (), linear), "astype");
    refused(&y.astype(DType::Complex64).median(()), "astype");
    let part = y.compress(&x.slice(s![.., 0]).gt(0), 0);
    refused(&part.median(0), "with_known_shape");
}

/// All elements of large arrays are not in one task: no input is larger than a block or the counts.
#[test]
fn no_task_holds_all_elements() {
    let x = crate::array::Generator::new(3).normal(0.0, 1.0, &[3_000, 20], [1_000, 20]);
    let found = floats(&compute(&x.quantile([0.25, 0.5], (), QuantileMethod::Linear)).unwrap());
    let mut all = floats(&compute(&x).unwrap());
    all.sort_by(f64::total_cmp);
    let expected = |at: f64| {
        let low = at.floor() as usize;
        all[low] + (all[low + 1] - all[low]) * at.fract()
    };
    let last = (all.len() - 1) as f64;
    assert_eq!(found, [expected(last * 0.25), expected(last * 0.5)]);
    let plan = x.median(()).explain().unwrap();
    assert!(!plan.contains("rechunk"), "{plan}");
}
