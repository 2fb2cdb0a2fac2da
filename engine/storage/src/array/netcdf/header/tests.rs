//! Headers that are damaged or lie.

use std::fs;

use super::super::super::tests::data;
use super::*;

/// The header of `classic.nc` with these four bytes at this place.
fn changed(at: usize, number: u32) -> Result<Header, Problem> {
    let mut bytes = fs::read(data("netcdf/classic.nc")).unwrap();
    bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
    Header::parse(&bytes)
}

#[test]
fn damage_is_no_panic() {
    for name in ["classic", "offset64", "data64"] {
        let whole = fs::read(data(&format!("netcdf/{name}.nc"))).unwrap();
        let header = Header::parse(&whole).unwrap();
        let begins = header.variables.iter().map(|variable| variable.begin as usize);
        for at in 0..begins.min().unwrap() {
            let mut bytes = whole.clone();
            bytes[at] = [0xff, 0, whole[at] ^ (1 << (at / 3 % 8))][at % 3];
            if let Ok(header) = Header::parse(&bytes) {
                let _ = header.record_nbytes();
            }
            assert_eq!(Header::parse(&whole[..at]).unwrap_err(), Problem::Short, "{name} cut at {at}");
        }
    }
}

#[test]
fn lies_are_noticed() {
    let check = |at: usize, number: u32, word: &str| match changed(at, number) {
        Err(Problem::Wrong(reason)) => assert!(reason.contains(word), "`{word}` is not in: {reason}"),
        other => panic!("{other:?}"),
    };
    check(0, 0x4344_4603, "version [3]");
    check(4, u32::MAX, "never written");
    check(8, 11, "11 instead of 10");
    // More dimensions than there are bytes.
    changed(12, u32::MAX).unwrap_err();
    // Records without end are seen to be too many.
    assert_eq!(changed(4, 1 << 30).unwrap().length(0), 1 << 30);
}
