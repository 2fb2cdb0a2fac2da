//! Groups, against each of them reduced by itself.

use gristmill_data::{Chunk, DType, Value};
use proptest::prelude::*;

use super::group_by;
use crate::blocks::{cast, elements};
use crate::expr::ExprBuilder;
use crate::table::{agree, part};
use crate::{Error, Reduction, ReductionKind, compress, finish, reduce};

const KINDS: [ReductionKind; 8] = [
    ReductionKind::Count,
    ReductionKind::Sum,
    ReductionKind::Prod,
    ReductionKind::Min,
    ReductionKind::Max,
    ReductionKind::Mean,
    ReductionKind::Var { ddof: 0 },
    ReductionKind::Std { ddof: 1 },
];

/// One group by itself; `None` when it has no values.
fn reduced(reduction: Reduction, values: &Chunk) -> Option<Chunk> {
    let mut builder = ExprBuilder::new();
    let input = builder.input(values.dtype()).unwrap();
    let program = builder.finish(input);
    let count = Reduction { kind: ReductionKind::Count, ..reduction };
    let run = |reduction: Reduction| {
        let partial = reduce(reduction, &program, &[0], std::slice::from_ref(values)).ok()?;
        finish(reduction, reduction.dtype(values.dtype()).unwrap(), &[0], &partial).ok()
    };
    let n = run(count).map_or(0, |count| count.as_slice::<i64>().unwrap()[0]);
    let is_sum = matches!(reduction.kind, ReductionKind::Count | ReductionKind::Sum | ReductionKind::Prod);
    let ddof = if let ReductionKind::Std { ddof } = reduction.kind { i64::from(ddof) } else { 0 };
    if n > ddof || is_sum { run(reduction) } else { None }
}

fn check(reduction: Reduction, codes: &Chunk, n_groups: u64, values: &Chunk) {
    let got = group_by(reduction, codes, n_groups, values).unwrap();
    assert_eq!(got.dtype(), reduction.dtype(values.dtype()).unwrap());
    let known = cast(codes, DType::Int64).unwrap();
    for group in 0..n_groups {
        let is_there = |chunk: &Chunk, at| chunk.validity().is_none_or(|validity| validity.is_valid(at));
        let own =
            |at| is_there(&known, at) && is_there(values, at) && elements::<i64>(&known)[at] == group as i64;
        let own: Vec<bool> = (0..known.n_elements()).map(own).collect();
        let mask = Chunk::from_vec(own, values.shape()).unwrap();
        let own = compress(None, &mask, values).unwrap();
        let own = Chunk::try_new(own.dtype(), own.shape(), own.data().clone(), None).unwrap();
        let expected = reduced(reduction, &own);
        let one = part(&got, 0, group, 1).reshape(&[]).unwrap();
        assert_eq!(is_there(&one, 0), expected.is_some(), "{reduction} of group {group}: {values:?}");
        if let Some(expected) = expected {
            let (one, expected): (Value, Value) = (one.into(), expected.into());
            assert!(
                agree(&one, &expected, 64.0),
                "{reduction} of group {group}: {one:?} and not {expected:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn groups_are_what_each_is_by_itself(
        rows in prop::collection::vec((prop::option::weighted(0.9, 0_u8..5), prop::option::weighted(0.9, -9_i8..9)), 0..40),
        nth in 0_usize..8,
        skip_nan in any::<bool>(),
        dtype in prop::sample::select(vec![DType::Int8, DType::UInt64, DType::Float16, DType::Float32, DType::Float64]),
    ) {
        let n = [rows.len() as u64];
        let plain = |numbers: Vec<f64>, present: Vec<bool>| {
            let chunk = Chunk::from_vec(numbers, &n).unwrap();
            Chunk::try_new(chunk.dtype(), &n, chunk.data().clone(), Some(present.into())).unwrap()
        };
        let codes = rows.iter().map(|(code, _)| f64::from(code.unwrap_or(0))).collect();
        let codes = plain(codes, rows.iter().map(|(code, _)| code.is_some()).collect());
        let number = |value: Option<i8>| match value {
            Some(-9) if dtype.is_float() => f64::NAN,
            Some(value) if dtype == DType::UInt64 => f64::from(value.unsigned_abs()),
            value => f64::from(value.unwrap_or(0)),
        };
        let values = rows.iter().map(|&(_, value)| number(value)).collect();
        let values = plain(values, rows.iter().map(|(_, value)| value.is_some()).collect());
        let reduction = Reduction { kind: KINDS[nth], skip_nan };
        check(reduction, &cast(&codes, DType::UInt8).unwrap(), 5, &cast(&values, dtype).unwrap());
    }
}

#[test]
fn what_cannot_be_grouped_is_refused() {
    let sum = Reduction::of(ReductionKind::Sum);
    let codes = Chunk::from_vec(vec![0_i64, 2], &[2]).unwrap();
    let floats = Chunk::from_vec(vec![1.0, 2.0], &[2]).unwrap();
    assert!(matches!(
        group_by(sum, &codes, 2, &floats),
        Err(Error::NoSuchPosition { index: 2, length: 2, .. })
    ));
    assert!(matches!(group_by(sum, &floats, 2, &floats), Err(Error::NoLoop { .. })));
    assert!(matches!(group_by(sum, &codes, u64::MAX, &floats), Err(Error::TooLarge { .. })));
    let one = Chunk::from_vec(vec![1.0], &[1]).unwrap();
    assert!(matches!(group_by(sum, &codes, 3, &one), Err(Error::Invalid { .. })));
    let times = Chunk::try_new(DType::Datetime64Ns, &[2], codes.data().clone(), None).unwrap();
    assert!(matches!(group_by(sum, &codes, 3, &times), Err(Error::NoLoop { .. })));
    let most = group_by(Reduction::of(ReductionKind::Max), &codes, 3, &times).unwrap();
    assert_eq!(most.validity().map(|validity| validity.null_count()), Some(1));
    let counts = group_by(Reduction::of(ReductionKind::Count), &codes, 3, &times).unwrap();
    assert_eq!(counts.as_slice::<i64>().unwrap(), [1, 0, 1]);
}
