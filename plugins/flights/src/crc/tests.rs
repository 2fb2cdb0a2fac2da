//! The checksum against the standard's own example and against another implementation.

use super::*;

#[test]
fn the_standard_example_has_its_known_sum() {
    let mut crc = Crc::new();
    assert_eq!(crc.sum(), 0);
    crc.update(b"123456789");
    assert_eq!((crc.sum(), crc.n_bytes()), (0xcbf4_3926, 9));
}

#[test]
fn pieces_of_every_length_sum_up_as_another_implementation_has_it() {
    let bytes: Vec<u8> = (0..5000u32).map(|n| ((n * 7919) >> 3) as u8).collect();
    let (mut ours, mut theirs) = (Crc::new(), flate2::Crc::new());
    let mut rest = &bytes[..];
    for n in (0..90).chain([rest.len()]) {
        let (piece, after) = rest.split_at(n.min(rest.len()));
        ours.update(piece);
        theirs.update(piece);
        assert_eq!((ours.sum(), ours.n_bytes()), (theirs.sum(), theirs.amount()), "after {n} more bytes");
        rest = after;
    }
    assert!(rest.is_empty());
}
