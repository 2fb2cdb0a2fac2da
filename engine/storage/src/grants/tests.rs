//! What is granted can be read; what is not cannot, however the path is written.

use super::*;

struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("mine/deep")).unwrap();
        fs::create_dir_all(folder.path().join("other")).unwrap();
        fs::write(folder.path().join("mine/a.txt"), "0123456789").unwrap();
        fs::write(folder.path().join("mine/deep/b.txt"), "b").unwrap();
        fs::write(folder.path().join("other/secret.txt"), "secret").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn grants(&self, name: &str) -> Grants {
        Grants::files([self.path(name).as_str()]).unwrap()
    }
}

#[test]
fn a_granted_file_is_read_at_any_position() {
    let fixture = Fixture::new();
    let blob = Blob::open(&fixture.grants("mine/a.txt"), &fixture.path("mine/a.txt")).unwrap();
    assert_eq!(blob.size(), 10);
    assert_eq!(blob.read_at(2, 3).unwrap(), b"234");
    assert_eq!(blob.read_at(8, 100).unwrap(), b"89");
    assert_eq!(blob.read_at(100, 1).unwrap(), b"");
    assert!(matches!(blob.read_at(0, READ_NBYTES_MAX + 1), Err(Error::ReadTooLong { .. })));
}

#[test]
fn everything_else_is_refused() {
    let fixture = Fixture::new();
    let grants = fixture.grants("mine");
    let link = fixture.path("mine/link");
    std::os::unix::fs::symlink(fixture.path("other/secret.txt"), &link).unwrap();
    let refused = [
        fixture.path("other/secret.txt"),
        fixture.path("mine/../other/secret.txt"),
        link,
        "/etc/passwd".to_owned(),
        fixture.path("mine/nothing"),
        "a\0b".to_owned(),
        String::new(),
    ];
    for path in refused {
        let error = Blob::open(&grants, &path).unwrap_err();
        assert!(matches!(error, Error::NotGranted { .. }), "{path}: {error}");
    }
    assert!(Blob::open(&grants, &fixture.path("mine/../mine/a.txt")).is_ok());
    assert!(matches!(Blob::open(&grants, &fixture.path("mine")), Err(Error::NotAFile { .. })));
    // A folder whose name merely begins like a granted one is another folder.
    fs::create_dir(fixture.path("mine2")).unwrap();
    fs::write(fixture.path("mine2/c.txt"), "").unwrap();
    assert!(Blob::open(&grants, &fixture.path("mine2/c.txt")).is_err());
}

#[test]
fn listing_pages_through_granted_files_only() {
    let fixture = Fixture::new();
    std::os::unix::fs::symlink(fixture.path("other"), fixture.path("mine/deep/link")).unwrap();
    let grants = fixture.grants("mine");
    let all = grants.list_prefix("", None, 10).unwrap();
    let names: Vec<&str> = all.iter().map(|entry| entry.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.txt", "b.txt"]);
    let second = grants.list_prefix(&fixture.path("mine"), Some(&all[0].path), 10).unwrap();
    assert_eq!(second, all[1..]);
    assert!(grants.list_prefix(&fixture.path("other"), None, 10).unwrap().is_empty());
}

#[test]
fn what_is_not_there_yet_is_covered_by_where_it_would_be() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    let grants = Grants::files([inside.to_str().unwrap()]).unwrap();
    assert!(grants.covers(&inside.join("a/b/c.npy")));
    assert!(grants.covers(&inside));
    assert!(!grants.covers(folder.path()));
    assert!(!grants.covers(&folder.path().join("inside2/x")));
    assert!(!grants.covers(&inside.join("../x")));
    assert!(!grants.covers(Path::new("inside/x")));
    assert!(!grants.covers(Path::new("http://mill.example/x")));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path(), inside.join("out")).unwrap();
        assert!(!grants.covers(&inside.join("out/x")));
    }
}
