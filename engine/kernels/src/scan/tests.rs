//! Against NumPy, and blocks against the whole.

use gristmill_data::Chunk;
use proptest::prelude::*;

use super::*;
use crate::table::{agree, check, part};

#[test]
fn running_values_are_those_of_numpy() {
    check(include_str!("tests/table.txt"), 4.0, 900);
}

/// A chunk of small numbers, with NaN and gaps among them.
fn numbers(shape: [u64; 3], seed: u64, gaps: bool) -> Chunk {
    let n = shape.iter().product::<u64>();
    let at = |idx: u64| (idx + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    let number = |idx| if at(idx) % 19 == 7 { f64::NAN } else { (at(idx) % 17) as f64 / 8.0 - 1.0 };
    let present: Vec<bool> = (0..n).map(|idx| !gaps || at(idx) % 5 > 0).collect();
    let chunk = Chunk::from_vec((0..n).map(number).collect(), &shape).unwrap();
    Chunk::try_new(chunk.dtype(), &shape, chunk.data().clone(), Some(present.into())).unwrap()
}

proptest! {
    #[test]
    fn blocks_give_what_the_whole_gives(
        shape in [1_u64..4, 1_u64..20, 1_u64..4],
        cuts in prop::collection::vec(0_u64..20, 0..4),
        seed in any::<u32>(),
        gaps in any::<bool>(),
        name in prop::sample::select(vec!["cumsum", "nancumsum", "cumprod", "nancumprod", "cummin", "cummax", "nancummin", "nancummax"]),
    ) {
        let chunk = numbers(shape, seed.into(), gaps);
        let kind: Scan = name.parse().unwrap();
        let whole = scan(kind, 1, &chunk).unwrap();
        let mut cuts: Vec<u64> = cuts.into_iter().map(|cut| cut.min(shape[1])).chain([0, shape[1]]).collect();
        cuts.sort();
        let mut totals = Vec::new();
        for ends in cuts.windows(2) {
            let scanned = scan(kind, 1, &part(&chunk, 1, ends[0], ends[1] - ends[0])).unwrap();
            let expected = part(&whole, 1, ends[0], ends[1] - ends[0]);
            let applied = match &totals[..] {
                [] => scanned.clone(),
                totals => scan_apply(kind, 1, &scan_totals(kind, totals).unwrap(), &scanned).unwrap(),
            };
            prop_assert!(agree(&applied.clone().into(), &expected.into(), 1e3), "{ends:?} {applied:?}");
            totals.push(scan_total(kind, 1, &scanned).unwrap());
        }
    }
}

#[test]
fn what_cannot_be_scanned_is_refused() {
    let chunk = numbers([1, 2, 3], 0, false);
    let sum: Scan = "cumsum".parse().unwrap();
    assert!(matches!(scan(sum, 3, &chunk), Err(Error::Axis { axis: 3, ndim: 3 })));
    assert!(matches!(scan_apply(sum, 1, &chunk, &chunk), Err(Error::Invalid { .. })));
    let short = Chunk::from_vec(vec![1_i8], &[1]).unwrap();
    assert!(matches!(scan_total(sum, 0, &short), Err(Error::Invalid { .. })));
    assert!(matches!(scan_apply(sum, 0, &short, &short), Err(Error::Invalid { .. })));
    assert!(matches!(scan_totals(sum, &[]), Err(Error::Empty { .. })));
    for text in ["", "sum", "nan", "cumvar"] {
        assert!(matches!(text.parse::<Scan>(), Err(Error::NoSuchMode { .. })), "{text}");
    }
    for text in ["cumsum", "nancummax"] {
        assert_eq!(text.parse::<Scan>().unwrap().to_string(), text);
    }
}
