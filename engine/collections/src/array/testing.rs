//! What tests of arrays share: arrays computed one task after the other, and tables that NumPy wrote.

use std::collections::HashMap;

use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{Chunk, DType, Element, Value};
use gristmill_graph::{Arg, Function, Key, TaskRef};

use super::{Array, Chunks};
use crate::{Collection, Program, file_kernel};

/// The array's elements, or the error of the first task that fails, as text.
pub(crate) fn compute(array: &Array) -> Result<Chunk, String> {
    let program = Array::program(std::slice::from_ref(array)).map_err(|error| error.to_string())?;
    array.output(run_program(&program)?).map_err(|error| error.to_string())
}

/// The results of a program, or the error of the first task that fails, as text.
pub(crate) fn run_program(program: &Program) -> Result<Vec<Value>, String> {
    let values: HashMap<Key, Value> = program.values.iter().cloned().collect();
    let mut done: HashMap<TaskRef, Value> = HashMap::new();
    let mut stack: Vec<(TaskRef, bool)> = program.wanted.iter().map(|&task| (task, false)).collect();
    while let Some((task, inputs_done)) = stack.pop() {
        if done.contains_key(&task) {
            continue;
        }
        let inputs = program.graph.inputs(task);
        if !inputs_done {
            stack.push((task, true));
            stack.extend(inputs.into_iter().map(|input| (input, false)));
            continue;
        }
        let inputs: Vec<Value> = inputs.iter().map(|input| done[input].clone()).collect();
        let result = run(program, &values, task, &inputs)?;
        done.insert(task, result);
    }
    Ok(program.wanted.iter().map(|task| done[task].clone()).collect())
}

fn run(
    program: &Program,
    values: &HashMap<Key, Value>,
    task: TaskRef,
    inputs: &[Value],
) -> Result<Value, String> {
    if let gristmill_graph::Wiring::Held(keys) = &program.graph.layer(task.layer).unwrap().wiring {
        return Ok(values[&keys[task.index as usize]].clone());
    }
    let spec = program.graph.spec(task).map_err(|error| error.to_string())?;
    let args: Vec<Value> = spec.args.iter().map(|arg| value(arg, inputs, &spec.params)).collect();
    let failed = |error: String| format!("{}[{}]: {error}", spec.name, task.index);
    match spec.function {
        Function::Kernel { name, .. } => match file_kernel(name, 1) {
            Some(kernel) => kernel.call(&args).map_err(|error| failed(error.to_string())),
            None => gristmill_kernels::call(name, &args).map_err(|error| failed(error.to_string())),
        },
        Function::Native { id, .. } => {
            let native = program.natives.iter().find(|native| native.id() == *id).unwrap();
            (native.function())(&args).map_err(|error| failed(error.to_string()))
        }
        other => Err(format!("tests of arrays run no {other:?}")),
    }
}

fn value(arg: &Arg, inputs: &[Value], params: &[Arg]) -> Value {
    match arg {
        Arg::Null => Value::Null,
        Arg::Boolean(boolean) => (*boolean).into(),
        Arg::Int(int) => (*int).into(),
        Arg::UInt(int) => (*int).into(),
        Arg::Float(float) => (*float).into(),
        Arg::Text(text) => (&**text).into(),
        Arg::Input(n) => inputs[*n as usize].clone(),
        Arg::Inputs => Value::list(inputs.iter().cloned()),
        Arg::Bytes(bytes) => bytes.to_vec().into(),
        Arg::Param(n) => value(&params[*n as usize], inputs, &[]),
        Arg::List(items) => Value::list(items.iter().map(|item| value(item, inputs, params))),
        Arg::Map(items) => {
            Value::map(items.iter().map(|(name, item)| (name.clone(), value(item, inputs, params))))
        }
    }
}

/// What NumPy computed: a line of a table that `numpy_table.py` wrote.
struct Expected {
    dtype: String,
    shape: Vec<u64>,
    /// Two of each complex number.
    elements: Vec<f64>,
}

fn expected(table: &str) -> HashMap<String, Expected> {
    let line = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let number = |item: &serde_json::Value| match item {
            serde_json::Value::String(text) => text.parse().unwrap(),
            serde_json::Value::Bool(boolean) => f64::from(*boolean),
            number => number.as_f64().unwrap(),
        };
        let numbers = |name: &str| line[name].as_array().unwrap().iter().map(number).collect::<Vec<f64>>();
        let expected = Expected {
            dtype: line["dtype"].as_str().unwrap().to_owned(),
            shape: numbers("shape").into_iter().map(|n| n as u64).collect(),
            elements: numbers("elements"),
        };
        (line["name"].as_str().unwrap().to_owned(), expected)
    };
    table.lines().map(line).collect()
}

/// The elements as floats; two of each complex number.
pub(crate) fn floats(chunk: &Chunk) -> Vec<f64> {
    fn each<T: Element>(chunk: &Chunk, float: impl Fn(T) -> f64) -> Vec<f64> {
        chunk.as_slice::<T>().unwrap().iter().map(|&element| float(element)).collect()
    }
    match chunk.dtype() {
        DType::Boolean => each(chunk, |x: bool| x.into()),
        DType::Int8 => each(chunk, |x: i8| x.into()),
        DType::Int16 => each(chunk, |x: i16| x.into()),
        DType::Int32 => each(chunk, |x: i32| x.into()),
        DType::Int64 => each(chunk, |x: i64| x as f64),
        DType::UInt8 => each(chunk, |x: u8| x.into()),
        DType::UInt16 => each(chunk, |x: u16| x.into()),
        DType::UInt32 => each(chunk, |x: u32| x.into()),
        DType::UInt64 => each(chunk, |x: u64| x as f64),
        DType::Float16 => each(chunk, |x: f16| x.to_f64()),
        DType::Float32 => each(chunk, |x: f32| x.into()),
        DType::Float64 => each(chunk, |x: f64| x),
        DType::Complex64 => {
            let pairs = chunk.as_slice::<Complex32>().unwrap().iter();
            pairs.flat_map(|x| [x.re.into(), x.im.into()]).collect()
        }
        DType::Complex128 => {
            chunk.as_slice::<Complex64>().unwrap().iter().flat_map(|x| [x.re, x.im]).collect()
        }
        time => floats(&chunk.view(DType::Int64).unwrap_or_else(|_| panic!("no test has {time}"))),
    }
}

/// Computes arrays that are cut in several ways and compares all with what NumPy wrote: dtype, shape, and elements
/// within `tolerance` of the greatest one, or to the last bit when it is 0. Absent elements are NaN in the table.
///
/// Every line of the table has an array, and every array a line.
pub(crate) fn check<const N: usize, S: AsRef<str>>(
    table: &str,
    tolerance: f64,
    cuts: &[[i64; N]],
    arrays: impl Fn([i64; N]) -> Vec<(S, Array)>,
) {
    let expected = expected(table);
    let mut wrong = Vec::new();
    for &cut in cuts {
        let arrays = arrays(cut);
        assert_eq!(arrays.len(), expected.len(), "the table has other lines");
        for (name, array) in arrays {
            let name = name.as_ref();
            let Expected { dtype, shape, elements } =
                expected.get(name).unwrap_or_else(|| panic!("no `{name}` in the table"));
            let result = match compute(&array) {
                Ok(result) => result,
                Err(error) => {
                    wrong.push(format!("{name} {cut:?}: {error}"));
                    continue;
                }
            };
            let mut given = floats(&result);
            if let Some(validity) = result.validity() {
                let n = given.len() / result.n_elements().max(1);
                let absent = (0..given.len()).filter(|at| validity.is_null(at / n.max(1)));
                absent.collect::<Vec<_>>().into_iter().for_each(|at| given[at] = f64::NAN);
            }
            let largest = elements.iter().filter(|x| x.is_finite()).fold(1.0, |all: f64, x| all.max(x.abs()));
            let close = |(given, expected): (&f64, &f64)| {
                given == expected
                    || given.is_nan() && expected.is_nan()
                    || (given - expected).abs() <= tolerance * largest
            };
            let known = array
                .shape()
                .iter()
                .zip(result.shape())
                .all(|(&known, &length)| known == super::UNKNOWN || known == length);
            let same = given.len() == elements.len() && given.iter().zip(elements).all(close);
            if !known
                || array.dtype() != result.dtype()
                || result.dtype().name() != dtype
                || result.shape() != &shape[..]
                || !same
            {
                wrong.push(format!(
                    "{name} {cut:?}: {array:?} is {result:?} {given:?}, NumPy {dtype} {shape:?} {elements:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An array of integers in no order, some of them equal, as `numpy_table.py` makes it.
pub(crate) fn sample(shape: &[u64], chunks: impl Into<Chunks>) -> Array {
    let n: i64 = shape.iter().product::<u64>() as i64;
    Array::from_chunk(Chunk::from_vec((0..n).map(|n| n * 37 % 23 - 7).collect(), shape).unwrap(), chunks)
}

/// A mistake is told when the array is built, in these words.
pub(crate) fn refused(array: &Array, words: &str) {
    let error = array.check().expect_err("it is not refused").to_string();
    assert!(error.contains(words), "{error}");
}
