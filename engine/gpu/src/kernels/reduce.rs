//! Reductions of a block: the twin of `kernels::reduce`, whose partials the CPU merges and finishes.

use gristmill_data::{Chunk, DType, broadcast_shapes};
use gristmill_kernels::expr::{Constant, Expr, ExprBuilder, Number, Op, Operand as Place};
use gristmill_kernels::{Reduction, ReductionKind, ScanKind};

use super::elementwise::elementwise;
use super::fold::fold;
use super::source::Operand;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;

/// As `kernels::Partial`, with its values on the device.
#[derive(Debug)]
pub(crate) struct DevicePartial {
    /// How many elements went into each value; of one element when that is the same for all.
    pub(crate) count: Count,
    /// The running values.
    pub(crate) values: Vec<DeviceArray>,
}

/// Counts that are the same for all are known without looking.
#[derive(Debug)]
pub(crate) enum Count {
    Known(Chunk),
    Counted(DeviceArray),
}

/// Folds the program's results on these operands along axes.
///
/// # Errors
/// [`Error::Unsupported`], also of reductions that only count, and as the device fails.
pub(crate) fn reduce(
    device: &Device,
    reduction: Reduction,
    expr: &Expr,
    axes: &[u32],
    operands: &[Operand],
    tenant: u32,
) -> Result<DevicePartial, Error> {
    reduction.dtype(expr.dtype())?;
    let half = expr.dtype() == DType::Float16;
    let expr = if half { &then(expr, |builder, x| builder.cast(x, DType::Float32))? } else { expr };
    let pass = Pass { device, reduction, expr, axes, tenant };
    let count = pass.count(operands)?;
    let values = match reduction.kind {
        ReductionKind::Sum | ReductionKind::Mean => vec![pass.run(ScanKind::Sum, operands)?],
        ReductionKind::Prod => vec![pass.run(ScanKind::Prod, operands)?],
        ReductionKind::Min => vec![pass.run(ScanKind::Min, operands)?],
        ReductionKind::Max => vec![pass.run(ScanKind::Max, operands)?],
        ReductionKind::Var { .. } | ReductionKind::Std { .. } => {
            let sum = pass.run(ScanKind::Sum, operands)?;
            let mean = pass.mean(sum, &count)?;
            let squared = pass.squared_deviations(mean.dtype)?;
            let with_mean: Vec<Operand> =
                operands.iter().cloned().chain([Operand::Array(mean.clone())]).collect();
            vec![mean, Pass { expr: &squared, ..pass }.run(ScanKind::Sum, &with_mean)?]
        }
        _ => return Err(Error::unsupported(format!("there is no `{reduction}` for shaders"))),
    };
    Ok(DevicePartial { count, values })
}

/// One pass over a block.
struct Pass<'a> {
    device: &'a Device,
    reduction: Reduction,
    expr: &'a Expr,
    axes: &'a [u32],
    tenant: u32,
}

impl Pass<'_> {
    /// Whether elements are left out.
    fn skips(&self) -> bool {
        self.reduction.skip_nan && self.expr.dtype().is_float()
    }

    fn run(&self, kind: ScanKind, operands: &[Operand]) -> Result<DeviceArray, Error> {
        let dtype = self.expr.dtype();
        let state = match kind {
            ScanKind::Sum | ScanKind::Prod => gristmill_kernels::running_dtype(dtype),
            _ => dtype,
        };
        let blanked;
        let expr = match self.skips() {
            true => {
                blanked = without_nan(self.expr, kind)?;
                &blanked
            }
            false => self.expr,
        };
        let folded = self.fold(kind, wide(state), expr, operands)?;
        match folded.dtype == state {
            true => Ok(folded),
            false => self.cast(folded, state),
        }
    }

    fn fold(
        &self,
        kind: ScanKind,
        acc: DType,
        expr: &Expr,
        operands: &[Operand],
    ) -> Result<DeviceArray, Error> {
        fold(self.device, kind, acc, expr, self.axes, operands, self.tenant)
    }

    fn cast(&self, array: DeviceArray, dtype: DType) -> Result<DeviceArray, Error> {
        let mut builder = ExprBuilder::new();
        let input = builder.input(array.dtype)?;
        let result = builder.cast(input, dtype)?;
        elementwise(self.device, &builder.finish(result), &[Operand::Array(array)], self.tenant)
    }

    fn count(&self, operands: &[Operand]) -> Result<Count, Error> {
        let shapes: Vec<&[u64]> = operands.iter().map(Operand::shape).collect();
        let shape = broadcast_shapes(&shapes)?;
        if self.skips() {
            let is_there = then(self.expr, |builder, x| {
                let is_nan = builder.apply(Op::Isnan, &[x])?;
                builder.apply(Op::LogicalNot, &[is_nan])
            })?;
            return self.fold(ScanKind::Sum, DType::Int64, &is_there, operands).map(Count::Counted);
        }
        let folded = (0..).zip(&shape).filter(|(axis, _)| self.axes.contains(axis));
        let count: i64 = folded.map(|(_, &length)| length as i64).product();
        Ok(Count::Known(Chunk::from_vec(vec![count], &vec![1; shape.len()])?))
    }

    /// The sum by the count; 0 where nothing was counted.
    fn mean(&self, sum: DeviceArray, count: &Count) -> Result<DeviceArray, Error> {
        let mut builder = ExprBuilder::new();
        let (total, counted) = (builder.input(sum.dtype)?, builder.input(DType::Int64)?);
        let at_least_1 = builder.apply(Op::Maximum, &[counted, integer(1)?])?;
        let mean = builder.apply(Op::Divide, &[total, at_least_1])?;
        let count = match count {
            Count::Known(chunk) => Operand::Element(chunk.clone()),
            Count::Counted(array) => Operand::Array(array.clone()),
        };
        elementwise(self.device, &builder.finish(mean), &[Operand::Array(sum), count], self.tenant)
    }

    /// The program's results less a mean, which is one more input, squared.
    fn squared_deviations(&self, mean: DType) -> Result<Expr, Error> {
        let (mut builder, result) = ExprBuilder::of(self.expr);
        let mean = builder.input(mean)?;
        let deviation = builder.apply(Op::Subtract, &[result, mean])?;
        let squared = builder.apply(Op::Multiply, &[deviation, deviation])?;
        Ok(builder.finish(squared))
    }
}

/// What is folded in registers of at least 32 bits.
pub(super) fn wide(dtype: DType) -> DType {
    match dtype {
        DType::Boolean | DType::UInt8 | DType::UInt16 => DType::UInt32,
        DType::Int8 | DType::Int16 => DType::Int32,
        other => other,
    }
}

/// The program with what changes nothing in place of NaN.
pub(super) fn without_nan(expr: &Expr, kind: ScanKind) -> Result<Expr, Error> {
    let nothing = match kind {
        ScanKind::Sum => 0.0,
        ScanKind::Prod => 1.0,
        ScanKind::Min => f64::INFINITY,
        _ => f64::NEG_INFINITY,
    };
    then(expr, |builder, x| {
        let nothing = Place::Constant(Constant::new(builder.dtype_of(&x), Number::Float(nothing))?);
        let is_nan = builder.apply(Op::Isnan, &[x])?;
        builder.apply(Op::Where, &[is_nan, nothing, x])
    })
}

fn integer(int: i128) -> Result<Place, Error> {
    Ok(Place::Constant(Constant::new(DType::Int64, Number::Int(int))?))
}

/// A program that goes on after another.
fn then(
    expr: &Expr,
    more: impl FnOnce(&mut ExprBuilder, Place) -> Result<Place, gristmill_kernels::Error>,
) -> Result<Expr, Error> {
    let (mut builder, result) = ExprBuilder::of(expr);
    let result = more(&mut builder, result)?;
    Ok(builder.finish(result))
}

#[cfg(test)]
mod tests;
