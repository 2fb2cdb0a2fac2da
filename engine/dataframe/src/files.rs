//! A table in files: which they are, what is in them, and how DataFusion reads them.

mod fault;
mod format;
mod hive;
mod infer;
mod lenient;
mod list;
mod pieces;
mod place;
mod records;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result as PlanResult, ScalarValue, Statistics};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::provider_as_source;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, TableType, cast, lit,
};
use datafusion::object_store::ObjectStore;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use format::NULL_WORDS;
pub(crate) use format::{Compression, Dialect, Format};
pub(crate) use hive::NULL_PART;
pub(crate) use lenient::Lenient;
use list::listed;
pub(crate) use place::changed;

use crate::options::ReadOptions;
use crate::{Error, col, if_else, planner};

/// Files whose descriptions are asked for at a time.
const CONCURRENCY: usize = 16;

/// One file of a table, as it was when the table was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct File {
    /// Where it is: a whole path.
    pub(crate) path: String,
    pub(crate) nbytes: u64,
    pub(crate) compression: Compression,
    /// What changes with its content.
    pub(crate) identity: Vec<u8>,
    /// What its path says for the columns that paths have, in their order.
    pub(crate) path_values: Vec<Option<String>>,
}

/// A table in files.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Files {
    pub(crate) format: Format,
    pub(crate) files: Vec<File>,
    /// How many of the columns, at the end, are in the files' paths and not in them.
    n_path_columns: usize,
    /// Columns that are read as texts, as words in them stand for absent values, and what the other texts are.
    worded: Vec<(String, String)>,
    #[serde(skip, default = "no_schema")]
    schema: SchemaRef,
}

fn no_schema() -> SchemaRef {
    Arc::new(Schema::empty())
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Files({} of {})", self.files.len(), self.format.name())
    }
}

impl Files {
    /// Looks for the files that a pattern names, and into them.
    ///
    /// # Errors
    /// When there are none, or they make no table.
    pub(crate) fn plan(pattern: &str, format: Option<Format>, options: &ReadOptions) -> Result<Self, Error> {
        let (format, mut files) = listed(pattern, format)?;
        let path_fields = hive::columns(pattern, &mut files)?;
        // Empty files have no rows, whatever else they should have.
        files.retain(|file| file.nbytes > 0);
        let (format, schema, files) = infer::schema(format, files, options)?;
        let n_path_columns = path_fields.len();
        let has_words = matches!(format, Format::Csv(Dialect { has_null_words: true, .. }));
        let read_as = |field: &FieldRef| match has_words {
            true => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)),
            false => field.clone(),
        };
        let worded = schema.fields().iter().filter(|_| has_words);
        let worded = worded.map(|field| (field.name().clone(), field.data_type().to_string())).collect();
        let fields: Vec<FieldRef> = schema.fields().iter().map(read_as).chain(path_fields).collect();
        Ok(Self { format, files, n_path_columns, worded, schema: Arc::new(Schema::new(fields)) })
    }

    /// The table as a plan: what is read, and what words in it stand for.
    ///
    /// # Errors
    /// DataFusion's, which knows no reason for one.
    pub(crate) fn into_plan(self, name: &str) -> Result<LogicalPlan, Error> {
        let (worded, schema) = (self.typed()?, self.schema.clone());
        let source = provider_as_source(Arc::new(self));
        let scan = LogicalPlanBuilder::scan(planner::name(name), source, None)?;
        if worded.is_empty() {
            return Ok(scan.build()?);
        }
        let words: Vec<Expr> = NULL_WORDS.iter().chain(&["null"]).map(|word| lit(*word)).collect();
        let columns = schema.fields().iter().map(|field| {
            let column = col(field.name().as_str());
            let Some((_, ty)) = worded.iter().find(|(name, _)| name == field.name()) else { return column };
            let is_word = column.clone().in_list(words.clone(), false);
            cast(if_else(is_word, lit(ScalarValue::Utf8(None)), column), ty.clone()).alias(field.name())
        });
        Ok(scan.project(columns.collect::<Vec<_>>())?.alias(planner::name(name))?.build()?)
    }

    /// The same table whose description has the types of all columns in words, as they are meant, and none of paths.
    pub(crate) fn described(self) -> Self {
        let typed = self.typed_schema();
        let worded = typed.fields().iter().map(|field| (field.name().clone(), field.data_type().to_string()));
        Self { worded: worded.collect(), n_path_columns: 0, schema: typed, ..self }
    }

    /// The columns that a description has in words.
    pub(crate) fn worded_schema(&self) -> SchemaRef {
        let typed = self.typed().unwrap_or_default().into_iter();
        Arc::new(Schema::new(typed.map(|(name, ty)| Field::new(name, ty, true)).collect::<Vec<_>>()))
    }

    fn typed(&self) -> Result<Vec<(String, DataType)>, Error> {
        let parsed = self.worded.iter().map(|(name, ty)| {
            let ty = ty.parse::<DataType>().map_err(|error| Error::Plan(error.to_string()))?;
            Ok((name.clone(), ty))
        });
        parsed.collect()
    }

    /// The columns of the files as they are meant.
    pub(crate) fn typed_schema(&self) -> SchemaRef {
        let worded = self.typed().unwrap_or_default();
        let meant = |field: &FieldRef| match worded.iter().find(|(name, _)| name == field.name()) {
            Some((_, ty)) => Arc::new(field.as_ref().clone().with_data_type(ty.clone())),
            None => field.clone(),
        };
        Arc::new(Schema::new(self.file_schema().fields().iter().map(meant).collect::<Vec<_>>()))
    }

    /// The same table with the columns known that a description does not carry.
    pub(crate) fn with_schema(self, schema: SchemaRef) -> Self {
        Self { schema, ..self }
    }

    pub(crate) fn nbytes(&self) -> u64 {
        self.files.iter().map(|file| file.nbytes).sum()
    }

    /// The columns that the files themselves have.
    pub(crate) fn file_schema(&self) -> SchemaRef {
        let n_own = self.schema.fields().len().saturating_sub(self.n_path_columns);
        Arc::new(Schema::new(self.schema.fields().iter().take(n_own).cloned().collect::<Vec<_>>()))
    }

    fn path_fields(&self) -> Vec<FieldRef> {
        let n_own = self.schema.fields().len().saturating_sub(self.n_path_columns);
        self.schema.fields().iter().skip(n_own).cloned().collect()
    }

    /// One scan of files that are packed alike.
    async fn scan_alike(
        &self,
        state: &dyn Session,
        compression: Compression,
        files: Vec<&File>,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let reader = self.format.reader(compression, 0);
        let path_fields = self.path_fields();
        let source = reader.file_source(
            TableSchema::builder(self.file_schema()).with_table_partition_cols(path_fields.clone()).build(),
        );
        let n_threads = state.config().target_partitions().max(1);
        let mut planned: Vec<PartitionedFile> = Vec::with_capacity(files.len());
        for file in files {
            let values = hive::values(&path_fields, &file.path_values)?;
            planned.extend(pieces::of(file, self.format, n_threads)?.into_iter().map(|mut piece| {
                piece.partition_values = values.clone();
                piece
            }));
        }
        let (url, store) = place::store(&self.files, state.runtime_env())?;
        let planned = self.with_statistics(state, &store, &reader, planned).await?;
        let known = statistics(&self.schema, &planned);
        let groups = pieces::grouped(planned, n_threads);
        let config = FileScanConfigBuilder::new(url, source)
            .with_file_groups(groups.into_iter().map(FileGroup::new).collect())
            .with_statistics(known)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        reader.create_physical_plan(state, config).await
    }

    /// What the files say about their content, where they do.
    async fn with_statistics(
        &self,
        state: &dyn Session,
        store: &Arc<dyn ObjectStore>,
        reader: &Arc<dyn FileFormat>,
        files: Vec<PartitionedFile>,
    ) -> PlanResult<Vec<PartitionedFile>> {
        if !matches!(self.format, Format::Parquet) {
            return Ok(files);
        }
        let described = files.into_iter().map(|file| {
            let (store, schema) = (store.clone(), self.file_schema());
            async move {
                let known = reader.infer_stats(state, &store, schema, &file.object_meta).await?;
                Ok::<_, datafusion::error::DataFusionError>(with_known(file, known))
            }
        });
        stream::iter(described).buffered(CONCURRENCY).try_collect().await
    }
}

/// The file with what is known of it, where that is true.
///
/// DataFusion has an exact bound of null where a file's type is another than the table's, and takes the values of paths for
/// present always.
fn with_known(file: PartitionedFile, known: Statistics) -> PartitionedFile {
    let n_rows = known.num_rows;
    let mut file = file.with_statistics(Arc::new(known));
    let values = file.partition_values.clone();
    let Some(known) = file.statistics.as_mut().map(Arc::make_mut) else { return file };
    let is_all_null = |column: &ColumnStatistics| column.null_count == n_rows;
    let n_own = known.column_statistics.len().saturating_sub(values.len());
    for column in known.column_statistics.iter_mut().take(n_own) {
        let is_null =
            |bound: &Precision<ScalarValue>| matches!(bound, Precision::Exact(value) if value.is_null());
        if !is_all_null(column) && (is_null(&column.min_value) || is_null(&column.max_value)) {
            (column.min_value, column.max_value) = (Precision::Absent, Precision::Absent);
        }
    }
    for (column, value) in known.column_statistics.iter_mut().skip(n_own).zip(values) {
        if value.is_null() {
            *column = ColumnStatistics { null_count: n_rows, ..ColumnStatistics::new_unknown() };
        }
    }
    file
}

/// What is known of all files together.
fn statistics(schema: &SchemaRef, files: &[PartitionedFile]) -> Statistics {
    let known = files.iter().map(|file| file.statistics.as_deref());
    match known.collect::<Option<Vec<&Statistics>>>() {
        Some(known) if !known.is_empty() => {
            Statistics::try_merge_iter(known, schema).unwrap_or_else(|_| Statistics::new_unknown(schema))
        }
        _ => {
            let nbytes = files.iter().map(|file| file.object_meta.size as usize).sum();
            Statistics { total_byte_size: Precision::Inexact(nbytes), ..Statistics::new_unknown(schema) }
        }
    }
}

#[async_trait]
impl TableProvider for Files {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Those of paths are decided before anything is read; the others help to leave out what cannot match.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> PlanResult<Vec<TableProviderFilterPushDown>> {
        let fields = self.path_fields();
        let kind = |filter: &&Expr| match hive::decides(&fields, filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(kind).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let fields = self.path_fields();
        let (of_paths, others): (Vec<_>, Vec<_>) =
            filters.iter().partition(|filter| hive::decides(&fields, filter));
        let wanted = hive::matching(&fields, &self.files, &of_paths)?;
        // Rows that are left out later are not to count.
        let limit = limit.filter(|_| others.is_empty());
        let mut compressions: Vec<Compression> = wanted.iter().map(|file| file.compression).collect();
        compressions.sort();
        compressions.dedup();
        let mut scans = Vec::with_capacity(compressions.len());
        for compression in compressions {
            let alike = wanted.iter().copied().filter(|file| file.compression == compression).collect();
            scans.push(self.scan_alike(state, compression, alike, projection, limit).await?);
        }
        match scans.len() {
            0 => {
                let schema = datafusion::physical_plan::project_schema(&self.schema, projection)?;
                Ok(Arc::new(EmptyExec::new(schema)))
            }
            1 => Ok(scans.swap_remove(0)),
            _ => UnionExec::try_new(scans),
        }
    }
}
