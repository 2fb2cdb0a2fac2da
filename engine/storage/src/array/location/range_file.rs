//! A file that is open for reading at any position.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::super::open_files::LocalFile;
use crate::Error;
use crate::remote::{Got, Part, Remote};

/// Bytes of a file of this machine that are read at once although some between them are not needed.
const LOCAL_SPAN_NBYTES: u64 = 64 << 10;
/// The same of a file elsewhere, where each request takes as long as some MiB.
const REMOTE_SPAN_NBYTES: u64 = 4 << 20;

/// A file, open for reading from any thread.
#[derive(Debug)]
pub(in super::super) enum RangeFile {
    Local(LocalFile),
    /// With the part that came when it was opened.
    Remote(Remote, Got, PathBuf),
    /// All of it.
    Held(Vec<u8>, PathBuf),
}

impl RangeFile {
    pub(in super::super) fn path(&self) -> &Path {
        match self {
            Self::Local(file) => file.path(),
            Self::Remote(_, _, path) | Self::Held(_, path) => path,
        }
    }

    /// Bytes that it had when it was opened.
    pub(in super::super) fn size(&self) -> u64 {
        match self {
            Self::Local(file) => file.size(),
            Self::Remote(_, got, _) => got.size,
            Self::Held(bytes, _) => bytes.len() as u64,
        }
    }

    /// What changes with the content of a file that is not on this machine.
    pub(in super::super) fn tag(&self) -> Option<&str> {
        match self {
            Self::Remote(_, got, _) => got.tag.as_deref(),
            Self::Local(_) | Self::Held(..) => None,
        }
    }

    /// Bytes that are read at once although some between them are not needed.
    pub(in super::super) fn span_nbytes(&self) -> u64 {
        match self {
            Self::Local(_) => LOCAL_SPAN_NBYTES,
            Self::Remote(..) => REMOTE_SPAN_NBYTES,
            Self::Held(..) => 0,
        }
    }

    /// Fills `target` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`Error::CorruptArray`] if the file ends before, and what reading it says.
    pub(in super::super) fn read_at(&self, target: &mut [u8], offset: u64) -> Result<(), Error> {
        match self {
            Self::Local(file) => {
                let read = file.file().and_then(|file| file.read_exact_at(target, offset));
                read.map_err(|error| match error.kind() {
                    std::io::ErrorKind::UnexpectedEof => self.shorter(offset),
                    _ => Error::io("read", file.path())(error),
                })
            }
            _ if target.is_empty() => Ok(()),
            Self::Remote(remote, got, _) => {
                if let Some(bytes) = piece(&got.bytes, offset.checked_sub(got.offset), target.len()) {
                    target.copy_from_slice(bytes);
                    return Ok(());
                }
                let length = target.len() as u64;
                let end = offset.checked_add(length).filter(|end| *end <= got.size);
                let range = offset..end.ok_or_else(|| self.shorter(offset))?;
                let more = remote.get(Part::Range(range), got.tag.as_deref(), length)?;
                let more = more.ok_or_else(|| remote.missing())?.bytes;
                let bytes = piece(&more, Some(0), target.len()).ok_or_else(|| self.shorter(offset))?;
                target.copy_from_slice(bytes);
                Ok(())
            }
            Self::Held(all, _) => {
                let bytes = piece(all, Some(offset), target.len()).ok_or_else(|| self.shorter(offset))?;
                target.copy_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// The bytes of a range, or as many as there are. Memory is made for all of them.
    pub(in super::super) fn read_most(&self, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
        let length = length.min(self.size().saturating_sub(offset));
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.read_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    fn shorter(&self, offset: u64) -> Error {
        Error::corrupt(self.path(), format!("byte {offset}"), "the file is shorter")
    }
}

/// So many bytes from a place on.
fn piece(bytes: &[u8], from: Option<u64>, length: usize) -> Option<&[u8]> {
    let from = usize::try_from(from?).ok()?;
    bytes.get(from..from.checked_add(length)?)
}
