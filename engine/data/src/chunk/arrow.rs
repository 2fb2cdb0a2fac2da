//! Chunks as arrays of Arrow, and back.

use arrow_array::{Array, ArrayRef, BooleanArray, make_array};
use arrow_buffer::{BooleanBuffer, Buffer};
use arrow_data::ArrayDataBuilder;
use arrow_schema::DataType;

use super::Chunk;
use crate::encode::chunk_data_type;
use crate::{ColumnType, DType, Error};

impl Chunk {
    /// The elements in C order as an Arrow array; absent ones are null. They are shared, not copied, but for booleans, of
    /// which Arrow has eight in a byte.
    ///
    /// # Errors
    /// [`Error::NoArrowType`] of complex numbers.
    pub fn to_arrow(&self) -> Result<ArrayRef, Error> {
        let nulls = self.validity().cloned();
        let data_type = match self.dtype() {
            DType::Boolean => {
                let bytes = self.data().as_slice();
                let bits = BooleanBuffer::collect_bool(bytes.len(), |idx| bytes.get(idx) == Some(&1));
                return Ok(std::sync::Arc::new(BooleanArray::new(bits, nulls)));
            }
            DType::Complex64 | DType::Complex128 => {
                return Err(Error::NoArrowType { dtype: self.dtype() });
            }
            dtype => chunk_data_type(dtype),
        };
        let array = ArrayDataBuilder::new(data_type)
            .len(self.n_elements())
            .add_buffer(self.data().clone())
            .nulls(nulls)
            .build();
        array.map(make_array).map_err(Error::Arrow)
    }

    /// The elements of an Arrow array of numbers, booleans or times of nanoseconds, along one axis; nulls are absent. They
    /// are shared, not copied, but for booleans.
    ///
    /// # Errors
    /// [`Error::NoDType`] of other Arrow types.
    pub fn from_arrow(array: &dyn Array) -> Result<Self, Error> {
        let data = array.to_data();
        let n = data.len();
        let dtype = match array.data_type() {
            DataType::Float16 => Some(DType::Float16),
            // The names of columns' types are those of dtypes, where there is one.
            other => ColumnType::of(other).and_then(|column| column.name().parse().ok()),
        };
        let dtype = dtype.ok_or_else(|| Error::NoDType { given: array.data_type().to_string() })?;
        let bytes = match array.as_any().downcast_ref::<BooleanArray>() {
            Some(booleans) => Buffer::from_iter(booleans.values().iter().map(u8::from)),
            None => {
                let itemsize = dtype.itemsize();
                let all = data.buffers().first().cloned().unwrap_or_else(|| Buffer::from(Vec::<u8>::new()));
                all.slice_with_length(data.offset() * itemsize, n * itemsize)
            }
        };
        Self::try_new(dtype, &[n as u64], bytes, data.nulls().cloned())
    }
}
