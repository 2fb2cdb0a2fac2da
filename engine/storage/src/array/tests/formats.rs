//! Each format's dtypes, orders, packings and oddities.

use super::*;

#[test]
fn npy_of_every_dtype() {
    for dtype in DType::ALL {
        let array = check(&data(&format!("npy/{dtype}.npy")), None, dtype, &[3, 5]);
        assert_eq!((array.format(), array.chunks()), (ArrayFormat::Npy, [3, 5].as_slice()));
    }
}

#[test]
fn npy_of_every_order() {
    for dtype in [DType::Int16, DType::Float32, DType::UInt64, DType::Complex128, DType::Datetime64Ns] {
        check(&data(&format!("npy/big_{dtype}.npy")), None, dtype, &[3, 5]);
    }
    check(&data("npy/fortran.npy"), None, DType::Float64, &[4, 3, 5]);
    check(&data("npy/big_fortran.npy"), None, DType::Int32, &[4, 3, 5]);
}

#[test]
fn npy_of_odd_shapes_and_versions() {
    check(&data("npy/0d.npy"), None, DType::Int32, &[]);
    check(&data("npy/1d.npy"), None, DType::Int32, &[251]);
    check(&data("npy/empty.npy"), None, DType::Float32, &[0, 3]);
    check(&data("npy/version2.npy"), None, DType::Int16, &[3, 5]);
    check(&data("npy/version3.npy"), None, DType::Int16, &[3, 5]);
}

#[test]
fn stacks_of_dask() {
    let array = check(&data("npy/stack"), None, DType::Float32, &[7, 9]);
    assert_eq!((array.format(), array.chunks()), (ArrayFormat::NpyStack, [7, 4].as_slice()));
}

#[test]
fn npy_that_cannot_be_read_says_why() {
    check_error("npy/seconds.npy", None, &["<M8[s]", "datetime64[ns]"]);
    check_error("npy/text.npy", None, &["<U2", "convert"]);
    check_error("npy/record.npy", None, &["('b', '<f8', (2,))"]);
    check_error("npy/object.npy", None, &["|O"]);
    check_error("npy/int8.npy", Some("x"), &["`x`"]);
}

/// The rest of an npy file is a memory map.
#[test]
fn raw_files_of_every_layout() {
    let check = |name: &str, layout: RawLayout, dtype, shape: &[u64]| {
        let array = ArrayFile::open_raw(data(name), dtype, shape, layout.offset(128)).unwrap();
        let expect = expected_region(dtype, shape, &vec![1; shape.len()], &vec![2; shape.len()]);
        let read = array.read(&vec![1; shape.len()], &vec![2; shape.len()]).unwrap();
        assert_eq!(read.data().as_slice(), expect, "{name}");
        array
    };
    let (plain, big) = (RawLayout::default(), RawLayout::default().big_endian(true));
    let array = check("npy/float32.npy", plain, DType::Float32, &[3, 5]);
    assert_eq!(array.format(), ArrayFormat::Raw);
    check("npy/big_int16.npy", big, DType::Int16, &[3, 5]);
    check("npy/big_fortran.npy", big.fortran_order(true), DType::Int32, &[4, 3, 5]);
    let other = ArrayFile::open_raw(data("npy/float32.npy"), DType::Float32, &[3, 5], plain).unwrap();
    assert_ne!(array.identity(), other.identity());
    let open = |offset, shape: &[u64]| {
        ArrayFile::open_raw(data("npy/int8.npy"), DType::Int8, shape, plain.offset(offset)).map(drop)
    };
    open(128, &[15]).unwrap();
    open(0, &[0]).unwrap();
    for (offset, shape) in [(129, vec![15]), (u64::MAX, vec![15]), (0, vec![u64::MAX, 2]), (144, vec![0])] {
        let error = open(offset, &shape).unwrap_err();
        assert!(matches!(error, Error::CorruptArray { .. }), "{error}");
    }
}
