//! Where an array lies: a path of this machine, an address, or an entry of a list of references. Formats ask a
//! [`Location`] for bytes and never learn which it is.

mod local;
mod parts;
mod range_file;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::open_files::LocalFile;
use super::references::References;
use crate::Error;
use crate::remote::{Got, Part, Remote, Stores, scheme};

pub(super) use parts::Parts;
pub(super) use range_file::RangeFile;

/// A file or folder, whether it is there or not.
#[derive(Debug, Clone)]
pub(super) struct Location {
    /// How people call it.
    path: PathBuf,
    at: At,
}

#[derive(Debug, Clone)]
enum At {
    Local,
    Remote(Remote),
    /// An entry of references by its key, which is empty for all of them.
    Reference(Arc<References>, String),
}

impl Location {
    /// What a user calls a path: one of this machine, or an address with a scheme.
    pub(super) fn new(path: &Path, stores: &Stores) -> Result<Self, Error> {
        match path.to_str().and_then(|text| Some((text, scheme(text)?))) {
            None => Ok(Self::local(path)),
            Some((text, ("file", rest))) => Ok(Self::local(&local::of_address(text, rest)?)),
            Some((text, _)) => {
                let remote = stores.at(text)?;
                Ok(Self { path: remote.shown().into(), at: At::Remote(remote) })
            }
        }
    }

    pub(super) fn local(path: &Path) -> Self {
        Self { path: path.to_owned(), at: At::Local }
    }

    /// All that a list of references names, as one folder.
    pub(super) fn references(path: &Path, references: Arc<References>) -> Self {
        Self { path: path.to_owned(), at: At::Reference(references, String::new()) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it lies on this machine.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.at, At::Local)
    }

    /// Whether its store can tell which files it has.
    pub(super) fn can_list(&self) -> bool {
        match &self.at {
            At::Remote(remote) => remote.can_list(),
            At::Local | At::Reference(..) => true,
        }
    }

    /// What lies below it; `/` parts a name.
    pub(super) fn join(&self, name: &str) -> Self {
        let at = match &self.at {
            At::Local => At::Local,
            At::Remote(remote) => At::Remote(remote.join(name)),
            At::Reference(references, key) if key.is_empty() => {
                At::Reference(references.clone(), name.to_owned())
            }
            At::Reference(references, key) => At::Reference(references.clone(), format!("{key}/{name}")),
        };
        Self { path: self.path.join(name), at }
    }

    /// The folder that it lies in.
    pub(super) fn folder(&self, stores: &Stores) -> Result<Self, Error> {
        match &self.at {
            At::Remote(remote) => {
                let folder = remote.folder(stores)?;
                Ok(Self { path: folder.shown().into(), at: At::Remote(folder) })
            }
            At::Local | At::Reference(..) => {
                let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
                Ok(Self::local(parent.unwrap_or(Path::new("."))))
            }
        }
    }

    /// What a file in this folder calls so: an address, a path of this machine, or a name that leads on from here.
    pub(super) fn beside(&self, name: &str, stores: &Stores) -> Result<Self, Error> {
        if scheme(name).is_some() || name.starts_with('/') {
            return Self::new(Path::new(name), stores);
        }
        Ok(self.join(name.trim_start_matches("./")))
    }

    /// The same without links and `..`; `None` if it is not there, as far as that can be told without asking for it.
    pub(super) fn resolved(&self) -> Option<Self> {
        match &self.at {
            At::Local => Some(Self::local(&fs::canonicalize(&self.path).ok()?)),
            At::Remote(_) | At::Reference(..) => Some(self.clone()),
        }
    }

    /// Whether this is the other one, or lies below it; both were resolved.
    pub(super) fn is_below(&self, other: &Self) -> bool {
        match (&self.at, &other.at) {
            (At::Local, At::Local) => self.path.starts_with(&other.path),
            (At::Remote(own), At::Remote(other)) => own.is_below(other),
            _ => false,
        }
    }

    /// All bytes of the file; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::CorruptArray`] for one of more than `nbytes_max` bytes, and what reading it says.
    pub(super) fn read(&self, nbytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
        match &self.at {
            At::Local => match crate::read_at_most(&self.path, nbytes_max) {
                Err(error) if local::is_missing(&error) => Ok(None),
                read => {
                    let too_long = || {
                        Error::corrupt(&self.path, "its end", format!("it is longer than {nbytes_max} bytes"))
                    };
                    read.map_err(Error::io("read", &self.path))?.ok_or_else(too_long).map(Some)
                }
            },
            At::Remote(remote) => Ok(remote.get(Part::Whole, None, nbytes_max)?.map(|got| got.bytes)),
            At::Reference(references, key) => references.read(&self.path, key, nbytes_max),
        }
    }

    /// Opens the file with a part of it, which costs no second request; `None` if there is none.
    pub(super) fn open(&self, part: Part) -> Result<Option<RangeFile>, Error> {
        match &self.at {
            At::Local => match LocalFile::open(&self.path) {
                Err(error) if local::is_missing(&error) => Ok(None),
                file => Ok(Some(RangeFile::Local(file.map_err(Error::io("read", &self.path))?))),
            },
            At::Remote(remote) => {
                let got = remote.get(part, None, super::REGION_NBYTES_MAX)?;
                Ok(got.map(|got: Got| RangeFile::Remote(remote.clone(), got, self.path.clone())))
            }
            At::Reference(..) => {
                let bytes = self.read(super::REGION_NBYTES_MAX)?;
                Ok(bytes.map(|bytes| RangeFile::Held(bytes, self.path.clone())))
            }
        }
    }

    /// Opens a file that must be there.
    pub(super) fn open_existing(&self, part: Part) -> Result<RangeFile, Error> {
        self.open(part)?.ok_or_else(|| self.missing())
    }

    /// The complaint about a file that should be there.
    pub(super) fn missing(&self) -> Error {
        match &self.at {
            At::Remote(remote) => remote.missing(),
            _ => Error::io("read", &self.path)(std::io::ErrorKind::NotFound.into()),
        }
    }

    /// Whether it is a folder of this machine.
    ///
    /// # Errors
    /// [`Error::Io`] if it is on this machine and not there.
    pub(super) fn is_local_folder(&self) -> Result<bool, Error> {
        match &self.at {
            At::Local => Ok(fs::metadata(&self.path).map_err(Error::io("read", &self.path))?.is_dir()),
            At::Remote(_) | At::Reference(..) => Ok(false),
        }
    }

    /// The names of the folders in it, sorted; of more than `n_max` some are left out.
    pub(super) fn folders(&self, n_max: usize) -> Result<Vec<String>, Error> {
        let mut names = match &self.at {
            At::Local => local::folders(&self.path, n_max)?,
            At::Remote(remote) => remote.folders()?,
            At::Reference(references, key) => references.folders(key),
        };
        names.sort();
        names.truncate(n_max);
        Ok(names)
    }

    /// The names of all files below it, sorted; of more than `n_max` some are left out.
    pub(super) fn list(&self, n_max: usize) -> Result<Vec<String>, Error> {
        let mut names = match &self.at {
            At::Local => local::files(&self.path, n_max)?,
            At::Remote(remote) => remote.list(n_max)?,
            At::Reference(references, key) => references.list(key, n_max),
        };
        names.sort();
        Ok(names)
    }

    /// Whether it is an entry of references.
    pub(super) fn is_reference(&self) -> bool {
        matches!(self.at, At::Reference(..))
    }

    /// The key of an entry of references, which is empty at their root; empty for what is none.
    pub(super) fn key(&self) -> &str {
        match &self.at {
            At::Reference(_, key) => key,
            At::Local | At::Remote(_) => "",
        }
    }

    /// Where the bytes of a file are, if they are a part of another.
    pub(super) fn target(&self) -> Option<String> {
        match &self.at {
            At::Reference(references, key) => references.target(key),
            _ => None,
        }
    }

    /// Makes the file, and the folders it lies in.
    pub(super) fn write(&self, bytes: Vec<u8>) -> Result<(), Error> {
        match &self.at {
            At::Local => local::write(&self.path, &bytes),
            At::Remote(remote) => remote.put(bytes),
            At::Reference(..) => Err(Error::cannot_write(&self.path, "references can only be read")),
        }
    }

    /// Removes files below it.
    pub(super) fn delete(&self, names: &[String]) -> Result<(), Error> {
        match &self.at {
            At::Local => names.iter().try_for_each(|name| {
                let path = self.path.join(name);
                fs::remove_file(&path).map_err(Error::io("remove", &path))
            }),
            At::Remote(remote) => remote.delete(names),
            At::Reference(..) => Err(Error::cannot_write(&self.path, "references can only be read")),
        }
    }
}
