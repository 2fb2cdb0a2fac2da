//! The element that stands for those that were never written, in JSON and as bytes.

use gristmill_data::DType;
use gristmill_data::number::f16;
use serde_json::Value;

/// The bytes of one element, little-endian; `None` for what is none of this dtype.
pub(in super::super) fn element(dtype: DType, given: &Value) -> Option<Vec<u8>> {
    parse(dtype, given).ok()
}

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

#[cfg(test)]
mod tests;
