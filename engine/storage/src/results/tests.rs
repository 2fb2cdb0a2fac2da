//! A result is there for whoever opens the folder next, whole or not at all.

use std::collections::BTreeMap;

use gristmill_data::{Chunk, Value};

use super::*;

struct Fixture {
    folder: tempfile::TempDir,
    spill: SpillDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spill = SpillDir::create(folder.path(), None).unwrap();
        Self { folder, spill }
    }

    fn cache(&self, limit_nbytes: u64) -> ResultCache {
        ResultCache::open(&self.folder.path().join("results"), limit_nbytes).unwrap()
    }

    fn keep(&self, cache: &ResultCache, key: u8, value: &Value, call: CallNote) {
        let file = self.spill.spill(value).unwrap();
        let Written { nbytes, checksum } = cache.put(Key([key; 32]), &file).unwrap();
        let note = ResultNote {
            call,
            before: BTreeMap::new(),
            nbytes: value.nbytes(),
            file_nbytes: nbytes,
            checksum,
            duration_ns: 5,
            made_s: u64::from(key),
        };
        cache.note(Key([key; 32]), &note).unwrap();
    }
}

fn call(function: &str, argument: &str, inputs: &[&str]) -> CallNote {
    CallNote {
        name: "stats.mean".to_owned(),
        function: function.to_owned(),
        arguments: vec![argument.to_owned()],
        inputs: inputs.iter().map(|key| (*key).to_owned()).collect(),
    }
}

fn value(n: u32) -> Value {
    Value::Chunk(Chunk::from_vec((0..n).map(f64::from).collect(), &[u64::from(n)]).unwrap())
}

#[test]
fn a_result_outlives_whoever_has_kept_it() {
    let fixture = Fixture::new();
    fixture.keep(&fixture.cache(1 << 30), 7, &value(1000), call("a#mean", "1", &[]));
    let cache = fixture.cache(1 << 30);
    let key = Key([7; 32]);
    assert_eq!(cache.nbytes_of(key), Some(value(1000).nbytes()));
    let file = cache.get(key, &fixture.spill).unwrap();
    assert_eq!(file.load().unwrap(), value(1000));
    // Even if it goes meanwhile.
    assert_eq!(cache.clear().unwrap(), 1);
    assert_eq!(file.load().unwrap(), value(1000));
    assert!(cache.get(key, &fixture.spill).is_none() && cache.is_empty());
    assert_eq!(fs::read_dir(cache.folder()).unwrap().count(), 0);
}

#[test]
fn what_others_keep_is_seen_and_what_was_given_up_is_not() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.cache(1 << 30), fixture.cache(1 << 30));
    fixture.keep(&one, 1, &value(10), call("a#mean", "1", &[]));
    other.look().unwrap();
    assert!(other.nbytes_of(Key([1; 32])).is_some());
    // A value without a note.
    let file = fixture.spill.spill(&value(5)).unwrap();
    one.put(Key([2; 32]), &file).unwrap();
    other.look().unwrap();
    assert!(other.nbytes_of(Key([2; 32])).is_none());
}

#[test]
fn those_used_longest_ago_go_first() {
    let fixture = Fixture::new();
    let cache = fixture.cache(100_000);
    for key in 1..=12 {
        fixture.keep(&cache, key, &value(1000), call("a#mean", "1", &[]));
        let used = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + u64::from(key));
        let path = cache.path(Key([key; 32]), VALUE);
        fs::File::options().append(true).open(path).unwrap().set_modified(used).unwrap();
        // The first is used all the time.
        cache.get(Key([1; 32]), &fixture.spill).unwrap();
        let path = cache.path(Key([1; 32]), VALUE);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_100_000_000);
        fs::File::options().append(true).open(path).unwrap().set_modified(now).unwrap();
    }
    let left: Vec<u8> = (1..=12).filter(|&key| cache.nbytes_of(Key([key; 32])).is_some()).collect();
    assert!(left.contains(&1) && left.contains(&12) && !left.contains(&2), "{left:?}");
    let nbytes: u64 =
        fs::read_dir(cache.folder()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(nbytes < 110_000, "{nbytes}");
}

#[test]
fn a_damaged_result_is_no_result() {
    let fixture = Fixture::new();
    let cache = fixture.cache(1 << 30);
    fixture.keep(&cache, 3, &value(1000), call("a#mean", "1", &[]));
    let path = cache.path(Key([3; 32]), VALUE);
    let mut bytes = fs::read(&path).unwrap();
    bytes[500] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let file = cache.get(Key([3; 32]), &fixture.spill).unwrap();
    assert!(matches!(file.load(), Err(Error::Damaged { .. })));
    fs::write(&path, &bytes[..100]).unwrap();
    assert!(cache.get(Key([3; 32]), &fixture.spill).is_none_or(|file| file.load().is_err()));
}

#[test]
fn why_says_what_has_changed_first() {
    let note = |call: CallNote, before: &[(&str, CallNote)], made_s| ResultNote {
        call,
        before: before.iter().map(|(key, call)| ((*key).to_owned(), call.clone())).collect(),
        nbytes: 8,
        file_nbytes: 8,
        checksum: 0,
        duration_ns: 5,
        made_s,
    };
    let old = note(call("a#mean", "1", &["x"]), &[("x", call("k@1", "1", &[]))], 1);
    let says = |new: ResultNote, expected: &str| {
        let said = why::explain(&new, [&old].into_iter());
        assert_eq!(said, expected);
    };
    says(
        note(call("b#mean", "1", &["x"]), &[("x", call("k@1", "1", &[]))], 2),
        "the code of `stats.mean` has changed: a#mean -> b#mean",
    );
    says(
        note(call("a#mean", "1", &["y"]), &[("y", call("k@1", "2", &[]))], 2),
        "argument 0 of `stats.mean` has changed: 1 -> 2",
    );
    says(note(call("a#mean", "1", &["y"]), &[], 2), "input 0 of `stats.mean` is another value");
    let first = why::explain(&old, std::iter::empty());
    assert!(first.contains("the first result of `stats.mean`"), "{first}");
}
