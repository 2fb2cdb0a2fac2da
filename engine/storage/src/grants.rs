//! The files that one task may read, and nothing else.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use crate::Error;

/// Most bytes of one read.
pub const READ_NBYTES_MAX: u64 = 64 << 20;
/// Most entries of one listing; more are asked for page by page.
pub const LIST_MAX: usize = 1000;
/// Most files that a listing looks at below granted folders.
const WALK_MAX: usize = 100_000;
/// How deep a listing looks below granted folders.
const WALK_DEPTH_MAX: usize = 64;

/// Files and folders that a task may read. Every path is resolved by the host: `..` and links that lead elsewhere
/// are refused, because what counts is where a path ends and not how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    roots: Vec<Root>,
}

/// One granted file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Root {
    /// As it was granted: how the task names it.
    given: String,
    /// Where it ends.
    canonical: PathBuf,
}

/// One file of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path by which the task may open it.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
}

impl Grants {
    /// Grants these files, and everything below these folders.
    ///
    /// # Errors
    /// [`Error::Io`] when one of them does not exist.
    pub fn files<'a>(paths: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let root = |given: &str| {
            let canonical = fs::canonicalize(given).map_err(Error::io("grant", Path::new(given)))?;
            Ok(Root { given: given.to_owned(), canonical })
        };
        Ok(Self { roots: paths.into_iter().map(root).collect::<Result<_, _>>()? })
    }

    /// Where a path ends, if that was granted.
    ///
    /// # Errors
    /// [`Error::NotGranted`]; it does not tell whether the file exists.
    pub fn resolve(&self, path: &str) -> Result<PathBuf, Error> {
        let refused = |reason| Error::NotGranted { path: path.to_owned(), reason };
        if path.contains('\0') {
            return Err(refused("it contains a zero byte"));
        }
        let elsewhere = "it is not one of the task's own files, nor below one of its folders";
        let canonical = fs::canonicalize(path).map_err(|_| refused(elsewhere))?;
        let granted = self.roots.iter().any(|root| canonical.starts_with(&root.canonical));
        if granted { Ok(canonical) } else { Err(refused(elsewhere)) }
    }

    /// Whether a path ends in what was granted, whether there is something yet or not. Addresses do not.
    #[must_use]
    pub fn covers(&self, path: &Path) -> bool {
        let is_plain = path.is_absolute() && !path.components().any(|part| part == Component::ParentDir);
        let canonical = path.ancestors().find_map(|there| {
            let rest = path.strip_prefix(there).ok()?;
            Some(fs::canonicalize(there).ok()?.join(rest))
        });
        is_plain
            && canonical.is_some_and(|path| self.roots.iter().any(|root| path.starts_with(&root.canonical)))
    }

    /// The granted files whose path begins with `prefix`, sorted, after the path `after`; at most `limit`, and at
    /// most [`LIST_MAX`].
    ///
    /// # Errors
    /// [`Error::Io`] when a granted folder cannot be read.
    pub fn list_prefix(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for root in &self.roots {
            walk(Path::new(&root.given), 0, &mut entries)?;
        }
        entries
            .retain(|entry| entry.path.starts_with(prefix) && after.is_none_or(|after| *entry.path > *after));
        entries.retain(|entry| self.resolve(&entry.path).is_ok());
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup();
        entries.truncate(limit.min(LIST_MAX));
        Ok(entries)
    }
}

/// Collects the regular files at or below a path.
fn walk(path: &Path, depth: usize, entries: &mut Vec<Entry>) -> Result<(), Error> {
    if entries.len() >= WALK_MAX || depth > WALK_DEPTH_MAX {
        return Ok(());
    }
    let meta = fs::metadata(path).map_err(Error::io("list", path))?;
    if meta.is_file() {
        entries.push(Entry { path: path.to_string_lossy().into_owned(), size: meta.len() });
    } else if meta.is_dir() {
        for entry in fs::read_dir(path).map_err(Error::io("list", path))? {
            let entry = entry.map_err(Error::io("list", path))?;
            // A link below a granted folder may lead anywhere, into a circle too.
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            if !is_link {
                walk(&entry.path(), depth + 1, entries)?;
            }
        }
    }
    Ok(())
}

/// A granted file, open for reading at any position.
#[derive(Debug)]
pub struct Blob {
    file: fs::File,
    path: PathBuf,
    size: u64,
}

impl Blob {
    /// Opens a granted file.
    ///
    /// # Errors
    /// [`Error::NotGranted`], [`Error::NotAFile`] or [`Error::Io`].
    pub fn open(grants: &Grants, path: &str) -> Result<Self, Error> {
        let path = grants.resolve(path)?;
        let file = fs::File::open(&path).map_err(Error::io("read", &path))?;
        let meta = file.metadata().map_err(Error::io("read", &path))?;
        if !meta.is_file() {
            return Err(Error::NotAFile { path });
        }
        Ok(Self { file, path, size: meta.len() })
    }

    /// Size in bytes, when it was opened.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// At most `len` bytes from `offset` on; fewer only at the end.
    ///
    /// # Errors
    /// [`Error::ReadTooLong`] above [`READ_NBYTES_MAX`], or [`Error::Io`].
    pub fn read_at(&self, offset: u64, len: u64) -> Result<Vec<u8>, Error> {
        if len > READ_NBYTES_MAX {
            return Err(Error::ReadTooLong { given: len, max: READ_NBYTES_MAX });
        }
        // Not more than there is, so that a short file costs no long buffer.
        let len = len.min(self.size.saturating_sub(offset));
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset)).map_err(Error::io("read", &self.path))?;
        file.take(len).read_to_end(&mut bytes).map_err(Error::io("read", &self.path))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
