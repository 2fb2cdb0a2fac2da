//! Every distribution: the same numbers however an array is cut, the right ones, and what is refused.

mod goodness;

use gristmill_data::{TaskError, TaskErrorKind, Value};
use proptest::prelude::*;

use super::*;

/// One of each, with the dtypes that it has.
pub(super) const ALL: [(&str, &str); 30] = [
    ("bits()", "uint64 uint8 int16 uint32"),
    ("integers(-3,100)", "int8 int64"),
    ("integers(0,3221225472)", "uint32"),
    ("integers(-9223372036854775808,4611686018427387904)", "int64"),
    ("uniform(-1,2.5)", "float64 float32"),
    ("normal(1,2)", "float64 float32"),
    ("lognormal(0,0.5)", "float64 float32"),
    ("exponential(2)", "float64 float32"),
    ("gamma(0.3,2)", "float64 float32"),
    ("gamma(4.5,0.5)", "float64"),
    ("beta(2,0.5)", "float64"),
    ("beta(0.01,0.01)", "float64"),
    ("chisquare(3)", "float64"),
    ("standard_t(4)", "float64"),
    ("cauchy(1,2)", "float64"),
    ("laplace(1,2)", "float64"),
    ("logistic(1,2)", "float64"),
    ("gumbel(1,2)", "float64"),
    ("weibull(1.5)", "float64"),
    ("pareto(3)", "float64"),
    ("rayleigh(2)", "float64"),
    ("triangular(-1,0,3)", "float64 float32"),
    ("bernoulli(0.3)", "bool int8 uint64"),
    ("binomial(20,0.3)", "int64 uint64"),
    ("binomial(400,0.8)", "int64"),
    ("geometric(0.2)", "int64"),
    ("poisson(4)", "int64"),
    ("poisson(0)", "int64"),
    ("poisson(50)", "uint64"),
    ("poisson(1e15)", "int64"),
];

pub(super) fn pairs() -> impl Iterator<Item = (Distribution, DType)> {
    let dtypes = |&(text, dtypes): &(&'static str, &'static str)| {
        dtypes.split(' ').map(move |dtype| (text.parse().unwrap(), dtype.parse().unwrap()))
    };
    ALL.iter().flat_map(dtypes)
}

/// The first `n` numbers of a row.
pub(super) fn row(distribution: &Distribution, dtype: DType, n: u64) -> Chunk {
    generate(distribution, dtype, 20_231_107, 3, &[n], &[0], &[n]).unwrap()
}

/// The part of `whole` that begins at `start`, as bytes.
fn part(whole: &Chunk, start: &[u64], shape: &[u64]) -> Vec<u8> {
    let itemsize = whole.dtype().itemsize();
    let mut bytes = Vec::new();
    for idx in 0..shape.iter().product() {
        let (mut rest, mut place, mut stride) = (idx, 0, 1);
        for axis in (0..shape.len()).rev() {
            place += (start[axis] + rest % shape[axis]) * stride;
            rest /= shape[axis];
            stride *= whole.shape()[axis];
        }
        bytes.extend_from_slice(&whole.data()[place as usize * itemsize..][..itemsize]);
    }
    bytes
}

/// An array's shape, and a block of it.
fn any_block() -> impl Strategy<Value = (Vec<u64>, Vec<u64>, Vec<u64>)> {
    let axis = (0..=20_u64).prop_flat_map(|length| {
        (Just(length), 0..=length)
            .prop_flat_map(|(length, start)| (Just(length), Just(start), 0..=length - start))
    });
    // Whole axes are merged with those before them, so they come up often.
    let axis = prop_oneof![axis, (0..=20_u64).prop_map(|length| (length, 0, length))];
    prop::collection::vec(axis, 0..4).prop_map(|axes| {
        let of = |part: fn(&(u64, u64, u64)) -> u64| axes.iter().map(part).collect();
        (of(|axis| axis.0), of(|axis| axis.1), of(|axis| axis.2))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_block_is_a_part_of_its_array(
        (distribution, dtype) in prop::sample::select(pairs().collect::<Vec<_>>()),
        (array_shape, start, shape) in any_block(),
        seed in any::<u64>(),
        stream in any::<u32>(),
    ) {
        let zeros = vec![0; array_shape.len()];
        let whole = generate(&distribution, dtype, seed, stream, &array_shape, &zeros, &array_shape).unwrap();
        let block = generate(&distribution, dtype, seed, stream, &array_shape, &start, &shape).unwrap();
        prop_assert_eq!(block.shape(), &shape[..]);
        prop_assert_eq!(block.data().as_slice(), part(&whole, &start, &shape), "{} {}", distribution, dtype);
    }
}

/// Long rows cross the batches in which numbers are made, and their ends.
#[test]
fn long_rows_are_made_of_pieces() {
    for (distribution, dtype) in pairs() {
        let (whole, cuts) = (row(&distribution, dtype, 9000), [0, 1, 1027, 3000, 3001, 8191, 9000]);
        for cut in cuts.windows(2) {
            let (start, n) = (cut[0], cut[1] - cut[0]);
            let piece = generate(&distribution, dtype, 20_231_107, 3, &[9000], &[start], &[n]).unwrap();
            assert_eq!(
                piece.data().as_slice(),
                part(&whole, &[start], &[n]),
                "{distribution} {dtype} {cut:?}"
            );
        }
    }
}

/// Plain instructions give what the widest do, in every bit.
#[test]
fn instructions_make_no_difference() {
    for (distribution, dtype) in pairs() {
        let generator = Generator { seed: 20_231_107, stream: 3 };
        let plain = Source { generator, vector: Vector(Arch::Scalar) };
        let region = Region::new(&[5000], &[0], &[5000]).unwrap();
        let chunk = generate_from(plain, &distribution, dtype, &region).unwrap();
        assert_eq!(chunk, row(&distribution, dtype, 5000), "{distribution} {dtype}");
    }
}

/// Results are part of the kernel's version: when these change, so must it, since stored results would differ.
#[test]
fn numbers_stay_what_they_are() {
    // FNV-1a of the bytes.
    let digest = |chunk: &Chunk| {
        let bytes = chunk.data().iter();
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        })
    };
    let found: Vec<_> =
        pairs().map(|(distribution, dtype)| digest(&row(&distribution, dtype, 2000))).collect();
    assert_eq!(found, DIGESTS, "{found:#x?}");
}

const DIGESTS: [u64; 43] = [
    0xa929f10dffc81057,
    0x579cfb025e881fc6,
    0x7dad2359258d9b9f,
    0xa9d2b7a8a84925a,
    0x3ba766d4fb393142,
    0x57a89061df1e60ad,
    0x57e4d2c7d895437a,
    0x26a91a88d25d48cc,
    0xbe5cf7223ca7229,
    0xe77065f7029a756a,
    0x795da3d9c1fbf2cc,
    0xaf6b806e937157b7,
    0xe06479f69bdd42d,
    0x839552338d436af0,
    0xbd16a8fbd84ec153,
    0xf70d626f8621b924,
    0x9b760b7bd1b5481f,
    0x1a7f957ee8e4a385,
    0x282606bc88517ea1,
    0xcc8c725e804f8651,
    0xe21383c221d07239,
    0x2fdc47c6a0171074,
    0xbd88061fd7e47508,
    0x31adb5ae52bb854e,
    0x19b481c7104cbf48,
    0xd7cb8c74ea0e80b6,
    0x43125fe2d1c03505,
    0x812e4514b4b97097,
    0x692e728955be2e22,
    0x83faf0ffe46c76bc,
    0x5264807bfb92e1ba,
    0x94719316d2d004b7,
    0xcf2922dbba63bedf,
    0xcf2922dbba63bedf,
    0x65c0b590b9c0f5c5,
    0xf562dbb01017a385,
    0xf562dbb01017a385,
    0x82aa49f035f8cd5c,
    0xd7801fdbbc3800b7,
    0x409f00c6160d11ef,
    0x2c36c2471ceec525,
    0x213734a07ae1a6ba,
    0x32dfd0dd8c054129,
];

#[test]
fn seeds_and_streams_tell_arrays_apart() {
    let normal: Distribution = "normal(0,1)".parse().unwrap();
    let make = |seed, stream| generate(&normal, DType::Float64, seed, stream, &[64], &[0], &[64]).unwrap();
    let all = [make(0, 0), make(0, 1), make(1, 0), make(1 << 32, 0), make(0, 1 << 31)];
    let mut numbers: Vec<u64> = all
        .iter()
        .flat_map(|chunk| chunk.as_slice::<f64>().unwrap())
        .map(|number| number.to_bits())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 5 * 64);
    assert_eq!(make(7, 7), make(7, 7));
}

/// Places are counted in 64 bits, and numbers past the end are neither wanted nor a harm.
#[test]
fn the_ends_of_the_largest_arrays() {
    let array = [1 << 32, (1 << 32) - 1];
    for (distribution, dtype) in pairs() {
        let start = [(1 << 32) - 1, (1 << 32) - 6];
        let block = generate(&distribution, dtype, 1, 0, &array, &start, &[1, 5]).unwrap();
        let row = [array[0] * array[1]];
        let same = generate(&distribution, dtype, 1, 0, &row, &[row[0] - 5], &[5]).unwrap();
        assert_eq!(block.data(), same.data());
    }
}

#[test]
fn what_is_refused() {
    let check = |text: &str, dtype: DType, array: &[u64], start: &[u64], shape: &[u64], expect: &str| {
        let distribution: Distribution = text.parse().unwrap();
        let error = generate(&distribution, dtype, 0, 0, array, start, shape).unwrap_err().to_string();
        assert!(error.contains(expect), "{text} {dtype}: {error}");
    };
    let float = "normal(0,1) has no int64 numbers; ask for float64 or float32";
    check("normal(0,1)", DType::Int64, &[], &[], &[], float);
    check("normal(0,1)", DType::Float16, &[], &[], &[], "float16");
    check("normal(0,1)", DType::Complex128, &[], &[], &[], "complex128");
    check("poisson(1)", DType::Float64, &[], &[], &[], "ask for int64 or uint64");
    check("bits()", DType::Boolean, &[], &[], &[], "an integer dtype");
    check("bernoulli(0.5)", DType::Datetime64Ns, &[], &[], &[], "bool or an integer dtype");
    check("integers(0,257)", DType::UInt8, &[], &[], &[], "an integer dtype that holds low and high - 1");
    check("integers(-1,1)", DType::UInt64, &[], &[], &[], "uint64");
    check("integers(0,2)", DType::Float64, &[], &[], &[], "float64");
    let outside = "a block of shape [3] at [8] is no part of an array of shape [10]";
    check("normal(0,1)", DType::Float64, &[10], &[8], &[3], outside);
    check("normal(0,1)", DType::Float64, &[10], &[0, 0], &[3], "[0, 0]");
    check("normal(0,1)", DType::Float64, &[10], &[u64::MAX], &[3], "no part");
    check("normal(0,1)", DType::Float64, &[], &[], &[1], "no part");
    let huge = [u64::MAX];
    check("normal(0,1)", DType::Float64, &huge, &[0], &huge, "at most 2147483648 fit into one chunk");
    check("normal(0,1)", DType::Float64, &[1 << 40, 1 << 40], &[0, 0], &[1, 1], "64 bits");
    // A distribution that was not parsed is checked as well.
    let wrong = Distribution::Normal { mean: 0.0, std: -1.0 };
    let error = generate(&wrong, DType::Float64, 0, 0, &[], &[], &[]).unwrap_err();
    assert!(matches!(error, Error::Parameter { param: "std", .. }), "{error}");
    let wrong = Distribution::Integers { low: i128::MIN, high: i128::MAX };
    assert!(generate(&wrong, DType::Int64, 0, 0, &[], &[], &[]).is_err());
}

#[test]
fn the_kernel() {
    let call = |distribution: &str, dtype: &str, seed: Value, stream: Value, grid: &str, index: i64| {
        let args = [distribution.into(), dtype.into(), seed, stream, grid.into(), index.into()];
        crate::call("random", &args).map_err(TaskError::from)
    };
    let found = call("normal(0,1)", "float32", 5.into(), 1.into(), "2,3,1;1,4", 3).unwrap();
    let normal: Distribution = "normal(0,1)".parse().unwrap();
    let expect = generate(&normal, DType::Float32, 5, 1, &[6, 5], &[2, 1], &[3, 4]).unwrap();
    assert_eq!(found, Value::Chunk(expect));
    let check = |found: Result<Value, TaskError>, kind: TaskErrorKind, words: &str| {
        let error = found.unwrap_err();
        assert!(error.kind == kind && error.message.contains(words), "{error}");
    };
    let zero = || Value::from(0);
    let wrong = TaskErrorKind::InvalidArgument;
    check(call("x", "int8", zero(), zero(), "", 0), wrong, "is no distribution");
    check(call("bits()", "int9", zero(), zero(), "", 0), wrong, "no dtype `int9`");
    check(call("bits()", "int8", (-1).into(), zero(), "", 0), TaskErrorKind::OutOfRange, "-1");
    let stream = (1_i64 << 32).into();
    check(call("bits()", "int8", zero(), stream, "", 0), TaskErrorKind::OutOfRange, "4294967295");
    check(call("bits()", "int8", zero(), "a".into(), "", 0), TaskErrorKind::TypeMismatch, "text");
    check(call("bits()", "int8", zero(), zero(), "4,", 0), wrong, "`4,`");
    check(call("bits()", "int8", zero(), zero(), "4;5", 1), wrong, "no block of index 1");
}
