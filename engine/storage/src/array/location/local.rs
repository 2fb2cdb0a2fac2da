//! Files and folders of this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// How deep folders may lie in each other.
const DEPTH_MAX: usize = 72;

/// Whether there is no such file; a file is no folder that has others in it.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The path of an address that begins with `file://`, which may name this machine before it.
pub(super) fn of_address(address: &str, rest: &str) -> Result<PathBuf, Error> {
    let bad = |reason: String| Error::Address {
        address: address.to_owned(),
        reason,
        hint: "write file:///folder/file, or the path alone",
    };
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return Err(bad("it names no path of this machine".to_owned()));
    }
    let path = object_store::path::Path::from_url_path(path).map_err(|error| bad(error.to_string()))?;
    Ok(Path::new("/").join(path.as_ref()))
}

/// The folders in a folder.
pub(super) fn folders(folder: &Path, n_max: usize) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::io("list", folder))?.take(n_max);
    let names = entries.filter_map(|entry| match entry {
        Ok(entry) if entry.path().is_dir() => Some(Ok(entry.file_name().to_string_lossy().into_owned())),
        Ok(_) => None,
        Err(error) => Some(Err(Error::io("list", folder)(error))),
    });
    names.collect()
}

/// The files below a folder.
pub(super) fn files(folder: &Path, n_max: usize) -> Result<Vec<String>, Error> {
    let (mut found, mut folders) = (Vec::new(), vec![(String::new(), 0)]);
    while let Some((below, depth)) = folders.pop() {
        let own = folder.join(&below);
        for entry in fs::read_dir(&own).map_err(Error::io("list", &own))? {
            let entry = entry.map_err(Error::io("list", &own))?;
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if !entry.path().is_dir() {
                found.push(name);
            } else if depth < DEPTH_MAX {
                folders.push((format!("{name}/"), depth + 1));
            }
            if found.len() >= n_max {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// Makes a file in a folder that may not be there yet.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || fs::write(path, bytes);
    let written = match (write(), path.parent()) {
        (Err(error), Some(folder)) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).and_then(|()| write())
        }
        (written, _) => written,
    };
    written.map_err(Error::write(path, bytes.len() as u64))
}
