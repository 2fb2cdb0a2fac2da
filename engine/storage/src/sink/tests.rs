//! Every format can be read again, and a failed write leaves the old file as it was.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};

use super::*;

fn table() -> Partition {
    let n: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["plain", "quo\"ted, and\nbroken"]));
    Partition::from_columns(2, [("n", n), ("text", text)]).unwrap()
}

#[test]
fn tables_are_written_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(name);
        write_value(&path, &Value::Partition(table())).unwrap();
        fs::read(path).unwrap()
    };
    assert_eq!(String::from_utf8(write("t.csv")).unwrap(), "n,text\n1,plain\n,\"quo\"\"ted, and\nbroken\"\n");
    let lines = String::from_utf8(write("t.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.starts_with("{\"n\":1,\"text\":\"plain\"}\n"));
    let json: serde_json::Value = serde_json::from_slice(&write("t.json")).unwrap();
    assert_eq!(json[1]["n"], serde_json::Value::Null);
    let arrow = write("t.arrow");
    let mut reader = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(arrow), None).unwrap();
    assert_eq!(&reader.next().unwrap().unwrap(), table().batch());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "temporary files are left");
}

#[test]
fn what_cannot_be_written_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, "old").unwrap();
    let error = write_value(&path, &Value::Int(1)).unwrap_err();
    assert!(matches!(error, Error::NotATable { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert!(matches!(
        write_value(&folder.path().join("t.xls"), &Value::Int(1)),
        Err(Error::UnknownFormat { .. })
    ));
    let nowhere = folder.path().join("no/such/t.json");
    let error = write_value(&nowhere, &Value::Int(1)).unwrap_err();
    assert!(error.to_string().contains("no/such/t.json"), "{error}");
}

#[test]
fn a_sink_is_checked_before_there_is_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str| check_sink(&folder.path().join(name));
    for good in FORMATS.map(|format| format!("t.{format}")) {
        check(&good).unwrap();
        // What passes the check is a format that is written, or one for tables only.
        let written = write_value(&folder.path().join(&good), &Value::Partition(table()));
        assert!(written.is_ok(), "{good}: {written:?}");
    }
    check("t.CSV").unwrap();
    check_sink(Path::new("beside.csv")).unwrap();
    assert!(matches!(check("t.xls"), Err(Error::UnknownFormat { .. })));
    assert!(matches!(check("csv"), Err(Error::UnknownFormat { .. })));
    assert!(matches!(check("no/such/t.csv"), Err(Error::NoFolder { .. })));
    assert!(matches!(check("t.csv/t.csv"), Err(Error::NoFolder { .. })));
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    assert!(matches!(check("folder.csv"), Err(Error::NotAFile { .. })));
}
