//! Many numbers into one: sum, mean, min, max.

use std::cmp::Ordering;
use std::ops::Add;

use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{Chunk, DType, Element, Type, Value};

use crate::Error;
use crate::arithmetic::{Operation, apply, integer_value, is_numeric, operand, wide};
use crate::containers::{first, first_type};

/// Up to so many floats are added one after the other; longer runs are halved, so that rounding errors stay small.
const PAIRWISE_RUN: usize = 128;

const TAKES: &str = "a chunk of numbers, or a list of numbers or chunks";

/// The sum of a chunk's present elements, exact for integers.
enum Total {
    Int(i128),
    UInt(i128),
    Float(f64),
    Complex(Complex64),
}

pub(crate) fn sum(args: &[Value]) -> Result<Value, Error> {
    match first(args) {
        Value::Chunk(chunk) => {
            let (total, _) = total("sum", chunk)?;
            let overflow = || Error::Overflow { kernel: "sum" };
            match total {
                Total::Int(total) => integer_value(total, false).ok_or_else(overflow),
                Total::UInt(total) => integer_value(total, true).ok_or_else(overflow),
                Total::Float(total) => Ok(Value::Float(total)),
                Total::Complex(total) => Ok(Value::Complex(total)),
            }
        }
        Value::List(items) => sum_list("sum", items),
        other => Err(wrong("sum", other)),
    }
}

/// The items added to each other from the first to the last; floats pairwise, as those of a chunk.
fn sum_list(kernel: &'static str, items: &[Value]) -> Result<Value, Error> {
    let Some((head, rest)) = items.split_first() else { return Ok(Value::Int(0)) };
    if !matches!(head, Value::Int(_) | Value::UInt(_) | Value::Float(_) | Value::Chunk(_)) {
        return Err(wrong(kernel, head));
    }
    let floats: Option<Vec<f64>> =
        items.iter().map(|item| if let Value::Float(float) = item { Some(*float) } else { None }).collect();
    match floats {
        Some(floats) => Ok(Value::Float(pairwise(&floats, |&float| float))),
        None => rest.iter().try_fold(head.clone(), |total, item| apply(Operation::Add, &total, item)),
    }
}

pub(crate) fn mean(args: &[Value]) -> Result<Value, Error> {
    match first(args) {
        Value::Chunk(chunk) => {
            let (total, n_present) = total("mean", chunk)?;
            if n_present == 0 {
                return Err(Error::Empty { kernel: "mean" });
            }
            let n = n_present as f64;
            Ok(match total {
                Total::Int(total) | Total::UInt(total) => Value::Float(total as f64 / n),
                Total::Float(total) => Value::Float(total / n),
                Total::Complex(total) => Value::Complex(total / n),
            })
        }
        Value::List(items) if items.is_empty() => Err(Error::Empty { kernel: "mean" }),
        Value::List(items) => {
            apply(Operation::Div, &sum_list("mean", items)?, &Value::Float(items.len() as f64))
        }
        other => Err(wrong("mean", other)),
    }
}

pub(crate) fn min(args: &[Value]) -> Result<Value, Error> {
    extreme("min", first(args), Ordering::Less)
}

pub(crate) fn max(args: &[Value]) -> Result<Value, Error> {
    extreme("max", first(args), Ordering::Greater)
}

/// The total of the present elements, and how many there are.
fn total(kernel: &'static str, chunk: &Chunk) -> Result<(Total, usize), Error> {
    fn integers<T: Element + Into<i128>>(chunk: &Chunk) -> Result<i128, gristmill_data::Error> {
        // At most 2^64 integers of 64 bits: their sum fits.
        Ok(present::<T>(chunk)?.map(Into::into).sum())
    }
    fn inexact<T: Element, S: Add<Output = S> + Default>(
        chunk: &Chunk,
        of: impl Fn(&T) -> S,
    ) -> Result<S, gristmill_data::Error> {
        Ok(match chunk.validity() {
            None => pairwise(chunk.as_slice::<T>()?, of),
            Some(_) => pairwise(&present::<T>(chunk)?.collect::<Vec<_>>(), of),
        })
    }
    let total = match chunk.dtype() {
        DType::Boolean => integers::<bool>(chunk).map(Total::Int),
        DType::Int8 => integers::<i8>(chunk).map(Total::Int),
        DType::Int16 => integers::<i16>(chunk).map(Total::Int),
        DType::Int32 => integers::<i32>(chunk).map(Total::Int),
        DType::Int64 => integers::<i64>(chunk).map(Total::Int),
        DType::UInt8 => integers::<u8>(chunk).map(Total::UInt),
        DType::UInt16 => integers::<u16>(chunk).map(Total::UInt),
        DType::UInt32 => integers::<u32>(chunk).map(Total::UInt),
        DType::UInt64 => integers::<u64>(chunk).map(Total::UInt),
        DType::Float16 => inexact(chunk, |x: &f16| x.to_f64()).map(Total::Float),
        DType::Float32 => inexact(chunk, |x: &f32| f64::from(*x)).map(Total::Float),
        DType::Float64 => inexact(chunk, |x: &f64| *x).map(Total::Float),
        DType::Complex64 => {
            inexact(chunk, |x: &Complex32| Complex64::new(x.re.into(), x.im.into())).map(Total::Complex)
        }
        DType::Complex128 => inexact(chunk, |x: &Complex64| *x).map(Total::Complex),
        DType::Datetime64Ns | DType::Timedelta64Ns => {
            return Err(wrong(kernel, &Value::Chunk(chunk.clone())));
        }
    };
    let n_absent = chunk.validity().map_or(0, |validity| validity.null_count());
    Ok((total.map_err(Error::data(kernel))?, chunk.n_elements() - n_absent))
}

/// The elements that are there.
fn present<T: Element>(chunk: &Chunk) -> Result<impl Iterator<Item = T> + '_, gristmill_data::Error> {
    let validity = chunk.validity();
    let elements = chunk.as_slice::<T>()?.iter().enumerate();
    let present = elements.filter(move |(idx, _)| validity.is_none_or(|validity| validity.is_valid(*idx)));
    Ok(present.map(|(_, &element)| element))
}

/// The sum in a fixed tree: the same elements give the same bits, however they were computed.
fn pairwise<T, S: Add<Output = S> + Default>(elements: &[T], of: impl Fn(&T) -> S) -> S {
    fn half<T, S: Add<Output = S> + Default>(elements: &[T], of: &impl Fn(&T) -> S) -> S {
        if elements.len() <= PAIRWISE_RUN {
            return elements.iter().fold(S::default(), |total, element| total + of(element));
        }
        let (left, right) = elements.split_at(elements.len() / 2);
        half(left, of) + half(right, of)
    }
    half(elements, &of)
}

const EXTREME_TAKES: &str = "a chunk of real numbers, or a list of numbers";

/// The item that compares to all others as `wanted`; NaN when there is one.
fn extreme(kernel: &'static str, of: &Value, wanted: Ordering) -> Result<Value, Error> {
    let found = match of {
        Value::Chunk(chunk) => chunk_extreme(kernel, chunk, wanted)?,
        Value::List(items) => {
            let number = |item: &Value| matches!(item, Value::Int(_) | Value::UInt(_) | Value::Float(_));
            if let Some(wrong) = items.iter().find(|item| !number(item)) {
                return Err(Error::Operand { kernel, expected: EXTREME_TAKES, given: wrong.type_of() });
            }
            items.iter().map(Item).reduce(|best, item| better(best, item, wanted)).map(|item| item.0.clone())
        }
        other => return Err(Error::Operand { kernel, expected: EXTREME_TAKES, given: other.type_of() }),
    };
    found.ok_or(Error::Empty { kernel })
}

fn better<T: PartialOrd>(best: T, item: T, wanted: Ordering) -> T {
    match item.partial_cmp(&best) {
        Some(order) if order == wanted => item,
        Some(_) => best,
        // One of them is NaN: that one stays.
        None if item.partial_cmp(&item).is_none() => item,
        None => best,
    }
}

/// A number of a list. Integers compare exactly; a float and an integer as floats.
struct Item<'a>(&'a Value);

impl PartialOrd for Item<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (wide(self.0), wide(other.0)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => self.0.as_float().ok()?.partial_cmp(&other.0.as_float().ok()?),
        }
    }
}

impl PartialEq for Item<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

fn chunk_extreme(kernel: &'static str, chunk: &Chunk, wanted: Ordering) -> Result<Option<Value>, Error> {
    fn of<T: Element + PartialOrd>(
        chunk: &Chunk,
        wanted: Ordering,
        value: impl Fn(T) -> Value,
    ) -> Result<Option<Value>, gristmill_data::Error> {
        Ok(present::<T>(chunk)?.reduce(|best, item| better(best, item, wanted)).map(value))
    }
    let found = match chunk.dtype() {
        DType::Boolean => of(chunk, wanted, Value::Boolean),
        DType::Int8 => of(chunk, wanted, |x: i8| Value::Int(x.into())),
        DType::Int16 => of(chunk, wanted, |x: i16| Value::Int(x.into())),
        DType::Int32 => of(chunk, wanted, |x: i32| Value::Int(x.into())),
        DType::Int64 => of(chunk, wanted, Value::Int),
        DType::UInt8 => of(chunk, wanted, |x: u8| Value::UInt(x.into())),
        DType::UInt16 => of(chunk, wanted, |x: u16| Value::UInt(x.into())),
        DType::UInt32 => of(chunk, wanted, |x: u32| Value::UInt(x.into())),
        DType::UInt64 => of(chunk, wanted, Value::UInt),
        DType::Float16 => of(chunk, wanted, |x: f16| Value::Float(x.to_f64())),
        DType::Float32 => of(chunk, wanted, |x: f32| Value::Float(x.into())),
        DType::Float64 => of(chunk, wanted, Value::Float),
        _ => {
            let given = Value::Chunk(chunk.clone()).type_of();
            return Err(Error::Operand { kernel, expected: EXTREME_TAKES, given });
        }
    };
    found.map_err(Error::data(kernel))
}

fn wrong(kernel: &'static str, given: &Value) -> Error {
    match given {
        Value::Chunk(_) => operand(kernel, given),
        _ => Error::Operand { kernel, expected: TAKES, given: given.type_of() },
    }
}

pub(crate) fn infer_sum(args: &[Type]) -> Result<Type, Error> {
    infer("sum", TAKES, first_type(args), |dtype| match dtype {
        dtype if dtype.is_float() => Type::Float,
        dtype if dtype.is_complex() => Type::Complex,
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => Type::UInt,
        _ => Type::Int,
    })
}

pub(crate) fn infer_mean(args: &[Type]) -> Result<Type, Error> {
    let mean =
        infer(
            "mean",
            TAKES,
            first_type(args),
            |dtype| if dtype.is_complex() { Type::Complex } else { Type::Float },
        )?;
    Ok(if matches!(mean, Type::Int | Type::UInt) { Type::Float } else { mean })
}

pub(crate) fn infer_min(args: &[Type]) -> Result<Type, Error> {
    infer_extreme("min", args)
}

pub(crate) fn infer_max(args: &[Type]) -> Result<Type, Error> {
    infer_extreme("max", args)
}

fn infer_extreme(kernel: &'static str, args: &[Type]) -> Result<Type, Error> {
    let of = first_type(args);
    let complex = matches!(of, Type::NdArray { dtype: Some(dtype), .. } if dtype.is_complex());
    let chunks = matches!(of, Type::List(item) if matches!(**item, Type::NdArray { .. }));
    if complex || chunks {
        return Err(Error::Operand { kernel, expected: EXTREME_TAKES, given: of.clone() });
    }
    infer(kernel, EXTREME_TAKES, of, |dtype| match dtype {
        dtype if dtype.is_float() => Type::Float,
        DType::Boolean => Type::Boolean,
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => Type::UInt,
        _ => Type::Int,
    })
}

/// The result's type: of a chunk by its dtype, of a list that of its items.
fn infer(
    kernel: &'static str,
    expected: &'static str,
    of: &Type,
    of_chunk: impl Fn(DType) -> Type,
) -> Result<Type, Error> {
    let refused = || Error::Operand { kernel, expected, given: of.clone() };
    match of {
        Type::Any => Ok(Type::Any),
        Type::NdArray { .. } if !is_numeric(of) => Err(refused()),
        Type::NdArray { dtype, .. } => Ok(dtype.map_or(Type::Any, of_chunk)),
        Type::List(item) => match &**item {
            item if !is_numeric(item) => Err(refused()),
            Type::NdArray { .. } => Ok(Type::ANY_ARRAY),
            item => Ok(item.clone()),
        },
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests;
