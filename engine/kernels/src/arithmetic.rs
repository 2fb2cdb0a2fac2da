//! Arithmetic on numbers, and the choice between numbers and chunks.

use gristmill_data::{DType, Type, Value};

use crate::containers::{first, first_type};
use crate::{Error, chunks};

/// What is done to two numbers, or to the elements of two chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Add,
    Sub,
    Mul,
    Div,
}

impl Operation {
    /// The kernel's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Operation::Add => "add",
            Operation::Sub => "sub",
            Operation::Mul => "mul",
            Operation::Div => "div",
        }
    }
}

/// What arithmetic takes, in words.
pub(crate) const TAKES: &str = "numbers and chunks of numbers";

pub(crate) fn add(args: &[Value]) -> Result<Value, Error> {
    both(Operation::Add, args)
}

pub(crate) fn sub(args: &[Value]) -> Result<Value, Error> {
    both(Operation::Sub, args)
}

pub(crate) fn mul(args: &[Value]) -> Result<Value, Error> {
    both(Operation::Mul, args)
}

pub(crate) fn div(args: &[Value]) -> Result<Value, Error> {
    both(Operation::Div, args)
}

pub(crate) fn inc(args: &[Value]) -> Result<Value, Error> {
    match first(args) {
        // An unsigned one stays unsigned.
        Value::UInt(value) => apply(Operation::Add, &Value::UInt(*value), &Value::UInt(1)),
        value => apply(Operation::Add, value, &Value::Int(1)),
    }
}

fn both(operation: Operation, args: &[Value]) -> Result<Value, Error> {
    match args {
        [left, right] => apply(operation, left, right),
        _ => Err(operand(operation.name(), first(args))),
    }
}

/// The result of two numbers, two chunks, or one of each.
pub(crate) fn apply(operation: Operation, left: &Value, right: &Value) -> Result<Value, Error> {
    match (left, right) {
        (Value::Chunk(_), _) | (_, Value::Chunk(_)) => chunks::combine(operation, left, right),
        (left, right) => match (wide(left), wide(right)) {
            (Some(left_int), Some(right_int)) if operation != Operation::Div => {
                let unsigned = matches!((left, right), (Value::UInt(_), Value::UInt(_)));
                integer(operation, left_int, right_int, unsigned && operation != Operation::Sub)
            }
            _ => float(operation, number(operation, left)?, number(operation, right)?),
        },
    }
}

fn number(operation: Operation, value: &Value) -> Result<f64, Error> {
    value.as_float().map_err(|_| operand(operation.name(), value))
}

/// The integer of an integer value; 128 bits hold every one of both kinds.
pub(crate) fn wide(value: &Value) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::UInt(value) => Some(i128::from(*value)),
        _ => None,
    }
}

fn float(operation: Operation, left: f64, right: f64) -> Result<Value, Error> {
    Ok(Value::Float(match operation {
        Operation::Add => left + right,
        Operation::Sub => left - right,
        Operation::Mul => left * right,
        Operation::Div if right == 0.0 => return Err(Error::DivisionByZero),
        Operation::Div => left / right,
    }))
}

fn integer(operation: Operation, left: i128, right: i128, unsigned: bool) -> Result<Value, Error> {
    // Two factors of 64 bits have a product of at most 128.
    let result = match operation {
        Operation::Add => left.checked_add(right),
        Operation::Sub | Operation::Div => left.checked_sub(right),
        Operation::Mul => left.checked_mul(right),
    };
    let overflow = || Error::Overflow { kernel: operation.name() };
    result.and_then(|result| integer_value(result, unsigned)).ok_or_else(overflow)
}

/// The integer as a value; `None` when it has more than 64 bits.
pub(crate) fn integer_value(integer: i128, unsigned: bool) -> Option<Value> {
    if unsigned {
        u64::try_from(integer).map(Value::UInt).ok()
    } else {
        i64::try_from(integer).map(Value::Int).ok()
    }
}

pub(crate) fn neg(args: &[Value]) -> Result<Value, Error> {
    let value = first(args);
    match value {
        Value::Float(float) => Ok(Value::Float(-float)),
        Value::Chunk(chunk) => chunks::negate(chunk),
        other => match wide(other) {
            Some(integer) => integer_value(-integer, false).ok_or(Error::Overflow { kernel: "neg" }),
            None => Err(operand("neg", other)),
        },
    }
}

/// A value that a kernel cannot compute with.
pub(crate) fn operand(kernel: &'static str, given: &Value) -> Error {
    Error::Operand { kernel, expected: TAKES, given: given.type_of() }
}

pub(crate) fn infer_add(args: &[Type]) -> Result<Type, Error> {
    infer(Operation::Add, args)
}

pub(crate) fn infer_sub(args: &[Type]) -> Result<Type, Error> {
    infer(Operation::Sub, args)
}

pub(crate) fn infer_mul(args: &[Type]) -> Result<Type, Error> {
    infer(Operation::Mul, args)
}

pub(crate) fn infer_div(args: &[Type]) -> Result<Type, Error> {
    infer(Operation::Div, args)
}

pub(crate) fn infer_inc(args: &[Type]) -> Result<Type, Error> {
    match first_type(args) {
        Type::UInt => Ok(Type::UInt),
        given => infer(Operation::Add, &[given.clone(), Type::Int]),
    }
}

fn infer(operation: Operation, args: &[Type]) -> Result<Type, Error> {
    if let Some(wrong) = args.iter().find(|ty| !is_numeric(ty)) {
        return Err(Error::Operand { kernel: operation.name(), expected: TAKES, given: wrong.clone() });
    }
    Ok(match args {
        [Type::NdArray { .. }, _] | [_, Type::NdArray { .. }] => Type::ANY_ARRAY,
        [Type::Any, _] | [_, Type::Any] => Type::Any,
        _ if operation == Operation::Div || args.contains(&Type::Float) => Type::Float,
        [Type::UInt, Type::UInt] if operation != Operation::Sub => Type::UInt,
        _ => Type::Int,
    })
}

pub(crate) fn infer_neg(args: &[Type]) -> Result<Type, Error> {
    match first_type(args) {
        wrong if !is_numeric(wrong) => {
            Err(Error::Operand { kernel: "neg", expected: TAKES, given: wrong.clone() })
        }
        Type::UInt => Ok(Type::Int),
        same => Ok(same.clone()),
    }
}

/// Whether arithmetic can take a value of this type.
pub(crate) fn is_numeric(ty: &Type) -> bool {
    match ty {
        Type::Any | Type::Int | Type::UInt | Type::Float => true,
        Type::NdArray { dtype, .. } => !dtype.is_some_and(DType::is_time),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
