//! Frames over small tables, whose answers can be counted by hand. They run as their task would.

mod bad_input;
mod files;
mod frames;
mod plugins;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gristmill_collections::Argument;
use gristmill_data::{Partition, TaskError, TaskErrorKind, Value};
use gristmill_graph::Digest;

use crate::task::Target;
use crate::{DataFrame, Engine, RelationalEngine, Surroundings, codec};

type Function = fn(&[Value]) -> Result<Value, TaskError>;

/// Everything may be opened but what is closed, and there are these functions.
#[derive(Default)]
struct Around {
    functions: Vec<(&'static str, Function)>,
    closed: Option<&'static str>,
}

impl Surroundings for Around {
    fn call(&self, _: Digest, function: &str, args: &[Value]) -> Result<Value, TaskError> {
        let found = self.functions.iter().find(|(name, _)| *name == function);
        found.ok_or_else(|| TaskError::new(TaskErrorKind::NoSuchFunction, function))?.1(args)
    }

    fn call_many(
        &self,
        component: Digest,
        function: &str,
        calls: &[Vec<Value>],
    ) -> Result<Vec<Result<Value, TaskError>>, TaskError> {
        Ok(calls.iter().map(|args| self.call(component, function, args)).collect())
    }

    fn check_may_open(&self, path: &Path) -> Result<(), TaskError> {
        match self.closed {
            Some(closed) if path.to_string_lossy().contains(closed) => {
                Err(TaskError::new(TaskErrorKind::PermissionDenied, "it is closed"))
            }
            _ => Ok(()),
        }
    }

    fn check_may_go_on(&self) -> Result<(), TaskError> {
        Ok(())
    }
}

/// What the task of a frame returns, in this much memory.
fn run(frame: &DataFrame, output: Value, around: Around, memory_nbytes: u64) -> Result<Value, TaskError> {
    let encoded = codec::encode(frame.plan().unwrap()).unwrap();
    let inputs = encoded.inputs.iter().map(|input| match input {
        Argument::Value(value) => value.clone(),
        other => panic!("{other:?} needs a cluster"),
    });
    let tables = Value::list(encoded.tables.iter().map(|table| Value::from(table.as_str())));
    let args = [Value::from(encoded.bytes), tables, output, Value::list(inputs.collect::<Vec<_>>())];
    let engine = Engine::start(2, memory_nbytes, std::env::temp_dir()).unwrap();
    let result = engine.run(&args, Arc::new(around));
    assert_eq!(engine.nbytes(), 0, "a query is over, and has memory");
    result
}

fn computed(frame: &DataFrame) -> Result<Partition, TaskError> {
    match run(frame, Value::Null, Around::default(), 1 << 30)? {
        Value::Partition(partition) => Ok(partition),
        other => panic!("{other:?}"),
    }
}

/// The rows as CSV, whose first line has the names.
fn csv(frame: &DataFrame) -> String {
    let mut out = Vec::new();
    gristmill_storage::write_rows(&mut out, "csv", &computed(frame).unwrap()).unwrap();
    String::from_utf8(out).unwrap()
}

/// The same in the order of their texts: the order of rows is nobody's business.
fn sorted_csv(frame: &DataFrame) -> Vec<String> {
    let text = csv(frame);
    let mut lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
    lines.sort();
    lines
}

fn written(
    frame: &DataFrame,
    path: &Path,
    partition_by: &[&str],
    overwrite: bool,
) -> Result<Value, TaskError> {
    let target = Target {
        path: path.display().to_string(),
        partition_by: partition_by.iter().map(|&name| name.to_owned()).collect(),
        overwrite,
    };
    let target = serde_json::to_string(&target).unwrap();
    run(frame, Value::from(target.as_str()), Around::default(), 1 << 30)
}

/// A folder with files of these contents.
fn folder(contents: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in contents {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn at(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// A frame of a CSV text.
fn frame(text: &str) -> DataFrame {
    let folder = folder(&[("t.csv", text)]);
    let read = DataFrame::read(&at(&folder, "t.csv"));
    // The partition stays when the file goes.
    DataFrame::from_partitions(&[computed(&read).unwrap()])
}
