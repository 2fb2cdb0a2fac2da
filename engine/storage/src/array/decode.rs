//! Stored numbers as what they stand for, by the conventions of NetCDF (CF): a scale, an offset, and numbers that stand
//! for nothing.

use std::ops::{Add, Mul};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gristmill_data::number::f16;
use gristmill_data::{Chunk, DType, Element};
use serde_json::{Map, Value};

use super::{ArrayFormat, Info, json, zarr};

/// The attributes that say what stored numbers stand for.
pub(super) const PACKING: [&str; 5] =
    ["scale_factor", "add_offset", "_FillValue", "missing_value", "_Unsigned"];

/// Whether an attribute of this name scales or shifts numbers.
pub(super) fn is_scaling(name: &str) -> bool {
    matches!(name, "scale_factor" | "add_offset")
}

/// The dtype of all of them, if it is one.
pub(super) fn one_dtype(dtypes: impl IntoIterator<Item = Option<DType>>) -> Option<DType> {
    let mut dtypes = dtypes.into_iter();
    let first = dtypes.next()??;
    dtypes.all(|dtype| dtype == Some(first)).then_some(first)
}

/// What stored numbers stand for.
#[derive(Debug)]
pub(super) struct Decoder {
    stored: DType,
    /// The dtype that stored numbers are taken for, which differs if they are unsigned in a format without such.
    taken: DType,
    decoded: DType,
    /// Numbers that stand for nothing, as they are stored, little-endian.
    absent: Vec<Vec<u8>>,
    scale: Option<f64>,
    offset: Option<f64>,
}

impl Decoder {
    /// What an array's attributes ask for, which are taken out of them; `None` if that is nothing. The reason is what
    /// they ask for and nobody can do.
    pub(super) fn take(info: &mut Info) -> Result<Option<Self>, String> {
        let stored = info.dtype;
        let attributes = &info.attributes;
        if !(stored.is_integer() || stored.is_float()) {
            return Ok(None);
        }
        let (scale, offset) = (number(attributes, "scale_factor")?, number(attributes, "add_offset")?);
        let absent = absent(info);
        let taken = taken(attributes, stored);
        let decoded = match (scale, offset) {
            (None, None) if absent.is_empty() => taken,
            (None, None) => float_of(stored, true),
            (scale, _) => float_of(stored, scale.is_some() && info.packing == Some(DType::Float32)),
        };
        if decoded == stored && scale.is_none() && offset.is_none() && absent.is_empty() {
            return Ok(None);
        }
        PACKING.iter().for_each(|name| drop(info.attributes.remove(*name)));
        info.dtype = decoded;
        info.fill_value = None;
        Ok(Some(Self { stored, taken, decoded, absent, scale, offset }))
    }

    /// The dtype of stored elements.
    pub(super) fn stored(&self) -> DType {
        self.stored
    }

    /// What stored elements stand for; not-a-number for those that stand for nothing.
    pub(super) fn decode(&self, chunk: &Chunk) -> Result<Chunk, gristmill_data::Error> {
        let chunk = chunk.view(self.taken)?;
        match self.taken {
            _ if self.decoded == self.taken && !self.decoded.is_float() => Ok(chunk),
            DType::Int8 => self.numbers::<i8>(&chunk),
            DType::Int16 => self.numbers::<i16>(&chunk),
            DType::Int32 => self.numbers::<i32>(&chunk),
            DType::Int64 => self.numbers::<i64>(&chunk),
            DType::UInt8 => self.numbers::<u8>(&chunk),
            DType::UInt16 => self.numbers::<u16>(&chunk),
            DType::UInt32 => self.numbers::<u32>(&chunk),
            DType::UInt64 => self.numbers::<u64>(&chunk),
            DType::Float16 => self.numbers::<f16>(&chunk),
            DType::Float32 => self.numbers::<f32>(&chunk),
            _ => self.numbers::<f64>(&chunk),
        }
    }

    fn numbers<T: Number>(&self, chunk: &Chunk) -> Result<Chunk, gristmill_data::Error> {
        let absent: Vec<T> = self.absent.iter().filter_map(|bytes| T::read(bytes)).collect();
        let is_absent = |element: &T| absent.iter().any(|absent| element == absent);
        let elements = chunk.as_slice::<T>()?.iter();
        if self.decoded == DType::Float32 {
            let (scale, offset) =
                (self.scale.map(|scale| scale as f32), self.offset.map(|offset| offset as f32));
            let decoded = elements.map(|element| match is_absent(element) {
                true => f32::NAN,
                false => unpacked(element.narrow(), scale, offset),
            });
            return Chunk::from_vec(decoded.collect(), chunk.shape());
        }
        let decoded = elements.map(|element| match is_absent(element) {
            true => f64::NAN,
            false => unpacked(element.wide(), self.scale, self.offset),
        });
        Chunk::from_vec(decoded.collect(), chunk.shape())
    }
}

fn unpacked<T: Mul<Output = T> + Add<Output = T>>(number: T, scale: Option<T>, offset: Option<T>) -> T {
    let scaled = match scale {
        Some(scale) => number * scale,
        None => number,
    };
    match offset {
        Some(offset) => scaled + offset,
        None => scaled,
    }
}

/// The shorter of the two floats, where that is wanted and holds every stored number.
fn float_of(stored: DType, short: bool) -> DType {
    let holds = stored.itemsize() <= 2 || stored == DType::Float32;
    if short && holds { DType::Float32 } else { DType::Float64 }
}

/// A number that an attribute must be, if it is there; a list of one is one.
fn number(attributes: &Map<String, Value>, name: &str) -> Result<Option<f64>, String> {
    let Some(given) = attributes.get(name) else { return Ok(None) };
    let only = given.as_array().filter(|list| list.len() == 1).and_then(|list| list.first());
    let number = only.unwrap_or(given).as_f64();
    number.map(Some).ok_or_else(|| format!("the attribute `{name}`, which is {given} and no number,"))
}

/// The dtype that stored numbers are meant to have.
fn taken(attributes: &Map<String, Value>, stored: DType) -> DType {
    match (attributes.get("_Unsigned").and_then(Value::as_str), stored) {
        (Some("true"), DType::Int8) => DType::UInt8,
        (Some("true"), DType::Int16) => DType::UInt16,
        (Some("true"), DType::Int32) => DType::UInt32,
        (Some("true"), DType::Int64) => DType::UInt64,
        (Some("false"), DType::UInt8) => DType::Int8,
        (Some("false"), DType::UInt16) => DType::Int16,
        (Some("false"), DType::UInt32) => DType::Int32,
        (Some("false"), DType::UInt64) => DType::Int64,
        _ => stored,
    }
}

/// The numbers that stand for nothing, as they are stored. One that the dtype cannot hold is nowhere.
fn absent(info: &Info) -> Vec<Vec<u8>> {
    let named = ["_FillValue", "missing_value"].iter().filter_map(|name| info.attributes.get(*name));
    let given = named.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    let mut absent: Vec<Vec<u8>> = given.filter_map(|value| stored_number(info.dtype, value)).collect();
    // Where xarray writes Zarr v2, this is `_FillValue`.
    if info.format == ArrayFormat::ZarrV2 {
        absent.extend(info.fill_value.as_ref().map(|fill| fill.data().to_vec()));
    }
    absent.retain(|bytes| !is_nan(info.dtype, bytes));
    absent.sort();
    absent.dedup();
    absent
}

fn stored_number(dtype: DType, given: &Value) -> Option<Vec<u8>> {
    // Where xarray writes Zarr v3, a float is the bytes of a double in Base64.
    let coded = given.as_str().and_then(|text| STANDARD.decode(text).ok());
    let double = coded.and_then(|bytes| Some(f64::from_le_bytes(bytes.try_into().ok()?)));
    match double.filter(|_| dtype.is_float()) {
        Some(double) => zarr::element(dtype, &json::element(DType::Float64, &double.to_le_bytes())),
        None => zarr::element(dtype, given),
    }
}

fn is_nan(dtype: DType, bytes: &[u8]) -> bool {
    dtype.is_float() && json::element(dtype, bytes).as_str() == Some("NaN")
}

/// Numbers that become floats.
trait Number: Element + PartialEq {
    fn read(bytes: &[u8]) -> Option<Self>;
    fn wide(self) -> f64;
    fn narrow(self) -> f32;
}

macro_rules! numbers {
    ($($number:ty: $wide:expr, $narrow:expr;)*) => {$(
        impl Number for $number {
            fn read(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_le_bytes(bytes.try_into().ok()?))
            }

            fn wide(self) -> f64 {
                $wide(self)
            }

            fn narrow(self) -> f32 {
                $narrow(self)
            }
        }
    )*};
}

numbers! {
    i8: f64::from, f32::from;
    i16: f64::from, f32::from;
    i32: f64::from, |number| number as f32;
    i64: |number| number as f64, |number| number as f32;
    u8: f64::from, f32::from;
    u16: f64::from, f32::from;
    u32: f64::from, |number| number as f32;
    u64: |number| number as f64, |number| number as f32;
    f16: f64::from, f32::from;
    f32: f64::from, f32::from;
    f64: f64::from, |number| number as f32;
}

#[cfg(test)]
mod tests;
