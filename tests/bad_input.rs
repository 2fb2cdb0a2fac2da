//! Bad input: one clear error each (what, why, which task and input, what to do), exit code 1, and nothing lost.

use std::fs;
use std::time::Duration;

use gristmill::client::Error;
use gristmill::data::TaskErrorKind;
use gristmill::prelude::*;

use crate::support::{component, failure, gristmill, pipeline, root};

/// A pipeline with one call of one plugin file.
fn one_call(plugin: &[u8]) -> String {
    let (folder, path) =
        pipeline("[plugins]\nbad = \"bad.wasm\"\n[task.answer]\ncall = \"bad.noop\"\nargs = []\n");
    fs::write(folder.path().join("bad.wasm"), plugin).unwrap();
    failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()]))
}

fn check_contains(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.to_lowercase().contains(&word.to_lowercase()), "no {word:?} in: {text}");
    }
}

#[test]
fn components_that_are_none() {
    let good = fs::read(root().join("plugins/prebuilt/stats.wasm")).unwrap();
    check_contains(&one_call(b"not wasm at all"), &["bad", "component"]);
    check_contains(&one_call(&good[..good.len() / 2]), &["bad", "component"]);
    check_contains(&one_call(b"\0asm\x01\0\0\0"), &["bad", "core webassembly module", "plugin build"]);
    check_contains(&one_call(b"\x7fELF\x02\x01\x01\0"), &["bad", "component"]);
    check_contains(&one_call(&[]), &["bad"]);
}

/// Files used to be read whole before anybody looked at their size.
#[test]
fn files_are_read_up_to_their_limit() {
    let max = gristmill::collections::COMPONENT_NBYTES_MAX;
    let (folder, path) = pipeline("[plugins]\nbad = \"bad.wasm\"\n");
    let component = folder.path().join("bad.wasm");
    let make = |path: &std::path::Path, nbytes| fs::File::create(path).unwrap().set_len(nbytes).unwrap();
    let open = || gristmill::collections::Component::open(&component);
    make(&component, max);
    assert!(open().is_ok());
    make(&component, max + 1);
    assert!(matches!(open(), Err(gristmill::collections::Error::ComponentTooLarge { .. })));
    let run = || failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()]));
    check_contains(&run(), &["plugins.bad", "bad.wasm", "67108864 B"]);
    for command in ["inspect", "push"] {
        let args = ["plugin", command, "bad.wasm", "registry"];
        let args = if command == "push" { &args[..] } else { &args[..3] };
        check_contains(&failure(&gristmill(folder.path(), args)), &["bad.wasm", "67108864 B"]);
    }
    make(&path, (4 << 20) + 1);
    check_contains(&run(), &["pipeline.toml", "larger than"]);
    // The sandbox draws the line at the same size.
    let runtime = gristmill::sandbox::Runtime::new(gristmill::sandbox::RuntimeConfig::new()).unwrap();
    let error = runtime.load(&vec![0; max as usize + 1]).map(drop).unwrap_err();
    assert!(
        matches!(error, gristmill::sandbox::Error::TooLarge { max: admitted, .. } if admitted as u64 == max)
    );
}

#[test]
fn a_flipped_bit_never_crashes_the_binary() {
    let good = fs::read(root().join("plugins/prebuilt/stats.wasm")).unwrap();
    for position in [20, good.len() / 3, good.len() / 2, good.len() - 5] {
        let mut bad = good.clone();
        bad[position] ^= 0x10;
        let (folder, path) =
            pipeline("[plugins]\nbad = \"bad.wasm\"\n[task.answer]\ncall = \"bad.noop\"\nargs = []\n");
        fs::write(folder.path().join("bad.wasm"), bad).unwrap();
        let output = gristmill(folder.path(), &["run", path.to_str().unwrap()]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 1)) && !text.contains("panicked"),
            "{position}: {text}"
        );
    }
}

#[test]
fn pipelines_that_make_no_sense() {
    let run = |text: &str| {
        let (folder, path) = pipeline(text);
        failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()]))
    };
    let stats = "[plugins]\nstats = \"PREBUILT/stats.wasm\"\n";
    check_contains(
        &run("[task.a]\ncall = \"inc\"\nargs = [\"$b\"]\n[task.b]\ncall = \"inc\"\nargs = [\"$a\"]\n"),
        &["cycle", "a -> b -> a"],
    );
    check_contains(&run("[task.a]\ncall = \"inc\"\nargs = [\"$missing\"]\n"), &["task.a", "`missing`"]);
    check_contains(&run("[task.a]\ncall = \"inc\"\nargs = [1]\n[task.a]\ncall = \"inc\"\n"), &["duplicate"]);
    check_contains(&run("[task.a]\ncal = \"inc\"\n"), &["cal", "call"]);
    check_contains(&run("[task.a]\ncall = \"nothing.inc\"\n"), &["task.a", "nothing", "[plugins]"]);
    check_contains(&run("[task.a]\ncall = \"incc\"\n"), &["task.a", "incc", "inc"]);
    check_contains(&run(&format!("{stats}[task.a]\ncall = \"stats.nope\"\n")), &["stats.nope", "noop"]);
    check_contains(
        &run(&format!("{stats}[task.a]\ncall = \"stats.add\"\nargs = [1.0]\n")),
        &["stats.add", "b: float"],
    );
    check_contains(&run("[plugins]\nx = \"gone.wasm\"\n"), &["plugins.x", "gone.wasm"]);
    check_contains(&run("[output]\nshow = [\"ghost\"]\n"), &["ghost"]);
    let (folder, path) = pipeline("");
    fs::write(&path, b"title = \"\xff\xfe\"").unwrap();
    check_contains(&failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()])), &["UTF-8"]);
    check_contains(&failure(&gristmill(folder.path(), &["run", "nowhere.toml"])), &["nowhere.toml"]);
}

#[test]
fn a_corrupt_gzip_member_in_the_middle_of_a_set_names_the_file() {
    let text = "[plugins]\nflights = \"PREBUILT/flights.wasm\"\n[source.month]\nread = \"flights.flights-csv\"\n\
                glob = \"data/*.csv.gz\"\n[task.hours]\ncall = \"flights.model_a\"\neach = \"month\"\nargs = [\"$month\"]\n";
    let (folder, path) = pipeline(text);
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    for month in ["01", "02", "03"] {
        let name = format!("2013-{month}.csv.gz");
        fs::copy(root().join("tests/data/flights").join(&name), data.join(&name)).unwrap();
    }
    let victim = data.join("2013-02.csv.gz");
    let mut bytes = fs::read(&victim).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xff);
    fs::write(&victim, bytes).unwrap();
    let text = failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()]));
    check_contains(&text, &["2013-02.csv.gz", "corrupt"]);

    fs::remove_file(&victim).unwrap();
    fs::create_dir(&victim).unwrap();
    check_contains(
        &failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()])),
        &["2013-02.csv.gz"],
    );
    fs::remove_dir_all(&data).unwrap();
    check_contains(
        &failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()])),
        &["*.csv.gz", "match"],
    );
}

/// Each misbehaving function fails its own task with a typed error; its worker and its neighbour go on.
#[test]
fn a_guest_that_fails_takes_nothing_with_it() {
    // Only the endless loop is meant to meet its deadline: how long the others take is the machine's affair.
    let brief = Cluster::local().threads(2).task_timeout(Duration::from_secs(2)).start().unwrap();
    let cluster = crate::support::cluster();
    let stats = component("stats");
    let cases: [(&str, Vec<gristmill::collections::Argument>, &[TaskErrorKind]); 5] = [
        ("spin", args![], &[TaskErrorKind::Deadline]),
        ("grow", args![1u64 << 20], &[TaskErrorKind::MemoryLimit, TaskErrorKind::Trap]),
        ("recurse", args![1u64 << 40], &[TaskErrorKind::StackOverflow]),
        ("panic", args!["the stone broke"], &[TaskErrorKind::Trap]),
        ("fail", args!["no grain"], &[TaskErrorKind::Failed]),
    ];
    let inc = stats.function("inc");
    for (name, args, kinds) in cases {
        let client = if name == "spin" { brief.client() } else { cluster.client() };
        let bad = client.submit(stats.function(name), args).unwrap();
        let neighbours = client.map(&inc, 0..20i64).unwrap();
        let error = bad.result().unwrap_err();
        assert!(kinds.contains(&error.kind), "{name}: {error:?}");
        assert_eq!(&*error.function, format!("stats.{name}"));
        assert_eq!(&*error.task, bad.key().to_string());
        if error.kind == TaskErrorKind::Trap || error.kind == TaskErrorKind::StackOverflow {
            assert!(!error.backtrace.is_empty(), "{name}: no backtrace in {error}");
        }
        if name == "panic" {
            assert!(error.log.iter().any(|line| line.contains("the stone broke")), "{error}");
        }
        assert_eq!(client.gather(&neighbours).unwrap().len(), 20);
    }
}

#[test]
fn a_refused_component_is_a_typed_error_of_the_library() {
    let cluster = crate::support::cluster();
    let module = Component::from_bytes("module", &b"\0asm\x01\0\0\0"[..]);
    let error = cluster.client().submit(module.function("noop"), args![]).unwrap_err();
    let Error::Component { source, .. } = &error else { panic!("{error:?}") };
    let source = source.downcast_ref::<gristmill::sandbox::Error>();
    assert!(matches!(source, Some(gristmill::sandbox::Error::CoreModule)), "{source:?}");
}

/// What goes wrong in a pipeline is told with the entry's name, before a run and during it.
#[test]
fn errors_of_a_pipeline_name_the_entry() {
    let run = |second: &str| {
        let text = format!(
            "[plugins]\nstats = \"PREBUILT/stats.wasm\"\n[task.first]\ncall = \"stats.inc\"\nargs = [1]\n\
             [task.second]\n{second}\n"
        );
        let (folder, path) = pipeline(&text);
        failure(&gristmill(folder.path(), &["run", path.to_str().unwrap()]))
    };
    check_contains(
        &run("call = \"stats.fail\"\nargs = [\"no grain\"]"),
        &["`second: stats.fail`", "no grain"],
    );
    check_contains(&run("call = \"stats.inc\"\nargs = [\"text\"]"), &["`second: stats.inc`", "x: int"]);
    check_contains(&run("call = \"sum\"\nargs = [1, 2, 3, 4]"), &["`second: sum`"]);
}
