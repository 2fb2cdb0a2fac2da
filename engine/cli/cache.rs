//! `gristmill cache`: results that are kept on disk.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Subcommand;
use gristmill::storage::ResultCache;

use super::quantity::{format_duration, format_nbytes};

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Name the results, those used last first.
    Ls {
        /// The folder that was given as `--result-cache`.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Say which change of code or input has made a result another than the last one of its kind.
    Why {
        /// The folder that was given as `--result-cache`.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
        /// The result's key, or its first digits.
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Remove all results.
    Clear {
        /// The folder that was given as `--result-cache`.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

pub(crate) fn run(command: &CacheCommand) -> anyhow::Result<()> {
    let (CacheCommand::Ls { folder } | CacheCommand::Why { folder, .. } | CacheCommand::Clear { folder }) =
        command;
    anyhow::ensure!(folder.is_dir(), "there is no folder {}", folder.display());
    let cache = ResultCache::open(folder, u64::MAX)?;
    match command {
        CacheCommand::Ls { .. } => ls(&cache),
        CacheCommand::Why { key, .. } => {
            let why = cache.why(key).map_err(anyhow::Error::msg)?;
            why.lines().for_each(|line| say!("{line}"));
            Ok(())
        }
        CacheCommand::Clear { .. } => {
            say!("{} results removed", cache.clear()?);
            Ok(())
        }
    }
}

fn ls(cache: &ResultCache) -> anyhow::Result<()> {
    let all = cache.list()?;
    say!("{:<12} {:>10} {:>10} {:>10}  function", "key", "size", "took", "used ago");
    let now = SystemTime::now();
    for (key, note, used) in &all {
        let ago = now.duration_since(*used).unwrap_or_default();
        say!(
            "{:<12} {:>10} {:>10} {:>10}  {}",
            key.to_string().chars().take(12).collect::<String>(),
            format_nbytes(note.file_nbytes),
            format_duration(Duration::from_nanos(note.duration_ns)),
            format_duration(ago),
            note.call.name,
        );
    }
    let nbytes = all.iter().map(|(_, note, _)| note.file_nbytes).sum();
    say!("{} results, {}", all.len(), format_nbytes(nbytes));
    Ok(())
}
