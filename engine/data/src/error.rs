//! What can go wrong with data.

use crate::{DType, Mismatch, TaskError, TaskErrorKind, Type};

/// Errors of making, reading, encoding and decoding data. None is worth a retry but [`Error::Io`].
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No dtype has this name.
    #[error(
        "there is no dtype `{name}`; there are bool, int8 to int64, uint8 to uint64, float16 to float64, complex64, complex128, datetime64[ns], timedelta64[ns]"
    )]
    UnknownDType {
        /// The name as given.
        name: String,
    },
    /// No dtype holds the elements of both.
    #[error("{left} and {right} have no common dtype; convert one of them first")]
    NoPromotion {
        /// One dtype.
        left: DType,
        /// The other.
        right: DType,
    },
    /// Arrow has no type for these elements.
    #[error("Arrow has no {dtype}; take the real and imaginary parts")]
    NoArrowType {
        /// The dtype.
        dtype: DType,
    },
    /// Elements of an Arrow type are not those of any dtype.
    #[error(
        "an Arrow array of {given} is no chunk: it takes numbers, booleans, and times of nanoseconds in UTC or without a zone"
    )]
    NoDType {
        /// The Arrow type.
        given: String,
    },
    /// A chunk is in the memory of a device.
    #[error("the chunk is in the memory of a device; it must be landed on the host first")]
    OnDevice,
    /// An array has more axes than [`NDIM_MAX`](crate::NDIM_MAX).
    #[error("an array of {given} axes: at most {max} are possible")]
    TooManyAxes {
        /// Axes given.
        given: usize,
        /// Axes possible.
        max: usize,
    },
    /// A shape has more elements, or bytes, than can be counted.
    #[error("shape {} has more elements than 64 bits can count", tuple(shape))]
    ShapeOverflow {
        /// The shape.
        shape: Vec<u64>,
    },
    /// Shapes do not fit together.
    #[error("shapes {} do not broadcast: axis {axis} is {} in one and {} in another; lengths must be equal or 1", tuples(shapes), lengths[0], lengths[1])]
    NotBroadcastable {
        /// All shapes given.
        shapes: Vec<Vec<u64>>,
        /// The axis of the result that two shapes disagree on.
        axis: usize,
        /// Their lengths there.
        lengths: [u64; 2],
    },
    /// The chunks along an axis cannot be a chunk grid.
    #[error("chunk grid: {reason}")]
    ChunkGrid {
        /// What is wrong, and where.
        reason: String,
    },
    /// A chunk's buffer has another size than its dtype and shape ask for.
    #[error("a {dtype} chunk of shape {} takes {expected} bytes, and {given} were given", tuple(shape))]
    ChunkSize {
        /// The chunk's dtype.
        dtype: DType,
        /// The chunk's shape.
        shape: Vec<u64>,
        /// Bytes, or validity bits, that it takes.
        expected: u64,
        /// Bytes given.
        given: u64,
    },
    /// A chunk's validity has another length than the chunk has elements.
    #[error("a chunk of shape {} takes {expected} validity bits, and {given} were given", tuple(shape))]
    ValiditySize {
        /// The chunk's shape.
        shape: Vec<u64>,
        /// Elements.
        expected: u64,
        /// Bits given.
        given: u64,
    },
    /// A boolean chunk holds a byte that is neither 0 nor 1.
    #[error("element {idx} of a bool chunk is the byte {byte}: only 0 and 1 are booleans")]
    NotBoolean {
        /// Which element.
        idx: usize,
        /// What it is.
        byte: u8,
    },
    /// A chunk was read as elements of another dtype.
    #[error("a chunk of {given} was read as {expected}; convert it first")]
    ElementType {
        /// The dtype asked for.
        expected: DType,
        /// The chunk's dtype.
        given: DType,
    },
    /// A column has an Arrow type that partitions do not have.
    #[error(
        "column `{column}` has the Arrow type {data_type}, which partitions do not have; cast it to one of bool, int8 to uint64, float32, float64, date32, datetime64[ns], timedelta64[ns], utf8, binary"
    )]
    ColumnType {
        /// The column's name.
        column: String,
        /// Its Arrow type.
        data_type: String,
    },
    /// Two columns have the same name.
    #[error("column `{column}` is there twice; rename one of them")]
    DuplicateColumn {
        /// The name.
        column: String,
    },
    /// A partition has more columns than [`COLUMNS_MAX`](crate::COLUMNS_MAX).
    #[error("a partition of {given} columns: at most {max} are possible")]
    TooManyColumns {
        /// Columns given.
        given: usize,
        /// Columns possible.
        max: usize,
    },
    /// A partition has no column of this name.
    #[error("there is no column `{name}`; there are {known}")]
    NoSuchColumn {
        /// The name as given.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// Partitions that differ in their columns cannot be one partition.
    #[error(
        "partition {idx} has columns {given}, and the first has {expected}; give them the same columns in the same order"
    )]
    DifferentColumns {
        /// Which partition.
        idx: usize,
        /// The first partition's columns.
        expected: String,
        /// This partition's columns.
        given: String,
    },
    /// A partition of nothing has no columns.
    #[error("no partitions to concatenate: at least one is needed, for its columns")]
    NothingToConcatenate,
    /// A value is not what it was read as.
    #[error("expected {expected}, found {given}")]
    WrongValue {
        /// What was asked for.
        expected: &'static str,
        /// What it is.
        given: Type,
    },
    /// A number lies outside the type that it was read as.
    #[error("{value} does not fit into {into}")]
    OutOfRange {
        /// The number.
        value: String,
        /// What it was read as.
        into: &'static str,
    },
    /// A text is no type.
    #[error("`{text}` is no type: {reason} at position {at}")]
    TypeSyntax {
        /// The text, cut when it is very long.
        text: String,
        /// Where reading stopped, in bytes.
        at: usize,
        /// What was expected there.
        reason: String,
    },
    /// A value does not have the type that it should have.
    #[error("{0}")]
    Mismatch(#[from] Mismatch),
    /// A value nests deeper or has more parts than can be encoded or decoded.
    #[error("a value with {what} over {max} cannot be encoded or decoded; cut it into several values")]
    TooComplex {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// Bytes are not an encoded value: damaged, truncated, or something else.
    #[error(
        "the bytes are not a value: {reason}; the file or message is damaged, or was made by another version"
    )]
    Corrupt {
        /// What does not fit.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("cannot write the encoded value: {0}")]
    Io(#[from] std::io::Error),
    /// Arrow refused.
    #[error("Arrow: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
}

impl Error {
    /// What the bytes of a value are damaged in.
    pub(crate) fn corrupt(reason: impl Into<String>) -> Self {
        Self::Corrupt { reason: reason.into() }
    }
}

impl From<Error> for TaskError {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::UnknownDType { .. }
            | Error::NotBroadcastable { .. }
            | Error::ChunkGrid { .. }
            | Error::TypeSyntax { .. }
            | Error::NoSuchColumn { .. }
            | Error::NothingToConcatenate
            | Error::DuplicateColumn { .. } => TaskErrorKind::InvalidArgument,
            Error::NoPromotion { .. }
            | Error::NoArrowType { .. }
            | Error::NoDType { .. }
            | Error::ElementType { .. }
            | Error::ColumnType { .. }
            | Error::DifferentColumns { .. }
            | Error::WrongValue { .. }
            | Error::Mismatch(_) => TaskErrorKind::TypeMismatch,
            Error::TooManyAxes { .. }
            | Error::TooManyColumns { .. }
            | Error::ShapeOverflow { .. }
            | Error::TooComplex { .. }
            | Error::OutOfRange { .. } => TaskErrorKind::OutOfRange,
            Error::ChunkSize { .. }
            | Error::ValiditySize { .. }
            | Error::NotBoolean { .. }
            | Error::Corrupt { .. } => TaskErrorKind::DataCorrupt,
            Error::Io(_) => TaskErrorKind::Io,
            Error::Arrow(_) | Error::OnDevice => TaskErrorKind::Failed,
        };
        Self::new(kind, error.to_string())
    }
}

/// A shape as people write it: `(2, 3)`, `(8,)`, `()`.
pub(crate) fn tuple(shape: &[u64]) -> String {
    match shape {
        [only] => format!("({only},)"),
        lengths => {
            let lengths: Vec<_> = lengths.iter().map(u64::to_string).collect();
            format!("({})", lengths.join(", "))
        }
    }
}

fn tuples(shapes: &[Vec<u64>]) -> String {
    let shapes: Vec<_> = shapes.iter().map(|shape| tuple(shape)).collect();
    shapes.join(" and ")
}
