//! Results that are handed over on one machine as a file in memory, which the other process maps: nothing travels.

#![expect(unsafe_code, reason = "the system cannot say that nobody changes a file that is mapped")]

use std::any::Any;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use gristmill_data::arrow::buffer::Buffer;
use memmap2::Mmap;
use serde::{Deserialize, Serialize};

/// Smaller results travel: a stream is opened either way.
pub(crate) const SHARED_NBYTES_MIN: u64 = 1 << 20;

/// A file that holds a result, as long as somebody holds this.
#[derive(Debug, Clone)]
pub struct SharedFile {
    /// Where it is on this machine.
    pub path: PathBuf,
    /// What keeps it there.
    pub held: Arc<dyn Any + Send + Sync>,
}

/// Which file it is, for the process that maps it. Processes of one machine need not see the same files by the same
/// paths, but no two files have the same of all these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileName {
    path: PathBuf,
    nbytes: u64,
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

impl FileName {
    /// That of a file which is there.
    #[cfg(unix)]
    pub(crate) fn of(path: PathBuf) -> std::io::Result<Self> {
        let file = File::open(&path)?;
        Self::of_open(path, &file)
    }

    #[cfg(unix)]
    fn of_open(path: PathBuf, file: &File) -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        let meta = file.metadata()?;
        let changed = (meta.mtime(), meta.mtime_nsec());
        Ok(Self { path, nbytes: meta.len(), device: meta.dev(), inode: meta.ino(), changed })
    }

    /// Elsewhere there is no telling files apart.
    #[cfg(not(unix))]
    pub(crate) fn of(_path: PathBuf) -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Its bytes, if this process sees that very file.
    #[cfg(unix)]
    pub(crate) fn map(self) -> Option<Buffer> {
        let file = File::open(&self.path).ok()?;
        if Self::of_open(self.path.clone(), &file).ok()? != self {
            return None;
        }
        // SAFETY: a mapping must not change while it is read. The file was written by a worker under a name that nobody
        // else has, in a folder that only this user can open, and workers write a spill file once and never again; it is
        // removed by name alone, which leaves mappings whole. Another program of the same user could cut it off, as it
        // could end this process.
        let mapped = unsafe { Mmap::map(&file) }.ok()?;
        Some(Buffer::from(Bytes::from_owner(mapped)))
    }

    #[cfg(not(unix))]
    pub(crate) fn map(self) -> Option<Buffer> {
        None
    }
}
