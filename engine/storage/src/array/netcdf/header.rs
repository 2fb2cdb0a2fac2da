//! The header of a NetCDF-3 file, in its three versions.

use gristmill_data::{DType, NDIM_MAX};

use super::super::region;

/// How the files begin, before the version.
pub(in super::super) const MAGIC: &[u8] = b"CDF";
/// What says that a list of dimensions, variables or attributes follows.
pub(super) const DIMENSIONS: u64 = 10;
pub(super) const VARIABLES: u64 = 11;
pub(super) const ATTRIBUTES: u64 = 12;
/// What stands for a dtype. Text has a number of its own.
pub(super) const TYPES: [(u32, DType); 10] = [
    (1, DType::Int8),
    (3, DType::Int16),
    (4, DType::Int32),
    (5, DType::Float32),
    (6, DType::Float64),
    (7, DType::UInt8),
    (8, DType::UInt16),
    (9, DType::UInt32),
    (10, DType::Int64),
    (11, DType::UInt64),
];
/// What stands for text.
pub(super) const CHARACTER: u32 = 2;

/// Why a header cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// More bytes are needed than are here.
    Short,
    /// No more bytes help.
    Wrong(String),
}

/// What a file says about its variables.
#[derive(Debug)]
pub(super) struct Header {
    n_records: u64,
    /// Names and lengths; the unlimited one has length 0.
    dims: Vec<(String, u64)>,
    pub(super) variables: Vec<Variable>,
}

/// A variable, and where its elements begin.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Positions among the dimensions.
    pub(super) dims: Vec<usize>,
    pub(super) attributes: Vec<Attribute>,
    /// `None` for text.
    pub(super) dtype: Option<DType>,
    pub(super) begin: u64,
}

/// What is noted with a variable.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// `None` for text.
    pub(super) dtype: Option<DType>,
    /// Little-endian.
    pub(super) values: Vec<u8>,
}

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let mut cursor = Cursor { rest: bytes, wide: false, wide_offsets: false };
        if cursor.take(MAGIC.len() as u64)? != MAGIC {
            return Err(Problem::Wrong("its first bytes are not those of NetCDF".to_owned()));
        }
        (cursor.wide_offsets, cursor.wide) = match cursor.take(1)? {
            [1] => (false, false),
            [2] => (true, false),
            [5] => (true, true),
            other => return Err(Problem::Wrong(format!("there is no version {other:?} of the format"))),
        };
        let n_records = cursor.count()?;
        // A writer that was cut off leaves this; how many records there are would have to be guessed.
        if n_records == if cursor.wide { u64::MAX } else { u32::MAX.into() } {
            return Err(Problem::Wrong("the number of records was never written".to_owned()));
        }
        let dims = cursor.list(DIMENSIONS, |cursor| Ok((cursor.name()?, cursor.count()?)))?;
        cursor.list(ATTRIBUTES, Cursor::attribute)?;
        let variables = cursor.list(VARIABLES, |cursor| cursor.variable(&dims))?;
        Ok(Self { n_records, dims, variables })
    }

    pub(super) fn name(&self, dim: usize) -> &str {
        self.dims.get(dim).map_or("", |(name, _)| name)
    }

    pub(super) fn length(&self, dim: usize) -> u64 {
        match self.dims.get(dim) {
            Some((_, 0)) => self.n_records,
            Some((_, length)) => *length,
            None => 0,
        }
    }

    /// Whether a variable lies along the unlimited dimension.
    pub(super) fn is_record(&self, variable: &Variable) -> bool {
        variable.dims.first().and_then(|dim| self.dims.get(*dim)).is_some_and(|(_, length)| *length == 0)
    }

    /// Bytes from one record to the next; `None` when they cannot be counted.
    pub(super) fn record_nbytes(&self) -> Option<u64> {
        let records = self.variables.iter().filter(|variable| self.is_record(variable));
        let sizes = records.map(|variable| {
            let inner: Vec<u64> = variable.dims.iter().skip(1).map(|dim| self.length(*dim)).collect();
            region::nbytes(variable.dtype.unwrap_or(DType::UInt8), &inner)
        });
        let sizes: Vec<u64> = sizes.collect::<Option<_>>()?;
        match sizes.as_slice() {
            // One alone is not padded.
            [only] => Some(*only),
            all => all.iter().try_fold(0_u64, |sum, size| sum.checked_add(size.checked_next_multiple_of(4)?)),
        }
    }
}

/// What is left of the header.
struct Cursor<'a> {
    rest: &'a [u8],
    /// Whether counts have 8 bytes.
    wide: bool,
    /// Whether positions have.
    wide_offsets: bool,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n_bytes: u64) -> Result<&'a [u8], Problem> {
        let split = usize::try_from(n_bytes).ok().and_then(|n_bytes| self.rest.split_at_checked(n_bytes));
        let (taken, rest) = split.ok_or(Problem::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Bytes, and what fills them up to a multiple of 4.
    fn padded(&mut self, n_bytes: u64) -> Result<&'a [u8], Problem> {
        let taken = self.take(n_bytes)?;
        self.take(n_bytes.next_multiple_of(4) - n_bytes)?;
        Ok(taken)
    }

    fn number(&mut self, wide: bool) -> Result<u64, Problem> {
        let bytes = self.take(if wide { 8 } else { 4 })?;
        Ok(bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }

    fn count(&mut self) -> Result<u64, Problem> {
        self.number(self.wide)
    }

    fn name(&mut self) -> Result<String, Problem> {
        let length = self.count()?;
        let name = self.padded(length)?;
        String::from_utf8(name.to_vec()).map_err(|_| Problem::Wrong("a name is not UTF-8".to_owned()))
    }

    /// A list after its tag, or nothing after zeros. Every entry takes bytes, so a count cannot make it long.
    fn list<T>(
        &mut self,
        wanted: u64,
        mut entry: impl FnMut(&mut Self) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        let (tag, n_entries) = (self.number(false)?, self.count()?);
        if tag != wanted && (tag, n_entries) != (0, 0) {
            return Err(Problem::Wrong(format!("a list begins with {tag} instead of {wanted}")));
        }
        (0..n_entries).map(|_| entry(self)).collect()
    }

    /// A type; `None` for text.
    fn dtype(&mut self) -> Result<Option<DType>, Problem> {
        let code = self.number(false)?;
        if code == u64::from(CHARACTER) {
            return Ok(None);
        }
        let known = TYPES.iter().find(|(known, _)| u64::from(*known) == code);
        let unknown = || Problem::Wrong(format!("there is no type {code}"));
        known.map(|(_, dtype)| Some(*dtype)).ok_or_else(unknown)
    }

    fn attribute(&mut self) -> Result<Attribute, Problem> {
        let (name, dtype, n_values) = (self.name()?, self.dtype()?, self.count()?);
        let itemsize = dtype.map_or(1, DType::itemsize) as u64;
        let nbytes = n_values.checked_mul(itemsize).ok_or(Problem::Short)?;
        let mut values = self.padded(nbytes)?.to_vec();
        region::swap_bytes(dtype.unwrap_or(DType::UInt8), &mut values);
        Ok(Attribute { name, dtype, values })
    }

    fn variable(&mut self, dims: &[(String, u64)]) -> Result<Variable, Problem> {
        let (name, n_dims) = (self.name()?, self.count()?);
        if n_dims > NDIM_MAX as u64 {
            return Err(Problem::Wrong(format!(
                "`{name}` has {n_dims} axes, at most {NDIM_MAX} are possible"
            )));
        }
        let own = (0..n_dims).map(|axis| {
            let dim = usize::try_from(self.count()?).unwrap_or(usize::MAX);
            match dims.get(dim) {
                None => {
                    Err(Problem::Wrong(format!("`{name}` lies along dimension {dim}, which is not there")))
                }
                Some((_, 0)) if axis > 0 => {
                    Err(Problem::Wrong(format!("the unlimited dimension of `{name}` is not its first")))
                }
                Some(_) => Ok(dim),
            }
        });
        let own = own.collect::<Result<_, _>>()?;
        let attributes = self.list(ATTRIBUTES, Cursor::attribute)?;
        let dtype = self.dtype()?;
        // A size that is too small for large variables, and follows from the rest.
        self.count()?;
        let begin = self.number(self.wide_offsets)?;
        Ok(Variable { name, dims: own, attributes, dtype, begin })
    }
}

#[cfg(test)]
mod tests;
