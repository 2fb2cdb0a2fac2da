//! Element-wise programs: many operations on the elements of arrays, run in one pass over them.
//!
//! An [`Expr`] is a straight list of [`Step`]s without branches, each on operands of one dtype, so that every back end
//! (the block interpreter here, a shader) runs the same program. Its text is what a task carries and what people read:
//!
//! ```text
//! (float64, int32) %0 = astype:float64(x1); %1 = multiply:float64(x0, %0); %2 = sqrt:float64(%1) => %2
//! ```
//!
//! # Layout
//! - `op`: the operations, with NumPy's rules for dtypes
//! - `builder`: programs made step by step, conversions and equal steps seen to
//! - `constant`: numbers in a program
//! - `text`: the text form, both ways

mod builder;
mod constant;
mod op;
mod text;

use gristmill_data::DType;

pub use builder::{ExprBuilder, Operand};
pub(crate) use constant::integer_range;
pub use constant::{Constant, Number};
pub(crate) use op::part_of;
pub use op::{Op, Signature};

/// How many inputs a program may have.
pub const INPUTS_MAX: usize = 64;
/// How many steps a program may have.
pub const STEPS_MAX: usize = 4096;

/// An element-wise program: inputs that broadcast together, and one result.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub(crate) inputs: Vec<DType>,
    pub(crate) steps: Vec<Step>,
    pub(crate) result: Operand,
}

/// One operation of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is done.
    pub op: Op,
    /// What it is done in: the dtype of all operands but the condition of [`Op::Where`], which is a boolean, and the
    /// operand of [`Op::Cast`], for which this is the dtype of the result.
    pub dtype: DType,
    /// To what, in order.
    pub operands: Vec<Operand>,
    /// The dtype of the result.
    pub result: DType,
}

impl Expr {
    /// The dtypes of the inputs, in order.
    #[must_use]
    pub fn inputs(&self) -> &[DType] {
        &self.inputs
    }

    /// The operations, in order; each reads inputs, constants and earlier steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the result is.
    #[must_use]
    pub fn result(&self) -> &Operand {
        &self.result
    }

    /// The dtype of the result.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype_of(&self.result)
    }

    /// The dtype of an operand of this program.
    #[must_use]
    pub fn dtype_of(&self, operand: &Operand) -> DType {
        dtype_of(&self.inputs, &self.steps, operand)
    }
}

/// Operands are checked when a program is built or read, so the fallback is never taken.
fn dtype_of(inputs: &[DType], steps: &[Step], operand: &Operand) -> DType {
    match operand {
        Operand::Input(n) => inputs.get(*n as usize).copied().unwrap_or(DType::Boolean),
        Operand::Step(n) => steps.get(*n as usize).map_or(DType::Boolean, |step| step.result),
        Operand::Constant(constant) => constant.dtype,
    }
}

#[cfg(test)]
mod tests;
