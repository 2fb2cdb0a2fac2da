//! HDF5 files of h5py, and NetCDF-4 files of netCDF4.

use serde_json::json;

use super::*;

const SHAPE: [u64; 2] = [7, 9];

fn many() -> PathBuf {
    data("hdf5/many.h5")
}

#[test]
fn every_dtype() {
    for dtype in DType::ALL {
        // HDF5 has no times.
        if !dtype.to_string().contains('[') {
            let array = check(&many(), Some(&format!("dtypes/{dtype}")), dtype, &[3, 5]);
            assert_eq!((array.format(), array.chunks()), (ArrayFormat::Hdf5, [3, 5].as_slice()));
        }
    }
    for dtype in [DType::Int16, DType::Float32, DType::UInt64, DType::Complex128, DType::Float16] {
        check(&many(), Some(&format!("/big/{dtype}")), dtype, &[3, 5]);
    }
}

#[test]
fn every_layout_and_packing() {
    use DType::{Boolean, Float32, Int32, Int64};
    for (name, dtype) in [
        ("chunked", Float32),
        ("gzip", Float32),
        ("shuffled", Int32),
        ("checked", Int32),
        ("checked_bool", Boolean),
        ("lzf", Int32),
        ("growing", Int64),
    ] {
        let array = check(&many(), Some(name), dtype, &SHAPE);
        assert_eq!(array.chunks(), [4, 5], "{name}");
    }
    check(&many(), Some("zstd"), Int32, &SHAPE);
    check(&many(), Some("0d"), Int32, &[]);
    check(&many(), Some("empty"), Float32, &[0, 3]);
    for name in ["fixed", "growing", "both"] {
        check(&data("hdf5/latest.h5"), Some(name), Int32, &SHAPE);
    }
    check(&data("hdf5/latest.h5"), Some("contiguous"), DType::Float64, &SHAPE);
    check(&data("hdf5/single.h5"), None, Int32, &SHAPE);
}

#[test]
fn netcdf_4() {
    use DType::{Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    let path = data("netcdf/four.nc");
    for dtype in [Int8, Int16, Int32, Float32, Float64, UInt8, UInt16, UInt32, UInt64, Int64] {
        check(&path, Some(&dtype.to_string()), dtype, &SHAPE);
    }
    let record = check(&path, Some("record_int16"), Int16, &[3, 7, 9]);
    assert_eq!(record.dims().unwrap(), ["time", "y", "x"]);
    check(&path, Some("record_float64"), Float64, &[3, 7, 9]);
    check(&path, Some("scalar"), Int32, &[]);
    let grid = check(&path, Some("/inner/grid"), Int32, &SHAPE);
    assert_eq!(
        (grid.chunks(), grid.dims().unwrap()),
        ([4, 5].as_slice(), ["y".into(), "x".into()].as_slice())
    );
    for name in ["wide/blosc_lz4", "wide/zstd"] {
        assert_eq!(check(&path, Some(name), Int32, &[60, 50]).chunks(), [40, 50], "{name}");
    }
    let packed = check(&path, Some("packed"), Int16, &SHAPE);
    let attributes = json!({"_FillValue": -999, "scale_factor": 0.5, "add_offset": 10.0, "units": "K"});
    assert_eq!(json!(packed.attributes()), attributes);
    assert_eq!(packed.fill_value().unwrap().as_slice::<i16>().unwrap(), [-999]);
    let error = ArrayFile::open(&path, Some("salt")).unwrap_err().to_string();
    assert!(error.contains("inner/grid") && !error.contains(", x"), "{error}");
}

#[test]
fn names_and_simple_attributes() {
    let array = check(&many(), Some("named"), DType::Float32, &[3, 5]);
    assert_eq!(array.dims().unwrap(), ["y", "x"]);
    assert_eq!(ArrayFile::open(many(), Some("y")).unwrap().dims().unwrap(), ["y"]);
    assert_eq!(ArrayFile::open(many(), Some("gzip")).unwrap().dims(), None);
    assert_eq!(json!(array.attributes()), json!({"units": "K", "scale": 0.5, "range": [1, 2]}));
}

#[test]
fn what_was_never_written_is_the_fill_value() {
    let array = ArrayFile::open(many(), Some("missing")).unwrap();
    assert_eq!(array.fill_value().unwrap().as_slice::<i32>().unwrap(), [42]);
    let written = expected_region(DType::Int32, &SHAPE, &[3, 4], &[1, 1]);
    let read = array.read(&[3, 4], &[2, 2]).unwrap();
    let fill = 42_i32.to_le_bytes();
    assert_eq!(read.data().as_slice(), [written.as_slice(), &fill, &fill, &fill].concat());
    let array = ArrayFile::open(many(), Some("unwritten")).unwrap();
    assert_eq!(array.read(&[6, 7], &[1, 2]).unwrap().as_slice::<i32>().unwrap(), [42, 42]);
}

#[test]
fn what_cannot_be_read_says_why() {
    check_error("hdf5/many.h5", None, &["dtypes/bool", "and more"]);
    for name in ["missing_", "dtypes", "dtypes/int", "../x", ""] {
        let error = ArrayFile::open(many(), Some(name)).unwrap_err();
        assert!(matches!(error, Error::WhichArray { .. }), "{name}: {error}");
    }
    check_error("hdf5/many.h5", Some("text"), &["text", "complex"]);
    check_error("hdf5/many.h5", Some("bfloat16"), &["odd size or form"]);
    check_error("hdf5/many.h5", Some("int12"), &["odd size or form"]);
    check_error("hdf5/many.h5", Some("record"), &["several fields"]);
    check_error("hdf5/many.h5", Some("unknown"), &["filter", "32999", "gzip"]);
}

/// A chunk in the middle is named, with its place in the file, and the others are still read.
#[test]
fn a_damaged_chunk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    for (name, dataset, address, nbytes) in [
        ("hdf5/many.h5", "gzip", 4004, 56),
        ("hdf5/many.h5", "shuffled", 17061, 33),
        ("hdf5/latest.h5", "fixed", 2165, 51),
        ("references/checked.nc", "checked", 10899, 42),
    ] {
        let mut bytes = std::fs::read(data(name)).unwrap();
        bytes[address + nbytes / 2] ^= 0xff;
        std::fs::write(&path, bytes).unwrap();
        let array = ArrayFile::open(&path, Some(dataset)).unwrap();
        let error = array.read(&[0, 0], &SHAPE).unwrap_err();
        assert!(matches!(error, Error::CorruptArray { .. }), "{error}");
        let place = format!("the chunk at (1, 0), {nbytes} bytes from byte {address} on");
        for word in ["a.h5", dataset, &place] {
            assert!(error.to_string().contains(word), "{name}: `{word}` is not in: {error}");
        }
        array.read(&[0, 0], &[4, 9]).unwrap();
        array.read(&[4, 5], &[3, 4]).unwrap();
    }
    // Bytes that are not there any more.
    let whole = std::fs::read(data("hdf5/many.h5")).unwrap();
    std::fs::write(&path, &whole).unwrap();
    let array = ArrayFile::open(&path, Some("missing")).unwrap();
    array.read(&[6, 8], &[1, 1]).unwrap();
    std::fs::write(&path, &whole[..51_100]).unwrap();
    let error = array.read(&[0, 0], &[1, 1]).unwrap_err().to_string();
    assert!(error.contains("a.h5") && error.contains("shorter"), "{error}");
}
