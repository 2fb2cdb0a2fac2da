//! How an array was opened, as text: for other processes, which open the same.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::options::ReadOptions;
use super::raw::RawLayout;
use super::{Along, ArrayFile};
use crate::Error;

/// What [`ArrayFile::open_with`], [`ArrayFile::open_many_with`] or [`ArrayFile::open_raw`] was asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Recipe {
    One { path: PathBuf, dataset: Option<String>, options: Options },
    Many { paths: Vec<PathBuf>, dataset: Option<String>, along: Along, options: Options },
    Raw { path: PathBuf, dtype: String, shape: Vec<u64>, layout: RawLayout },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Options {
    granted: Vec<PathBuf>,
    timeout: Duration,
    decoded: bool,
}

impl From<&ReadOptions> for Options {
    fn from(options: &ReadOptions) -> Self {
        let ReadOptions { granted, timeout, decoded } = options.clone();
        Self { granted, timeout, decoded }
    }
}

impl From<Options> for ReadOptions {
    fn from(options: Options) -> Self {
        let Options { granted, timeout, decoded } = options;
        Self { granted, timeout, decoded }
    }
}

impl Recipe {
    pub(super) fn text(&self) -> String {
        // Paths that are no text have none; whoever opens by it is told so.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The path from the root on; addresses as they are.
pub(super) fn absolute(path: &Path) -> PathBuf {
    match path.to_string_lossy().contains("://") {
        true => path.to_owned(),
        false => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

impl ArrayFile {
    /// How it was opened, as text. [`ArrayFile::reopen`] opens the same array by it, in whichever process can reach it by
    /// the same path.
    #[must_use]
    pub fn recipe(&self) -> &str {
        &self.recipe
    }

    /// The files and folders that [`ArrayFile::reopen`] would open, and what they may refer to.
    ///
    /// # Errors
    /// When the recipe makes no sense.
    pub fn recipe_paths(recipe: &str) -> Result<Vec<PathBuf>, Error> {
        Ok(match parse(recipe)? {
            Recipe::One { path, options, .. } => [vec![path], options.granted].concat(),
            Recipe::Many { paths, options, .. } => [paths, options.granted].concat(),
            Recipe::Raw { path, .. } => vec![path],
        })
    }

    /// Opens the array of a [`ArrayFile::recipe`], if its [`ArrayFile::identity`] is still this one.
    ///
    /// # Errors
    /// Those of [`ArrayFile::open_with`]; [`Error::Changed`] when it is another array by now.
    pub fn reopen(recipe: &str, identity: &[u8]) -> Result<Self, Error> {
        let file = match parse(recipe)? {
            Recipe::One { path, dataset, options } => {
                Self::open_with(path, dataset.as_deref(), &options.into())
            }
            Recipe::Many { paths, dataset, along, options } => {
                Self::open_many_with(paths, dataset.as_deref(), along, &options.into())
            }
            Recipe::Raw { path, dtype, shape, layout } => {
                let dtype =
                    dtype.parse().map_err(|error: gristmill_data::Error| senseless(error.to_string()))?;
                Self::open_raw(path, dtype, &shape, layout)
            }
        }?;
        match file.identity() == identity {
            true => Ok(file),
            false => Err(Error::Changed { path: file.path().to_owned() }),
        }
    }
}

fn senseless(reason: String) -> Error {
    Error::corrupt(Path::new(""), "what it was opened by", reason)
}

fn parse(recipe: &str) -> Result<Recipe, Error> {
    serde_json::from_str(recipe).map_err(|error| senseless(error.to_string()))
}
