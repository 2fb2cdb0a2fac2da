//! The element that stands for those that were never written, in JSON and as bytes.

use gristmill_data::DType;
use gristmill_data::number::f16;
use serde_json::{Number, Value};

/// The bytes of one element, little-endian. The reason is what is wrong with it.
pub(super) fn parse(dtype: DType, given: &Value) -> Result<Vec<u8>, String> {
    let misfit = || format!("{given} is no fill value of {dtype}");
    let itemsize = dtype.itemsize();
    let bytes = match dtype {
        DType::Boolean => match given {
            Value::Bool(bool) => Some(vec![u8::from(*bool)]),
            other => other.as_u64().filter(|number| *number < 2).map(|number| vec![number as u8]),
        },
        DType::Complex64 | DType::Complex128 => {
            let parts = given.as_array().map_or(&[][..], Vec::as_slice);
            let parts: Option<Vec<_>> = parts.iter().map(|part| float(itemsize / 2, part)).collect();
            parts.map(|parts| parts.concat()).filter(|bytes| bytes.len() == itemsize)
        }
        DType::Float16 | DType::Float32 | DType::Float64 => float(itemsize, given),
        DType::Datetime64Ns | DType::Timedelta64Ns if given.as_str() == Some("NaT") => {
            Some(i64::MIN.to_le_bytes().to_vec())
        }
        _ => integer(dtype, given),
    };
    bytes.ok_or_else(misfit)
}

fn integer(dtype: DType, given: &Value) -> Option<Vec<u8>> {
    // Some writers add `.0`.
    let whole = || given.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15);
    let wide = given.as_i64().map(i128::from).or_else(|| given.as_u64().map(i128::from));
    let wide = wide.or_else(|| whole().map(|float| float as i128))?;
    let itemsize = dtype.itemsize();
    let bits = 8 * itemsize as u32;
    let unsigned = matches!(dtype, DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64);
    let fits =
        if unsigned { wide >= 0 && wide >> bits == 0 } else { (-1..=0).contains(&(wide >> (bits - 1))) };
    wide.to_le_bytes().get(..itemsize).filter(|_| fits).map(<[u8]>::to_vec)
}

fn float(itemsize: usize, given: &Value) -> Option<Vec<u8>> {
    let number = match given.as_str() {
        None => given.as_f64()?,
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        // The bits themselves.
        Some(text) => {
            let bits = u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
            let fits = itemsize == 8 || bits >> (8 * itemsize) == 0;
            return bits.to_le_bytes().get(..itemsize).filter(|_| fits).map(<[u8]>::to_vec);
        }
    };
    Some(match itemsize {
        2 => f16::from_f64(number).to_le_bytes().to_vec(),
        4 => (number as f32).to_le_bytes().to_vec(),
        _ => number.to_le_bytes().to_vec(),
    })
}

/// One element as the metadata of either version hold it.
pub(super) fn to_json(dtype: DType, bytes: &[u8]) -> Value {
    match dtype {
        DType::Boolean => Value::Bool(bytes.first() == Some(&1)),
        DType::Complex64 | DType::Complex128 => {
            let (real, imaginary) = bytes.split_at(bytes.len() / 2);
            Value::Array(vec![float_json(real), float_json(imaginary)])
        }
        DType::Float16 | DType::Float32 | DType::Float64 => float_json(bytes),
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => {
            u64::from_le_bytes(wide(bytes, 0)).into()
        }
        _ => {
            let negative = bytes.last().is_some_and(|last| *last > 127);
            i64::from_le_bytes(wide(bytes, if negative { 255 } else { 0 })).into()
        }
    }
}

fn float_json(bytes: &[u8]) -> Value {
    let number = match *bytes {
        [a, b] => f16::from_le_bytes([a, b]).to_f64(),
        [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
        _ => f64::from_le_bytes(wide(bytes, 0)),
    };
    let named = || {
        if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
    };
    Number::from_f64(number).map_or_else(|| named().into(), Value::Number)
}

/// Eight bytes that begin with these.
fn wide(bytes: &[u8], rest: u8) -> [u8; 8] {
    let mut wide = [rest; 8];
    wide.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    wide
}

#[cfg(test)]
mod tests;
