//! Kernels that pass values on, gather them and take them out.

use std::time::Duration;

use gristmill_data::{Partition, Type, Value};

use crate::Error;

/// The longest sleep, in milliseconds.
pub const SLEEP_MS_MAX: u64 = 3_600_000;

/// How many names of a map an error shows.
const NAMES_SHOWN_MAX: usize = 20;

const CONCAT_TAKES: &str = "tables only or lists only";

/// The only argument of a kernel, whose arity was checked.
pub(crate) fn first(args: &[Value]) -> &Value {
    args.first().unwrap_or(&Value::Null)
}

/// The type of the first argument.
pub(crate) fn first_type(args: &[Type]) -> &Type {
    args.first().unwrap_or(&Type::Any)
}

pub(crate) fn infer_first(args: &[Type]) -> Result<Type, Error> {
    Ok(first_type(args).clone())
}

pub(crate) fn identity(args: &[Value]) -> Result<Value, Error> {
    Ok(first(args).clone())
}

const LEN_TAKES: &str = "a list, map, table, text, bytes, or a chunk with axes";

pub(crate) fn infer_len(args: &[Type]) -> Result<Type, Error> {
    match first_type(args) {
        Type::NdArray { ndim: Some(0), .. } => {}
        Type::Any | Type::Text | Type::Bytes | Type::NdArray { .. } => return Ok(Type::Int),
        Type::Table(_) | Type::List(_) | Type::Map(_) => return Ok(Type::Int),
        _ => {}
    }
    Err(Error::Operand { kernel: "len", expected: LEN_TAKES, given: first_type(args).clone() })
}

pub(crate) fn len(args: &[Value]) -> Result<Value, Error> {
    let of = first(args);
    let len = match of {
        Value::List(items) => Some(items.len() as u64),
        Value::Map(entries) => Some(entries.len() as u64),
        Value::Partition(partition) => Some(partition.n_rows() as u64),
        Value::Text(text) => Some(text.chars().count() as u64),
        Value::Bytes(bytes) => Some(bytes.len() as u64),
        Value::Chunk(chunk) => chunk.shape().first().copied(),
        _ => None,
    };
    let len =
        len.ok_or_else(|| Error::Operand { kernel: "len", expected: LEN_TAKES, given: of.type_of() })?;
    i64::try_from(len).map(Value::Int).map_err(|_| Error::Overflow { kernel: "len" })
}

pub(crate) fn infer_list(args: &[Type]) -> Result<Type, Error> {
    Ok(Type::list_of(common(args)))
}

/// The type that all have, or `any`.
fn common(types: &[Type]) -> Type {
    match types {
        [first, rest @ ..] if rest.iter().all(|ty| ty == first) => first.clone(),
        _ => Type::Any,
    }
}

pub(crate) fn list(args: &[Value]) -> Result<Value, Error> {
    Ok(Value::List(args.into()))
}

const ITEM_TAKES: &str = "a list and an index, or a map and a name";

pub(crate) fn infer_item(args: &[Type]) -> Result<Type, Error> {
    match args {
        [Type::List(item), Type::Int | Type::UInt | Type::Any] => Ok((**item).clone()),
        [Type::Map(item), Type::Text | Type::Any] => Ok((**item).clone()),
        [Type::Any, Type::Int | Type::UInt | Type::Text | Type::Any] => Ok(Type::Any),
        [of, at] => Err(wrong_item(if matches!(of, Type::List(_) | Type::Map(_)) { at } else { of })),
        _ => Ok(Type::Any),
    }
}

fn wrong_item(given: &Type) -> Error {
    Error::Operand { kernel: "item", expected: ITEM_TAKES, given: given.clone() }
}

pub(crate) fn item(args: &[Value]) -> Result<Value, Error> {
    match args {
        [Value::List(items), at @ (Value::Int(_) | Value::UInt(_))] => {
            let idx = at.as_int().map_err(Error::data("item"))?;
            let from_end = idx.unsigned_abs() as usize;
            let position = if idx < 0 { items.len().checked_sub(from_end) } else { Some(from_end) };
            let found = position.and_then(|position| items.get(position));
            found.cloned().ok_or(Error::NoSuchIndex { idx, len: items.len() })
        }
        [map @ Value::Map(entries), Value::Text(name)] => map.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = entries.iter().take(NAMES_SHOWN_MAX).map(|(name, _)| &**name).collect();
            Error::NoSuchItem { name: name.to_string(), known: known.join(", ") }
        }),
        [Value::List(_) | Value::Map(_), at] => Err(wrong_item(&at.type_of())),
        _ => Err(wrong_item(&first(args).type_of())),
    }
}

pub(crate) fn infer_concat(args: &[Type]) -> Result<Type, Error> {
    let items = match args {
        [Type::List(item)] => std::slice::from_ref(&**item),
        items => items,
    };
    if let Some(wrong) = items.iter().find(|ty| !matches!(ty, Type::Any | Type::Table(_) | Type::List(_))) {
        return Err(Error::Operand { kernel: "concat", expected: CONCAT_TAKES, given: wrong.clone() });
    }
    Ok(common(items))
}

pub(crate) fn concat(args: &[Value]) -> Result<Value, Error> {
    let items = match args {
        [Value::List(items)] => items,
        items => items,
    };
    let wrong =
        |item: &Value| Error::Operand { kernel: "concat", expected: CONCAT_TAKES, given: item.type_of() };
    if let [Value::Partition(_), ..] = items {
        let partitions = items.iter().map(|item| match item {
            Value::Partition(partition) => Ok(partition.clone()),
            other => Err(wrong(other)),
        });
        let partitions = partitions.collect::<Result<Vec<_>, _>>()?;
        return Partition::concat(&partitions).map(Value::Partition).map_err(Error::data("concat"));
    }
    let mut all = Vec::new();
    for item in items {
        match item {
            Value::List(items) => all.extend_from_slice(items),
            other => return Err(wrong(other)),
        }
    }
    Ok(Value::from(all))
}

pub(crate) fn infer_sleep(args: &[Type]) -> Result<Type, Error> {
    Ok(args.get(1).cloned().unwrap_or(Type::Null))
}

pub(crate) fn sleep(args: &[Value]) -> Result<Value, Error> {
    let ms = first(args).as_float().map_err(Error::data("sleep"))?;
    if !(0.0..=SLEEP_MS_MAX as f64).contains(&ms) {
        return Err(Error::SleepTime { given: ms, max: SLEEP_MS_MAX });
    }
    std::thread::sleep(Duration::from_secs_f64(ms / 1000.0));
    Ok(args.get(1).cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests;
