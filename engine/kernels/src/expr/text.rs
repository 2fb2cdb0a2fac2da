//! The text of a program.

use std::fmt;
use std::str::FromStr;

use gristmill_data::DType;
use gristmill_data::number::Complex64;

use super::{Constant, Expr, ExprBuilder, Number, Op, Operand, Step};
use crate::Error;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        separated(f, &self.inputs)?;
        f.write_str(")")?;
        for (n, Step { op, dtype, operands, .. }) in self.steps.iter().enumerate() {
            let end = if n == 0 { "" } else { ";" };
            write!(f, "{end} %{n} = {op}:{dtype}(")?;
            separated(f, operands)?;
            f.write_str(")")?;
        }
        write!(f, " => {}", self.result)
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(n) => write!(f, "x{n}"),
            Self::Step(n) => write!(f, "%{n}"),
            Self::Constant(Constant { dtype, number }) => write!(f, "{number}:{dtype}"),
        }
    }
}

/// Floats have all their digits; a complex number is its parts with a `~` between them.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => write!(f, "{float:?}"),
            Self::Complex(complex) => write!(f, "{:?}~{:?}", complex.re, complex.im),
        }
    }
}

fn separated(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (n, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if n == 0 { "" } else { ", " })?;
    }
    Ok(())
}

impl FromStr for Expr {
    type Err = Error;

    /// Reads what [`Display`](fmt::Display) writes, and checks that every step may be taken.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = |reason: &str| Error::Program { text: excerpt(text), reason: reason.to_owned() };
        let (inputs, rest) = text
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .ok_or_else(|| refused("no inputs"))?;
        let (steps, result) = rest.rsplit_once("=>").ok_or_else(|| refused("no result"))?;
        let mut builder = ExprBuilder::new();
        for dtype in items(inputs) {
            builder.input(dtype.parse().map_err(Error::data("program"))?)?;
        }
        for (n, step) in steps.split(';').filter(|step| !step.trim().is_empty()).enumerate() {
            let step = read_step(&builder, n, step).ok_or_else(|| refused(step.trim()))?;
            builder.push_as_is(checked(&builder, step)?)?;
        }
        let result = read_operand(&builder, result.trim()).ok_or_else(|| refused(result.trim()))?;
        Ok(builder.finish(result))
    }
}

/// One `%n = op:dtype(operands)`.
fn read_step(builder: &ExprBuilder, n: usize, text: &str) -> Option<Step> {
    let (name, call) = text.split_once('=')?;
    let own = name.trim().strip_prefix('%')?.parse::<usize>().ok()?;
    let (op, rest) = call.trim().split_once(':')?;
    let (dtype, operands) = rest.strip_suffix(')')?.split_once('(')?;
    let operands = items(operands).map(|operand| read_operand(builder, operand));
    let dtype: DType = dtype.parse().ok()?;
    let step =
        Step { op: op.parse().ok()?, dtype, operands: operands.collect::<Option<_>>()?, result: dtype };
    (own == n).then_some(step)
}

/// The step with the dtype of its result, if its operands are what the operation computes with.
fn checked(builder: &ExprBuilder, step: Step) -> Result<Step, Error> {
    let dtypes: Vec<DType> = step.operands.iter().map(|operand| builder.dtype_of(operand)).collect();
    if step.op == Op::Cast && dtypes.len() == 1 {
        return Ok(step);
    }
    let signature = step.op.signature(&dtypes)?;
    let values = if step.op == Op::Where { dtypes.get(1..).unwrap_or_default() } else { &dtypes };
    let converted = values.iter().all(|&dtype| dtype == signature.compute || dtype.is_time())
        && (step.op != Op::Where || dtypes.first() == Some(&DType::Boolean));
    if signature.compute != step.dtype || !converted {
        return Err(Error::NoLoop { op: step.op.name(), dtypes });
    }
    Ok(Step { result: signature.result, ..step })
}

fn read_operand(builder: &ExprBuilder, text: &str) -> Option<Operand> {
    if let Some(n) = text.strip_prefix('x') {
        let n = n.parse().ok()?;
        return ((n as usize) < builder.n_inputs()).then_some(Operand::Input(n));
    }
    if let Some(n) = text.strip_prefix('%') {
        let n = n.parse().ok()?;
        return ((n as usize) < builder.n_steps()).then_some(Operand::Step(n));
    }
    let (number, dtype) = text.split_once(':')?;
    let dtype: DType = dtype.parse().ok()?;
    let number = match number.split_once('~') {
        Some((re, im)) => Number::Complex(Complex64::new(re.parse().ok()?, im.parse().ok()?)),
        None if dtype.is_float() => Number::Float(number.parse().ok()?),
        None => Number::Int(number.parse().ok()?),
    };
    Some(Operand::Constant(Constant::new(dtype, number).ok()?))
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}
