//! What tells whether an array on disk is still the same.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::{Error, Source};

/// Most files of a folder that are looked at one by one.
pub const IDENTITY_FILES_MAX: u64 = 100_000;
/// How deep folders may lie in each other.
const DEPTH_MAX: usize = 72;

/// Path, name of the dataset, size and time of last change: of the file that describes the array, and of all files
/// together if it is a folder.
pub(super) fn of(describing: &Path, folder: Option<&Path>, dataset: Option<&str>) -> Result<Vec<u8>, Error> {
    let mut identity = Source::open(describing)?.identity();
    name(&mut identity, dataset);
    if let Some(folder) = folder {
        let mut files = Files::default();
        files.add(folder, 0)?;
        if files.n_files <= IDENTITY_FILES_MAX {
            identity.extend(files.n_files.to_le_bytes());
            identity.extend(files.nbytes.to_le_bytes());
            identity.extend(files.modified_ns.to_le_bytes());
        }
    }
    Ok(identity)
}

/// The same of what lies elsewhere: its address, the name of the dataset, and what stands for the content.
pub(super) fn elsewhere(path: &Path, dataset: Option<&str>, content: &[u8]) -> Vec<u8> {
    let mut identity = path.as_os_str().as_encoded_bytes().to_vec();
    name(&mut identity, dataset);
    identity.push(0);
    identity.extend(content);
    identity
}

fn name(identity: &mut Vec<u8>, dataset: Option<&str>) {
    if let Some(dataset) = dataset {
        // A zero byte is in no path, so that no path and name together look like another path.
        identity.push(0);
        identity.extend(dataset.as_bytes());
    }
}

/// All files of a folder together.
#[derive(Default)]
struct Files {
    n_files: u64,
    nbytes: u64,
    modified_ns: u128,
}

impl Files {
    fn add(&mut self, folder: &Path, depth: usize) -> Result<(), Error> {
        for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
            if self.n_files > IDENTITY_FILES_MAX {
                return Ok(());
            }
            let entry = entry.map_err(Error::io("list", folder))?;
            let meta = entry.metadata().map_err(Error::io("look at", &entry.path()))?;
            if meta.is_dir() && depth < DEPTH_MAX {
                self.add(&entry.path(), depth + 1)?;
            }
            let modified = meta.modified().map_err(Error::io("look at", &entry.path()))?;
            let modified_ns = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
            self.n_files += 1;
            self.nbytes = self.nbytes.wrapping_add(if meta.is_dir() { 0 } else { meta.len() });
            self.modified_ns = self.modified_ns.max(modified_ns);
        }
        Ok(())
    }
}
