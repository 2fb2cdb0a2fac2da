//! Arrays that come from nowhere, or from data at hand.

use gristmill_data::{Chunk, ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::expr::{Constant, Number};

use super::lower::number;
use super::{Array, Chunks, Op, concatenate};
use crate::Error;

/// The dtype of a number as the start, step or value of an array.
pub(crate) fn number_dtype(number: Number) -> DType {
    match number {
        Number::Int(_) => DType::Int64,
        Number::Float(_) => DType::Float64,
        Number::Complex(_) => DType::Complex128,
    }
}

impl Array {
    /// Data at hand, cut into chunks; nothing is copied before it is computed.
    pub fn from_chunk(chunk: impl Into<Chunk>, chunks: impl Into<Chunks>) -> Self {
        let chunk = chunk.into();
        let (dtype, grid) = (chunk.dtype(), chunks.into().grid(chunk.shape(), chunk.dtype()));
        Self::or_failed(grid.map(|grid| Self::new(Op::Data(chunk), Vec::new(), dtype, grid)))
    }

    /// `value` everywhere: an array of `int64`, `float64` or `complex128`.
    pub fn full(value: impl Into<Number>, shape: &[u64], chunks: impl Into<Chunks>) -> Self {
        let value = value.into();
        Self::full_of(number_dtype(value), value, shape, &chunks.into())
    }

    /// Zeros of a dtype.
    pub fn zeros(dtype: DType, shape: &[u64], chunks: impl Into<Chunks>) -> Self {
        Self::full_of(dtype, Number::Int(0), shape, &chunks.into())
    }

    /// Ones of a dtype.
    pub fn ones(dtype: DType, shape: &[u64], chunks: impl Into<Chunks>) -> Self {
        Self::full_of(dtype, Number::Int(1), shape, &chunks.into())
    }

    fn full_of(dtype: DType, value: Number, shape: &[u64], chunks: &Chunks) -> Self {
        let value = Constant::new(dtype, value).map_err(Error::kernel("full"));
        let made = value.and_then(|value| {
            Ok(Self::new(Op::Full(value.number), Vec::new(), dtype, chunks.grid(shape, dtype)?))
        });
        Self::or_failed(made)
    }

    /// Numbers from `start` to before `stop`, `step` apart: of `int64` when all are integers, else of `float64`.
    pub fn arange(
        start: impl Into<Number>,
        stop: impl Into<Number>,
        step: impl Into<Number>,
        chunks: impl Into<Chunks>,
    ) -> Self {
        let (start, stop, step) = (start.into(), stop.into(), step.into());
        let made = length(start, stop, step).and_then(|length| {
            let integers = [start, stop, step].iter().all(|number| matches!(number, Number::Int(_)));
            let dtype = if integers { DType::Int64 } else { DType::Float64 };
            let grid = chunks.into().grid(&[length], dtype)?;
            Ok(Self::spaced(start, step, 0, dtype, grid))
        });
        Self::or_failed(made)
    }

    /// `n` numbers from `start` to `stop`, which is the last one, evenly spaced.
    pub fn linspace(start: f64, stop: f64, n: u64, chunks: impl Into<Chunks>) -> Self {
        let step = if n > 1 { (stop - start) / (n - 1) as f64 } else { 0.0 };
        let made = chunks
            .into()
            .grid(&[n], DType::Float64)
            .map(|grid| Self::spaced(Number::Float(start), Number::Float(step), 0, DType::Float64, grid));
        let made = Self::or_failed(made);
        // Rounding must not lead beyond the end.
        if start <= stop { made.minimum(stop) } else { made.maximum(stop) }
    }

    /// A matrix with ones on its `k`-th diagonal, which is above the main one for positive `k`.
    pub fn eye(dtype: DType, n_rows: u64, n_columns: u64, k: i64, chunks: impl Into<Chunks>) -> Self {
        let grid = chunks.into().grid(&[n_rows, n_columns], dtype);
        let args = vec![Arg::text(dtype.name()), Arg::Int(k)];
        Self::or_failed(grid.map(|grid| Self::new(Op::Made { kernel: "eye", args }, Vec::new(), dtype, grid)))
    }

    /// For each axis of a shape an array of that shape, whose elements are their places along it.
    pub fn indices(shape: &[u64], chunks: impl Into<Chunks>) -> Vec<Self> {
        let grid = chunks.into().grid(shape, DType::Int64);
        let along = |axis| match &grid {
            Ok(grid) => Self::spaced(Number::Int(0), Number::Int(1), axis, DType::Int64, grid.clone()),
            Err(error) => Self::or_failed(Err(Error::array("indices", error.to_string()))),
        };
        (0..shape.len()).map(along).collect()
    }

    /// A square matrix with ones on its diagonal.
    pub fn identity(dtype: DType, n: u64, chunks: impl Into<Chunks>) -> Self {
        Self::eye(dtype, n, n, 0, chunks)
    }

    /// An array of no particular elements: zeros here, as making these costs no more than keeping others apart from
    /// what must not be seen.
    pub fn empty(dtype: DType, shape: &[u64], chunks: impl Into<Chunks>) -> Self {
        Self::zeros(dtype, shape, chunks)
    }

    /// `value` everywhere, of the dtype, the shape and the chunks of this array.
    pub fn full_like(&self, value: impl Into<Number>) -> Self {
        let made = Self::all_known("full_like", [self]);
        Self::or_failed(
            made.map(|()| Self::full_of(self.dtype(), value.into(), &self.shape(), &self.grid().into())),
        )
    }

    /// Zeros, of the dtype, the shape and the chunks of this array.
    pub fn zeros_like(&self) -> Self {
        self.full_like(0)
    }

    /// Ones, of the dtype, the shape and the chunks of this array.
    pub fn ones_like(&self) -> Self {
        self.full_like(1)
    }

    /// No particular elements, which are zeros here, of the dtype, the shape and the chunks of this array.
    pub fn empty_like(&self) -> Self {
        self.zeros_like()
    }

    /// What a function makes of the places along each axis of a shape: of [`Array::indices`], which it is called with
    /// once.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let table = Array::fromfunction(&[10, 10], 5, |at| match at {
    ///     [row, column] => (row + 1) * (column + 1),
    ///     _ => Array::full(0, &[], -1),
    /// });
    /// assert_eq!(table.shape(), [10, 10]);
    /// table.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn fromfunction(
        shape: &[u64],
        chunks: impl Into<Chunks>,
        function: impl FnOnce(&[Self]) -> Self,
    ) -> Self {
        function(&Self::indices(shape, chunks))
    }

    /// A matrix whose columns are the powers of a vector's elements, from the `n - 1`-th down to the 0-th.
    ///
    /// With the lowest power first it is `x.vander(n).fliplr()`.
    pub fn vander(&self, n: u64) -> Self {
        Self::or_failed(self.try_vander(n))
    }

    fn try_vander(&self, n: u64) -> Result<Self, Error> {
        Self::all_known("vander", [self])?;
        if self.ndim() != 1 {
            return Err(Error::array("vander", format!("an array of {} axes is no vector", self.ndim())));
        }
        let dtype = DType::promote(self.dtype(), DType::Int64);
        let dtype = dtype.map_err(Error::data("vander"))?;
        let column = self.expand_dims(1).astype(dtype);
        let ones = column.ones_like();
        let Some(n_powers) = n.checked_sub(1) else { return Ok(ones.slice(crate::s![.., ..0])) };
        // As NumPy does: products, not powers.
        let powers = column.broadcast_to(&[self.size(), n_powers]).cumprod(1);
        Ok(concatenate(&[ones, powers], 1).fliplr())
    }

    /// A single number of a dtype, which must hold it, as an array without axes.
    pub(super) fn single(dtype: DType, number: Number) -> Self {
        Self::full_of(dtype, number, &[], &Chunks::default())
    }

    /// A single number, as an array without axes.
    pub(crate) fn scalar(number: Number) -> Self {
        Self::new(Op::Full(number), Vec::new(), number_dtype(number), ChunkGrid::default())
    }

    /// Evenly spaced numbers along an axis.
    pub(super) fn spaced(start: Number, step: Number, axis: usize, dtype: DType, grid: ChunkGrid) -> Self {
        let args = vec![Arg::text(dtype.name()), number(start), number(step), Arg::UInt(axis as u64)];
        Self::new(Op::Made { kernel: "arange", args }, Vec::new(), dtype, grid)
    }
}

/// How many numbers a range has.
fn length(start: Number, stop: Number, step: Number) -> Result<u64, Error> {
    let refused = |reason: &str| Error::array("arange", reason.to_owned());
    match (start, stop, step) {
        (Number::Int(_), Number::Int(_), Number::Int(0)) => Err(refused("a step of 0 goes nowhere")),
        (Number::Int(start), Number::Int(stop), Number::Int(step)) => {
            let (distance, step) = if step > 0 { (stop - start, step) } else { (start - stop, -step) };
            let length = if distance <= 0 { 0 } else { (distance - 1) / step + 1 };
            u64::try_from(length).map_err(|_| refused("it has more elements than 64 bits can count"))
        }
        (Number::Complex(_), ..) | (_, Number::Complex(_), _) | (.., Number::Complex(_)) => {
            Err(refused("complex numbers have no order"))
        }
        (start, stop, step) => {
            let float = |number| match number {
                Number::Int(int) => int as f64,
                Number::Float(float) => float,
                Number::Complex(_) => f64::NAN,
            };
            let length = ((float(stop) - float(start)) / float(step)).ceil();
            match length {
                length if length.is_nan() || length.is_infinite() || length >= 2_f64.powi(62) => {
                    Err(refused("its length is no number of elements"))
                }
                length => Ok(length.max(0.0) as u64),
            }
        }
    }
}

/// How the axes of a grid are in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexing {
    /// As those of a picture: the first coordinate varies along the second axis.
    Xy,
    /// As those of a matrix: each coordinate varies along its own axis.
    Ij,
}

/// For each of these vectors of coordinates, that coordinate of every point of the grid that they span.
///
/// Arrays that are not stretched (NumPy's `sparse`) are the vectors themselves, with `expand_dims`.
pub fn meshgrid(coordinates: &[Array], indexing: Indexing) -> Vec<Array> {
    let n = coordinates.len();
    let place = |axis: usize| match (indexing, axis) {
        (Indexing::Xy, 0 | 1) if n > 1 => 1 - axis,
        _ => axis,
    };
    let grid = Array::all_known("meshgrid", coordinates).and_then(|()| {
        match coordinates.iter().find(|array| array.ndim() > 1) {
            Some(array) => {
                Err(Error::array("meshgrid", format!("an array of {} axes is no vector", array.ndim())))
            }
            None => Ok(()),
        }
    });
    if let Err(error) = grid {
        let error = std::sync::Arc::new(error);
        return coordinates.iter().map(|_| Array::or_failed(Err(Error::Shared(error.clone())))).collect();
    }
    let mut shape = vec![1; n];
    for (axis, array) in coordinates.iter().enumerate() {
        shape.iter_mut().skip(place(axis)).take(1).for_each(|length| *length = array.size());
    }
    let along = |(axis, array): (usize, &Array)| {
        array.atleast_1d().with_new_axes(0, n - 1 - place(axis)).broadcast_to(&shape)
    };
    coordinates.iter().enumerate().map(along).collect()
}

#[cfg(test)]
mod tests;
