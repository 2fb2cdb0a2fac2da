//! Files under the prefixes that were granted to the task, for format readers.
//!
//! Every path is resolved and checked by the host. In tests on the author's own machine, paths are plain files.

use std::io;

use crate::error::{Result, TaskError};

#[cfg(target_family = "wasm")]
use crate::bindings::format::gristmill::plugin::storage as granted;

/// A file that is read piece by piece.
#[derive(Debug)]
pub struct Blob {
    #[cfg(target_family = "wasm")]
    inner: granted::Blob,
    #[cfg(not(target_family = "wasm"))]
    inner: std::fs::File,
}

#[cfg(target_family = "wasm")]
impl Blob {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Permission denied if the path was not granted; the host's error if there is no such file.
    pub fn open(path: &str) -> Result<Self> {
        granted::Blob::open(path).map(|inner| Self { inner }).map_err(TaskError::from_host)
    }

    /// The file's size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.inner.size()
    }

    /// At most `len` bytes from `offset` on; fewer only at the end.
    ///
    /// # Errors
    /// The host's error if the file cannot be read.
    pub fn read_at(&self, offset: u64, len: u32) -> Result<Vec<u8>> {
        self.inner.read_at(offset, len).map_err(TaskError::from_host)
    }
}

#[cfg(not(target_family = "wasm"))]
impl Blob {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Failed if there is no such file.
    pub fn open(path: &str) -> Result<Self> {
        let inner = std::fs::File::open(path).map_err(|error| TaskError::from(format!("{path}: {error}")))?;
        Ok(Self { inner })
    }

    /// The file's size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.inner.metadata().map_or(0, |meta| meta.len())
    }

    /// At most `len` bytes from `offset` on; fewer only at the end.
    ///
    /// # Errors
    /// Failed if the file cannot be read.
    pub fn read_at(&self, offset: u64, len: u32) -> Result<Vec<u8>> {
        use std::io::{Read, Seek};
        let mut file = &self.inner;
        file.seek(io::SeekFrom::Start(offset))?;
        let mut piece = Vec::new();
        file.take(u64::from(len)).read_to_end(&mut piece)?;
        Ok(piece)
    }
}

/// One file under a prefix.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its path, to be opened.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

/// At most `limit` files under `prefix`, in order of their paths, from the first after `after` on.
///
/// # Errors
/// Permission denied if the prefix was not granted.
#[cfg(target_family = "wasm")]
pub fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<Entry>> {
    let entries = granted::list_prefix(prefix, after, limit).map_err(TaskError::from_host)?;
    Ok(entries.into_iter().map(|entry| Entry { path: entry.path, size: entry.size }).collect())
}

/// Reads a [`Blob`] from its start in pieces, as [`io::Read`] and [`io::BufRead`].
#[derive(Debug)]
pub struct BlobReader {
    blob: Blob,
    offset: u64,
    piece: Vec<u8>,
    used: usize,
}

/// Bytes in guest memory at a time.
const PIECE_NBYTES: u32 = 256 << 10;

impl BlobReader {
    /// A reader that stands at byte 0 of `blob`.
    #[must_use]
    pub fn new(blob: Blob) -> Self {
        Self { blob, offset: 0, piece: Vec::new(), used: 0 }
    }

    /// The byte that is read next, counted from the start of the file.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.offset - (self.piece.len() - self.used) as u64
    }

    /// The bytes in hand, and more from the file if there are none; empty only at the end.
    ///
    /// # Errors
    /// The host's error if the file cannot be read.
    pub fn fill(&mut self) -> Result<&[u8]> {
        if self.used == self.piece.len() {
            self.piece = self.blob.read_at(self.offset, PIECE_NBYTES)?;
            self.offset += self.piece.len() as u64;
            self.used = 0;
        }
        Ok(self.piece.get(self.used..).unwrap_or_default())
    }

    /// Marks `n` of the bytes in hand as read.
    pub fn advance(&mut self, n: usize) {
        self.used = (self.used + n).min(self.piece.len());
    }
}

impl io::Read for BlobReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = io::Read::read(&mut io::BufRead::fill_buf(self)?, out)?;
        self.advance(n);
        Ok(n)
    }
}

impl io::BufRead for BlobReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill().map_err(|error: TaskError| io::Error::other(error.message))
    }

    fn consume(&mut self, n: usize) {
        self.advance(n);
    }
}
