//! One n-d piece of an array, in memory.

mod arrow;
mod ndarray;

use std::fmt;
use std::sync::Arc;

use arrow_buffer::{Buffer, NullBuffer};

use crate::error::tuple;
use crate::{DType, Element, Error, n_elements};

/// One n-d piece of an array: dtype, shape, elements in C order, and which of them are there. Cheap to clone.
///
/// The elements are little-endian and aligned to at least [`DType::alignment`].
#[derive(Clone)]
pub struct Chunk {
    dtype: DType,
    shape: Arc<[u64]>,
    data: Buffer,
    validity: Option<NullBuffer>,
}

impl Chunk {
    /// A chunk of these bytes. They are taken over, and copied only when they are not aligned to the dtype.
    ///
    /// # Shapes
    /// `data` has product(shape) * itemsize bytes, and `validity` product(shape) bits; set bits are present elements.
    ///
    /// # Errors
    /// [`Error::ChunkSize`], [`Error::ValiditySize`], [`Error::NotBoolean`], or a shape that is impossible.
    pub fn try_new(
        dtype: DType,
        shape: &[u64],
        data: Buffer,
        validity: Option<NullBuffer>,
    ) -> Result<Self, Error> {
        let n_elements = n_elements(shape)?;
        let overflow = || Error::ShapeOverflow { shape: shape.to_vec() };
        let expected = n_elements.checked_mul(dtype.itemsize() as u64).ok_or_else(overflow)?;
        if data.len() as u64 != expected {
            let (shape, given) = (shape.to_vec(), data.len() as u64);
            return Err(Error::ChunkSize { dtype, shape, expected, given });
        }
        let given = validity.as_ref().map_or(n_elements, |validity| validity.len() as u64);
        if given != n_elements {
            return Err(Error::ValiditySize { shape: shape.to_vec(), expected: n_elements, given });
        }
        if dtype == DType::Boolean
            && let Some((idx, &byte)) = data.iter().enumerate().find(|&(_, &byte)| byte > 1)
        {
            return Err(Error::NotBoolean { idx, byte });
        }
        let data = if data.as_ptr().align_offset(dtype.alignment()) == 0 {
            data
        } else {
            // A fresh Arrow buffer is aligned to at least 64 bytes.
            Buffer::from_slice_ref(data.as_slice())
        };
        let validity = validity.filter(|validity| validity.null_count() > 0);
        Ok(Self { dtype, shape: shape.into(), data, validity })
    }

    /// A chunk of these elements, all present; the vector's memory is taken over.
    ///
    /// # Errors
    /// [`Error::ChunkSize`] when the shape has another number of elements, or a shape that is impossible.
    pub fn from_vec<T: Element>(elements: Vec<T>, shape: &[u64]) -> Result<Self, Error> {
        Self::try_new(T::DTYPE, shape, T::into_buffer(elements), None)
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The lengths along the axes; empty for a single element without axes.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// How many axes there are.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// How many elements there are.
    #[must_use]
    pub fn n_elements(&self) -> usize {
        self.data.len() / self.dtype.itemsize()
    }

    /// The elements as bytes, in C order, little-endian.
    #[must_use]
    pub fn data(&self) -> &Buffer {
        &self.data
    }

    /// Which elements are there; `None` when all are.
    #[must_use]
    pub fn validity(&self) -> Option<&NullBuffer> {
        self.validity.as_ref()
    }

    /// Size in memory, in bytes. A part of a larger buffer counts as that part.
    #[must_use]
    pub fn nbytes(&self) -> u64 {
        let validity = self.validity.as_ref().map_or(0, |validity| validity.len().div_ceil(8));
        (self.data.len() + validity) as u64
    }

    /// The elements, in C order; what stands at an absent one is of no meaning.
    ///
    /// # Errors
    /// [`Error::ElementType`] when the chunk is of another dtype.
    pub fn as_slice<T: Element>(&self) -> Result<&[T], Error> {
        let wrong = || Error::ElementType { expected: T::DTYPE, given: self.dtype };
        if !T::reads(self.dtype) {
            return Err(wrong());
        }
        // Cannot fail: the constructor has checked size, alignment and booleans.
        bytemuck::checked::try_cast_slice(self.data.as_slice()).map_err(|_| wrong())
    }

    /// The same elements in another shape.
    ///
    /// # Errors
    /// [`Error::ChunkSize`] when the shape has another number of elements, or a shape that is impossible.
    pub fn reshape(&self, shape: &[u64]) -> Result<Self, Error> {
        Self::try_new(self.dtype, shape, self.data.clone(), self.validity.clone())
    }

    /// As many elements from the `first` on as this shape has, in C order, sharing their memory.
    ///
    /// # Errors
    /// [`Error::ChunkSize`] when there are fewer, or a shape that is impossible.
    pub fn part(&self, first: usize, shape: &[u64]) -> Result<Self, Error> {
        let (itemsize, n) = (self.dtype.itemsize(), n_elements(shape)?);
        let left = self.n_elements().checked_sub(first).map(|left| left as u64);
        if left.is_none_or(|left| n > left) {
            let (expected, given) = (n.saturating_mul(itemsize as u64), left.unwrap_or(0) * itemsize as u64);
            return Err(Error::ChunkSize { dtype: self.dtype, shape: shape.to_vec(), expected, given });
        }
        let data = self.data.slice_with_length(first * itemsize, n as usize * itemsize);
        let validity = self.validity.as_ref().map(|validity| validity.slice(first, n as usize));
        Self::try_new(self.dtype, shape, data, validity)
    }

    /// The same bytes as another dtype of the same size, as NumPy's `view`: integers as datetimes.
    ///
    /// # Errors
    /// [`Error::ChunkSize`] when the sizes differ, [`Error::NotBoolean`] when the bytes are no booleans.
    pub fn view(&self, dtype: DType) -> Result<Self, Error> {
        Self::try_new(dtype, &self.shape, self.data.clone(), self.validity.clone())
    }
}

/// Equal when dtype, shape and validity are, and the bytes of all present elements; so NaN equals itself here.
impl PartialEq for Chunk {
    fn eq(&self, other: &Self) -> bool {
        let same = (self.dtype, &self.shape, &self.validity) == (other.dtype, &other.shape, &other.validity);
        same && match &self.validity {
            None => self.data == other.data,
            Some(validity) => {
                let itemsize = self.dtype.itemsize();
                let pairs = self.data.chunks_exact(itemsize).zip(other.data.chunks_exact(itemsize));
                pairs.zip(validity).all(|((left, right), present)| !present || left == right)
            }
        }
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({}, {}", self.dtype, tuple(&self.shape))?;
        if let Some(validity) = &self.validity {
            write!(f, ", {} absent", validity.null_count())?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests;
