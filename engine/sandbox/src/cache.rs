//! Compiled code on disk, for the next start of this worker.
//!
//! wasmtime loads machine code without looking at it: one flipped byte is accepted. So every file carries a MAC under
//! a key that only this worker has, and a file that is foreign, flipped or cut short counts as absent.

use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use gristmill_graph::Digest;
use wasmtime::Engine;

use crate::error::Error;
use crate::precompiled::TrustedCode;

/// Raised when admission becomes stricter, so that what it would refuse now is looked at again.
const POLICY: u64 = 1;
/// Bytes of all cache files; the oldest go.
const CACHE_NBYTES_MAX: u64 = 4 << 30;
/// Bytes of one cache file.
const FILE_NBYTES_MAX: u64 = 1 << 30;
const KEY_NBYTES: usize = 32;
const EXTENSION: &str = "aot";

/// The files of one worker and one engine.
#[derive(Debug)]
pub(crate) struct AotCache {
    dir: PathBuf,
    key: [u8; KEY_NBYTES],
    /// What the engine's settings, version and processor are.
    compatibility: blake3::Hash,
}

/// What was found in the cache.
pub(crate) enum Found {
    Code(TrustedCode),
    Nothing,
    /// A file that this worker did not write, or that changed since.
    Foreign,
}

impl AotCache {
    /// The cache in `dir`, which is made if need be, with its key.
    pub(crate) fn open(dir: &Path, engine: &Engine) -> Result<Self, Error> {
        let failed =
            |error: io::Error| Error::Io { path: dir.display().to_string(), reason: error.to_string() };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let key = match read_key(&dir.join("key")) {
            Some(key) => key,
            None => make_key(dir).map_err(failed)?,
        };
        let mut hasher = Blake3Hasher(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { dir: dir.to_owned(), key, compatibility: hasher.0.finalize() })
    }

    /// The code of this component, if it is there and was written by this worker.
    pub(crate) fn find(&self, digest: &Digest) -> Found {
        let name = self.name(digest);
        match read_at_most(&self.path(&name), FILE_NBYTES_MAX) {
            Err(_) => Found::Nothing,
            Ok(file) => match TrustedCode::from_cache(&file, |code| self.mac(&name, code)) {
                Some(code) => Found::Code(code),
                None => Found::Foreign,
            },
        }
    }

    /// Keeps the code of this component. A full disk is no failure: the code is compiled again next time.
    pub(crate) fn store(&self, digest: &Digest, code: &TrustedCode) -> io::Result<()> {
        let name = self.name(digest);
        let mac = self.mac(&name, code.bytes());
        write_atomically(&self.path(&name), &[mac.as_bytes(), code.bytes()])?;
        self.prune()
    }

    fn name(&self, digest: &Digest) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&POLICY.to_le_bytes()).update(digest.as_bytes()).update(self.compatibility.as_bytes());
        hasher.finalize()
    }

    /// The name is part of what is signed, so that one file cannot stand in for another.
    fn mac(&self, name: &blake3::Hash, code: &[u8]) -> blake3::Hash {
        blake3::Hasher::new_keyed(&self.key).update(name.as_bytes()).update(code).finalize()
    }

    fn path(&self, name: &blake3::Hash) -> PathBuf {
        self.dir.join(name.to_hex().as_str()).with_extension(EXTENSION)
    }

    /// Removes the oldest files until the rest is small enough.
    fn prune(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if entry.path().extension().is_some_and(|extension| extension == EXTENSION) {
                files.push((
                    metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    metadata.len(),
                    entry.path(),
                ));
            }
        }
        let mut nbytes: u64 = files.iter().map(|(_, nbytes, _)| nbytes).sum();
        files.sort();
        for (_, file_nbytes, path) in files {
            if nbytes <= CACHE_NBYTES_MAX {
                break;
            }
            fs::remove_file(path)?;
            nbytes -= file_nbytes;
        }
        Ok(())
    }
}

fn read_at_most(path: &Path, nbytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(nbytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The key, if it is whole and nobody else could read it.
fn read_key(path: &Path) -> Option<[u8; KEY_NBYTES]> {
    let mode = fs::metadata(path).ok()?.permissions().mode();
    let bytes = read_at_most(path, KEY_NBYTES as u64 + 1).ok()?;
    if mode & 0o077 == 0 { bytes.try_into().ok() } else { None }
}

/// A new key. Where another worker makes one at the same time, the later one stays, and the files of the other
/// count as foreign.
fn make_key(dir: &Path) -> io::Result<[u8; KEY_NBYTES]> {
    let mut key = [0; KEY_NBYTES];
    fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    write_atomically(&dir.join("key"), &[&key])?;
    Ok(key)
}

/// Writes a file of mode 0600 that is there as a whole or not at all.
fn write_atomically(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    static N_WRITTEN: AtomicU64 = AtomicU64::new(0);
    let unique = format!("{}-{}.tmp", std::process::id(), N_WRITTEN.fetch_add(1, Ordering::Relaxed));
    let temporary = path.with_extension(unique);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        parts.iter().try_for_each(|part| file.write_all(part))?;
        fs::rename(&temporary, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&temporary)))
}

/// Lets blake3 take what `Hash` feeds.
struct Blake3Hasher(blake3::Hasher);

impl Hasher for Blake3Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Never asked for: the whole digest is taken from the field.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests;
