//! Programs made step by step.

use gristmill_data::DType;

use super::{Constant, Expr, INPUTS_MAX, Op, STEPS_MAX, Step, dtype_of};
use crate::Error;

/// What an operation is applied to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// The n-th input.
    Input(u32),
    /// The result of the n-th step.
    Step(u32),
    /// A number.
    Constant(Constant),
}

/// A program in the making: converts operands as NumPy does, and never has the same step twice.
#[derive(Debug, Clone, Default)]
pub struct ExprBuilder {
    inputs: Vec<DType>,
    steps: Vec<Step>,
}

impl ExprBuilder {
    /// A program without inputs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A program that goes on after this one, and what that one's result is in it.
    #[must_use]
    pub fn of(expr: &Expr) -> (Self, Operand) {
        (Self { inputs: expr.inputs.clone(), steps: expr.steps.clone() }, expr.result)
    }

    /// One more input.
    ///
    /// # Errors
    /// [`Error::ProgramTooLarge`].
    pub fn input(&mut self, dtype: DType) -> Result<Operand, Error> {
        if self.inputs.len() >= INPUTS_MAX {
            return Err(Error::ProgramTooLarge { what: "inputs", max: INPUTS_MAX });
        }
        self.inputs.push(dtype);
        Ok(Operand::Input(self.inputs.len() as u32 - 1))
    }

    /// The operation on these operands, converted to what it computes in.
    ///
    /// # Errors
    /// As [`Op::signature`], and [`Error::ProgramTooLarge`].
    pub fn apply(&mut self, op: Op, operands: &[Operand]) -> Result<Operand, Error> {
        let dtypes: Vec<DType> = operands.iter().map(|operand| self.dtype_of(operand)).collect();
        let signature = op.signature(&dtypes)?;
        let mut converted = Vec::with_capacity(operands.len());
        for (n, (operand, dtype)) in operands.iter().zip(dtypes).enumerate() {
            let wanted = match (op, n) {
                (Op::Where, 0) => DType::Boolean,
                // Moments and spans are both nanoseconds, and keep their dtype.
                _ if dtype.is_time() && signature.compute.is_time() => dtype,
                _ => signature.compute,
            };
            converted.push(self.cast(*operand, wanted)?);
        }
        self.push(Step { op, dtype: signature.compute, operands: converted, result: signature.result })
    }

    /// The operand as another dtype, as C converts: towards 0, and around where it does not fit.
    ///
    /// # Errors
    /// [`Error::ProgramTooLarge`].
    pub fn cast(&mut self, operand: Operand, dtype: DType) -> Result<Operand, Error> {
        if self.dtype_of(&operand) == dtype {
            return Ok(operand);
        }
        // A number is converted now, where that changes nothing.
        if let Operand::Constant(constant) = operand
            && let Ok(constant) = Constant::new(dtype, constant.number)
        {
            return Ok(Operand::Constant(constant));
        }
        self.push(Step { op: Op::Cast, dtype, operands: vec![operand], result: dtype })
    }

    /// The steps of another program, with these operands for its inputs, and what its result is here.
    ///
    /// # Errors
    /// [`Error::Arity`], [`Error::NoLoop`] when an operand is of another dtype than its input, and
    /// [`Error::ProgramTooLarge`].
    pub fn inline(&mut self, expr: &Expr, operands: &[Operand]) -> Result<Operand, Error> {
        let dtypes: Vec<DType> = operands.iter().map(|operand| self.dtype_of(operand)).collect();
        if operands.len() != expr.inputs.len() {
            let expected = format!("{} operands", expr.inputs.len());
            return Err(Error::Arity { kernel: "elementwise", expected, given: operands.len() });
        }
        if dtypes != expr.inputs {
            return Err(Error::NoLoop { op: "elementwise", dtypes });
        }
        let mut places: Vec<Operand> = Vec::with_capacity(expr.steps.len());
        let moved = |operand: &Operand, places: &[Operand]| match *operand {
            Operand::Input(n) => operands.get(n as usize).copied().unwrap_or(*operand),
            Operand::Step(n) => places.get(n as usize).copied().unwrap_or(*operand),
            Operand::Constant(_) => *operand,
        };
        for step in &expr.steps {
            let operands = step.operands.iter().map(|operand| moved(operand, &places)).collect();
            places.push(self.push(Step { operands, ..step.clone() })?);
        }
        Ok(moved(&expr.result, &places))
    }

    /// The dtype of an operand.
    #[must_use]
    pub fn dtype_of(&self, operand: &Operand) -> DType {
        dtype_of(&self.inputs, &self.steps, operand)
    }

    /// The program whose result this is.
    #[must_use]
    pub fn finish(self, result: Operand) -> Expr {
        Expr { inputs: self.inputs, steps: self.steps, result }
    }

    /// The step, or the equal one that is there already.
    fn push(&mut self, step: Step) -> Result<Operand, Error> {
        match self.steps.iter().position(|other| *other == step) {
            Some(same) => Ok(Operand::Step(same as u32)),
            None => self.push_as_is(step),
        }
    }

    pub(super) fn push_as_is(&mut self, step: Step) -> Result<Operand, Error> {
        if self.steps.len() >= STEPS_MAX {
            return Err(Error::ProgramTooLarge { what: "steps", max: STEPS_MAX });
        }
        self.steps.push(step);
        Ok(Operand::Step(self.steps.len() as u32 - 1))
    }

    pub(super) fn n_inputs(&self) -> usize {
        self.inputs.len()
    }

    pub(super) fn n_steps(&self) -> usize {
        self.steps.len()
    }
}
