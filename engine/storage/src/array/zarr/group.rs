//! Where the arrays of a Zarr store are: the folder itself, or folders in it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::{V2_NAME, V3_NAME, metadata};
use crate::Error;

/// What describes a group of version 2.
const V2_GROUP_NAME: &str = ".zgroup";
/// How deep groups may lie in each other.
const DEPTH_MAX: usize = 16;
/// The most folders that are looked at for arrays.
const FOLDERS_MAX: usize = 10_000;

/// Whether this folder is an array or a group.
pub(in super::super) fn holds_zarr(folder: &Path) -> bool {
    [V2_NAME, V3_NAME, V2_GROUP_NAME].iter().any(|name| folder.join(name).is_file())
}

/// The folder of an array: the one of this name, or the only one that there is.
pub(in super::super) fn locate(store: &Path, dataset: Option<&str>) -> Result<PathBuf, Error> {
    if let Some(name) = dataset {
        // A name leads down only.
        let down = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let folder = store.join(name);
        if down && !name.is_empty() && is_array(&folder)? {
            return Ok(folder);
        }
        return Err(which(store, format!("has no array `{name}`"))?);
    }
    if is_array(store)? {
        return Ok(store.to_owned());
    }
    match names(store)?.as_slice() {
        [only] => Ok(store.join(only)),
        _ => Err(which(store, "is a group, and no array was named".to_owned())?),
    }
}

fn which(store: &Path, problem: String) -> Result<Error, Error> {
    Ok(super::super::which(store, problem, names(store)?.iter().map(String::as_str)))
}

fn is_array(folder: &Path) -> Result<bool, Error> {
    let path = folder.join(V3_NAME);
    if !path.is_file() {
        return Ok(folder.join(V2_NAME).is_file());
    }
    let json = metadata::read_json(&path)?;
    match json.get("node_type").and_then(Value::as_str) {
        Some("array") => Ok(true),
        Some("group") => Ok(false),
        _ => Err(Error::corrupt(&path, "its metadata", "`node_type` is neither array nor group")),
    }
}

/// The names of all arrays in a group, sorted.
fn names(store: &Path) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    let mut n_folders = 0;
    while let Some((below, depth)) = folders.pop() {
        let folder = store.join(&below);
        for entry in fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
            let entry = entry.map_err(Error::io("list", &folder))?;
            n_folders += 1;
            if n_folders > FOLDERS_MAX || depth >= DEPTH_MAX {
                break;
            }
            let below = below.join(entry.file_name());
            if !holds_zarr(&entry.path()) {
                continue;
            }
            if is_array(&entry.path())? {
                found.push(below.to_string_lossy().into_owned());
            } else {
                folders.push((below, depth + 1));
            }
        }
    }
    found.sort();
    Ok(found)
}
