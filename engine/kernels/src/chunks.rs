//! Arithmetic on chunks, element by element: broadcasting and promotion as in NumPy 2.

use gristmill_data::{Chunk, DType, Value};

use crate::arithmetic::{Operation, TAKES, operand, wide};
use crate::expr::{Constant, ExprBuilder, Number, Op, Operand};
use crate::{Error, evaluate};

/// The operation on all pairs of elements of two chunks, or of a chunk and a number; an element is absent where one of
/// its operands is.
pub(crate) fn combine(operation: Operation, left: &Value, right: &Value) -> Result<Value, Error> {
    let kernel = operation.name();
    let sides = [left, right];
    let chunks: Vec<Chunk> = sides.iter().filter_map(|side| side.as_chunk().ok().cloned()).collect();
    if let Some(wrong) = chunks.iter().find(|chunk| chunk.dtype().is_time()) {
        return Err(operand(kernel, &wrong.clone().into()));
    }
    let mut builder = ExprBuilder::new();
    let mut operands = Vec::with_capacity(2);
    for (side, other) in sides.into_iter().zip([right, left]) {
        operands.push(match (side, other) {
            (Value::Chunk(chunk), _) => builder.input(chunk.dtype())?,
            (number, Value::Chunk(other)) => number_beside(kernel, number, other.dtype())?,
            _ => return Err(operand(kernel, side)),
        });
    }
    let op = match operation {
        Operation::Add => Op::Add,
        Operation::Sub => Op::Subtract,
        Operation::Mul => Op::Multiply,
        Operation::Div => Op::Divide,
    };
    let refused = |error| match error {
        Error::NoLoop { .. } => operand(kernel, left),
        error => error.named(kernel),
    };
    let result = builder.apply(op, &operands).map_err(refused)?;
    let chunk = evaluate(&builder.finish(result), &chunks).map_err(|error| error.named(kernel))?;
    Ok(Value::Chunk(chunk))
}

fn number_beside(kernel: &'static str, number: &Value, dtype: DType) -> Result<Operand, Error> {
    let parsed = match (number, wide(number)) {
        (_, Some(int)) => Number::Int(int),
        (Value::Float(float), _) => Number::Float(*float),
        _ => return Err(operand(kernel, number)),
    };
    Constant::beside(dtype, parsed).map(Operand::Constant)
}

/// Every element with the other sign.
pub(crate) fn negate(chunk: &Chunk) -> Result<Value, Error> {
    let mut builder = ExprBuilder::new();
    let of = builder.input(chunk.dtype())?;
    let given = || Value::Chunk(chunk.clone()).type_of();
    let refused = || Error::Operand { kernel: "neg", expected: TAKES, given: given() };
    if chunk.dtype().is_time() {
        return Err(refused());
    }
    let result = builder.apply(Op::Negative, &[of]).map_err(|_| refused())?;
    let chunk =
        evaluate(&builder.finish(result), std::slice::from_ref(chunk)).map_err(|error| error.named("neg"))?;
    Ok(Value::Chunk(chunk))
}

#[cfg(test)]
mod tests;
