//! Python and JavaScript plugins: an interpreter and the script in one component.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{COMPONENTIZE_PY, JCO, WorkDir};

const PYTHON_HELPER: &str = include_str!("../../../../plugins/sdk-python/gristmill_plugin.py");
const PYTHON_ENTRY: &str = include_str!("../../../../plugins/sdk-python/gristmill_entry.py");
const JS_HELPER: &str = include_str!("../../../../plugins/sdk-js/gristmill-plugin.js");

/// Builds `plugin.py`; the component.
pub(super) fn build_python(dir: &Path, work: &WorkDir) -> anyhow::Result<PathBuf> {
    work.write("gristmill_plugin.py", PYTHON_HELPER.as_bytes())?;
    work.write("gristmill_entry.py", PYTHON_ENTRY.as_bytes())?;
    let out = work.path("plugin.wasm");
    let mut tool = COMPONENTIZE_PY.command(dir);
    tool.arg("-d").arg(work.path("wit")).args(["-w", "task", "componentize", "--stub-wasi", "-p"]).arg(dir);
    tool.arg("-p").arg(&work.0).arg("-o").arg(&out).arg("gristmill_entry").current_dir(&work.0);
    COMPONENTIZE_PY.run(dir, &mut tool)?;
    Ok(out)
}

/// Builds `plugin.js`; the component.
pub(super) fn build_js(dir: &Path, work: &WorkDir) -> anyhow::Result<PathBuf> {
    let script = dir.join("plugin.js");
    let script = std::fs::read(&script).with_context(|| format!("cannot read {}", script.display()))?;
    work.write("plugin.js", &script)?;
    work.write("gristmill-plugin.js", JS_HELPER.as_bytes())?;
    let mut tool = JCO.command(dir);
    tool.args(["componentize", "plugin.js", "--wit", "wit", "--world-name", "task", "--backend", "qjs"]);
    tool.args(["--backend-qjs-disable-async", "--backend-qjs-stub-wasi", "-o", "plugin.wasm"]);
    // jco looks for the WIT in the current folder only.
    tool.current_dir(&work.0);
    JCO.run(dir, &mut tool)?;
    Ok(work.path("plugin.wasm"))
}
