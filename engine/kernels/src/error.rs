//! What can go wrong in a kernel.

use gristmill_data::{Mismatch, TaskError, TaskErrorKind, Type};

/// Errors of kernels: the arguments do not fit, or the result does not. None is worth a retry.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No kernel has this name.
    #[error("no kernel is called `{name}`; there are {known}")]
    NoSuchKernel {
        /// The name as given.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A call has too few or too many arguments.
    #[error("`{kernel}` takes {expected}, {given} were given")]
    Arity {
        /// The kernel.
        kernel: &'static str,
        /// Its parameters, in words.
        expected: String,
        /// Arguments given.
        given: usize,
    },
    /// An argument's type is not that of its parameter.
    #[error("argument `{param}` of `{kernel}`: {source}")]
    Argument {
        /// The kernel.
        kernel: &'static str,
        /// The parameter.
        param: &'static str,
        /// How the types differ.
        source: Mismatch,
    },
    /// A kernel cannot be applied to values of these types.
    #[error("`{kernel}` takes {expected}, and {given} was given")]
    Operand {
        /// The kernel.
        kernel: &'static str,
        /// What it takes, in words.
        expected: &'static str,
        /// The type of what was given.
        given: Type,
    },
    /// No operation has this name.
    #[error("no element-wise operation is called `{name}`")]
    NoSuchOp {
        /// The name as given.
        name: String,
    },
    /// No reduction has this name.
    #[error(
        "no reduction is called `{name}`; there are count, sum, prod, min, max, mean, var:DDOF and std:DDOF, and the same after `nan`"
    )]
    NoSuchReduction {
        /// The name as given.
        name: String,
    },
    /// A grid has no such block.
    #[error("the chunk grid has no block of index {index}")]
    NoSuchBlock {
        /// The index as given.
        index: u64,
    },
    /// A part of an array cannot be made of what is given.
    #[error("this part of the array cannot be made: {reason}")]
    Selection {
        /// What does not fit.
        reason: &'static str,
    },
    /// A function gave another block than was declared.
    #[error(
        "it gave {given} for block {block:?}, and {declared} is declared: declare what it gives, or change what it gives"
    )]
    NotAsDeclared {
        /// The block's place in the grid.
        block: Vec<u64>,
        /// What was declared, in words.
        declared: String,
        /// What was given, in words.
        given: String,
    },
    /// Arguments that do not fit together.
    #[error("`{kernel}`: {reason}")]
    Invalid {
        /// The kernel.
        kernel: &'static str,
        /// What does not fit, and what would.
        reason: &'static str,
    },
    /// A text names none of what there is.
    #[error("no {what} is called `{name}`; there are {known}")]
    NoSuchMode {
        /// What it should name, in words.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The names that exist.
        known: &'static str,
    },
    /// A position along an axis is outside of it.
    #[error(
        "`{kernel}`: position {index} of an axis of length {length}: the first is 0, and none is negative here"
    )]
    NoSuchPosition {
        /// The kernel.
        kernel: &'static str,
        /// The position as given.
        index: i64,
        /// The length of the axis.
        length: usize,
    },
    /// An array has no such axis.
    #[error("there is no axis {axis} in an array of {ndim} axes; the first is 0")]
    Axis {
        /// The axis as given.
        axis: u64,
        /// Axes of the array.
        ndim: usize,
    },
    /// Matrices have other than as many rows as columns.
    #[error("`{kernel}` takes square matrices, and those given have {n_rows} rows and {n_columns} columns")]
    NotSquare {
        /// The kernel.
        kernel: &'static str,
        /// Rows of each matrix.
        n_rows: usize,
        /// Columns of each matrix.
        n_columns: usize,
    },
    /// A matrix has no such result.
    #[error("`{kernel}` of matrix {at}: {source}")]
    Matrix {
        /// The kernel.
        kernel: &'static str,
        /// Which one of the stack; the first, or only one, is 0.
        at: usize,
        /// Why.
        source: gristmill_dense::Error,
    },
    /// An element-wise operation is not defined for these dtypes.
    #[error("`{op}` is not defined for {}; convert with astype first", names(dtypes))]
    NoLoop {
        /// The operation.
        op: &'static str,
        /// The dtypes of its operands.
        dtypes: Vec<gristmill_data::DType>,
    },
    /// The text of an element-wise program cannot be read.
    #[error("the program `{text}` cannot be read at `{reason}`")]
    Program {
        /// Its beginning.
        text: String,
        /// Where, or what is wrong.
        reason: String,
    },
    /// An element-wise program is too large.
    #[error("an element-wise program has at most {max} {what}; compute a part of it first, with persist")]
    ProgramTooLarge {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// An input of an element-wise program is of another dtype.
    #[error("an input of the program is of {given}, and it takes {expected} there")]
    InputDType {
        /// The dtype that the program declares.
        expected: gristmill_data::DType,
        /// The dtype of the chunk.
        given: gristmill_data::DType,
    },
    /// An integer has no negative powers that are integers.
    #[error("an integer to a negative power is no integer: convert it to a float first")]
    NegativePower,
    /// The result of integers is no integer of 64 bits.
    #[error("`{kernel}` of integers gives a result outside 64 bits; convert them to floats first")]
    Overflow {
        /// The kernel.
        kernel: &'static str,
    },
    /// A number does not fit into the dtype of the chunk that it is combined with.
    #[error(
        "{number} does not fit into {dtype}, the dtype of the chunk it is combined with; convert the chunk first"
    )]
    NumberTooLarge {
        /// The number.
        number: String,
        /// The chunk's dtype.
        dtype: gristmill_data::DType,
    },
    /// A number is divided by zero.
    #[error("division of a number by zero")]
    DivisionByZero,
    /// A chunk would be too large for one task: shapes that broadcast, or that are given, are short to write.
    #[error(
        "`{kernel}` would give {n_elements} elements, at most {max} fit into one chunk; use smaller chunks"
    )]
    TooLarge {
        /// The kernel.
        kernel: &'static str,
        /// Elements of the result.
        n_elements: u64,
        /// The limit.
        max: u64,
    },
    /// There is no memory for a result.
    #[error(
        "`{kernel}` would give {n_elements} elements, and there is no memory for them; use smaller chunks"
    )]
    OutOfMemory {
        /// The kernel.
        kernel: &'static str,
        /// Elements of the result.
        n_elements: u64,
    },
    /// A text describes no distribution.
    #[error("`{text}` is no distribution: {reason}")]
    NoDistribution {
        /// The text, or its beginning.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no distribution with such a parameter.
    #[error("`{param}` of the distribution `{distribution}` is {given}; it must be {must_be}")]
    Parameter {
        /// The distribution's name.
        distribution: &'static str,
        /// The parameter.
        param: &'static str,
        /// Its value.
        given: String,
        /// What it must be, in words.
        must_be: &'static str,
    },
    /// Random numbers of this distribution have another dtype.
    #[error("{distribution} has no {dtype} numbers; ask for {expected}")]
    RandomDType {
        /// The distribution.
        distribution: crate::Distribution,
        /// The dtype asked for.
        dtype: gristmill_data::DType,
        /// The dtypes that it has, in words.
        expected: &'static str,
    },
    /// An array's stream has no place in the counter of its random numbers.
    #[error("stream {given} of random numbers: the last one is {}; take another seed", u32::MAX)]
    Stream {
        /// The stream as given.
        given: u64,
    },
    /// A block is no part of its array.
    #[error(
        "a block of shape {shape:?} at {start:?} is no part of an array of shape {array_shape:?}; it must lie within, along every axis"
    )]
    OutsideArray {
        /// The array's shape.
        array_shape: Vec<u64>,
        /// Where the block begins.
        start: Vec<u64>,
        /// The block's shape.
        shape: Vec<u64>,
    },
    /// There is no mean or extreme of nothing.
    #[error("`{kernel}` of nothing: at least one item is needed")]
    Empty {
        /// The kernel.
        kernel: &'static str,
    },
    /// A list has no item at this index.
    #[error("item {idx} of a list of {len}: the first is 0, the last is -1")]
    NoSuchIndex {
        /// The index as given.
        idx: i64,
        /// Items in the list.
        len: usize,
    },
    /// A map has no item of this name.
    #[error("the map has no item `{name}`; it has {known}")]
    NoSuchItem {
        /// The name as given.
        name: String,
        /// The names that it has, separated by commas; cut when they are many.
        known: String,
    },
    /// A sleep is negative or over the limit.
    #[error("sleep of {given} ms: at least 0 and at most {max} are possible")]
    SleepTime {
        /// Milliseconds given.
        given: f64,
        /// The limit.
        max: u64,
    },
    /// The data itself is at fault: shapes that do not broadcast, dtypes without a common one, different columns.
    #[error("`{kernel}`: {source}")]
    Data {
        /// The kernel.
        kernel: &'static str,
        /// What is wrong.
        source: gristmill_data::Error,
    },
}

impl Error {
    /// Says in which kernel the data was at fault.
    pub(crate) fn data(kernel: &'static str) -> impl FnOnce(gristmill_data::Error) -> Self {
        move |source| Self::Data { kernel, source }
    }

    /// The same, of the kernel that was called rather than of the program that it made.
    pub(crate) fn named(self, kernel: &'static str) -> Self {
        match self {
            Self::Data { source, .. } => Self::Data { kernel, source },
            Self::TooLarge { n_elements, max, .. } => Self::TooLarge { kernel, n_elements, max },
            Self::Invalid { reason, .. } => Self::Invalid { kernel, reason },
            Self::NoSuchPosition { index, length, .. } => Self::NoSuchPosition { kernel, index, length },
            other => other,
        }
    }
}

fn names(dtypes: &[gristmill_data::DType]) -> String {
    dtypes.iter().map(|dtype| dtype.name()).collect::<Vec<_>>().join(" and ")
}

impl From<Error> for TaskError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let kind = match error {
            Error::NoSuchKernel { .. } | Error::NoSuchOp { .. } | Error::NoSuchReduction { .. } => {
                TaskErrorKind::NoSuchFunction
            }
            Error::Argument { .. }
            | Error::Operand { .. }
            | Error::NotAsDeclared { .. }
            | Error::NoLoop { .. }
            | Error::InputDType { .. } => TaskErrorKind::TypeMismatch,
            Error::Arity { .. }
            | Error::Axis { .. }
            | Error::NoSuchBlock { .. }
            | Error::Selection { .. }
            | Error::Invalid { .. }
            | Error::NoSuchMode { .. }
            | Error::NotSquare { .. }
            | Error::Matrix { .. }
            | Error::NegativePower
            | Error::Program { .. }
            | Error::ProgramTooLarge { .. }
            | Error::DivisionByZero
            | Error::Empty { .. }
            | Error::NoDistribution { .. }
            | Error::Parameter { .. }
            | Error::RandomDType { .. } => TaskErrorKind::InvalidArgument,
            Error::Overflow { .. }
            | Error::NumberTooLarge { .. }
            | Error::TooLarge { .. }
            | Error::Stream { .. }
            | Error::OutsideArray { .. }
            | Error::OutOfMemory { .. }
            | Error::NoSuchIndex { .. }
            | Error::NoSuchPosition { .. }
            | Error::NoSuchItem { .. }
            | Error::SleepTime { .. } => TaskErrorKind::OutOfRange,
            Error::Data { source, .. } => Self::from(source).kind,
        };
        Self::new(kind, message)
    }
}
