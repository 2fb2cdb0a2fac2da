//! Repeated elements, against NumPy.

use gristmill_data::DType;

use crate::array::CHUNK_NBYTES;
use crate::array::testing::{check, refused, sample};
use crate::{Array, s};

#[test]
fn repeated_elements_are_those_of_numpy() {
    check(include_str!("tests.json"), 0.0, &[[6, 5], [4, 2], [1, 1], [5, -1]], |chunks| {
        let x = sample(&[6, 5], chunks);
        let r = x.slice(s![0]);
        let big = sample(&[3, 1, 4], [chunks[1], 1, 3]);
        vec![
            ("broadcast row", r.broadcast_to(&[4, 5])),
            ("broadcast column", x.slice(s![.., ..1]).broadcast_to(&[6, 7])),
            ("broadcast middle", big.broadcast_to(&[2, 3, 5, 4])),
            ("broadcast number", Array::full(3, &[], 1).broadcast_to(&[2, 3])),
            ("broadcast to nothing", r.broadcast_to(&[0, 5])),
            ("broadcast in a sum", r.broadcast_to(&[6, 5]) + &x),
            ("slice of broadcast", r.broadcast_to(&[40, 5]).slice(s![3..7, ..;2])),
            ("tile", x.tile(&[2, 3])),
            ("tile along the last", x.tile(&[2])),
            ("tile more axes", r.tile(&[3, 1, 2])),
            ("tile fewer axes", big.tile(&[3, 2])),
            ("tile nothing", x.tile(&[0, 2])),
            ("repeat", x.repeat(&[3], 0)),
            ("repeat last", x.repeat(&[2], -1)),
            ("repeat by counts", x.repeat(&[0, 2, 1, 0, 3, 1], 0)),
            ("repeat columns", x.repeat(&[1, 0, 0, 2, 1], 1)),
            ("repeat none", x.repeat(&[0; 6], 0)),
            ("sum of repeated", x.repeat(&[0, 0, 0, 4, 3, 0], 0).sum(0)),
        ]
    });
}

#[test]
fn what_does_not_broadcast_or_is_too_long_is_refused() {
    let x = sample(&[6, 5], 4);
    refused(&x.broadcast_to(&[6, 6]), "does not broadcast to [6, 6]");
    refused(&x.broadcast_to(&[5]), "does not broadcast");
    refused(&x.slice(s![..1]).broadcast_to(&[u64::MAX, 5]), "cut");
    refused(&x.tile(&[u64::MAX]), "too many");
    refused(&x.tile(&[1; 99]), "axes");
    refused(&x.repeat(&[1, 2], 0), "1 or 6 counts, not 2");
    refused(&x.repeat(&[u64::MAX], 0), "too long");
    refused(&x.repeat(&[u64::MAX, 1, 1, 1, 1], 1), "too long");
    refused(&x.compress(&x.slice(s![.., 0]).gt(0), 0).tile(&[2]), "with_known_shape");
}

#[test]
fn chunks_stay_short() {
    let x = Array::zeros(DType::Float64, &[1 << 12, 1 << 10], -1);
    let counts: Vec<u64> = (0..1 << 12).map(|n| n % 97).collect();
    for y in [x.repeat(&[100], 0), x.repeat(&[1 << 8], 1), x.repeat(&counts, 0), x.tile(&[300, 1])] {
        y.check().unwrap();
        assert!(y.n_chunk_elements() * 8 <= CHUNK_NBYTES, "{y:?}");
    }
    // Small arrays make no small chunks.
    assert_eq!(Array::arange(0, 10, 1, 10).tile(&[100_000]).numblocks(), [1]);
}
