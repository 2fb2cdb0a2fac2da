//! Formats: files are read through the host alone, and only those that were granted.

use std::sync::Arc;

use gristmill_data::{TaskErrorKind, Type, Value};
use gristmill_storage::Grants;

use super::guest::Guest;
use super::{prebuilt, runtime};
use crate::{CallContext, Plugin, ReadPartition};

fn flights() -> Arc<Plugin> {
    runtime().load(&prebuilt("flights")).unwrap()
}

fn month() -> String {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/flights");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".csv.gz"));
    files.sort();
    files.first().unwrap().to_string_lossy().into_owned()
}

fn granted(path: &str) -> CallContext {
    CallContext::new().grants(Arc::new(Grants::files([path]).unwrap()))
}

#[test]
fn a_file_is_planned_and_read_piece_by_piece() {
    let (plugin, path) = (flights(), month());
    let ctx = granted(&path);
    let plan = plugin.plan_read("flights-csv", &[&path], &[], 1 << 20, &ctx).unwrap();
    assert!(matches!(&plan.ty, Type::Table(columns) if columns.len() > 3), "{}", plan.ty);
    let piece = plan.partitions.first().unwrap();
    let Value::Partition(rows) = plugin.read_partition("flights-csv", piece, None, &[], &ctx).unwrap() else {
        panic!("no table");
    };
    assert!(rows.n_rows() > 100, "{rows:?}");
    let columns = ["dep_delay".to_owned(), "hour".to_owned()];
    let some = plugin.read_partition("flights-csv", piece, Some(&columns), &[], &ctx).unwrap();
    let Value::Partition(some) = some else { panic!("no table") };
    assert_eq!((some.n_rows(), some.batch().num_columns()), (rows.n_rows(), 2));
}

#[test]
fn what_was_not_granted_is_denied() {
    let (plugin, path) = (flights(), month());
    let error = plugin.plan_read("flights-csv", &[&path], &[], 1 << 20, &CallContext::new()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::PermissionDenied, "{error}");
    let elsewhere = tempfile::tempdir().unwrap();
    let ctx = granted(&elsewhere.path().to_string_lossy());
    let outside = format!("{}/../../etc/passwd", elsewhere.path().display());
    for path in [path.as_str(), "/etc/passwd", &outside] {
        let piece =
            ReadPartition { path: path.to_owned(), offset: 0, length: 100, rows: None, token: Vec::new() };
        let error = plugin.read_partition("flights-csv", &piece, None, &[], &ctx).unwrap_err();
        assert_eq!(error.kind, TaskErrorKind::PermissionDenied, "{error}");
    }
}

#[test]
fn a_warm_instance_keeps_no_grants() {
    let (plugin, path) = (flights(), month());
    let piece =
        ReadPartition { path: path.clone(), offset: 0, length: u64::MAX, rows: None, token: Vec::new() };
    let plan = plugin.plan_read("flights-csv", &[&path], &[], 1 << 20, &granted(&path)).unwrap();
    let piece = plan.partitions.into_iter().next().unwrap_or(piece);
    for _ in 0..3 {
        assert!(plugin.read_partition("flights-csv", &piece, None, &[], &granted(&path)).is_ok());
        let error = plugin.read_partition("flights-csv", &piece, None, &[], &CallContext::new()).unwrap_err();
        assert_eq!(error.kind, TaskErrorKind::PermissionDenied, "{error}");
    }
}

#[test]
fn formats_that_are_not_there_are_named() {
    let piece = ReadPartition { path: "x".into(), offset: 0, length: 1, rows: None, token: Vec::new() };
    let error = flights().read_partition("flight-csv", &piece, None, &[], &CallContext::new()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::NoSuchFunction);
    assert!(error.message.contains("did you mean `flights-csv`?"), "{error}");
    // A world that cannot read says that it does.
    let liar = runtime().load(&Guest::new().formats(vec!["parquet"]).build()).unwrap();
    let error = liar.read_partition("parquet", &piece, None, &[], &CallContext::new()).unwrap_err();
    assert_eq!(error.kind, TaskErrorKind::Unsupported, "{error}");
}
