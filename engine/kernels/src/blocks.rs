//! What kernels of single blocks share: lanes along an axis, elements and validity as slices, arguments.
//!
//! # Layout
//! - this file: [`Lanes`], and chunks as slices and back
//! - `args`: the arguments of a call
//! - `kind`: generic code for the elements of every dtype, and their order

mod args;
mod kind;

use std::ops::Range;

use bytemuck::Pod;
use gristmill_data::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use gristmill_data::{Chunk, DType, Memory, n_elements};

use crate::Error;

pub use args::Args;
pub(crate) use args::{array_kernel, arrays_kernel};
pub(crate) use kind::{Kind, Time, with_kind};

/// How many elements a chunk may have that is larger than what it is made of: a shape is short to write.
pub(crate) const ELEMENTS_MAX: u64 = 1 << 31;

/// An array as lanes along one axis: `outer` planes of `length` rows of `inner` elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lanes {
    pub(crate) outer: usize,
    pub(crate) length: usize,
    pub(crate) inner: usize,
}

impl Lanes {
    /// # Errors
    /// [`Error::Axis`].
    pub(crate) fn new(shape: &[u64], axis: usize) -> Result<Self, Error> {
        Self::along(shape, axis..axis.saturating_add(1))
    }

    /// The same along axes that are taken as one.
    ///
    /// # Errors
    /// [`Error::Axis`].
    pub(crate) fn along(shape: &[u64], axes: Range<usize>) -> Result<Self, Error> {
        let product = |axes: &[u64]| axes.iter().product::<u64>() as usize;
        let part = |axes: Range<usize>| shape.get(axes).map(product);
        let parts = part(0..axes.start).zip(part(axes.clone())).zip(part(axes.end..shape.len()));
        let ((outer, length), inner) =
            parts.ok_or(Error::Axis { axis: axes.end.saturating_sub(1) as u64, ndim: shape.len() })?;
        Ok(Self { outer, length, inner })
    }

    /// How many lanes there are.
    pub(crate) fn n(self) -> usize {
        self.outer * self.inner
    }

    /// The place of the first element of a lane; the others are `inner` apart.
    pub(crate) fn first(self, lane: usize) -> usize {
        lane / self.inner.max(1) * self.length * self.inner + lane % self.inner.max(1)
    }

    /// Fills `lane` with the elements of one.
    pub(crate) fn gather<T: Copy>(self, nth: usize, elements: &[T], lane: &mut Vec<T>) {
        let from = elements.get(self.first(nth)..).unwrap_or_default();
        lane.clear();
        lane.extend(from.iter().step_by(self.inner.max(1)).take(self.length));
    }

    /// Writes elements to their places in a lane.
    pub(crate) fn scatter<T: Copy>(self, nth: usize, lane: impl IntoIterator<Item = T>, elements: &mut [T]) {
        let to = elements.get_mut(self.first(nth)..).unwrap_or_default();
        for (to, from) in to.iter_mut().step_by(self.inner.max(1)).zip(lane.into_iter().take(self.length)) {
            *to = from;
        }
    }
}

/// How far an index along axes leads, of which each has a length and a stride; the last one varies fastest.
pub(crate) fn offset(axes: impl DoubleEndedIterator<Item = (usize, usize)>, mut idx: usize) -> usize {
    axes.rev().fold(0, |offset, (length, stride)| {
        let within = idx % length;
        idx /= length;
        offset + within * stride
    })
}

/// Which item of an operand, of shape `own`, stands at this place of a result that it is broadcast to.
pub(crate) fn place(at: u64, own: &[u64], shape: &[u64]) -> usize {
    let (mut rest, mut stride, mut place) = (at, 1, 0);
    for (axis, &length) in shape.iter().rev().enumerate() {
        let own = own.iter().rev().nth(axis).copied().unwrap_or(1);
        if own > 1 {
            place += rest % length * stride;
            stride *= own;
        }
        rest /= length;
    }
    place as usize
}

/// The shape with another length along one axis.
pub(crate) fn with_length(shape: &[u64], axis: usize, length: usize) -> Vec<u64> {
    let lengths = shape.iter().enumerate();
    lengths.map(|(at, &own)| if at == axis { length as u64 } else { own }).collect()
}

/// The elements, of any type of the dtype's size: a chunk's bytes are aligned to its dtype.
pub(crate) fn elements<T: Pod>(chunk: &Chunk) -> &[T] {
    bytemuck::try_cast_slice(chunk.data().as_slice()).unwrap_or_default()
}

/// Elements to be written to, all 0.
pub(crate) fn zeroed<T: Pod>(n: usize) -> Memory {
    Memory::zeroed(n * size_of::<T>())
}

/// The same, as what they are.
pub(crate) fn cast_mut<T: Pod>(memory: &mut Memory) -> &mut [T] {
    bytemuck::try_cast_slice_mut(memory.as_mut_slice()).unwrap_or_default()
}

/// These elements' bytes.
pub(crate) fn buffer_of<T: Pod>(elements: &[T]) -> Buffer {
    Buffer::from_slice_ref(bytemuck::cast_slice::<T, u8>(elements))
}

/// A byte for each element, 1 where it is there; `None` when all are.
pub(crate) fn present(chunk: &Chunk) -> Option<Vec<u8>> {
    chunk.validity().map(|validity| validity.iter().map(u8::from).collect())
}

/// And back.
pub(crate) fn validity(present: &[u8]) -> NullBuffer {
    NullBuffer::new(BooleanBuffer::collect_bool(present.len(), |idx| present.get(idx) == Some(&1)))
}

/// The elements of several chunks of one dtype, one chunk's after the other's, without axes but one.
pub(crate) fn joined(kernel: &'static str, parts: &[&Chunk]) -> Result<Chunk, Error> {
    let dtype = parts.first().ok_or(Error::Empty { kernel })?.dtype();
    if parts.iter().any(|part| part.dtype() != dtype) {
        return Err(Error::Invalid { kernel, reason: "all parts must be of one dtype" });
    }
    let bytes = parts.iter().map(|part| part.data().as_slice()).collect::<Vec<_>>().concat();
    let n: usize = parts.iter().map(|part| part.n_elements()).sum();
    let marks = parts.iter().any(|part| part.validity().is_some()).then(|| {
        let marks = |part: &&Chunk| present(part).unwrap_or_else(|| vec![1; part.n_elements()]);
        validity(&parts.iter().flat_map(marks).collect::<Vec<u8>>())
    });
    Chunk::try_new(dtype, &[n as u64], Buffer::from_vec(bytes), marks).map_err(Error::data(kernel))
}

/// Refuses shapes of more elements than a chunk may have that is larger than what it is made of.
pub(crate) fn check_size(kernel: &'static str, shape: &[u64]) -> Result<usize, Error> {
    let n_elements = n_elements(shape).map_err(Error::data(kernel))?;
    if n_elements > ELEMENTS_MAX {
        return Err(Error::TooLarge { kernel, n_elements, max: ELEMENTS_MAX });
    }
    Ok(n_elements as usize)
}

/// The chunk in another dtype, as `astype` makes it.
pub(crate) fn cast(chunk: &Chunk, dtype: DType) -> Result<Chunk, Error> {
    if chunk.dtype() == dtype {
        return Ok(chunk.clone());
    }
    let mut builder = crate::expr::ExprBuilder::new();
    let of = builder.input(chunk.dtype())?;
    let result = builder.cast(of, dtype)?;
    crate::evaluate(&builder.finish(result), std::slice::from_ref(chunk))
}
