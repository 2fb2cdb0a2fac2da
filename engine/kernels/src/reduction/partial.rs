//! The three steps of a reduction.

use gristmill_data::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use gristmill_data::{Chunk, DType, n_elements};

use super::axes::Axes;
use super::fold::{Fold, Merge, find};
use super::{Reduction, ReductionKind, running_dtype};
use crate::eval::{BLOCK, Program, shape_of, validity_of, with_capacity_for};
use crate::expr::{Constant, Expr, ExprBuilder, Number, Op, Operand};
use crate::{Error, evaluate};

/// What is left of a block, until there are no more blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Partial {
    /// How many elements went into each value, as `int64`; of one element when that is the same for all.
    pub count: Chunk,
    /// Whether elements were absent.
    pub is_masked: bool,
    /// The running values: the sum, product or extreme; of a variance the mean and the sum of squared deviations.
    pub values: Vec<Chunk>,
}

/// Folds the program's results on these chunks along axes.
///
/// # Errors
/// [`Error::Axis`], [`Error::NoLoop`], and as [`evaluate`].
pub fn reduce(reduction: Reduction, expr: &Expr, axes: &[u32], inputs: &[Chunk]) -> Result<Partial, Error> {
    let half = expr.dtype() == DType::Float16;
    let expr = if half { &expr.then_cast(DType::Float32)? } else { expr };
    let pass = Pass::new(reduction, expr, axes, inputs)?;
    match reduction.kind {
        ReductionKind::Count => pass.run(inputs, expr, None),
        ReductionKind::Sum | ReductionKind::Mean => pass.run(inputs, expr, Some(Merge::Sum)),
        ReductionKind::Prod => pass.run(inputs, expr, Some(Merge::Prod)),
        ReductionKind::Min => pass.run(inputs, expr, Some(Merge::Min)),
        ReductionKind::Max => pass.run(inputs, expr, Some(Merge::Max)),
        ReductionKind::Var { .. } | ReductionKind::Std { .. } => {
            let sum = pass.run(inputs, expr, Some(Merge::Sum))?;
            let mean = mean_of(&sum)?;
            let deviations = squared_deviations(expr, mean.dtype())?;
            let inputs: Vec<Chunk> = inputs.iter().cloned().chain([mean.clone()]).collect();
            let mut partial = pass.run(&inputs, &deviations, Some(Merge::Sum))?;
            partial.values.insert(0, mean);
            Ok(partial)
        }
    }
}

/// One pass over a block.
struct Pass {
    axes: Axes,
    shape: Vec<u64>,
    /// The shape with the reduced axes of length 1.
    out_shape: Vec<u64>,
    validity: Option<NullBuffer>,
    skip_nan: bool,
}

impl Pass {
    fn new(reduction: Reduction, expr: &Expr, axes: &[u32], inputs: &[Chunk]) -> Result<Self, Error> {
        let shape = shape_of(expr, inputs)?;
        reduction.dtype(expr.dtype())?;
        let lengths = (0..).zip(&shape);
        let out_shape = lengths.map(|(axis, &n)| if axes.contains(&axis) { 1 } else { n }).collect();
        Ok(Self {
            axes: Axes::new(&shape, axes)?,
            validity: validity_of(inputs, &shape),
            skip_nan: reduction.skip_nan
                && (expr.dtype().is_float() || expr.dtype().is_complex() || expr.dtype().is_time()),
            shape,
            out_shape,
        })
    }

    /// Runs the program over the block, and folds its results.
    fn run(&self, inputs: &[Chunk], expr: &Expr, merge: Option<Merge>) -> Result<Partial, Error> {
        let (dtype, n_out) = (expr.dtype(), self.axes.n_out());
        let n_elements = n_elements(&self.shape).map_err(Error::data("reduce"))? as usize;
        let refused = || Error::NoLoop { op: "reduce", dtypes: vec![dtype] };
        let mut fold = merge.map(|merge| find(merge, dtype, n_out).ok_or_else(refused)).transpose()?;
        let is_masked = self.validity.is_some();
        let mut count = match is_masked || self.skip_nan {
            true => Some(find(Merge::Sum, DType::Boolean, n_out).ok_or_else(refused)?),
            false => None,
        };
        // The counts are the result then, of its shape.
        let is_count = fold.is_none();
        let mut program = Program::new(expr, inputs, &self.shape)?;
        let (mut block, mut present) = (with_capacity_for(dtype, BLOCK), vec![0_u8; BLOCK]);
        let mut first = 0;
        // Only how many there are is asked for, and that is known.
        let end = if fold.is_none() && count.is_none() { 0 } else { n_elements };
        while first < end {
            let n = BLOCK.min(end - first);
            let block: &mut [u8] = bytemuck::cast_slice_mut(&mut block);
            let block = block.get_mut(..n * dtype.itemsize()).unwrap_or_default();
            program.run(first, block)?;
            let present = present.get_mut(..n).unwrap_or_default();
            if let Some(count) = &mut count {
                self.mark_present(first, dtype, block, present);
                if let Some(fold) = &fold {
                    fold.blank(block, present);
                }
                self.take(&mut **count, first, n, present);
            }
            if let Some(fold) = &mut fold {
                self.take(&mut **fold, first, n, block);
            }
            first += n;
        }
        let values =
            fold.zip(merge).map(|(fold, merge)| self.chunk(state_dtype(merge, dtype), fold.finish()));
        let count = match count {
            Some(count) => self.chunk(DType::Int64, count.finish())?,
            None => self.uniform_count(n_elements, is_count)?,
        };
        Ok(Partial { count, is_masked, values: values.into_iter().collect::<Result<_, _>>()? })
    }

    fn take(&self, fold: &mut dyn Fold, first: usize, n: usize, elements: &[u8]) {
        let itemsize = elements.len() / n;
        for (segment, part) in self.axes.segments(first..first + n) {
            let bytes = part.start * itemsize..part.end * itemsize;
            fold.take(&segment, elements.get(bytes).unwrap_or_default());
        }
    }

    /// Which elements of the block count, as bytes.
    fn mark_present(&self, first: usize, dtype: DType, block: &[u8], present: &mut [u8]) {
        match &self.validity {
            Some(validity) => {
                for (idx, present) in (first..).zip(&mut *present) {
                    *present = u8::from(validity.is_valid(idx));
                }
            }
            None => present.fill(1),
        }
        if self.skip_nan {
            unmark_nan(dtype, block, present);
        }
    }

    fn chunk(&self, dtype: DType, values: Buffer) -> Result<Chunk, Error> {
        Chunk::try_new(dtype, &self.out_shape, values, None).map_err(Error::data("reduce"))
    }

    fn uniform_count(&self, n_elements: usize, each: bool) -> Result<Chunk, Error> {
        let count = n_elements.checked_div(self.axes.n_out()).unwrap_or(0) as i64;
        let counts = match each {
            true => Chunk::from_vec(vec![count; self.axes.n_out()], &self.out_shape),
            false => Chunk::from_vec(vec![count], &vec![1; self.shape.len()]),
        };
        counts.map_err(Error::data("reduce"))
    }
}

/// What the running values of these elements are.
fn state_dtype(merge: Merge, dtype: DType) -> DType {
    match merge {
        Merge::Sum | Merge::Prod => running_dtype(dtype),
        Merge::Min | Merge::Max => dtype,
    }
}

fn unmark_nan(dtype: DType, block: &[u8], present: &mut [u8]) {
    fn unmark<T: bytemuck::Pod>(block: &[u8], present: &mut [u8], is_nan: impl Fn(&T) -> bool) {
        for (present, element) in present.iter_mut().zip(bytemuck::cast_slice(block)) {
            *present &= u8::from(!is_nan(element));
        }
    }
    match dtype {
        DType::Float32 => unmark(block, present, |x: &f32| x.is_nan()),
        DType::Float64 => unmark(block, present, |x: &f64| x.is_nan()),
        DType::Complex64 => unmark(block, present, |x: &[f32; 2]| x.iter().any(|x| x.is_nan())),
        DType::Complex128 => unmark(block, present, |x: &[f64; 2]| x.iter().any(|x| x.is_nan())),
        _ => unmark(block, present, |&x: &i64| x == i64::MIN),
    }
}

impl Expr {
    fn then_cast(&self, dtype: DType) -> Result<Self, Error> {
        let (mut builder, result) = ExprBuilder::of(self);
        let result = builder.cast(result, dtype)?;
        Ok(builder.finish(result))
    }
}

/// The program's results less a mean, which is one more input, squared.
fn squared_deviations(expr: &Expr, mean: DType) -> Result<Expr, Error> {
    let (mut builder, result) = ExprBuilder::of(expr);
    let mean = builder.input(mean)?;
    let deviation = builder.apply(Op::Subtract, &[result, mean])?;
    let squared = if builder.dtype_of(&deviation).is_complex() {
        let parts = [Op::Real, Op::Imag].map(|part| builder.apply(part, &[deviation]));
        let [re, im] = parts;
        let (re, im) = (re?, im?);
        let squares = [builder.apply(Op::Multiply, &[re, re])?, builder.apply(Op::Multiply, &[im, im])?];
        builder.apply(Op::Add, &squares)?
    } else {
        builder.apply(Op::Multiply, &[deviation, deviation])?
    };
    Ok(builder.finish(squared))
}

/// The sum by the count; 0 where nothing was counted.
fn mean_of(sum: &Partial) -> Result<Chunk, Error> {
    compute([sum.value(0)?, &sum.count], |builder, [sum, count]| {
        let one = integer(1)?;
        let count = builder.apply(Op::Maximum, &[count, one])?;
        builder.apply(Op::Divide, &[sum, count])
    })
}

impl Partial {
    pub(super) fn value(&self, n: usize) -> Result<&Chunk, Error> {
        self.values.get(n).ok_or(Error::Empty { kernel: "combine" })
    }
}

/// A small program on chunks, computed.
fn compute<const N: usize>(
    chunks: [&Chunk; N],
    make: impl FnOnce(&mut ExprBuilder, [Operand; N]) -> Result<Operand, Error>,
) -> Result<Chunk, Error> {
    let mut builder = ExprBuilder::new();
    let mut inputs = [Operand::Input(0); N];
    for (input, chunk) in inputs.iter_mut().zip(chunks) {
        *input = builder.input(chunk.dtype())?;
    }
    let result = make(&mut builder, inputs)?;
    evaluate(&builder.finish(result), &chunks.map(Clone::clone))
}

fn integer(int: i128) -> Result<Operand, Error> {
    Constant::new(DType::Int64, Number::Int(int)).map(Operand::Constant)
}

/// One partial of the partials of neighbouring blocks, in order.
///
/// # Errors
/// [`Error::Empty`] when there is none, and shapes that differ.
pub fn combine(reduction: Reduction, partials: &[Partial]) -> Result<Partial, Error> {
    let merge = match reduction.kind {
        ReductionKind::Count => None,
        ReductionKind::Sum | ReductionKind::Mean => Some(Op::Add),
        ReductionKind::Prod => Some(Op::Multiply),
        ReductionKind::Min => Some(Op::Minimum),
        ReductionKind::Max => Some(Op::Maximum),
        ReductionKind::Var { .. } | ReductionKind::Std { .. } => {
            return reduce_tree(partials, &combine_deviations);
        }
    };
    reduce_tree(partials, &|left, right| {
        let values = merge.map(|op| {
            compute([left.value(0)?, right.value(0)?], |builder, values| builder.apply(op, &values))
        });
        let values = values.into_iter().collect::<Result<_, _>>()?;
        Ok(Partial {
            count: added(&left.count, &right.count)?,
            is_masked: left.is_masked || right.is_masked,
            values,
        })
    })
}

/// Halves of halves, so that errors do not grow with the number of partials.
fn reduce_tree(
    partials: &[Partial],
    merge: &impl Fn(&Partial, &Partial) -> Result<Partial, Error>,
) -> Result<Partial, Error> {
    match partials {
        [] => Err(Error::Empty { kernel: "combine" }),
        [single] => Ok(single.clone()),
        several => {
            let (left, right) = several.split_at(several.len() / 2);
            merge(&reduce_tree(left, merge)?, &reduce_tree(right, merge)?)
        }
    }
}

fn added(left: &Chunk, right: &Chunk) -> Result<Chunk, Error> {
    compute([left, right], |builder, counts| builder.apply(Op::Add, &counts))
}

/// The mean and the squared deviations of two sets of elements together.
fn combine_deviations(left: &Partial, right: &Partial) -> Result<Partial, Error> {
    let (mean_l, mean_r) = (left.value(0)?, right.value(0)?);
    let count = added(&left.count, &right.count)?;
    // What the right set has of all elements; 0 when there are none.
    let part = compute([&right.count, &count], |builder, [right, both]| {
        let one = integer(1)?;
        let both = builder.apply(Op::Maximum, &[both, one])?;
        builder.apply(Op::Divide, &[right, both])
    })?;
    let mean = compute([mean_l, mean_r, &part], |builder, [left, right, part]| {
        let apart = builder.apply(Op::Subtract, &[right, left])?;
        let moved = builder.apply(Op::Multiply, &[apart, part])?;
        builder.apply(Op::Add, &[left, moved])
    })?;
    let between = compute([mean_l, mean_r, &part, &left.count], |builder, [left, right, part, n_left]| {
        let apart = builder.apply(Op::Subtract, &[right, left])?;
        let conjugate = builder.apply(Op::Conjugate, &[apart])?;
        let square = builder.apply(Op::Multiply, &[apart, conjugate])?;
        let square = builder.apply(Op::Real, &[square])?;
        let weight = builder.apply(Op::Multiply, &[part, n_left])?;
        builder.apply(Op::Multiply, &[square, weight])
    })?;
    let squares = compute([left.value(1)?, right.value(1)?, &between], |builder, [left, right, between]| {
        let within = builder.apply(Op::Add, &[left, right])?;
        builder.apply(Op::Add, &[within, between])
    })?;
    Ok(Partial { count, is_masked: left.is_masked || right.is_masked, values: vec![mean, squares] })
}

/// The result, of this dtype and without the axes in `dropped`; absent where every element was.
///
/// # Errors
/// [`Error::Axis`].
pub fn finish(
    reduction: Reduction,
    dtype: DType,
    dropped: &[u32],
    partial: &Partial,
) -> Result<Chunk, Error> {
    let count = &partial.count;
    let result = match reduction.kind {
        ReductionKind::Count => count.clone(),
        ReductionKind::Sum | ReductionKind::Prod => partial.value(0)?.clone(),
        ReductionKind::Min | ReductionKind::Max => match reduction.skip_nan {
            true => nan_where_empty(partial.value(0)?, count)?,
            false => partial.value(0)?.clone(),
        },
        ReductionKind::Mean => {
            compute([partial.value(0)?, count], |builder, values| builder.apply(Op::Divide, &values))?
        }
        ReductionKind::Var { ddof } | ReductionKind::Std { ddof } => {
            compute([partial.value(1)?, count], |builder, [squares, count]| {
                let free = builder.apply(Op::Subtract, &[count, integer(ddof.into())?])?;
                let free = builder.apply(Op::Maximum, &[free, integer(0)?])?;
                let var = builder.apply(Op::Divide, &[squares, free])?;
                let is_root = matches!(reduction.kind, ReductionKind::Std { .. });
                if is_root { builder.apply(Op::Sqrt, &[var]) } else { Ok(var) }
            })?
        }
    };
    let result = compute([&result], |builder, [result]| builder.cast(result, dtype))?;
    shaped(&result, dropped, partial, reduction)
}

/// NaN in place of the extreme of nothing.
fn nan_where_empty(extreme: &Chunk, count: &Chunk) -> Result<Chunk, Error> {
    let nan = match extreme.dtype() {
        time if time.is_time() => Constant::new(time, Number::Int(i64::MIN.into())),
        inexact if inexact.is_float() || inexact.is_complex() => {
            Constant::new(inexact, Number::Float(f64::NAN))
        }
        // Integers and booleans have no NaN, so nothing was skipped.
        _ => return Ok(extreme.clone()),
    };
    let nan = Operand::Constant(nan?);
    compute([count, extreme], |builder, [count, extreme]| {
        let some = builder.apply(Op::Greater, &[count, integer(0)?])?;
        builder.apply(Op::Where, &[some, extreme, nan])
    })
}

fn shaped(result: &Chunk, dropped: &[u32], partial: &Partial, reduction: Reduction) -> Result<Chunk, Error> {
    let ndim = result.ndim();
    if let Some(&axis) = dropped.iter().find(|&&axis| axis as usize >= ndim) {
        return Err(Error::Axis { axis: axis.into(), ndim });
    }
    let lengths = (0..).zip(result.shape());
    let shape: Vec<u64> = lengths.filter(|(axis, _)| !dropped.contains(axis)).map(|(_, &n)| n).collect();
    let is_absent = partial.is_masked && !reduction.skip_nan && reduction.kind != ReductionKind::Count;
    let validity = match partial.count.as_slice::<i64>() {
        Ok(counts) if is_absent && counts.len() == result.n_elements() => {
            Some(NullBuffer::new(BooleanBuffer::collect_bool(counts.len(), |idx| {
                counts.get(idx).is_some_and(|&count| count > 0)
            })))
        }
        _ => None,
    };
    Chunk::try_new(result.dtype(), &shape, result.data().clone(), validity).map_err(Error::data("finish"))
}
