//! Where the arrays of a Zarr store are: the folder itself, or folders in it.

use std::path::{Component, Path};

use serde_json::Value;

use super::super::location::Location;
use super::metadata::{self, Metadata};
use super::{V2_ATTRIBUTES_NAME, V2_NAME, V3_NAME, Zarr};
use crate::Error;

/// What describes a group of version 2.
const V2_GROUP_NAME: &str = ".zgroup";
/// What describes all of a store of version 2.
const V2_ALL_NAME: &str = ".zmetadata";
/// How deep groups may lie in each other.
const DEPTH_MAX: usize = 16;
/// The most folders that are looked at for arrays.
const FOLDERS_MAX: usize = 10_000;

/// Refuses a file that describes a store, which is none itself.
pub(in super::super) fn refuse_description(file: &Location) -> Result<(), Error> {
    const NAMES: [&str; 5] = [V2_NAME, V2_ATTRIBUTES_NAME, V2_GROUP_NAME, V2_ALL_NAME, V3_NAME];
    match NAMES.iter().any(|name| file.path().ends_with(name)) {
        true => {
            let reason = "it describes a Zarr array or group; open the folder that it is in".to_owned();
            Err(Error::NotAnArray { path: file.path().to_owned(), reason })
        }
        false => Ok(()),
    }
}

/// Refuses a folder that is a list of references in Parquet, which has what describes it in one file.
pub(in super::super) fn refuse_parquet(folder: &Location) -> Result<(), Error> {
    match metadata::read_json(&folder.join(V2_ALL_NAME))?.is_some_and(|all| all.get("record_size").is_some())
    {
        true => Err(Error::UnsupportedArray {
            path: folder.path().to_owned(),
            what: "a list of references in Parquet".to_owned(),
            hint: "write it as JSON",
        }),
        false => Ok(()),
    }
}

/// What a folder is.
enum Node {
    Array(Box<Zarr>),
    /// With what it says about all that is in it, if it does.
    Group(Option<Value>),
}

/// The array of this name in a store, or the only one that there is; `None` if the folder is no store.
pub(in super::super) fn open(store: &Location, dataset: Option<&str>) -> Result<Option<Zarr>, Error> {
    if let Some(name) = dataset {
        // A name leads down only.
        let down = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if down
            && !name.is_empty()
            && let Some(Node::Array(zarr)) = node(&store.join(name.trim_end_matches('/')))?
        {
            return Ok(Some(*zarr));
        }
    }
    match (node(store)?, dataset) {
        (None, _) => Ok(None),
        (Some(Node::Array(zarr)), None) => Ok(Some(*zarr)),
        (Some(Node::Array(_)), Some(name)) => Err(which(store, format!("has no array `{name}`"), &[])),
        (Some(Node::Group(all)), Some(name)) => {
            Err(which(store, format!("has no array `{name}`"), &names(store, all.as_ref())?))
        }
        (Some(Node::Group(all)), None) => {
            let names = names(store, all.as_ref())?;
            if let [only] = names.as_slice()
                && let Some(Node::Array(zarr)) = node(&store.join(only))?
            {
                return Ok(Some(*zarr));
            }
            Err(which(store, "is a group, and no array was named".to_owned(), &names))
        }
    }
}

fn which(store: &Location, problem: String, names: &[String]) -> Error {
    super::super::which(store.path(), problem, names.iter().map(String::as_str))
}

/// What a folder is; `None` if neither array nor group.
fn node(folder: &Location) -> Result<Option<Node>, Error> {
    let path = folder.join(V3_NAME);
    if let Some(json) = metadata::read_json(&path)? {
        return match json.get("node_type").and_then(Value::as_str) {
            Some("array") => {
                let metadata = Metadata::of_v3(path.path(), &json)?;
                Ok(Some(Node::Array(Zarr::new(folder, metadata, json.to_string()).into())))
            }
            Some("group") => Ok(Some(Node::Group(json.get("consolidated_metadata").cloned()))),
            _ => {
                let reason = "`node_type` is neither array nor group";
                Err(Error::corrupt(path.path(), "its metadata", reason))
            }
        };
    }
    let path = folder.join(V2_NAME);
    if let Some(json) = metadata::read_json(&path)? {
        let attributes = metadata::read_json(&folder.join(V2_ATTRIBUTES_NAME))?.unwrap_or_default();
        let metadata = Metadata::of_v2(path.path(), &json, &attributes)?;
        let text = format!("{json}{attributes}");
        return Ok(Some(Node::Array(Zarr::new(folder, metadata, text).into())));
    }
    match metadata::read_json(&folder.join(V2_GROUP_NAME))? {
        Some(_) => Ok(Some(Node::Group(None))),
        None => Ok(None),
    }
}

/// The names of all arrays in a group, sorted.
fn names(store: &Location, all: Option<&Value>) -> Result<Vec<String>, Error> {
    // One that says what is in it need not be searched, and a web server cannot.
    let listed = match all.filter(|all| all.is_object()) {
        Some(all) => Some(all.clone()),
        None => metadata::read_json(&store.join(V2_ALL_NAME))?,
    };
    let listed = listed.as_ref().and_then(|all| all.get("metadata")).and_then(Value::as_object);
    let mut found = Vec::new();
    if let Some(listed) = listed {
        let array = |(name, json): (&String, &Value)| match json.get("node_type").and_then(Value::as_str) {
            Some(kind) => (kind == "array").then(|| name.clone()),
            None => name.strip_suffix(V2_NAME)?.strip_suffix('/').map(str::to_owned),
        };
        found.extend(listed.iter().filter_map(array).take(FOLDERS_MAX));
    } else {
        search(store, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn search(store: &Location, found: &mut Vec<String>) -> Result<(), Error> {
    let mut groups = vec![(String::new(), 0)];
    let mut n_folders = 0;
    while let Some((below, depth)) = groups.pop() {
        let folder = if below.is_empty() { store.clone() } else { store.join(&below) };
        for name in folder.folders(FOLDERS_MAX)? {
            n_folders += 1;
            if n_folders > FOLDERS_MAX || depth >= DEPTH_MAX {
                break;
            }
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            match node(&store.join(&name))? {
                Some(Node::Array(_)) => found.push(name),
                Some(Node::Group(_)) => groups.push((name, depth + 1)),
                None => {}
            }
        }
    }
    Ok(())
}
