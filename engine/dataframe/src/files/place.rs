//! Where files are: on disk, or in a store that DataFusion must be told of.

use std::fs;
use std::io::Read;
use std::sync::Arc;

use datafusion::common::{DataFusionError, Result as PlanResult};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::object_store::ObjectStore;
use datafusion::object_store::path::Path;
use gristmill_storage::{RemoteFile, Source, is_remote};

use super::{Compression, File};
use crate::Error;

/// Files that are asked for at a time whether they are what they were.
const CONCURRENCY: usize = 16;

/// The store of files, which are all in one, known to whoever runs the plan from now on.
pub(super) fn store(
    files: &[File],
    environment: &RuntimeEnv,
) -> PlanResult<(ObjectStoreUrl, Arc<dyn ObjectStore>)> {
    let Some(first) = files.first().filter(|file| is_remote(&file.path)) else {
        let url = ObjectStoreUrl::local_filesystem();
        let store = environment.object_store(&url)?;
        return Ok((url, store));
    };
    let (base, store, _) = remote(first)?.store().map_err(Error::from)?;
    let url = ObjectStoreUrl::parse(base)?;
    environment.register_object_store(url.as_ref(), store.clone());
    Ok((url, store))
}

/// The file as DataFusion reads it.
pub(super) fn located(file: &File) -> PlanResult<PartitionedFile> {
    let location = match is_remote(&file.path) {
        true => remote(file)?.store().map_err(Error::from)?.2,
        false => Path::from_absolute_path(&file.path).map_err(|error| {
            DataFusionError::Execution(format!("`{}` cannot be read: {error}", file.path))
        })?,
    };
    let mut whole = PartitionedFile::new("", file.nbytes);
    whole.object_meta.location = location;
    Ok(whole)
}

/// The text of a file that may be packed.
pub(super) fn plain(file: &File) -> Result<Box<dyn Read + Send>, String> {
    let packed: Box<dyn Read + Send> = match is_remote(&file.path) {
        true => Box::new(RemoteFile::open(&file.path).map_err(|error| error.to_string())?.reader()),
        false => Box::new(fs::File::open(&file.path).map_err(|error| error.to_string())?),
    };
    match file.compression {
        Compression::None => Ok(packed),
        kind => kind.file_type().convert_read(packed).map_err(|error| error.to_string()),
    }
}

/// The first of these that is not what it was when the table was planned.
pub(crate) fn changed(files: &[File]) -> Option<&File> {
    let is_same = |file: &File| match is_remote(&file.path) {
        true => RemoteFile::open(&file.path).is_ok_and(|now| now.identity() == file.identity),
        // Names differ where the pattern was a relative one; size and time come first.
        false => {
            let now = Source::open(std::path::Path::new(&file.path)).map(|source| source.identity());
            now.is_ok_and(|now| now.get(..24) == file.identity.get(..24))
        }
    };
    if files.first().is_none_or(|first| !is_remote(&first.path)) {
        return files.iter().find(|file| !is_same(file));
    }
    std::thread::scope(|scope| {
        let parts = files.chunks(files.len().div_ceil(CONCURRENCY).max(1));
        let asked: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().find(|file| !is_same(file)))).collect();
        asked.into_iter().find_map(|asked| asked.join().ok().flatten())
    })
}

fn remote(file: &File) -> PlanResult<RemoteFile> {
    RemoteFile::named(&file.path).map_err(|error| Error::from(error).into())
}
