//! Results kept on disk for whoever asks for the same again: in other sessions, other processes, after restarts.
//!
//! A result is two files, named by its key: the value, in the form that spill files have, and a note of what it is
//! a result of, which is written last. So processes may share a folder without a lock, and one that is killed leaves
//! nothing that is taken for a result.

mod note;
mod why;

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use std::sync::{Mutex, MutexGuard, PoisonError};

use gristmill_graph::{Key, KeyMap};

use crate::Error;
use crate::spill::{SpillDir, SpillFile, make_private_dirs};

pub use note::{CallNote, ResultNote};

/// The files of a result: its value, and the note of it.
const VALUE: &str = "value";
const NOTE: &str = "json";
/// Bytes of a note that are read at most.
const NOTE_NBYTES_MAX: u64 = 16 << 20;
/// When there are too many bytes, the results that were used longest ago go until this share is left, in percent.
const LEFT_PERCENT: u64 = 90;
/// Values without a note are being written, for so long at most.
const UNNOTED_MAX: Duration = Duration::from_secs(3600);

/// A folder of results.
#[derive(Debug)]
pub struct ResultCache {
    folder: PathBuf,
    limit_nbytes: u64,
    index: Mutex<Index>,
}

/// Which results there are, as was last seen.
#[derive(Debug, Default)]
struct Index {
    /// The folder's own time of change then.
    seen: Option<SystemTime>,
    /// With their bytes in memory.
    results: KeyMap<u64>,
}

/// What [`ResultCache::put`] has written of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the file.
    pub nbytes: u64,
    /// Of all of them.
    pub checksum: u32,
}

impl ResultCache {
    /// The results of a folder, which is made if there is none. When they take more than `limit_nbytes` together, those go
    /// that were used longest ago.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be made or read.
    pub fn open(folder: &Path, limit_nbytes: u64) -> Result<Self, Error> {
        make_private_dirs(folder).map_err(Error::io("make the folder", folder))?;
        let cache = Self { folder: folder.to_owned(), limit_nbytes, index: Mutex::default() };
        cache.look()?;
        Ok(cache)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, key: Key, kind: &str) -> PathBuf {
        self.folder.join(format!("{key}.{kind}"))
    }

    /// Sees what there is, if anything has changed since it was last seen.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn look(&self) -> Result<(), Error> {
        let changed = fs::metadata(&self.folder).and_then(|meta| meta.modified()).ok();
        let mut index = self.index();
        if changed.is_some() && index.seen == changed {
            return Ok(());
        }
        index.results.clear();
        for entry in fs::read_dir(&self.folder).map_err(Error::io("list", &self.folder))?.flatten() {
            // `key-nbytes.json`
            let name = entry.file_name().to_string_lossy().into_owned();
            let noted = name.strip_suffix(".json").and_then(|name| name.split_once('-'));
            let Some((key, nbytes)) = noted else { continue };
            if let (Ok(key), Ok(nbytes)) = (key.parse(), nbytes.parse()) {
                index.results.insert(key, nbytes);
            }
        }
        index.seen = changed;
        Ok(())
    }

    /// Whether there are no results, as was last seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index().results.is_empty()
    }

    /// The bytes in memory of a result that there is, as was last seen.
    #[must_use]
    pub fn nbytes_of(&self, key: Key) -> Option<u64> {
        self.index().results.get(&key).copied()
    }

    /// Keeps a value that was spilled; it counts when [`ResultCache::note`] has said what it is.
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Io`].
    pub fn put(&self, key: Key, value: &SpillFile) -> Result<Written, Error> {
        let new = self.new_path(key);
        let path = self.path(key, VALUE);
        let put =
            value.link_to(&new).and_then(|()| fs::rename(&new, &path).map_err(Error::io("rename", &new)));
        put.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })?;
        Ok(Written { nbytes: value.nbytes(), checksum: value.checksum() })
    }

    /// Says what a value is that was put, which makes it a result; then others go if there are too many.
    ///
    /// # Errors
    /// [`Error::DiskFull`] or [`Error::Io`].
    pub fn note(&self, key: Key, note: &ResultNote) -> Result<(), Error> {
        let text = serde_json::to_string(note).unwrap_or_default();
        let new = self.new_path(key);
        let path = self.note_path(key, note.nbytes);
        let written = fs::write(&new, &text).map_err(Error::write(&new, text.len() as u64));
        let noted = written.and_then(|()| fs::rename(&new, &path).map_err(Error::io("rename", &new)));
        noted.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })?;
        self.index().results.insert(key, note.nbytes);
        self.evict(self.limit_nbytes)
    }

    /// A name that nobody else has, on whatever machine.
    fn new_path(&self, key: Key) -> PathBuf {
        self.folder.join(format!("{key}.{:x}.new", RandomState::new().build_hasher().finish()))
    }

    fn note_path(&self, key: Key, nbytes: u64) -> PathBuf {
        self.folder.join(format!("{key}-{nbytes}.{NOTE}"))
    }

    /// A result, as a spill file of its own: it stays readable when the result goes.
    #[must_use]
    pub fn get(&self, key: Key, spill: &SpillDir) -> Option<SpillFile> {
        let path = self.path(key, VALUE);
        let found =
            self.read_note(key).and_then(|note| spill.link_from(&path, note.file_nbytes, note.checksum).ok());
        let Some(file) = found else {
            // It is none any more, and what comes before it may be there.
            self.remove(key);
            return None;
        };
        // When it was last used; whoever cannot say so takes it all the same.
        if let Ok(file) = fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(file)
    }

    fn read_note(&self, key: Key) -> Option<ResultNote> {
        let path = self.note_path(key, self.nbytes_of(key)?);
        if fs::metadata(&path).ok()?.len() > NOTE_NBYTES_MAX {
            return None;
        }
        serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
    }

    /// All results with their notes, and when each was last used; the last used first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn list(&self) -> Result<Vec<(Key, ResultNote, SystemTime)>, Error> {
        self.look()?;
        let keys: Vec<Key> = self.index().results.keys().copied().collect();
        let noted = keys.into_iter().filter_map(|key| {
            let used = fs::metadata(self.path(key, VALUE)).ok()?.modified().ok()?;
            Some((key, self.read_note(key)?, used))
        });
        let mut noted: Vec<_> = noted.collect();
        noted.sort_by(|(a_key, _, a), (b_key, _, b)| b.cmp(a).then_with(|| a_key.0.cmp(&b_key.0)));
        Ok(noted)
    }

    /// Removes a result, if there is one: first what makes it one.
    fn remove(&self, key: Key) {
        let nbytes = self.index().results.remove(&key);
        if let Some(nbytes) = nbytes {
            let _ = fs::remove_file(self.note_path(key, nbytes));
        }
        let _ = fs::remove_file(self.path(key, VALUE));
    }

    /// Removes all results; how many there were.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn clear(&self) -> Result<usize, Error> {
        self.look()?;
        let keys: Vec<Key> = self.index().results.keys().copied().collect();
        keys.iter().for_each(|&key| self.remove(key));
        self.evict(0)?;
        Ok(keys.len())
    }

    /// Removes the values that were used longest ago while there are more bytes, and what was given up while it was written.
    fn evict(&self, limit_nbytes: u64) -> Result<(), Error> {
        let (mut values, mut notes) = (KeyMap::default(), KeyMap::default());
        let now = SystemTime::now();
        for entry in fs::read_dir(&self.folder).map_err(Error::io("list", &self.folder))?.flatten() {
            let (Ok(meta), path) = (entry.metadata(), entry.path()) else { continue };
            let used = meta.modified().unwrap_or(now);
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let key: Option<Key> = stem.split('-').next().and_then(|key| key.parse().ok());
            match (path.extension().and_then(|kind| kind.to_str()), key) {
                (Some(VALUE), Some(key)) => drop(values.insert(key, (used, meta.len()))),
                (Some(NOTE), Some(key)) => drop(notes.insert(key, (used, path))),
                (Some("new"), _) if is_old(used, now) => {
                    let _ = fs::remove_file(path);
                }
                _ => {}
            }
        }
        for (_, (_, path)) in
            notes.iter().filter(|(key, (used, _))| !values.contains_key(*key) && is_old(*used, now))
        {
            let _ = fs::remove_file(path);
        }
        for key in values.iter().filter(|(key, (used, _))| !notes.contains_key(*key) && is_old(*used, now)) {
            self.remove(*key.0);
        }
        let mut nbytes: u64 = values.values().map(|(_, nbytes)| nbytes).sum();
        if nbytes <= limit_nbytes {
            return Ok(());
        }
        let noted = values.into_iter().filter(|(key, _)| notes.contains_key(key));
        let mut files: Vec<(SystemTime, Key, u64)> =
            noted.map(|(key, (used, nbytes))| (used, key, nbytes)).collect();
        files.sort_unstable_by_key(|(used, key, _)| (*used, key.0));
        let left = limit_nbytes / 100 * LEFT_PERCENT;
        for (_, key, of_it) in files {
            if nbytes <= left {
                break;
            }
            if let Some((_, note)) = notes.get(&key) {
                let _ = fs::remove_file(note);
            }
            self.remove(key);
            nbytes -= of_it;
        }
        Ok(())
    }

    /// Why the result of this key was computed though there were others of its kind; of the key the first digits are enough.
    ///
    /// # Errors
    /// What is wrong with the key, in words.
    pub fn why(&self, key: &str) -> Result<String, String> {
        let all = self.list().map_err(|error| error.to_string())?;
        let mut named = all.iter().filter(|(other, ..)| other.to_string().starts_with(key));
        match (named.next(), named.next()) {
            _ if key.is_empty() => Err("which key? `gristmill cache ls` names them".to_owned()),
            (None, _) => {
                Err(format!("there is no result `{key}`; `gristmill cache ls` names those that there are"))
            }
            (Some(_), Some(_)) => Err(format!("several results begin with `{key}`; give more digits")),
            (Some((key, note, _)), None) => {
                let others = all.iter().filter(|(other, ..)| other != key).map(|(_, note, _)| note);
                Ok(why::explain(note, others))
            }
        }
    }
}

/// Whether something is too old to be still on its way.
fn is_old(used: SystemTime, now: SystemTime) -> bool {
    now.duration_since(used).is_ok_and(|since| since > UNNOTED_MAX)
}

#[cfg(test)]
mod tests;
