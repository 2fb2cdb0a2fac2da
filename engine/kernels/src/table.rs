//! Tables of calls and their results that NumPy wrote, and chunks as texts.
//!
//! A line is `kernel arg arg -> result`. A chunk is `float64|2x3|1.0,nan,_,...`, where `_` is absent; other values are
//! as in Python, and items of a list are separated by `;`. `refused` is any error.

use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{Chunk, DType, Element, Value};

use crate::{Error, call};

/// The elements of a chunk, from texts.
pub(crate) fn chunk(dtype: DType, elements: &[&str], shape: &[u64]) -> Chunk {
    fn of<T: Element>(elements: &[&str], shape: &[u64], parse: impl Fn(&str) -> T) -> Chunk {
        Chunk::from_vec(elements.iter().map(|text| parse(text)).collect(), shape).unwrap()
    }
    let float = |text: &str| -> f64 { text.parse().unwrap() };
    let parts = |text: &str| text.split_once('~').map(|(re, im)| (float(re), float(im))).unwrap();
    match dtype {
        DType::Boolean => of(elements, shape, |text| text == "1" || text == "True"),
        DType::Int8 => of::<i8>(elements, shape, |text| text.parse().unwrap()),
        DType::Int16 => of::<i16>(elements, shape, |text| text.parse().unwrap()),
        DType::Int32 => of::<i32>(elements, shape, |text| text.parse().unwrap()),
        DType::Int64 => of::<i64>(elements, shape, |text| text.parse().unwrap()),
        DType::UInt8 => of::<u8>(elements, shape, |text| text.parse().unwrap()),
        DType::UInt16 => of::<u16>(elements, shape, |text| text.parse().unwrap()),
        DType::UInt32 => of::<u32>(elements, shape, |text| text.parse().unwrap()),
        DType::UInt64 => of::<u64>(elements, shape, |text| text.parse().unwrap()),
        DType::Float16 => of(elements, shape, |text| f16::from_f64(float(text))),
        DType::Float32 => of::<f32>(elements, shape, |text| text.parse().unwrap()),
        DType::Float64 => of(elements, shape, float),
        DType::Complex64 => of(elements, shape, |text| {
            let (re, im) = parts(text);
            Complex32::new(re as f32, im as f32)
        }),
        DType::Complex128 => of(elements, shape, |text| {
            let (re, im) = parts(text);
            Complex64::new(re, im)
        }),
        time => of::<i64>(elements, shape, |text| text.parse().unwrap()).view(time).unwrap(),
    }
}

/// A value, from its text.
fn value(text: &str) -> Value {
    if let Some(items) = text.strip_prefix('[') {
        let items = items.trim_end_matches(']').split(';').filter(|item| !item.is_empty());
        return items.map(value).collect();
    }
    if let Some(text) = text.strip_prefix('\'') {
        return text.trim_end_matches('\'').into();
    }
    if let [dtype, shape, elements] = text.split('|').collect::<Vec<_>>()[..] {
        let dtype: DType = dtype.parse().unwrap();
        let shape: Vec<u64> =
            shape.split('x').filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect();
        let elements: Vec<&str> = elements.split(',').filter(|element| !element.is_empty()).collect();
        let present: Vec<bool> = elements.iter().map(|&element| element != "_").collect();
        let blank = if dtype.is_complex() { "7~7" } else { "1" };
        let elements: Vec<&str> =
            elements.into_iter().map(|element| if element == "_" { blank } else { element }).collect();
        let chunk = chunk(dtype, &elements, &shape);
        return Chunk::try_new(dtype, &shape, chunk.data().clone(), Some(present.into())).unwrap().into();
    }
    match text {
        "None" => Value::Null,
        "True" => true.into(),
        "False" => false.into(),
        _ => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| text.parse::<f64>().unwrap().into()),
    }
}

/// All elements as complex numbers; `None` for integers that these do not hold.
pub(crate) fn numbers(chunk: &Chunk) -> Option<Vec<Complex64>> {
    let real = |x: f64| Complex64::new(x, 0.0);
    Some(match chunk.dtype() {
        DType::Float16 => chunk.as_slice::<f16>().unwrap().iter().map(|x| real(x.to_f64())).collect(),
        DType::Float32 => chunk.as_slice::<f32>().unwrap().iter().map(|&x| real(x.into())).collect(),
        DType::Float64 => chunk.as_slice::<f64>().unwrap().iter().map(|&x| real(x)).collect(),
        DType::Complex64 => {
            let elements = chunk.as_slice::<Complex32>().unwrap();
            elements.iter().map(|x| Complex64::new(x.re.into(), x.im.into())).collect()
        }
        DType::Complex128 => chunk.as_slice::<Complex64>().unwrap().to_vec(),
        _ => return None,
    })
}

/// Whether two values are the same; floats but for rounding, in parts of the precision of their dtype.
pub(crate) fn agree(given: &Value, expected: &Value, n_eps: f64) -> bool {
    let (given, expected) = match (given, expected) {
        (Value::List(given), Value::List(expected)) => {
            let mut pairs = given.iter().zip(expected.iter());
            return given.len() == expected.len()
                && pairs.all(|(given, expected)| agree(given, expected, n_eps));
        }
        (Value::Chunk(given), Value::Chunk(expected)) => (given, expected),
        _ => return given == expected,
    };
    let (Some(left), Some(right)) = (numbers(given), numbers(expected)) else { return given == expected };
    let eps = n_eps
        * match given.dtype() {
            DType::Float16 => 1e-3,
            DType::Float32 | DType::Complex64 => 1.2e-7,
            _ => 2.3e-16,
        };
    let same = |given: f64, expected: f64, size: f64| {
        given == expected || given.is_nan() && expected.is_nan() || (given - expected).abs() <= eps * size
    };
    let present = |at: usize| expected.validity().is_none_or(|validity| validity.is_valid(at));
    let mut pairs = left.iter().zip(&right).enumerate();
    let meta = |chunk: &Chunk| (chunk.dtype(), chunk.shape().to_vec(), chunk.validity().cloned());
    meta(given) == meta(expected)
        && pairs.all(|(at, (given, expected))| {
            let size = expected.norm().max(1.0);
            !present(at) || same(given.re, expected.re, size) && same(given.im, expected.im, size)
        })
}

/// A value with all its elements, for messages.
fn shown(value: &Value) -> String {
    match value {
        Value::Chunk(chunk) => match numbers(chunk) {
            Some(numbers) => format!("{chunk:?} {numbers:?}"),
            None => format!("{chunk:?} {:?}", chunk.data().as_slice()),
        },
        Value::List(items) => items.iter().map(shown).collect::<Vec<_>>().join("; "),
        other => format!("{other:?}"),
    }
}

/// Checks every line of a table; there must be at least `n_least`.
pub(crate) fn check(table: &str, n_eps: f64, n_least: usize) {
    check_with(table, n_eps, n_least, call);
}

/// The same with something else than a kernel.
pub(crate) fn check_with(
    table: &str,
    n_eps: f64,
    n_least: usize,
    call: impl Fn(&str, &[Value]) -> Result<Value, Error>,
) {
    let mut wrong = Vec::new();
    for line in table.lines() {
        let (left, right) = line.split_once(" -> ").unwrap();
        let mut words = left.split(' ');
        let name = words.next().unwrap();
        let args: Vec<Value> = words.map(value).collect();
        let given = call(name, &args);
        match (&given, right) {
            (Err(_), "refused") => {}
            (Ok(given), right) if right != "refused" && agree(given, &value(right), n_eps) => {}
            (Ok(given), _) => wrong.push(format!("{line}\n  gave {}", shown(given))),
            (Err(error), _) => wrong.push(format!("{line}\n  gave {error}")),
        }
    }
    let n = table.lines().count();
    assert!(wrong.is_empty(), "{} of {n} differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(n >= n_least, "only {n} lines");
}

/// Part of a chunk along one axis.
pub(crate) fn part(chunk: &Chunk, axis: usize, start: u64, length: u64) -> Chunk {
    let (mut shape, itemsize) = (chunk.shape().to_vec(), chunk.dtype().itemsize());
    let outer: u64 = shape[..axis].iter().product();
    let inner: u64 = shape[axis + 1..].iter().product();
    let (mut bytes, mut present) = (Vec::new(), Vec::new());
    for at in 0..outer {
        let first = (at * shape[axis] + start) * inner;
        let range = first as usize..(first + length * inner) as usize;
        bytes.extend_from_slice(&chunk.data()[range.start * itemsize..range.end * itemsize]);
        present.extend(range.map(|idx| chunk.validity().is_none_or(|validity| validity.is_valid(idx))));
    }
    shape[axis] = length;
    Chunk::try_new(chunk.dtype(), &shape, bytes.into(), Some(present.into())).unwrap()
}
