//! Lists of references: a Zarr store of which each file is a part of some other file, so that HDF5, NetCDF and others
//! are read as one Zarr array. Kerchunk and VirtualiZarr write such lists.
//!
//! A list comes from anywhere and is read with the rights of whoever opens it. So it may refer to what lies in its own
//! folder, or below, and to nothing else but what the user has granted.

pub(super) mod export;
mod manifest;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::location::{Location, Parts, RangeFile};
use super::options::ReadOptions;
use crate::Error;
use crate::remote::Stores;

use manifest::{Entry, Manifest};

/// The longest list that is read.
const MANIFEST_NBYTES_MAX: u64 = 1 << 30;

/// A list of references, and the files that it refers to.
#[derive(Debug)]
pub(super) struct References {
    path: PathBuf,
    entries: BTreeMap<Box<str>, Entry>,
    targets: Vec<Target>,
}

/// A file that is referred to.
#[derive(Debug)]
enum Target {
    Granted(Parts),
    /// One that the list may not name.
    Foreign(PathBuf),
    /// One that is not there, so that nobody can say where it leads.
    Missing(Location),
}

impl References {
    /// Reads the list in a file whose bytes begin like JSON.
    pub(super) fn open(
        (location, file): (&Location, &RangeFile),
        stores: &Stores,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let path = location.path();
        let corrupt = |reason: String| Error::corrupt(path, "its references", reason);
        if file.size() > MANIFEST_NBYTES_MAX {
            return Err(corrupt(format!("they take more than {MANIFEST_NBYTES_MAX} bytes")));
        }
        let text = file.read_most(0, file.size())?;
        let Manifest { entries, targets } = manifest::parse(&text).map_err(corrupt)?;
        let folder = location.folder(stores)?;
        let mut granted = vec![folder.clone()];
        for prefix in &options.granted {
            granted.push(Location::new(prefix, stores)?);
        }
        let granted: Vec<Location> = granted.into_iter().filter_map(|folder| folder.resolved()).collect();
        let target = |name: &String| {
            let target = folder.beside(name, stores)?;
            Ok(match target.resolved() {
                None => Target::Missing(target),
                Some(resolved) if granted.iter().any(|folder| resolved.is_below(folder)) => {
                    Target::Granted(Parts::new(resolved))
                }
                Some(_) => Target::Foreign(target.path().to_owned()),
            })
        };
        let targets = targets.iter().map(target).collect::<Result<_, Error>>()?;
        Ok(Self { path: path.to_owned(), entries, targets })
    }

    /// Whether all files that entries below a folder of the list refer to are there, and may be named.
    pub(super) fn check(&self, folder: &Location) -> Result<(), Error> {
        self.below(folder.key()).try_for_each(|(_, entry)| match entry {
            Entry::Inline(_) => Ok(()),
            Entry::Whole(target) | Entry::Part { target, .. } => self.granted(*target).map(drop),
        })
    }

    /// The bytes of an entry; `None` if there is none of this key.
    pub(super) fn read(&self, path: &Path, key: &str, nbytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
        let check = |given: u64| match given > nbytes_max {
            true => {
                let reason = format!("it has {given} bytes, and at most {nbytes_max} are read");
                Err(Error::corrupt(path, "its end", reason))
            }
            false => Ok(()),
        };
        let Some(entry) = self.entries.get(key) else { return Ok(None) };
        match entry {
            Entry::Inline(bytes) => {
                check(bytes.len() as u64)?;
                Ok(Some(bytes.to_vec()))
            }
            Entry::Whole(target) => {
                let location = self.granted(*target)?.location();
                location.read(nbytes_max)?.ok_or_else(|| location.missing()).map(Some)
            }
            Entry::Part { target, offset, length } => {
                check(*length)?;
                let outside = || Error::corrupt(path, "its reference", "no file has so many bytes");
                let end = offset.checked_add(*length).ok_or_else(outside)?;
                self.granted(*target)?.read(*offset..end).map(Some)
            }
        }
    }

    fn granted(&self, target: u32) -> Result<&Parts, Error> {
        let target = usize::try_from(target).ok().and_then(|target| self.targets.get(target));
        match target {
            Some(Target::Granted(parts)) => Ok(parts),
            Some(Target::Missing(location)) => Err(location.missing()),
            Some(Target::Foreign(target)) => {
                Err(Error::ForeignReference { path: self.path.clone(), target: target.clone() })
            }
            None => Err(Error::corrupt(&self.path, "its references", "a file is not in its list")),
        }
    }

    /// Where the bytes of an entry are.
    pub(super) fn target(&self, key: &str) -> Option<String> {
        let of = |target: u32| Some(self.granted(target).ok()?.location().path().display().to_string());
        match self.entries.get(key)? {
            Entry::Inline(_) => None,
            Entry::Whole(target) => of(*target),
            Entry::Part { target, offset, length } => {
                Some(format!("{length} bytes from byte {offset} on of `{}`", of(*target)?))
            }
        }
    }

    /// The entries below a key, or all; their names without it.
    fn below(&self, key: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let prefix = prefix(key);
        self.from(&prefix).map_while(move |(name, entry)| Some((name.strip_prefix(prefix.as_str())?, entry)))
    }

    /// The entries from a key on.
    fn from(&self, key: &str) -> impl Iterator<Item = (&str, &Entry)> + use<'_> {
        let range = self.entries.range::<str, _>((Bound::Included(key), Bound::Unbounded));
        range.map(|(name, entry)| (&**name, entry))
    }

    /// The names below a key.
    pub(super) fn list(&self, key: &str, n_max: usize) -> Vec<String> {
        self.below(key).take(n_max).map(|(name, _)| name.to_owned()).collect()
    }

    /// The names of what is one level below a key and has names below itself, without looking at each of these.
    pub(super) fn folders(&self, key: &str) -> Vec<String> {
        let prefix = prefix(key);
        let (mut found, mut from) = (Vec::new(), prefix.clone());
        while let Some((name, _)) = self.from(&from).next() {
            let Some(below) = name.strip_prefix(prefix.as_str()) else { break };
            from = match below.split_once('/') {
                // What follows all names that begin with the folder's and a slash.
                Some((folder, _)) => {
                    found.push(folder.to_owned());
                    format!("{prefix}{folder}0")
                }
                None => format!("{name}\0"),
            };
        }
        found
    }
}

/// What the names below a key begin with.
fn prefix(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}/") }
}
