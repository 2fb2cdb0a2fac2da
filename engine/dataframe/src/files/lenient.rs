//! Lines of files of which some may be damaged: these go to a table of their own, and the others are rows.

use std::fmt;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Int64Array, RecordBatch, StringArray};
use datafusion::arrow::csv::ReaderBuilder;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::json::ReaderBuilder as JsonReaderBuilder;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result as PlanResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use serde::{Deserialize, Serialize};

use super::place::plain;
use super::records::Scan;
use super::{Dialect, File, Files, Format};

/// Records that are read together, as long as none is damaged.
const RECORDS: usize = 1024;
/// Bytes of the longest record: what is longer is no record, but a quote that nobody has closed.
const RECORD_NBYTES_MAX: usize = 16 << 20;
/// Characters of a damaged record that are kept.
const SHOWN_LEN_MAX: usize = 1_000;

/// Files of CSV or JSON lines, and which of their lines are wanted.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Lenient {
    files: Files,
    /// The damaged ones, with file, line, reason and text, or the rows that the others are.
    wants_faults: bool,
}

impl fmt::Debug for Lenient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lenient({:?}, {})", self.files, if self.wants_faults { "faults" } else { "rows" })
    }
}

impl Lenient {
    pub(crate) fn new(files: Files, wants_faults: bool) -> Self {
        Self { files, wants_faults }
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// The same with the columns known that a description does not carry.
    pub(crate) fn with_schema(self, schema: SchemaRef) -> Self {
        // Of faults the columns are others than those of the files, which a description has in words.
        let schema = if self.wants_faults { self.files.worded_schema() } else { schema };
        Self { files: self.files.with_schema(schema), ..self }
    }
}

/// The columns of damaged lines.
fn fault_schema() -> SchemaRef {
    let field = |name: &str, ty| Field::new(name, ty, true);
    Arc::new(Schema::new(vec![
        field("file", DataType::Utf8),
        field("line", DataType::Int64),
        field("reason", DataType::Utf8),
        field("text", DataType::Utf8),
    ]))
}

#[async_trait]
impl TableProvider for Lenient {
    fn schema(&self) -> SchemaRef {
        if self.wants_faults { fault_schema() } else { self.files.typed_schema() }
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> PlanResult<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        let n_groups = state.config().target_partitions().clamp(1, self.files.files.len().max(1));
        let group = |n: usize| {
            let read = ReadFiles {
                files: self.files.files.iter().skip(n).step_by(n_groups).cloned().collect(),
                format: self.files.format,
                rows: self.files.typed_schema(),
                schema: schema.clone(),
                wants_faults: self.wants_faults,
            };
            Arc::new(read) as Arc<dyn PartitionStream>
        };
        let partitions = (0..n_groups).map(group).collect();
        StreamingTable::try_new(schema.clone(), partitions)?.scan(state, projection, filters, limit).await
    }
}

/// Files that are read one after the other.
#[derive(Clone)]
struct ReadFiles {
    files: Vec<File>,
    format: Format,
    /// The columns of its rows.
    rows: SchemaRef,
    schema: SchemaRef,
    wants_faults: bool,
}

impl fmt::Debug for ReadFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadFiles({})", self.files.len())
    }
}

impl PartitionStream for ReadFiles {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(self.schema.clone(), 2);
        let (sender, read) = (builder.tx(), self.clone());
        builder.spawn_blocking(move || {
            // Sound records are nothing that is sent where faults are wanted: whether anybody listens must be asked.
            let mut take = |batch: Option<RecordBatch>| match batch {
                Some(batch) => sender.blocking_send(Ok(batch)).is_ok(),
                None => !sender.is_closed(),
            };
            read.files.iter().try_for_each(|file| read.each(file, &mut take))
        });
        builder.build()
    }
}

impl ReadFiles {
    /// Gives what is wanted of a file away, batch by batch, as long as it is taken.
    fn each(&self, file: &File, take: &mut dyn FnMut(Option<RecordBatch>) -> bool) -> PlanResult<()> {
        let failed = |reason: String| DataFusionError::Execution(format!("`{}`: {reason}", file.path));
        let has_header = matches!(self.format, Format::Csv(Dialect { has_header: true, .. }));
        let mut records = Records::new(plain(file).map_err(failed)?, self.format);
        if has_header {
            records.next().transpose().map_err(|error| failed(error.to_string()))?;
        }
        loop {
            let together = records.by_ref().take(RECORDS).collect::<Result<Vec<Record>, _>>();
            let together = together.map_err(|error| failed(error.to_string()))?;
            if together.is_empty() {
                return Ok(());
            }
            let wanted = match self.parse(&together) {
                Ok(rows) if !self.wants_faults => Some(rows),
                Ok(_) => None,
                Err(_) => self.one_by_one(file, &together)?,
            };
            if !take(wanted) {
                return Ok(());
            }
        }
    }

    /// Of records among which one is damaged, what is wanted.
    fn one_by_one(&self, file: &File, records: &[Record]) -> PlanResult<Option<RecordBatch>> {
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for record in records {
            match self.parse(std::slice::from_ref(record)) {
                Ok(row) => rows.push(row),
                Err(reason) => faults.push((record, reason)),
            }
        }
        if !self.wants_faults {
            return Ok(Some(datafusion::arrow::compute::concat_batches(&self.rows, &rows)?));
        }
        let shown = |record: &Record| {
            String::from_utf8_lossy(&record.bytes).trim_end().chars().take(SHOWN_LEN_MAX).collect::<String>()
        };
        let files = StringArray::from_iter_values(faults.iter().map(|_| file.path.as_str()));
        let lines = Int64Array::from_iter_values(faults.iter().map(|(record, _)| record.line));
        let reasons = StringArray::from_iter_values(faults.iter().map(|(_, reason)| reason.as_str()));
        let texts = StringArray::from_iter_values(faults.iter().map(|(record, _)| shown(record)));
        let columns: Vec<datafusion::arrow::array::ArrayRef> =
            vec![Arc::new(files), Arc::new(lines), Arc::new(reasons), Arc::new(texts)];
        Ok(Some(RecordBatch::try_new(self.schema.clone(), columns)?))
    }

    /// These records as rows, or why one of them is none.
    fn parse(&self, records: &[Record]) -> Result<RecordBatch, String> {
        let bytes: Vec<u8> = records.iter().flat_map(|record| record.bytes.iter().copied()).collect();
        let reader: Box<dyn Iterator<Item = Result<RecordBatch, _>>> = match self.format {
            Format::Csv(dialect) => {
                let mut builder = ReaderBuilder::new(self.rows.clone())
                    .with_delimiter(dialect.delimiter)
                    .with_quote(dialect.quote)
                    .with_batch_size(RECORDS);
                if let Some(regex) = dialect.null_regex() {
                    builder = builder.with_null_regex(regex);
                }
                Box::new(builder.build(Cursor::new(bytes)).map_err(|error| error.to_string())?)
            }
            _ => {
                let builder = JsonReaderBuilder::new(self.rows.clone()).with_batch_size(RECORDS);
                Box::new(builder.build(Cursor::new(bytes)).map_err(|error| error.to_string())?)
            }
        };
        let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let rows = datafusion::arrow::compute::concat_batches(&self.rows, &batches);
        rows.map_err(|error| error.to_string())
    }
}

/// A record with the newline behind it, and the line that it begins in.
struct Record {
    line: i64,
    bytes: Vec<u8>,
}

/// The records of a text.
struct Records<R> {
    text: BufReader<R>,
    scan: Scan,
    line: i64,
}

impl<R: Read> Records<R> {
    fn new(text: R, format: Format) -> Self {
        Self { text: BufReader::with_capacity(1 << 20, text), scan: Scan::of(format), line: 1 }
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = std::io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = Record { line: self.line, bytes: Vec::new() };
        loop {
            let read = match self.text.fill_buf() {
                Err(error) => return Some(Err(error)),
                Ok([]) if record.bytes.is_empty() => return None,
                Ok([]) => return Some(Ok(record)),
                Ok(read) => read,
            };
            let end = read.iter().position(|&byte| self.scan.ends_record(byte));
            let taken = end.map_or(read.len(), |end| end + 1);
            let own = read.get(..taken).unwrap_or_default();
            self.line += i64::try_from(memchr::memchr_iter(b'\n', own).count()).unwrap_or(0);
            let room = RECORD_NBYTES_MAX.saturating_sub(record.bytes.len());
            // What is longer is no record, and its end is not looked at.
            record.bytes.extend_from_slice(own.get(..room.min(taken)).unwrap_or_default());
            self.text.consume(taken);
            if end.is_none() {
                continue;
            }
            if record.bytes.iter().all(|byte| matches!(byte, b'\n' | b'\r')) {
                // An empty line is no record.
                record = Record { line: self.line, bytes: Vec::new() };
                continue;
            }
            return Some(Ok(record));
        }
    }
}
