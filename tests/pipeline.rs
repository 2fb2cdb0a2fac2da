//! Pipeline files: fan-out, windows, reductions, sinks.

use std::fs;
use std::path::Path;

use crate::guest::{Declared, Guest, Raw};
use crate::support::{gristmill, pipeline};

/// The contract's number for the dtype.
const FLOAT64: u8 = 11;

fn run(text: &str) -> (tempfile::TempDir, serde_json::Value) {
    let (folder, path) = pipeline(text);
    let printed = printed(&folder, &path);
    (folder, printed)
}

fn printed(folder: &tempfile::TempDir, path: &Path) -> serde_json::Value {
    let output = gristmill(folder.path(), &["run", path.to_str().unwrap(), "--json", "--report", "none"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn fan_out_window_index_and_literals() {
    let (_, printed) = run("[task.seed]\ncall = \"list\"\nargs = [10, 20, 30]\n\
         [task.one]\ncall = \"item\"\nargs = [\"$seed\", 0]\n\
         [task.two]\ncall = \"item\"\nargs = [\"$seed\", 1]\n\
         [task.three]\ncall = \"item\"\nargs = [\"$seed\", 2]\n\
         [task.total]\ncall = \"sum\"\nargs = [[\"$one\", \"$two\", \"$three\"]]\n\
         [task.text]\ncall = \"identity\"\nargs = [\"$$5\"]\n");
    assert_eq!(printed["results"]["total"], 60);
    assert_eq!(printed["results"]["text"], "$5");
}

#[test]
fn a_reduction_over_files_and_a_sink() {
    let text = "[plugins]\nflights = \"PREBUILT/flights.wasm\"\n\
         [source.month]\nread = \"flights.flights-csv\"\nglob = \"DATA/2013-0[1-3].csv.gz\"\n\
         [task.hours]\ncall = \"flights.model_a\"\neach = \"month\"\nargs = [\"$month\"]\n\
         [task.rolled]\ncall = \"flights.roll\"\nargs = [\"$hours\"]\n\
         [task.near]\ncall = \"flights.roll\"\neach = \"hours\"\nwindow = [1, 0]\nargs = [\"$hours\"]\n\
         [sink.rolled]\npath = \"rolled.csv\"\n[sink.hours]\npath = \"hours.arrow\"\n"
        .replace("DATA", &crate::support::root().join("tests/data/flights").display().to_string());
    let (folder, printed) = run(&text);
    let near = printed["results"]["near"].as_array().unwrap();
    assert_eq!(near.len(), 3);
    let csv = fs::read_to_string(folder.path().join("rolled.csv")).unwrap();
    assert!(csv.starts_with("hour,n,mean_delay\n"), "{csv}");
    assert!(fs::metadata(folder.path().join("hours.arrow")).unwrap().len() > 500);
}

/// The error of a sink used to end the run before its results were printed, and with it hours of work were lost.
#[test]
fn results_are_printed_though_a_sink_fails() {
    let text = "[task.a]\ncall = \"identity\"\nargs = [41]\n[task.b]\ncall = \"inc\"\nargs = [1]\n\
                [sink.a]\npath = \"a.csv\"\n[sink.b]\npath = \"b.json\"\n";
    let (folder, path) = pipeline(text);
    let args = ["run", path.to_str().unwrap(), "--json", "--report", "no/such/report.html"];
    let output = gristmill(folder.path(), &args);
    // A number is no table: that is known only when there is one.
    let error = crate::support::failure(&output);
    assert!(error.contains("sink `a`") && error.contains("only a table"), "{error}");
    assert!(error.contains("report was not written"), "{error}");
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["results"]["a"], 41);
    assert_eq!(printed["written"].as_array().unwrap().len(), 1);
    assert_eq!(fs::read_to_string(folder.path().join("b.json")).unwrap(), "2\n");
}

/// Twelve items to fan out over: the months' files, which nobody reads, since no task names them in its arguments.
fn twelve() -> String {
    let data = crate::support::root().join("tests/data/flights");
    format!(
        "[plugins]\nflights = \"PREBUILT/flights.wasm\"\nchunks = \"chunks.wasm\"\n\
         stats = \"PREBUILT/stats.wasm\"\n\
         [source.month]\nread = \"flights.flights-csv\"\nglob = \"{}/2013-*.csv.gz\"\n",
        data.display()
    )
}

/// A plugin whose `f(n)` is a chunk that holds `n` n times, for n from 1 to 12.
fn chunks() -> Vec<u8> {
    let mut guest = Guest::new();
    let results: Vec<u8> = (1..=12u64)
        .flat_map(|n| {
            let data = (n as f64).to_le_bytes().repeat(n as usize);
            guest.result(&[Raw::NdArray(FLOAT64, vec![n], data)]).to_le_bytes()
        })
        .collect();
    let at = guest.bytes(&results);
    let function = Declared {
        params: vec![("n", "int", false)],
        returns: "ndarray<float64>".into(),
        ..Declared::new("f")
    };
    // Of the arguments the first, of its nodes the first, behind its case the number itself.
    let n = "(i32.wrap_i64 (i64.load (i32.add (i32.load (local.get 2)) (i32.const 8))))";
    let place = format!("(i32.mul (i32.const 4) (i32.sub {n} (i32.const 1)))");
    let call = format!("(i32.load (i32.add (i32.const {at}) {place}))");
    guest.functions(vec![function]).call(&call).build()
}

#[test]
fn a_reduction_in_a_tree_of_pairs() {
    let text = twelve()
        + "[task.chunk]\ncall = \"chunks.f\"\neach = \"month\"\ncount_from = 1\nargs = [\"$index\"]\n\
           [task.mean]\nreduce = \"stats.mean\"\nof = \"chunk\"\nfan_in = 2\n";
    let (folder, path) = pipeline(&text);
    fs::write(folder.path().join("chunks.wasm"), chunks()).unwrap();
    let printed = printed(&folder, &path);
    // n times n, over all n from 1 to m, by m(m + 1)/2 numbers: (2m + 1)/3.
    let mean = printed["results"]["mean"].as_f64().unwrap();
    assert!((mean - 25.0 / 3.0).abs() < 1e-12, "{mean}");
    // Each chunk is fused with its part; of their pairs, 6, 3 and 2, the one that holds a single part is fused with it.
    assert_eq!(printed["tasks"], 12 + 6 + 3 + 1 + 1);
}

#[test]
fn windows_slide_over_items_that_know_their_number() {
    let text = twelve()
        + "[task.number]\ncall = \"identity\"\neach = \"month\"\ncount_from = 10\nargs = [\"$index\"]\n\
           [task.near]\ncall = \"list\"\neach = [\"number\"]\nwindow = [1, 2]\ncount_from = -1\n\
           args = [\"$index\", \"$number\"]\n";
    let (folder, path) = pipeline(&text);
    fs::write(folder.path().join("chunks.wasm"), chunks()).unwrap();
    let near = printed(&folder, &path)["results"]["near"].take();
    let expected = |n: i64| {
        let window: Vec<i64> = (n - 1..=n + 2).filter(|k| (0..12).contains(k)).map(|k| 10 + k).collect();
        serde_json::json!([n - 1, window])
    };
    assert_eq!(near, serde_json::Value::from((0..12).map(expected).collect::<Vec<_>>()));
}
