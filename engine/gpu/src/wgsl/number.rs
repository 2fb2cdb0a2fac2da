//! Constants in shaders.

use gristmill_kernels::expr::{Constant, Number};

use super::repr::Repr;
use crate::Error;

/// The constant, as it stands in a shader. What is no finite number is made at run time, as compilers refuse it.
pub(crate) fn literal(constant: Constant, repr: Repr) -> Result<String, Error> {
    let register = repr.register();
    Ok(match (constant.number, register) {
        (Number::Int(int), "bool") => (int != 0).to_string(),
        (Number::Int(int), "i32") => format!("bitcast<i32>({:#x}u)", int as i32 as u32),
        (Number::Int(int), "u32") => format!("{int}u"),
        (Number::Int(int), "i64") => format!("bitcast<i64>({:#x}lu)", int as i64 as u64),
        (Number::Int(int), "u64") => format!("{int}lu"),
        (Number::Float(float), "f32") => format!("bitcast<f32>({:#x}u ^ zero())", (float as f32).to_bits()),
        (Number::Float(float), "f64") if float.is_finite() => format!("f64({float:?}lf)"),
        (Number::Float(float), "f64") => {
            format!("f64(bitcast<f32>({:#x}u ^ zero()))", (float as f32).to_bits())
        }
        _ => return Err(Error::unsupported(format!("no constant of {}", constant.dtype))),
    })
}
