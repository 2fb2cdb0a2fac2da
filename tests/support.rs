//! What several tests need: the binary, the prebuilt components, folders for one test.

pub(crate) mod answers;
pub(crate) mod processes;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gristmill::cluster::LocalCluster;
use gristmill::prelude::*;

/// The checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A prebuilt component.
pub(crate) fn component(name: &str) -> Component {
    Component::open(root().join("plugins/prebuilt").join(name).with_extension("wasm")).unwrap()
}

/// A local cluster with two threads.
pub(crate) fn cluster() -> LocalCluster {
    Cluster::local().threads(2).start().unwrap()
}

/// Runs the binary in a folder and returns what it printed and its exit code.
pub(crate) fn gristmill(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gristmill")).args(args).current_dir(folder).output().unwrap()
}

/// The error text of a run that must fail with exit code 1 and without a panic.
pub(crate) fn failure(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "exit code; stderr: {text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

/// Writes `pipeline.toml` with plugins by absolute path into a new folder.
pub(crate) fn pipeline(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipeline.toml");
    let prebuilt = root().join("plugins/prebuilt");
    std::fs::write(&path, text.replace("PREBUILT", &prebuilt.display().to_string())).unwrap();
    (folder, path)
}
