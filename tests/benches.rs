//! What the benches print: every figure of a peer beside ours.

#[path = "../benches/support.rs"]
#[expect(dead_code, reason = "benches measure, and this looks at what they print only")]
mod support;

use serde_json::{Value, json};
use support::{Figure, json_lines, table};

/// The lines of these figures as JSON, but for the bench's name, which is in all of them.
fn lines(figures: &[Figure]) -> Vec<Value> {
    let lines = json_lines("overhead", figures);
    let objects = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let named = objects.map(|mut object| {
        assert_eq!(object.as_object_mut().unwrap().remove("bench"), Some(json!("overhead")));
        object
    });
    named.collect()
}

#[test]
fn a_peers_figure_is_divided_by_ours_of_the_same_case_and_metric() {
    let of_script = r#"{"case": "chain", "metric": "time", "value": 300.0, "unit": "us", "peer": "dask", "version": "2026.8.0"}"#;
    let figures = [
        Figure::new("independent", "time", 1.0, "us"),
        Figure::new("chain", "memory", 2.0, "us"),
        Figure::new("chain", "time", 3.0, "ms"),
        Figure::new("chain", "time", 4.0, "us"),
        Figure::from_json(of_script).unwrap(),
    ];
    let printed = lines(&figures);
    assert_eq!(printed[3], json!({ "case": "chain", "metric": "time", "value": 4.0, "unit": "us" }));
    let mut expected: Value = serde_json::from_str(of_script).unwrap();
    expected["ratio"] = json!(75.0);
    assert_eq!(printed[4], expected);
}

#[test]
fn a_peers_figure_without_ours_has_no_ratio() {
    let figures = [
        Figure::new("merge", "moved", 0.0, "GB"),
        Figure::new("merge", "moved", 5.0, "GB").by("random", "1"),
        Figure::new("tree", "moved", 5.0, "GB").by("random", "1"),
        Figure::new("tree", "moved", 5.0, "GB").by("dask", "1"),
    ];
    let printed = lines(&figures);
    assert_eq!(printed[0].get("ratio"), None);
    assert!(printed[1..].iter().all(|line| line["ratio"] == Value::Null && line["version"] == "1"));
}

#[test]
fn what_is_no_figure_of_a_peer_is_not_taken_for_one() {
    for line in [
        "python 3.11.7, 2 cores",
        "{}",
        r#"{"case": "chain", "metric": "time", "value": 300.0, "unit": "us"}"#,
        r#"{"case": "chain", "metric": "time", "value": "fast", "unit": "us", "peer": "dask", "version": "1"}"#,
    ] {
        assert_eq!(Figure::from_json(line), None, "{line}");
    }
}

#[test]
fn the_table_has_peers_below_ours() {
    let figures = [
        Figure::new("tree", "time", 2.0, "s"),
        Figure::new("merge, all", "time", 0.5, "s"),
        Figure::new("tree", "time", 5.0, "s").by("random", "1"),
        Figure::new("shuffle", "time", 1.0, "s").by("random", "1"),
    ];
    let expected = "  case        metric  value unit  ratio  peer
  tree        time    2.000 s
  tree        time    5.000 s      2.50  random
  merge, all  time    0.500 s
  shuffle     time    1.000 s         -  random
";
    assert_eq!(table(&figures), expected);
}
