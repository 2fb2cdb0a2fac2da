//! Which datasets a file holds, and which of them is meant.

use std::collections::HashSet;
use std::path::Path;

use hdf5_reader::error::Error as Hdf5Error;
use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Hdf5File};

use super::failed;
use crate::Error;

/// How deep groups may lie in each other.
const DEPTH_MAX: usize = 16;
/// The most datasets that are listed.
const NAMES_MAX: usize = 1000;
/// How netCDF-4 calls a dimension that has no values; the file has it as a dataset.
const NO_VARIABLE: &str = "This is a netCDF dimension but not a netCDF variable";

/// The dataset of this name, or the only one.
pub(super) fn choose(path: &Path, file: &Hdf5File, name: Option<&str>) -> Result<Dataset, Error> {
    let open = |name: &str| file.dataset(name).map_err(|error| failed(path, name, error));
    if let Some(name) = name {
        let missing = |error: &Hdf5Error| {
            let mut inner = error;
            while let Hdf5Error::Context { source, .. } = inner {
                inner = source;
            }
            matches!(inner, Hdf5Error::DatasetNotFound(_) | Hdf5Error::GroupNotFound(_))
        };
        return match file.dataset(name) {
            Err(error) if missing(&error) => {
                let names = names(path, file)?;
                Err(super::super::which(
                    path,
                    format!("has no array `{name}`"),
                    names.iter().map(String::as_str),
                ))
            }
            found => found.map_err(|error| failed(path, name, error)),
        };
    }
    let names = names(path, file)?;
    match names.as_slice() {
        [only] => open(only),
        all => {
            let problem = "holds several arrays, and none was named".to_owned();
            Err(super::super::which(path, problem, all.iter().map(String::as_str)))
        }
    }
}

/// The names of all datasets, sorted.
fn names(path: &Path, file: &Hdf5File) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let listed = file.root_group().and_then(|root| walk(&root, "", 0, &mut HashSet::new(), &mut found));
    listed.map_err(|error| failed(path, "the list of its datasets", error))?;
    found.sort();
    Ok(found)
}

fn walk(
    group: &Group,
    below: &str,
    depth: usize,
    seen: &mut HashSet<u64>,
    found: &mut Vec<String>,
) -> hdf5_reader::error::Result<()> {
    // A group may hold itself.
    if depth > DEPTH_MAX || !seen.insert(group.address()) {
        return Ok(());
    }
    let (groups, datasets) = group.members()?;
    for dataset in datasets {
        let named = dataset.attribute("NAME").and_then(|name| name.read_string());
        if found.len() < NAMES_MAX && !named.is_ok_and(|name| name.starts_with(NO_VARIABLE)) {
            let name = dataset.name().rsplit('/').next().unwrap_or_default();
            found.push(format!("{below}{name}"));
        }
    }
    for group in groups {
        let name = group.name().rsplit('/').next().unwrap_or_default();
        walk(&group, &format!("{below}{name}/"), depth + 1, seen, found)?;
    }
    Ok(())
}
