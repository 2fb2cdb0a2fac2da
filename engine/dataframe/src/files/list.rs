//! The files that a pattern names.

use std::path::Path;

use gristmill_storage::{RemoteFile, Source, is_remote};

use super::{Compression, File, Format};
use crate::Error;

/// The files of a pattern, or all that are below a folder, and the format that they share.
pub(crate) fn listed(pattern: &str, format: Option<Format>) -> Result<(Format, Vec<File>), Error> {
    if is_remote(pattern) {
        return remote(pattern, format);
    }
    let is_folder = Path::new(pattern).is_dir();
    let (deep, sources) = match is_folder {
        false => (pattern.to_owned(), Source::glob(pattern)?),
        true => {
            let deep = format!("{}/**/*", pattern.trim_end_matches('/'));
            let found = Source::glob_files(&deep)?;
            (deep, found.into_iter().filter(|source| is_data(source.path(), pattern)).collect())
        }
    };
    let Some(first) = sources.first() else {
        return Err(Error::Argument { name: "read", reason: format!("`{deep}` names no files") });
    };
    let shared = match format {
        Some(format) => format,
        None => Format::of(first.path())?,
    };
    let mut files = Vec::with_capacity(sources.len());
    for source in &sources {
        let compression = compression(source.path(), format, shared)?;
        let whole = std::path::absolute(source.path()).unwrap_or_else(|_| source.path().into());
        let path = whole.to_string_lossy().into_owned();
        files.push(File {
            nbytes: source.size(),
            compression,
            identity: source.identity(),
            path_values: Vec::new(),
            path,
        });
    }
    Ok((shared, files))
}

/// The files of an address, or all below one that ends in a slash.
fn remote(pattern: &str, format: Option<Format>) -> Result<(Format, Vec<File>), Error> {
    let deep = if pattern.ends_with('/') { format!("{pattern}**/*") } else { pattern.to_owned() };
    let found = RemoteFile::glob(&deep)?.into_iter().filter(|file| is_data(file.address(), pattern));
    let found: Vec<RemoteFile> = found.collect();
    let Some(first) = found.first() else {
        return Err(Error::Argument { name: "read", reason: format!("`{deep}` names no files") });
    };
    let shared = match format {
        Some(format) => format,
        None => Format::of(first.address())?,
    };
    let file = |file: &RemoteFile| {
        Ok(File {
            nbytes: file.size(),
            compression: compression(file.address(), format, shared)?,
            identity: file.identity(),
            path_values: Vec::new(),
            path: file.address().to_owned(),
        })
    };
    Ok((shared, found.iter().map(file).collect::<Result<_, Error>>()?))
}

/// How a file is packed, which must be of the format that all share.
fn compression(path: &str, format: Option<Format>, shared: Format) -> Result<Compression, Error> {
    if format.is_none() && Format::of(path)? != shared {
        return Err(Error::MixedFormats { path: path.to_owned() });
    }
    Ok(if shared.is_text() { Compression::of(path).0 } else { Compression::None })
}

/// Whether a file of a folder is data: writers put others beside it, with names that begin so.
fn is_data(path: &str, folder: &str) -> bool {
    let below = path.strip_prefix(folder).unwrap_or(path);
    !below.split('/').any(|part| part.starts_with(['_', '.']))
}
