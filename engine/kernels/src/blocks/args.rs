//! The arguments of a call, each as what it must be.

use std::str::FromStr;

use gristmill_data::{Chunk, DType, Type, Value};

use crate::Error;
use crate::registry::{Kernel, Param, Run, kernel};

/// The arguments of a call of a kernel, whose arity was checked.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// The kernel, for errors.
    pub kernel: &'static str,
    /// The arguments as they were given.
    pub values: &'a [Value],
}

/// A kernel that gives an array, whatever it is given.
pub(crate) fn array_kernel(name: &'static str, doc: &'static str, params: Vec<Param>, run: Run) -> Kernel {
    Kernel { returns: Type::ANY_ARRAY, ..kernel(name, doc, params, |_| Ok(Type::ANY_ARRAY), run) }
}

/// A kernel that gives a list of arrays, whatever it is given.
pub(crate) fn arrays_kernel(name: &'static str, doc: &'static str, params: Vec<Param>, run: Run) -> Kernel {
    let returns = Type::list_of(Type::ANY_ARRAY);
    Kernel { returns, ..kernel(name, doc, params, |_| Ok(Type::list_of(Type::ANY_ARRAY)), run) }
}

impl<'a> Args<'a> {
    /// The arguments of a call of this kernel.
    #[must_use]
    pub fn new(kernel: &'static str, values: &'a [Value]) -> Self {
        Self { kernel, values }
    }

    /// The argument itself; nothing for one that is left out.
    #[must_use]
    pub fn value(self, at: usize) -> &'a Value {
        self.values.get(at).unwrap_or(&Value::Null)
    }

    fn read<T>(
        self,
        at: usize,
        read: impl Fn(&'a Value) -> Result<T, gristmill_data::Error>,
    ) -> Result<T, Error> {
        read(self.value(at)).map_err(Error::data(self.kernel))
    }

    /// The same for an argument that may be left out, or be null.
    ///
    /// # Errors
    /// As `read`.
    pub fn optional<T>(
        self,
        at: usize,
        read: impl Fn(Self, usize) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.value(at) {
            Value::Null => Ok(None),
            _ => read(self, at).map(Some),
        }
    }

    /// A chunk.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn chunk(self, at: usize) -> Result<&'a Chunk, Error> {
        self.read(at, Value::as_chunk)
    }

    /// An integer.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn int(self, at: usize) -> Result<i64, Error> {
        self.read(at, Value::as_int)
    }

    /// A number.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn float(self, at: usize) -> Result<f64, Error> {
        self.read(at, Value::as_float)
    }

    /// An integer that is not negative.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn size(self, at: usize) -> Result<u64, Error> {
        self.read(at, Value::as_uint)
    }

    /// An axis.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn axis(self, at: usize) -> Result<usize, Error> {
        Ok(self.size(at)? as usize)
    }

    /// A truth value.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn bool(self, at: usize) -> Result<bool, Error> {
        self.read(at, Value::as_bool)
    }

    /// A text.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn text(self, at: usize) -> Result<&'a str, Error> {
        self.read(at, Value::as_text)
    }

    /// What a text says.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is no text, and as it is read.
    pub fn parsed<T: FromStr<Err = Error>>(self, at: usize) -> Result<T, Error> {
        self.text(at)?.parse()
    }

    /// A dtype, by its name.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn dtype(self, at: usize) -> Result<DType, Error> {
        self.text(at)?.parse().map_err(Error::data(self.kernel))
    }

    /// A list of chunks.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn chunks(self, at: usize) -> Result<Vec<Chunk>, Error> {
        let read = |value: &'a Value| value.as_list()?.iter().map(|item| item.as_chunk().cloned()).collect();
        self.read(at, read)
    }

    /// A list of integers.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn ints(self, at: usize) -> Result<Vec<i64>, Error> {
        self.read(at, |value| value.as_list()?.iter().map(Value::as_int).collect())
    }

    /// A list of numbers.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn floats(self, at: usize) -> Result<Vec<f64>, Error> {
        self.read(at, |value| value.as_list()?.iter().map(Value::as_float).collect())
    }

    /// A list of integers that are not negative.
    ///
    /// # Errors
    /// [`Error::Operand`] when it is something else.
    pub fn sizes(self, at: usize) -> Result<Vec<u64>, Error> {
        self.read(at, |value| value.as_list()?.iter().map(Value::as_uint).collect())
    }
}
