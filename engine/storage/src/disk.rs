//! How much room a disk has.

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
