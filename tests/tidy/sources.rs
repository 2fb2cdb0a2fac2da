//! Rules for the text of Rust files.

use super::finding::{File, Finding, assert_none, files};
use super::functions::functions;
use super::mask::{lines_with_word, mask};

/// Beyond this a file holds more than one idea.
const FILE_LINES_MAX: usize = 800;
/// A function fits a screen.
const FUNCTION_LINES_MAX: usize = 70;

/// The modules that may hold `unsafe`, and what for. Each block there says `SAFETY:`.
const UNSAFE_MODULES: [(&str, &str); 2] = [
    ("engine/sandbox/src/precompiled.rs", "loads compiled code from the worker's own cache"),
    ("engine/wire/src/shared.rs", "maps results that another process of this machine hands over"),
];

/// A crate that only some of ours may name, so that it can be replaced in one place: invariant 4 of
/// `engine/ARCHITECTURE.md`. Files outside these folders must not name it in code.
pub(super) const CONFINED: [(&str, &[&str]); 12] = [
    ("wasmtime", &["engine/sandbox"]),
    ("faer", &["engine/dense"]),
    ("rustfft", &["engine/dense"]),
    ("realfft", &["engine/dense"]),
    ("wgpu", &["engine/gpu"]),
    ("naga", &["engine/gpu"]),
    ("datafusion", &["engine/dataframe", "engine/cluster"]),
    ("tokio", &["engine/wire", "engine/client", "engine/cluster", "engine/dataframe", "engine/storage"]),
    ("tonic", &["engine/wire"]),
    ("axum", &["engine/cluster"]),
    ("zarrs", &["engine/storage"]),
    ("object_store", &["engine/storage", "engine/dataframe"]),
];

/// What would make the state machines depend on anything but their events: invariant 1.
const FOREIGN_TO_SCHEDULING: [&str; 14] = [
    "async",
    "await",
    "Instant",
    "SystemTime",
    "RandomState",
    "Mutex",
    "RwLock",
    "rand",
    "std::fs",
    "std::net",
    "std::io",
    "std::thread",
    "std::env",
    "std::process",
];

fn rust_files() -> Vec<File> {
    files(&[".rs"])
}

fn breaches(judge: impl Fn(&File) -> Vec<Finding>) -> Vec<Finding> {
    rust_files().iter().flat_map(judge).collect()
}

#[test]
fn files_are_short() {
    assert_none(&breaches(|file| {
        let n_lines = file.text.lines().count();
        let text = format!("{n_lines} lines, {FILE_LINES_MAX} allowed: split it by idea");
        (n_lines > FILE_LINES_MAX).then(|| file.finding(1, "file length", text)).into_iter().collect()
    }));
}

#[test]
fn functions_fit_a_screen() {
    assert_none(&breaches(|file| {
        let long = functions(&file.text).into_iter().filter(|found| found.n_lines > FUNCTION_LINES_MAX);
        long.map(|found| {
            let text = format!("`{}` has {} lines, {FUNCTION_LINES_MAX} allowed", found.name, found.n_lines);
            file.finding(found.line, "function length", text)
        })
        .collect()
    }));
}

#[test]
fn every_file_says_what_it_is() {
    assert_none(&breaches(|file| {
        let documented = file.text.starts_with("//!") || file.text.starts_with("#![doc = include_str!(");
        let text = "the first line is not `//!`: say what the file is and why it exists";
        (!documented).then(|| file.finding(1, "file header", text)).into_iter().collect()
    }));
}

#[test]
fn modules_are_named_after_themselves() {
    assert_none(&breaches(|file| {
        let is_mod = file.path.ends_with("/mod.rs");
        let text = "write `foo.rs` beside `foo/`, so that open files can be told apart";
        is_mod.then(|| file.finding(1, "mod.rs", text)).into_iter().collect()
    }));
}

#[test]
fn no_test_is_ignored() {
    assert_none(&breaches(|file| {
        let masked = mask(&file.text);
        let lines = masked.lines().enumerate();
        let ignored = lines.filter(|(_, line)| line.contains("#[ignore"));
        ignored.map(|(at, _)| file.finding(at + 1, "ignored test", "fix it or remove it")).collect()
    }));
}

#[test]
fn unsafe_stays_in_its_modules() {
    assert_none(&breaches(|file| {
        let masked = mask(&file.text);
        let allowed = UNSAFE_MODULES.iter().any(|(path, _)| *path == file.path);
        let lines = lines_with_word(&masked, "unsafe").filter(|_| !allowed);
        lines.map(|line| file.finding(line, "unsafe", "not in the list of `tests/tidy/sources.rs`")).collect()
    }));
}

#[test]
fn unsafe_modules_say_why_they_are_sound() {
    let all = rust_files();
    for (path, why) in UNSAFE_MODULES {
        let file = all.iter().find(|file| file.path == path);
        let file = file.unwrap_or_else(|| panic!("{path} ({why}) is listed for `unsafe` and does not exist"));
        assert!(mask(&file.text).contains("unsafe"), "{path} ({why}) is listed for `unsafe` and has none");
        assert!(file.text.contains("// SAFETY:"), "{path} ({why}) holds `unsafe` and no `// SAFETY:`");
    }
}

#[test]
fn heavy_crates_stay_where_they_entered() {
    assert_none(&breaches(|file| {
        let masked = mask(&file.text);
        let named = |(crate_name, folders): &(&str, &[&str])| {
            let allowed = folders.iter().any(|folder| file.is_in(folder));
            let lines = lines_with_word(&masked, crate_name).filter(|_| !allowed).collect::<Vec<_>>();
            let text = format!("`{crate_name}` is named outside {}", folders.join(", "));
            lines
                .into_iter()
                .map(|line| file.finding(line, "confined crate", text.clone()))
                .collect::<Vec<_>>()
        };
        CONFINED.iter().flat_map(named).collect()
    }));
}

#[test]
fn scheduling_depends_on_its_events_alone() {
    assert_none(&breaches(|file| {
        if !file.is_in("engine/scheduling/src") || file.is_test() {
            return Vec::new();
        }
        let masked = mask(&file.text);
        // The simulator measures what a decision costs; the machines it drives never learn of it.
        let allowed = |word: &str| word == "Instant" && file.is_in("engine/scheduling/src/sim");
        let named = |word: &&'static str| {
            lines_with_word(&masked, word).map(|line| (line, *word)).collect::<Vec<_>>()
        };
        let lines = FOREIGN_TO_SCHEDULING.iter().filter(|word| !allowed(word)).flat_map(named);
        let text =
            |word| format!("`{word}`: no clock, I/O, thread or chance in a state machine, events carry them");
        lines.map(|(line, word)| file.finding(line, "pure scheduling", text(word))).collect()
    }));
}
