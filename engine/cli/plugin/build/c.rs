//! C plugins: bindings generated here, compiled and linked by ziglang.

use std::path::{Path, PathBuf};

use anyhow::Context;
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

use super::{WIT, WorkDir, ZIGLANG};

/// The helper that every C plugin is compiled with.
const HELPER: [(&str, &str); 2] = [
    ("gristmill_plugin.h", include_str!("../../../../plugins/sdk-c/gristmill_plugin.h")),
    ("gristmill_plugin.c", include_str!("../../../../plugins/sdk-c/gristmill_plugin.c")),
];

/// The C files of a plugin, in order.
pub(super) fn sources(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut sources: Vec<_> = paths.filter(|path| path.extension().is_some_and(|ext| ext == "c")).collect();
    sources.sort();
    Ok(sources)
}

/// Builds the plugin in `dir`; the core module.
pub(super) fn build(dir: &Path, work: &WorkDir) -> anyhow::Result<PathBuf> {
    for (name, bytes) in bindings()?.iter() {
        work.write(name, bytes)?;
    }
    for (name, text) in HELPER {
        work.write(name, text.as_bytes())?;
    }
    let core = work.path("core.wasm");
    let mut zig = ZIGLANG.command(dir);
    zig.args(["cc", "--target=wasm32-wasi", "-mexec-model=reactor", "-std=c11", "-O3", "-msimd128"]);
    zig.args(["-Wall", "-Wextra", "-Wl,--strip-debug", "-o"])
        .arg(&core)
        .arg("-I")
        .arg(&work.0)
        .arg("-I")
        .arg(dir);
    zig.args(sources(dir)?);
    zig.args(["gristmill_plugin.c", "task.c", "task_component_type.o"].map(|name| work.path(name)));
    ZIGLANG.run(dir, &mut zig)?;
    Ok(core)
}

/// World `task` as C.
fn bindings() -> anyhow::Result<Files> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("plugin.wit", WIT)?;
    let world = resolve.select_world(&[package], Some("task"))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files)?;
    Ok(files)
}
