//! Functions over blocks, against NumPy's over whole arrays.

use gristmill_data::{Chunk, DType, TaskError, Value};

use super::{BlockReduction, Blockwise, Gufunc, MapBlocks, vectorize};
use crate::array::testing::{check, compute, floats, refused};
use crate::array::{KeepDims, concatenate, stack};
use crate::{Array, Callee, args, delayed, kernel, native, s};

const FLOAT: DType = DType::Float64;

fn arrays(chunks: [i64; 2]) -> (Array, Array) {
    let x: Vec<f64> = (0..60).map(|n| f64::from((n * 37) % 23 - 7) / 2.0).collect();
    let y: Vec<f64> = (0..60).map(|n| f64::from((n * 11) % 17)).collect();
    let of = |elements| Array::from_chunk(Chunk::from_vec(elements, &[12, 5]).unwrap(), chunks);
    (of(x), of(y).rechunk([5, 2]))
}

/// A closure of chunks of floats: shapes and elements to a shape and elements.
fn of_floats(
    name: &'static str,
    function: impl Fn(&[(&[u64], &[f64])]) -> (Vec<u64>, Vec<f64>) + Send + Sync + 'static,
) -> Callee {
    native(name, move |args| {
        let chunks = args.iter().map(|arg| {
            let chunk = arg.as_chunk()?;
            Ok((chunk.shape(), chunk.as_slice::<f64>()?))
        });
        let (shape, elements) = function(&chunks.collect::<Result<Vec<_>, TaskError>>()?);
        Ok(Chunk::from_vec(elements, &shape)?.into())
    })
}

/// The sums along an axis of a matrix.
fn sums(chunk: (&[u64], &[f64]), axis: usize) -> Vec<f64> {
    let [n, m] = [chunk.0[0] as usize, chunk.0[1] as usize];
    let mut sums = vec![0.0; if axis == 0 { m } else { n }];
    chunk
        .1
        .iter()
        .enumerate()
        .for_each(|(place, x)| sums[if axis == 0 { place % m } else { place / m }] += x);
    sums
}

fn maps(x: &Array, y: &Array) -> Vec<(&'static str, Array)> {
    let r = Array::arange(0, 5, 1, 2).astype(FLOAT);
    let kernel = |name: &str| kernel(name).unwrap();
    let map = |callee: Callee| MapBlocks::new(callee, FLOAT);
    let gone = |axis: usize| {
        of_floats("sums", move |chunks| {
            let sums = sums(chunks[0], axis);
            (vec![sums.len() as u64], sums)
        })
    };
    let all = of_floats("sum", |chunks| (vec![], vec![chunks[0].1.iter().sum()]));
    let with_axis = |at: usize| {
        of_floats("new axis", move |chunks| {
            let mut shape = chunks[0].0.to_vec();
            shape.insert(at, 1);
            (shape, chunks[0].1.to_vec())
        })
    };
    let one_for_another = of_floats("sums", |chunks| {
        let sums = sums(chunks[0], 1);
        (vec![sums.len() as u64, 1], sums)
    });
    let pick = native("pick", |args| {
        let factor = args[1].get("factors").unwrap().as_list()?[1].clone();
        Ok(gristmill_kernels::call("mul", &[args[0].clone(), factor])?)
    });
    let factors = crate::Argument::Map(vec![("factors".into(), vec![1.5, 2.5].into())]);
    let plus_sum = native("plus sum", |args| {
        let sum = gristmill_kernels::call("sum", &args[1..])?;
        Ok(gristmill_kernels::call("add", &[args[0].clone(), sum])?)
    });
    let large = Chunk::from_vec((0..5).map(f64::from).collect(), &[5]).unwrap();
    vec![
        ("scaled", map(kernel("mul")).literal(3).call(std::slice::from_ref(x))),
        ("two arrays", x.map_blocks(kernel("add"), std::slice::from_ref(y), FLOAT)),
        ("of a row", map(kernel("add")).call(&[x.clone(), r])),
        ("table of factors", map(pick).literal(factors).call(std::slice::from_ref(x))),
        ("whole chunk for each", map(plus_sum).literal(large).call(std::slice::from_ref(x))),
        ("rows gone", map(gone(0)).drop_axis(0).call(std::slice::from_ref(x))),
        ("columns gone", map(gone(1)).drop_axis(-1).call(std::slice::from_ref(x))),
        ("all gone", map(all).drop_axis(0).drop_axis(1).call(std::slice::from_ref(x))),
        ("new first axis", map(with_axis(0)).new_axis(0).call(std::slice::from_ref(x))),
        ("new last axis", map(with_axis(2)).new_axis(-1).call(std::slice::from_ref(x))),
        ("one for another", map(one_for_another).drop_axis(1).new_axis(1).call(std::slice::from_ref(x))),
        ("starts", map(places()).block_info().call(std::slice::from_ref(x))),
        ("from nowhere", map(nowhere()).block_info().chunks(vec![vec![4, 3], vec![1, 2]]).call(&[])),
    ]
}

/// The places of a block's elements, of what it is told of itself.
fn places() -> Callee {
    native("places", |args| {
        let list = |name: &str| args[1].get(name).unwrap().as_list().unwrap();
        let number = |name: &str, at: usize| list(name)[at].as_uint().unwrap();
        assert_eq!(args[0].as_chunk()?.shape(), [number("shape", 0), number("shape", 1)]);
        assert!((0..2).all(|axis| number("block", axis) < number("n_blocks", axis)));
        let [n, m] = [number("shape", 0), number("shape", 1)];
        let place =
            |at: u64| (number("start", 0) + at / m) * number("array_shape", 1) + number("start", 1) + at % m;
        Ok(Chunk::from_vec((0..n * m).map(|at| place(at) as f64).collect(), &[n, m])?.into())
    })
}

fn nowhere() -> Callee {
    native("nowhere", |args| {
        let pair = |name: &str| {
            let list = args[0].get(name).unwrap().as_list().unwrap();
            [list[0].as_uint().unwrap(), list[1].as_uint().unwrap()]
        };
        let ([row, column], [n, m]) = (pair("start"), pair("shape"));
        let at = |place: u64| (10 * (row + place / m) + column + place % m) as f64;
        Ok(Chunk::from_vec((0..n * m).map(at).collect(), &[n, m])?.into())
    })
}

fn blockwise(x: &Array, y: &Array) -> Vec<(&'static str, Array)> {
    let r = Array::arange(0, 5, 1, 2).astype(FLOAT);
    let kernel = |name: &str| kernel(name).unwrap();
    let of = |callee: Callee, output: &str| Blockwise::new(callee, output, FLOAT);
    // Blocks of each side in lists of as many.
    let lists = native("products", |args| {
        let mut sum = Value::Null;
        for (left, right) in args[0].as_list()?.iter().zip(args[1].as_list()?) {
            let left = gristmill_kernels::call("transpose", &[Value::list([1, 0]), left.clone()])?;
            let product = gristmill_kernels::call("matmul", &[left, right.clone()])?;
            sum = match sum {
                Value::Null => product,
                sum => gristmill_kernels::call("add", &[sum, product])?,
            };
        }
        Ok(sum)
    });
    let outer = of_floats("outer", |chunks| {
        let products = chunks[0].1.iter().flat_map(|a| chunks[1].1.iter().map(move |b| a * b));
        (vec![chunks[0].0[0], chunks[1].0[0]], products.collect())
    });
    let turned = native("turned", |args| {
        Ok(gristmill_kernels::call("transpose", &[Value::list([1, 0]), args[0].clone()])?)
    });
    let repeated = of_floats("repeated", |chunks| {
        let (shape, elements) = chunks[0];
        (vec![shape[0], 2 * shape[1]], elements.iter().flat_map(|&x| [x, x]).collect())
    });
    let column = x.slice(s![.., 0]);
    vec![
        ("product", of(kernel("matmul"), "ij").array(&x.t(), "ik").array(y, "kj").concatenate().call()),
        ("product of lists", of(lists, "ij").array(x, "ki").array(y, "kj").call()),
        ("outer", of(outer, "ij").array(&column, "i").array(&r, "j").call()),
        ("transposed", of(turned, "ji").array(x, "ij").call()),
        ("repeated", of(repeated, "ij").array(x, "ij").adjust_chunks('j', |n| 2 * n).call()),
    ]
}

fn gufuncs(x: &Array, y: &Array) -> Vec<(&'static str, Array)> {
    let r = Array::arange(0, 5, 1, 2).astype(FLOAT);
    let slice = |value: &Value| value.as_chunk().unwrap().as_slice::<f64>().unwrap().to_vec();
    let dot = vectorize("dot", "(i),(i)->()", &[FLOAT], move |args| {
        Ok(slice(&args[0]).iter().zip(slice(&args[1])).map(|(a, b)| a * b).sum::<f64>().into())
    });
    let dot = Gufunc::new(dot.unwrap(), "(i),(i)->()", &[FLOAT]).allow_rechunk();
    let apply = vectorize("apply", "(i,j),(j)->(i)", &[FLOAT], move |args| {
        let (matrix, vector) = (slice(&args[0]), slice(&args[1]));
        let rows =
            matrix.chunks(vector.len()).map(|row| row.iter().zip(&vector).map(|(a, b)| a * b).sum::<f64>());
        let n = (matrix.len() / vector.len()) as u64;
        Ok(Chunk::from_vec(rows.collect(), &[n])?.into())
    });
    let apply = Gufunc::new(apply.unwrap(), "(i,j),(j)->(i)", &[FLOAT]).allow_rechunk();
    let matrices = stack(&[x.clone(), y.clone(), x + y], 0);
    let vectors = stack(&[r.clone(), &r + 1, &r * 2], 0);
    let extremes = vectorize("extremes", "(i)->(),(),(k)", &[FLOAT; 3], move |args| {
        let lane = slice(&args[0]);
        let least = lane.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = lane.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ends = Chunk::from_vec(vec![lane[0], lane[lane.len() - 1]], &[2])?;
        Ok(Value::list([Value::from(least), greatest.into(), ends.into()]))
    });
    let extremes = Gufunc::new(extremes.unwrap(), "(i) -> (), (), (k)", &[FLOAT; 3]).output_size("k", 2);
    let results = extremes.allow_rechunk().call(std::slice::from_ref(x));
    let [least, greatest, ends] = &results[..] else { panic!("{results:?}") };
    let single = |arrays: &[Array], of: &Gufunc| of.call(arrays).remove(0);
    vec![
        ("inner products", single(&[x.clone(), y.clone()], &dot)),
        ("inner with a row", single(&[x.clone(), r], &dot)),
        ("of stacked matrices", single(&[matrices, vectors], &apply)),
        ("least", least.clone()),
        ("greatest", greatest.clone()),
        ("ends", ends.clone()),
    ]
}

fn along_axes(x: &Array) -> Vec<(&'static str, Array)> {
    let lane = |function: fn(&[f64]) -> Vec<f64>| {
        let signature = "(i)->(o)";
        let made = vectorize("lane", signature, &[FLOAT], move |args| {
            let lane = function(args[0].as_chunk()?.as_slice()?);
            let n = lane.len() as u64;
            Ok(Chunk::from_vec(lane, &[n])?.into())
        });
        made.unwrap()
    };
    let ends = vectorize("ends", "(i)->()", &[FLOAT], |args| {
        let lane = args[0].as_chunk()?.as_slice::<f64>()?;
        Ok((lane[0] * 2.0 - lane[lane.len() - 1]).into())
    });
    let backwards = lane(|lane| {
        let sums = lane.iter().rev().scan(0.0, |sum, x| {
            *sum += x;
            Some(*sum)
        });
        sums.take(3).collect()
    });
    let twice = lane(|lane| lane.iter().flat_map(|&x| [x, x]).collect());
    vec![
        ("along 0", x.apply_along_axis(ends.unwrap(), 0, None, FLOAT)),
        ("along -1", x.apply_along_axis(backwards, -1, 3, FLOAT)),
        ("along 0 longer", x.apply_along_axis(twice, 0, 24, FLOAT)),
        ("over axes", x.apply_over_axes(|x, axis| x.sum(axis), &[0, 1])),
        ("over axes kept", x.apply_over_axes(Array::cumsum, &[0, -1])),
    ]
}

/// The sum of squares along axes that a literal says, the last of which may stay, of partial results that are lists of numbers.
fn squares(axes: &[i64], keepdims: KeepDims) -> BlockReduction {
    let list = |items: Vec<f64>| Value::list(items);
    let chunk = native("squares.chunk", move |args| {
        let chunk = args[0].as_chunk()?;
        let squares: Vec<f64> = chunk.as_slice::<f64>()?.iter().map(|x| x * x).collect();
        let axes = args[1].as_list()?;
        Ok(match axes {
            [axis] => list(sums((chunk.shape(), &squares), axis.as_int()? as usize)),
            _ => list(vec![squares.iter().sum()]),
        })
    });
    let combine = native("squares.combine", move |args| {
        let mut sums: Vec<f64> = Vec::new();
        for part in args[0].as_list()? {
            let part = part.as_list()?;
            sums.resize(part.len(), 0.0);
            sums.iter_mut().zip(part).for_each(|(sum, x)| *sum += x.as_float().unwrap());
        }
        Ok(list(sums))
    });
    let aggregate = native("squares.aggregate", move |args| {
        let [last] = args[0].as_list()? else { panic!("one is left") };
        let scale = args.get(2).map_or(1.0, |scale| scale.as_float().unwrap());
        let sums = last
            .as_list()?
            .iter()
            .map(|x| Ok(scale * x.as_float()?))
            .collect::<Result<Vec<f64>, TaskError>>()?;
        let n = sums.len() as u64;
        let shape = match (args[1].as_list()?.len(), keepdims) {
            (2, _) => vec![],
            (_, KeepDims::Yes) => vec![n, 1],
            (_, KeepDims::No) => vec![n],
        };
        Ok(Chunk::from_vec(sums, &shape)?.into())
    });
    BlockReduction::new(chunk, combine, aggregate, FLOAT).literal(axes.to_vec()).keepdims(keepdims)
}

fn reductions(x: &Array) -> Vec<(&'static str, Array)> {
    let parts = |name| kernel(name).unwrap();
    let count = native("count and sum", |args| {
        let chunk = args[0].as_chunk()?.as_slice::<f64>()?;
        Ok(Chunk::from_vec(vec![chunk.len() as f64, chunk.iter().sum()], &[2])?.into())
    });
    let mean = native("mean", |args| {
        let last = args[0].as_list()?[0].as_chunk()?.as_slice::<f64>()?.to_vec();
        Ok((last[1] / last[0]).into())
    });
    let mean = BlockReduction::new(count, parts("sum"), mean, FLOAT);
    vec![
        ("squares", x.reduction(&squares(&[0, 1], KeepDims::No).split_every(2), ())),
        ("squares 0", x.reduction(&squares(&[0], KeepDims::No).split_every(3), 0)),
        ("squares kept", x.reduction(&squares(&[1], KeepDims::Yes), -1)),
        ("scaled squares", x.reduction(&squares(&[0], KeepDims::No).literal(4), 0)),
        ("mean", x.reduction(&mean, [0, 1])),
    ]
}

#[test]
fn functions_of_blocks_are_those_of_the_whole() {
    check(include_str!("tests.json"), 1e-14, &[[12, 5], [5, 2], [1, 1], [7, -1]], |chunks| {
        let (x, y) = arrays(chunks);
        let all = [maps(&x, &y), blockwise(&x, &y), gufuncs(&x, &y), along_axes(&x), reductions(&x)];
        all.into_iter().flatten().collect()
    });
}

#[test]
fn blocks_are_held_to_what_is_declared() {
    let x = Array::ones(FLOAT, &[4, 6], [2, 3]);
    let says = |array: Array, words: &str| {
        let error = compute(&array).unwrap_err();
        assert!(error.contains(words), "no {words:?} in {error}");
    };
    let first_row = of_floats("first row", |chunks| {
        (vec![1, chunks[0].0[1]], chunks[0].1[..chunks[0].0[1] as usize].to_vec())
    });
    let map = || MapBlocks::new(first_row.clone(), FLOAT);
    let declared = map().chunks([1, -1]).call(std::slice::from_ref(&x));
    assert_eq!((declared.shape(), floats(&compute(&declared).unwrap())), (vec![2, 6], vec![1.0; 12]));
    says(map().call(std::slice::from_ref(&x)), "first row[3]: ");
    says(
        map().call(std::slice::from_ref(&x)),
        "it gave float64 of shape (1, 3) for block [1, 1], and float64 of shape (2, 3) is declared",
    );
    says(x.map_blocks(first_row.clone(), &[], DType::Float32), "float32 of shape (2, 3) is declared");
    says(x.map_blocks(native("null", |_| Ok(Value::Null)), &[], FLOAT), "it gave null");
    // A number is a block of one element.
    let sums = MapBlocks::new(kernel("sum").unwrap(), FLOAT).chunks([1, 1]).call(std::slice::from_ref(&x));
    assert_eq!(floats(&compute(&sums).unwrap()), [6.0; 4]);
    // Lengths that are unknown are so in the result too.
    let some = x.compress(&Array::arange(0, 4, 1, 2).ge(1), 0).map_blocks(kernel("neg").unwrap(), &[], FLOAT);
    assert_eq!(compute(&some).unwrap().shape(), [3, 6]);
}

#[test]
fn the_check_is_part_of_the_call() {
    let x = Array::ones(FLOAT, &[100], 10).map_blocks(kernel("neg").unwrap(), &[], FLOAT);
    let program = <Array as crate::Collection>::program(&[x]).unwrap();
    let table = program.graph.optimize(&program.wanted).unwrap();
    let families: Vec<&str> = table.families.iter().map(|family| &*family.name).collect();
    assert_eq!((families, table.len()), (vec!["full-neg"], 10));
}

#[test]
fn arguments_may_be_lazy_themselves() {
    let x = Array::arange(0, 10, 1, 4);
    let by = delayed(kernel("add").unwrap(), args![1, 2]);
    let scaled =
        MapBlocks::new(kernel("mul").unwrap(), DType::Int64).literal(&by).call(std::slice::from_ref(&x));
    assert_eq!(compute(&scaled).unwrap(), compute(&(&x * 3)).unwrap());
    let whole = concatenate(&[scaled.clone(), scaled], 0).sum(());
    assert_eq!(floats(&compute(&whole).unwrap()), [270.0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let x = Array::ones(FLOAT, &[4, 6], [2, 3]);
    let own = std::slice::from_ref(&x);
    let neg = || kernel("neg").unwrap();
    let map = || MapBlocks::new(neg(), FLOAT);
    refused(&map().drop_axis(2).call(own), "no axis 2");
    refused(&map().drop_axis(0).drop_axis(-2).call(own), "twice");
    refused(&map().new_axis(1).new_axis(1).call(own), "twice");
    refused(&map().chunks([1]).call(own), "declared for 1 axes of a result that has 2");
    refused(&map().chunks(vec![vec![1], vec![3, 3]]).call(own), "1 chunks are declared along axis 0");
    refused(
        &map().call(&[x.clone(), Array::ones(FLOAT, &[5], 5)]),
        "`map_blocks` is not possible here: shapes",
    );
    refused(&map().call(&[]), "as lists");
    refused(&map().call(&[x.slice(s![9])]), "9 is no place");
    let of = |output: &str| Blockwise::new(neg(), output, FLOAT);
    refused(&of("ii").array(&x, "ij").call(), "twice");
    refused(&of("i").array(&x, "ii").call(), "diagonal");
    refused(&of("i").array(&x, "i").call(), "of an array of 2 axes");
    refused(&of("ijk").array(&x, "ij").call(), "no array has the index `k`");
    refused(&of("ij").array(&x, "ij").new_axis('i', [2]).call(), "an array's too");
    refused(&of("ij").array(&x, "ij").new_axis('z', [2]).call(), "none of the result's");
    refused(&of("ij").array(&x, "ij").adjust_chunks('z', |n| n).call(), "none of the result's");
    refused(&of("ij").array(&x, "ik").array(&x, "kj").call(), "different lengths along the index `k`");
    let many = Array::ones(FLOAT, &[2000, 2000], 1);
    refused(&of("").array(&many, "ij").call(), "fewer and larger chunks");
    let gufunc = |signature: &str| Gufunc::new(neg(), signature, &[FLOAT]);
    let first = |results: Vec<Array>| results.into_iter().next().unwrap();
    for signature in ["", "(i)", "i->i", "(i)->", "(i,)->()", "((i))->()", "(1)->()"] {
        refused(&first(gufunc(signature).call(own)), "no signature");
    }
    refused(&first(gufunc("(i)->(),()").call(own)), "2 results, and 1 dtypes");
    refused(&first(gufunc("(i),(i)->()").call(own)), "2 arrays, and 1 are given");
    refused(&first(gufunc("(i,j,k)->()").call(own)), "no 3 core axes");
    refused(&first(gufunc("(i)->()").call(own)), "several chunks");
    refused(&first(gufunc("(i)->(o)").allow_rechunk().call(own)), "core axis `o`");
    refused(&first(gufunc("(i,i)->()").allow_rechunk().call(&[Array::ones(FLOAT, &[3, 3], 3)])), "twice");
    refused(
        &first(gufunc("(i),(i)->()").allow_rechunk().call(&[x.clone(), x.slice(s![.., ..1])])),
        "core axis `i`",
    );
    refused(&x.apply_along_axis(neg(), 2, None, FLOAT), "no axis 2");
    refused(&x.apply_over_axes(|x, axis| x.sum(axis).sum(0), &[0]), "gives 0 axes");
    refused(&x.apply_over_axes(|x, _| x.clone(), &[2]), "no axis 2");
    let sum = || kernel("sum").unwrap();
    let reduction = || BlockReduction::new(sum(), sum(), sum(), FLOAT);
    refused(&x.reduction(&reduction().split_every(1), ()), "2 partial results at least");
    refused(&x.reduction(&reduction(), 2), "no axis 2");
    refused(&x.reduction(&reduction().literal(delayed(neg(), args![1])), ()), "too large to travel");
    assert!(vectorize("f", "(i)->()", &[FLOAT; 2], |_| Ok(Value::Null)).is_err());
}

#[test]
fn closures_of_core_axes_may_fail() {
    let x = Array::ones(FLOAT, &[4, 6], [2, -1]);
    let says = |callee: Callee, words: &str| {
        let error =
            compute(&Gufunc::new(callee, "(i)->()", &[FLOAT]).call(std::slice::from_ref(&x))[0]).unwrap_err();
        assert!(error.contains(words), "no {words:?} in {error}");
    };
    let of = |function: fn(&[Value]) -> Result<Value, TaskError>| {
        vectorize("f", "(i)->()", &[FLOAT], function).unwrap()
    };
    says(of(|_| Ok(Value::Null)), "it gave null");
    says(of(|args| Ok(args[0].clone())), "it gave float64 of shape (2, 6) for block [1]");
    says(vectorize("f", "(i),(i)->()", &[FLOAT], |_| Ok(1.0.into())).unwrap(), "fewer arrays");
    says(vectorize("f", "(i,j,k)->()", &[FLOAT], |_| Ok(1.0.into())).unwrap(), "fewer axes");
    // Of no places, nothing is called.
    let none = Gufunc::new(of(|_| panic!("called")), "(i)->()", &[FLOAT]).call(&[x.slice(s![..0])]);
    assert_eq!(compute(&none[0]).unwrap().shape(), [0]);
}
