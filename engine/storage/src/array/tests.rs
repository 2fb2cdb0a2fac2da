//! Arrays that NumPy, zarr-python, h5py and netCDF4 wrote (`tests/data/arrays/make.py`) are read as they were meant.
//!
//! Element i of each, in C order, is known from i alone, so that no reader is the measure of another.

mod damage;
mod formats;
mod hdf5;
mod netcdf;
mod references;
pub(super) mod remote;
pub(super) mod server;
mod zarr;

use std::path::PathBuf;

use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{DType, Element};
use proptest::prelude::*;

use super::*;

/// A file or folder that `make.py` has written.
pub(super) fn data(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/arrays")).join(name)
}

/// `fill` of `make.py`: the elements from 0 on as bytes, little-endian.
pub(super) fn expected(dtype: DType, n_elements: u64) -> Vec<u8> {
    fn bytes<T: Element>(elements: impl Iterator<Item = T>) -> Vec<u8> {
        T::into_buffer(elements.collect()).to_vec()
    }
    let base = (0..n_elements as i64).map(|i| i * 7 % 251);
    match dtype {
        DType::Boolean => bytes(base.map(|v| v % 2 == 1)),
        DType::Int8 => bytes(base.map(|v| (v - 125) as i8)),
        DType::Int16 => bytes(base.map(|v| (v - 125) as i16)),
        DType::Int32 => bytes(base.map(|v| (v - 125) as i32)),
        DType::Int64 => bytes(base.map(|v| v - 125)),
        DType::UInt8 => bytes(base.map(|v| v as u8)),
        DType::UInt16 => bytes(base.map(|v| v as u16)),
        DType::UInt32 => bytes(base.map(|v| v as u32)),
        DType::UInt64 => bytes(base.map(|v| v as u64)),
        DType::Float16 => bytes(base.map(|v| f16::from_f64(v as f64 / 4.0))),
        DType::Float32 => bytes(base.map(|v| v as f32 / 4.0)),
        DType::Float64 => bytes(base.map(|v| v as f64 / 4.0)),
        DType::Complex64 => bytes(base.map(|v| Complex32::new(v as f32 / 4.0, v as f32 - 125.0))),
        DType::Complex128 => bytes(base.map(|v| Complex64::new(v as f64 / 4.0, v as f64 - 125.0))),
        DType::Datetime64Ns | DType::Timedelta64Ns => bytes(base.map(|v| (v - 125) * 1_000_000_000)),
    }
}

/// The elements of a region of `fill`, found position by position.
pub(super) fn expected_region(dtype: DType, array: &[u64], start: &[u64], shape: &[u64]) -> Vec<u8> {
    let all = expected(dtype, array.iter().product());
    let n_elements: u64 = shape.iter().product();
    let element = |mut index: u64| {
        let (mut offset, mut step) = (0, 1);
        for axis in (0..shape.len()).rev() {
            offset += (start[axis] + index % shape[axis]) * step;
            index /= shape[axis];
            step *= array[axis];
        }
        let at = offset as usize * dtype.itemsize();
        all[at..at + dtype.itemsize()].to_vec()
    };
    (0..n_elements).flat_map(element).collect()
}

/// The file is an array of this dtype and shape, and holds `fill` wherever it is read.
#[track_caller]
pub(super) fn check(path: &Path, dataset: Option<&str>, dtype: DType, shape: &[u64]) -> ArrayFile {
    let name = format!("{} {dataset:?}", path.display());
    let array = ArrayFile::open(path, dataset).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((array.dtype(), array.shape()), (dtype, shape), "{name}");
    let origin = vec![0; shape.len()];
    let one: Vec<u64> = shape.iter().map(|length| (*length).min(1)).collect();
    let last: Vec<u64> = shape.iter().map(|length| length.saturating_sub(1)).collect();
    let inner: Vec<u64> = shape.iter().map(|length| length.saturating_sub(2).max(length / 2)).collect();
    let inner_start: Vec<u64> = shape.iter().zip(&inner).map(|(all, inner)| (all - inner).min(1)).collect();
    let nothing: Vec<u64> =
        shape.iter().enumerate().map(|(at, length)| if at == 0 { 0 } else { *length }).collect();
    let regions = [
        (&origin, shape.to_vec()),
        (&inner_start, inner),
        (&last, one.clone()),
        (&origin, one),
        (&origin, nothing),
    ];
    for (start, region) in regions {
        let chunk =
            array.read(start, &region).unwrap_or_else(|error| panic!("{name} {start:?} {region:?}: {error}"));
        assert_eq!((chunk.dtype(), chunk.shape()), (dtype, region.as_slice()));
        let expect = expected_region(dtype, shape, start, &region);
        assert_eq!(chunk.data().as_slice(), expect, "{name}: {start:?} {region:?}");
    }
    array
}

/// What opening or reading it says.
#[track_caller]
fn check_error(name: &str, dataset: Option<&str>, words: &[&str]) {
    let read = |array: ArrayFile| array.read(&vec![0; array.shape().len()], array.shape());
    let error = ArrayFile::open(data(name), dataset).and_then(read).unwrap_err().to_string();
    let last_name = name.rsplit('/').next().unwrap();
    assert!(error.contains(last_name), "{name}: the error does not name the file: {error}");
    for word in words {
        assert!(error.contains(word), "{name}: `{word}` is not in: {error}");
    }
}

/// A region of an array, from random numbers.
pub(super) fn region_of(array: &[u64], random: &[(u64, u64)]) -> (Vec<u64>, Vec<u64>) {
    let along = array.iter().zip(random).map(|(length, (a, b))| {
        let start = a % (length + 1);
        (start, b % (length - start + 1))
    });
    along.unzip()
}

proptest! {
    #[test]
    fn any_region_agrees_with_the_whole(which: prop::sample::Index, random: [(u64, u64); 4]) {
        const FILES: &[(&str, Option<&str>)] = &[
            ("npy/1d.npy", None),
            ("npy/big_complex128.npy", None),
            ("npy/fortran.npy", None),
            ("npy/big_fortran.npy", None),
            ("npy/stack", None),
            ("hdf5/many.h5", Some("shuffled")),
            ("hdf5/latest.h5", Some("both")),
            ("netcdf/four.nc", Some("record_int16")),
            ("netcdf/classic.nc", Some("record_int16")),
            ("netcdf/data64.nc", Some("record_float64")),
            ("zarr2/fortran", None),
            ("zarr2/blosc_bits", None),
            ("zarr3/transposed", None),
            ("zarr3/sharded", None),
            ("zarr3/sharded_gzip", None),
        ];
        let (name, dataset) = FILES[which.index(FILES.len())];
        let array = ArrayFile::open(data(name), dataset).unwrap();
        let (start, shape) = region_of(array.shape(), &random);
        let expect = expected_region(array.dtype(), array.shape(), &start, &shape);
        let read = array.read(&start, &shape).unwrap();
        prop_assert_eq!(read.data().as_slice(), expect, "{} {:?} {:?}", name, start, shape);
    }
}

#[test]
fn regions_outside_are_refused() {
    let array = ArrayFile::open(data("npy/float64.npy"), None).unwrap();
    for (start, shape) in [
        (vec![0, 0], vec![3, 6]),
        (vec![1, 0], vec![3, 5]),
        (vec![0], vec![3]),
        (vec![0, 0, 0], vec![1, 1, 1]),
        (vec![0, u64::MAX], vec![1, 1]),
        (vec![0, 1], vec![1, u64::MAX]),
    ] {
        let error = array.read(&start, &shape).unwrap_err();
        assert!(matches!(error, Error::ArrayRegion { .. }), "{error}");
    }
}

#[test]
fn what_is_no_array_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| ArrayFile::open(folder.path().join(name), None).unwrap_err();
    assert!(matches!(open("missing"), Error::Io { .. }));
    std::fs::write(folder.path().join("text"), "hello").unwrap();
    std::fs::write(folder.path().join("nothing"), "").unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for name in ["text", "nothing", "folder"] {
        assert!(matches!(open(name), Error::NotAnArray { .. }), "{}", open(name));
    }
}

#[test]
fn threads_read_at_the_same_time() {
    for (name, dataset) in [
        ("npy/fortran.npy", None),
        ("npy/stack", None),
        ("zarr3/sharded", None),
        ("zarr2/blosc_bits", None),
        ("hdf5/many.h5", Some("shuffled")),
        ("netcdf/four.nc", Some("wide/zstd")),
        ("netcdf/classic.nc", Some("record_int16")),
    ] {
        let array = ArrayFile::open(data(name), dataset).unwrap();
        let (dtype, all) = (array.dtype(), array.shape());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let array = &array;
                scope.spawn(move || {
                    for step in thread..40 {
                        let random = [(step, 3 * step), (5 * step, step), (step + 1, 7), (0, 0)];
                        let (start, shape) = region_of(all, &random);
                        let expect = expected_region(dtype, all, &start, &shape);
                        assert_eq!(array.read(&start, &shape).unwrap().data().as_slice(), expect, "{name}");
                    }
                });
            }
        });
    }
}

#[test]
fn identity_follows_the_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    std::fs::copy(data("npy/int32.npy"), &path).unwrap();
    let identity = |path: &Path| ArrayFile::open(path, None).unwrap().identity().to_vec();
    let before = identity(&path);
    assert_eq!(identity(&path), before);
    std::fs::File::options().append(true).open(&path).unwrap().set_len(1000).unwrap();
    assert_ne!(identity(&path), before);
    // A folder's changes when any of its files does, and tells its arrays apart.
    let path = folder.path().join("group");
    damage::copy(&data("zarr3/group"), &path);
    let identity = |name| ArrayFile::open(&path, Some(name)).unwrap().identity().to_vec();
    let before = identity("inner/b");
    assert_eq!(identity("inner/b"), before);
    assert_ne!(identity("a"), before);
    std::fs::remove_file(path.join("inner/b/c/0/1")).unwrap();
    assert_ne!(identity("inner/b"), before);
}
