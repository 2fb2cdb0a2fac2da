//! Files of this machine, of which only so many are open at once: an array may have more of them than a process may
//! open.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The most files that are open without being read from at the moment. A process may often open 1024.
pub(super) const OPEN_FILES_MAX: usize = 256;

/// The open files, that which was used last at the end.
static OPEN: Mutex<Vec<(u64, Arc<File>)>> = Mutex::new(Vec::new());

/// A file that was opened, and is opened again when it is needed after others have taken its place.
#[derive(Debug)]
pub(super) struct LocalFile {
    id: u64,
    path: PathBuf,
    version: Version,
}

/// What differs between a file and another that has taken its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version {
    size: u64,
    modified: (i64, i64),
    inode: (u64, u64),
}

impl Version {
    fn of(meta: &Metadata) -> Self {
        let (size, modified) = (meta.len(), (meta.mtime(), meta.mtime_nsec()));
        Self { size, modified, inode: (meta.dev(), meta.ino()) }
    }
}

impl LocalFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let file = File::open(path)?;
        let version = Version::of(&file.metadata()?);
        let own = Self { id: NEXT.fetch_add(1, Ordering::Relaxed), path: path.to_owned(), version };
        own.keep(Arc::new(file));
        Ok(own)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that it had when it was opened.
    pub(super) fn size(&self) -> u64 {
        self.version.size
    }

    /// The open file; if it was closed meanwhile, it must still be the same.
    pub(super) fn file(&self) -> io::Result<Arc<File>> {
        if let Some(file) = self.kept() {
            return Ok(file);
        }
        let file = File::open(&self.path)?;
        if Version::of(&file.metadata()?) != self.version {
            return Err(io::Error::other("the file has changed since it was opened; open it again"));
        }
        let file = Arc::new(file);
        self.keep(file.clone());
        Ok(file)
    }

    fn kept(&self) -> Option<Arc<File>> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().rposition(|(id, _)| *id == self.id)?;
        let entry = open.remove(at);
        let file = entry.1.clone();
        open.push(entry);
        Some(file)
    }

    fn keep(&self, file: Arc<File>) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = (open.len() >= OPEN_FILES_MAX).then(|| open.remove(0));
        open.push((self.id, file));
        drop(open);
        // Closed outside of the lock.
        drop(oldest);
    }
}

impl Drop for LocalFile {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        // Two threads may have opened it at the same time.
        let own: Vec<_> = open.extract_if(.., |(id, _)| *id == self.id).collect();
        drop(open);
        drop(own);
    }
}

#[cfg(test)]
mod tests;
