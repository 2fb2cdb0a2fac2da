//! Spilled values come back, files go away, and a full disk is said to be one.

use gristmill_data::Chunk;

use super::*;

/// Files in the folder besides its lock.
fn n_values(dir: &SpillDir) -> usize {
    fs::read_dir(dir.path()).unwrap().count() - 1
}

fn chunk(n: u64) -> Value {
    Chunk::from_vec((0..n).map(|i| i as f64).collect::<Vec<_>>(), &[n]).unwrap().into()
}

#[test]
fn a_spilled_value_comes_back_and_its_file_goes() {
    let parent = tempfile::tempdir().unwrap();
    let dir = SpillDir::create(parent.path(), None).unwrap();
    let value = Value::list([chunk(1000), Value::from("text"), Value::Null]);
    let file = dir.spill(&value).unwrap();
    assert!(file.nbytes() > 8000);
    assert_eq!(file.load().unwrap(), value);
    drop(file);
    assert_eq!(n_values(&dir), 0);
    drop(dir);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn only_the_owner_may_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = SpillDir::create(parent.path(), None).unwrap();
    assert_eq!(fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_limit_counts_what_is_there_now() {
    let parent = tempfile::tempdir().unwrap();
    let dir = SpillDir::create(parent.path(), Some(20_000)).unwrap();
    let first = dir.spill(&chunk(1000)).unwrap();
    let second = dir.spill(&chunk(1000)).unwrap();
    assert!(matches!(dir.spill(&chunk(1000)), Err(Error::SpillLimit { limit: 20_000, .. })));
    drop(first);
    assert!(dir.spill(&chunk(1000)).is_ok());
    drop(second);
}

/// A flipped bit of a number made another number, which nobody noticed.
#[test]
fn a_damaged_file_is_an_error_and_not_a_wrong_value() {
    let parent = tempfile::tempdir().unwrap();
    let dir = SpillDir::create(parent.path(), None).unwrap();
    // More than is gathered before a write.
    let file = dir.spill(&chunk(200_000)).unwrap();
    let written = fs::read(&file.path).unwrap();
    for bit in [0, 4321, written.len() * 4, written.len() * 8 - 1] {
        let mut flipped = written.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&file.path, flipped).unwrap();
        let error = file.load().unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "bit {bit}: {error}");
        assert!(error.to_string().contains(&file.path.display().to_string()), "{error}");
    }
    fs::write(&file.path, &written).unwrap();
    assert_eq!(file.load().unwrap(), chunk(200_000));
    fs::write(&file.path, b"short").unwrap();
    assert!(matches!(file.load(), Err(Error::Io { .. })));
}

#[test]
fn folders_that_nobody_locks_are_removed() {
    let parent = tempfile::tempdir().unwrap();
    let stale = parent.path().join(format!("{FOLDER_PREFIX}{}-0", u32::MAX));
    fs::create_dir(&stale).unwrap();
    fs::write(stale.join(LOCK_NAME), "").unwrap();
    let first = SpillDir::create(parent.path(), None).unwrap();
    let second = SpillDir::create(parent.path(), None).unwrap();
    assert!(!stale.exists() && first.path().exists() && second.path().exists());
}

/// A real full disk: a file system of one megabyte in memory, where the machine lets us mount one.
#[test]
fn a_full_disk_is_said_to_be_one() {
    let parent = tempfile::tempdir().unwrap();
    let mount = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(parent.path())
        .output();
    if !mount.is_ok_and(|output| output.status.success()) {
        println!("skipped: no permission to mount a small file system");
        return;
    }
    let dir = SpillDir::create(parent.path(), None).unwrap();
    let before = dir.spill(&chunk(1000)).unwrap();
    let error = dir.spill(&chunk(1 << 20)).unwrap_err();
    let (loaded, n_files) = (before.load().unwrap(), n_values(&dir));
    drop((before, dir));
    let unmounted = std::process::Command::new("umount").arg(parent.path()).status().unwrap();
    assert!(unmounted.success());
    assert!(matches!(error, Error::DiskFull { needed, .. } if needed >= 8 << 20), "{error}");
    assert_eq!(loaded, chunk(1000), "what was spilled before is unharmed");
    assert_eq!(n_files, 1, "nothing half-written is left");
}

/// A folder's lock file was there before it was locked: whoever cleaned up in between took the folder for abandoned and
/// removed it. Here many make folders at a time, each cleaning up before; none may lose its own.
#[test]
fn a_folder_in_the_making_is_not_taken_for_abandoned() {
    let parent = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let dir = SpillDir::create(parent.path(), None).unwrap();
                    assert!(dir.path().join(LOCK_NAME).exists());
                    assert!(!is_abandoned(dir.path()), "the renamed file should be locked");
                }
            });
        }
    });
}
