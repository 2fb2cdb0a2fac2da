//! Files of object stores and web servers for whoever reads them piece by piece in a way of their own.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use glob::{MatchOptions, Pattern};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use tokio::time::timeout;

use super::{Failure, Part, Remote, Stores, runtime, scheme, tag_of};
use crate::Error;

/// How long a store may be silent.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most files that one pattern may name, or that are looked at for it.
const FILES_MAX: usize = 1_000_000;
/// Bytes that a reader asks for at a time.
const PIECE_NBYTES: u64 = 1 << 20;

/// Whether this is an address and not a path.
#[must_use]
pub fn is_remote(address: &str) -> bool {
    scheme(address).is_some()
}

/// A file in an object store or on a web server, and what identifies its content: size, tag and address.
#[derive(Debug, Clone)]
pub struct RemoteFile {
    remote: Remote,
    address: String,
    size: u64,
    tag: Option<String>,
}

impl RemoteFile {
    /// The files that an address names, in which `*`, `?` and `[ab]` stand for parts of names and `**` for folders, sorted;
    /// a web server, which cannot tell what it has, has files by their whole addresses alone. There may be none.
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Pattern`], [`Error::NotGiven`] when the store does not answer, or
    /// [`Error::TooManyFiles`].
    pub fn glob(pattern: &str) -> Result<Vec<Self>, Error> {
        let stores = Stores::for_reading(PATIENCE);
        let open = pattern.find(['*', '?', '[']).filter(|_| !pattern.starts_with("http"));
        let Some(open) = open else { return Ok(vec![Self::open(pattern)?]) };
        let fixed =
            pattern.get(..open).and_then(|fixed| fixed.rsplit_once('/')).map_or("", |(fixed, _)| fixed);
        let parsed = Pattern::new(pattern).map_err(|error| Error::Pattern {
            pattern: pattern.to_owned(),
            position: error.pos,
            reason: error.msg.to_owned(),
        })?;
        let folder = stores.at(fixed)?;
        let metas = folder.metas(FILES_MAX + 1)?;
        if metas.len() > FILES_MAX {
            return Err(Error::TooManyFiles { pattern: pattern.to_owned(), max: FILES_MAX });
        }
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        let mut files = Vec::new();
        for (name, meta) in metas {
            let address = format!("{}/{name}", fixed.trim_end_matches('/'));
            if parsed.matches_with(&address, options) {
                let remote = folder.join(&name);
                files.push(Self { remote, address, size: meta.size, tag: tag_of(&meta) });
            }
        }
        files.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(files)
    }

    /// A file by its address, without asking whether it is there.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn named(address: &str) -> Result<Self, Error> {
        let remote = Stores::for_reading(PATIENCE).at(address)?;
        Ok(Self { remote, address: address.to_owned(), size: 0, tag: None })
    }

    /// One file, which must be there.
    ///
    /// # Errors
    /// [`Error::Address`], or [`Error::NotGiven`] when it is not there or the store does not answer.
    pub fn open(address: &str) -> Result<Self, Error> {
        let remote = Stores::for_reading(PATIENCE).at(address)?;
        let got = remote.get(Part::Start(1), None, PIECE_NBYTES)?.ok_or_else(|| remote.missing())?;
        Ok(Self { remote, address: address.to_owned(), size: got.size, tag: got.tag })
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Bytes that are equal as long as the file's content is, as far as the store tells.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        let tag = self.tag.as_deref().unwrap_or_default();
        [&self.size.to_le_bytes()[..], tag.as_bytes(), b"\0", self.address.as_bytes()].concat()
    }

    /// Its content from the start, asked for piece by piece.
    #[must_use]
    pub fn reader(&self) -> impl Read + Send + use<> {
        Pieces { file: self.clone(), offset: 0, piece: io::Cursor::default() }
    }

    /// Its store, the address of that, and where the file is in it.
    ///
    /// # Errors
    /// [`Error::Address`] of an address that is good for itself alone, as a signed one is.
    pub fn store(&self) -> Result<(String, Arc<dyn ObjectStore>, Path), Error> {
        match &self.remote.place {
            Some((base, path)) if self.remote.secret.is_none() => {
                Ok((base.clone(), self.remote.store.clone(), path.clone()))
            }
            _ => Err(Error::Address {
                address: self.remote.shown.clone(),
                reason: "tables are read by addresses without keys or questions in them".to_owned(),
                hint: "put the files where a plain address names them",
            }),
        }
    }
}

impl Remote {
    /// The files below it, by the rest of their names; of more than `n_max` some are left out.
    pub(super) fn metas(&self, n_max: usize) -> Result<Vec<(String, ObjectMeta)>, Error> {
        let (store, path, patience) = (self.store.clone(), self.path.clone(), self.patience);
        let listed = runtime::wait_for(async move {
            let (mut found, mut all) = (Vec::new(), store.list(Some(&path)).take(n_max));
            let silent = |_| Failure::Silent(patience);
            while let Some(meta) = timeout(patience, all.next()).await.map_err(silent)? {
                found.push(meta?);
            }
            Ok::<_, Failure>(found)
        });
        let listed = listed.map_err(|source| self.not_given(source.into(), self.hint))?;
        let metas = listed.map_err(|failure| self.failed(failure))?.into_iter();
        let below = |meta: ObjectMeta| {
            let parts: Vec<_> =
                meta.location.prefix_match(&self.path)?.map(|part| part.as_ref().to_owned()).collect();
            Some((parts.join("/"), meta))
        };
        Ok(metas.filter_map(below).collect())
    }
}

/// A file that comes piece by piece.
struct Pieces {
    file: RemoteFile,
    offset: u64,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.piece.read(buffer)?;
        if n_read > 0 || buffer.is_empty() || self.offset >= self.file.size {
            return Ok(n_read);
        }
        let end = self.file.size.min(self.offset + PIECE_NBYTES);
        let (remote, tag) = (&self.file.remote, self.file.tag.as_deref());
        let got = remote.get(Part::Range(self.offset..end), tag, PIECE_NBYTES).map_err(io::Error::other)?;
        let got = got.ok_or_else(|| io::Error::other(remote.missing()))?;
        self.offset = end;
        self.piece = io::Cursor::new(got.bytes);
        self.piece.read(buffer)
    }
}
