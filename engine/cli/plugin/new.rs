//! `gristmill plugin new`: a folder with a plugin that works.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::build::Language;

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The folder to make; its last part is the plugin's name.
    path: PathBuf,
    /// What to write it in.
    #[arg(long, value_enum, default_value = "rust")]
    lang: Language,
    /// The folder of the Rust SDK; the default is plugins/sdk of the checkout that this program was built in.
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

/// One file of a template: where it goes, and its text with `{name}` and `{sdk}` to be filled in.
type TemplateFile = (&'static str, &'static str);

macro_rules! template {
    ($lang:literal: $($file:literal),*) => {
        &[$(($file, include_str!(concat!("../../../plugins/templates/", $lang, "/", $file, ".template")))),*]
    };
}

const RUST: &[TemplateFile] =
    template!("rust": "Cargo.toml", "src/lib.rs", "cases.toml", "README.md", ".gitignore");
const C: &[TemplateFile] = template!("c": "plugin.c", "cases.toml", "README.md", ".gitignore");
const PYTHON: &[TemplateFile] = template!("python": "plugin.py", "cases.toml", "README.md", ".gitignore");
const JS: &[TemplateFile] = template!("js": "plugin.js", "cases.toml", "README.md", ".gitignore");

pub(crate) fn run(args: &NewArgs) -> anyhow::Result<()> {
    let name = args.path.file_name().context("the path has no name in it")?.to_string_lossy().into_owned();
    check_name(&name)?;
    if args.path.exists() {
        bail!("{} is already there", args.path.display());
    }
    let (files, sdk) = match args.lang {
        Language::Rust => (RUST, find_sdk(args.sdk.as_deref())?.display().to_string()),
        Language::C => (C, String::new()),
        Language::Python => (PYTHON, String::new()),
        Language::Js => (JS, String::new()),
    };
    for (file, text) in files {
        let path = args.path.join(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let text = text.replace("{name}", &name).replace("{sdk}", &sdk);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    say!("made {0}; try it:\n  gristmill plugin test {0}", args.path.display());
    Ok(())
}

/// The name becomes a package, a function prefix and a file.
fn check_name(name: &str) -> anyhow::Result<()> {
    let good = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) || !name.chars().all(good) {
        bail!("`{name}` is no plugin name: it starts with a small letter, then small letters, digits and _");
    }
    Ok(())
}

/// The SDK that the user names, or the one in the checkout around this program or the current folder.
fn find_sdk(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let is_sdk = |folder: &Path| folder.join("Cargo.toml").is_file() && folder.join("src/lib.rs").is_file();
    if let Some(folder) = given {
        let folder =
            folder.canonicalize().with_context(|| format!("there is no folder {}", folder.display()))?;
        if !is_sdk(&folder) {
            bail!("{} is not the SDK: it has no Cargo.toml and src/lib.rs", folder.display());
        }
        return Ok(folder);
    }
    let starts = [std::env::current_exe().ok(), std::env::current_dir().ok()];
    let above = starts.iter().flatten().flat_map(|start| start.ancestors());
    let found = above.map(|folder| folder.join("plugins/sdk")).find(|folder| is_sdk(folder));
    found.context(
        "the Rust SDK was not found; name its folder (plugins/sdk of a checkout of Gristmill) with --sdk",
    )
}
