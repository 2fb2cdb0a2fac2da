//! The commands around a run: graph, doctor, inspect, exit codes.

use crate::support::{failure, gristmill, root};

fn stdout(args: &[&str]) -> String {
    let output = gristmill(root(), args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn graph_draws_every_task_of_the_demo() {
    let svg = stdout(&["graph", "tests/data/pipelines/flights.toml"]);
    assert!(svg.trim_start().starts_with("<svg") && svg.contains("flights.model_a"));
    // 12 months of read, two models, roll and compare, and one summary.
    assert_eq!(svg.matches("<title>").count(), 12 * 5 + 1);
}

#[test]
fn doctor_answers_in_words_and_in_json() {
    assert!(stdout(&["doctor"]).contains("cores"));
    let findings: serde_json::Value = serde_json::from_str(&stdout(&["doctor", "--json"])).unwrap();
    let names: Vec<&str> = findings.as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    let of_machine = ["cores", "memory", "gpu", "wasm cache", "spill disk"];
    for name in of_machine.iter().chain(&["rust plugins", "c plugins", "python plugins", "js plugins"]) {
        assert!(names.contains(name), "{names:?}");
    }
    // No GPU is used, and so none is missing.
    let gpu = findings.as_array().unwrap().iter().find(|finding| finding["name"] == "gpu").unwrap();
    assert!(gpu["good"] == true && gpu["advice"] == "", "{gpu}");
}

#[test]
fn inspect_lists_functions_with_their_types() {
    let text = stdout(&["plugin", "inspect", "plugins/prebuilt/carrier_score.wasm"]);
    for word in ["carrier_score", "model_b", "table{carrier: utf8", "ndarray<float64>", "blake3"] {
        assert!(text.contains(word), "no {word} in {text}");
    }
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    assert_eq!(gristmill(root(), &["grind"]).status.code(), Some(2));
    assert_eq!(gristmill(root(), &["run"]).status.code(), Some(2));
}

/// A message and its cause both held the system's words, and both were printed.
#[test]
fn the_systems_words_are_printed_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.toml"), "[plugins]\nx = \"gone.wasm\"\n").unwrap();
    let said = std::fs::read("nowhere").unwrap_err().to_string();
    let report = ["run", "sum.toml", "--report", "no/such/report.html"];
    std::fs::write(folder.path().join("sum.toml"), "[task.a]\ncall = \"inc\"\nargs = [1]\n").unwrap();
    for args in [
        &["run", "nowhere.toml"][..],
        &["run", "p.toml"],
        &["plugin", "inspect", "gone.wasm"],
        &["plugin", "build", "gone"],
        &["graph", "sum.toml", "-o", "no/such/graph.svg"],
        &report,
    ] {
        let text = failure(&gristmill(folder.path(), args));
        assert_eq!(text.matches(&said).count(), 1, "{args:?}: {text}");
    }
}

#[test]
fn a_task_timeout_ends_an_endless_loop() {
    let text = "[plugins]\nstats = \"PREBUILT/stats.wasm\"\n[task.a]\ncall = \"stats.spin\"\n";
    let (folder, path) = crate::support::pipeline(text);
    let run = |timeout| gristmill(folder.path(), &["run", path.to_str().unwrap(), "--task-timeout", timeout]);
    let error = failure(&run("300ms"));
    assert!(error.contains("`a: stats.spin`") && error.contains("longer than 300ms"), "{error}");
    assert_eq!(run("0s").status.code(), Some(2));
}

#[test]
fn a_run_prints_what_its_tasks_log_unless_told_not_to() {
    let text =
        "[plugins]\nstats = \"PREBUILT/stats.wasm\"\n[task.a]\ncall = \"stats.log_flood\"\nargs = [2]\n";
    let (folder, path) = crate::support::pipeline(text);
    let run = |more: &[&str]| {
        let output = gristmill(folder.path(), &[&["run", path.to_str().unwrap()], more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = run(&[]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("info: a: stats.log_flood ("), "{told}");
    assert!(lines[0].ends_with("): line 0 of 2") && lines[1].ends_with("): line 1 of 2"), "{told}");
    assert_eq!(run(&["--quiet"]) + &run(&["--json"]), "");
}
