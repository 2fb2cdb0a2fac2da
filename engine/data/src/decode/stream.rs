//! One chunk or partition from an Arrow IPC stream of one batch.
//!
//! Arrow's own reader trusts a stream's types and positions, and panics on wrong ones. So this reads the verified
//! flatbuffers itself: only the types that we write, every buffer inside the body, every column validated in full.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayDataBuilder;
use arrow_ipc::{DateUnit, Endianness, Precision, TimeUnit as IpcTimeUnit};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::encode::{DTYPE_KEY, SHAPE_KEY, chunk_data_type};
use crate::{COLUMNS_MAX, Chunk, DType, Error, Partition, Value};

/// What a message starts with, before its length.
const CONTINUATION: [u8; 4] = [0xff; 4];

pub(super) fn decode(bytes: &Buffer) -> Result<Value, Error> {
    let mut messages = Messages { bytes, at: 0 };
    let head = messages.next()?.ok_or_else(|| Error::corrupt("there is nothing in it"))?;
    let head = message(bytes.get(head.header).unwrap_or_default())?;
    let head = head.header_as_schema().ok_or_else(|| Error::corrupt("it does not start with a schema"))?;
    let batch = messages.next()?.ok_or_else(|| Error::corrupt("there is a schema and no data"))?;
    let body = bytes.slice_with_length(batch.body.start, batch.body.len());
    let batch = message(bytes.get(batch.header).unwrap_or_default())?;
    let batch =
        batch.header_as_record_batch().ok_or_else(|| Error::corrupt("no batch follows the schema"))?;
    if messages.next()?.is_some() || messages.at != bytes.len() {
        return Err(Error::corrupt("something follows the batch"));
    }
    if head.endianness() != Endianness::Little {
        return Err(Error::corrupt("it is big-endian"));
    }
    let mut columns = Columns::new(&batch, body)?;
    match metadata(&head, DTYPE_KEY) {
        Some(dtype) => decode_chunk(&head, dtype.parse()?, &mut columns).map(Value::Chunk),
        None => decode_partition(&head, &mut columns).map(Value::Partition),
    }
}

fn decode_chunk(
    schema: &arrow_ipc::Schema<'_>,
    dtype: DType,
    columns: &mut Columns<'_>,
) -> Result<Chunk, Error> {
    let fields = schema_fields(schema)?;
    let [field] = fields.as_slice() else { return Err(Error::corrupt("a chunk of several columns")) };
    if *field.data_type() != chunk_data_type(dtype) {
        return Err(Error::corrupt(format!("a {dtype} chunk of {}", field.data_type())));
    }
    let shape = metadata(schema, SHAPE_KEY).ok_or_else(|| Error::corrupt("a chunk without a shape"))?;
    let lengths = shape.split(',').filter(|length| !length.is_empty()).map(str::parse);
    let lengths: Vec<u64> =
        lengths.collect::<Result<_, _>>().map_err(|_| Error::corrupt(format!("the shape `{shape}`")))?;
    let validity = columns.validity()?;
    let data = columns.buffer(columns.n_rows.checked_mul(dtype.itemsize()))?;
    columns.finish()?;
    Chunk::try_new(dtype, &lengths, data, validity)
}

fn decode_partition(schema: &arrow_ipc::Schema<'_>, columns: &mut Columns<'_>) -> Result<Partition, Error> {
    let fields = schema_fields(schema)?;
    let arrays = fields.iter().map(|field| columns.array(field.data_type()));
    let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
    columns.finish()?;
    let options = RecordBatchOptions::new().with_row_count(Some(columns.n_rows));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options);
    Partition::try_new(batch.map_err(|error| Error::corrupt(error.to_string()))?)
}

/// Where the parts of one message are in an Arrow IPC stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpcMessage {
    /// Its metadata, a flatbuffer.
    pub header: Range<usize>,
    /// Its data.
    pub body: Range<usize>,
}

/// The messages of an encoded chunk or partition, which is an Arrow IPC stream: for other ways to send these than one
/// after the other, such as Arrow Flight.
///
/// # Errors
/// [`Error::Corrupt`], also of the encoding of other values.
pub fn ipc_messages(bytes: &[u8]) -> Result<Vec<IpcMessage>, Error> {
    let mut messages = Messages { bytes, at: 0 };
    let mut all = Vec::new();
    while let Some(message) = messages.next()? {
        all.push(message);
    }
    Ok(all)
}

/// The messages of a stream: metadata and body.
struct Messages<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Messages<'a> {
    /// The next message; `None` at the mark that ends the stream.
    fn next(&mut self) -> Result<Option<IpcMessage>, Error> {
        if self.take(4)? != CONTINUATION {
            return Err(Error::corrupt("it is neither a tree nor an Arrow IPC stream"));
        }
        let len = self.take(4)?.first_chunk().map_or(0, |len| i32::from_le_bytes(*len));
        let len = usize::try_from(len).map_err(|_| Error::corrupt("a message has a negative length"))?;
        if len == 0 {
            return Ok(None);
        }
        let start = self.at;
        let metadata = self.take(len)?;
        let body_len = usize::try_from(message(metadata)?.bodyLength())
            .map_err(|_| Error::corrupt("a message's body has a negative length"))?;
        let body_start = self.at;
        self.take(body_len)?;
        Ok(Some(IpcMessage { header: start..body_start, body: body_start..self.at }))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(len);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| Error::corrupt("an Arrow IPC stream is cut off"))?;
        self.at += len;
        Ok(taken)
    }
}

fn message(metadata: &[u8]) -> Result<arrow_ipc::Message<'_>, Error> {
    arrow_ipc::root_as_message(metadata)
        .map_err(|error| Error::corrupt(format!("a message is damaged: {error}")))
}

fn metadata<'a>(schema: &arrow_ipc::Schema<'a>, key: &str) -> Option<&'a str> {
    let mut entries = schema.custom_metadata()?.iter();
    entries.find(|entry| entry.key() == Some(key))?.value()
}

fn schema_fields(schema: &arrow_ipc::Schema<'_>) -> Result<Vec<Field>, Error> {
    let fields = schema.fields().ok_or_else(|| Error::corrupt("a schema without fields"))?;
    if fields.len() > COLUMNS_MAX {
        return Err(Error::TooManyColumns { given: fields.len(), max: COLUMNS_MAX });
    }
    fields
        .iter()
        .map(|field| {
            let name = field.name().ok_or_else(|| Error::corrupt("a column without a name"))?;
            let plain =
                field.dictionary().is_none() && field.children().is_none_or(|fields| fields.is_empty());
            let data_type = data_type(&field).filter(|_| plain);
            let data_type = data_type.ok_or_else(|| {
                Error::corrupt(format!(
                    "column `{name}` has a type that is not stored ({:?})",
                    field.type_type()
                ))
            })?;
            Ok(Field::new(name, data_type, field.nullable()))
        })
        .collect()
}

/// The type of a column or of a chunk's elements; `None` for those that are never written.
fn data_type(field: &arrow_ipc::Field<'_>) -> Option<DataType> {
    let nanoseconds = |unit: IpcTimeUnit| (unit == IpcTimeUnit::NANOSECOND).then_some(TimeUnit::Nanosecond);
    Some(match field.type_type() {
        arrow_ipc::Type::Bool => DataType::Boolean,
        arrow_ipc::Type::Utf8 => DataType::Utf8,
        arrow_ipc::Type::Binary => DataType::Binary,
        arrow_ipc::Type::Int => {
            let int = field.type_as_int()?;
            match (int.bitWidth(), int.is_signed()) {
                (8, true) => DataType::Int8,
                (16, true) => DataType::Int16,
                (32, true) => DataType::Int32,
                (64, true) => DataType::Int64,
                (8, false) => DataType::UInt8,
                (16, false) => DataType::UInt16,
                (32, false) => DataType::UInt32,
                (64, false) => DataType::UInt64,
                _ => return None,
            }
        }
        arrow_ipc::Type::FloatingPoint => match field.type_as_floating_point()?.precision() {
            Precision::HALF => DataType::Float16,
            Precision::SINGLE => DataType::Float32,
            Precision::DOUBLE => DataType::Float64,
            _ => return None,
        },
        arrow_ipc::Type::Date if field.type_as_date()?.unit() == DateUnit::DAY => DataType::Date32,
        arrow_ipc::Type::Timestamp => {
            let timestamp = field.type_as_timestamp()?;
            DataType::Timestamp(nanoseconds(timestamp.unit())?, timestamp.timezone().map(Into::into))
        }
        arrow_ipc::Type::Duration => DataType::Duration(nanoseconds(field.type_as_duration()?.unit())?),
        arrow_ipc::Type::FixedSizeBinary => {
            DataType::FixedSizeBinary(field.type_as_fixed_size_binary()?.byteWidth())
        }
        _ => return None,
    })
}

/// A batch's columns, read one after the other.
struct Columns<'a> {
    n_rows: usize,
    /// Lengths of the columns.
    nodes: Box<dyn Iterator<Item = i64> + 'a>,
    /// Positions and lengths of the buffers in the body.
    buffers: Box<dyn Iterator<Item = (i64, i64)> + 'a>,
    body: Buffer,
}

impl<'a> Columns<'a> {
    fn new(batch: &arrow_ipc::RecordBatch<'a>, body: Buffer) -> Result<Self, Error> {
        if batch.compression().is_some() || batch.variadicBufferCounts().is_some() {
            return Err(Error::corrupt("a batch is compressed or has views, which is never written"));
        }
        let n_rows =
            usize::try_from(batch.length()).map_err(|_| Error::corrupt("a negative number of rows"))?;
        let nodes = batch.nodes().into_iter().flat_map(|nodes| nodes.iter()).map(|node| node.length());
        let buffers = batch.buffers().into_iter().flat_map(|buffers| buffers.iter());
        let buffers = buffers.map(|buffer| (buffer.offset(), buffer.length()));
        Ok(Self { n_rows, nodes: Box::new(nodes), buffers: Box::new(buffers), body })
    }

    /// A whole column.
    fn array(&mut self, data_type: &DataType) -> Result<ArrayRef, Error> {
        let nulls = self.validity()?;
        let mut array = ArrayDataBuilder::new(data_type.clone()).len(self.n_rows).nulls(nulls);
        if matches!(data_type, DataType::Utf8 | DataType::Binary) {
            let n_offsets = self.n_rows.checked_add(1);
            array = array.add_buffer(self.buffer(n_offsets.and_then(|n| n.checked_mul(size_of::<i32>())))?);
            array = array.add_buffer(self.next_buffer()?);
        } else {
            let nbytes = match data_type.primitive_width() {
                Some(width) => self.n_rows.checked_mul(width),
                None => Some(self.n_rows.div_ceil(8)),
            };
            array = array.add_buffer(self.buffer(nbytes)?);
        }
        // Validated in full: offsets in order and inside, texts UTF-8.
        let array = array.align_buffers(true).build().map_err(|error| Error::corrupt(error.to_string()))?;
        Ok(make_array(array))
    }

    /// Starts a column: its length must be the batch's, and its validity long enough.
    fn validity(&mut self) -> Result<Option<NullBuffer>, Error> {
        let n_items = self.nodes.next().ok_or_else(|| Error::corrupt("a column is missing"))?;
        if usize::try_from(n_items).ok() != Some(self.n_rows) {
            return Err(Error::corrupt(format!("a column of {n_items} rows among {}", self.n_rows)));
        }
        let bits = self.next_buffer()?;
        if bits.is_empty() {
            return Ok(None);
        }
        if bits.len() < self.n_rows.div_ceil(8) {
            return Err(Error::corrupt("a validity is too short"));
        }
        let validity = NullBuffer::new(BooleanBuffer::new(bits, 0, self.n_rows));
        Ok((validity.null_count() > 0).then_some(validity))
    }

    /// The first `nbytes` of the next buffer; none when that is more than memory can hold.
    fn buffer(&mut self, nbytes: Option<usize>) -> Result<Buffer, Error> {
        let buffer = self.next_buffer()?;
        let nbytes = nbytes.filter(|&nbytes| nbytes <= buffer.len());
        let nbytes = nbytes.ok_or_else(|| {
            Error::corrupt(format!(
                "a buffer of {} bytes is too short for {} rows",
                buffer.len(),
                self.n_rows
            ))
        })?;
        Ok(buffer.slice_with_length(0, nbytes))
    }

    fn next_buffer(&mut self) -> Result<Buffer, Error> {
        let (start, len) = self.buffers.next().ok_or_else(|| Error::corrupt("a buffer is missing"))?;
        let inside = usize::try_from(start).ok().zip(usize::try_from(len).ok());
        let inside =
            inside.filter(|(start, len)| start.checked_add(*len).is_some_and(|end| end <= self.body.len()));
        let (start, len) = inside.ok_or_else(|| {
            Error::corrupt(format!("a buffer of {len} bytes at {start} in a body of {}", self.body.len()))
        })?;
        Ok(self.body.slice_with_length(start, len))
    }

    fn finish(&mut self) -> Result<(), Error> {
        if self.nodes.next().is_some() || self.buffers.next().is_some() {
            return Err(Error::corrupt("a batch has more columns than its schema"));
        }
        Ok(())
    }
}
