//! More files than may be open are read all the same, and one that was replaced meanwhile is noticed.

use std::fs;
use std::os::unix::fs::FileExt;

use super::*;

fn byte(file: &LocalFile) -> io::Result<u8> {
    let mut bytes = [0];
    file.file()?.read_exact_at(&mut bytes, 0)?;
    Ok(bytes[0])
}

fn is_open(file: &LocalFile) -> bool {
    OPEN.lock().unwrap().iter().any(|(id, _)| *id == file.id)
}

#[test]
fn more_files_than_may_be_open() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<LocalFile> = (0..OPEN_FILES_MAX + 40)
        .map(|at| {
            let path = folder.path().join(at.to_string());
            fs::write(&path, [at as u8]).unwrap();
            LocalFile::open(&path).unwrap()
        })
        .collect();
    assert!(!is_open(&files[0]));
    for (at, file) in files.iter().enumerate() {
        assert_eq!((byte(file).unwrap(), file.size()), (at as u8, 1));
    }
    assert!(OPEN.lock().unwrap().len() <= OPEN_FILES_MAX);
    let ids: Vec<u64> = files.iter().map(|file| file.id).collect();
    drop(files);
    assert!(OPEN.lock().unwrap().iter().all(|(id, _)| !ids.contains(id)));
}

#[test]
fn one_that_was_replaced_is_noticed_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("first");
    fs::write(&path, "a").unwrap();
    let first = LocalFile::open(&path).unwrap();
    let newer = folder.path().join("newer");
    fs::write(&newer, "b").unwrap();
    fs::rename(newer, &path).unwrap();
    let others: Vec<_> = (0..OPEN_FILES_MAX).map(|_| LocalFile::open(&path).unwrap()).collect();
    assert!(!is_open(&first));
    let error = byte(&first).unwrap_err();
    assert!(error.to_string().contains("has changed"), "{error}");
    drop(others);
}
