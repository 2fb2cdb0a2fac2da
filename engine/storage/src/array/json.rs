//! Elements as JSON has them, in metadata and attributes. What is no finite number is `"NaN"` or `"Infinity"`, as in Zarr.

use gristmill_data::DType;
use gristmill_data::number::f16;
use serde_json::{Number, Value};

/// One element, or a list of several.
pub(super) fn values(dtype: DType, bytes: &[u8]) -> Value {
    if bytes.len() == dtype.itemsize() {
        return element(dtype, bytes);
    }
    bytes.chunks_exact(dtype.itemsize()).map(|bytes| element(dtype, bytes)).collect()
}

/// One element.
pub(super) fn element(dtype: DType, bytes: &[u8]) -> Value {
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
