//! How much room a disk has, and how much of a file is read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::Error;

/// Bytes that this user may still write to the disk of `folder`.
///
/// # Errors
/// [`Error::Io`] when the folder does not exist or the system does not say.
pub fn available_nbytes(folder: &Path) -> Result<u64, Error> {
    let stat = rustix::fs::statvfs(folder).map_err(|error| Error::io("look at", folder)(error.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// The bytes of a file that should have at most `nbytes_max`; `None` if it has more, or does not end, as a device.
///
/// # Errors
/// What the operating system says when the file cannot be read.
pub fn read_at_most(path: &Path, nbytes_max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One byte more than is taken tells a file that is too large.
    File::open(path)?.take(nbytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= nbytes_max))
}
