//! Against NumPy, and against the same program run another way.

use std::collections::HashMap;

use super::*;
use gristmill_data::number::{Complex32, Complex64, f16};
use proptest::prelude::*;

use crate::expr::{Constant, ExprBuilder, Number, Op, Operand};
use crate::table::chunk;

/// One line of `table.txt`.
struct Line<'a> {
    name: &'a str,
    dtypes: Vec<DType>,
    /// `None` when NumPy refuses the operation.
    result: Option<(DType, Vec<&'a str>)>,
}

fn table() -> impl Iterator<Item = Line<'static>> {
    include_str!("tests/table.txt").lines().map(|line| {
        let (left, right) = line.split_once(" -> ").unwrap();
        let mut words = left.split(' ');
        let name = words.next().unwrap();
        let dtypes = words.map(|dtype| dtype.parse().unwrap()).collect();
        let result = right
            .split_once(':')
            .map(|(dtype, elements)| (dtype.parse().unwrap(), elements.split_whitespace().collect()));
        Line { name, dtypes, result }
    })
}

/// Whether two results are one: integers and zeros to the bit, floats but for `eps` of rounding.
fn agree(given: &Chunk, expected: &Chunk, eps: f64) -> bool {
    fn close(given: f64, expected: f64, eps: f64) -> bool {
        if given.is_nan() || expected.is_nan() || expected.is_infinite() || expected == 0.0 {
            return given.is_nan() && expected.is_nan() || given.to_bits() == expected.to_bits();
        }
        (given - expected).abs() <= expected.abs() * eps || (given - expected).abs() < 1e-322
    }
    fn part_close(given: f64, expected: f64, size: f64, eps: f64) -> bool {
        given == expected || (given - expected).abs() <= size * eps || given.is_nan() && expected.is_nan()
    }
    let complex = |chunk: &Chunk| -> Vec<Complex64> {
        match chunk.dtype() {
            DType::Complex64 => {
                let elements = chunk.as_slice::<Complex32>().unwrap();
                elements.iter().map(|x| Complex64::new(x.re.into(), x.im.into())).collect()
            }
            _ => chunk.as_slice::<Complex64>().unwrap().to_vec(),
        }
    };
    let float = |chunk: &Chunk| -> Vec<f64> {
        match chunk.dtype() {
            DType::Float16 => chunk.as_slice::<f16>().unwrap().iter().map(|x| x.to_f64()).collect(),
            DType::Float32 => chunk.as_slice::<f32>().unwrap().iter().map(|&x| x.into()).collect(),
            _ => chunk.as_slice::<f64>().unwrap().to_vec(),
        }
    };
    match given.dtype() {
        dtype if dtype != expected.dtype() => false,
        dtype if dtype.is_complex() => {
            complex(given).iter().zip(complex(expected)).all(|(given, expected)| {
                let size = expected.re.hypot(expected.im);
                part_close(given.re, expected.re, size, eps) && part_close(given.im, expected.im, size, eps)
            })
        }
        dtype if dtype.is_float() => {
            float(given).iter().zip(float(expected)).all(|(&given, expected)| close(given, expected, eps))
        }
        _ => given == expected,
    }
}

/// How far apart results may be: units in the last place of the dtype, for functions without an exact result.
fn eps(op: Op, dtype: DType) -> f64 {
    let unit = match dtype {
        DType::Float16 => 1.0 / 1024.0,
        DType::Float32 | DType::Complex64 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let exact = matches!(
        op,
        Op::Cast
            | Op::Add
            | Op::Subtract
            | Op::Multiply
            | Op::Divide
            | Op::Sqrt
            | Op::Remainder
            | Op::Fmod
            | Op::FloorDivide
            | Op::Square
            | Op::Reciprocal
            | Op::Nextafter
            | Op::Spacing
    );
    if dtype.is_complex() {
        8.0 * unit
    } else if exact {
        0.0
    } else {
        4.0 * unit
    }
}

#[test]
fn every_operation_does_as_numpy_does() {
    let mut inputs: HashMap<DType, Vec<&str>> = HashMap::new();
    let (mut wrong, mut n_checked) = (Vec::new(), 0);
    for Line { name, dtypes, result } in table() {
        if name == "input" {
            inputs.insert(dtypes[0], result.unwrap().1);
            continue;
        }
        let op: Op = name.parse().unwrap();
        let mut builder = ExprBuilder::new();
        let n_operands = if op == Op::Cast { 1 } else { dtypes.len() };
        let operands: Vec<_> =
            dtypes.iter().take(n_operands).map(|&dtype| builder.input(dtype).unwrap()).collect();
        let applied = match op {
            Op::Cast => builder.cast(operands[0], dtypes[1]),
            op => builder.apply(op, &operands),
        };
        // In half precision, NumPy's spacing is positive for negative numbers, and of two zeros it takes the first for
        // the greater, though the second in single and double precision.
        let differs = matches!(op, Op::Spacing | Op::Maximum | Op::Minimum | Op::Fmax | Op::Fmin);
        if differs && result.as_ref().is_some_and(|(dtype, _)| *dtype == DType::Float16) {
            continue;
        }
        // Times have fewer operations here: NumPy also divides spans.
        let is_time = dtypes[0].is_time();
        let (applied, (dtype, elements)) = match (applied, result) {
            (Ok(applied), Some(result)) => (applied, result),
            (Err(_), None) => continue,
            (Err(_), Some(_)) if is_time => continue,
            (applied, result) => {
                wrong.push(format!("{name} {dtypes:?}: {applied:?}, NumPy {result:?}"));
                continue;
            }
        };
        let expr = builder.finish(applied);
        let given = &inputs[&dtypes[0]];
        let n = given.len() as u64;
        let mut chunks = vec![chunk(dtypes[0], given, &[n])];
        let mut shape = vec![n];
        if n_operands == 2 {
            let exponents = op == Op::Power && dtypes[0].is_integer();
            let right: Vec<&str> =
                given.iter().copied().filter(|text| !exponents || !text.starts_with('-')).collect();
            shape = vec![n, right.len() as u64];
            chunks = vec![chunk(dtypes[0], given, &[n, 1]), chunk(dtypes[1], &right, &[right.len() as u64])];
        }
        match evaluate(&expr, &chunks) {
            Ok(result) if agree(&result, &chunk(dtype, &elements, &shape), eps(op, dtype)) => n_checked += 1,
            Ok(result) => wrong.push(format!(
                "{name} {dtypes:?}: {} {}, NumPy {dtype} {elements:?}",
                result.dtype(),
                shown(&result)
            )),
            Err(error) => wrong.push(format!("{name} {dtypes:?}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} differ, {n_checked} agree:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n_checked > 700, "only {n_checked} were checked");
}

fn shown(chunk: &Chunk) -> String {
    match chunk.dtype() {
        DType::Float16 => format!("{:?}", chunk.as_slice::<f16>().unwrap()),
        DType::Float32 => format!("{:?}", chunk.as_slice::<f32>().unwrap()),
        DType::Float64 => format!("{:?}", chunk.as_slice::<f64>().unwrap()),
        DType::Complex64 => format!("{:?}", chunk.as_slice::<Complex32>().unwrap()),
        DType::Complex128 => format!("{:?}", chunk.as_slice::<Complex64>().unwrap()),
        DType::Int8 => format!("{:?}", chunk.as_slice::<i8>().unwrap()),
        DType::Int64 => format!("{:?}", chunk.as_slice::<i64>().unwrap()),
        DType::Boolean => format!("{:?}", chunk.as_slice::<bool>().unwrap()),
        _ => format!("{:?}", chunk.data().as_slice()),
    }
}

/// A random program: each step is an operation on inputs, constants or earlier steps.
fn build(dtypes: &[DType], steps: &[(usize, [usize; 3])]) -> Vec<crate::expr::Expr> {
    const OPS: [Op; 9] = [
        Op::Add,
        Op::Multiply,
        Op::Subtract,
        Op::Maximum,
        Op::Where,
        Op::Less,
        Op::Negative,
        Op::Divide,
        Op::Sign,
    ];
    let mut builder = ExprBuilder::new();
    let mut operands: Vec<Operand> = dtypes.iter().map(|&dtype| builder.input(dtype).unwrap()).collect();
    operands.push(Operand::Constant(Constant::new(DType::Int32, Number::Int(3)).unwrap()));
    let mut exprs = Vec::new();
    for &(op, picks) in steps {
        let op = OPS[op % OPS.len()];
        let picked: Vec<Operand> =
            picks.iter().take(op.arity()).map(|pick| operands[pick % operands.len()]).collect();
        // Booleans have no difference, sign or negative.
        if let Ok(result) = builder.apply(op, &picked) {
            operands.push(result);
            exprs.push(builder.clone().finish(result));
        }
    }
    exprs
}

/// What stands at each place of the broadcast chunk, found place by place.
fn stretched(chunk: &Chunk, shape: &[u64]) -> Chunk {
    let itemsize = chunk.dtype().itemsize();
    let n: u64 = shape.iter().product();
    let mut bytes = Vec::new();
    let mut present = Vec::new();
    for idx in 0..n {
        let (mut rest, mut from, mut stride) = (idx, 0, 1);
        let own = chunk.shape();
        for (axis, &length) in shape.iter().enumerate().rev() {
            let at = rest % length;
            rest /= length;
            if axis + own.len() >= shape.len() {
                let own_length = own[axis + own.len() - shape.len()];
                from += if own_length == 1 { 0 } else { at * stride };
                stride *= own_length;
            }
        }
        let from = from as usize;
        bytes.extend_from_slice(&chunk.data()[from * itemsize..][..itemsize]);
        present.push(chunk.validity().is_none_or(|validity| validity.is_valid(from)));
    }
    Chunk::try_new(chunk.dtype(), shape, bytes.into(), Some(present.into())).unwrap()
}

fn some_chunk(dtype: DType, seed: u64, shape: &[u64], has_gaps: bool) -> Chunk {
    let n: u64 = shape.iter().product();
    let numbers = (0..n).map(|n| (n + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
    let chunk = match dtype {
        DType::Boolean => Chunk::from_vec(numbers.map(|x| x % 2 == 0).collect(), shape),
        DType::Int32 => Chunk::from_vec(numbers.map(|x| x as i32 - 7_000_000).collect(), shape),
        DType::Float16 => Chunk::from_vec(numbers.map(|x| f16::from_f64(x as f64 / 9e6)).collect(), shape),
        _ => Chunk::from_vec(numbers.map(|x| x as f64 / 1e5 - 70.0).collect(), shape),
    };
    let chunk = chunk.unwrap();
    let gaps = has_gaps.then(|| (0..n).map(|n| !(n + seed).is_multiple_of(3)).collect::<Vec<_>>().into());
    Chunk::try_new(dtype, shape, chunk.data().clone(), gaps).unwrap()
}

proptest! {
    /// Steps run one by one over whole arrays give what the program gives block by block.
    #[test]
    fn blocks_and_registers_change_nothing(
        steps in prop::collection::vec((0_usize..9, [0_usize..20, 0_usize..20, 0_usize..20]), 1..24),
        shape in prop::sample::select(vec![vec![], vec![3], vec![1300], vec![2, 700], vec![40, 3, 11], vec![0, 5], vec![3, 1, 514]]),
        stretches in [0_u8..8, 0_u8..8, 0_u8..8, 0_u8..8],
        gaps in [any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()],
    ) {
        let dtypes = [DType::Float64, DType::Int32, DType::Boolean, DType::Float16];
        let chunks: Vec<Chunk> = dtypes.iter().zip(stretches).zip(gaps).enumerate().map(|(n, ((&dtype, stretch), gaps))| {
            // One bit for each axis that is stretched; the first input has the whole shape.
            let axes = shape.iter().enumerate();
            let own: Vec<u64> = axes.map(|(axis, &length)| if n > 0 && stretch >> axis & 1 == 1 { 1 } else { length }).collect();
            some_chunk(dtype, n as u64, &own, gaps)
        }).collect();
        let whole: Vec<Chunk> = chunks.iter().map(|chunk| stretched(chunk, &shape)).collect();
        let exprs = build(&dtypes, &steps);
        let Some(last) = exprs.last() else { return Ok(()) };
        let result = evaluate(last, &chunks).unwrap();

        let mut results: Vec<Chunk> = Vec::new();
        for step in last.steps() {
            let mut single = ExprBuilder::new();
            let (mut operands, mut inputs) = (Vec::new(), Vec::new());
            for operand in &step.operands {
                let input = match *operand {
                    Operand::Input(n) => whole[n as usize].clone(),
                    Operand::Step(n) => results[n as usize].clone(),
                    Operand::Constant(_) => {
                        operands.push(*operand);
                        continue;
                    }
                };
                operands.push(single.input(input.dtype()).unwrap());
                inputs.push(input);
            }
            let applied = match step.op {
                Op::Cast => single.cast(operands[0], step.result),
                op => single.apply(op, &operands),
            }.unwrap();
            let chunk = evaluate(&single.finish(applied), &inputs).unwrap();
            // A constant alone has no axes.
            results.push(stretched(&chunk, &shape));
        }
        // Not the last step, when an equal one was there.
        let expected = match *last.result() {
            Operand::Step(n) => &results[n as usize],
            ref other => panic!("{other:?} is no step"),
        };
        prop_assert_eq!(result.data(), expected.data());
        let gaps: Vec<bool> = (0..result.n_elements()).map(|n| whole.iter().all(|c| c.validity().is_none_or(|v| v.is_valid(n)))).collect();
        let given: Vec<bool> = (0..result.n_elements()).map(|n| result.validity().is_none_or(|v| v.is_valid(n))).collect();
        prop_assert_eq!(given, gaps);
    }
}

#[test]
fn wrong_inputs_are_refused() {
    let mut builder = ExprBuilder::new();
    let x = builder.input(DType::Int32).unwrap();
    let y = builder.input(DType::Int32).unwrap();
    let power = builder.apply(Op::Power, &[x, y]).unwrap();
    let expr = builder.finish(power);
    let chunk = |elements: Vec<i32>, shape: &[u64]| Chunk::from_vec(elements, shape).unwrap();
    let fails = |inputs: &[Chunk]| evaluate(&expr, inputs).unwrap_err();
    let three = chunk(vec![1, 2, 3], &[3]);
    assert!(matches!(fails(std::slice::from_ref(&three)), Error::Arity { given: 1, .. }));
    let floats = Chunk::from_vec(vec![1.0, 2.0, 3.0], &[3]).unwrap();
    assert!(matches!(fails(&[three.clone(), floats]), Error::InputDType { given: DType::Float64, .. }));
    assert!(matches!(fails(&[three.clone(), chunk(vec![1, 2], &[2])]), Error::Data { .. }));
    assert!(matches!(fails(&[three, chunk(vec![1, 0, -1], &[3])]), Error::NegativePower));
    let long = |shape: &[u64]| chunk(vec![1; 70_000], shape);
    assert!(matches!(fails(&[long(&[70_000, 1]), long(&[1, 70_000])]), Error::TooLarge { .. }));
}
