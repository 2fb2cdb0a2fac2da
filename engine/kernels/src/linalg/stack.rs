//! Stacks of matrices: how they come out of chunks, and results into them.

use bytemuck::Pod;
use gristmill_data::{Chunk, DType, Element};
use gristmill_dense::{Field, Matrix};

use crate::Error;
use crate::blocks::{cast, check_size, elements};

/// Numbers that both chunks and matrices are made of.
pub(super) trait Number: Element + Pod + Field<Real: Element, Complex: Element> {}

impl<T: Element + Pod + Field<Real: Element, Complex: Element>> Number for T {}

/// The dtype that matrices of this one are computed in: its own, and `float64` for integers and booleans.
///
/// # Errors
/// [`Error::NoLoop`] for half precision, moments and lengths of time.
pub fn matrix_dtype(kernel: &'static str, dtype: DType) -> Result<DType, Error> {
    match dtype {
        DType::Float16 => Err(Error::NoLoop { op: kernel, dtypes: vec![dtype] }),
        time if time.is_time() => Err(Error::NoLoop { op: kernel, dtypes: vec![dtype] }),
        float if float.is_float() || float.is_complex() => Ok(float),
        _ => Ok(DType::Float64),
    }
}

/// An expression with `$number` standing for the [`Number`] of a dtype that [`matrix_dtype`] gave.
macro_rules! with_number {
    ($dtype:expr, $number:ident => $body:expr) => {{
        macro_rules! body {
            ($of:ty) => {{
                type $number = $of;
                $body
            }};
        }
        match $dtype {
            gristmill_data::DType::Float32 => body!(f32),
            gristmill_data::DType::Float64 => body!(f64),
            gristmill_data::DType::Complex64 => body!(gristmill_data::number::Complex32),
            _ => body!(gristmill_data::number::Complex64),
        }
    }};
}

pub(super) use with_number;

/// The chunk in a dtype for matrices; there must be all elements.
pub(super) fn ready(kernel: &'static str, of: &Chunk, dtype: DType) -> Result<Chunk, Error> {
    if of.validity().is_some() {
        let reason = "elements of matrices must be there; put numbers in place of what is absent first";
        return Err(Error::Invalid { kernel, reason });
    }
    cast(of, dtype)
}

/// Matrices to be read.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) kernel: &'static str,
    chunk: Chunk,
    /// The axes before those of the matrices.
    pub(super) outer: Vec<u64>,
    pub(super) n_rows: usize,
    pub(super) n_columns: usize,
}

impl Stack {
    /// # Errors
    /// [`Error::Invalid`] for a chunk of less than two axes, or with absent elements.
    pub(super) fn new(kernel: &'static str, of: &Chunk, dtype: DType) -> Result<Self, Error> {
        let &[ref outer @ .., n_rows, n_columns] = of.shape() else {
            let reason = "a matrix has two axes; give the array a second one, with reshape";
            return Err(Error::Invalid { kernel, reason });
        };
        let chunk = ready(kernel, of, dtype)?;
        let (n_rows, n_columns) = (n_rows as usize, n_columns as usize);
        Ok(Self { kernel, outer: outer.to_vec(), chunk, n_rows, n_columns })
    }

    /// In the dtype that matrices of the chunk's are computed in.
    pub(super) fn of(kernel: &'static str, of: &Chunk) -> Result<Self, Error> {
        Self::new(kernel, of, matrix_dtype(kernel, of.dtype())?)
    }

    /// # Errors
    /// [`Error::NotSquare`].
    pub(super) fn square(self) -> Result<Self, Error> {
        let Self { kernel, n_rows, n_columns, .. } = self;
        if n_rows == n_columns { Ok(self) } else { Err(Error::NotSquare { kernel, n_rows, n_columns }) }
    }

    pub(super) fn dtype(&self) -> DType {
        self.chunk.dtype()
    }

    /// How many pivots, or singular values, each has.
    pub(super) fn n_pivots(&self) -> usize {
        self.n_rows.min(self.n_columns)
    }

    pub(super) fn matrix<T: Number>(&self, at: usize) -> Matrix<'_, T> {
        let size = self.n_rows * self.n_columns;
        let matrix = elements(&self.chunk).get(at * size..(at + 1) * size);
        Matrix::new(matrix.unwrap_or_default(), self.n_rows, self.n_columns)
    }

    /// Room for a result of this shape for each.
    pub(super) fn results<T: Element + Default>(&self, shape: &[usize]) -> Result<Results<T>, Error> {
        Results::new(self.kernel, &self.outer, shape)
    }

    /// Does something for each.
    pub(super) fn each(
        &self,
        work: impl FnMut(usize) -> Result<(), gristmill_dense::Error>,
    ) -> Result<(), Error> {
        each(self.kernel, &self.outer, work)
    }
}

/// Does something for each item of a stack of this shape.
pub(super) fn each(
    kernel: &'static str,
    outer: &[u64],
    mut work: impl FnMut(usize) -> Result<(), gristmill_dense::Error>,
) -> Result<(), Error> {
    for at in 0..check_size(kernel, outer)? {
        work(at).map_err(|source| Error::Matrix { kernel, at, source })?;
    }
    Ok(())
}

/// Results to be written, one for each item of a stack.
pub(super) struct Results<T> {
    kernel: &'static str,
    shape: Vec<u64>,
    size: usize,
    elements: Vec<T>,
}

impl<T: Element + Default> Results<T> {
    /// # Errors
    /// [`Error::TooLarge`].
    pub(super) fn new(kernel: &'static str, outer: &[u64], shape: &[usize]) -> Result<Self, Error> {
        let of_all: Vec<u64> = outer.iter().copied().chain(shape.iter().map(|&n| n as u64)).collect();
        let elements = vec![T::default(); check_size(kernel, &of_all)?];
        Ok(Self { kernel, shape: of_all, size: shape.iter().product(), elements })
    }

    pub(super) fn item(&mut self, at: usize) -> &mut [T] {
        self.elements.get_mut(at * self.size..(at + 1) * self.size).unwrap_or_default()
    }

    pub(super) fn finish(self) -> Result<Chunk, Error> {
        Chunk::from_vec(self.elements, &self.shape).map_err(Error::data(self.kernel))
    }
}
