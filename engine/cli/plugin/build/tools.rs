//! The tools that plugins are built with: whether they are here, and how to get them.
//!
//! `plugin build` and `doctor` ask the same questions, so that one never promises what the other refuses.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

/// A tool that makes components of one language.
pub(crate) struct Tool {
    /// Its name, for people.
    pub(crate) name: &'static str,
    /// How to install it.
    pub(crate) advice: &'static str,
    command: fn(&Path) -> Command,
    /// Arguments with which it only says its version.
    version: &'static [&'static str],
}

/// The C compiler: zig, as a Python package.
pub(crate) const ZIGLANG: Tool = Tool {
    name: "ziglang",
    advice: "pip install ziglang",
    command: |_| {
        let mut zig = Command::new("python3");
        zig.args(["-m", "ziglang"]);
        zig
    },
    version: &["version"],
};

/// Python's maker of components.
pub(crate) const COMPONENTIZE_PY: Tool = Tool {
    name: "componentize-py",
    advice: "pip install componentize-py",
    command: |_| Command::new("componentize-py"),
    version: &["--version"],
};

/// JavaScript's maker of components.
pub(crate) const JCO: Tool = Tool {
    name: "jco",
    advice: "npm install @bytecodealliance/jco @bytecodealliance/componentize-js, in the plugin's folder",
    command: |dir| Command::new(find_jco(dir)),
    version: &["--version"],
};

impl Tool {
    /// The tool for a plugin in `dir`, ready for its arguments.
    pub(super) fn command(&self, dir: &Path) -> Command {
        (self.command)(dir)
    }

    /// Whether the tool runs here, for a plugin in `dir`.
    pub(crate) fn is_here(&self, dir: &Path) -> bool {
        self.command(dir).args(self.version).output().is_ok_and(|output| output.status.success())
    }

    /// Runs the tool for a plugin in `dir`; what it prints goes to the terminal.
    ///
    /// Only a tool that is not here is answered with how to get it: any other failure is the plugin's, and advice
    /// would lead away from it.
    pub(super) fn run(&self, dir: &Path, command: &mut Command) -> anyhow::Result<()> {
        if !self.is_here(dir) {
            bail!("`{}` is not installed here; get it with `{}`", self.name, self.advice);
        }
        match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => bail!("`{}` could not build the plugin ({status}); it says why above", self.name),
            Err(error) => bail!("cannot run `{}`: {error}", self.name),
        }
    }
}

/// jco as npm installed it in the plugin's folder or above, or globally.
fn find_jco(dir: &Path) -> PathBuf {
    let installed =
        dir.ancestors().map(|folder| folder.join("node_modules/.bin/jco")).find(|jco| jco.exists());
    installed.unwrap_or_else(|| PathBuf::from("jco"))
}
