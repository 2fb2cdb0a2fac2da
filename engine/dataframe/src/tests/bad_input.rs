//! Mistakes of users and damaged files: what is told, and what is left behind.

use std::fs;

use gristmill_data::{TaskErrorKind, Value};

use crate::tests::{Around, at, computed, folder, frame, run, written};
use crate::{ColumnExt, DataFrame, ReadOptions, Session, col, lit};
use gristmill_data::ColumnType;

fn refused(pattern: &str) -> String {
    DataFrame::read(pattern).check().unwrap_err().to_string()
}

#[test]
fn files_that_make_no_table_are_told_before_anything_runs() {
    let folder = folder(&[
        ("good.csv", "a,b\n1,2\n"),
        ("order.csv", "b,a\n1,2\n"),
        ("more.csv", "a,b,c\n1,2,3\n"),
        ("twice.csv", "a,a\n1,2\n"),
        ("empty.csv", ""),
        ("x.parquet", "PAR1 not really"),
        ("x.txt", "?"),
        ("one.json", "{\"a\": 1}\n"),
        ("two.json", "{\"a\": \"x\"}\n"),
        ("broken.json", "{\"a\": 1}\n{\"a\"\n"),
        ("k=1/x.csv", "v\n1\n"),
        ("plain/x.csv", "v\n1\n"),
    ]);
    let refused = |name: &str| refused(&at(&folder, name));
    assert!(refused("*.nothing").contains("nothing"));
    assert!(refused("x.txt").contains("is of no known format"));
    assert!(refused("[go]*[vn]").contains("is of another format"), "{}", refused("[go]*[vn]"));
    assert!(refused("x.parquet").contains("x.parquet` cannot be read as Parquet"));
    assert!(refused("[go]*[dr].csv").contains("they stand in another order"), "{}", refused("[go]*[dr].csv"));
    assert!(
        refused("[gm]*.csv").contains("more.csv` has other columns than")
            && refused("[gm]*.csv").contains("it has c besides")
    );
    assert!(refused("twice.csv").contains("two columns are called `a`"));
    assert!(refused("empty.csv").contains("none of the files has a line"));
    assert!(refused("[ot]*.json").contains("`a` is Utf8 in it and Int64 there"), "{}", refused("[ot]*.json"));
    assert!(refused("broken.json").contains("broken.json` cannot be read as JSON lines"));
    assert!(
        refused("*/x.csv").contains("has the columns none, and those before have k"),
        "{}",
        refused("*/x.csv")
    );
    let unknown = ReadOptions::new().dtype("z", ColumnType::Int64);
    let told = DataFrame::read_csv_with(&at(&folder, "good.csv"), &unknown).check().unwrap_err().to_string();
    assert!(told.contains("there is no column `z`; there are a, b"), "{told}");
}

#[test]
fn a_fault_in_a_file_is_told_with_its_place_and_leaves_nothing_behind() {
    let late = format!("a\n{}oops\n", "1\n".repeat(25_000));
    let ragged = format!("a,b\n{}3\n", "1,2\n".repeat(25_000));
    let json = format!("{}{{\"a\": \"x\"}}\n", "{\"a\": 1}\n".repeat(25_000));
    let folder =
        folder(&[("0.csv", "a\n1\n"), ("1.csv", &late), ("ragged.csv", &ragged), ("late.json", &json)]);
    let told = |name: &str| computed(&DataFrame::read(&at(&folder, name))).unwrap_err();
    let error = told("[01].csv");
    assert_eq!(error.kind, TaskErrorKind::DataCorrupt);
    assert!(
        error.message.contains("1.csv")
            && error.message.contains("oops")
            && error.message.contains("line 25002")
            && error.message.contains("column `a`"),
        "{error}"
    );
    let error = told("ragged.csv");
    assert!(error.message.contains("ragged.csv") && error.message.contains("line 25002"), "{error}");
    let error = told("late.json");
    assert!(error.message.contains("late.json") && error.message.contains("line 25001"), "{error}");
    let out = folder.path().join("out.parquet");
    written(&DataFrame::read(&at(&folder, "[01].csv")), &out, &[], false).unwrap_err();
    written(&DataFrame::read(&at(&folder, "[01].csv")), &folder.path().join("out"), &["a"], false)
        .unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn damaged_lines_go_to_a_table_of_their_own() {
    let rows: String = (0..3_000)
        .map(|n| if n % 1_000 == 7 { format!("{n}\n") } else { format!("{n},\"a\nb\"\n") })
        .collect();
    let folder = folder(&[
        ("a.csv", &format!("n,word\n{rows}")),
        ("b.csv", "n,word\n1,x\n\nx,y\n2,z\n"),
        ("c.json", "{\"n\": 1}\n{\"n\": \"x\"}\n\n{oops\n{\"n\": 2}\n"),
    ]);
    let read = |name: &str| {
        DataFrame::read_lenient(&at(&folder, name), &ReadOptions::new().dtype("n", ColumnType::Int64))
    };
    let (rows, faults) = read("[ab].csv");
    let told = rows.agg([col("n").sum(), crate::len()]);
    let sum = 2_999 * 3_000 / 2 - (7 + 1_007 + 2_007) + 3;
    assert_eq!(crate::tests::csv(&told), format!("n,len\n{sum},2999\n"));
    let told = crate::tests::sorted_csv(&faults.select(["line", "text", "reason"]));
    assert_eq!(told.len(), 4, "{told:?}");
    // Seven records before it have two lines each.
    assert!(
        told.iter().any(|line| line.starts_with("16,7,") && line.contains("incorrect number of fields")),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line.starts_with("4,\"x,y\",") && line.contains("'x'")), "{told:?}");
    let (rows, faults) =
        DataFrame::read_lenient(&at(&folder, "c.json"), &ReadOptions::new().dtype("n", ColumnType::Int64));
    assert_eq!(crate::tests::csv(&rows.agg([col("n").sum()])), "n\n3\n");
    assert_eq!(crate::tests::sorted_csv(&faults.select(["line"])), ["2", "4"]);
    let (rows, _) = DataFrame::read_lenient(&at(&folder, "a.parquet"), &ReadOptions::new());
    assert!(rows.check().is_err());
}

#[test]
fn a_truncated_parquet_file_is_named() {
    let folder = folder(&[]);
    let path = folder.path().join("x.parquet");
    written(&frame("a\n1\n2\n"), &path, &[], false).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    let told = refused(&at(&folder, "x.parquet"));
    assert!(told.contains("x.parquet` cannot be read as Parquet"), "{told}");
    // Damaged where only reading finds it.
    let mut damaged = whole;
    damaged[8..24].fill(0xff);
    fs::write(&path, &damaged).unwrap();
    let error = computed(&DataFrame::read(&at(&folder, "x.parquet"))).unwrap_err();
    assert!(error.message.contains("x.parquet"), "{error}");
}

#[test]
fn files_that_change_or_are_closed_are_not_read() {
    let folder = folder(&[("x.csv", "a\n1\n")]);
    let x = DataFrame::read(&at(&folder, "x.csv"));
    let closed = Around { closed: Some("x.csv"), ..Around::default() };
    let error = run(&x, Value::Null, closed, 1 << 30).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::PermissionDenied, "{error}");
    fs::write(at(&folder, "x.csv"), "a\n1\n2\n").unwrap();
    let error = computed(&x).unwrap_err();
    assert!(error.message.contains("is not what it was"), "{error}");
}

#[test]
fn mistakes_in_expressions_are_told_by_the_frame() {
    let rows = frame("a,b\n1,x\n");
    let told = |frame: &DataFrame| frame.check().unwrap_err().to_string();
    assert!(told(&rows.filter(col("c").gt(lit(0)))).contains('c'));
    assert!(told(&rows.select(["a", "a"])).contains('a'));
    assert!(told(&rows.drop(&["z"])).contains("no column `z`; there are a, b"));
    assert!(told(&rows.rename("z", "y")).contains("no column `z`"));
    assert!(told(&rows.melt(&["a"], &[])).contains("no columns are named"));
    // A mistake stays when more is done to it.
    assert!(told(&rows.drop(&["z"]).head(1).sort(["a"])).contains("no column `z`"));
    let error = computed(&rows.select([col("b").astype(ColumnType::Int64)])).unwrap_err();
    assert!(error.message.contains("x"), "{error}");
    let listed = rows.group_by(["a"]).agg([col("b").implode()]);
    let told = listed.to_delayed().unwrap_err().to_string();
    assert!(told.contains("column `b`") && told.contains("explode"), "{told}");
    // Deep expressions do not end the process.
    let deep = (0..300).fold(col("a"), |sum, n| sum + lit(n));
    let _ = computed(&rows.select([deep.alias("sum")]));
    let mut session = Session::new();
    session.register("t", &rows).unwrap();
    let nested = format!("SELECT {}a{} FROM t", "(".repeat(5_000), ")".repeat(5_000));
    assert!(session.sql(&nested).check().is_err());
}

#[test]
fn arguments_that_are_none_are_refused() {
    use crate::{Engine, RelationalEngine};
    let engine = Engine::start(1, 1 << 20, std::env::temp_dir()).unwrap();
    let run = |args: &[Value]| engine.run(args, std::sync::Arc::new(Around::default())).unwrap_err();
    let bytes = |bytes: &[u8]| Value::from(bytes.to_vec());
    let none = Value::list(Vec::<Value>::new());
    assert_eq!(run(&[]).kind, TaskErrorKind::InvalidArgument);
    for plan in [&b""[..], b"\xff\xff\xff", b"not a plan"] {
        for output in [Value::Null, Value::UInt(u64::MAX), Value::UInt(0), Value::from("{}")] {
            run(&[bytes(plan), none.clone(), output, none.clone()]);
        }
    }
    let long = run(&[bytes(&vec![0; 300 << 10]), none.clone(), Value::Null, none.clone()]);
    assert!(long.message.contains("at most 262144"), "{long}");
}

/// What a client may send that has not been made by our own encoder.
#[test]
fn plans_that_read_or_write_past_us_are_refused() {
    crate::planner::with_deep_stack(refuses_foreign_plans).unwrap();
}

fn refuses_foreign_plans() {
    use datafusion::datasource::listing::{
        ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
    };
    use datafusion::datasource::{file_format::csv::CsvFormat, provider_as_source};
    use datafusion::logical_expr::dml::InsertOp;
    use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
    use datafusion_proto::bytes::logical_plan_to_bytes;

    let folder = folder(&[("secret.csv", "a\n1\n")]);
    let schema = computed(&frame("a\n1\n")).unwrap().batch().schema();
    let table = |path: &str| {
        let url = ListingTableUrl::parse(path).unwrap();
        let options =
            ListingOptions::new(std::sync::Arc::new(CsvFormat::default())).with_file_extension(".csv");
        let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema.clone());
        provider_as_source(std::sync::Arc::new(ListingTable::try_new(config).unwrap()))
    };
    let reads =
        LogicalPlanBuilder::scan("t", table(&at(&folder, "secret.csv")), None).unwrap().build().unwrap();
    let rows = LogicalPlanBuilder::values(vec![vec![lit(7_i64)]]).unwrap().build().unwrap();
    let place = folder.path().display().to_string();
    let writes =
        LogicalPlanBuilder::insert_into(rows.clone(), "t", table(&format!("{place}/")), InsertOp::Append);
    let deep = (0..2_000).fold(lit(1_i64), |sum, n| sum + lit(n));
    let deep = LogicalPlanBuilder::from(rows.clone()).project([deep]).unwrap().build().unwrap();
    let long = datafusion::functions_nested::expr_fn::range(lit(0_i64), lit(1_i64 << 50), lit(1_i64));
    let long = LogicalPlanBuilder::from(rows).project([long]).unwrap().build().unwrap();
    let refused = |plan: &LogicalPlan, why: &str| {
        let none = Value::list(Vec::<Value>::new());
        let bytes = logical_plan_to_bytes(plan).unwrap().to_vec();
        let engine = crate::Engine::start(1, 1 << 30, std::env::temp_dir()).unwrap();
        let args = [Value::from(bytes), none.clone(), Value::Null, none];
        let error =
            crate::RelationalEngine::run(&engine, &args, std::sync::Arc::new(Around::default())).unwrap_err();
        assert!(error.message.contains(why), "{error}");
    };
    refused(&reads, "which is of no known kind");
    refused(&writes.unwrap().build().unwrap(), "a query may not");
    refused(&deep, "levels deep");
    refused(&long, "may not call `range`");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
