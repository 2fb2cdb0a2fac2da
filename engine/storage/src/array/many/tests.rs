//! Files that are put together are one array, whatever they are, and one that does not fit is named.

use std::fs;
use std::os::unix::fs::symlink;

use gristmill_data::{Chunk, DType};
use proptest::prelude::*;

use super::super::open_files::OPEN_FILES_MAX;
use super::super::tests::server::{Kind, Server};
use super::super::tests::{data, expected, expected_region, region_of};
use super::*;
use crate::{ArrayFormat, ArrayWriter, WriteOptions};

const DTYPE: DType = DType::Int32;

fn write(path: &Path, format: ArrayFormat, chunk: &Chunk) {
    let (shape, options) = (chunk.shape(), WriteOptions::default());
    let chunks: Vec<u64> = shape.iter().map(|length| (*length).clamp(1, 3)).collect();
    let writer = ArrayWriter::create(path, format, chunk.dtype(), shape, &chunks, options).unwrap();
    if chunk.n_elements() > 0 {
        writer.write(&vec![0; shape.len()], chunk).unwrap();
    }
    writer.finish().unwrap();
}

/// Cuts `fill` of a shape into files of these lengths along an axis.
fn cut(folder: &Path, shape: &[u64], axis: usize, lengths: &[u64], drop_axis: bool) -> Vec<PathBuf> {
    let mut start = vec![0; shape.len()];
    let names = lengths.iter().enumerate().map(|(idx, &length)| {
        let mut part = shape.to_vec();
        part[axis] = length;
        let bytes = expected_region(DTYPE, shape, &start, &part);
        start[axis] += length;
        if drop_axis {
            part.remove(axis);
        }
        let format = [ArrayFormat::Npy, ArrayFormat::ZarrV3, ArrayFormat::ZarrV2][idx % 3];
        let path = folder.join(format!("part{idx:04}"));
        write(&path, format, &Chunk::try_new(DTYPE, &part, bytes.into(), None).unwrap());
        path
    });
    names.collect()
}

#[test]
fn along_an_axis_and_along_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let whole = |array: &ArrayFile| array.read(&vec![0; array.shape().len()], array.shape()).unwrap();
    let all = expected(DTYPE, 6 * 4 * 5);
    for axis in 0..3_usize {
        let (shape, folder) = ([6, 4, 5], folder.path().join(format!("old{axis}")));
        fs::create_dir(&folder).unwrap();
        let lengths: [&[u64]; 3] = [&[1, 3, 0, 2], &[4], &[2, 2, 1]];
        let paths = cut(&folder, &shape, axis, lengths[axis], false);
        for given in [axis as i64, axis as i64 - 3] {
            let array = ArrayFile::open_many(&paths, None, Along::Axis(given)).unwrap();
            assert_eq!(
                (array.shape(), array.joined().unwrap()),
                (shape.as_slice(), (axis, lengths[axis].to_vec()))
            );
            assert_eq!(whole(&array).data().as_slice(), all);
        }
    }
    for axis in 0..3_usize {
        let (shape, folder) = ([6, 4, 5], folder.path().join(format!("new{axis}")));
        fs::create_dir(&folder).unwrap();
        let n_files = shape[axis] as usize;
        let paths = cut(&folder, &shape, axis, &vec![1; n_files], true);
        let array = ArrayFile::open_many(&paths, None, Along::NewAxis(axis as i64 - 3)).unwrap();
        assert_eq!((array.shape(), array.chunks()[axis]), (shape.as_slice(), 1));
        assert_eq!(whole(&array).data().as_slice(), all);
    }
    // Of arrays without axes, a new one can be made.
    let path = folder.path().join("scalar");
    write(&path, ArrayFormat::Npy, &Chunk::from_vec(vec![7_i32], &[]).unwrap());
    let array = ArrayFile::open_many([&path, &path], None, Along::NewAxis(0)).unwrap();
    assert_eq!(whole(&array), Chunk::from_vec(vec![7_i32, 7], &[2]).unwrap());
}

proptest! {
    #[test]
    fn any_region_of_any_cuts(
        shape in prop::collection::vec(1_u64..6, 1..4),
        axis: prop::sample::Index,
        lengths in prop::collection::vec(0_u64..4, 1..5),
        random: [(u64, u64); 3],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut shape, axis) = (shape.clone(), axis.index(shape.len()));
        shape[axis] = lengths.iter().sum();
        let paths = cut(folder.path(), &shape, axis, &lengths, false);
        let array = ArrayFile::open_many(&paths, None, Along::Axis(axis as i64)).unwrap();
        let (start, part) = region_of(&shape, &random);
        let read = array.read(&start, &part).unwrap();
        prop_assert_eq!(read.data().as_slice(), expected_region(DTYPE, &shape, &start, &part));
    }
}

#[test]
fn patterns_stand_for_sorted_files() {
    let folder = tempfile::tempdir().unwrap();
    for (name, number) in [("b2.npy", 2), ("a.npy", 0), ("b1.npy", 1), ("c[1].npy", 3)] {
        write(&folder.path().join(name), ArrayFormat::Npy, &Chunk::from_vec(vec![number], &[1]).unwrap());
    }
    let read = |names: &[&str]| {
        let paths = names.iter().map(|name| folder.path().join(name));
        let array = ArrayFile::open_many(paths, None, Along::Axis(0)).unwrap();
        array.read(&[0], array.shape()).unwrap().as_slice::<i32>().unwrap().to_vec()
    };
    assert_eq!(read(&["*.npy"]), [0, 1, 2, 3]);
    assert_eq!(read(&["b[12].npy", "a.npy"]), [1, 2, 0]);
    // A file that is called like a pattern is itself.
    assert_eq!(read(&["c[1].npy"]), [3]);
    let refused = |names: &[&str]| ArrayFile::open_many(names, None, Along::Axis(0)).unwrap_err();
    assert!(matches!(refused(&["no/such/*.npy"]), Error::NoMatch { .. }));
    assert!(matches!(refused(&["no/such.npy"]), Error::Io { .. }));
    assert!(refused(&[]).to_string().contains("no file was named"));
    assert!(refused(&["s3://bucket/*.npy"]).to_string().contains("name each address"));
}

#[test]
fn a_file_that_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, chunk: Chunk| {
        let path = folder.path().join(name);
        write(&path, ArrayFormat::Npy, &chunk);
        path
    };
    let first = file("first", Chunk::from_vec(vec![0_i32; 6], &[2, 3]).unwrap());
    let longer = file("longer", Chunk::from_vec(vec![0_i32; 9], &[3, 3]).unwrap());
    let wider = file("wider", Chunk::from_vec(vec![0_i32; 8], &[2, 4]).unwrap());
    let flat = file("flat", Chunk::from_vec(vec![0_i32; 2], &[2]).unwrap());
    let other = file("other", Chunk::from_vec(vec![0_i16; 6], &[2, 3]).unwrap());
    let open = |paths: &[&PathBuf], along| ArrayFile::open_many(paths, None, along);
    let says = |path: &PathBuf, along, words: &str| {
        let error = open(&[&first, &first, path], along).unwrap_err();
        let text = error.to_string();
        assert!(
            matches!(error, Error::UnlikeArray { .. }) && text.contains(words),
            "{words} is not in: {text}"
        );
        assert!(text.starts_with(&format!("`{}`", path.display())) && text.contains("first"), "{text}");
    };
    open(&[&first, &longer], Along::Axis(0)).unwrap();
    says(&wider, Along::Axis(0), "(2, 4), and");
    says(&longer, Along::Axis(1), "alike but along axis 1");
    says(&longer, Along::NewAxis(0), "must be alike");
    says(&flat, Along::Axis(0), "(2,)");
    says(&other, Along::Axis(0), "it is int16");
    for along in [Along::Axis(2), Along::Axis(-3), Along::NewAxis(3), Along::NewAxis(i64::MIN)] {
        let error = open(&[&first], along).unwrap_err().to_string();
        assert!(error.contains("no axis") && error.contains("(2, 3)"), "{error}");
    }
    // One that is not there, or is damaged, is told as when it is alone.
    let error = open(&[&first, &folder.path().join("none")], Along::NewAxis(0)).unwrap_err();
    assert!(error.to_string().contains("none"), "{error}");
}

#[test]
fn what_all_files_say_is_kept_and_what_packs_them_must_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, attributes: Value| {
        let path = folder.path().join(name);
        let options = WriteOptions::default().attributes(attributes.as_object().unwrap().clone());
        let options = options.dims(vec!["time".to_owned()]);
        let writer =
            ArrayWriter::create(&path, ArrayFormat::ZarrV3, DType::Int16, &[2], &[2], options).unwrap();
        writer.write(&[0], &Chunk::from_vec(vec![1_i16, 2], &[2]).unwrap()).unwrap();
        writer.finish().unwrap();
        path
    };
    let a = file("a", serde_json::json!({"units": "K", "day": 1, "scale_factor": 2.0}));
    let b = file("b", serde_json::json!({"units": "K", "day": 2, "scale_factor": 2.0}));
    let c = file("c", serde_json::json!({"units": "K", "day": 3, "scale_factor": 4.0}));
    let along = Along::Axis(0);
    let array = ArrayFile::open_many([&a, &b], None, along).unwrap();
    assert_eq!(serde_json::json!(array.attributes()), serde_json::json!({"units": "K", "scale_factor": 2.0}));
    assert_eq!(array.dims().unwrap(), ["time"]);
    let error = ArrayFile::open_many([&a, &b, &c], None, along).unwrap_err().to_string();
    assert!(
        error.contains("/c`") && error.contains("`scale_factor`") && error.contains("decoded"),
        "{error}"
    );
    let options = ReadOptions::default().decoded(true);
    let array = ArrayFile::open_many_with([&a, &b, &c], None, along, &options).unwrap();
    let read = array.read(&[0], &[6]).unwrap();
    assert_eq!(read.as_slice::<f64>().unwrap(), [2.0, 4.0, 2.0, 4.0, 4.0, 8.0]);
    assert_eq!(array.read(&[3], &[2]).unwrap().as_slice::<f64>().unwrap(), [4.0, 4.0]);
}

#[test]
fn more_files_than_may_be_open() {
    let folder = tempfile::tempdir().unwrap();
    for (name, dataset) in
        [("hdf5/single.h5", None), ("netcdf/four.nc", Some("int32")), ("npy/int8.npy", None)]
    {
        let paths: Vec<_> = (0..OPEN_FILES_MAX + 20)
            .map(|idx| {
                let path = folder.path().join(format!("{}-{idx:04}", name.replace('/', "-")));
                symlink(data(name), &path).unwrap();
                path
            })
            .collect();
        let array = ArrayFile::open_many(&paths, dataset, Along::NewAxis(0)).unwrap();
        let one = ArrayFile::open(&paths[0], dataset).unwrap();
        let shape = one.shape().to_vec();
        let one = one.read(&[0, 0], &shape).unwrap();
        for idx in 0..paths.len() as u64 {
            let read = array.read(&[idx, 0, 0], &[1, shape[0], shape[1]]).unwrap();
            assert_eq!(read.data(), one.data(), "{name} {idx}");
        }
    }
}

#[test]
fn from_a_server_too() {
    let server = Server::start(Kind::Web, Some(&data("")));
    let paths: Vec<String> = (0..40).map(|_| format!("{}/npy/1d.npy", server.address)).collect();
    let array = ArrayFile::open_many(&paths, None, Along::Axis(0)).unwrap();
    // Each file was asked for once.
    assert_eq!(server.asked().len(), 40);
    let read = array.read(&[250], &[2]).unwrap();
    assert_eq!(
        read.data().as_slice(),
        [expected_region(DTYPE, &[251], &[250], &[1]), expected(DTYPE, 1)].concat()
    );
    assert_eq!(server.asked(), ["GET /npy/1d.npy bytes=1128-1131"]);
}
