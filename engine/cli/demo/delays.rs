//! The dataframe part of the demo: delays by hour of day, in methods, and by destination, in SQL.

use std::path::Path;
use std::time::Instant;

use gristmill::data::Value;
use gristmill::prelude::*;

use crate::cli::options::ClusterOptions;
use crate::cli::run::{OutputOptions, print_results};

/// Flights below which an airport's mean says little.
const FLIGHTS_MIN: i64 = 1_000;
/// Airports that are shown.
const AIRPORTS: usize = 5;

pub(super) fn run(folder: &Path, output: &OutputOptions, options: &ClusterOptions) -> anyhow::Result<()> {
    let started = Instant::now();
    let cluster = options.start()?;
    let flights = DataFrame::read(&folder.join("2013-*.csv.gz").display().to_string());
    let airports = DataFrame::read(&folder.join("airports.csv").display().to_string());
    let frames = [by_hour(&flights), by_destination(&flights, &airports)?];
    let tables: Vec<Value> = cluster.client().compute(&frames)?.into_iter().map(Value::from).collect();
    let (hours, destinations) = tables.split_at(1);
    let title = "Delays of 2013 by hour of day and by destination";
    let results = [("hours", hours), ("destinations", destinations)];
    print_results(title, &results, output, Some(cluster.progress()), started.elapsed(), None)?;
    cluster.shutdown();
    Ok(())
}

/// Flights that left, and their mean delay in minutes, by the hour of their departure.
fn by_hour(flights: &DataFrame) -> DataFrame {
    let delay = || col("dep_delay");
    flights
        .dropna(&["dep_delay"])
        .group_by(["hour"])
        .agg([delay().count().alias("n"), delay().mean().alias("mean_delay")])
        .sort(["hour"])
}

/// The airports that are reached latest, by name.
fn by_destination(flights: &DataFrame, airports: &DataFrame) -> anyhow::Result<DataFrame> {
    let mut session = Session::new();
    session.register("flights", flights)?;
    session.register("airports", airports)?;
    Ok(session.sql(&format!(
        "SELECT name, count(arr_delay) AS n, avg(arr_delay) AS mean_delay
         FROM flights JOIN airports ON dest = code
         GROUP BY name HAVING count(arr_delay) >= {FLIGHTS_MIN}
         ORDER BY mean_delay DESC, name LIMIT {AIRPORTS}"
    )))
}
