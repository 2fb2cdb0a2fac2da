//! Results that are kept on disk: the same is not computed twice, whoever asks for it.

use std::path::Path;

use gristmill::cluster::LocalCluster;
use gristmill::prelude::*;

use crate::support::{component, failure, gristmill};

fn session(folder: &Path) -> LocalCluster {
    Cluster::local().threads(2).result_cache(folder, 1 << 30).start().unwrap()
}

/// A product that takes longer than writing it.
fn product(seed: u64) -> Array {
    let x = Generator::new(seed).normal(0.0, 1.0, &[1200, 1200], [1200, 1200]);
    x.matmul(&x)
}

/// What `gristmill cache` says.
fn cache(command: &str, folder: &Path, more: &[&str]) -> String {
    let args = [&["cache", command, folder.to_str().unwrap()], more].concat();
    let output = gristmill(folder, &args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_next_session_begins_with_what_the_last_one_has_kept() {
    let folder = tempfile::tempdir().unwrap();
    let first = session(folder.path());
    let expected = product(1).sum(0).compute(&first.client()).unwrap();
    let n_first = first.progress().n_done;
    drop(first);
    let second = session(folder.path());
    assert_eq!(product(1).sum(0).compute(&second.client()).unwrap(), expected);
    // What comes before the product is not needed.
    assert!(second.progress().n_done < n_first, "{} of {n_first}", second.progress().n_done);
    let before = second.progress().n_done;
    assert_eq!(product(1).sum(0).compute(&second.client()).unwrap(), expected);
    assert!(second.progress().n_done - before < n_first);
    assert!(cache("ls", folder.path(), &[]).contains("1 results"), "{}", cache("ls", folder.path(), &[]));

    // Another input is another result, and it can be asked why.
    product(2).sum(0).compute(&second.client()).unwrap();
    drop(second);
    let listed = cache("ls", folder.path(), &[]);
    let newest = listed.lines().nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let why = cache("why", folder.path(), &[&newest]);
    assert!(why.contains("has changed"), "{why}");
    let unknown =
        failure(&gristmill(folder.path(), &["cache", "why", folder.path().to_str().unwrap(), "zz"]));
    assert!(unknown.contains("there is no result `zz`"), "{unknown}");
    assert!(cache("clear", folder.path(), &[]).contains("2 results removed"));
}

#[test]
fn a_damaged_result_is_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let expected = product(3).sum(0).compute(&session(folder.path()).client()).unwrap();
    let damage = |path: &Path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    let values = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    values.filter(|path| path.extension().is_some_and(|kind| kind == "value")).for_each(|path| damage(&path));
    assert_eq!(product(3).sum(0).compute(&session(folder.path()).client()).unwrap(), expected);
}

#[test]
fn closures_are_nobodys_but_their_process() {
    let slow = |answer: i64| {
        native("slow", move |_| {
            std::thread::sleep(std::time::Duration::from_millis(30));
            Ok(Value::Int(answer))
        })
    };
    let folder = tempfile::tempdir().unwrap();
    for answer in [1, 2] {
        let session = session(folder.path());
        assert_eq!(delayed(slow(answer), args![]).compute(&session.client()).unwrap(), Value::Int(answer));
    }
    assert!(cache("ls", folder.path(), &[]).contains("0 results"));
}

#[test]
fn what_is_quick_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path());
    delayed(component("stats").function("inc"), args![1]).compute(&session.client()).unwrap();
    drop(session);
    assert!(cache("ls", folder.path(), &[]).contains("0 results"));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = Cluster::local().result_cache(&file, 1).start().unwrap_err().to_string();
    assert!(refused.contains("results cannot be kept"), "{refused}");
}
