//! Files in object stores and on web servers.

mod address;
mod files;
mod runtime;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};
use tokio::time::timeout;

use crate::Error;

pub(crate) use address::{Stores, scheme};
pub use files::{RemoteFile, is_remote};

/// What errors advise.
const RANGES_HINT: &str =
    "parts of a file are asked for by range requests; use a server that knows them, or a copy of the file";
const SILENT_HINT: &str = "is the server up? more time is given by `ReadOptions::timeout`";
const CHANGED_HINT: &str = "open it again";
const MISSING_HINT: &str = "check the address";
const LIST_HINT: &str =
    "the names of arrays are asked for there; if you name the one you want, they are not needed";

/// Bytes that come when a file is opened. Fewer in tests, whose files are shorter than that.
pub(crate) const START_NBYTES: u64 = if cfg!(test) { 1 << 10 } else { 256 << 10 };
/// Memory that is made before any of it is needed.
const ROOM_NBYTES_MAX: usize = 32 << 20;

/// A file or folder of a store, whether it is there or not.
#[derive(Clone)]
pub(crate) struct Remote {
    store: Arc<dyn ObjectStore>,
    path: Path,
    /// Server or bucket, and the path there: what tells whether one address is below another.
    place: Option<(String, Path)>,
    /// The address as people may see it, without keys in it.
    shown: String,
    /// The part of the address that is not to be seen.
    secret: Option<String>,
    /// Whether it is on a web server, which has files and cannot tell which.
    is_web: bool,
    hint: &'static str,
    patience: Duration,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Which part of a file is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Whole,
    /// The first bytes, or all if there are fewer.
    Start(u64),
    /// The last bytes, or all if there are fewer.
    End(u64),
    /// Exactly these.
    Range(Range<u64>),
}

impl Part {
    /// What is read when a file is opened whose layout is not known yet: most descriptions are shorter.
    pub(crate) const START: Self = Self::Start(START_NBYTES);
}

/// A part of a file, and what the store says about all of it.
#[derive(Debug)]
pub(crate) struct Got {
    /// Where the bytes start.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
    /// Bytes of the whole file.
    pub(crate) size: u64,
    /// What changes with the content, if the store says anything of the kind.
    pub(crate) tag: Option<String>,
}

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("it sent nothing for {}", seconds(*.0))]
    Silent(Duration),
    #[error("it ended after {given} of {expected} bytes")]
    Short { given: u64, expected: u64 },
    #[error("it has {given} bytes, and at most {max} are read")]
    TooLong { given: u64, max: u64 },
    #[error(transparent)]
    Store(#[from] object_store::Error),
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// Sends a file to a folder of an object store or a web server, unless one of that name is there; returns whether it
/// was sent. A server that does not say what is there gets the file again, so its name should stand for its content.
///
/// `address` is `s3://bucket/folder`, `gs://bucket/folder`, `az://container/folder`, or an `http://` or `https://`
/// address under which files can be PUT. Keys and endpoints of object stores come from the environment: variables that
/// begin with `AWS_`, `GOOGLE_` or `AZURE_`, as their own tools know them.
///
/// # Errors
/// [`Error::Address`] when it is no such address, and [`Error::NotTaken`] when the file did not get there.
pub fn put_once(address: &str, name: &str, bytes: Vec<u8>) -> Result<bool, Error> {
    let file = Stores::for_sending().at(address)?.join(name);
    let (store, path) = (file.store.clone(), file.path.clone());
    // A store that does not say what is there gets the file.
    let there = runtime::wait_for(async move { store.head(&path).await.is_ok() });
    if there.map_err(|source| file.not_taken(source))? {
        return Ok(false);
    }
    file.put(bytes)?;
    Ok(true)
}

impl Remote {
    /// What lies below it.
    pub(crate) fn join(&self, name: &str) -> Self {
        let below = |path: &Path| name.split('/').fold(path.clone(), |path, part| path.join(part));
        let place = self.place.as_ref().map(|(base, path)| (base.clone(), below(path)));
        Self { path: below(&self.path), place, shown: format!("{}/{name}", self.shown), ..self.clone() }
    }

    /// The folder that it lies in; that of a signed address is asked for without the signature.
    pub(crate) fn folder(&self, stores: &Stores) -> Result<Self, Error> {
        let up = |path: &Path| {
            let parts: Vec<_> = path.parts().collect();
            parts.iter().take(parts.len().saturating_sub(1)).cloned().collect::<Path>()
        };
        let shown = match &self.place {
            Some((_, path)) if path.parts_count() > 0 => self.shown.rsplit_once('/').map_or("", |(up, _)| up),
            _ => &self.shown,
        };
        if self.path == Path::default() {
            return stores.at(shown);
        }
        let place = self.place.as_ref().map(|(base, path)| (base.clone(), up(path)));
        Ok(Self { path: up(&self.path), place, shown: shown.to_owned(), ..self.clone() })
    }

    /// Whether its store can tell which files it has.
    pub(crate) fn can_list(&self) -> bool {
        !self.is_web
    }

    /// Whether this is the other one, or lies below it.
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        match (&self.place, &other.place) {
            (Some((base, path)), Some((other_base, folder))) => {
                base == other_base && path.prefix_matches(folder)
            }
            _ => false,
        }
    }

    /// The address, without keys in it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// A part of the file, which must not have more than `nbytes_max` bytes; `None` if there is no such file. With a
    /// tag, it must still have that one.
    pub(crate) fn get(&self, part: Part, tag: Option<&str>, nbytes_max: u64) -> Result<Option<Got>, Error> {
        let (store, path, patience) = (self.store.clone(), self.path.clone(), self.patience);
        let tag = tag.map(str::to_owned);
        let got =
            runtime::wait_for(async move { get(&*store, &path, part, tag, nbytes_max, patience).await });
        match got.map_err(|source| self.not_given(source.into(), self.hint))? {
            Ok(got) => Ok(Some(got)),
            Err(Failure::Store(object_store::Error::NotFound { .. })) => Ok(None),
            Err(failure) => Err(self.failed(failure)),
        }
    }

    /// Sends the whole file, which then replaces what is there in one step.
    pub(crate) fn put(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let (store, path) = (self.store.clone(), self.path.clone());
        let put = runtime::wait_for(async move { store.put(&path, PutPayload::from(bytes)).await });
        put.map_err(|source| self.not_taken(source))?.map_err(|source| self.not_taken(source))?;
        Ok(())
    }

    /// The names of the folders in it.
    pub(crate) fn folders(&self) -> Result<Vec<String>, Error> {
        let (store, path, patience) = (self.store.clone(), self.path.clone(), self.patience);
        let listed = runtime::wait_for(async move {
            let listed = timeout(patience, store.list_with_delimiter(Some(&path)));
            listed.await.map_err(|_| Failure::Silent(patience))?.map_err(Failure::Store)
        });
        let listed = listed.map_err(|source| self.not_given(source.into(), self.hint))?;
        let failed = |failure: Failure| self.not_given(failure.into(), LIST_HINT);
        let folders = listed.map_err(failed)?.common_prefixes.into_iter();
        Ok(folders.filter_map(|folder| folder.filename().map(str::to_owned)).collect())
    }

    /// The names of all files below it, as [`Remote::join`] takes them; of more than `n_max` some are left out.
    pub(crate) fn list(&self, n_max: usize) -> Result<Vec<String>, Error> {
        Ok(self.metas(n_max)?.into_iter().map(|(name, _)| name).collect())
    }

    /// Removes files below it.
    pub(crate) fn delete(&self, names: &[String]) -> Result<(), Error> {
        let paths: Vec<_> = names.iter().map(|name| Ok(self.join(name).path)).collect();
        let store = self.store.clone();
        let deleted = runtime::wait_for(async move {
            store.delete_stream(stream::iter(paths).boxed()).try_for_each(|_| async { Ok(()) }).await
        });
        deleted.map_err(|source| self.not_taken(source))?.map_err(|source| self.not_taken(source))
    }

    /// The complaint about a file that should be there.
    pub(crate) fn missing(&self) -> Error {
        self.not_given("nothing is there".into(), MISSING_HINT)
    }

    fn failed(&self, failure: Failure) -> Error {
        use object_store::Error as Store;
        match failure {
            Failure::Silent(_) => self.not_given(failure.into(), SILENT_HINT),
            Failure::Store(Store::NotSupported { .. }) => {
                self.not_given("it does not send parts of files".into(), RANGES_HINT)
            }
            Failure::Store(Store::Precondition { .. }) => {
                self.not_given("the file has changed since it was opened".into(), CHANGED_HINT)
            }
            other => self.not_given(other.into(), self.hint),
        }
    }

    fn not_given(&self, source: Box<dyn std::error::Error + Send + Sync>, hint: &'static str) -> Error {
        Error::NotGiven { address: self.shown.clone(), source: self.without_secret(source), hint }
    }

    fn not_taken(&self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        let source = self.without_secret(source.into());
        Error::NotTaken { address: self.shown.clone(), source, hint: self.hint }
    }

    /// The error, or its text if that holds what is not to be seen.
    fn without_secret(
        &self,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> Box<dyn std::error::Error + Send + Sync> {
        match &self.secret {
            Some(secret) if !secret.is_empty() => source.to_string().replace(secret, "…").into(),
            _ => source,
        }
    }
}

async fn get(
    store: &dyn ObjectStore,
    path: &Path,
    part: Part,
    tag: Option<String>,
    nbytes_max: u64,
    patience: Duration,
) -> Result<Got, Failure> {
    let range = match part {
        Part::Whole => None,
        Part::Start(n) => Some(GetRange::Bounded(0..n)),
        Part::End(n) => Some(GetRange::Suffix(n)),
        Part::Range(range) => Some(GetRange::Bounded(range)),
    };
    let options = |range| GetOptions { range, if_match: tag.clone(), ..GetOptions::default() };
    let silent = |_| Failure::Silent(patience);
    let result = timeout(patience, store.get_opts(path, options(range.clone()))).await.map_err(silent)?;
    let result = match (result, range) {
        // A store that does not count from the end says how long the file is.
        (Err(object_store::Error::NotSupported { .. }), Some(GetRange::Suffix(n))) => {
            let size = timeout(patience, store.head(path)).await.map_err(silent)??.size;
            let range = Some(GetRange::Bounded(size.saturating_sub(n)..size));
            timeout(patience, store.get_opts(path, options(range))).await.map_err(silent)??
        }
        (result, _) => result?,
    };
    let (range, meta) = (result.range.clone(), result.meta.clone());
    let expected = range.end.saturating_sub(range.start);
    if expected > nbytes_max {
        return Err(Failure::TooLong { given: expected, max: nbytes_max });
    }
    // A server may promise more than it sends.
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(usize::MAX).min(ROOM_NBYTES_MAX));
    let mut frames = result.into_stream();
    while let Some(frame) = timeout(patience, frames.next()).await.map_err(silent)? {
        bytes.extend_from_slice(&frame?);
        if bytes.len() as u64 > expected {
            return Err(Failure::TooLong { given: bytes.len() as u64, max: expected });
        }
    }
    if (bytes.len() as u64) < expected {
        return Err(Failure::Short { given: bytes.len() as u64, expected });
    }
    Ok(Got { offset: range.start, bytes, size: meta.size, tag: tag_of(&meta) })
}

/// The tag of a file, unless it is a weak one, which says that files are alike and not that they are the same.
fn tag_of(meta: &ObjectMeta) -> Option<String> {
    meta.e_tag.clone().filter(|tag| !tag.starts_with("W/"))
}
