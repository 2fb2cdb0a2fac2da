//! Files that are cut or changed anywhere are errors or other elements, never a panic.

use super::*;

/// Opens and reads a whole array that may be anything.
fn read_all(path: &Path, dataset: Option<&str>) -> Result<Chunk, Error> {
    let array = ArrayFile::open(path, dataset)?;
    // What a damaged header asks for is not tried beyond this.
    if region::nbytes(array.dtype(), array.shape()).is_none_or(|nbytes| nbytes > 1 << 20) {
        return Err(Error::corrupt(path, "its shape", "too large for this test"));
    }
    array.read(&vec![0; array.shape().len()], array.shape())
}

/// Changes each byte of a file of an array in turn, and cuts it here and there: neither panics.
#[track_caller]
fn check_damage(array: &Path, file: &Path, dataset: Option<&str>) {
    let whole = std::fs::read(file).unwrap();
    let no_panic = |what: &str| {
        if let Err(error) = read_all(array, dataset) {
            let text = error.to_string();
            assert!(!text.contains("gave up"), "{}, {what}: {text}", file.display());
        }
    };
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] = [0xff, whole[at] ^ (1 << (at / 2 % 8))][at % 2];
        std::fs::write(file, &changed).unwrap();
        no_panic(&format!("byte {at} is {}", changed[at]));
        if at % 5 == 0 {
            std::fs::write(file, &whole[..at]).unwrap();
            no_panic(&format!("cut at {at}"));
        }
    }
    std::fs::write(file, whole).unwrap();
}

/// A copy of a sample, for changes.
pub(super) fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::copy(from, to).unwrap();
    }
}

#[test]
fn npy_and_its_stacks() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["big_int16.npy", "version2.npy", "record.npy"] {
        let path = folder.path().join(name);
        copy(&data("npy").join(name), &path);
        check_damage(&path, &path, None);
    }
    let stack = folder.path().join("stack");
    copy(&data("npy/stack"), &stack);
    check_damage(&stack, &stack.join("info"), None);
    check_damage(&stack, &stack.join("1.npy"), None);
}

#[test]
fn hdf5() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    copy(&data("hdf5/single.h5"), &path);
    check_damage(&path, &path, None);
    copy(&data("hdf5/latest.h5"), &path);
    check_damage(&path, &path, Some("both"));
}

#[test]
fn netcdf() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nc");
    copy(&data("netcdf/single.nc"), &path);
    check_damage(&path, &path, None);
}

#[test]
fn zarr() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in
        [("zarr2/zlib", ".zarray"), ("zarr3/sharded", "zarr.json"), ("zarr3/sharded", "c/0/0")]
    {
        let array = folder.path().join(name);
        copy(&data(name), &array);
        check_damage(&array, &array.join(file), None);
    }
}

#[test]
fn lists_of_references() {
    let folder = tempfile::tempdir().unwrap();
    copy(&data("references"), folder.path());
    let list = folder.path().join("inline.json");
    check_damage(&list, &list, Some("shuffled"));
    check_damage(&folder.path().join("classic.json"), &folder.path().join("three.nc"), Some("record"));
}

#[test]
fn a_cut_file_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let whole = std::fs::read(data("npy/int8.npy")).unwrap();
    for length in 6..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = ArrayFile::open(&path, None).unwrap_err();
        assert!(matches!(error, Error::CorruptArray { .. }), "{length} bytes: {error}");
    }
    std::fs::write(&path, &whole).unwrap();
    let array = ArrayFile::open(&path, None).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    array.read(&[0, 0], &[2, 5]).unwrap();
    let error = array.read(&[0, 0], &[3, 5]).unwrap_err();
    assert!(error.to_string().contains("shorter"), "{error}");
}

#[test]
fn a_header_of_an_impossible_shape_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let open = |shape: &str| {
        let text = format!("{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}");
        let bytes = [npy::MAGIC, &[1, 0, text.len() as u8, 0], text.as_bytes(), &[7; 9]].concat();
        std::fs::write(&path, bytes).unwrap();
        ArrayFile::open(&path, None)
    };
    assert_eq!(open("(3, 3)").unwrap().shape(), [3, 3]);
    assert_eq!(open("(9L,)").unwrap().shape(), [9]);
    let shapes =
        ["(3, 4)", "(99999999999999999999,)", "(4294967296, 4294967296, 4294967296)", "(-1,)", "3", "(3"];
    let many = format!("({})", "1,".repeat(65));
    for shape in shapes.into_iter().chain([many.as_str()]) {
        let error = open(shape).unwrap_err();
        assert!(matches!(error, Error::CorruptArray { .. }), "{shape}: {error}");
    }
}
