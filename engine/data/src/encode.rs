//! Values as bytes, with Arrow IPC inside.
//!
//! A partition alone is one Arrow IPC stream of one batch, and so is a chunk: a batch of one column, with dtype and
//! shape in the schema's metadata. Anything else is a tree:
//!
//! ```text
//! tree  = MAGIC, { padding to 64 bytes, piece }, padding to 8 bytes, nodes, length of nodes as u64, MAGIC
//! piece = the IPC stream of a chunk or partition, or raw bytes
//! nodes = the values in depth-first order: a tag, then content; for a piece, its position and length
//! ```
//!
//! Numbers are little-endian. The nodes stand last, so that bulk data is written once and never held twice; a reader
//! finds them from the end, and sees a truncated file at once. Equal bytes mean equal values.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_data::ArrayDataBuilder;
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};

use crate::{Chunk, DType, Error, Partition, Value};

/// How deep lists and maps may nest in an encoded value.
pub const VALUE_DEPTH_MAX: usize = 64;

/// How many values, nested ones counted, one encoded value may hold.
pub const VALUE_NODES_MAX: usize = 1 << 24;

/// What a tree starts and ends with; an IPC stream starts with four bytes of ones.
pub(crate) const MAGIC: [u8; 8] = *b"GristVa1";
/// What the position of every piece is a multiple of, in bytes.
pub(crate) const PIECE_ALIGNMENT: usize = 64;
/// What the position of the nodes is a multiple of, in bytes.
const NODES_ALIGNMENT: usize = 8;
/// The key under which a chunk's dtype stands in its schema.
pub(crate) const DTYPE_KEY: &str = "gristmill.dtype";
/// The key under which a chunk's shape stands in its schema: lengths separated by commas.
pub(crate) const SHAPE_KEY: &str = "gristmill.shape";

/// What each node of a tree starts with.
pub(crate) mod tag {
    pub(crate) const NULL: u8 = 0;
    pub(crate) const FALSE: u8 = 1;
    pub(crate) const TRUE: u8 = 2;
    pub(crate) const INT: u8 = 3;
    pub(crate) const UINT: u8 = 4;
    pub(crate) const FLOAT: u8 = 5;
    pub(crate) const COMPLEX: u8 = 6;
    pub(crate) const TEXT: u8 = 7;
    pub(crate) const BYTES: u8 = 8;
    pub(crate) const DATETIME: u8 = 9;
    pub(crate) const TIMEDELTA: u8 = 10;
    pub(crate) const CHUNK: u8 = 11;
    pub(crate) const PARTITION: u8 = 12;
    pub(crate) const LIST: u8 = 13;
    pub(crate) const MAP: u8 = 14;
}

/// Writes the value and returns how many bytes that took.
///
/// # Errors
/// [`Error::TooComplex`], or [`Error::Io`] when `out` refuses.
pub fn encode_value(value: &Value, out: &mut impl Write) -> Result<u64, Error> {
    let mut out = Counting { out, n_written: 0 };
    match value {
        Value::Chunk(chunk) => write_stream(&chunk_batch(chunk)?, &mut out)?,
        Value::Partition(partition) => write_stream(&plain_batch(partition)?, &mut out)?,
        tree => write_tree(tree, &mut out)?,
    }
    Ok(out.n_written)
}

fn write_tree(value: &Value, out: &mut Counting<impl Write>) -> Result<(), Error> {
    out.write_all(&MAGIC)?;
    let mut nodes = Nodes { out, bytes: Vec::new(), n_nodes: 0 };
    nodes.push(value, 0)?;
    let bytes = nodes.bytes;
    out.pad(NODES_ALIGNMENT)?;
    out.write_all(&bytes)?;
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(&MAGIC)?;
    Ok(())
}

/// Collects the nodes, and writes the pieces as it meets them.
struct Nodes<'a, W> {
    out: &'a mut Counting<W>,
    bytes: Vec<u8>,
    n_nodes: usize,
}

impl<W: Write> Nodes<'_, W> {
    fn push(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        self.n_nodes += 1;
        if self.n_nodes > VALUE_NODES_MAX {
            return Err(Error::TooComplex { what: "a number of parts", max: VALUE_NODES_MAX });
        }
        if depth >= VALUE_DEPTH_MAX {
            return Err(Error::TooComplex { what: "a depth", max: VALUE_DEPTH_MAX });
        }
        match value {
            Value::Null => self.bytes.push(tag::NULL),
            Value::Boolean(false) => self.bytes.push(tag::FALSE),
            Value::Boolean(true) => self.bytes.push(tag::TRUE),
            Value::Int(value) => self.fixed(tag::INT, &value.to_le_bytes()),
            Value::UInt(value) => self.fixed(tag::UINT, &value.to_le_bytes()),
            Value::Float(value) => self.fixed(tag::FLOAT, &value.to_le_bytes()),
            Value::Complex(value) => {
                self.fixed(tag::COMPLEX, &value.re.to_le_bytes());
                self.bytes.extend_from_slice(&value.im.to_le_bytes());
            }
            Value::Text(text) => {
                self.bytes.push(tag::TEXT);
                self.text(text);
            }
            Value::Datetime(value) => self.fixed(tag::DATETIME, &value.to_le_bytes()),
            Value::Timedelta(value) => self.fixed(tag::TIMEDELTA, &value.to_le_bytes()),
            Value::Bytes(bytes) => self.piece(tag::BYTES, |out| Ok(out.write_all(bytes)?))?,
            Value::Chunk(chunk) => self.piece(tag::CHUNK, |out| write_stream(&chunk_batch(chunk)?, out))?,
            Value::DeviceChunk(_) => return Err(Error::OnDevice),
            Value::Partition(partition) => {
                self.piece(tag::PARTITION, |out| write_stream(&plain_batch(partition)?, out))?;
            }
            Value::List(items) => {
                self.fixed(tag::LIST, &(items.len() as u64).to_le_bytes());
                items.iter().try_for_each(|item| self.push(item, depth + 1))?;
            }
            Value::Map(entries) => {
                self.fixed(tag::MAP, &(entries.len() as u64).to_le_bytes());
                for (name, item) in entries.iter() {
                    self.text(name);
                    self.push(item, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn fixed(&mut self, tag: u8, content: &[u8]) {
        self.bytes.push(tag);
        self.bytes.extend_from_slice(content);
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn piece(
        &mut self,
        tag: u8,
        write: impl FnOnce(&mut Counting<W>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.pad(PIECE_ALIGNMENT)?;
        let start = self.out.n_written;
        write(self.out)?;
        self.fixed(tag, &start.to_le_bytes());
        self.bytes.extend_from_slice(&(self.out.n_written - start).to_le_bytes());
        Ok(())
    }
}

fn write_stream(batch: &RecordBatch, out: &mut impl Write) -> Result<(), Error> {
    let options = IpcWriteOptions::try_new(PIECE_ALIGNMENT, false, MetadataVersion::V5)?;
    let write = || {
        let mut writer = StreamWriter::try_new_with_options(out, batch.schema_ref(), options)?;
        writer.write(batch)?;
        writer.finish()
    };
    write().map_err(write_error)
}

fn write_error(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => Error::Io(error),
        other => Error::Arrow(other),
    }
}

/// The chunk's elements as the only column of a batch.
fn chunk_batch(chunk: &Chunk) -> Result<RecordBatch, Error> {
    let data_type = chunk_data_type(chunk.dtype());
    let column = ArrayDataBuilder::new(data_type.clone())
        .len(chunk.n_elements())
        .add_buffer(chunk.data().clone())
        .nulls(chunk.validity().cloned())
        .build()?;
    let shape: Vec<_> = chunk.shape().iter().map(u64::to_string).collect();
    let metadata = [(DTYPE_KEY, chunk.dtype().name().to_owned()), (SHAPE_KEY, shape.join(","))];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value)).into();
    let field = Field::new("chunk", data_type, true);
    let schema = Arc::new(Schema::new_with_metadata(vec![field], metadata));
    let column: ArrayRef = make_array(column);
    Ok(RecordBatch::try_new(schema, vec![column])?)
}

/// The partition's batch without metadata, which is no part of the value: ours says that a batch is a chunk.
fn plain_batch(partition: &Partition) -> Result<RecordBatch, Error> {
    let batch = partition.batch();
    let fields = batch.schema_ref().fields().iter();
    let fields: Vec<_> = fields
        .map(|field| Field::new(field.name().as_str(), field.data_type().clone(), field.is_nullable()))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let schema = Arc::new(Schema::new(fields));
    Ok(RecordBatch::try_new_with_options(schema, batch.columns().to_vec(), &options)?)
}

/// The Arrow type that a chunk's elements are stored as; what Arrow does not have is stored as bytes.
pub(crate) fn chunk_data_type(dtype: DType) -> DataType {
    match dtype {
        DType::Boolean | DType::UInt8 => DataType::UInt8,
        DType::Int8 => DataType::Int8,
        DType::Int16 => DataType::Int16,
        DType::Int32 => DataType::Int32,
        DType::Int64 => DataType::Int64,
        DType::UInt16 => DataType::UInt16,
        DType::UInt32 => DataType::UInt32,
        DType::UInt64 => DataType::UInt64,
        DType::Float16 => DataType::Float16,
        DType::Float32 => DataType::Float32,
        DType::Float64 => DataType::Float64,
        DType::Complex64 => DataType::FixedSizeBinary(8),
        DType::Complex128 => DataType::FixedSizeBinary(16),
        DType::Datetime64Ns => DataType::Timestamp(TimeUnit::Nanosecond, None),
        DType::Timedelta64Ns => DataType::Duration(TimeUnit::Nanosecond),
    }
}

impl Partition {
    /// Writes the partition as an Arrow IPC file, which other tools read by its ending `.arrow`.
    ///
    /// # Errors
    /// [`Error::Io`] when `out` refuses.
    pub fn write_ipc_file(&self, out: &mut impl Write) -> Result<(), Error> {
        let write = || {
            let mut writer = arrow_ipc::writer::FileWriter::try_new(out, self.batch().schema_ref())?;
            writer.write(self.batch())?;
            writer.finish()
        };
        write().map_err(write_error)
    }
}

/// Knows how much was written.
struct Counting<W> {
    out: W,
    n_written: u64,
}

impl<W: Write> Counting<W> {
    /// Writes zeros up to the next multiple of `alignment`.
    fn pad(&mut self, alignment: usize) -> io::Result<()> {
        let n_zeros = self.n_written.next_multiple_of(alignment as u64) - self.n_written;
        self.write_all([0; PIECE_ALIGNMENT].get(..n_zeros as usize).unwrap_or_default())
    }
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.out.write(bytes)?;
        self.n_written += n_written as u64;
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
