//! Chains of packings undo themselves, and know how long their results are.

use std::fs;

use super::super::super::tests::data;
use super::*;

#[test]
fn chains_come_back() {
    let bytes: Vec<u8> = (0..1000_u32).flat_map(|i| (i / 7).to_le_bytes()).collect();
    let chains = [
        vec![],
        vec![Packing::Gzip(6)],
        vec![Packing::Zstd(1, true)],
        vec![Packing::Crc32c, Packing::Crc32c],
        vec![Packing::Crc32c, Packing::Zstd(-5, false)],
        vec![Packing::Gzip(0), Packing::Crc32c, Packing::Zstd(3, false)],
    ];
    for packings in chains {
        let codecs = Codecs::plain(packings);
        let stored = codecs.encode(&bytes).unwrap();
        let read = |nbytes| codecs.decode(DType::UInt32, nbytes, stored.clone());
        assert_eq!(read(4000).as_ref(), Ok(&bytes), "{codecs:?}");
        // Too many or too few.
        read(3996).unwrap_err();
        read(4004).unwrap_err();
    }
}

#[test]
fn the_packings_of_hdf5_are_undone() {
    let shuffled = vec![0, 4, 1, 5, 2, 6, 3, 7, 8];
    assert_eq!(Packing::Shuffle(4).decode(shuffled, 9), Ok((0..9).collect()));
    assert_eq!(Packing::Fletcher32.decode(vec![0; 12], 8), Ok(vec![0; 8]));
    assert!(Packing::Fletcher32.decode(vec![1; 12], 8).unwrap_err().contains("checksum"));
    Packing::Fletcher32.decode(vec![0; 3], 8).unwrap_err();
}

#[test]
fn strides_follow_the_order_of_axes() {
    let of = |order: Option<Vec<usize>>| {
        Codecs { order, big_endian: false, packings: vec![] }.strides(&[2, 3, 4], 8)
    };
    assert_eq!(of(None), [96, 32, 8]);
    assert_eq!(of(Some(vec![2, 1, 0])), [8, 16, 48]);
    assert_eq!(of(Some(vec![2, 0, 1])), [24, 8, 48]);
}

/// Each byte changed to another one, and each cut.
#[test]
fn damage_is_no_panic() {
    for (name, packing, nbytes) in [
        ("zarr2/zlib/0.0", Packing::Zlib, 80),
        ("zarr2/gzip/0.0", Packing::Gzip(1), 80),
        ("zarr2/zstd/0.0", Packing::Zstd(1, false), 80),
        ("zarr2/blosc_blosclz/0.0", Packing::Blosc, 8000),
        ("zarr2/blosc_lz4/0.0", Packing::Blosc, 8000),
        ("zarr2/blosc_zlib/0.0", Packing::Blosc, 8000),
        ("zarr2/blosc_zstd/0.0", Packing::Blosc, 8000),
        ("zarr2/blosc_bits/0.0", Packing::Blosc, 16000),
        ("zarr2/blosc_kept/0.0", Packing::Blosc, 40),
    ] {
        let whole = fs::read(data(name)).unwrap();
        let codecs = Codecs::plain(vec![packing]);
        let read = |bytes: &[u8]| codecs.decode(DType::Int8, nbytes, bytes.to_vec());
        assert_eq!(read(&whole).unwrap().len() as u64, nbytes);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] = [0, 0x7f, whole[at] ^ (1 << (at / 3 % 8))][at % 3];
            let _ = read(&changed);
            if packing == Packing::Blosc {
                read(&whole[..at]).unwrap_err();
            }
        }
    }
}

#[test]
fn blosc_refuses_what_does_not_fit() {
    let header = |flags: u8, typesize: u8, nbytes: u32, block: u32, length: u32| {
        let sizes = [nbytes.to_le_bytes(), block.to_le_bytes(), length.to_le_bytes()].concat();
        [&[2, 1, flags, typesize], sizes.as_slice()].concat()
    };
    let check = |bytes: Vec<u8>, word: &str| {
        let reason = blosc::decode(&bytes, 1 << 30).unwrap_err();
        assert!(reason.contains(word), "`{word}` is not in: {reason}");
    };
    assert_eq!(blosc::decode(&header(0, 4, 0, 0, 16), 0), Ok(vec![]));
    check(header(0, 4, 8, 8, 17), "16 are there");
    check(header(2, 4, 8, 8, 16), "ends early");
    check(header(0, 4, 8, 0, 16), "cannot fill");
    check(header(0, 4, 8, 9, 16), "cannot fill");
    check(header(0, 4, 1 << 29, 1 << 29, 16), "cannot become");
    check(header(0, 4, 8, 8, 16), "a block is not there");
    let block = |codec: u8, stream: &[u8]| {
        let rest = [&20_u32.to_le_bytes(), &(stream.len() as u32).to_le_bytes(), stream].concat();
        [header(codec << 5, 4, 8, 8, 16 + rest.len() as u32), rest].concat()
    };
    // Literals, and matches before the first byte, beyond the last, or cut.
    assert_eq!(blosc::decode(&block(0, &[0, 7, 0xa0, 0]), 8), Ok(vec![7; 8]));
    check(block(0, &[0, 7, 0xa0, 1]), "damaged");
    check(block(0, &[0, 7, 0xc0, 0]), "damaged");
    check(block(0, &[0, 7, 0xa0]), "damaged");
    check(block(0, &[0, 7]), "1 bytes instead of 8");
    check(block(2, &[0]), "Snappy");
    check(block(5, &[0]), "codec 5");
}
