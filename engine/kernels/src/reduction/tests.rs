//! Against NumPy, whole and in blocks.

use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{Chunk, Element};

use super::*;
use crate::expr::{Expr, ExprBuilder};
use crate::table;

/// The array that `table.py` reduces; elements in the range along the flat array.
fn array(dtype: DType, shape: &[u64]) -> Chunk {
    fn of<T: Element>(shape: &[u64], element: impl Fn(u64, i64) -> T) -> Chunk {
        let n: u64 = shape.iter().product();
        Chunk::from_vec((0..n).map(|idx| element(idx, (idx * 7919 % 101) as i64)).collect(), shape).unwrap()
    }
    let float = |idx: u64, whole: i64| if idx % 17 == 3 { f64::NAN } else { (whole - 50) as f64 / 8.0 };
    let complex = |idx: u64, whole: i64| Complex64::new((whole - 50) as f64 / 8.0, (idx * 31 % 13) as f64);
    match dtype {
        DType::Boolean => of(shape, |_, whole| whole % 3 == 0),
        DType::Int8 => of(shape, |_, whole| (whole - 50) as i8),
        DType::UInt64 => of(shape, |_, whole| (whole + 1) as u64),
        DType::Float16 => of(shape, |idx, whole| f16::from_f64(float(idx, whole))),
        DType::Float32 => of(shape, |idx, whole| float(idx, whole) as f32),
        DType::Float64 => of(shape, float),
        DType::Complex64 => of(shape, |idx, whole| {
            let complex = complex(idx, whole);
            Complex32::new(complex.re as f32, complex.im as f32)
        }),
        _ => of(shape, complex),
    }
}

/// All elements as complex numbers, which hold every one of these exactly.
fn numbers(chunk: &Chunk) -> Vec<Complex64> {
    let real = |x: f64| Complex64::new(x, 0.0);
    table::numbers(chunk).unwrap_or_else(|| match chunk.dtype() {
        DType::Boolean => chunk.as_slice::<bool>().unwrap().iter().map(|&x| real(x.into())).collect(),
        DType::Int8 => chunk.as_slice::<i8>().unwrap().iter().map(|&x| real(x.into())).collect(),
        DType::Int64 => chunk.as_slice::<i64>().unwrap().iter().map(|&x| real(x as f64)).collect(),
        _ => chunk.as_slice::<u64>().unwrap().iter().map(|&x| real(x as f64)).collect(),
    })
}

fn close(given: Complex64, expected: Complex64, eps: f64) -> bool {
    let nan = |x: Complex64| x.re.is_nan() || x.im.is_nan();
    given == expected
        || nan(given) && nan(expected)
        || (given - expected).norm() <= eps * expected.norm().max(1.0)
}

/// The chunk itself, as a program.
fn itself(dtype: DType) -> Expr {
    let mut builder = ExprBuilder::new();
    let input = builder.input(dtype).unwrap();
    builder.finish(input)
}

/// The pieces of a chunk along one axis, `length` each.
fn pieces(chunk: &Chunk, axis: usize, length: u64) -> Vec<Chunk> {
    let end = chunk.shape()[axis];
    let starts = (0..end).step_by(length as usize);
    starts.map(|start| table::part(chunk, axis, start, length.min(end - start))).collect()
}

/// The reduction in one block, and in blocks that are combined when it goes along the first axis.
fn both_ways(reduction: Reduction, chunk: &Chunk, axes: &[u32]) -> Vec<Chunk> {
    let (program, dtype) = (itself(chunk.dtype()), reduction.dtype(chunk.dtype()).unwrap());
    let partial = |chunk: &Chunk| reduce(reduction, &program, axes, std::slice::from_ref(chunk)).unwrap();
    let mut results = vec![finish(reduction, dtype, axes, &partial(chunk)).unwrap()];
    if axes.contains(&0) && chunk.shape()[0] > 1 {
        for length in [if chunk.shape()[0] > 50 { 31 } else { 1 }, 2 + chunk.shape()[0] / 20, 499] {
            let partials: Vec<Partial> = pieces(chunk, 0, length).iter().map(partial).collect();
            let (left, right) = partials.split_at(partials.len() / 3);
            let levels: Vec<Partial> = [left, right]
                .into_iter()
                .filter(|level| !level.is_empty())
                .map(|level| combine(reduction, level).unwrap())
                .collect();
            results.push(finish(reduction, dtype, axes, &combine(reduction, &levels).unwrap()).unwrap());
        }
    }
    results
}

#[test]
fn reductions_are_those_of_numpy() {
    let list = |text: &str| -> Vec<u64> {
        let inner = text.trim_matches(['(', ')']);
        inner.split(',').filter(|part| !part.is_empty()).map(|part| part.parse().unwrap()).collect()
    };
    let number = |text: &str| -> Complex64 {
        let part = |text: &str| -> f64 { text.parse().unwrap() };
        let (re, im) = text.split_once('~').unwrap_or((text, "0"));
        Complex64::new(part(re), part(im))
    };
    let (mut n_checked, mut wrong) = (0, Vec::new());
    for line in include_str!("tests/table.txt").lines() {
        let (left, right) = line.rsplit_once(':').unwrap();
        let words: Vec<&str> = left.split(' ').collect();
        let [name, dtype, shape, axes, result] = words[..] else { panic!("{line}") };
        let (reduction, dtype, result): (Reduction, DType, DType) =
            (name.parse().unwrap(), dtype.parse().unwrap(), result.parse().unwrap());
        let axes: Vec<u32> = list(axes).into_iter().map(|axis| axis as u32).collect();
        let expected: Vec<Complex64> = right.split_whitespace().map(number).collect();
        // NumPy rounds sums of half and single precision more often.
        let eps = match dtype {
            DType::Float16 => 1e-2,
            DType::Float32 | DType::Complex64 => 1e-5,
            _ => 1e-13,
        };
        for given in both_ways(reduction, &array(dtype, &list(shape)), &axes) {
            let numbers = numbers(&given);
            let same = numbers.iter().zip(&expected).all(|(&given, &expected)| close(given, expected, eps));
            if given.dtype() != result || numbers.len() != expected.len() || !same {
                wrong.push(format!("{line}\n  {} {:?} {numbers:?}", given.dtype(), given.shape()));
            }
            n_checked += 1;
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {n_checked} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    assert!(n_checked > 3000, "only {n_checked}");
}

#[test]
fn absent_elements_do_not_count() {
    let floats = Chunk::from_vec(vec![1.0, f64::NAN, 3.0, 5.0, 7.0, 9.0], &[3, 2]).unwrap();
    let present = vec![true, false, true, true, false, false];
    let chunk = Chunk::try_new(DType::Float64, &[3, 2], floats.data().clone(), Some(present.into())).unwrap();
    let check = |name: &str, axes: &[u32], expected: &[Option<f64>]| {
        for result in both_ways(name.parse().unwrap(), &chunk, axes) {
            let validity = result.validity();
            let given = numbers(&result).into_iter().enumerate();
            let given: Vec<Option<f64>> = given
                .map(|(idx, x)| validity.is_none_or(|validity| validity.is_valid(idx)).then_some(x.re))
                .collect();
            // As text, where NaN equals itself.
            assert_eq!(format!("{given:?}"), format!("{expected:?}"), "{name} {axes:?}");
        }
    };
    check("sum", &[0], &[Some(4.0), Some(5.0)]);
    check("sum", &[1], &[Some(1.0), Some(8.0), None]);
    check("min", &[1], &[Some(1.0), Some(3.0), None]);
    check("max", &[0, 1], &[Some(5.0)]);
    check("mean", &[0, 1], &[Some(3.0)]);
    check("var:0", &[0], &[Some(1.0), Some(0.0)]);
    check("count", &[1], &[Some(1.0), Some(2.0), Some(0.0)]);
    check("nanmax", &[1], &[Some(1.0), Some(5.0), Some(f64::NAN)]);
}

/// In the place of an absent boolean the least of a block had the greatest byte, which is no boolean: where all elements
/// of a result were absent, the block was refused.
#[test]
fn absent_booleans_do_not_count() {
    let booleans = Chunk::from_vec(vec![true, false, true, true], &[2, 2]).unwrap();
    let present = vec![false, false, true, false];
    let data = booleans.data().clone();
    let chunk = Chunk::try_new(DType::Boolean, &[2, 2], data, Some(present.into())).unwrap();
    for name in ["min", "max"] {
        for result in both_ways(name.parse().unwrap(), &chunk, &[0]) {
            let is_there: Vec<bool> = result.validity().unwrap().iter().collect();
            assert_eq!(is_there, [true, false], "{name}");
            assert!(result.as_slice::<bool>().unwrap()[0], "{name}");
        }
    }
}

#[test]
fn the_mean_of_a_million_equal_floats_is_that_float() {
    let chunk = Chunk::from_vec(vec![0.1_f32; 1 << 20], &[1 << 10, 1 << 10]).unwrap();
    for axes in [&[0][..], &[1], &[0, 1]] {
        let mean = &both_ways("mean".parse().unwrap(), &chunk, axes)[0];
        assert!(mean.as_slice::<f32>().unwrap().iter().all(|&mean| mean == 0.1), "{axes:?}");
        let var = &both_ways("var:0".parse().unwrap(), &chunk, axes)[0];
        assert!(var.as_slice::<f32>().unwrap().iter().all(|&var| var < 1e-14), "{axes:?}");
    }
}

#[test]
fn what_cannot_be_reduced_is_refused() {
    let chunk = array(DType::UInt64, &[2]).view(DType::Datetime64Ns).unwrap();
    let program = itself(DType::Datetime64Ns);
    let of = |name: &str, axes: &[u32]| {
        reduce(name.parse().unwrap(), &program, axes, std::slice::from_ref(&chunk)).unwrap_err()
    };
    assert!(matches!(of("sum", &[0]), Error::NoLoop { op: "sum", .. }));
    assert!(matches!(of("min", &[1]), Error::Axis { axis: 1, ndim: 1 }));
    for text in ["", "sum:1", "var", "var:-1", "nannansum", "median"] {
        assert!(matches!(text.parse::<Reduction>(), Err(Error::NoSuchReduction { .. })), "{text}");
    }
    for text in ["sum", "nanvar:2", "std:0", "count", "nanprod"] {
        assert_eq!(text.parse::<Reduction>().unwrap().to_string(), text);
    }
    assert!(matches!(combine("sum".parse().unwrap(), &[]), Err(Error::Empty { .. })));
}

#[test]
fn partials_take_what_is_told() {
    let kinds = ["count", "sum", "prod", "min", "max", "mean", "var:0", "std:1"];
    let dtypes = [
        DType::Boolean,
        DType::Int8,
        DType::UInt64,
        DType::Float16,
        DType::Float32,
        DType::Float64,
        DType::Complex64,
        DType::Complex128,
    ];
    for dtype in dtypes {
        for name in kinds.into_iter().flat_map(|kind| [kind.to_owned(), format!("nan{kind}")]) {
            let reduction: Reduction = name.parse().unwrap();
            if reduction.dtype(dtype).is_err() {
                continue;
            }
            let partial = reduce(reduction, &itself(dtype), &[0], &[array(dtype, &[7, 40])]).unwrap();
            let mut nbytes: usize = partial.values.iter().map(|value| value.data().len()).sum();
            if partial.count.n_elements() > 1 {
                nbytes += partial.count.data().len();
            }
            assert_eq!(nbytes, 40 * reduction.partial_itemsize(dtype), "{name} of {dtype}");
        }
    }
}
