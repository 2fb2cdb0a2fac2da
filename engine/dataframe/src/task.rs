//! A frame as a task of the graph: one call that takes the plan and the partitions, and returns partitions.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use gristmill_collections::{
    Argument, Callee, Collection, Component, Delayed, Error as CollectionError, Program, args, delayed,
};
use gristmill_data::{Partition, TaskError, TaskErrorKind, Type, Value};
use serde::{Deserialize, Serialize};

use crate::{DataFrame, Error, codec, convert};

/// The name by which graphs call the function that runs a plan.
pub const QUERY: &str = "query";
/// The name of the one that runs a plan and writes its rows.
pub const WRITE: &str = "write table";
/// Raised when results change.
pub const VERSION: u32 = 1;
/// Partitions that the rows of one query can be cut into.
const PARTITIONS_MAX: usize = 1 << 16;
/// Arguments of a query whose result may be taken for that of any other of its key; one that may change has one more.
pub const PURE_ARGS: usize = 4;

/// What comes of a query.
pub(crate) enum Output {
    /// So many partitions in a list; one alone if no number is said.
    Partitions(Option<usize>),
    /// Files.
    Files(Target),
}

/// Where rows are written, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// A whole path.
    pub(crate) path: String,
    /// Columns that become folders such as `site=A`.
    pub(crate) partition_by: Vec<String>,
    pub(crate) overwrite: bool,
}

/// The arguments of a query's task.
pub(crate) struct Arguments<'a> {
    pub(crate) plan: &'a [u8],
    /// What the plan calls tables, as texts.
    pub(crate) tables: &'a [Value],
    pub(crate) inputs: Vec<Value>,
    pub(crate) output: Output,
}

impl<'a> Arguments<'a> {
    /// Reads what [`call`] has made.
    pub(crate) fn of(args: &'a [Value]) -> Result<Self, TaskError> {
        let bad = || TaskError::new(TaskErrorKind::InvalidArgument, "these are no arguments of a query");
        let [Value::Bytes(plan), Value::List(tables), output, Value::List(inputs), ..] = args else {
            return Err(bad());
        };
        let output = match output {
            Value::Null => Output::Partitions(None),
            Value::UInt(n) => {
                let n = usize::try_from(*n).ok().filter(|n| (1..=PARTITIONS_MAX).contains(n));
                Output::Partitions(Some(n.ok_or_else(bad)?))
            }
            Value::Text(target) => Output::Files(serde_json::from_str(target).map_err(|_| bad())?),
            _ => return Err(bad()),
        };
        Ok(Self { plan: plan.as_slice(), tables, inputs: inputs.to_vec(), output })
    }
}

/// What a graph calls to run a plan with functions of these components.
fn callee(name: &'static str, components: Vec<Component>) -> Callee {
    Callee::Plan { name, version: VERSION, components: components.into() }
}

/// Whether this is a function that runs plans.
#[must_use]
pub fn runs_plans(name: &str, version: u32) -> bool {
    [QUERY, WRITE].contains(&name) && version == VERSION
}

impl DataFrame {
    /// The frame as a call that returns one partition with all its rows.
    ///
    /// # Errors
    /// The mistake in the frame, or that it cannot be a task: an in-memory table of another kind, or a column of a type that
    /// partitions do not have.
    pub fn to_delayed(&self) -> Result<Delayed, Error> {
        self.call(QUERY, Argument::Value(Value::Null), Some(self.row_type()?))
    }

    /// The frame as `n` calls, each of which returns a part of the rows; they are computed together, once.
    ///
    /// # Errors
    /// As [`DataFrame::to_delayed`].
    pub fn partitions(&self, n: usize) -> Result<Vec<Delayed>, Error> {
        let ty = self.row_type()?;
        let all =
            self.call(QUERY, Argument::Value(Value::UInt(n as u64)), Some(Type::list_of(ty.clone())))?;
        let item = gristmill_collections::kernel("item").map_err(|error| Error::Plan(error.to_string()))?;
        let part =
            |at: usize| delayed(&item, args![&all, at as u64]).named("partition").returns(ty.to_string());
        Ok((0..n).map(part).collect())
    }

    /// The frame with its rows in `n` partitions, which are tasks' results: each operation on them may run elsewhere.
    pub fn repartition(&self, n: usize) -> Self {
        self.mapped(n.max(1), None, |part| part)
    }

    /// A plugin's function, or a closure, for each of `n` partitions. `returns` is what it returns, written as in a plugin's
    /// declaration: `table{hour: int64, delay: float64}`; more arguments of the function follow the partition.
    pub fn map_partitions(
        &self,
        n: usize,
        function: impl Into<Callee>,
        arguments: Vec<Argument>,
        returns: &str,
    ) -> Self {
        let function = function.into();
        self.mapped(n.max(1), Some(returns), |part| {
            let all = std::iter::once(Argument::from(part)).chain(arguments.iter().cloned());
            delayed(&function, all.collect())
        })
    }

    fn mapped(&self, n: usize, returns: Option<&str>, map: impl Fn(Delayed) -> Delayed) -> Self {
        let ty = match returns {
            Some(ty) => Ok(ty.to_owned()),
            None => self.row_type().map(|ty| ty.to_string()),
        };
        match (self.partitions(n), ty) {
            (Ok(parts), Ok(ty)) => Self::from_delayed(parts.into_iter().map(map), &ty),
            (Err(error), _) | (_, Err(error)) => Self::of(Err(error)),
        }
    }

    /// The type of its partitions.
    fn row_type(&self) -> Result<Type, Error> {
        convert::row_type(&self.schema()?)
    }

    fn call(&self, name: &'static str, output: Argument, returns: Option<Type>) -> Result<Delayed, Error> {
        let encoded = codec::encode(self.plan()?)?;
        let plan = Argument::Inside(Value::from(encoded.bytes));
        let tables =
            encoded.tables.into_iter().map(|table| Argument::Inside(table.as_str().into())).collect();
        let mut args = vec![plan, Argument::List(tables), output, Argument::List(encoded.inputs)];
        if encoded.is_volatile {
            // A key of its own: no other result may be taken for this one.
            args.push(Value::UInt(RandomState::new().hash_one(0)).into());
        }
        let call = delayed(callee(name, encoded.components), args);
        Ok(match returns {
            Some(ty) => call.returns(ty.to_string()),
            None => call,
        })
    }

    /// Written to a file, or to a folder, when it is computed: see [`WriteTable`].
    pub fn write(&self, path: &str) -> WriteTable {
        WriteTable { frame: self.clone(), path: path.to_owned(), partition_by: Vec::new(), overwrite: false }
    }
}

impl Collection for DataFrame {
    type Output = Partition;

    fn program(items: &[Self]) -> Result<Program, CollectionError> {
        let calls = items.iter().map(Self::to_delayed).collect::<Result<Vec<_>, _>>();
        Program::of(&calls.map_err(outer)?)
    }

    fn n_results(&self) -> usize {
        1
    }

    fn output(&self, results: Vec<Value>) -> Result<Partition, CollectionError> {
        match results.into_iter().next() {
            Some(Value::Partition(partition)) => Ok(partition),
            other => {
                let given = other.unwrap_or_default().type_of();
                Err(outer(Error::Plan(format!("a query returned {given}"))))
            }
        }
    }
}

fn outer(error: Error) -> CollectionError {
    CollectionError::Frame(Arc::new(error))
}

/// A frame that is written when it is computed; what comes of it is how many rows there were.
///
/// A path with the extension csv, jsonl (json, ndjson), arrow (ipc, feather) or parquet is one file. Another path is a folder
/// of Parquet files. Either is there whole, or not at all.
#[must_use = "nothing is written until it is computed"]
#[derive(Debug, Clone)]
pub struct WriteTable {
    frame: DataFrame,
    path: String,
    partition_by: Vec<String>,
    overwrite: bool,
}

impl WriteTable {
    /// A folder for each value of these columns, as in `site=A/date=2016-01-01`.
    pub fn partition_by(mut self, columns: &[&str]) -> Self {
        self.partition_by = columns.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// In the place of a folder that is there already; a file is always replaced.
    pub fn overwrite(mut self) -> Self {
        self.overwrite = true;
        self
    }

    fn to_delayed(&self) -> Result<Delayed, Error> {
        let schema = self.frame.schema()?;
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        if let Some(name) = self.partition_by.iter().find(|name| !names.contains(&name.as_str())) {
            let reason = format!("there is no column `{name}`; there are {}", names.join(", "));
            return Err(Error::Argument { name: "partition_by", reason });
        }
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone().into());
        let target = Target {
            path: path.to_string_lossy().into_owned(),
            partition_by: self.partition_by.clone(),
            overwrite: self.overwrite,
        };
        crate::write::check(&target)?;
        let target = serde_json::to_string(&target).map_err(|error| Error::Plan(error.to_string()))?;
        self.frame.call(WRITE, Argument::Inside(target.as_str().into()), Some(Type::UInt))
    }
}

impl Collection for WriteTable {
    type Output = u64;

    fn program(items: &[Self]) -> Result<Program, CollectionError> {
        let calls = items.iter().map(Self::to_delayed).collect::<Result<Vec<_>, _>>();
        Program::of(&calls.map_err(outer)?)
    }

    fn n_results(&self) -> usize {
        1
    }

    fn output(&self, results: Vec<Value>) -> Result<u64, CollectionError> {
        match results.first() {
            Some(Value::UInt(n_rows)) => Ok(*n_rows),
            _ => Err(outer(Error::Plan("a query that writes returned no number of rows".to_owned()))),
        }
    }
}
