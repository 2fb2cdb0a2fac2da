//! `gristmill plugin build`: from a folder of sources to one component, whatever the language.

mod c;
mod rust;
mod script;
mod tools;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use crate::cli::quantity::format_nbytes;

pub(crate) use rust::{ADVICE as RUST_ADVICE, Toolchain, find_toolchain};
pub(crate) use tools::{COMPONENTIZE_PY, JCO, Tool, ZIGLANG};

/// The contract, as every language's tools want it.
const WIT: &str = include_str!("../../../plugins/wit/plugin.wit");

#[derive(Debug, Clone, Args)]
pub(crate) struct BuildArgs {
    /// The plugin's folder.
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Where to write the component; the default is NAME.wasm in the plugin's folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    Rust,
    C,
    Python,
    Js,
}

pub(crate) fn run(args: &BuildArgs) -> anyhow::Result<()> {
    let (path, nbytes) = build(args)?;
    say!("built {} ({})", path.display(), format_nbytes(nbytes));
    Ok(())
}

/// Builds the plugin; where its component is, and its size.
pub(crate) fn build(args: &BuildArgs) -> anyhow::Result<(PathBuf, u64)> {
    let dir =
        args.dir.canonicalize().with_context(|| format!("there is no folder {}", args.dir.display()))?;
    let work = WorkDir::new()?;
    let (name, wasm) = match language_of(&dir)? {
        Language::Rust => rust::build(&dir)?,
        Language::C => (name_of(&dir)?, c::build(&dir, &work)?),
        Language::Python => (name_of(&dir)?, script::build_python(&dir, &work)?),
        Language::Js => (name_of(&dir)?, script::build_js(&dir, &work)?),
    };
    let core = std::fs::read(&wasm).with_context(|| format!("the compiler wrote no {}", wasm.display()))?;
    let mut component = gristmill::sandbox::componentize(&core)?;
    for (function, source) in shaders(&dir)? {
        component = gristmill::sandbox::with_shader(&component, &function, &source);
    }
    let out = args.out.clone().unwrap_or_else(|| dir.join(format!("{name}.wasm")));
    gristmill::storage::write_atomic(&out, &component)?;
    Ok((out, component.len() as u64))
}

/// Map kernels for GPUs: `wgsl/<function>.wgsl`, by name.
fn shaders(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let Ok(files) = std::fs::read_dir(dir.join("wgsl")) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for file in files {
        let path = file?.path();
        let name = path.file_stem().filter(|_| path.extension().is_some_and(|end| end == "wgsl"));
        if let Some(name) = name {
            let source =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            found.push((name.to_string_lossy().into_owned(), source));
        }
    }
    found.sort();
    Ok(found)
}

/// The language of the plugin in `dir`, by the files there.
fn language_of(dir: &Path) -> anyhow::Result<Language> {
    let has = |name: &str| dir.join(name).is_file();
    if has("Cargo.toml") {
        Ok(Language::Rust)
    } else if has("plugin.py") {
        Ok(Language::Python)
    } else if has("plugin.js") {
        Ok(Language::Js)
    } else if !c::sources(dir)?.is_empty() {
        Ok(Language::C)
    } else {
        bail!(
            "{} holds no plugin: no Cargo.toml, *.c, plugin.py or plugin.js; `gristmill plugin new` makes one",
            dir.display()
        )
    }
}

fn name_of(dir: &Path) -> anyhow::Result<String> {
    let name = dir.file_name().context("the plugin's folder has no name")?;
    Ok(name.to_string_lossy().into_owned())
}

/// A folder for generated files, removed when the build is over.
struct WorkDir(PathBuf);

impl WorkDir {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("gristmill-plugin-{}", std::process::id()));
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let work = Self(path);
        work.write("wit/plugin.wit", WIT.as_bytes())?;
        Ok(work)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        // What is left in the temporary folder does no harm.
        std::fs::remove_dir_all(&self.0).ok();
    }
}
