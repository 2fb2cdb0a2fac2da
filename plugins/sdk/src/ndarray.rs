//! Chunks of arrays: one n-d piece in C order, seen as a slice of numbers without a copy.

use std::marker::PhantomData;

use bytemuck::NoUninit;
use bytemuck::checked::{self, CheckedBitPattern};

use crate::bindings::task::gristmill::plugin::types::{Dtype, Ndarray};
use crate::error::{Result, TaskError};

impl Dtype {
    /// The dtype's name in the type grammar.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float16 => "float16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::Datetime64ns => "datetime64[ns]",
            Self::Timedelta64ns => "timedelta64[ns]",
        }
    }
}

/// A Rust type whose values lie in a chunk as they lie in memory. A complex number is `[f32; 2]` or `[f64; 2]`.
pub trait Element: CheckedBitPattern + NoUninit + 'static {
    /// Its dtype.
    const DTYPE: Dtype;
}

macro_rules! elements {
    ($($ty:ty => $dtype:ident),*) => {
        $(impl Element for $ty {
            const DTYPE: Dtype = Dtype::$dtype;
        })*
    };
}
elements!(
    bool => Boolean, i8 => Int8, i16 => Int16, i32 => Int32, i64 => Int64, u8 => Uint8, u16 => Uint16,
    u32 => Uint32, u64 => Uint64, f32 => Float32, f64 => Float64, [f32; 2] => Complex64, [f64; 2] => Complex128
);

/// One chunk of an array with items of type `T`: the type `ndarray<float64>` and its like.
#[derive(Debug, Clone)]
pub struct NdArray<T> {
    shape: Vec<u64>,
    items: Items<T>,
}

/// As it came from the host, when its address suits `T` (the SDK's allocator sees to that), or as made here.
#[derive(Debug, Clone)]
enum Items<T> {
    Bytes(Vec<u8>, PhantomData<T>),
    Vec(Vec<T>),
}

impl<T: Element + PartialEq> PartialEq for NdArray<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.as_slice() == other.as_slice()
    }
}

impl<T: Element> Items<T> {
    fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        if checked::try_cast_slice::<u8, T>(&bytes).is_ok() {
            return Ok(Self::Bytes(bytes, PhantomData));
        }
        let item_nbytes = size_of::<T>();
        let items = bytes.chunks_exact(item_nbytes).map(checked::try_pod_read_unaligned::<T>);
        match items.collect::<std::result::Result<Vec<T>, _>>() {
            Ok(items) if items.len() * item_nbytes == bytes.len() => Ok(Self::Vec(items)),
            _ => Err(TaskError::data_corrupt(format!(
                "{} bytes are not items of {}",
                bytes.len(),
                T::DTYPE.name()
            ))),
        }
    }

    fn as_slice(&self) -> &[T] {
        match self {
            Self::Bytes(bytes, _) => checked::try_cast_slice(bytes).unwrap_or_default(),
            Self::Vec(items) => items,
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes, _) => bytes,
            Self::Vec(items) => bytemuck::cast_slice(&items).to_vec(),
        }
    }
}

impl<T: Element> NdArray<T> {
    /// A chunk of `shape` with these items in C order (the last axis varies fastest).
    ///
    /// # Errors
    /// Invalid argument if `shape` has another number of items.
    pub fn from_vec(items: Vec<T>, shape: &[u64]) -> Result<Self> {
        match n_items(shape) {
            Some(n) if n == items.len() => Ok(Self { shape: shape.to_vec(), items: Items::Vec(items) }),
            _ => {
                Err(TaskError::invalid_argument(format!("{} items do not fill shape {shape:?}", items.len())))
            }
        }
    }

    /// The length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// All items in C order, without a copy.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        self.items.as_slice()
    }

    /// All items in C order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> {
        self.as_slice().iter().copied()
    }

    /// The rows of a 2-d chunk (of any chunk: runs along the last axis).
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        let n = self.shape.last().map_or(1, |&n| n as usize);
        self.as_slice().chunks_exact(n.max(1))
    }

    /// A chunk of the same shape with `f` of every item.
    #[must_use]
    pub fn map<U: Element>(&self, f: impl Fn(T) -> U) -> NdArray<U> {
        NdArray { shape: self.shape.clone(), items: Items::Vec(crate::slices::map(self.as_slice(), f)) }
    }
}

impl<T: Element + bytemuck::Pod> NdArray<T> {
    /// `f` of every item, written over the items: no memory is allocated.
    #[must_use]
    pub fn map_in_place(mut self, f: impl Fn(T) -> T) -> Self {
        match &mut self.items {
            Items::Bytes(bytes, _) => {
                if let Ok(items) = bytemuck::try_cast_slice_mut(bytes) {
                    crate::slices::map_in_place(items, f);
                }
            }
            Items::Vec(items) => crate::slices::map_in_place(items, f),
        }
        self
    }
}

/// The number of items of `shape`, if it can be addressed.
fn n_items(shape: &[u64]) -> Option<usize> {
    let n = shape.iter().try_fold(1u64, |n, &axis| n.checked_mul(axis))?;
    usize::try_from(n).ok()
}

/// One chunk whose dtype is known only when it is there: the type `ndarray`.
#[derive(Debug, Clone, PartialEq)]
pub struct AnyArray(Ndarray);

impl AnyArray {
    /// The type of its items.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.0.dtype
    }

    /// The length of each axis.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.0.shape
    }

    /// The items as bytes: little-endian, C order.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.data
    }

    /// The chunk with items of type `T`, without a copy.
    ///
    /// # Errors
    /// Type mismatch if its dtype is another one; data corrupt if its bytes are not the items of its shape.
    pub fn typed<T: Element>(self) -> Result<NdArray<T>> {
        let Ndarray { dtype, shape, data } = self.0;
        if dtype != T::DTYPE {
            let message = format!("expected ndarray<{}>, got ndarray<{}>", T::DTYPE.name(), dtype.name());
            return Err(TaskError::type_mismatch(message));
        }
        let items = Items::<T>::from_bytes(data)?;
        let array = NdArray { shape, items };
        if n_items(&array.shape) != Some(array.len()) {
            let message = format!("{} items do not fill shape {:?}", array.len(), array.shape);
            return Err(TaskError::data_corrupt(message));
        }
        Ok(array)
    }
}

impl From<Ndarray> for AnyArray {
    fn from(array: Ndarray) -> Self {
        Self(array)
    }
}

impl From<AnyArray> for Ndarray {
    fn from(array: AnyArray) -> Self {
        array.0
    }
}

impl<T: Element> From<NdArray<T>> for AnyArray {
    fn from(array: NdArray<T>) -> Self {
        Self(Ndarray { dtype: T::DTYPE, shape: array.shape, data: array.items.into_bytes() })
    }
}

#[cfg(test)]
mod tests;
