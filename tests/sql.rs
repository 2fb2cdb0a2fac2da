//! `gristmill sql`: queries over the flights, beside answers that pandas gave.

use std::fs;

use serde_json::Value;

use crate::support::processes::TestCluster;
use crate::support::{failure, gristmill, root};

const QUERY: &str = "SELECT hour, count(*) AS n, count(dep_delay) AS n_known, avg(dep_delay) AS mean \
                     FROM flights GROUP BY hour ORDER BY hour";
const JANUARY: &str = "january=tests/data/flights/2013-01.csv.gz";

fn sql(args: &[&str]) -> std::process::Output {
    gristmill(root(), &[&["sql"], args].concat())
}

/// The rows that a query writes.
fn rows(query: &str, table: &str, more: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rows.jsonl");
    let done = sql(&[&[query, table, "-o", out.to_str().unwrap()][..], more].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    fs::read_to_string(&out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn said(args: &[&str]) -> String {
    let output = sql(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn hours_of_the_flights_are_those_that_pandas_gives() {
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(root().join("tests/data/flights/expected.json")).unwrap())
            .unwrap();
    for more in [&["--threads", "1"][..], &["--limit-memory", "64MB"]] {
        let hours = rows(QUERY, "flights=tests/data/flights/2013-01.csv.gz", more);
        let pandas = expected["a_month_1"].as_array().unwrap();
        assert_eq!(hours.len(), pandas.len());
        for (ours, theirs) in hours.iter().zip(pandas) {
            assert_eq!((&ours["hour"], &ours["n_known"]), (&theirs["hour"], &theirs["n"]));
            let (ours, theirs) = (ours["mean"].as_f64(), theirs["mean_delay"].as_f64());
            let differ = ours.zip(theirs).map(|(ours, theirs)| (ours - theirs).abs() > 1e-9 * theirs.abs());
            assert!(ours.is_some() == theirs.is_some() && differ != Some(true), "{ours:?} {theirs:?}");
        }
    }
    let all = rows(QUERY, "tests/data/flights/*.csv.gz", &[]);
    let sum = |name: &str| all.iter().map(|row| row[name].as_u64().unwrap()).sum::<u64>();
    // Those that never left have no delay.
    assert_eq!((sum("n"), sum("n_known")), (expected["n_flights"].as_u64().unwrap(), 336_776 - 8_255));
}

#[test]
fn rows_are_printed_for_people_and_for_programs() {
    let query = "SELECT count(*) AS n, min(hour) AS first FROM january";
    assert_eq!(said(&[query, JANUARY, "--format", "csv"]), "n,first\n27004,5\n");
    assert_eq!(said(&[query, JANUARY, "--format", "json"]), "{\"first\":5,\"n\":27004}\n");
    let shown = said(&[query, JANUARY]);
    assert!(shown.contains("27004") && shown.contains("first"), "{shown}");
    let explained = said(&[query, JANUARY, "--explain"]);
    assert!(explained.contains("1 files of CSV") && explained.contains("DataSourceExec"), "{explained}");
}

#[test]
fn plugins_are_called_and_read_for_queries() {
    let plugin = ["--plugin", "plugins/prebuilt/stats.wasm"];
    let query = "SELECT carrier, stats.mean(dep_delay) AS ours, avg(dep_delay) AS known, \
                 sum(stats.scale(distance, 1.609)) / sum(distance) AS km FROM january GROUP BY carrier";
    let rows = rows(query, JANUARY, &plugin);
    assert_eq!(rows.len(), 16);
    for row in rows {
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!((number("ours") - number("known")).abs() < 1e-9 * number("known").abs(), "{row}");
        assert!((number("km") - 1.609).abs() < 1e-9, "{row}");
    }
    let told =
        failure(&sql(&[&["SELECT stats.scale(carrier, 2.0) FROM january", JANUARY][..], &plugin].concat()));
    assert!(told.contains("argument 1 of stats.scale") && told.contains("ndarray<float64>"), "{told}");
}

#[test]
fn a_cluster_of_processes_gives_the_same_rows() {
    let cluster = TestCluster::start(2);
    let here = said(&[QUERY, "flights=tests/data/flights/*.csv.gz", "--format", "csv"]);
    let address = cluster.scheduler.address();
    let there =
        said(&[QUERY, "flights=tests/data/flights/*.csv.gz", "--format", "csv", "--cluster", address]);
    assert_eq!(here.lines().count(), 21);
    let close = |a: &str, b: &str| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs(),
        _ => a == b,
    };
    let mut cells = here.split([',', '\n']).zip(there.split([',', '\n']));
    assert!(cells.all(|(a, b)| close(a, b)), "{here}\n{there}");
}

#[test]
fn a_mistake_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.parquet").display().to_string();
    let told = failure(&sql(&["SELECT houre FROM january", JANUARY, "-o", &out]));
    assert!(told.contains("houre") && told.contains("hour"), "{told}");
    assert!(failure(&sql(&["SELECT 1", "tests/data/flights/*.nothing"])).contains("nothing"));
    assert!(failure(&sql(&["DROP TABLE january", JANUARY])).contains("DDL"));
    let told = failure(&sql(&["SELECT 1", JANUARY, "-o", "x.xls"]));
    assert!(told.contains("names no format"), "{told}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
