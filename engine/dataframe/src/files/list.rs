//! The files that a pattern names.

use std::path::Path;

use gristmill_storage::Source;

use super::{Compression, File, Format};
use crate::Error;

/// The files of a pattern, or all that are below a folder, and the format that they share.
pub(crate) fn listed(pattern: &str, format: Option<Format>) -> Result<(Format, Vec<File>), Error> {
    let is_folder = Path::new(pattern).is_dir();
    let (deep, sources) = match is_folder {
        false => (pattern.to_owned(), Source::glob(pattern)?),
        true => {
            let deep = format!("{}/**/*", pattern.trim_end_matches('/'));
            let found = gristmill_storage::Source::glob_files(&deep)?;
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
        if format.is_none() && Format::of(source.path())? != shared {
            return Err(Error::MixedFormats { path: source.path().to_owned() });
        }
        let compression = if shared.is_text() { Compression::of(source.path()).0 } else { Compression::None };
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

/// Whether a file of a folder is data: writers put others beside it, with names that begin so.
fn is_data(path: &str, folder: &str) -> bool {
    let below = path.strip_prefix(folder).unwrap_or(path);
    !below.split('/').any(|part| part.starts_with(['_', '.']))
}
