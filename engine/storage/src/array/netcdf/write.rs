//! A NetCDF-3 file of one variable: a header, then the elements, big-endian.

use std::path::Path;

use gristmill_data::DType;
use serde_json::Value;

use super::super::npy::{Header as Elements, NpyOut};
use super::super::writer::WriteOptions;
use super::super::{region, zarr};
use super::header::{ATTRIBUTES, CHARACTER, DIMENSIONS, MAGIC, TYPES, VARIABLES};
use crate::Error;

/// What the variable is called if nobody says it.
const NAME: &str = "data";
/// Attributes that have the variable's own dtype.
const OF_ELEMENTS: [&str; 5] = ["_FillValue", "missing_value", "valid_min", "valid_max", "valid_range"];

/// Makes the file at its full length. Complaints are about `path`, where it will be.
pub(in super::super) fn create(
    (path, temporary): (&Path, &Path),
    dtype: DType,
    shape: &[u64],
    options: &WriteOptions,
) -> Result<NpyOut, Error> {
    let refuse = |reason: String| Error::cannot_write(path, reason);
    options.refuse_packing(path, super::ArrayFormat::Netcdf3)?;
    let (start, fill) = header(dtype, shape, options).map_err(refuse)?;
    let data_offset = start.len() as u64;
    let elements = Elements { big_endian: true, data_offset, ..Elements::raw(dtype, shape) };
    let end = padding(dtype, shape, fill.as_deref());
    let out = NpyOut::with_header(temporary, elements, &start, &end)?;
    let fill = fill.filter(|fill| fill.iter().any(|byte| *byte != 0));
    if let Some(fill) = fill {
        out.fill(&fill)?;
    }
    Ok(out)
}

/// Opens a file that [`create`] has made of the same.
pub(in super::super) fn reopen(
    (path, temporary): (&Path, &Path),
    dtype: DType,
    shape: &[u64],
    options: &WriteOptions,
) -> Result<NpyOut, Error> {
    let (start, _) = header(dtype, shape, options).map_err(|reason| Error::cannot_write(path, reason))?;
    let data_offset = start.len() as u64;
    NpyOut::reopen_as(temporary, Elements { big_endian: true, data_offset, ..Elements::raw(dtype, shape) })
}

/// What fills the elements up to a multiple of 4 bytes: the fill value, or that which NetCDF has for the dtype.
fn padding(dtype: DType, shape: &[u64], fill: Option<&[u8]>) -> Vec<u8> {
    let usual: &[u8] = match dtype {
        DType::Int8 => &[0x81],
        DType::Int16 => &[0x01, 0x80],
        _ => &[0xff],
    };
    let nbytes = region::nbytes(dtype, shape).unwrap_or(0);
    let mut element = fill.unwrap_or(usual).to_vec();
    element.reverse();
    element.into_iter().cycle().take((nbytes.next_multiple_of(4) - nbytes) as usize).collect()
}

/// The header, and the element that stands for those which are not written. The reason is what no such file can hold.
fn header(dtype: DType, shape: &[u64], options: &WriteOptions) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
    let code = code_of(dtype).ok_or_else(|| {
        format!("NetCDF-3 has no {dtype}; convert it to an integer, float32 or float64, or use Zarr")
    })?;
    let classic = [DType::Int8, DType::Int16, DType::Int32, DType::Float32, DType::Float64];
    // The form with 64-bit counts is read by fewer programs, and is written where nothing else will do.
    let wide = !classic.contains(&dtype) || shape.iter().any(|length| *length > i32::MAX as u64);
    if shape.iter().skip(1).any(|length| *length == 0) {
        return Err("NetCDF-3 has no axis of length 0 but the first".to_owned());
    }
    let mut out = Out { bytes: MAGIC.to_vec(), wide };
    out.bytes.push(if wide { 5 } else { 2 });
    // There are no records: an axis of length 0 is the one along which they would lie.
    out.count(0);
    options.check_dims(shape)?;
    let (dims, own) = dimensions(shape, options.dims.as_deref())?;
    out.list(DIMENSIONS, dims.len());
    for (name, length) in &dims {
        out.name(name)?;
        out.count(*length);
    }
    out.list(ATTRIBUTES, 0);
    out.list(VARIABLES, 1);
    out.name(options.name.as_deref().unwrap_or(NAME))?;
    out.count(own.len() as u64);
    own.iter().for_each(|dim| out.count(*dim as u64));
    let fill = options.fill_bytes(dtype)?;
    out.attributes(dtype, options, fill.as_deref())?;
    out.number(code);
    // Of records it is the size of one.
    let records = usize::from(shape.first() == Some(&0));
    let nbytes = region::nbytes(dtype, shape.get(records..).unwrap_or_default());
    let nbytes = nbytes.and_then(|nbytes| nbytes.checked_next_multiple_of(4));
    let nbytes = nbytes.ok_or("its bytes cannot be counted")?;
    // Of a variable that is too long for the field, it is this.
    out.count(if wide { nbytes } else { nbytes.min(u32::MAX.into()) });
    let begin = out.bytes.len() as u64 + 8;
    out.bytes.extend(begin.to_be_bytes());
    Ok((out.bytes, fill))
}

/// A dimension's name and length.
type Dimension = (String, u64);

/// The dimensions, and which of them each axis has: axes of one name share one.
fn dimensions(shape: &[u64], names: Option<&[String]>) -> Result<(Vec<Dimension>, Vec<usize>), String> {
    let (mut dims, mut own): (Vec<Dimension>, _) = (Vec::new(), Vec::new());
    for (axis, &length) in shape.iter().enumerate() {
        let name = names.and_then(|names| names.get(axis)).cloned();
        let name = name.unwrap_or_else(|| format!("dim_{axis}"));
        match dims.iter().position(|(known, _)| *known == name) {
            Some(at) if dims.get(at).is_some_and(|(_, known)| *known == length) => own.push(at),
            Some(_) => return Err(format!("two axes are called `{name}` and have different lengths")),
            None => {
                own.push(dims.len());
                dims.push((name, length));
            }
        }
    }
    Ok((dims, own))
}

/// The number of a type.
fn code_of(dtype: DType) -> Option<u32> {
    TYPES.iter().find(|(_, known)| *known == dtype).map(|(code, _)| *code)
}

/// A header that is being written.
struct Out {
    bytes: Vec<u8>,
    /// Whether counts have 8 bytes.
    wide: bool,
}

impl Out {
    fn number(&mut self, number: u32) {
        self.bytes.extend(number.to_be_bytes());
    }

    fn count(&mut self, count: u64) {
        match self.wide {
            true => self.bytes.extend(count.to_be_bytes()),
            // Whoever counts further writes the wide form.
            false => self.number(u32::try_from(count).unwrap_or(u32::MAX)),
        }
    }

    /// The beginning of a list; one without entries is zeros.
    fn list(&mut self, tag: u64, n_entries: usize) {
        self.number(if n_entries == 0 { 0 } else { tag as u32 });
        self.count(n_entries as u64);
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn name(&mut self, name: &str) -> Result<(), String> {
        let begins = name.starts_with(|char: char| char.is_alphanumeric() || char == '_');
        if !begins || name.contains(['/', '\0']) || name.contains(char::is_control) || name.ends_with(' ') {
            return Err(format!("`{name}` is no name in NetCDF; begin it with a letter, and leave `/` out"));
        }
        self.count(name.len() as u64);
        self.padded(name.as_bytes());
        Ok(())
    }

    fn attributes(
        &mut self,
        dtype: DType,
        options: &WriteOptions,
        fill: Option<&[u8]>,
    ) -> Result<(), String> {
        let given = options.attributes.iter().filter(|(name, _)| *name != "_FillValue" || fill.is_none());
        let given: Vec<_> = given.collect();
        self.list(ATTRIBUTES, given.len() + usize::from(fill.is_some()));
        if let Some(fill) = fill {
            self.name("_FillValue")?;
            self.numbers(dtype, fill.to_vec());
        }
        for (name, value) in given {
            self.name(name)?;
            if let Some(text) = value.as_str().filter(|_| !OF_ELEMENTS.contains(&name.as_str())) {
                self.number(CHARACTER);
                self.count(text.len() as u64);
                self.padded(text.as_bytes());
                continue;
            }
            let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let integers = list.iter().all(|value| value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()));
            let meant = match OF_ELEMENTS.contains(&name.as_str()) {
                true => dtype,
                false if integers => DType::Int32,
                false => DType::Float64,
            };
            let element = |value: &Value| zarr::element(meant, value).filter(|_| !value.is_boolean());
            let elements: Option<Vec<_>> = list.iter().map(element).collect();
            let elements = elements.filter(|elements| !elements.is_empty()).ok_or_else(|| {
                format!("the attribute `{name}` is {value}, and NetCDF-3 has text, a number or a list of numbers; some must be {dtype}")
            })?;
            self.numbers(meant, elements.concat());
        }
        Ok(())
    }

    /// Numbers after their type and count, which come little-endian.
    fn numbers(&mut self, dtype: DType, mut bytes: Vec<u8>) {
        self.number(code_of(dtype).unwrap_or(0));
        self.count((bytes.len() / dtype.itemsize()) as u64);
        region::swap_bytes(dtype, &mut bytes);
        self.padded(&bytes);
    }
}

#[cfg(test)]
mod tests;
