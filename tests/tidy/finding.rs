//! Breaches of a rule, and the walk over the checkout that looks for them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing we wrote.
const SKIPPED_FOLDERS: [&str; 4] = ["target", "node_modules", "__pycache__", "venv"];
/// Hidden folders that do hold our files.
const HIDDEN_FOLDERS: [&str; 3] = [".ci", ".config", ".cargo"];

/// One breach of one rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Path relative to the root of the checkout.
    pub(super) path: String,
    /// Line, counted from 1.
    pub(super) line: usize,
    /// The rule, short enough to be searched for.
    pub(super) rule: &'static str,
    /// What was found, and what to do about it.
    pub(super) text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}: {}", self.path, self.line, self.rule, self.text)
    }
}

/// Fails the running test with all findings, one a line.
#[track_caller]
pub(super) fn assert_none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} breaches of the house rules:\n{}\n", lines.len(), lines.join("\n"));
}

/// The root of the checkout.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A text file of the checkout.
pub(super) struct File {
    /// Path relative to the root, with `/` between the parts.
    pub(super) path: String,
    /// Its whole text.
    pub(super) text: String,
}

impl File {
    /// Whether the file lies in the folder (relative to the root, without a slash at the end).
    pub(super) fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether the whole file is test code: the test binary, or a `tests.rs` beside what it tests.
    pub(super) fn is_test(&self) -> bool {
        self.is_in("tests")
            || self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
            || self.is_in("benches")
    }

    /// A finding in this file.
    pub(super) fn finding(&self, line: usize, rule: &'static str, text: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, rule, text: text.into() }
    }
}

/// Every text file of the checkout whose name ends in one of the endings, in order of path.
pub(super) fn files(endings: &[&str]) -> Vec<File> {
    let mut paths = Vec::new();
    walk(root(), &mut paths);
    paths.sort();
    let relative = |path: &Path| {
        let parts = path.strip_prefix(root()).unwrap().components();
        parts.map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("/")
    };
    paths
        .iter()
        .map(|path| (relative(path), path))
        .filter(|(name, _)| endings.iter().any(|ending| name.ends_with(ending)))
        .filter_map(|(name, path)| Some(File { path: name, text: fs::read_to_string(path).ok()? }))
        .collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        let name = entry.file_name().into_string().unwrap();
        if kind.is_file() {
            paths.push(entry.path());
        } else if kind.is_dir() && is_ours(&name) {
            walk(&entry.path(), paths);
        }
    }
}

fn is_ours(folder: &str) -> bool {
    let hidden = folder.starts_with('.') && !HIDDEN_FOLDERS.contains(&folder);
    !hidden && !SKIPPED_FOLDERS.contains(&folder)
}

#[test]
fn the_walk_reaches_the_files_it_judges() {
    let files = files(&[".rs", ".toml", ".md"]);
    for path in ["engine/graph/src/lib.rs", "tests/tidy.rs", "Cargo.toml", "engine/STYLE.md"] {
        assert!(files.iter().any(|file| file.path == path), "{path} was not walked");
    }
    assert!(files.iter().all(|file| !file.path.contains("target/")));
}
