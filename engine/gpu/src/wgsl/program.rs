//! A whole element-wise program as one function of a shader, on single elements.

use std::fmt::Write as _;

use gristmill_data::DType;
use gristmill_kernels::expr::{Expr, Op, Operand};

use super::SOFTWARE_LANES;
use super::number::literal;
use super::ops;
use super::repr::Repr;
use crate::Error;
use crate::adapter::AdapterFacts;

/// How many steps a shader takes; more are for the CPU, whose interpreter does not compile.
const STEPS_MAX: usize = 256;

/// `fn program(x0: f32, x1: i32) -> f32 { ... }`.
///
/// # Errors
/// [`Error::Unsupported`] of dtypes and operations that shaders on this adapter lack.
pub(crate) fn function(expr: &Expr, facts: &AdapterFacts) -> Result<String, Error> {
    if expr.steps().len() > STEPS_MAX {
        return Err(Error::unsupported(format!("{} steps, of at most {STEPS_MAX}", expr.steps().len())));
    }
    let repr = |dtype: DType| Repr::of(dtype, facts);
    let mut params = Vec::with_capacity(expr.inputs().len());
    for (n, &dtype) in expr.inputs().iter().enumerate() {
        params.push(format!("x{n}: {}", repr(dtype)?.register()));
    }
    let result = repr(expr.dtype())?.register();
    let mut text = format!("fn program({}) -> {result} {{\n", params.join(", "));
    for (n, step) in expr.steps().iter().enumerate() {
        let operands: Vec<String> =
            step.operands.iter().map(|operand| name(operand, facts)).collect::<Result<_, _>>()?;
        let from = step.operands.first().map_or(step.dtype, |operand| expr.dtype_of(operand));
        // Both, as what a step is computed in may be what the adapter lacks.
        let (_, own) = (repr(step.dtype)?, repr(step.result)?);
        if step.op == Op::Power && step.dtype.is_integer() {
            check_exponent(step.operands.get(1), step.dtype)?;
        }
        let value = ops::expression(step.op, step.dtype, from, &operands).ok_or_else(|| {
            Error::unsupported(format!("there is no `{}` of {from} for shaders", step.op.name()))
        })?;
        _ = writeln!(text, "let s{n}: {} = {value};", own.register());
    }
    _ = writeln!(text, "return {};\n}}", name(expr.result(), facts)?);
    Ok(text)
}

/// How many turns an element takes at most in loops of its own, of all
/// invocations that software runs as one. The longest is the remainder of division in double precision.
pub(crate) fn turns(expr: &Expr) -> u32 {
    const LOOP_TURNS: u32 = 191;
    let has_loop =
        |op: Op| matches!(op, Op::Fmod | Op::Remainder | Op::FloorDivide | Op::Gcd | Op::Lcm | Op::Power);
    let n_loops = expr.steps().iter().filter(|step| has_loop(step.op)).count();
    n_loops as u32 * LOOP_TURNS * SOFTWARE_LANES
}

fn name(operand: &Operand, facts: &AdapterFacts) -> Result<String, Error> {
    match *operand {
        Operand::Input(n) => Ok(format!("x{n}")),
        Operand::Step(n) => Ok(format!("s{n}")),
        Operand::Constant(constant) => literal(constant, Repr::of(constant.dtype, facts)?),
    }
}

/// Negative powers of integers are refused, which a shader cannot do.
fn check_exponent(exponent: Option<&Operand>, dtype: DType) -> Result<(), Error> {
    use gristmill_kernels::expr::Number;
    let is_signed = matches!(dtype, DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64);
    match exponent {
        Some(Operand::Constant(constant)) if matches!(constant.number, Number::Int(0..)) => Ok(()),
        _ if !is_signed => Ok(()),
        _ => Err(Error::unsupported("powers of integers whose exponents may be negative")),
    }
}
