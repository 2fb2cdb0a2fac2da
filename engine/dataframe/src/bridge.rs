//! Frames of arrays, and arrays of frames.

use gristmill_collections::array::Chunks;
use gristmill_collections::{Array, Delayed, args, delayed, kernel};
use gristmill_data::{ColumnType, DType, Value};

use crate::{DataFrame, Error};

fn refused(name: &'static str, reason: impl ToString) -> Error {
    Error::Argument { name, reason: reason.to_string() }
}

impl DataFrame {
    /// How many rows each of `n` partitions has, as calls: what [`DataFrame::to_array`] needs to know.
    ///
    /// # Errors
    /// As [`DataFrame::partitions`].
    pub fn lengths(&self, n: usize) -> Result<Vec<Delayed>, Error> {
        let len = kernel("len").map_err(|error| refused("lengths", error))?;
        Ok(self.partitions(n)?.iter().map(|part| delayed(&len, args![part])).collect())
    }

    /// Columns of one type as an array with a row for each of the frame's, of as many blocks as `lengths` names; nulls are absent.
    /// A single column is an array of one axis, whose blocks share memory with the partitions.
    ///
    /// # Errors
    /// As [`DataFrame::partitions`], and when the columns are not of one type, or of one that arrays have not.
    ///
    /// # Example
    /// ```no_run
    /// # use gristmill_dataframe::DataFrame;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let frame = DataFrame::read("x.parquet");
    /// // let lengths = client.compute(&frame.lengths(4)?)?;
    /// let x = frame.to_array(&["x", "y"], &[250, 250, 250, 250])?;      // of shape (1000, 2)
    /// # let _ = x; Ok(()) }
    /// ```
    pub fn to_array(&self, columns: &[&str], lengths: &[u64]) -> Result<Array, Error> {
        let schema = self.schema()?;
        let dtype = |name: &&str| {
            let field = schema.field_with_name(name).map_err(|error| refused("to_array", error))?;
            let ty = crate::convert::plain_type(field.data_type()).as_ref().and_then(ColumnType::of);
            let dtype = ty.and_then(|ty| ty.name().parse::<DType>().ok());
            dtype.ok_or_else(|| {
                refused("to_array", format!("`{name}` is {}, which no array has", field.data_type()))
            })
        };
        let dtypes = columns.iter().map(dtype).collect::<Result<Vec<_>, Error>>()?;
        let Some(&dtype) = dtypes.first() else { return Err(refused("to_array", "no columns are named")) };
        if let Some(other) = dtypes.iter().find(|other| **other != dtype) {
            return Err(refused(
                "to_array",
                format!("columns are {dtype} and {other}; make them one with `astype`"),
            ));
        }
        let to_block = kernel("columns_to_block").map_err(|error| refused("to_array", error))?;
        let names = Value::list(columns.iter().map(|name| Value::from(*name)));
        let parts = self.partitions(lengths.len())?;
        let blocks: Vec<Delayed> =
            parts.iter().map(|part| delayed(&to_block, args![part, names.clone(), true])).collect();
        let n_rows: u64 = lengths.iter().sum();
        let (shape, chunks): (Vec<u64>, Vec<Vec<u64>>) = match columns {
            [_] => (vec![n_rows], vec![lengths.to_vec()]),
            columns => {
                let n_columns = columns.len() as u64;
                (vec![n_rows, n_columns], vec![lengths.to_vec(), vec![n_columns]])
            }
        };
        let array = Array::from_blocks(&blocks, &shape, Chunks::from(chunks), dtype);
        array.check().map_err(|error| refused("to_array", error))?;
        Ok(array)
    }

    /// The columns of an array of two axes, or the only one of an array of one axis, called by these names. Rows are cut as the
    /// array is; absent elements are nulls. A mistake is kept in the frame.
    pub fn from_array(array: &Array, names: &[&str]) -> Self {
        Self::try_from_array(array, names).unwrap_or_else(|error| Self::of(Err(error)))
    }

    fn try_from_array(array: &Array, names: &[&str]) -> Result<Self, Error> {
        let no_array = |error: gristmill_collections::Error| refused("from_array", error);
        let fits = match array.shape().as_slice() {
            [_] => names.len() == 1,
            [_, n_columns] => *n_columns == names.len() as u64,
            _ => false,
        };
        if !fits {
            let (shape, n) = (array.shape(), names.len());
            return Err(refused("from_array", format!("an array of shape {shape:?} has not {n} columns")));
        }
        let ty: ColumnType = array.dtype().name().parse().map_err(|()| {
            refused("from_array", format!("no column is {}; make it another with `astype`", array.dtype()))
        })?;
        if array.numblocks().get(1).is_some_and(|&n| n != 1) {
            let hint = "its columns lie in several blocks; put them into one with `rechunk`";
            return Err(refused("from_array", hint));
        }
        let to_columns = kernel("block_to_columns").map_err(no_array)?;
        let list = Value::list(names.iter().map(|name| Value::from(*name)));
        let blocks = array.to_delayed().map_err(no_array)?;
        let parts = blocks.iter().map(|block| delayed(&to_columns, args![block, list.clone()]));
        let fields: Vec<String> = names.iter().map(|name| format!("{name}: {ty}")).collect();
        Ok(Self::from_delayed(parts, &format!("table{{{}}}", fields.join(", "))))
    }
}
