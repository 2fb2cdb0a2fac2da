//! Lazy arrays: against NumPy, and against themselves cut in another way.

use std::collections::HashMap;

use gristmill::collections::Collection;
use gristmill::collections::array::{
    Axes, BlockReduction, Blockwise, Boundary, Gufunc, Index, KeepDims, MapBlocks, Overlap, concatenate,
    stack,
};
use gristmill::data::number::Complex64;
use gristmill::kernels::{Reduction, ReductionKind};
use gristmill::prelude::*;
use proptest::prelude::*;

use crate::support::{cluster, component};

/// What NumPy computed: `tests/data/expressions/make.py`.
struct Expected {
    dtype: String,
    shape: Vec<u64>,
    elements: Vec<f64>,
}

fn numpy() -> HashMap<String, Expected> {
    let lines = include_str!("data/expressions/expressions.json").lines();
    lines
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let numbers = |name: &str| line[name].as_array().unwrap().iter().map(|n| n.as_f64().unwrap());
            let expected = Expected {
                dtype: line["dtype"].as_str().unwrap().to_owned(),
                shape: numbers("shape").map(|n| n as u64).collect(),
                elements: numbers("elements").collect(),
            };
            (line["name"].as_str().unwrap().to_owned(), expected)
        })
        .collect()
}

/// The elements as floats; two of each complex number.
fn floats(chunk: &Chunk) -> Vec<f64> {
    fn each<T: gristmill::data::Element>(chunk: &Chunk, float: impl Fn(T) -> f64) -> Vec<f64> {
        chunk.as_slice::<T>().unwrap().iter().map(|&element| float(element)).collect()
    }
    match chunk.dtype() {
        DType::Boolean => each(chunk, |x: bool| x.into()),
        DType::Int8 => each(chunk, |x: i8| x.into()),
        DType::Int32 => each(chunk, |x: i32| x.into()),
        DType::Int64 => each(chunk, |x: i64| x as f64),
        DType::Float32 => each(chunk, |x: f32| x.into()),
        DType::Float64 => each(chunk, |x: f64| x),
        DType::Complex128 => {
            chunk.as_slice::<Complex64>().unwrap().iter().flat_map(|x| [x.re, x.im]).collect()
        }
        other => panic!("no test has {other}"),
    }
}

/// The expressions of `make.py`, of arrays that are cut like this.
fn expressions(chunks: [i64; 2]) -> Vec<(&'static str, Array)> {
    let x: Vec<i32> = (0..60).map(|n| (n * 37) % 23 - 7).collect();
    let y: Vec<f64> = (0..60).map(|n| f64::from((n * 11) % 17) / 4.0).collect();
    let x = Array::from_chunk(Chunk::from_vec(x, &[12, 5]).unwrap(), chunks);
    let y = Array::from_chunk(Chunk::from_vec(y, &[12, 5]).unwrap(), [5, 2]);
    let r = Array::arange(0, 5, 1, 3) * 0.5;
    let i = Complex64::new(0.0, 1.0);
    let keep = Reduction::of(ReductionKind::Sum);
    vec![
        ("x", x.clone()),
        ("x + y", &x + &y),
        ("x * 2 - 1", &x * 2 - 1),
        ("x / 3", &x / 3),
        ("x // r broadcast", x.floor_divide(&r + 1)),
        ("x % 4", &x % 4),
        ("x ** 2", x.power(2)),
        ("x > y", x.gt(&y)),
        ("where", x.where_else(&x.gt(0), &y)),
        ("slice rows", x.slice(s![2..9])),
        ("slice steps", x.slice(s![1..;3, ..;-2])),
        ("slice backwards", x.slice(s![..;-1, 4])),
        ("slice negative", x.slice(s![-3.., -4..-1])),
        ("slice nothing", x.slice(s![5..5])),
        ("new axis", x.slice(s![.., NewAxis, 1..3])),
        ("ellipsis", x.slice(s![Ellipsis, 0])),
        ("slice of sum", (&x + &y * &r).slice(s![3..7, 1..])),
        ("transpose", x.t()),
        ("x.T @ broadcast", x.t() - r.slice(s![.., NewAxis])),
        ("mean", y.mean(())),
        ("mean 0", y.mean(0)),
        ("std 1", y.std(1)),
        ("var ddof", y.var_ddof((), 1)),
        ("sum keepdims", y.reduce(keep, 1, KeepDims::Yes)),
        ("centred", &y - y.mean(0)),
        ("normalised", (&y - y.mean(0)) / y.std(0)),
        ("every second less the mean", y.slice(s![..;2]) - y.mean(0)),
        ("max", x.max(0)),
        ("min all", x.min(())),
        ("any", x.gt(14).any(1)),
        ("all", x.gt(-8).all(())),
        ("count", x.count_nonzero(1)),
        ("ptp", x.ptp(0)),
        ("concatenate", concatenate(&[x.clone(), y.slice(s![..3])], 0)),
        ("stack", stack(&[x.clone(), &x + 1], 1)),
        ("roll", x.roll(5, 0)),
        ("flip", x.flip(1)),
        ("clip", x.clip(-2, 5)),
        ("round", y.round(1)),
        ("linspace", Array::linspace(-1.0, 1.0, 7, 3)),
        ("arange", Array::arange(10, -5, -4, 2)),
        ("arange floats", Array::arange(0.0, 1.0, 0.3, "auto")),
        ("eye", Array::eye(DType::Int8, 4, 5, 1, [3, 2])),
        ("hypot", x.hypot(&y)),
        ("cumsum 0", x.cumsum(0)),
        ("cumsum 1", y.cumsum(1)),
        ("cumprod", (y.slice(s![.., ..2]) + 0.5).cumprod(0)),
        ("running greatest", x.cummax(0)),
        ("sort 0", x.sort(0)),
        ("sort 1", y.sort(1)),
        ("argsort", y.argsort(0)),
        ("x.T @ y", x.t().matmul(&y)),
        ("x @ vector", x.dot(&r)),
        ("vector @ vector", y.slice(s![.., 0]).dot(&x.slice(s![.., 1]))),
        ("complex", (&x + i * &y).sum(0)),
        ("int8 wraps", x.astype(DType::Int8) * 100),
        ("float32 stays", y.astype(DType::Float32) * 2.5),
    ]
}

#[test]
fn expressions_are_those_of_numpy() {
    let cluster = cluster();
    let expected = numpy();
    let mut wrong = Vec::new();
    for chunks in [[12, 5], [5, 2], [1, 1], [7, -1]] {
        let (names, arrays): (Vec<_>, Vec<_>) = expressions(chunks).into_iter().unzip();
        assert_eq!(names.len(), expected.len());
        let results = cluster.client().compute(&arrays).unwrap();
        for ((name, array), result) in names.into_iter().zip(&arrays).zip(results) {
            let Expected { dtype, shape, elements } = &expected[name];
            assert_eq!((array.dtype(), array.shape()), (result.dtype(), result.shape().to_vec()), "{name}");
            let given = floats(&result);
            let close =
                |(given, expected): (&f64, &f64)| (given - expected).abs() <= 1e-14 * expected.abs().max(1.0);
            let same = given.len() == elements.len() && given.iter().zip(elements).all(close);
            if result.dtype().name() != dtype || result.shape() != &shape[..] || !same {
                wrong.push(format!(
                    "{name} {chunks:?}: {result:?} {given:?}, NumPy {dtype} {shape:?} {elements:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One step of a random expression.
#[derive(Debug, Clone)]
enum Step {
    Add(usize, usize),
    Scale(usize, i32),
    Reduce(usize, u8, i64, bool),
    Slice(usize, i64, i64, i64),
    Transpose(usize),
    Recut(usize, i64, i64),
    Join(usize, usize),
    Root(usize),
    Running(usize, i64),
    Sort(usize, i64),
    Product(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let pick = 0_usize..12;
    prop_oneof![
        (pick.clone(), pick.clone()).prop_map(|(a, b)| Step::Add(a, b)),
        (pick.clone(), -3_i32..4).prop_map(|(a, by)| Step::Scale(a, by)),
        (pick.clone(), 0_u8..5, 0_i64..2, any::<bool>())
            .prop_map(|(a, kind, axis, keep)| Step::Reduce(a, kind, axis, keep)),
        (pick.clone(), -9_i64..9, -9_i64..9, -3_i64..4)
            .prop_map(|(a, start, stop, by)| Step::Slice(a, start, stop, by)),
        pick.clone().prop_map(Step::Transpose),
        (pick.clone(), 1_i64..9, 1_i64..9).prop_map(|(a, n, m)| Step::Recut(a, n, m)),
        (pick.clone(), pick.clone()).prop_map(|(a, b)| Step::Join(a, b)),
        pick.clone().prop_map(Step::Root),
        (pick.clone(), 0_i64..2).prop_map(|(a, axis)| Step::Running(a, axis)),
        (pick.clone(), 0_i64..2).prop_map(|(a, axis)| Step::Sort(a, axis)),
        (pick.clone(), pick).prop_map(|(a, b)| Step::Product(a, b)),
    ]
}

/// The expression of these steps on arrays that are cut, or not: the last one that is possible.
fn build(steps: &[Step], chunks: Option<[i64; 2]>) -> Array {
    let cut = |array: Array| match chunks {
        Some([n, m]) if array.ndim() == 2 => array.rechunk([n, m]),
        Some([n, _]) => array.rechunk(n as u64),
        None => array.rechunk(-1),
    };
    let x = Chunk::from_vec((0..77).map(|n| f64::from(n * 7919 % 101) / 8.0).collect(), &[11, 7]).unwrap();
    let mut arrays = vec![
        cut(Array::from_chunk(x, -1)),
        cut(Generator::new(3).integers(0, 50, &[11, 7], -1)),
        cut(Array::arange(0, 7, 1, -1)),
    ];
    for step in steps {
        let at = |n: usize| arrays[n % arrays.len()].clone();
        let next = match *step {
            Step::Add(a, b) => at(a) + at(b),
            Step::Scale(a, by) => at(a) * by - 1.5,
            Step::Root(a) => at(a).abs().sqrt(),
            Step::Running(a, axis) => at(a).cumsum(axis),
            Step::Sort(a, axis) => at(a).sort(axis),
            // Small again, so that products of products stay finite.
            Step::Product(a, b) => at(a).t().dot(&at(b)).clip(-100, 100),
            Step::Reduce(a, kind, axis, keep) => {
                let kinds = [
                    ReductionKind::Sum,
                    ReductionKind::Mean,
                    ReductionKind::Max,
                    ReductionKind::Count,
                    ReductionKind::Var { ddof: 0 },
                ];
                let keep = if keep { KeepDims::Yes } else { KeepDims::No };
                at(a).reduce(Reduction::of(kinds[kind as usize]), axis, keep)
            }
            Step::Slice(a, start, stop, by) => {
                at(a).slice([Index::Slice { start: Some(start), stop: Some(stop), step: by }])
            }
            Step::Transpose(a) => at(a).t(),
            // The whole one stays whole.
            Step::Recut(a, n, m) if chunks.is_some() && at(a).ndim() == 2 => at(a).rechunk([n, m]),
            Step::Recut(a, ..) => at(a),
            Step::Join(a, b) => concatenate(&[at(a), at(b)], 0),
        };
        // What is not possible is left out, and so is what grows too large.
        if next.check().is_ok() && next.size() < 10_000 {
            arrays.push(next);
        }
    }
    arrays.pop().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// However an array is cut, it has the same elements.
    #[test]
    fn cutting_changes_nothing(steps in prop::collection::vec(step(), 1..14), n in 1_i64..12, m in 1_i64..8) {
        let cluster = cluster();
        let (cut, whole) = (build(&steps, Some([n, m])), build(&steps, None));
        prop_assert_eq!((cut.shape(), cut.dtype()), (whole.shape(), whole.dtype()));
        let results = cluster.client().compute(&[cut, whole]).unwrap();
        prop_assert_eq!(results[0].shape(), results[1].shape());
        for (cut, whole) in floats(&results[0]).into_iter().zip(floats(&results[1])) {
            let close = (cut - whole).abs() <= 1e-9 * whole.abs().max(1.0);
            prop_assert!(close || cut == whole || cut.is_nan() && whole.is_nan(), "{} and {}", cut, whole);
        }
    }
}

#[test]
fn only_what_is_needed_runs_and_only_once() {
    let rng = Generator::new(1);
    let x = rng.normal(0.0, 1.0, &[1000, 1000], [100, 1000]);
    // One pass for the elements, one for the partials, and what combines them.
    let program = Array::program(&[((&x * 2 + 1).sqrt()).mean(())]).unwrap();
    let layers: Vec<String> =
        program.graph.layers().iter().map(|layer| format!("{} {}", layer.n_tasks(), layer.name)).collect();
    assert_eq!(layers, ["10 random", "10 mean", "1 mean-combine", "1 mean-finish"]);
    // The mean is computed once, although it is written twice.
    let program = Array::program(&[&x - x.mean(0), &x / x.mean(0)]).unwrap();
    assert_eq!(program.graph.layers().iter().filter(|layer| &*layer.name == "mean").count(), 1);
    // A slice goes before what is computed of it: one block of ten is touched.
    let part = ((&x + 1) * 3).slice(s![..50, ..;2]);
    let explained = part.explain().unwrap();
    let computed = explained.split("computed").nth(1).unwrap();
    assert!(
        computed.contains("#0 random")
            && computed.contains("#1 select")
            && computed.contains("#2 add multiply"),
        "{explained}"
    );
    // Slices of slices and chunks of chunks are one.
    let twice = x.slice(s![100..]).rechunk([50, 50]).slice(s![..;3]);
    let layers = Array::program(&[twice]).unwrap().graph.layers().len();
    assert_eq!(layers, 2);
}

#[test]
fn mistakes_are_told_when_the_array_is_asked_for() {
    let cluster = cluster();
    let x = Array::ones(DType::Float64, &[4, 3], 2);
    let says = |array: &Array, words: &str| {
        let error = array.check().unwrap_err().to_string();
        assert!(error.contains(words), "no {words:?} in {error}");
        let error = (array + 1).compute(&cluster.client()).unwrap_err().to_string();
        assert!(error.contains(words), "no {words:?} in {error}");
    };
    says(&(&x + Array::ones(DType::Int8, &[4], 2)), "`add` is not possible here: shapes (4, 3) and (4,)");
    says(&x.mean(2), "`mean` is not possible here: an array of 2 axes has no axis 2");
    says(&x.mean([0, -2]), "twice");
    says(&x.slice(s![4]), "4 is no place along axis 0");
    says(&x.slice(s![..;0]), "step of 0");
    says(&x.slice(s![0, 0, 0]), "3 indices");
    says(&x.slice(s![Ellipsis, Ellipsis]), "more than one");
    says(&x.rechunk("lots"), "`lots` is neither");
    says(&x.rechunk([1]), "chunks are given for 1 axes");
    says(&x.rechunk(vec![vec![3], vec![3]]), "axis 0 do not add up");
    says(&x.transpose(&[0, 0]), "no order of 2 axes");
    says(&x.slice(s![..0]).max(0), "no value for no elements");
    says(&(&x & 1), "`bitwise_and` is not defined for float64");
    says(&(x.astype(DType::UInt8) + 300), "300 does not fit into uint8");
    says(&concatenate(&[x.clone(), x.t()], 0), "differ along another axis");
    says(&concatenate(&[], 0), "at least one");
    says(&x.squeeze(0), "longer than 1");
    says(&x.matmul(&x), "shapes [4, 3] and [4, 3] do not fit");
    says(&x.matmul(&Array::ones(DType::Int8, &[4], 1)), "shapes [4, 3] and [4] do not fit");
    says(&x.cumsum(2), "no axis 2");
    says(&Array::arange(0, 5, 0, 1), "goes nowhere");
    says(&Generator::new(0).normal(0.0, -1.0, &[3], 1), "std");
    // Found by the task that meets it.
    let power = Array::full(2, &[3], 1).power(Array::full(-1, &[3], 1));
    let error = power.compute(&cluster.client()).unwrap_err().to_string();
    assert!(error.contains("negative power"), "{error}");
}

#[test]
fn chunks_are_lengths_or_bytes() {
    let grid = |array: Array| array.check().map(|()| array.numblocks()).unwrap();
    let zeros = |chunks: &str| Array::zeros(DType::Float64, &[10_000, 10_000], chunks);
    assert_eq!(grid(zeros("8 MB")), [10, 10]);
    assert_eq!(grid(zeros("1 B")), [10_000, 10_000]);
    assert_eq!(grid(zeros("1GiB")), [1, 1]);
    assert_eq!(grid(Array::zeros(DType::Float64, &[3, 1_000_000], "1 MB")), [1, 25]);
    assert_eq!(grid(Array::zeros(DType::Int8, &[100, 100], [-1, 30])), [1, 4]);
    assert_eq!(grid(Array::zeros(DType::Int8, &[0, 100], 10)), [1, 10]);
    assert_eq!(grid(Array::full(1, &[], -1)), Vec::<u64>::new());
}

#[test]
fn long_chains_are_built_run_and_dropped() {
    let cluster = cluster();
    let mut x = Array::arange(0, 10, 1, 5);
    for _ in 0..20_000 {
        x = x + 1;
    }
    let result = x.compute(&cluster.client()).unwrap();
    assert_eq!(result.as_slice::<i64>().unwrap(), (20_000..20_010).collect::<Vec<_>>());
}

#[test]
fn arrays_stay_on_the_workers_when_persisted() {
    let cluster = cluster();
    let client = cluster.client();
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = calls.clone();
    let double = native("double", move |args| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let doubled: Vec<i64> = args[0].as_chunk()?.as_slice::<i64>()?.iter().map(|x| x * 2).collect();
        Ok(Chunk::from_vec(doubled, args[0].as_chunk()?.shape())?.into())
    });
    let x = Array::arange(0, 100, 1, 10).map_blocks(double, &[], DType::Int64);
    let held = client.persist_arrays(&[x]).unwrap().remove(0);
    let sum = held.sum(()).compute(&client).unwrap();
    let max = held.max(Axes::from(0)).compute(&client).unwrap();
    assert_eq!((floats(&sum), floats(&max)), (vec![9900.0], vec![198.0]));
    assert_eq!(calls.load(std::sync::atomic::Ordering::Relaxed), 10);
}

#[test]
fn components_are_called_with_blocks() {
    let cluster = cluster();
    let client = cluster.client();
    let stats = component("stats");
    let x = Array::arange(0, 1000, 1, 100).astype(DType::Float64);
    let float = DType::Float64;
    let own = std::slice::from_ref(&x);
    let map = |function: &str| MapBlocks::new(stats.function(function), float);
    let overlap = Overlap::all(3, Boundary::Periodic);
    let mean = BlockReduction::of_component(&stats, "mean", float);
    let sum = Gufunc::new(stats.function("sum_f64"), "(i)->()", &[float]).allow_rechunk();
    let whole = delayed(stats.function("scale"), args![Chunk::from_vec(vec![1.0, 2.0], &[2]).unwrap(), 3.0]);
    let results = [
        map("sum_f64").chunks([1]).call(own),
        map("scale").literal(2.5).call(own),
        map("scale").literal(2.5).overlap(&overlap).call(own),
        x.reduction(&mean.split_every(3), ()),
        sum.call(own).remove(0),
        Array::from_delayed(&whole, &[2], float),
        Blockwise::new(stats.function("echo"), "i", float).array(&x, "i").call(),
    ];
    let results: Vec<Vec<f64>> = client.compute(&results).unwrap().iter().map(floats).collect();
    let [sums, scaled, overlapped, mean, sum, from_delayed, same] = &results[..] else { unreachable!() };
    assert_eq!(sums[3], (300..400).sum::<i64>() as f64);
    assert_eq!(*scaled, (0..1000).map(|n| f64::from(n) * 2.5).collect::<Vec<_>>());
    assert_eq!((scaled, mean, sum), (overlapped, &vec![499.5], &vec![499_500.0]));
    assert_eq!((from_delayed, same.len()), (&vec![3.0, 6.0], 1000));
    // And back: a component's function of one block.
    let block = x.to_delayed().unwrap().remove(9);
    let sum = delayed(stats.function("sum_f64"), args![block]).compute(&client).unwrap();
    assert_eq!(sum, Value::Float((900..1000).sum::<i64>() as f64));
}

#[test]
fn blocks_are_held_to_what_is_declared() {
    let cluster = cluster();
    let stats = component("stats");
    let x = Array::arange(0, 10, 1, 5).astype(DType::Float64);
    let says = |array: &Array, words: &[&str]| {
        let error = array.compute(&cluster.client()).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "no {words:?} in {error}");
    };
    says(
        &x.map_blocks(stats.function("sum_f64"), &[], DType::Float64),
        &["stats.sum_f64", "it gave float for block ["],
    );
    let scale = || MapBlocks::new(stats.function("scale"), DType::Float32).literal(2.0);
    says(
        &scale().call(std::slice::from_ref(&x)),
        &["stats.scale", "it gave float64 of shape (5,)", "float32 of shape (5,) is"],
    );
    let info = MapBlocks::new(stats.function("echo"), DType::Float64).block_info();
    says(&info.chunks(vec![vec![2, 3]]).call(&[]), &["stats.echo", "it gave map<list<uint>>"]);
    // Arguments of other types are refused before anything runs.
    let error = scale().literal("text").call(&[x]).compute(&cluster.client()).unwrap_err().to_string();
    assert!(error.contains("stats.scale") && error.contains("argument"), "{error}");
}

#[test]
fn random_arrays_are_the_same_however_they_are_cut() {
    let cluster = cluster();
    let normal = |chunks: i32| Generator::new(7).normal(10.0, 2.0, &[300, 70], chunks);
    let results = cluster.client().compute(&[normal(13), normal(300), normal(64)]).unwrap();
    assert!(results[0] == results[1] && results[1] == results[2]);
    let [mean, std] = [normal(100).mean(()), normal(100).std(())];
    let moments = cluster.client().compute(&[mean, std]).unwrap();
    assert!((floats(&moments[0])[0] - 10.0).abs() < 0.06 && (floats(&moments[1])[0] - 2.0).abs() < 0.05);
}
