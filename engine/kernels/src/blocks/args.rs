//! The arguments of a call, each as what it must be.

use std::str::FromStr;

use gristmill_data::{Chunk, DType, Type, Value};

use crate::Error;
use crate::registry::{Kernel, Param, Run, kernel};

/// The arguments of a call of a kernel, whose arity was checked.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a> {
    pub(crate) kernel: &'static str,
    pub(crate) values: &'a [Value],
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
    pub(crate) fn new(kernel: &'static str, values: &'a [Value]) -> Self {
        Self { kernel, values }
    }

    /// The argument itself; nothing for one that is left out.
    pub(crate) fn value(self, at: usize) -> &'a Value {
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
    pub(crate) fn optional<T>(
        self,
        at: usize,
        read: impl Fn(Self, usize) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.value(at) {
            Value::Null => Ok(None),
            _ => read(self, at).map(Some),
        }
    }

    pub(crate) fn chunk(self, at: usize) -> Result<&'a Chunk, Error> {
        self.read(at, Value::as_chunk)
    }

    pub(crate) fn int(self, at: usize) -> Result<i64, Error> {
        self.read(at, Value::as_int)
    }

    pub(crate) fn float(self, at: usize) -> Result<f64, Error> {
        self.read(at, Value::as_float)
    }

    pub(crate) fn size(self, at: usize) -> Result<u64, Error> {
        self.read(at, Value::as_uint)
    }

    pub(crate) fn axis(self, at: usize) -> Result<usize, Error> {
        Ok(self.size(at)? as usize)
    }

    pub(crate) fn bool(self, at: usize) -> Result<bool, Error> {
        self.read(at, Value::as_bool)
    }

    pub(crate) fn text(self, at: usize) -> Result<&'a str, Error> {
        self.read(at, Value::as_text)
    }

    /// What a text says.
    pub(crate) fn parsed<T: FromStr<Err = Error>>(self, at: usize) -> Result<T, Error> {
        self.text(at)?.parse()
    }

    pub(crate) fn dtype(self, at: usize) -> Result<DType, Error> {
        self.text(at)?.parse().map_err(Error::data(self.kernel))
    }

    pub(crate) fn chunks(self, at: usize) -> Result<Vec<Chunk>, Error> {
        let read = |value: &'a Value| value.as_list()?.iter().map(|item| item.as_chunk().cloned()).collect();
        self.read(at, read)
    }

    pub(crate) fn ints(self, at: usize) -> Result<Vec<i64>, Error> {
        self.read(at, |value| value.as_list()?.iter().map(Value::as_int).collect())
    }

    pub(crate) fn floats(self, at: usize) -> Result<Vec<f64>, Error> {
        self.read(at, |value| value.as_list()?.iter().map(Value::as_float).collect())
    }

    pub(crate) fn sizes(self, at: usize) -> Result<Vec<u64>, Error> {
        self.read(at, |value| value.as_list()?.iter().map(Value::as_uint).collect())
    }
}
