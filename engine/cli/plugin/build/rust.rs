//! Rust plugins: `cargo build` for wasm32-unknown-unknown.
//!
//! The target's standard library comes from rustup, or is built from Debian's sources of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

const TARGET: &str = "wasm32-unknown-unknown";
/// How to get what Rust plugins need.
pub(crate) const ADVICE: &str = "`rustup target add wasm32-unknown-unknown`, or on Debian `apt install rustc-web \
                                 cargo-web rust-web-src lld`";

/// Where the compiler and the target's standard library come from.
pub(crate) enum Toolchain {
    /// The target was installed beside the compiler in use.
    Rustup,
    /// Debian's: the standard library is built along, once for each target folder.
    Debian,
}

/// Builds the package in `dir`; its name, and the core module.
pub(super) fn build(dir: &Path) -> anyhow::Result<(String, PathBuf)> {
    let toolchain = find_toolchain()?;
    let mut cargo = cargo(&toolchain)?;
    cargo.current_dir(dir).args(["build", "--release", "--target", TARGET]);
    cargo
        .args(["--message-format", "json-render-diagnostics"])
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let output = cargo.output().with_context(|| format!("cannot run cargo; install {ADVICE}"))?;
    if !output.status.success() {
        bail!("cargo could not build the plugin");
    }
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let modules: Vec<_> = messages.lines().filter_map(module_of).collect();
    modules
        .into_iter()
        .next_back()
        .context("the package has no cdylib: add crate-type = [\"cdylib\"] under [lib]")
}

/// The name and the file of a built module, if that is what the line of cargo's output tells of.
fn module_of(line: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let files = message.get("filenames")?.as_array()?;
    let file = files.iter().filter_map(serde_json::Value::as_str).find(|file| file.ends_with(".wasm"))?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), PathBuf::from(file)))
}

/// The toolchain that a build would use.
pub(crate) fn find_toolchain() -> anyhow::Result<Toolchain> {
    let sysroot = sysroot("rustc").unwrap_or_default();
    if sysroot.join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(Toolchain::Rustup);
    }
    if Path::new("/usr/lib/rustlib/src/rust/library").is_dir() && Path::new("/usr/bin/wasm-ld").exists() {
        return Ok(Toolchain::Debian);
    }
    bail!("there is no Rust target for WebAssembly here; install it with {ADVICE}")
}

fn sysroot(rustc: &str) -> Option<PathBuf> {
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn cargo(toolchain: &Toolchain) -> anyhow::Result<Command> {
    let (mut cargo, rustc) = match toolchain {
        Toolchain::Rustup => (Command::new("cargo"), "rustc"),
        Toolchain::Debian => {
            let mut cargo = Command::new("/usr/bin/cargo");
            cargo.arg("-Zbuild-std=std,panic_abort");
            // -Zbuild-std is not stable; Debian ships the matching sources.
            cargo.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
            (cargo, "/usr/bin/rustc")
        }
    };
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(rustc).join("\u{1f}"));
    // One target folder for all plugins: what they share is built once.
    if std::env::var_os("CARGO_TARGET_DIR").is_none()
        && let Some(cache) = cache_dir()
    {
        cargo.env("CARGO_TARGET_DIR", cache.join("gristmill/plugin-target"));
    }
    Ok(cargo)
}

/// SIMD, and no path of this machine in the module: the same source gives the same bytes everywhere.
fn flags(rustc: &str) -> Vec<String> {
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned()];
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| home.as_ref().map(|home| home.join(".cargo")));
    let crates = cargo_home.map(|cargo_home| cargo_home.join("registry/src"));
    let library = sysroot(rustc).map(|sysroot| sysroot.join("lib/rustlib/src/rust"));
    // Later flags go first.
    for (from, to) in [(home, "home"), (crates, "crates"), (library, "rust")] {
        if let Some(from) = from.filter(|from| from.components().count() > 1) {
            flags.push(format!("--remap-path-prefix={}={to}", from.display()));
        }
    }
    flags
}

fn cache_dir() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")))
}
