//! `gristmill plugin push`: a component under its digest, in a folder, an object store or on a web server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// The component.
    file: PathBuf,
    /// A folder; s3://bucket/folder, gs://bucket/folder or az://container/folder, with keys from the environment; or an
    /// http:// or https:// address under which files can be PUT.
    to: String,
}

pub(crate) fn run(args: &PushArgs) -> anyhow::Result<()> {
    // Whoever pulls it would refuse what is not admitted here.
    let (component, plugin) = super::load(&args.file)?;
    let name = format!("blake3-{}.wasm", plugin.digest());
    let pushed = match args.to.split_once("://") {
        Some(("file", path)) => push_folder(Path::new(path), &name, component.bytes())?,
        None => push_folder(Path::new(&args.to), &name, component.bytes())?,
        Some(_) => gristmill::storage::put_once(&args.to, &name, component.bytes().to_vec())?,
    };
    let done = if pushed { "pushed" } else { "already there:" };
    say!("{done} {} {} as {name}", plugin.info().name, plugin.info().version);
    Ok(())
}

/// Whether the file had to be written.
fn push_folder(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<bool> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join(name);
    if fs::read(&path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    gristmill::storage::write_atomic(&path, bytes)?;
    Ok(true)
}
