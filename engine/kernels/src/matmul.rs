//! Products of matrices, and of arrays in index notation.
//!
//! A contraction that goes over several blocks hands its result so far on from one product to the next, so that no
//! separate addition is needed. Half precision is multiplied in single precision, short integers in 32 bits, and
//! rounded or cut off once for each block. Absent elements count as 0, and a sum of nothing but such is absent.
//!
//! # Layout
//! - this file: shapes and dtypes
//! - `product`: the loops, for one matrix by another
//! - `einsum`: index notation, which comes down to stacks of matrices

mod einsum;
mod product;

pub use einsum::einsum;

use gristmill_data::{Chunk, DType, Memory, Type, Value, broadcast_shapes};

use crate::Error;
use crate::blocks::{Args, array_kernel, cast, cast_mut, check_size, elements, place, present};
use crate::registry::{Kernel, Param, param};

const KERNEL: &str = "matmul";

/// The product of two matrices, as NumPy's `matmul`: of the last two axes, all axes before them broadcast, and an operand
/// of one axis is a row or a column.
///
/// It is added to `acc`, a chunk of the result's dtype and shape, when that is given; booleans are combined by `or`.
///
/// # Errors
/// [`Error::Invalid`] when the shapes do not fit, [`Error::NoLoop`] for moments and lengths of time, dtypes without a
/// common one, or a result that is too large for one chunk.
pub fn matmul(left: &Chunk, right: &Chunk, acc: Option<&Chunk>) -> Result<Chunk, Error> {
    let dtype = DType::promote(left.dtype(), right.dtype()).map_err(Error::data(KERNEL))?;
    let within = computed_in(dtype)
        .ok_or_else(|| Error::NoLoop { op: KERNEL, dtypes: vec![left.dtype(), right.dtype()] })?;
    let shapes = Shapes::new(left.shape(), right.shape())?;
    check_size(KERNEL, &shapes.result)?;
    if let Some(acc) = acc
        && (acc.shape(), acc.dtype()) != (&*shapes.result, dtype)
    {
        let reason = "what the product is added to must have its shape and dtype";
        return Err(Error::Invalid { kernel: KERNEL, reason });
    }
    let ready = |chunk: &Chunk| cast(&without_absent(chunk)?, within);
    let (a, b) = (ready(left)?, ready(right)?);
    let start = acc.map(ready).transpose()?;
    let data = match within {
        DType::Int32 => shapes.multiply::<i32>(&a, &b, start.as_ref()),
        DType::Int64 => shapes.multiply::<i64>(&a, &b, start.as_ref()),
        DType::Float32 => shapes.multiply::<f32>(&a, &b, start.as_ref()),
        DType::Float64 => shapes.multiply::<f64>(&a, &b, start.as_ref()),
        DType::Complex64 => shapes.multiply::<gristmill_data::number::Complex32>(&a, &b, start.as_ref()),
        _ => shapes.multiply::<gristmill_data::number::Complex64>(&a, &b, start.as_ref()),
    };
    let result = Chunk::try_new(within, &shapes.result, data, None).map_err(Error::data(KERNEL))?;
    let result = cast(&result, dtype)?;
    let validity = validity_of(left, right, acc)?;
    Chunk::try_new(dtype, &shapes.result, result.data().clone(), validity).map_err(Error::data(KERNEL))
}

/// The shape of [`matmul`]'s result, and how many products are added up for each of its elements.
///
/// # Errors
/// As [`matmul`], of shapes.
pub fn matmul_shape(left: &[u64], right: &[u64]) -> Result<(Vec<u64>, u64), Error> {
    Shapes::new(left, right).map(|shapes| (shapes.result, shapes.k as u64))
}

/// The dtype that products are made in: wrapping around, they are the same in more bits.
fn computed_in(dtype: DType) -> Option<DType> {
    match dtype {
        DType::Boolean | DType::Float16 | DType::Float32 => Some(DType::Float32),
        DType::Int64 | DType::UInt64 => Some(DType::Int64),
        time if time.is_time() => None,
        int if int.is_integer() => Some(DType::Int32),
        other => Some(other),
    }
}

/// What is multiplied by what.
struct Shapes {
    /// Matrices of `m` by `k` and `k` by `n`.
    m: usize,
    k: usize,
    n: usize,
    /// The axes before those of the matrices: of the operands, and of the result.
    outer: [Vec<u64>; 3],
    result: Vec<u64>,
}

impl Shapes {
    fn new(left: &[u64], right: &[u64]) -> Result<Self, Error> {
        let wrong = |reason| Error::Invalid { kernel: KERNEL, reason };
        let (left_outer, m, left_k) = match left {
            [] => return Err(wrong("an operand without axes is no matrix: multiply")),
            [k] => (&[][..], None, *k),
            [outer @ .., m, k] => (outer, Some(*m), *k),
        };
        let (right_outer, right_k, n) = match right {
            [] => return Err(wrong("an operand without axes is no matrix: multiply")),
            [k] => (&[][..], *k, None),
            [outer @ .., k, n] => (outer, *k, Some(*n)),
        };
        if left_k != right_k {
            return Err(wrong("the left operand must have as many columns as the right one has rows"));
        }
        let outer = broadcast_shapes(&[left_outer, right_outer]).map_err(Error::data(KERNEL))?;
        let result = outer.iter().copied().chain(m).chain(n).collect();
        let (m, n) = (m.unwrap_or(1) as usize, n.unwrap_or(1) as usize);
        let outer = [left_outer.to_vec(), right_outer.to_vec(), outer];
        Ok(Self { m, k: left_k as usize, n, outer, result })
    }

    fn multiply<T: product::Number>(
        &self,
        left: &Chunk,
        right: &Chunk,
        acc: Option<&Chunk>,
    ) -> gristmill_data::arrow::buffer::Buffer {
        let (m, k, n) = (self.m, self.k, self.n);
        let (left, right): (&[T], &[T]) = (elements(left), elements(right));
        let mut out = Memory::new(self.result.iter().product::<u64>() as usize * size_of::<T>());
        let to = cast_mut::<T>(&mut out);
        match acc {
            Some(acc) => to.copy_from_slice(elements(acc)),
            None => to.fill(T::zeroed()),
        }
        let [left_outer, right_outer, outer] = &self.outer;
        for (at, c) in (0..).zip(to.chunks_mut((m * n).max(1))) {
            let (a, b) = (place(at, left_outer, outer), place(at, right_outer, outer));
            let a = left.get(a * m * k..(a + 1) * m * k).unwrap_or_default();
            let b = right.get(b * k * n..(b + 1) * k * n).unwrap_or_default();
            T::add_product((m, k, n), a, b, c);
        }
        out.into()
    }
}

/// The chunk with zeros in place of what is absent.
fn without_absent(chunk: &Chunk) -> Result<Chunk, Error> {
    let Some(marks) = present(chunk) else { return Ok(chunk.clone()) };
    let mut bytes = chunk.data().to_vec();
    for (element, mark) in bytes.chunks_mut(chunk.dtype().itemsize()).zip(marks) {
        if mark == 0 {
            element.fill(0);
        }
    }
    Chunk::try_new(chunk.dtype(), chunk.shape(), bytes.into(), None).map_err(Error::data(KERNEL))
}

/// Which elements of the product are there: those to which anything contributes that is.
fn validity_of(
    left: &Chunk,
    right: &Chunk,
    acc: Option<&Chunk>,
) -> Result<Option<gristmill_data::arrow::buffer::NullBuffer>, Error> {
    let operands = [Some(left), Some(right), acc];
    if operands.iter().flatten().all(|chunk| chunk.validity().is_none()) {
        return Ok(None);
    }
    let marks = |chunk: &Chunk| {
        let marks = present(chunk).unwrap_or_else(|| vec![1; chunk.n_elements()]);
        Chunk::try_new(DType::Boolean, chunk.shape(), marks.into(), None).map_err(Error::data(KERNEL))
    };
    let acc = acc.map(marks).transpose()?;
    let contributed = matmul(&marks(left)?, &marks(right)?, acc.as_ref())?;
    Ok(Some(crate::blocks::validity(contributed.data())))
}

pub(crate) fn kernels() -> [Kernel; 2] {
    let chunk = |name| param(name, Type::ANY_ARRAY);
    let acc = || Param { optional: true, ..param("acc", Type::Any) };
    [
        array_kernel(
            "matmul",
            "The product of two matrices, added to `acc`.",
            vec![chunk("left"), chunk("right"), acc()],
            |args| {
                let args = Args::new(KERNEL, args);
                matmul(args.chunk(0)?, args.chunk(1)?, args.optional(2, Args::chunk)?).map(Value::Chunk)
            },
        ),
        array_kernel(
            "einsum",
            "The sum of products of two arrays in index notation, added to `acc`.",
            vec![param("subscripts", Type::Text), chunk("left"), chunk("right"), acc()],
            |args| {
                let args = Args::new("einsum", args);
                let acc = args.optional(3, Args::chunk)?;
                einsum(args.text(0)?, args.chunk(1)?, args.chunk(2)?, acc).map(Value::Chunk)
            },
        ),
    ]
}

#[cfg(test)]
mod tests;
