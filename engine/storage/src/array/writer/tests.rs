//! What is written is there whole, reads back, and is byte for byte what others write.

mod elsewhere;

use std::fs;

use super::*;
use crate::array::tests::{check, data, expected};
use crate::{ArrayFile, ReadOptions};

/// All elements of `fill` as one chunk.
fn filled(dtype: DType, shape: &[u64]) -> Chunk {
    let bytes = expected(dtype, shape.iter().product());
    Chunk::try_new(dtype, shape, bytes.into(), None).unwrap()
}

/// A part of `fill`, read back from an npy file that was written whole.
fn part(whole: &ArrayFile, start: &[u64], unit: &[u64]) -> Chunk {
    let along = whole.shape().iter().zip(start).zip(unit);
    let shape: Vec<u64> = along.map(|((all, start), unit)| (*unit).min(all - start)).collect();
    whole.read(start, &shape).unwrap()
}

fn npy(path: &Path, chunk: &Chunk) {
    let (dtype, shape) = (chunk.dtype(), chunk.shape());
    let chunks: Vec<u64> = shape.iter().map(|length| (*length).max(1)).collect();
    let writer =
        ArrayWriter::create(path, ArrayFormat::Npy, dtype, shape, &chunks, WriteOptions::default()).unwrap();
    writer.write(&vec![0; shape.len()], chunk).unwrap();
    writer.finish().unwrap();
}

/// Writes `fill` chunk by chunk, each from a thread of its own, and reads it back.
#[track_caller]
fn check_round_trip(
    path: &Path,
    format: ArrayFormat,
    (dtype, shape, chunks): (DType, &[u64], &[u64]),
    options: WriteOptions,
) -> ArrayFile {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.npy");
    npy(&whole, &filled(dtype, shape));
    let whole = ArrayFile::open(&whole, None).unwrap();
    let writer = ArrayWriter::create(path, format, dtype, shape, chunks, options).unwrap();
    let unit: Vec<u64> = writer.unit().iter().zip(chunks).map(|(unit, chunk)| (*unit).max(*chunk)).collect();
    std::thread::scope(|scope| {
        for overlap in region::overlaps(&vec![0; shape.len()], shape, &unit) {
            let (writer, whole, unit) = (&writer, &whole, &unit);
            scope.spawn(move || {
                writer.write(&overlap.in_region, &part(whole, &overlap.in_region, unit)).unwrap()
            });
        }
    });
    assert!(!path.exists(), "the target is there before it is finished");
    writer.finish().unwrap();
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "temporary files are left");
    let array = check(path, None, dtype, shape);
    assert_eq!(array.format(), format);
    array
}

#[test]
fn npy_is_what_numpy_writes() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, dtype: DType, shape: &[u64]| {
        let path = folder.path().join(name);
        npy(&path, &filled(dtype, shape));
        let golden = fs::read(data(&format!("npy/{name}"))).unwrap();
        assert_eq!(fs::read(path).unwrap(), golden, "{name}");
    };
    for dtype in DType::ALL {
        check(&format!("{dtype}.npy"), dtype, &[3, 5]);
    }
    check("0d.npy", DType::Int32, &[]);
    check("1d.npy", DType::Int32, &[251]);
    check("empty.npy", DType::Float32, &[0, 3]);
}

#[test]
fn npy_is_written_by_several_threads() {
    for (shape, chunks) in
        [(vec![7, 9], vec![4, 5]), (vec![], vec![]), (vec![3, 4, 5], vec![2, 1, 3]), (vec![0, 3], vec![1, 1])]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        check_round_trip(&path, ArrayFormat::Npy, (DType::Int32, &shape, &chunks), WriteOptions::default());
    }
}

#[test]
fn raw_files_hold_elements_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    let (dtype, options) = (DType::Int16, WriteOptions::default());
    let writer = ArrayWriter::create(&path, ArrayFormat::Raw, dtype, &[7, 9], &[7, 9], options).unwrap();
    writer.write(&[0, 0], &filled(dtype, &[7, 9])).unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::read(path).unwrap(), expected(dtype, 63));
}

#[test]
fn stacks_are_cut_along_one_axis() {
    for (shape, chunks) in
        [(vec![7, 9], vec![4, 9]), (vec![7, 9], vec![7, 2]), (vec![5], vec![9]), (vec![0, 3], vec![1, 3])]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stack");
        let what = (DType::Int16, shape.as_slice(), chunks.as_slice());
        let array = check_round_trip(&path, ArrayFormat::NpyStack, what, WriteOptions::default());
        assert_eq!(array.dims(), None);
    }
    let folder = tempfile::tempdir().unwrap();
    let refused = |shape: &[u64], chunks: &[u64]| {
        let (path, options) = (folder.path().join("x"), WriteOptions::default());
        ArrayWriter::create(&path, ArrayFormat::NpyStack, DType::Int8, shape, chunks, options).unwrap_err()
    };
    for error in [refused(&[7, 9], &[4, 5]), refused(&[], &[])] {
        assert!(error.to_string().contains("one axis"), "{error}");
    }
}

#[test]
fn stacks_say_which_file_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack");
    check_round_trip(&path, ArrayFormat::NpyStack, (DType::Int16, &[7, 9], &[4, 9]), WriteOptions::default());
    fs::copy(data("npy/int16.npy"), path.join("1.npy")).unwrap();
    let array = ArrayFile::open(&path, None).unwrap();
    array.read(&[0, 0], &[4, 9]).unwrap();
    let error = array.read(&[0, 0], &[5, 9]).unwrap_err().to_string();
    assert!(error.contains("1.npy") && error.contains("(3, 9)") && error.contains("(3, 5)"), "{error}");
}

#[test]
fn zarr_is_written_by_several_threads() {
    let plain = WriteOptions::default;
    let (v2, v3) = (ArrayFormat::ZarrV2, ArrayFormat::ZarrV3);
    let cases = [
        (v2, plain()),
        (v2, plain().compression(Compression::None)),
        (v2, plain().compression(Compression::Gzip(9))),
        (v3, plain()),
        (v3, plain().compression(Compression::None)),
        (v3, plain().compression(Compression::Gzip(1))),
        (v3, plain().shards(vec![4, 9])),
        (v3, plain().shards(vec![8, 3]).compression(Compression::None)),
    ];
    for (format, options) in cases {
        for (dtype, shape, chunks) in [
            (DType::Int32, vec![7, 9], vec![2, 3]),
            (DType::Boolean, vec![7, 9], vec![2, 3]),
            (DType::Datetime64Ns, vec![8, 3], vec![4, 3]),
            (DType::Complex64, vec![0, 3], vec![1, 3]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a");
            let array = check_round_trip(&path, format, (dtype, &shape, &chunks), options.clone());
            assert_eq!(array.chunks(), chunks);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, format) in [("2", v2), ("3", v3)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        check_round_trip(&folder.path().join(name).join("a"), format, (DType::Int8, &[], &[]), plain());
    }
}

#[test]
fn zarr_keeps_names_and_leaves_out_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let attributes = || serde_json::json!({"units": "K"}).as_object().unwrap().clone();
    let fill = Chunk::from_vec(vec![-1_i32], &[]).unwrap();
    let options =
        WriteOptions::default().dims(vec!["y".into(), "x".into()]).attributes(attributes()).fill_value(fill);
    for (name, format, chunk) in [("2", ArrayFormat::ZarrV2, "1.0"), ("3", ArrayFormat::ZarrV3, "c/1/0")] {
        let path = folder.path().join(name);
        let writer =
            ArrayWriter::create(&path, format, DType::Int32, &[4, 3], &[2, 3], options.clone()).unwrap();
        writer.write(&[2, 0], &Chunk::from_vec(vec![-1_i32; 6], &[2, 3]).unwrap()).unwrap();
        writer.write(&[0, 0], &Chunk::from_vec(vec![1, 2, 3, 4, 5, -1_i32], &[2, 3]).unwrap()).unwrap();
        let cut = writer.write(&[1, 0], &Chunk::from_vec(vec![1_i32; 6], &[2, 3]).unwrap()).unwrap_err();
        assert!(cut.to_string().contains("cuts through"), "{cut}");
        writer.finish().unwrap();
        assert!(!path.join(chunk).exists(), "a chunk that is the fill value was written");
        let array = ArrayFile::open(&path, None).unwrap();
        assert_eq!(
            (array.dims().unwrap(), array.attributes()),
            (["y".into(), "x".into()].as_slice(), &attributes())
        );
        let read = array.read(&[1, 1], &[2, 2]).unwrap();
        assert_eq!(read.as_slice::<i32>().unwrap(), [5, -1, -1, -1]);
    }
    let refused = |format, options| {
        let path = folder.path().join("x");
        ArrayWriter::create(&path, format, DType::Int32, &[4, 3], &[2, 3], options).unwrap_err().to_string()
    };
    let plain = WriteOptions::default;
    assert!(refused(ArrayFormat::ZarrV2, plain().shards(vec![4, 3])).contains("no shards"));
    assert!(refused(ArrayFormat::ZarrV3, plain().shards(vec![3, 3])).contains("(3, 3)"));
    assert!(refused(ArrayFormat::ZarrV3, plain().shards(vec![4])).contains("(4,)"));
    assert!(refused(ArrayFormat::ZarrV2, plain().compression(Compression::Gzip(10))).contains("0 to 9"));
    assert!(refused(ArrayFormat::ZarrV3, plain().compression(Compression::Zstd(23))).contains("up to 22"));
    assert!(refused(ArrayFormat::ZarrV3, plain().dims(vec!["x".into()])).contains("1 names"));
    let fill = Chunk::from_vec(vec![1_i16], &[]).unwrap();
    assert!(refused(ArrayFormat::ZarrV3, plain().fill_value(fill)).contains("int16"));
    assert!(!folder.path().join("x").exists());
}

#[test]
fn what_is_not_finished_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    for format in [ArrayFormat::Npy, ArrayFormat::NpyStack, ArrayFormat::ZarrV2, ArrayFormat::ZarrV3] {
        let path = folder.path().join("a");
        let writer =
            ArrayWriter::create(&path, format, DType::Int8, &[4, 3], &[2, 3], WriteOptions::default())
                .unwrap();
        writer.write(&[0, 0], &filled(DType::Int8, &[2, 3])).unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{format} leaves something");
    }
}

#[test]
fn what_is_there_stays_unless_it_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let create = |name: &str, format, overwrite| {
        let options = WriteOptions::default().overwrite(overwrite);
        ArrayWriter::create(&folder.path().join(name), format, DType::Int8, &[2], &[2], options)
    };
    let formats = [
        ("a", ArrayFormat::Npy),
        ("b", ArrayFormat::NpyStack),
        ("b", ArrayFormat::ZarrV3),
        ("b", ArrayFormat::ZarrV2),
        ("a", ArrayFormat::NpyStack),
        ("b", ArrayFormat::Npy),
    ];
    for (name, format) in formats {
        let writer = create(name, format, true).unwrap();
        writer.write(&[0], &filled(DType::Int8, &[2])).unwrap();
        writer.finish().unwrap();
        assert!(create(name, format, false).unwrap_err().to_string().contains("there already"));
        check(&folder.path().join(name), None, DType::Int8, &[2]);
        assert_eq!(
            fs::read_dir(folder.path())
                .unwrap()
                .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.') })
                .count(),
            0
        );
    }
    // What comes to be there meanwhile is not lost either.
    let writer = create("c", ArrayFormat::Npy, false).unwrap();
    fs::write(folder.path().join("c"), "precious").unwrap();
    assert!(writer.finish().unwrap_err().to_string().contains("there already"));
    assert_eq!(fs::read_to_string(folder.path().join("c")).unwrap(), "precious");
    // Nor is a folder of other things.
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/letter"), "precious").unwrap();
    assert!(create("d", ArrayFormat::NpyStack, true).unwrap_err().to_string().contains("not replaced"));
    let error = create("no/such/folder", ArrayFormat::Npy, false).unwrap_err();
    assert!(matches!(error, Error::NoFolder { .. }), "{error}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let create = |shape: &[u64], chunks: &[u64], options| {
        ArrayWriter::create(&path, ArrayFormat::Npy, DType::Int8, shape, chunks, options).map(drop)
    };
    let plain = WriteOptions::default;
    create(&[4], &[0], plain()).unwrap_err();
    create(&[4], &[2, 2], plain()).unwrap_err();
    create(&[u64::MAX, u64::MAX], &[1, 1], plain()).unwrap_err();
    create(&[4], &[2], plain().dims(vec!["x".to_owned()])).unwrap_err();
    create(&[4], &[2], plain().compression(Compression::Zstd(1))).unwrap_err();
    let writer = ArrayWriter::create(&path, ArrayFormat::Npy, DType::Int8, &[4], &[2], plain()).unwrap();
    let absent =
        Chunk::try_new(DType::Int8, &[2], vec![0_u8; 2].into(), Some(vec![true, false].into())).unwrap();
    for (start, chunk) in [(3, filled(DType::Int8, &[2])), (0, filled(DType::Int16, &[2])), (0, absent)] {
        writer.write(&[start], &chunk).unwrap_err();
    }
}

#[test]
fn recipes_open_the_same_array_in_another_process_while_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let write = |numbers: Vec<i32>| {
        let shape = [numbers.len() as u64];
        let options = WriteOptions::default().overwrite(true);
        let writer =
            ArrayWriter::create(&path, ArrayFormat::Npy, DType::Int32, &shape, &shape, options).unwrap();
        // As another process does.
        let other = RegionWriter::join(&writer.recipe()).unwrap();
        other.write(&[0], &Chunk::from_vec(numbers, &shape).unwrap()).unwrap();
        let recipe = writer.recipe();
        writer.finish().unwrap();
        recipe
    };
    let late = write(vec![1, 2, 3]);
    let late = RegionWriter::join(&late).unwrap_err().to_string();
    assert!(late.contains("finished, was given up"), "{late}");
    let file = ArrayFile::open(&path, None).unwrap();
    let (recipe, identity) = (file.recipe().to_owned(), file.identity().to_vec());
    let again = ArrayFile::reopen(&recipe, &identity).unwrap();
    assert_eq!(again.read(&[0], &[3]).unwrap().as_slice::<i32>().unwrap(), [1, 2, 3]);
    write(vec![4, 5, 6, 7]);
    let changed = ArrayFile::reopen(&recipe, &identity).unwrap_err();
    assert!(matches!(changed, Error::Changed { .. }), "{changed}");
    ArrayFile::reopen("{}", &identity).unwrap_err();
    RegionWriter::join("{}").unwrap_err();
}
