//! Zarr stores of zarr-python, and what is refused of others.

use std::fs;

use serde_json::json;

use super::*;

const SHAPE: [u64; 2] = [7, 9];

#[test]
fn every_dtype() {
    for dtype in DType::ALL {
        let name = dtype.to_string();
        let name = name.split('[').next().unwrap();
        for (folder, format) in [("zarr2", ArrayFormat::ZarrV2), ("zarr3", ArrayFormat::ZarrV3)] {
            let array = check(&data(folder).join(name), None, dtype, &[3, 5]);
            assert_eq!((array.format(), array.chunks()), (format, [3, 5].as_slice()));
        }
    }
}

#[test]
fn every_packing() {
    use DType::{Float32, Float64, Int16, Int32};
    for (name, dtype) in [
        ("zarr2/plain", Float32),
        ("zarr2/zlib", Float32),
        ("zarr2/gzip", Float32),
        ("zarr2/zstd", Int32),
        ("zarr2/blosc_kept", Int16),
        ("zarr2/big", Float32),
        ("zarr2/slash", Float32),
        ("zarr3/plain", Float32),
        ("zarr3/gzip", Float32),
        ("zarr3/zstd", Int32),
        ("zarr3/zstd_checksum", Int32),
        ("zarr3/crc32c", Int32),
        ("zarr3/big", Float32),
    ] {
        let array = check(&data(name), None, dtype, &SHAPE);
        assert_eq!(array.chunks(), [4, 5], "{name}");
    }
    for (name, dtype) in [
        ("zarr2/blosc_blosclz", Int32),
        ("zarr2/blosc_lz4", Int32),
        ("zarr2/blosc_zlib", Int32),
        ("zarr2/blosc_zstd", Int32),
        ("zarr2/blosc_blosclz_blocks", Int16),
        ("zarr2/blosc_lz4_blocks", Int16),
        ("zarr2/blosc_bits", Float64),
        ("zarr2/blosc_bits_rest", Int16),
        ("zarr3/blosc", Int16),
    ] {
        check(&data(name), None, dtype, &[60, 50]);
    }
}

#[test]
fn every_order_and_odd_shapes() {
    for name in ["zarr2/fortran", "zarr3/transposed"] {
        let array = check(&data(name), None, DType::Int32, &[4, 6, 5]);
        assert_eq!(array.chunks(), [2, 4, 5]);
    }
    for folder in ["zarr2", "zarr3"] {
        check(&data(folder).join("0d"), None, DType::Int32, &[]);
        check(&data(folder).join("empty"), None, DType::Int32, &[0, 3]);
    }
}

#[test]
fn shards() {
    let array = check(&data("zarr3/sharded"), None, DType::Int32, &[10, 12]);
    assert_eq!(array.chunks(), [2, 3]);
    check(&data("zarr3/sharded_gzip"), None, DType::Float64, &[10, 12]);
}

/// Only a part was written; the rest is `fill`.
fn check_partly<T: Element + PartialEq + std::fmt::Debug>(
    name: &str,
    part: [std::ops::Range<u64>; 2],
    fill: T,
) {
    let array = ArrayFile::open(data(name), None).unwrap();
    let (rows, columns) = (array.shape()[0], array.shape()[1]);
    let all = expected(array.dtype(), rows * columns);
    let all = Chunk::try_new(array.dtype(), array.shape(), all.into(), None).unwrap();
    let all = all.as_slice::<T>().unwrap();
    let read = array.read(&[0, 0], &[rows, columns]).unwrap();
    for (at, element) in read.as_slice::<T>().unwrap().iter().enumerate() {
        let (row, column) = (at as u64 / columns, at as u64 % columns);
        let written = part[0].contains(&row) && part[1].contains(&column);
        let expect = if written { all[at] } else { fill };
        // Not-a-number is not equal to itself.
        assert_eq!(format!("{element:?}"), format!("{expect:?}"), "{name} ({row}, {column})");
    }
    let last = array.read(&[rows - 1, columns - 1], &[1, 1]).unwrap();
    assert_eq!(format!("{:?}", last.as_slice::<T>().unwrap()), format!("{:?}", [fill]), "{name}");
}

#[test]
fn chunks_that_were_never_written_are_the_fill_value() {
    check_partly("zarr2/missing", [0..4, 0..5], 42_i32);
    check_partly("zarr2/no_fill", [0..4, 0..5], 0_i32);
    check_partly("zarr3/missing", [0..4, 0..5], 42_i32);
    check_partly("zarr3/nan_fill", [0..4, 0..5], f32::NAN);
    check_partly("zarr3/sharded_missing", [2..4, 3..6], 42_i32);
    let fill = |name: &str| ArrayFile::open(data(name), None).unwrap().fill_value().cloned();
    assert_eq!(fill("zarr2/missing").unwrap().as_slice::<i32>().unwrap(), [42]);
    assert!(fill("zarr2/no_fill").is_none());
}

#[test]
fn names_and_attributes() {
    for folder in ["zarr2", "zarr3"] {
        let array = check(&data(folder).join("named"), None, DType::Float32, &SHAPE);
        assert_eq!(array.dims().unwrap(), ["y", "x"]);
        assert_eq!(json!(array.attributes()), json!({"units": "K"}));
    }
    check(&data("zarr3/group"), Some("a"), DType::Int32, &SHAPE);
    check(&data("zarr3/group"), Some("inner/b"), DType::Int32, &SHAPE);
    check(&data("zarr3/group/inner"), None, DType::Int32, &SHAPE);
    for name in [None, Some("c"), Some("inner"), Some(""), Some("../plain"), Some("/"), Some("inner/../a")] {
        let error = ArrayFile::open(data("zarr3/group"), name).unwrap_err();
        assert!(matches!(error, Error::WhichArray { .. }), "{error}");
        assert!(error.to_string().contains("a, inner/b"), "{error}");
    }
}

#[test]
fn what_is_not_supported_says_so() {
    check_error("zarr2/delta", None, &["`delta`", "gzip"]);
    check_error("zarr2/lzma", None, &["`lzma`"]);
    // Each change of a good array's metadata, and a word of what is said about it.
    let changes = [
        ("codecs", json!([]), "without `bytes`"),
        ("codecs", json!([{"name": "gzip"}, {"name": "bytes"}]), "before `bytes`"),
        ("codecs", json!([{"name": "bytes"}]), "endianness"),
        (
            "codecs",
            json!([{"name": "bytes", "configuration": {"endian": "big"}}, {"name": "pcodec"}]),
            "pcodec",
        ),
        (
            "codecs",
            json!([{"name": "transpose", "configuration": {"order": [0, 0]}}, {"name": "bytes"}]),
            "[0,0]",
        ),
        ("codecs", json!(1), "`codecs`"),
        ("data_type", json!("r16"), "r16"),
        ("data_type", json!("datetime64[ns]"), "datetime64"),
        ("chunk_grid", json!({"name": "rectangular"}), "rectangular"),
        ("chunk_grid", json!({"name": "regular", "configuration": {"chunk_shape": [4]}}), "2 axes"),
        ("chunk_grid", json!({"name": "regular", "configuration": {"chunk_shape": [4, 0]}}), "(4, 0)"),
        (
            "chunk_grid",
            json!({"name": "regular", "configuration": {"chunk_shape": [u64::MAX, 4]}}),
            "possible",
        ),
        ("chunk_key_encoding", json!({"name": "fanout"}), "fanout"),
        ("fill_value", json!("many"), "many"),
        ("shape", json!([7, -9]), "`shape`"),
        ("shape", json!([u64::MAX, 9]), "counted"),
        ("shape", json!(vec![1; 65]), "65"),
        ("storage_transformers", json!([{"name": "x"}]), "storage_transformers"),
        ("extra", json!({}), "extra"),
        ("node_type", json!("leaf"), "node_type"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(data("zarr3/plain/zarr.json")).unwrap();
    for (name, value, word) in changes {
        let mut json: Value = serde_json::from_str(&text).unwrap();
        json[name] = value.clone();
        fs::write(folder.path().join("zarr.json"), json.to_string()).unwrap();
        let error = ArrayFile::open(folder.path(), None).unwrap_err().to_string();
        let word = if word == "65" { "`shape` has more than 64" } else { word };
        assert!(error.contains(word), "{name} = {value}: `{word}` is not in: {error}");
    }
    let mut json: Value = serde_json::from_str(&text).unwrap();
    json["extra"] = json!({"must_understand": false});
    fs::write(folder.path().join("zarr.json"), json.to_string()).unwrap();
    ArrayFile::open(folder.path(), None).unwrap();
}

/// The message of a chunk whose bytes are these.
fn error_of(name: &str, chunk: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let folder = tempfile::tempdir().unwrap();
    super::damage::copy(&data(name), folder.path());
    let path = folder.path().join(chunk);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
    let array = ArrayFile::open(folder.path(), None).unwrap();
    // What lies elsewhere is still read.
    let far: Vec<u64> = array.shape().iter().map(|length| length - 1).collect();
    array.read(&far, &[1, 1]).unwrap();
    let error = array.read(&[0, 0], &[1, 1]).unwrap_err();
    assert!(matches!(error, Error::CorruptArray { .. }), "{error}");
    error.to_string()
}

#[test]
fn a_damaged_chunk_is_named() {
    let check = |name: &str, chunk: &str, change: &dyn Fn(&mut Vec<u8>), word: &str| {
        let error = error_of(name, chunk, change);
        assert!(error.contains(word) && error.contains(chunk), "{name}: `{word}` is not in: {error}");
    };
    check("zarr2/plain", "0.0", &|bytes| bytes.truncate(79), "79 bytes");
    check("zarr2/plain", "0.0", &|bytes| bytes.push(0), "81 bytes");
    check("zarr2/plain", "0.0", &|bytes| bytes.resize(1 << 20, 0), "longer than");
    check("zarr2/zlib", "0.0", &|bytes| bytes.truncate(20), "unpacked");
    check("zarr3/gzip", "c/0/0", &|bytes| bytes.truncate(20), "unpacked");
    check("zarr3/zstd", "c/0/0", &|bytes| bytes.truncate(20), "unpacked");
    check("zarr3/zstd_checksum", "c/0/0", &|bytes| *bytes.last_mut().unwrap() ^= 1, "unpacked");
    check("zarr3/crc32c", "c/0/0", &|bytes| bytes[0] ^= 1, "checksum");
    check("zarr3/crc32c", "c/0/0", &|bytes| bytes.truncate(3), "too short");
    check("zarr3/sharded", "c/0/0", &|bytes| *bytes.last_mut().unwrap() ^= 1, "its index");
    check("zarr3/sharded", "c/0/0", &|bytes| bytes.truncate(60), "too few");
    check(
        "zarr3/sharded_gzip",
        "c/0/0",
        &|bytes| bytes[20] ^= 0xff,
        "the chunk at (0, 0) of it, from byte 0 on",
    );
    check("zarr2/blosc_lz4", "0.0", &|bytes| bytes.truncate(100), "Blosc");
    check("zarr2/blosc_lz4", "0.0", &|bytes| bytes[0] = 7, "format 7");
}

/// The index of a shard may be whole and lie.
#[test]
fn a_lying_index_is_noticed() {
    for (offset, length) in
        [(u64::MAX, 1), (u64::MAX - 1, u64::MAX), (0, u64::MAX), (1000, 24), (0, 165), (0, 23)]
    {
        let error = error_of("zarr3/sharded", "c/0/0", |bytes| {
            // Four chunks of 24 bytes, their entries, and a checksum of these.
            bytes[96..104].copy_from_slice(&offset.to_le_bytes());
            bytes[104..112].copy_from_slice(&length.to_le_bytes());
            let sum = crc32c::crc32c(&bytes[96..160]);
            bytes[160..].copy_from_slice(&sum.to_le_bytes());
        });
        assert!(error.contains("the chunk at (0, 0)"), "{error}");
    }
}

/// A few bytes that would become many are given up early.
#[test]
fn a_bomb_does_not_go_off() {
    let bomb = |name: &str, chunk: &str, bytes: Vec<u8>| {
        let error = error_of(name, chunk, |chunk| *chunk = bytes);
        assert!(error.contains("more than 80 bytes"), "{error}");
    };
    let zeros = vec![0; 1 << 22];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, &zeros).unwrap();
    bomb("zarr3/gzip", "c/0/0", gzip.finish().unwrap());
    bomb("zarr3/zstd", "c/0/0", zstd::bulk::compress(&zeros, 19).unwrap());
}
