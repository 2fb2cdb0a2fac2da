//! Which datasets a file holds, and which of them is meant.

use std::collections::HashSet;
use std::path::Path;

use hdf5_reader::error::Error as Hdf5Error;
use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Hdf5File};

use super::{failed, innermost};
use crate::Error;

/// How deep groups may lie in each other.
const DEPTH_MAX: usize = 16;
/// The most datasets that are listed.
const NAMES_MAX: usize = 1000;
/// How netCDF-4 calls a dimension that has no values; the file has it as a dataset.
const NO_VARIABLE: &str = "This is a netCDF dimension but not a netCDF variable";

/// The dataset of this name, or the only one, with its whole name.
pub(super) fn choose(path: &Path, file: &Hdf5File, name: Option<&str>) -> Result<(String, Dataset), Error> {
    let which = |problem: String, names: &[String]| {
        super::super::which(path, problem, names.iter().map(String::as_str))
    };
    let name = match name {
        Some(name) => name.to_owned(),
        None => match names(path, file)?.as_slice() {
            [only] => only.clone(),
            all => return Err(which("holds several arrays, and none was named".to_owned(), all)),
        },
    };
    match file.dataset(&name) {
        Ok(dataset) => Ok((name, dataset)),
        Err(error) => match innermost(&error) {
            Hdf5Error::DatasetNotFound(_) | Hdf5Error::GroupNotFound(_) => {
                Err(which(format!("has no array `{name}`"), &names(path, file)?))
            }
            _ => Err(failed(path, &name, error)),
        },
    }
}

/// The names of a dataset's axes, which are those of the scales attached to them, if all have one.
pub(super) fn dims(file: &Hdf5File, name: &str, dataset: &Dataset) -> Option<Vec<String>> {
    const ADDRESS_NBYTES: usize = 8;
    if dataset
        .attribute("CLASS")
        .and_then(|class| class.read_string())
        .is_ok_and(|class| class == "DIMENSION_SCALE")
    {
        let own = last_part(name).to_owned();
        return (dataset.ndim() == 1).then(|| vec![own]);
    }
    let scales = dataset.attribute("DIMENSION_LIST").ok()?.raw_data;
    let scales: Vec<_> = scales.chunks_exact(dataset.vlen_reference_size()).collect();
    if scales.len() != dataset.ndim() || scales.is_empty() {
        return None;
    }
    let groups = groups_above(file, name);
    let names = scales.into_iter().map(|reference| {
        let address = dataset.resolve_vlen_reference_bytes(reference, ADDRESS_NBYTES).ok()?;
        let address = u64::from_le_bytes(*address.first_chunk::<ADDRESS_NBYTES>()?);
        groups.iter().find_map(|group| group.child_name_by_address(address).ok().flatten())
    });
    names.collect()
}

/// The groups that a dataset lies in, the nearest first.
fn groups_above(file: &Hdf5File, name: &str) -> Vec<Group> {
    let mut groups: Vec<_> = file.root_group().into_iter().collect();
    let parts: Vec<_> = name.split('/').filter(|part| !part.is_empty()).collect();
    for part in parts.iter().take(parts.len().saturating_sub(1)) {
        groups.extend(groups.last().and_then(|group| group.group(part).ok()));
    }
    groups.reverse();
    groups
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
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
            let name = last_part(dataset.name());
            found.push(format!("{below}{name}"));
        }
    }
    for group in groups {
        let name = last_part(group.name());
        walk(&group, &format!("{below}{name}/"), depth + 1, seen, found)?;
    }
    Ok(())
}
