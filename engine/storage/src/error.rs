//! What can go wrong with files.

use std::io;
use std::path::{Path, PathBuf};

/// Errors of reading and writing files. [`Error::Io`], [`Error::DiskFull`] and [`Error::SpillLimit`] may be worth a
/// retry once the disk has changed, [`Error::NotGiven`] and [`Error::NotTaken`] once a server answers; the others are not.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A pattern is malformed.
    #[error(
        "`{pattern}` is not a file pattern: {reason} at position {position}; write `*`, `?`, `[ab]` or `**`"
    )]
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// Where it is wrong, in bytes.
        position: usize,
        /// What is wrong.
        reason: String,
    },
    /// No file matches a pattern.
    #[error("no file matches `{pattern}`; {hint}")]
    NoMatch {
        /// The pattern as given.
        pattern: String,
        /// What does exist.
        hint: String,
    },
    /// A pattern matches more files than one source may have.
    #[error("`{pattern}` matches more than {max} files; split it into several sources")]
    TooManyFiles {
        /// The pattern as given.
        pattern: String,
        /// The limit.
        max: usize,
    },
    /// What should be a file is none.
    #[error("`{}` is not a file that can be read: it is a folder or a device", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The system refused a file.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A task asked for a file that it was not granted.
    #[error("`{path}` was not granted to this task: {reason}")]
    NotGranted {
        /// The path as asked for.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// A task asked for more bytes at once than one read gives.
    #[error("a read of {given} bytes is too long, at most {max} are read at once; read piece by piece")]
    ReadTooLong {
        /// Bytes asked for.
        given: u64,
        /// The limit.
        max: u64,
    },
    /// The disk has no room.
    #[error("disk full: writing {needed} B to `{}` failed with {available} B free; free some space or use another folder", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// Bytes to be written.
        needed: u64,
        /// Bytes free.
        available: u64,
    },
    /// Spilled values have reached the limit that was set for them.
    #[error(
        "spill limit: {needed} B more would exceed the {limit} B that spilled results may take, {used} B are in use; raise the limit"
    )]
    SpillLimit {
        /// Bytes to be written.
        needed: u64,
        /// Bytes in use.
        used: u64,
        /// The limit.
        limit: u64,
    },
    /// An address is none of an object store or a web server, or its store needs more settings.
    #[error("cannot use the address `{address}`: {reason}; {hint}")]
    Address {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        reason: String,
        /// What is right, or where settings come from.
        hint: &'static str,
    },
    /// An object store or a web server did not take a file.
    #[error("the server did not take `{address}`: {source}; {hint}")]
    NotTaken {
        /// The file's address.
        address: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// What to look at.
        hint: &'static str,
    },
    /// An object store or a web server did not give a file, or a part of it.
    #[error("the server did not give `{address}`: {source}; {hint}")]
    NotGiven {
        /// The file's address, without keys in it.
        address: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// What to look at.
        hint: &'static str,
    },
    /// A spill file holds other bytes than were written to it.
    #[error(
        "spill file `{}` is damaged: its checksum is {found:08x}, and it was written with {written:08x}; check the disk, or set another spill folder", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The checksum of what it holds.
        found: u32,
        /// The checksum of what was written.
        written: u32,
    },
    /// A value cannot be encoded or decoded.
    #[error("value in `{}`: {source}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Why.
        source: gristmill_data::Error,
    },
    /// A result's file name does not say how to write it.
    #[error("cannot write `{}`: its extension is none of csv, jsonl, arrow (tables) and json (anything)", path.display())]
    UnknownFormat {
        /// The path as given.
        path: PathBuf,
    },
    /// A result should be written into a folder that is not there.
    #[error("cannot write `{}`: there is no folder `{}`; make it first", path.display(), folder.display())]
    NoFolder {
        /// The path as given.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// A result that is no table should be written as one.
    #[error("cannot write `{}`: the result is {given}, and only a table can be written as {format}; json takes anything", path.display())]
    NotATable {
        /// The path as given.
        path: PathBuf,
        /// The format asked for.
        format: String,
        /// The result's type.
        given: String,
    },
    /// A table could not be written in the format asked for.
    #[error("cannot write `{}`: {reason}", path.display())]
    Format {
        /// The path as given.
        path: PathBuf,
        /// What the writer said.
        reason: String,
    },
    /// A path holds no array in a format that is known, or none at all.
    #[error("`{}` holds no array that can be read: {reason}", path.display())]
    NotAnArray {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// A path holds several arrays and none was named, or it has none of the name given.
    #[error("`{}` {problem}; name one of: {known}", path.display())]
    WhichArray {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// The arrays that it holds, separated by commas.
        known: String,
    },
    /// An array uses something that cannot be read or written here.
    #[error("`{}`: {what} is not supported; {hint}", path.display())]
    UnsupportedArray {
        /// The path.
        path: PathBuf,
        /// What it uses.
        what: String,
        /// What can be done about it.
        hint: &'static str,
    },
    /// A file's content contradicts itself.
    #[error("`{}` is damaged at {place}: {reason}", path.display())]
    CorruptArray {
        /// The path.
        path: PathBuf,
        /// Where: a chunk, a byte, the metadata.
        place: String,
        /// What does not fit.
        reason: String,
    },
    /// What is at a path now is another array than the one that was opened there.
    #[error("`{}` has changed since it was opened; open it again", path.display())]
    Changed {
        /// The path.
        path: PathBuf,
    },
    /// The array of a file does not fit to those that it should make one array with.
    #[error("`{}` cannot be joined to one array: {reason}", path.display())]
    UnlikeArray {
        /// The file that does not fit.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// An array cannot be written as a list of references.
    #[error("no references can be made to `{}`: {reason}", path.display())]
    NotReferable {
        /// The array.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A list of references names a file that it may not name.
    #[error(
        "`{}` refers to `{}`, which lies outside of its own folder; if you trust it, allow that with `ReadOptions::grant`", path.display(), target.display()
    )]
    ForeignReference {
        /// The list.
        path: PathBuf,
        /// The file, or its address.
        target: PathBuf,
    },
    /// A region lies partly outside of an array, or has another number of axes.
    #[error("`{}` has shape {shape}: the region of shape {region} from {start} on is not inside", path.display())]
    ArrayRegion {
        /// The path.
        path: PathBuf,
        /// The array's shape.
        shape: String,
        /// Where the region starts.
        start: String,
        /// The region's shape.
        region: String,
    },
    /// A region, or a stored chunk, takes more memory than one read may.
    #[error("`{}`: {what} takes {given} bytes, at most {max} are possible; use smaller pieces", path.display())]
    ArrayTooLarge {
        /// The path.
        path: PathBuf,
        /// What is too large.
        what: String,
        /// Bytes it would take.
        given: u64,
        /// The limit.
        max: u64,
    },
    /// An array cannot be created or filled as asked.
    #[error("cannot write `{}`: {reason}", path.display())]
    ArrayWrite {
        /// The path as given.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn corrupt(path: &Path, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::CorruptArray { path: path.to_owned(), place: place.into(), reason: reason.into() }
    }

    pub(crate) fn cannot_write(path: &Path, reason: impl Into<String>) -> Self {
        Self::ArrayWrite { path: path.to_owned(), reason: reason.into() }
    }

    /// A failed write of `needed` bytes: a full disk has its own variant.
    pub(crate) fn write(path: &Path, needed: u64) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            if source.kind() == io::ErrorKind::StorageFull {
                let folder = path.parent().unwrap_or(&path);
                let available = crate::available_nbytes(folder).unwrap_or(0);
                return Self::DiskFull { needed, available, path };
            }
            Self::Io { action: "write", path, source }
        }
    }
}
