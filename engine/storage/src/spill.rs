//! Values that memory has no room for, in files of their own.

use std::fs;
use std::io::{BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gristmill_data::arrow::buffer::MutableBuffer;
use gristmill_data::{Value, decode_value, encode_value};

use crate::Error;

/// How the folders of spill files are called: this, the process's number, and a number of its own.
const FOLDER_PREFIX: &str = "gristmill-spill-";
/// The file in such a folder that its process keeps locked, so that others see it is in use.
const LOCK_NAME: &str = "lock";
/// How that file is called until it is locked, so that nobody ever sees it unlocked and takes the folder for abandoned.
const NEW_LOCK_NAME: &str = "lock.new";
/// Where files are in memory.
const IN_MEMORY: &str = "/dev/shm";
/// Bytes gathered before a write.
const WRITE_BUFFER_NBYTES: usize = 1 << 20;

/// A folder for spilled values that only this user can read. It is removed with the last handle on it.
///
/// Folders that a killed process has left behind are removed when the next one makes its own beside them.
#[derive(Debug)]
pub struct SpillDir {
    folder: Arc<Folder>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    limit_nbytes: u64,
    used_nbytes: AtomicU64,
    n_files: AtomicU64,
    /// Held as long as the folder is: the system gives the lock back when the process ends, however it does.
    _lock: fs::File,
}

/// One spilled value; the file is removed when this is dropped.
#[derive(Debug)]
pub struct SpillFile {
    folder: Arc<Folder>,
    path: PathBuf,
    nbytes: u64,
    /// Of all its bytes. It stays in memory, as the file is of no use to any other process.
    checksum: u32,
}

impl SpillDir {
    /// Makes a new folder in `parent`; its files may take `limit_nbytes` together.
    ///
    /// # Errors
    /// [`Error::Io`] when `parent` is missing or not writable, or is on a disk that knows no locks.
    pub fn create(parent: &Path, limit_nbytes: Option<u64>) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        remove_stale(parent);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{FOLDER_PREFIX}{}-{number}", std::process::id()));
        make_private_dir(&path).map_err(Error::io("make the folder", &path))?;
        let locked = locked(&path).inspect_err(|_| {
            // Nobody else will: a folder without a lock is left alone.
            let _ = fs::remove_dir_all(&path);
        })?;
        let folder = Folder {
            _lock: locked,
            path,
            limit_nbytes: limit_nbytes.unwrap_or(u64::MAX),
            used_nbytes: AtomicU64::new(0),
            n_files: AtomicU64::new(0),
        };
        Ok(Self { folder: Arc::new(folder) })
    }

    /// One whose files are in memory, up to half of what is free there; none where the system has no such place.
    #[must_use]
    pub fn in_memory() -> Option<Self> {
        let parent = Path::new(IN_MEMORY);
        let free = crate::disk::available_nbytes(parent).ok()?;
        Self::create(parent, Some(free / 2)).ok()
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder.path
    }

    /// Removes the folder and all files in it now, rather than with the last handle; nothing can be spilled after.
    pub fn remove(&self) {
        // What cannot be removed goes with the next process's clean-up.
        let _ = fs::remove_dir_all(&self.folder.path);
    }

    /// Writes a value to a new file: whole, or not at all.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::SpillLimit`], [`Error::Io`], or [`Error::Value`] when it cannot be encoded.
    pub fn spill(&self, value: &Value) -> Result<SpillFile, Error> {
        let folder = &self.folder;
        let needed = value.nbytes();
        // Dropped on the way out of an error, it removes what was written.
        let mut file = self.new_file(needed)?;
        let (written, checksum) = write(value, &file.path, needed)?;
        (file.nbytes, file.checksum) = (written, checksum);
        folder.used_nbytes.fetch_add(written, Ordering::Relaxed);
        Ok(file)
    }

    /// A file that was spilled elsewhere, as one of this folder: whatever becomes of the other.
    pub(crate) fn link_from(&self, path: &Path, nbytes: u64, checksum: u32) -> Result<SpillFile, Error> {
        let mut file = self.new_file(nbytes)?;
        link(path, &file.path)?;
        (file.nbytes, file.checksum) = (nbytes, checksum);
        self.folder.used_nbytes.fetch_add(nbytes, Ordering::Relaxed);
        Ok(file)
    }

    /// The place of a new file, if so many bytes may be written.
    fn new_file(&self, needed: u64) -> Result<SpillFile, Error> {
        let folder = &self.folder;
        let number = folder.n_files.fetch_add(1, Ordering::Relaxed);
        let used = folder.used_nbytes.load(Ordering::Relaxed);
        if used.saturating_add(needed) > folder.limit_nbytes {
            return Err(Error::SpillLimit { needed, used, limit: folder.limit_nbytes });
        }
        let path = folder.path.join(format!("{number}.value"));
        Ok(SpillFile { folder: folder.clone(), path, nbytes: 0, checksum: 0 })
    }
}

impl SpillFile {
    /// Size of the file, in bytes.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        self.nbytes
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Of all its bytes.
    pub(crate) fn checksum(&self) -> u32 {
        self.checksum
    }

    /// The same file at another place, whatever becomes of this.
    pub(crate) fn link_to(&self, path: &Path) -> Result<(), Error> {
        link(&self.path, path)
    }

    /// Reads the value back; the file stays.
    ///
    /// # Errors
    /// [`Error::Damaged`] when its bytes are not those that were written, or [`Error::Io`].
    pub fn load(&self) -> Result<Value, Error> {
        let mut file = fs::File::open(&self.path).map_err(Error::io("read", &self.path))?;
        let nbytes = usize::try_from(self.nbytes).unwrap_or(usize::MAX);
        // Aligned as Arrow wants it, so that decoding copies nothing.
        let mut bytes = MutableBuffer::from_len_zeroed(nbytes);
        file.read_exact(bytes.as_slice_mut()).map_err(Error::io("read", &self.path))?;
        let found = crc32fast::hash(bytes.as_slice());
        if found != self.checksum {
            return Err(Error::Damaged { path: self.path.clone(), found, written: self.checksum });
        }
        decode_value(bytes.into()).map_err(|source| Error::Value { path: self.path.clone(), source })
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        self.folder.used_nbytes.fetch_sub(self.nbytes, Ordering::Relaxed);
        // A file that cannot be removed goes with the folder, or with the next process's clean-up.
        let _ = fs::remove_file(&self.path);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The same file at two places; a copy where the file system has no such thing, or they are on two.
fn link(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if [ErrorKind::AlreadyExists, ErrorKind::NotFound].contains(&error.kind()) => {
            Err(Error::io("link", from)(error))
        }
        Err(_) => fs::copy(from, to).map(drop).map_err(Error::io("copy", from)),
    }
}

/// A file, and the checksum of what was written to it.
struct Checked {
    file: fs::File,
    checksum: crc32fast::Hasher,
}

impl Write for Checked {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.checksum.update(bytes.get(..n).unwrap_or(bytes));
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Writes a value to a new file; its size and checksum.
fn write(value: &Value, path: &Path, needed: u64) -> Result<(u64, u32), Error> {
    let file = new_private_file(path).map_err(Error::write(path, needed))?;
    let checked = Checked { file, checksum: crc32fast::Hasher::new() };
    let mut out = BufWriter::with_capacity(WRITE_BUFFER_NBYTES, checked);
    let written = encode_value(value, &mut out).map_err(|error| match error {
        gristmill_data::Error::Io(source) => Error::write(path, needed)(source),
        source => Error::Value { path: path.to_owned(), source },
    })?;
    out.flush().map_err(Error::write(path, needed))?;
    Ok((written, out.get_ref().checksum.clone().finalize()))
}

/// The folder's lock file, locked before it gets its name.
fn locked(folder: &Path) -> Result<fs::File, Error> {
    let (path, new_path) = (folder.join(LOCK_NAME), folder.join(NEW_LOCK_NAME));
    let lock = fs::File::create_new(&new_path).map_err(Error::write(&new_path, 0))?;
    lock.try_lock().map_err(|error| Error::io("lock", &new_path)(error.into()))?;
    fs::rename(&new_path, &path).map_err(Error::io("rename", &new_path))?;
    Ok(lock)
}

/// A new file that only this user can read, wherever it is linked to.
fn new_private_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder that only this user can read, with those above it, unless it is there.
pub(crate) fn make_private_dirs(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

#[cfg(unix)]
fn make_private_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_dir(path: &Path) -> std::io::Result<()> {
    fs::create_dir(path)
}

/// Removes folders whose process is gone, on whatever machine it was. What cannot be looked at is left alone.
fn remove_stale(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(FOLDER_PREFIX) && is_abandoned(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether nobody holds the folder's lock; a folder without a lock is just being made.
fn is_abandoned(folder: &Path) -> bool {
    fs::File::open(folder.join(LOCK_NAME)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests;
