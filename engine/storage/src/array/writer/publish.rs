//! A finished file or folder takes its place in one step.

use std::fs;
use std::path::Path;

use super::super::location::Location;
use super::super::stack;
use crate::Error;

/// Files one of which is in every folder that is an array.
const ARRAY_MARKS: [&str; 3] = ["zarr.json", ".zarray", stack::INFO_NAME];

/// Whether a new array may come to be at `path`.
pub(super) fn check(path: &Path, overwrite: bool) -> Result<(), Error> {
    if path.file_name().is_none() {
        return Err(Error::cannot_write(path, "the path ends in no name; add one"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Error::NoFolder { path: path.to_owned(), folder: folder.to_owned() });
    }
    let Ok(meta) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !overwrite {
        return Err(there_already(path));
    }
    let is_array = ARRAY_MARKS.iter().any(|mark| path.join(mark).is_file());
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if meta.is_file() || (meta.is_dir() && (is_array || is_empty())) {
        return Ok(());
    }
    Err(no_array(path))
}

fn no_array(path: &Path) -> Error {
    Error::cannot_write(
        path,
        "what is there is neither a file nor an array, and is not replaced; remove it first",
    )
}

/// Makes room for a new array in an object store, where nothing can be renamed: what is there is an array, or was to
/// become one, and is removed, or nothing is there. What described it goes first.
pub(super) fn clear(folder: &Location, overwrite: bool) -> Result<(), Error> {
    /// The most files of an array that is overwritten.
    const FILES_MAX: usize = 1_000_000;
    let names = folder.list(FILES_MAX)?;
    if names.is_empty() {
        return Ok(());
    }
    if !overwrite {
        return Err(there_already(folder.path()));
    }
    let n_files = names.len();
    let is_mark = |name: &String| ARRAY_MARKS.contains(&name.as_str());
    let (marks, others): (Vec<_>, Vec<_>) = names.into_iter().partition(is_mark);
    if (marks.is_empty() && !others.iter().all(|name| is_chunk(name))) || n_files >= FILES_MAX {
        return Err(no_array(folder.path()));
    }
    folder.delete(&marks)?;
    folder.delete(&others)
}

/// Whether a file is called as a chunk of Zarr is: `c/0/1`, `0.1`.
fn is_chunk(name: &str) -> bool {
    let numbers = name.strip_prefix("c/").unwrap_or(name);
    numbers == "c" || numbers.split(['/', '.']).all(|part| part.parse::<u64>().is_ok())
}

/// Renames what is whole to its final name. What was there before is at the temporary name afterwards, if anywhere.
pub(super) fn put(temporary: &Path, path: &Path, overwrite: bool) -> Result<(), Error> {
    check(path, overwrite)?;
    let failed = || Error::io("write", path);
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() && temporary.is_file() => fs::rename(temporary, path).map_err(failed()),
        Ok(_) => exchange(temporary, path).map_err(failed()),
        Err(_) => match rename_to_nothing(temporary, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(there_already(path)),
            renamed => renamed.map_err(failed()),
        },
    }
}

fn there_already(path: &Path) -> Error {
    Error::cannot_write(
        path,
        "something is there already; choose another name, or say that it is overwritten",
    )
}

#[cfg(target_os = "linux")]
fn rename_to_nothing(from: &Path, to: &Path) -> std::io::Result<()> {
    match flagged_rename(from, to, rustix::fs::RenameFlags::NOREPLACE) {
        // A file system that knows no flags.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => fs::rename(from, to),
        renamed => renamed,
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_to_nothing(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::rename(from, to)
}

/// Swaps two names: in one step where the system can, else with a moment in between when there is nothing.
fn exchange(new: &Path, path: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    match flagged_rename(new, path, rustix::fs::RenameFlags::EXCHANGE) {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {}
        swapped => return swapped,
    }
    let aside = crate::temporary::Temporary::beside(path);
    fs::rename(path, aside.path())?;
    // Back again, rather than lose it.
    fs::rename(new, path).inspect_err(|_| drop(fs::rename(aside.path(), path)))
}

#[cfg(target_os = "linux")]
fn flagged_rename(from: &Path, to: &Path, flags: rustix::fs::RenameFlags) -> std::io::Result<()> {
    use rustix::fs::CWD;
    Ok(rustix::fs::renameat_with(CWD, from, CWD, to, flags)?)
}
