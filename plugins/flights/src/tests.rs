//! The reader on files made here, whole and damaged; the model on small tables; and all of it on a real month.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use gristmill_plugin::reader::{Options, ReadPlan};
use gristmill_plugin::{ErrorKind, FormatReader, Plugin, prelude::*};

use super::Component;

const HEADER: &str = "month,day,hour,carrier,dep_delay\n";

/// A file in the folder for temporary files, gone with the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("gristmill-flights-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn plan(paths: &[String]) -> Result<ReadPlan> {
    Component::plan("flights-csv", paths.to_vec(), Options::new(), 0)
}

fn read(bytes: &[u8], name: &str) -> Result<Table> {
    let file = TempFile::new(name, bytes);
    let part = plan(&[file.path()])?.partitions.remove(0);
    match Component::read("flights-csv", part, None, Options::new())? {
        Value::Table(table) => Ok(table),
        other => panic!("a reader returns a table, not {}", other.type_name()),
    }
}

#[track_caller]
fn check_corrupt(bytes: &[u8], name: &str, part: &str) {
    let error = read(bytes, name).unwrap_err();
    assert_eq!(error.kind, ErrorKind::DataCorrupt, "{error:?}");
    assert!(format!("{} {:?}", error.message, error.context).contains(part), "{error:?} lacks {part}");
}

#[test]
fn members_in_a_row_are_one_file() {
    let mut bytes = gzip(&format!("{HEADER}1,2,5,UA,3\n1,2,6,\"A,\"\"A\"\"\",N"));
    bytes.extend(gzip("A\r\n\n1,3,,,-1.5"));
    let table = read(&bytes, "members").unwrap();
    assert_eq!(table.n_rows(), 3);
    assert_eq!(table.column::<i64>("hour").unwrap().iter().collect::<Vec<_>>(), [Some(5), Some(6), None]);
    assert_eq!(
        table.column::<f64>("dep_delay").unwrap().iter().collect::<Vec<_>>(),
        [Some(3.0), None, Some(-1.5)]
    );
    let carriers = table.column::<&str>("carrier").unwrap();
    assert_eq!(carriers.iter().collect::<Vec<_>>(), [Some("UA"), Some("A,\"A\""), None]);
}

#[test]
fn the_plan_types_the_columns_and_reads_only_what_is_wanted() {
    let file = TempFile::new("plan", &gzip(&format!("{HEADER}1,2,5,UA,3\n")));
    let mut plan = plan(&[file.path()]).unwrap();
    assert_eq!(plan.ty, "table{month: int64, day: int64, hour: int64, carrier: utf8, dep_delay: float64}");
    let wanted = Some(vec!["dep_delay".to_owned(), "hour".to_owned()]);
    let value = Component::read("flights-csv", plan.partitions.remove(0), wanted, Options::new()).unwrap();
    let Value::Table(table) = value else { panic!("a reader returns a table") };
    let names: Vec<_> = table.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["dep_delay", "hour"]);
}

#[test]
fn damage_is_named_with_file_and_byte() {
    let rows: String =
        (0..5000).map(|row| format!("1,{},{},UA,{}\n", row % 31, row % 24, row * 7919 % 997)).collect();
    let good = gzip(&format!("{HEADER}{rows}"));
    let middle = good.len() / 2;
    let mut flipped = good.clone();
    flipped[middle] ^= 0x55;
    check_corrupt(&flipped, "flipped", "-flipped: gzip member 1 is damaged at byte");
    check_corrupt(
        &good[..middle],
        "cut",
        &format!("damaged at byte {middle}: the file ends inside a member"),
    );
    check_corrupt(
        b"hour\n5\n not a gzip file",
        "plain",
        "member 1 is damaged at byte 10: no gzip member starts here",
    );
    check_corrupt(&[&good[..], b"garbage behind it"].concat(), "garbage", "gzip member 2 is damaged");
    let mut wrong_sum = good.clone();
    let at = good.len() - 6;
    wrong_sum[at] ^= 1;
    check_corrupt(&wrong_sum, "sum", "the checksum does not match");
}

#[test]
fn lines_that_do_not_fit_are_named() {
    let check = |text: &str, name, part| check_corrupt(&gzip(text), name, part);
    check("month,delay\n", "unknown", "names `delay`, which is no column of flights");
    check("month,month\n", "twice", "names `month` twice");
    check(&format!("{HEADER}1,2,5,UA\n"), "short", "ends before `dep_delay`");
    check(&format!("{HEADER}1,2,5,UA,3\n1,2,5,UA,3,4\n"), "long", "line 3 of");
    check(&format!("{HEADER}1,2,five,UA,3\n"), "number", "`five` is no `hour`");
    check(&format!("{HEADER}{}", "x".repeat(100_000)), "endless", "more than 65536 bytes");
}

#[test]
fn a_second_file_must_have_the_same_columns() {
    let first = TempFile::new("first", &gzip(&format!("{HEADER}1,2,5,UA,3\n")));
    let second = TempFile::new("second", &gzip("month,hour\n1,5\n"));
    let part = plan(&[first.path(), second.path()]).unwrap().partitions.remove(1);
    let error = Component::read("flights-csv", part, None, Options::new()).unwrap_err();
    assert!(error.message.contains("the header is `month,hour`"), "{error:?}");
    let options = Options::from_iter([("sep".to_owned(), ";".to_owned())]);
    let error = Component::plan("flights-csv", vec![first.path()], options, 0).unwrap_err();
    assert!(error.message.contains("no option `sep`"), "{error:?}");
}

fn call(function: &str, args: Vec<Value>) -> Table {
    match Component::call(function, args).unwrap() {
        Value::Table(table) => table,
        other => panic!("{function} returned {}", other.type_name()),
    }
}

fn flights(hours: Vec<Option<i64>>, delays: Vec<Option<f64>>) -> Value {
    Table::builder().column("hour", hours).column("dep_delay", delays).finish().unwrap().into()
}

#[test]
fn the_model_weighs_months_by_their_flights() {
    let january =
        call("model_a", vec![flights(vec![Some(5), Some(5), Some(9)], vec![Some(1.0), Some(3.0), None])]);
    let expected = Table::builder()
        .column("hour", vec![5i64, 9])
        .column("n", vec![2i64, 0])
        .column("mean_delay", vec![Some(2.0), None])
        .finish();
    assert_eq!(january, expected.unwrap());
    let february = call("model_a", vec![flights(vec![Some(5)], vec![Some(8.0)])]);
    let rolled = call("roll", vec![Value::List(vec![january.into(), february.into()])]);
    assert_eq!(rolled.column::<f64>("mean_delay").unwrap().iter().collect::<Vec<_>>(), [Some(4.0), None]);
    let cleaned =
        call("clean", vec![flights(vec![Some(5), None, Some(7)], vec![Some(1.0), Some(2.0), None])]);
    assert_eq!(cleaned.n_rows(), 1);
    let error = Component::call("model_a", vec![flights(vec![Some(99)], vec![None])]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::OutOfRange);
}

#[test]
fn ties_go_to_the_earlier_hour_and_the_first_carrier() {
    let rolled = Table::builder()
        .column("hour", vec![9i64, 7, 8])
        .column("n", vec![1i64, 1, 1])
        .column("mean_delay", vec![Some(5.0), Some(5.0), None])
        .finish()
        .unwrap();
    let scores = |ns: Vec<i64>| {
        let table = Table::builder().column("carrier", vec!["UA", "AA", "ZZ"]).column("n", ns);
        Value::from(table.column("score", vec![0.2, 0.2, 0.1]).finish().unwrap())
    };
    let row = call("compare", vec![rolled.clone().into(), scores(vec![100, 100, 99]), Value::Int(3)]);
    assert_eq!(row.column::<i64>("worst_hour").unwrap().get(0), Some(7));
    assert_eq!(row.column::<&str>("best_carrier").unwrap().get(0), Some("AA"));
    assert_eq!(row.column::<i64>("n").unwrap().get(0), Some(299));
    let none = call("compare", vec![rolled.into(), scores(vec![1, 1, 1]), Value::Int(1)]);
    assert_eq!(none.column::<&str>("best_carrier").unwrap().get(0), None);
    let all = call("summarise", vec![Value::List(vec![row.into(), none.into()])]);
    assert_eq!(all.column::<i64>("month").unwrap().values(), [1, 3]);
}
