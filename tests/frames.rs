//! Dataframes as tasks: on one machine and on several processes, with plugins, arrays and calls before and behind them.

use std::fs;
use std::time::Duration;

use gristmill::client::Error;
use gristmill::data::TaskErrorKind;
use gristmill::dataframe::{ColumnExt, DataFrame, Functions, Join, Session, col, len, lit};
use gristmill::prelude::*;

use crate::support::processes::TestCluster;
use crate::support::{component, root};

fn flights() -> DataFrame {
    DataFrame::read(&root().join("tests/data/flights/2013-*.csv.gz").display().to_string())
}

/// The rows as CSV.
fn csv(rows: &Partition) -> String {
    let mut out = Vec::new();
    gristmill::storage::write_rows(&mut out, "csv", rows).unwrap();
    String::from_utf8(out).unwrap()
}

fn sorted(rows: &Partition) -> Vec<String> {
    let mut lines: Vec<String> = csv(rows).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn task_error<T: std::fmt::Debug>(result: Result<T, Error>) -> TaskError {
    match result.unwrap_err() {
        Error::Task(error) => error,
        other => panic!("{other}"),
    }
}

/// Flights, late ones and miles, a carrier.
fn carriers() -> DataFrame {
    let late = col("dep_delay").gt(lit(15)).alias("late");
    flights()
        .with_columns([late])
        .group_by(["carrier"])
        .agg([
            len().alias("n"),
            col("dep_delay").count().alias("left"),
            col("distance").sum(),
            col("late").any(),
        ])
        .sort(["carrier"])
}

#[test]
fn every_executor_gives_the_same_rows_of_the_same_key() {
    let processes = TestCluster::start(2);
    let locals =
        [Cluster::local().threads(2), Cluster::local().threads(4).workers(2), Cluster::synchronous()];
    let locals: Vec<_> = locals.into_iter().map(|builder| builder.start().unwrap()).collect();
    let mut clients: Vec<Client> = locals.iter().map(gristmill::cluster::LocalCluster::client).collect();
    clients.push(processes.client());
    let expected = "9E,18460,17416,9788152,true";
    let mut keys = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    for client in &clients {
        let future = client.persist(&[carriers().to_delayed().unwrap()]).unwrap().remove(0);
        let result = client.gather(std::slice::from_ref(&future)).unwrap().remove(0);
        let Value::Partition(partition) = result else { panic!("{result:?}") };
        keys.push(future.key());
        rows.push(csv(&partition));
    }
    assert!(rows[0].contains(expected), "{}", rows[0]);
    assert!(rows.iter().all(|other| *other == rows[0]));
    assert!(keys.iter().all(|other| *other == keys[0]), "{keys:?}");
}

#[test]
fn frames_calls_and_plugins_follow_each_other_in_one_graph() {
    let cluster = Cluster::local().threads(2).start().unwrap();
    let client = cluster.client();
    // Read by a plugin, grouped here, scaled by another plugin, partition by partition, and joined again.
    let reader = component("flights");
    let pattern = root().join("tests/data/flights/2013-0[12].csv.gz").display().to_string();
    let (plan, pieces) = client.planned(&reader, "flights-csv", &pattern, &[]).unwrap();
    assert!(pieces.len() >= 2);
    let read = DataFrame::from_delayed(pieces, &plan.ty.to_string());
    let means = read.group_by(["hour"]).agg([col("dep_delay").mean(), len()]);
    let doubled = native("double", |args| {
        let Value::Partition(part) = &args[0] else { panic!() };
        let by = args[1].as_float()?;
        let delays = part.column("dep_delay").unwrap();
        let delays = delays.as_any().downcast_ref::<gristmill::data::arrow::array::Float64Array>().unwrap();
        let scaled = delays.unary::<_, gristmill::data::arrow::array::types::Float64Type>(|delay| delay * by);
        let columns: [(&str, gristmill::data::arrow::array::ArrayRef); 2] =
            [("hour", part.column("hour").unwrap().clone()), ("twice", std::sync::Arc::new(scaled))];
        Ok(Value::Partition(Partition::from_columns(part.n_rows(), columns).unwrap()))
    });
    let twice = means.map_partitions(3, doubled, args![2.0], "table{hour: int64, twice: float64}");
    let both =
        means.join(&twice, &["hour"], Join::Inner).filter((col("twice") / col("dep_delay")).not_eq(lit(2.0)));
    let (rows, none) = {
        let computed = client.compute(&[means.clone(), both]).unwrap();
        (computed[0].clone(), computed[1].clone())
    };
    assert_eq!((rows.n_rows(), none.n_rows()), (19, 0));
    // The same of our own reader.
    let own = DataFrame::read(&pattern).group_by(["hour"]).agg([col("dep_delay").mean(), len()]);
    let own = own.compute(&client).unwrap();
    assert_eq!(sorted(&own).len(), sorted(&rows).len());
    assert_eq!(
        sorted(&own.select(&["hour", "len"]).unwrap()),
        sorted(&rows.select(&["hour", "len"]).unwrap())
    );
    // What a function returns is held to what was said of it.
    let wrong = means.map_partitions(1, kernel("identity").unwrap(), args![], "table{nothing: int64}");
    let error = task_error(wrong.compute(&client));
    assert!(error.message.contains("nothing"), "{error}");
}

#[test]
fn arrays_become_frames_and_frames_arrays() {
    let cluster = Cluster::local().threads(2).start().unwrap();
    let client = cluster.client();
    // Rows n, n % 7 in blocks of 100.
    let n = Array::arange(0, 1_000, 1, 100);
    let both =
        gristmill::collections::array::stack(&[n.clone(), &n % 7], 1).rechunk(vec![vec![100; 10], vec![2]]);
    let frame = DataFrame::from_array(&both, &["n", "kind"]);
    let sums = frame.group_by(["kind"]).agg([col("n").sum()]).sort(["kind"]);
    let rows = sums.compute(&client).unwrap();
    let expected: Vec<i64> = (0..7).map(|kind| (kind..1_000).step_by(7).sum()).collect();
    let column = rows.column("n").unwrap().as_any();
    let column = column.downcast_ref::<gristmill::data::arrow::array::Int64Array>().unwrap();
    assert_eq!(column.values().to_vec(), expected);
    // And back: one column, and two of one type.
    let part = frame.filter(col("kind").eq(lit(3))).with_column("twice", col("n") * lit(2_i64));
    let lengths: Vec<u64> = client
        .compute(&part.lengths(4).unwrap())
        .unwrap()
        .iter()
        .map(|length| length.as_int().unwrap() as u64)
        .collect();
    assert_eq!(lengths.iter().sum::<u64>(), 143);
    let one = part.to_array(&["n"], &lengths).unwrap();
    let two = part.to_array(&["n", "twice"], &lengths).unwrap();
    assert_eq!((one.shape(), two.shape()), (vec![143], vec![143, 2]));
    let sums = client.compute(&[one.sum(()), two.sum(0).sum(())]).unwrap();
    let sum = |at: usize| sums[at].as_slice::<i64>().unwrap()[0];
    assert_eq!((sum(0), sum(1)), (expected[3], 3 * expected[3]));
    assert!(part.to_array(&["n", "nothing"], &lengths).is_err());
    let told = DataFrame::from_array(&both, &["n"]).check().unwrap_err().to_string();
    assert!(told.contains("has not 1 columns"), "{told}");
}

#[test]
fn plugins_score_rows_in_methods_and_in_sql() {
    let processes = TestCluster::start(1);
    for client in [Cluster::local().threads(2).start().unwrap().client(), processes.client()] {
        let stats = Functions::of(&client.describe(&component("stats")).unwrap());
        let january =
            DataFrame::read(&root().join("tests/data/flights/2013-01.csv.gz").display().to_string());
        let km = stats.call("scale", [col("distance"), lit(1.609)]).unwrap();
        let mean = stats.call("mean", [km.clone()]).unwrap().alias("km");
        let known = (col("distance").mean() * lit(1.609)).alias("known");
        let methods = january.group_by(["origin"]).agg([mean, known]);
        let mut session = Session::new();
        session.register("january", &january).unwrap();
        session.register_functions(&stats);
        let sql = session.sql(
            "SELECT origin, stats.mean(stats.scale(distance, 1.609)) AS km, avg(distance) * 1.609 AS known \
             FROM january GROUP BY origin",
        );
        for rows in client.compute(&[methods, sql]).unwrap() {
            assert_eq!(rows.n_rows(), 3);
            for line in csv(&rows).lines().skip(1) {
                let cells: Vec<&str> = line.split(',').collect();
                let (km, known): (f64, f64) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
                assert!((km - known).abs() < 1e-9 * known, "{line}");
            }
        }
        // A guest that goes on for ever ends with its task.
        let told = stats.call("spin", []).map(drop);
        assert!(told.is_err(), "a function without a column is none of a query");
    }
}

#[test]
fn a_query_goes_on_where_a_worker_dies_and_is_kept_for_the_next() {
    let kept = tempfile::tempdir().unwrap();
    let mut cluster = TestCluster::start(2);
    let client = cluster.client();
    let slow = {
        let pairs = flights().select(["carrier", "hour"]);
        let other = flights().select([col("hour"), col("distance")]);
        pairs
            .join(&other.filter(col("distance").lt(lit(90))), &["hour"], Join::Inner)
            .group_by(["carrier"])
            .agg([col("distance").sum(), len()])
    };
    let expected = {
        let local = Cluster::local().threads(2).result_cache(kept.path(), 1 << 30).start().unwrap();
        let rows = slow.compute(&local.client()).unwrap();
        sorted(&rows)
    };
    let futures = client.persist(&[slow.to_delayed().unwrap()]).unwrap();
    std::thread::sleep(Duration::from_millis(150));
    cluster.workers[0].kill();
    let result = client.gather(&futures).unwrap().remove(0);
    let Value::Partition(rows) = result else { panic!("{result:?}") };
    assert_eq!(sorted(&rows), expected);
    let again = Cluster::local().threads(2).result_cache(kept.path(), 1 << 30).start().unwrap();
    assert_eq!(sorted(&slow.compute(&again.client()).unwrap()), expected);
    assert_eq!(again.progress().n_done, 0, "what was kept is computed again");
}

#[test]
fn tables_are_written_by_tasks_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::local().threads(2).start().unwrap();
    let client = cluster.client();
    let out = folder.path().join("flights").display().to_string();
    let written = flights().write(&out).partition_by(&["origin", "month"]);
    assert_eq!(written.compute(&client).unwrap(), 336_776);
    let again = DataFrame::read(&out).filter(col("origin").eq(lit("JFK")).and(col("month").eq(lit(7))));
    let known = flights().filter(col("origin").eq(lit("JFK")).and(col("month").eq(lit(7))));
    let miles = |frame: &DataFrame| frame.agg([len(), col("distance").sum()]);
    let both = client.compute(&[miles(&again), miles(&known)]).unwrap();
    assert_eq!(csv(&both[0]), csv(&both[1]));
    // Of 36 files, the others are not even opened.
    assert!(again.explain().unwrap().contains("36 files of Parquet"));
    let error = written.compute(&client).unwrap_err().to_string();
    assert!(error.contains("is there already; ask for `overwrite`"), "{error}");
    assert_eq!(written.overwrite().compute(&client).unwrap(), 336_776);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn types_are_checked_before_anything_runs_and_limits_hold() {
    let cluster = Cluster::local().threads(1).memory_limit_nbytes(16 << 20).start().unwrap();
    let client = cluster.client();
    let hours = flights().group_by(["hour"]).count().to_delayed().unwrap();
    let misfit = delayed(component("flights").function("model_a"), args![&hours]);
    let refused = client.compute(&[misfit]).unwrap_err().to_string();
    assert!(refused.contains("model_a") && refused.contains("dep_delay"), "{refused}");
    assert_eq!(cluster.progress().n_done, 0);
    // All rows as a result are more than the memory for queries.
    let error = task_error(flights().compute(&client));
    assert_eq!(error.kind, TaskErrorKind::MemoryLimit, "{error}");
    // A sort of the same goes to disk, and to a file.
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sorted.parquet").display().to_string();
    let written = flights().sort(["distance", "carrier"]).write(&out).compute(&client).unwrap();
    assert_eq!(written, 336_776);
}
