//! The commands around a run: graph, doctor, inspect, exit codes.

use crate::support::{gristmill, root};

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
    for name in ["cores", "memory", "gpu adapters", "wasm cache", "spill disk"] {
        assert!(names.contains(&name), "{names:?}");
    }
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
