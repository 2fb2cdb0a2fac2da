//! Files that a pattern names, each with what identifies its content.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::Error;

/// Most files that one pattern may name.
const FILES_MAX: usize = 1_000_000;

/// One file, and what identifies its content: path, size and time of last change.
///
/// Two sources with the same identity are taken to have the same content, so a file that is changed must change in
/// size or time, as every ordinary writer makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    path: String,
    size: u64,
    modified_ns: u128,
}

impl Source {
    /// The files that `pattern` names (`*`, `?`, `[ab]`, `**`), sorted by path; a plain path names itself.
    ///
    /// # Errors
    /// [`Error::NoMatch`] when there is none, [`Error::NotAFile`] or [`Error::Io`] for a match that cannot be read.
    pub fn glob(pattern: &str) -> Result<Vec<Self>, Error> {
        let sources = matches(pattern)?.into_iter().map(|path| Self::open(&path));
        let mut sources = sources.collect::<Result<Vec<_>, _>>()?;
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(sources)
    }

    /// The same of the files among what `pattern` names; there may be none.
    ///
    /// # Errors
    /// [`Error::NoMatch`] when it names nothing at all, [`Error::Io`] for a file that cannot be read.
    pub fn glob_files(pattern: &str) -> Result<Vec<Self>, Error> {
        let files = matches(pattern)?.into_iter().filter(|path| path.is_file());
        files.map(|path| Self::open(&path)).collect()
    }

    /// One file, which must exist and be readable.
    ///
    /// # Errors
    /// [`Error::NotAFile`] or [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = fs::File::open(path).map_err(Error::io("read", path))?;
        let meta = file.metadata().map_err(Error::io("read", path))?;
        if !meta.is_file() {
            return Err(Error::NotAFile { path: path.to_owned() });
        }
        let modified = meta.modified().map_err(Error::io("read", path))?;
        // A file from before 1970 is rare enough to share one time.
        let modified_ns = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        Ok(Self { path: path.to_string_lossy().into_owned(), size: meta.len(), modified_ns })
    }

    /// The path, as the pattern gave it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that are equal as long as the file's content is: path, size, time of last change.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        let mut identity = Vec::with_capacity(self.path.len() + 24);
        identity.extend(self.size.to_le_bytes());
        identity.extend(self.modified_ns.to_le_bytes());
        identity.extend(self.path.as_bytes());
        identity
    }
}

/// The files and folders that a pattern names, sorted; at least one.
pub(crate) fn matches(pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let found = glob::glob(pattern).map_err(|error| Error::Pattern {
        pattern: pattern.to_owned(),
        position: error.pos,
        reason: error.msg.to_owned(),
    })?;
    let mut paths = Vec::new();
    for path in found {
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            Error::Io { action: "look into", path, source: error.into() }
        })?;
        if paths.len() >= FILES_MAX {
            return Err(Error::TooManyFiles { pattern: pattern.to_owned(), max: FILES_MAX });
        }
        paths.push(path);
    }
    if paths.is_empty() {
        return Err(Error::NoMatch { pattern: pattern.to_owned(), hint: nearest_folder(pattern) });
    }
    paths.sort();
    Ok(paths)
}

/// What does exist on the way to a pattern that matches nothing.
fn nearest_folder(pattern: &str) -> String {
    let special = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let start = PathBuf::from(pattern.get(..special).unwrap_or_default());
    let folder = start.ancestors().find(|folder| !folder.as_os_str().is_empty() && folder.is_dir());
    let Some(folder) = folder else {
        return "it is relative to the current folder; check the path".to_owned();
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let n_names = names.len();
    names.truncate(5);
    match n_names {
        0 => format!("`{}` is empty", folder.display()),
        _ => format!("`{}` exists and has {n_names} entries, such as {}", folder.display(), names.join(", ")),
    }
}

#[cfg(test)]
mod tests;
