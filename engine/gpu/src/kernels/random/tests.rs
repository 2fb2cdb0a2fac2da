//! Random numbers on a device and on the CPU.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::{Distribution, generate};

use super::super::source::named;
use super::{Draw, random};
use crate::device::{Dispatch, Window};
use crate::testing::{self, close};
use crate::wgsl::repr::Repr;
use crate::{Device, DeviceOptions, Error};

const SEED: u64 = 0x0123_4567_89ab_cdef;
const STREAM: u32 = 7;

/// On the device and on the CPU.
fn both(device: &Device, text: &str, dtype: DType, [array_shape, start, shape]: [&[u64]; 3]) -> [Chunk; 2] {
    let distribution: Distribution = text.parse().unwrap();
    let draw =
        Draw { distribution: &distribution, dtype, seed: SEED, stream: STREAM, array_shape, start, shape };
    let got = random(device, &draw, 0).unwrap_or_else(|error| panic!("{text} {dtype}: {error}"));
    let got = device.copy_out(&got).unwrap_or_else(|error| panic!("{text} {dtype}: {error}"));
    [got, generate(&distribution, dtype, SEED, STREAM, array_shape, start, shape).unwrap()]
}

/// Fails unless both are equal in every bit.
fn check(device: &Device, text: &str, dtype: &str, place: [&[u64]; 3]) {
    let [got, expected] = both(device, text, dtype.parse().unwrap(), place);
    assert_eq!(got.shape(), expected.shape());
    if let Err(difference) = close(&got, &expected, 0.0) {
        panic!("{text} {dtype} {place:?}: {difference}");
    }
}

/// Distributions whose numbers are the same in every bit, with their dtypes.
const EXACT: [(&str, &str); 20] = [
    ("bits()", "int8 uint8 int16 uint16 int32 uint32 int64 uint64"),
    ("bernoulli(0.3)", "bool int8 uint16 int32 uint64"),
    ("bernoulli(0)", "bool"),
    ("bernoulli(1)", "bool"),
    ("bernoulli(1e-320)", "int32"),
    ("integers(-3,7)", "int8 int16 int32 int64"),
    ("integers(0,2)", "bool uint8"),
    ("integers(0,256)", "uint8 uint32"),
    ("integers(5,6)", "uint16"),
    ("integers(-2147483648,2147483648)", "int32 int64"),
    // Of these every second and every fourth is drawn again.
    ("integers(0,2147483649)", "uint32"),
    ("integers(1,3221225472)", "uint32"),
    ("integers(0,4294967297)", "uint64"),
    ("integers(-9223372036854775808,4611686018427387904)", "int64"),
    ("integers(0,9223372036854775809)", "uint64"),
    ("integers(-9223372036854775808,9223372036854775808)", "int64"),
    ("integers(0,18446744073709551616)", "uint64"),
    ("uniform(0,1)", "float32 float64"),
    ("uniform(-1,2.5)", "float32 float64"),
    ("uniform(0.1,0.7)", "float32 float64"),
];

fn all(list: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    list.iter().flat_map(|&(text, dtypes)| dtypes.split(' ').map(move |dtype| (text, dtype))).collect()
}

#[test]
fn bits_integers_and_uniform_numbers() {
    let Some(device) = testing::device() else { return };
    for (text, dtype) in all(&EXACT) {
        for n in [0, 1, 127, 128, 5000] {
            check(&device, text, dtype, [&[n], &[0], &[n]]);
        }
    }
}

#[test]
fn blocks_of_larger_arrays() {
    let Some(device) = testing::device() else { return };
    let places: [[&[u64]; 3]; 9] = [
        [&[], &[], &[]],
        [&[100], &[37], &[41]],
        [&[20, 30], &[3, 0], &[7, 30]],
        [&[20, 31], &[3, 5], &[7, 11]],
        [&[20, 31], &[3, 5], &[7, 1]],
        [&[4, 5, 6, 7], &[1, 2, 0, 3], &[3, 2, 6, 4]],
        [&[3, 4, 3, 4, 3], &[1, 1, 1, 1, 1], &[2, 2, 2, 3, 2]],
        [&[5, 9, 4], &[0, 0, 0], &[5, 0, 4]],
        // Places are counted in 64 bits.
        [&[1 << 32, (1 << 32) - 1], &[(1 << 32) - 3, (1 << 32) - 60], &[3, 50]],
    ];
    for place in places {
        for (text, dtype) in [
            ("bits()", "uint8"),
            ("bits()", "int16"),
            ("bits()", "uint64"),
            ("bernoulli(0.5)", "bool"),
            ("integers(0,3000000000)", "int64"),
            ("integers(0,3000000000)", "uint32"),
            ("uniform(0,1)", "float32"),
            ("uniform(0,1)", "float64"),
        ] {
            check(&device, text, dtype, place);
        }
    }
}

/// The polynomials are the CPU's; compilers may fuse their steps, and divide and take roots in other ways.
#[test]
fn normal_and_exponential_numbers() {
    let Some(device) = testing::device() else { return };
    for (text, dtype) in [
        ("normal(0,1)", "float32"),
        ("normal(0,1)", "float64"),
        ("normal(0,0.01)", "float32"),
        ("exponential(2)", "float32"),
        ("exponential(2)", "float64"),
    ] {
        for n in [1, 127, 50_000] {
            let [got, expected] = both(&device, text, dtype.parse().unwrap(), [&[n + 3], &[3], &[n]]);
            if let Err(difference) = close(&got, &expected, 8.0) {
                panic!("{text} {dtype}: {difference}");
            }
            let itemsize = got.dtype().itemsize();
            let pairs = got.data().chunks(itemsize).zip(expected.data().chunks(itemsize));
            let n_different = pairs.filter(|(got, expected)| got != expected).count();
            eprintln!("{text} {dtype}: {n_different} of {n} differ from the CPU's in the last bits");
        }
    }
}

/// What a function of the library gives for each element of a chunk, as numbers of another dtype.
fn each(device: &Device, body: &str, functions: &str, chunk: &Chunk, dtype: DType) -> Chunk {
    let [from, to] = [chunk.dtype(), dtype].map(|dtype| Repr::of(dtype, device.facts()).unwrap().unit());
    let text = format!(
        "@group(0) @binding(0) var<storage, read> given: array<{from}>;\n\
         @group(0) @binding(1) var<storage, read_write> out: array<{to}>;\n{functions}\n\
         @compute @workgroup_size(64)\nfn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n\
         if id.x < {}u {{ let x = given[id.x]; out[id.x] = {body}; }}\n}}\n",
        chunk.n_elements()
    );
    let shader = named("each", &text, "", &[false, true]);
    let (input, out) = (device.copy_in(chunk, 0).unwrap(), device.array(dtype, chunk.shape(), 0).unwrap());
    let bindings = vec![Window::whole(&input.buffer), Window::whole(&out.buffer)];
    let workgroups = [chunk.n_elements().div_ceil(64) as u32, 1, 1];
    device.dispatch(vec![Dispatch { shader, bindings, words: Vec::new(), workgroups }]).unwrap();
    device.copy_out(&out).unwrap()
}

/// Of random numbers, one of 10^11 lies in the tails where the third polynomial holds.
#[test]
fn normal_numbers_at_known_probabilities() {
    let Some(device) = testing::device() else { return };
    let known = [
        (1.1102230246251565e-16, -8.209536151601387),
        (1e-12, -7.034483825301132),
        (1.3887943864964e-11, -6.657904643501104),
        (1.5e-11, -6.646570887477113),
        (1e-6, -4.753424308822899),
        (0.0749, -1.4402382675279637),
        (0.0751, -1.43882539275254),
        (0.3, -0.5244005127080408),
        (0.4999990463256836, -2.390507006295574e-06),
    ];
    let probabilities = Chunk::from_vec(known.map(|known| known.0).to_vec(), &[9]).unwrap();
    let got = each(&device, "np64_quantile(x)", &super::quantile_f64(), &probabilities, DType::Float64);
    for (&got, (p, expected)) in got.as_slice::<f64>().unwrap().iter().zip(known) {
        assert!(((got - expected) / expected).abs() < 2e-15, "{p}: {got} and not {expected}");
    }
}

/// Adapters without 64-bit integers multiply halves of words.
#[test]
fn products_of_halves_of_words() {
    let Some(device) = testing::device() else { return };
    let pairs = testing::numbers(DType::UInt64, &[3000], 3);
    let body = "select(0u, 1u, all(np_product_halves(a(x), b(x)) == np_product_wide(a(x), b(x))))";
    let words = "fn a(x: u64) -> u32 { return u32(x & 0xfffffffflu); }\nfn b(x: u64) -> u32 { return u32(x >> 32u); }";
    let got = each(&device, body, words, &pairs, DType::UInt32);
    assert_eq!(got.as_slice::<u32>().unwrap(), [1; 3000]);
}

#[test]
fn windows_of_what_a_shader_sees_at_once() {
    let options = DeviceOptions { binding_nbytes_max: 4096, ..Default::default() };
    let Some(device) = testing::open(&options) else { return };
    for (text, dtype) in [("bits()", "int8"), ("uniform(0,1)", "float32"), ("uniform(0,1)", "float64")] {
        check(&device, text, dtype, [&[300, 100], &[10, 3], &[90, 71]]);
    }
}

#[test]
fn many_workgroups() {
    let Some(device) = testing::device() else { return };
    let n = 500_003;
    check(&device, "bits()", "uint16", [&[n], &[0], &[n]]);
}

#[test]
fn what_is_not_for_devices() {
    let Some(device) = testing::device() else { return };
    let refused = |text: &str, dtype: &str, array_shape: &[u64], start: &[u64], words: &str| {
        let distribution: Distribution = text.parse().unwrap();
        let dtype = dtype.parse().unwrap();
        let draw =
            Draw { distribution: &distribution, dtype, seed: 1, stream: 1, array_shape, start, shape: &[2] };
        let error = random(&device, &draw, 0).unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused("gamma(1,1)", "float64", &[9], &[0], "gamma(1,1)");
    refused("poisson(3)", "int64", &[9], &[0], "poisson(3)");
    refused("normal(0,1)", "int64", &[9], &[0], "int64");
    refused("integers(0,257)", "uint8", &[9], &[0], "uint8");
    refused("uniform(0,1)", "float32", &[9], &[8], "no part of the array");
    refused("uniform(0,1)", "float32", &[9], &[], "no part of the array");
}
