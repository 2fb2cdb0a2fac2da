//! `gristmill plugin push`: a component under its digest, in a folder or on a web server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// The component.
    file: PathBuf,
    /// A folder, or an http:// or https:// address under which files can be PUT.
    to: String,
}

pub(crate) fn run(args: &PushArgs) -> anyhow::Result<()> {
    // Whoever pulls it would refuse what is not admitted here.
    let (component, plugin) = super::load(&args.file)?;
    let name = format!("blake3-{}.wasm", plugin.digest());
    let pushed = match args.to.split_once("://") {
        Some(("http" | "https", _)) => push_http(&args.to, &name, component.bytes())?,
        Some(("file", path)) => push_folder(Path::new(path), &name, component.bytes())?,
        None => push_folder(Path::new(&args.to), &name, component.bytes())?,
        Some((scheme, _)) => bail!(
            "cannot push to {scheme}://; a folder, file://, http:// and https:// work (object stores: through their \
             HTTP address, or a mounted folder)"
        ),
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

/// Whether the file had to be sent. A server that does not answer HEAD gets the file again.
fn push_http(base: &str, name: &str, bytes: &[u8]) -> anyhow::Result<bool> {
    let url = format!("{}/{name}", base.trim_end_matches('/'));
    if ureq::head(&url).call().is_ok() {
        return Ok(false);
    }
    let sent = ureq::put(&url).header("content-type", "application/wasm").send(bytes);
    sent.with_context(|| format!("the server did not take {url}"))?;
    Ok(true)
}
