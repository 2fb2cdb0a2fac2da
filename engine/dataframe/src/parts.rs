//! A table whose partitions are values: results of tasks, or data that is at hand.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field as ArrowField, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result as PlanResult;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use gristmill_collections::{Argument, Delayed};
use gristmill_data::{Partition, Type};

use crate::{DataFrame, Error};

/// Partitions that a query will be given when it runs.
pub(crate) struct Parts {
    /// Tells it from others with the same columns.
    pub(crate) id: u64,
    pub(crate) parts: Arc<[Argument]>,
    schema: SchemaRef,
}

impl Parts {
    fn new(schema: SchemaRef, parts: Vec<Argument>) -> Self {
        static N_MADE: AtomicU64 = AtomicU64::new(0);
        Self { id: N_MADE.fetch_add(1, Ordering::Relaxed), parts: parts.into(), schema }
    }
}

impl Parts {
    /// Partitions with the columns of a table type.
    pub(crate) fn of_type(ty: &Type, parts: Vec<Argument>) -> Result<Self, Error> {
        let Type::Table(fields) = ty else {
            return Err(no_table(&ty.to_string(), "it is no table".to_owned()));
        };
        if fields.is_empty() {
            return Err(no_table(&ty.to_string(), "it names no columns".to_owned()));
        }
        let field = |field: &gristmill_data::Field| ArrowField::new(&*field.name, field.ty.data_type(), true);
        Ok(Self::new(Arc::new(Schema::new(fields.iter().map(field).collect::<Vec<_>>())), parts))
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parts({} of {:?})", self.parts.len(), self.schema.fields())
    }
}

#[async_trait]
impl TableProvider for Parts {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// As if it were empty: the partitions are not here yet.
    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let schema = datafusion::physical_plan::project_schema(&self.schema, projection)?;
        Ok(Arc::new(datafusion::physical_plan::empty::EmptyExec::new(schema)))
    }
}

impl DataFrame {
    /// The table of these partitions, which must have the same columns.
    pub fn from_partitions(partitions: &[Partition]) -> Self {
        let schemas = partitions.iter().map(|partition| partition.batch().schema());
        let Some(schema) = schemas.clone().next() else {
            let reason = "a table of no partition has no columns".to_owned();
            return Self::of(Err(Error::Argument { name: "from_partitions", reason }));
        };
        let nullable = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema = Arc::new(Schema::new(nullable.collect::<Vec<_>>()));
        let is_like = |other: &SchemaRef| {
            let pairs = other.fields().iter().zip(schema.fields());
            other.fields().len() == schema.fields().len()
                && pairs.into_iter().all(|(a, b)| (a.name(), a.data_type()) == (b.name(), b.data_type()))
        };
        if let Some(at) = schemas.clone().position(|other| !is_like(&other)) {
            let reason = format!("partition {at} has other columns than the first");
            return Self::of(Err(Error::Argument { name: "from_partitions", reason }));
        }
        let parts = partitions.iter().map(|partition| Argument::from(partition.clone())).collect();
        Self::of_parts(Parts::new(schema, parts))
    }

    /// The table of what these calls return: partitions with the columns of `ty`, which is written as in a plugin's
    /// declaration: `table{hour: int64, delay: float64}`.
    pub fn from_delayed(calls: impl IntoIterator<Item = Delayed>, ty: &str) -> Self {
        let parsed = ty.parse::<Type>().map_err(|error| no_table(ty, error.to_string()));
        let parts =
            parsed.and_then(|ty| Parts::of_type(&ty, calls.into_iter().map(Argument::from).collect()));
        parts.map_or_else(|error| Self::of(Err(error)), Self::of_parts)
    }
}

fn no_table(ty: &str, reason: String) -> Error {
    Error::Argument { name: "from_delayed", reason: format!("`{ty}`: {reason}") }
}

/// The same partition with these columns, in this order.
///
/// # Errors
/// When it lacks one, or has it with another type.
pub(crate) fn aligned(
    partition: &Partition,
    schema: &SchemaRef,
) -> Result<datafusion::arrow::array::RecordBatch, DataFusionError> {
    let columns = schema.fields().iter().map(|field| {
        let column = partition.column(field.name()).map_err(|error| {
            DataFusionError::Execution(format!("a partition is not what was planned: {error}"))
        })?;
        match column.data_type() == field.data_type() {
            true => Ok(column.clone()),
            false => Ok(datafusion::arrow::compute::cast(column, field.data_type())?),
        }
    });
    let columns = columns.collect::<Result<Vec<_>, DataFusionError>>()?;
    let options =
        datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(partition.n_rows()));
    Ok(datafusion::arrow::array::RecordBatch::try_new_with_options(schema.clone(), columns, &options)?)
}
