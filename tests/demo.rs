//! The main job: the demo's numbers are those that pandas computed from the same files.

use gristmill::{collections::Program, graph::draw_ascii, prelude::*, storage::to_text_rows};

use crate::support::{gristmill, root};

fn close(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => a == b,
    }
}

fn check_table(found: &serde_json::Value, expected: &serde_json::Value) {
    let (found, expected) = (found.as_array().unwrap(), expected.as_array().unwrap());
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        for (column, expected) in expected.as_object().unwrap() {
            assert!(close(&found[column], expected), "{column}: found {found}, expected {expected}");
        }
    }
}

fn expected() -> serde_json::Value {
    let text = std::fs::read_to_string(root().join("tests/data/flights/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_demo_computes_what_pandas_and_numpy_compute() {
    let folder = tempfile::tempdir().unwrap();
    let output = gristmill(folder.path(), &["demo", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut parts = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<serde_json::Value>();
    let mut part = || parts.next().unwrap().unwrap();
    let (flights, delays, temperature) = (part(), part(), part());
    check_table(&flights["results"]["summary"], &expected()["summary"]);
    check_table(&delays["results"]["hours"], &expected()["hours"]);
    check_table(&delays["results"]["destinations"], &expected()["destinations"]);
    let warming = std::fs::read_to_string(root().join("tests/data/temperature/expected.json")).unwrap();
    check_table(&temperature["results"]["warming"], &serde_json::from_str(&warming).unwrap());
    let report = std::fs::read_to_string(folder.path().join("gristmill-report.html")).unwrap();
    assert!(
        report.contains("flights.model_a") && !report.contains("src=\"http"),
        "report is not self-contained"
    );
}

#[test]
fn intermediate_results_are_right_and_any_number_of_workers_gives_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = root().join("tests/data/pipelines/flights.toml");
    let shown = std::fs::read_to_string(&pipeline)
        .unwrap()
        .replace("../../../", &format!("{}/", root().display()))
        .replace("../flights", &root().join("tests/data/flights").display().to_string())
        .replace("show = [\"summary\"]", "show = [\"hours\", \"carriers\", \"rolled\", \"summary\"]");
    let path = folder.path().join("all.toml");
    std::fs::write(&path, shown).unwrap();
    let expected = expected();
    for workers in ["1", "3"] {
        let args = [
            "run",
            path.to_str().unwrap(),
            "--json",
            "--report",
            "none",
            "--workers",
            workers,
            "--threads",
            "3",
        ];
        let output = gristmill(folder.path(), &args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let results = &printed["results"];
        check_table(&results["hours"][0], &expected["a_month_1"]);
        check_table(&results["carriers"][0], &expected["b_month_1"]);
        check_table(&results["rolled"][5], &expected["rolled_month_6"]);
        check_table(&results["summary"], &expected["summary"]);
    }
}

#[test]
fn the_readme_shows_what_its_example_prints() {
    let cluster = crate::support::cluster();
    let client = cluster.client();
    let flights = crate::support::component("flights");
    let pattern = root().join("tests/data/flights/2013-*.csv.gz");
    let months = client.read(&flights, "flights-csv", pattern.to_str().unwrap()).unwrap();
    let hours: Vec<Delayed> =
        months.iter().map(|month| delayed(flights.function("model_a"), args![month])).collect();
    let year = delayed(flights.function("roll"), args![hours]);
    let mut printed = draw_ascii(&Program::of(std::slice::from_ref(&year)).unwrap().graph);
    let Value::Partition(table) = year.compute(&client).unwrap() else { panic!("a table") };
    let (columns, hours) = to_text_rows(&table, 2);
    for row in [columns].iter().chain(&hours) {
        printed += row.join(" | ").trim_end();
        printed += "\n";
    }
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("```text\n{printed}```")), "README.md does not show:\n{printed}");
}
