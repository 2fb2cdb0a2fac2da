//! Pipeline files: fan-out, windows, reductions, sinks.

use std::fs;

use crate::support::{gristmill, pipeline};

fn run(text: &str) -> (tempfile::TempDir, serde_json::Value) {
    let (folder, path) = pipeline(text);
    let output = gristmill(folder.path(), &["run", path.to_str().unwrap(), "--json", "--report", "none"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = serde_json::from_slice(&output.stdout).unwrap();
    (folder, printed)
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
