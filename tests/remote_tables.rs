//! Tables on web servers and in object stores, for one process and for a cluster's.

use std::process::{Command, Output};

use gristmill::prelude::*;

use crate::server::{Kind, Server};
use crate::support::processes::Process;
use crate::support::{failure, root};

/// What tells the binary of an object store.
fn store(address: &str) -> [(&'static str, String); 5] {
    let texts = [
        ("AWS_ENDPOINT", address),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "mill-1"),
        ("AWS_ACCESS_KEY_ID", "miller"),
        ("AWS_SECRET_ACCESS_KEY", "grain"),
    ];
    texts.map(|(name, value)| (name, value.to_owned()))
}

fn sql(args: &[&str], variables: &[(&str, String)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gristmill"));
    command.arg("sql").args(args).args(["--format", "csv"]).envs(variables.iter().cloned()).output().unwrap()
}

fn said(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

/// Flights in a folder: a CSV of January, and all of the year by origin in Parquet.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mill = folder.path().join("mill");
    std::fs::create_dir(&mill).unwrap();
    std::fs::copy(root().join("tests/data/flights/2013-01.csv.gz"), mill.join("2013-01.csv.gz")).unwrap();
    let all = DataFrame::read(&root().join("tests/data/flights/2013-*.csv.gz").display().to_string());
    let out = mill.join("flights").display().to_string();
    let cluster = Cluster::local().threads(2).start().unwrap();
    all.write(&out).partition_by(&["origin"]).compute(&cluster.client()).unwrap();
    folder
}

#[test]
fn files_of_servers_and_stores_are_tables() {
    let folder = data();
    let web = Server::start(Kind::Web, Some(folder.path()));
    let january = format!("t={}/mill/2013-01.csv.gz", web.address);
    assert_eq!(
        said(&sql(&["SELECT count(*) AS n, sum(distance) AS d FROM t", &january], &[])),
        "n,d\n27004,27188805\n"
    );
    let told = failure(&sql(&["SELECT 1", &format!("t={}/mill/nothing.csv", web.address)], &[]));
    assert!(told.contains("nothing.csv") && told.contains("nothing is there"), "{told}");

    let s3 = Server::start(Kind::S3, Some(folder.path()));
    let variables = store(&s3.address);
    let query = "SELECT origin, count(*) AS n FROM t WHERE origin <> 'EWR' GROUP BY origin ORDER BY origin";
    let expected = "origin,n\nJFK,111279\nLGA,104662\n";
    for files in ["t=s3://mill/flights/", "t=s3://mill/flights/*/*.parquet"] {
        s3.asked();
        assert_eq!(said(&sql(&[query, files], &variables)), expected, "{files}");
        let asked = s3.asked();
        assert!(asked.iter().any(|line| line.contains("origin=LGA")), "{asked:?}");
    }
    // Of files whose paths are excluded nothing but what is in them is asked for.
    s3.asked();
    let query = "SELECT max(dep_delay) AS worst FROM t WHERE origin = 'LGA' AND dest <> 'ATL'";
    assert_eq!(said(&sql(&[query, "t=s3://mill/flights/"], &variables)), "worst\n911\n");
    let asked = s3.asked();
    let n_asked = |origin: &str| asked.iter().filter(|line| line.contains(origin)).count();
    assert!(n_asked("LGA") > n_asked("EWR") && n_asked("EWR") == n_asked("JFK"), "{asked:?}");
}

#[test]
fn workers_read_what_stores_have_and_a_file_that_changes_is_told() {
    let folder = data();
    let s3 = Server::start(Kind::S3, Some(folder.path()));
    let variables = store(&s3.address);
    let plain: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let scheduler = Process::start(&["scheduler", "--listen", "127.0.0.1:0"]);
    let address = scheduler.address();
    let _workers: Vec<Process> = (0..2)
        .map(|_| Process::start_with(&["worker", address, "--threads", "1", "--device", "cpu"], &plain))
        .collect();
    let query = "SELECT count(*) AS n, sum(distance) AS d FROM t";
    let args = [query, "t=s3://mill/flights/", "--cluster", address];
    assert_eq!(said(&sql(&args, &variables)), "n,d\n336776,350217607\n");
    let told = failure(&sql(&[query, "t=s3://mill/flights/*.csv"], &variables));
    assert!(told.contains("names no files"), "{told}");
    s3.change("mill/flights/broken.csv", |bytes| bytes.extend(b"a,b\n1,2\n3\n"));
    let told = failure(&sql(&["SELECT b FROM t", "t=s3://mill/flights/broken.csv"], &variables));
    assert!(told.contains("broken.csv") && told.contains("line 3"), "{told}");
}
