//! Kernels on a device, against the same in Rust.

mod loops;

use gristmill_data::DType::{Boolean, Float32, Float64, Int32, Int64, UInt32, UInt64};
use gristmill_data::{Chunk, DType, Element};

use super::{map, turns_max};
use crate::kernels::source::Operand;
use crate::user::{UserKernel, validate};
use crate::{Device, Error, testing};

fn kernel(source: &str, params: &[DType], result: DType) -> UserKernel {
    validate(source, "f", params, result).unwrap_or_else(|error| panic!("{source}\n{error}"))
}

fn run(device: &Device, kernel: &UserKernel, inputs: &[Chunk]) -> Result<Chunk, Error> {
    let operands: Vec<Operand> = inputs
        .iter()
        .map(|chunk| match chunk.n_elements() {
            1 => Operand::Element(chunk.clone()),
            _ => Operand::Array(device.copy_in(chunk, 0).unwrap()),
        })
        .collect();
    device.copy_out(&map(device, kernel, &operands, 0)?)
}

fn chunk<T: Element>(elements: impl IntoIterator<Item = T>) -> Chunk {
    let elements: Vec<T> = elements.into_iter().collect();
    let n = elements.len() as u64;
    Chunk::from_vec(elements, &[n]).unwrap()
}

/// A kernel that takes as many turns as its element says, in some loop.
const COUNT: &str = "fn f(n: u32) -> u32 { var i = 0u; while i < n { i += 1u; } return i; }";

#[test]
fn results_are_those_of_rust() {
    let Some(device) = testing::device() else { return };
    let source = "const ZERO = 32.0;\nfn scaled(x: f32) -> f32 { return x * 5.0 / 9.0; }\n\
                  fn f(fahrenheit: f32, offset: f32) -> f32 { return scaled(fahrenheit - ZERO) + offset; }";
    let kernel = kernel(source, &[Float32, Float32], Float32);
    for n in [0, 1, 127, 128, 100_000] {
        let at = |seed: usize| (0..n).map(move |i| ((i * seed) % 1000) as f32 / 8.0);
        let got = run(&device, &kernel, &[chunk(at(7)), chunk(at(3))]).unwrap();
        let expected: Vec<f32> =
            at(7).zip(at(3)).map(|(x, offset)| (x - 32.0) * 5.0 / 9.0 + offset).collect();
        let got = got.as_slice::<f32>().unwrap();
        assert_eq!(got.len(), n);
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{got} and not {expected}");
        }
    }
}

#[test]
fn inputs_broadcast() {
    let Some(device) = testing::device() else { return };
    let kernel = kernel("fn f(x: i32, y: i32) -> i32 { return 100 * x + y; }", &[Int32, Int32], Int32);
    let x = Chunk::from_vec((0..7).collect::<Vec<i32>>(), &[7, 1]).unwrap();
    let y = Chunk::from_vec((0..9).collect::<Vec<i32>>(), &[9]).unwrap();
    let got = run(&device, &kernel, &[x.clone(), y]).unwrap();
    assert_eq!(got.shape(), [7, 9]);
    let expected: Vec<i32> = (0..63).map(|i| 100 * (i / 9) + i % 9).collect();
    assert_eq!(got.as_slice::<i32>().unwrap(), expected);
    let one = Chunk::from_vec(vec![5], &[]).unwrap();
    let got = run(&device, &kernel, &[x.clone(), one]).unwrap();
    assert_eq!(got.as_slice::<i32>().unwrap(), (0..7).map(|i| 100 * i + 5).collect::<Vec<i32>>());
    let misfit = run(&device, &kernel, &[x, chunk([1.0f32, 2.0])]).unwrap_err();
    assert_eq!(
        misfit.to_string(),
        "not on this device: `f` takes (int32, int32), and was given (int32, float32)"
    );
}

#[test]
fn every_dtype() {
    let Some(device) = testing::device() else { return };
    for (dtype, name) in [
        (Int32, "i32"),
        (Int64, "i64"),
        (UInt32, "u32"),
        (UInt64, "u64"),
        (Float32, "f32"),
        (Float64, "f64"),
        (Boolean, "bool"),
    ] {
        if !device.facts().has(dtype) {
            continue;
        }
        let source = format!("fn f(x: {name}, y: {name}) -> {name} {{ return select(x, y, x != x); }}");
        let inputs = [testing::numbers(dtype, &[1001], 1), testing::numbers(dtype, &[1001], 2)];
        let got = run(&device, &kernel(&source, &[dtype, dtype], dtype), &inputs).unwrap();
        testing::close(&got, &inputs[0], 0.0).unwrap();
    }
}

#[test]
fn loops_that_do_not_end_are_an_error() {
    let Some(device) = testing::device() else { return };
    let elements = chunk((0..1000).map(|i| i as f32));
    for source in [
        "fn f(x: f32) -> f32 { loop {} return x; }",
        "fn f(x: f32) -> f32 { while true {} return x; }",
        "fn f(x: f32) -> f32 { for (;;) {} return x; }",
        "fn f(x: f32) -> f32 { loop { continue; } return x; }",
        "fn f(x: f32) -> f32 { loop { continuing { break if x < 0; } } return x; }",
        "fn f(x: f32) -> f32 { loop { continuing { loop {} } } return x; }",
        "fn f(x: f32) -> f32 { loop { switch i32(x) { case 1: { continue; } default: { break; } } } return x; }",
        "fn g(x: ptr<function, f32>) { loop { *x += 1; } }\nfn f(x: f32) -> f32 { var y = x; g(&y); return y; }",
        // Of one element in a thousand.
        "fn f(x: f32) -> f32 { var i = 0; while x == 777 && i == 0 { } return x; }",
        "fn f(x: f32) -> f32 { var n = 0; for (var i = 0; i < 300; i++) { for (var j = 0; j < 300; j++) { n++; } } return f32(n); }",
        "fn f(x: f32) -> f32 { var n = 0; for (var i = 0; i < 9000; i++) { n++; } for (var j = 0; j < 9000; j++) { n++; } return f32(n); }",
    ] {
        let error =
            run(&device, &kernel(source, &[Float32], Float32), std::slice::from_ref(&elements)).unwrap_err();
        assert!(matches!(error, Error::Turns { .. }), "{source}: {error}");
    }
    // The device is as it was.
    let kernel = kernel("fn f(x: f32) -> f32 { return x + 1; }", &[Float32], Float32);
    let got = run(&device, &kernel, std::slice::from_ref(&elements)).unwrap();
    assert!(got.as_slice::<f32>().unwrap().iter().zip(1..).all(|(&got, expected)| got == expected as f32));
}

#[test]
fn an_element_may_take_all_its_turns_and_none_more() {
    let Some(device) = testing::device() else { return };
    let (kernel, n_turns) = (kernel(COUNT, &[UInt32], UInt32), turns_max(device.facts()));
    // The last turn finds that there is nothing to do.
    let most: Vec<u32> = (0..5003).map(|i| n_turns - 1 - i % 7).collect();
    let got = run(&device, &kernel, &[chunk(most.clone())]).unwrap();
    assert_eq!(got.as_slice::<u32>().unwrap(), most);
    for at in [0, 777, 5002] {
        let mut more = most.clone();
        more[at] = n_turns;
        let error = run(&device, &kernel, &[chunk(more)]).unwrap_err();
        assert_eq!(error, Error::Turns { kernel: "f".to_owned(), n_turns_max: n_turns });
    }
}

/// llvmpipe ends all loops of its lanes together after 65,535 turns, without a word. Lanes that take their turns at
/// different times must not come so far.
#[test]
fn lanes_that_take_turns_at_different_times() {
    let Some(device) = testing::device() else { return };
    let n_turns = turns_max(device.facts());
    // Each lane is the only one that is busy within one turn of the outer loop.
    let source = "fn f(i: u32, n: u32) -> u32 { var sum = 0u; for (var turn = 0u; turn < 64u; turn++) { \
                  if turn == i % 64u { for (var j = 0u; j < n; j++) { sum += j; } } } return sum; }";
    let kernel = kernel(source, &[UInt32, UInt32], UInt32);
    let n = n_turns - 70;
    let got = run(&device, &kernel, &[chunk(0..4096u32), Chunk::from_vec(vec![n], &[]).unwrap()]).unwrap();
    let expected = (0..n).fold(0u32, u32::wrapping_add);
    assert!(got.as_slice::<u32>().unwrap().iter().all(|&sum| sum == expected));
}

/// The device's thread has an ordinary stack, and drivers have their own ideas of what is much.
#[test]
fn the_largest_kernels_compile() {
    let Some(device) = testing::device() else { return };
    let nested = "loop { if x > 0 { ".repeat(16) + "y += 1;" + &"} break; }".repeat(16);
    let calls: String =
        (1..16).map(|n| format!("fn g{n}(x: f32) -> f32 {{ return g{}(x) + 1; }}\n", n - 1)).collect();
    let sum = "+x".repeat(1900);
    for (source, at_one) in [
        (format!("fn f(x: f32) -> f32 {{ var y = 0.0; {nested} return y; }}"), 1.0),
        (
            format!("fn g0(x: f32) -> f32 {{ return x; }}\n{calls}fn f(x: f32) -> f32 {{ return g15(x); }}"),
            16.0,
        ),
        (format!("fn f(x: f32) -> f32 {{ return x{sum}; }}"), 1901.0),
        (
            "fn f(x: f32) -> f32 { var a: array<f32, 1024>; a[1023] = x; return a[1022 + i32(x)]; }"
                .to_owned(),
            1.0,
        ),
    ] {
        let got = run(&device, &kernel(&source, &[Float32], Float32), &[chunk([1.0f32, 1.0])]).unwrap();
        assert_eq!(got.as_slice::<f32>().unwrap(), [at_one; 2]);
    }
}

#[test]
fn bytes_behind_the_last_element_take_no_turns() {
    let Some(device) = testing::device() else { return };
    // What a pooled buffer held before is more than any loop may take.
    let huge = device.copy_in(&chunk(vec![u32::MAX; 64]), 0).unwrap();
    drop(huge);
    let kernel = kernel(COUNT, &[UInt32], UInt32);
    let got = run(&device, &kernel, &[chunk([3u32, 4, 5])]).unwrap();
    assert_eq!(got.as_slice::<u32>().unwrap(), [3, 4, 5]);
}
