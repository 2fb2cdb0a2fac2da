//! Compiled code on disk: used when it is this worker's own and whole, and never else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::tests::prebuilt;
use crate::{CallContext, Profile, Runtime, RuntimeConfig, Stats};

/// Loads a component in a new runtime with this cache, and calls it.
fn load(config: RuntimeConfig) -> Stats {
    let runtime = Runtime::new(config).unwrap();
    let plugin = runtime.load(&prebuilt("carrier_score")).unwrap();
    assert!(plugin.signature("dot").is_some());
    assert!(plugin.call("dot", &[], &CallContext::new()).is_err());
    runtime.stats()
}

fn cached_in(dir: &Path) -> RuntimeConfig {
    RuntimeConfig::new().instances_max(4).cache_dir(dir)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "aot"));
    files
}

fn check(config: RuntimeConfig, compiled: u64, from_cache: u64, refused: u64) {
    let stats = load(config);
    assert_eq!(
        (stats.n_compiled, stats.n_from_cache, stats.n_refused_files),
        (compiled, from_cache, refused)
    );
}

#[test]
fn code_is_compiled_once_and_kept_for_the_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("made/by/need");
    check(cached_in(&dir), 1, 0, 0);
    check(cached_in(&dir), 0, 1, 0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("key"))), (0o700, 0o600));
    assert_eq!(mode(files(&dir).first().unwrap()), 0o600);
    // Another profile is another compilation.
    check(cached_in(&dir).profile(Profile::Deterministic { fuel: 1 << 32 }), 1, 0, 0);
    assert_eq!(files(&dir).len(), 2);
}

#[test]
fn changed_foreign_and_cut_files_are_compiled_again() {
    let dir = tempfile::tempdir().unwrap();
    check(cached_in(dir.path()), 1, 0, 0);
    let file = files(dir.path()).remove(0);
    let whole = fs::read(&file).unwrap();
    for at in [0, 31, 32, 100, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&file, flipped).unwrap();
        check(cached_in(dir.path()), 1, 0, 1);
        check(cached_in(dir.path()), 0, 1, 0);
    }
    for len in [0, 10, 32, whole.len() - 1] {
        fs::write(&file, &whole[..len]).unwrap();
        check(cached_in(dir.path()), 1, 0, 1);
    }
    // Code that another worker compiled and signed with its own key.
    let other = tempfile::tempdir().unwrap();
    check(cached_in(other.path()), 1, 0, 0);
    fs::copy(files(other.path()).remove(0), &file).unwrap();
    check(cached_in(dir.path()), 1, 0, 1);
}

#[test]
fn one_file_cannot_stand_in_for_another() {
    let dir = tempfile::tempdir().unwrap();
    check(cached_in(dir.path()), 1, 0, 0);
    let first = files(dir.path()).remove(0);
    let runtime = Runtime::new(cached_in(dir.path())).unwrap();
    runtime.load(&crate::tests::guest::Guest::new().build()).unwrap();
    let second = files(dir.path()).into_iter().find(|path| *path != first).unwrap();
    fs::copy(second, &first).unwrap();
    check(cached_in(dir.path()), 1, 0, 1);
}

#[test]
fn a_key_that_others_could_read_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    check(cached_in(dir.path()), 1, 0, 0);
    let key = dir.path().join("key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    check(cached_in(dir.path()), 1, 0, 1);
    fs::write(&key, b"short").unwrap();
    check(cached_in(dir.path()), 1, 0, 1);
    check(cached_in(dir.path()), 0, 1, 0);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Runtime::new(cached_in(&file.path().join("below"))).unwrap_err();
    assert!(error.to_string().contains("below"), "{error}");
}
