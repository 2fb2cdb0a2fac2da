//! What does a query cost? A folder of CSV, the 22 queries of TPC-H at scale factor 1, and a plugin's function on ten million
//! rows; DataFusion alone, DuckDB, Polars and Dask beside them, on the same files in the same run.
//!
//! A query is timed from its text to its rows, planning and all; the best of `RUNS` counts. Files are in the page cache.

#![allow(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

mod support;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use gristmill::prelude::*;
use support::{Figure, best, by_script, peers_run, print};

/// Threads of ours and of the peers.
const N_THREADS: usize = 2;
/// Runs of each query, ours and the peers'; the fastest counts.
const RUNS: usize = 3;
/// Files of the folder of CSV, and rows of each.
const CSV_FILES: u64 = 100;
const CSV_ROWS: u64 = 100_000;
/// Rows that a plugin's function is called with.
const PLUGIN_ROWS: u64 = 10_000_000;
const TPCH_TABLES: [&str; 8] =
    ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"];

fn main() {
    let folder = data_folder();
    let cluster = Cluster::local().threads(N_THREADS).start().unwrap();
    let client = cluster.client();
    let mut figures = Vec::new();
    csv(&folder);
    numbers(&folder, &client);
    let mut peers = Vec::new();
    if peers_run() {
        // It makes the tables of TPC-H, too.
        peers = by_script(
            "dataframes.py",
            &[folder.display().to_string(), N_THREADS.to_string(), RUNS.to_string()],
        );
    }
    figures.extend(csv_hours(&folder, &client));
    figures.extend(tpch(&folder, &client));
    figures.extend(plugin(&folder, &client));
    figures.extend(peers);
    print("dataframes", &figures);
    means(&figures);
}

fn data_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dataframes");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Moments of 2016, a user and a value a row: 10 million rows in 100 files.
fn csv(folder: &Path) {
    let folder = folder.join("csv");
    if folder.is_dir() {
        return;
    }
    let making = folder.with_extension("part");
    fs::create_dir_all(&making).unwrap();
    let mut state = 1_u64;
    for file in 0..CSV_FILES {
        let mut text = "timestamp,user,value\n".to_owned();
        for row in 0..CSV_ROWS {
            // The constants of Knuth's MMIX generator.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let second = (file * CSV_ROWS + row) * 3 % 86_400;
            let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
            let (day, value) = (1 + file % 28, (state >> 33) as f64 / 1e6);
            let month = 1 + file % 12;
            writeln!(
                text,
                "2016-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02},{},{value}",
                state >> 50
            )
            .unwrap();
        }
        fs::write(making.join(format!("2016-{file:03}.csv")), text).unwrap();
    }
    fs::rename(making, folder).unwrap();
}

/// Ten million numbers in Parquet.
fn numbers(folder: &Path, client: &Client) {
    let path = folder.join("numbers.parquet");
    if path.is_file() {
        return;
    }
    let mut session = Session::new();
    session.register("t", &DataFrame::read(&folder.join("csv").display().to_string())).unwrap();
    let rows = session.sql(&format!("SELECT value AS x FROM t LIMIT {PLUGIN_ROWS}"));
    rows.write(&path.display().to_string()).compute(client).unwrap();
}

fn csv_hours(folder: &Path, client: &Client) -> Vec<Figure> {
    let pattern = folder.join("csv/*.csv").display().to_string();
    let hours = || {
        let hour = col("timestamp").dt().hour().alias("hour");
        let hours =
            DataFrame::read(&pattern).with_columns([hour]).group_by(["hour"]).agg([col("value").mean()]);
        hours.compute(client).unwrap().n_rows()
    };
    let (seconds, n_rows) = best(RUNS, hours);
    assert_eq!(n_rows, 24);
    vec![Figure::new("csv folder, mean by hour", "time", seconds, "s")]
}

fn tpch(folder: &Path, client: &Client) -> Vec<Figure> {
    let tables = folder.join("sf1");
    if !tables.join("supplier.parquet").is_file() {
        println!("skipped: TPC-H, whose tables the peers' script makes");
        return Vec::new();
    }
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tpch/queries.sql")).unwrap();
    let figure = |part: &str| {
        let (number, sql) = part.split_once('\n').unwrap();
        let sql = sql.trim().replace("$FRACTION", "0.0001000000");
        let (seconds, _) = best(RUNS, || {
            let mut session = Session::new();
            for table in TPCH_TABLES {
                let path = tables.join(table).with_extension("parquet").display().to_string();
                session.register(table, &DataFrame::read(&path)).unwrap();
            }
            session.sql(&sql).compute(client).unwrap().n_rows()
        });
        Figure::new(format!("tpch sf1 q{:02}", number.trim().parse::<u32>().unwrap()), "time", seconds, "s")
    };
    text.split("\n-- q").skip(1).map(figure).collect()
}

/// The same function as a component and as an operator of the engine's own.
fn plugin(folder: &Path, client: &Client) -> Vec<Figure> {
    let component =
        Component::open(concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/prebuilt/stats.wasm")).unwrap();
    let stats = Functions::of(&client.describe(&component).unwrap());
    let rows = DataFrame::read(&folder.join("numbers.parquet").display().to_string());
    let time = |scaled: gristmill::dataframe::Expr| {
        let total = rows.agg([scaled.sum().alias("total")]);
        best(RUNS, || total.compute(client).unwrap()).0
    };
    let own = time(col("x") * lit(1.609));
    let of_plugin = time(stats.call("scale", [col("x"), lit(1.609)]).unwrap());
    vec![
        Figure::new("sum of scaled, 1e7 rows, native", "time", own, "s"),
        Figure::new("sum of scaled, 1e7 rows, component", "time", of_plugin, "s"),
    ]
}

/// The geometric mean of each peer's times beside ours, of the queries of TPC-H that it has.
fn means(figures: &[Figure]) {
    let of_tpch = figures.iter().filter(|figure| figure.case.starts_with("tpch"));
    let mut ratios: std::collections::BTreeMap<&str, Vec<f64>> = std::collections::BTreeMap::new();
    for figure in of_tpch {
        if let (Some(peer), Some(ratio)) = (&figure.peer, figure.ratio(figures)) {
            ratios.entry(peer.name.as_str()).or_default().push(ratio.ln());
        }
    }
    for (peer, logs) in ratios {
        let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        println!("TPC-H, {} queries: {peer} takes {mean:.2} times as long", logs.len());
    }
}
