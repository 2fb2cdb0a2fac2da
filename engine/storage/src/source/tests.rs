//! Patterns, identities, and what is said when nothing matches.

use super::*;

#[test]
fn a_pattern_names_files_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.csv", "a.csv", "c.txt"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let pattern = folder.path().join("*.csv").display().to_string();
    let sources = Source::glob(&pattern).unwrap();
    let names: Vec<&str> = sources.iter().map(|source| source.path().rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.csv", "b.csv"]);
    assert_eq!(sources[0].size(), 5);
}

#[test]
fn identity_follows_content_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(&path, "one").unwrap();
    let before = Source::open(&path).unwrap();
    assert_eq!(before.identity(), Source::open(&path).unwrap().identity());
    fs::write(&path, "longer").unwrap();
    assert_ne!(before.identity(), Source::open(&path).unwrap().identity());
}

#[test]
fn nothing_matched_says_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("here.csv"), "").unwrap();
    let pattern = folder.path().join("gone/*.parquet").display().to_string();
    let text = Source::glob(&pattern).unwrap_err().to_string();
    assert!(text.contains("gone/*.parquet") && text.contains("here.csv"), "{text}");
    assert!(matches!(Source::glob("a[").unwrap_err(), Error::Pattern { position: 1, .. }));
    let is_folder = Source::glob(&folder.path().display().to_string()).unwrap_err();
    assert!(matches!(is_folder, Error::NotAFile { .. }), "{is_folder}");
}
