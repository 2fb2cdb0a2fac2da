//! NetCDF-3: a header that names variables, then the elements of each, big-endian, at fixed steps. Variables along the
//! unlimited dimension lie record by record between each other.

mod header;
mod write;

use std::path::Path;

use gristmill_data::Chunk;
use serde_json::{Map, Value};

use super::location::RangeFile;
use super::npy::{Header as Elements, Npy};
use super::{ArrayFormat, Info, decode, region};
use crate::Error;

use header::{Attribute, Header, Problem, Variable};

pub(super) use header::MAGIC;
pub(super) use write::{create, reopen};

/// What is read of a file at first; most headers are shorter.
const FIRST_NBYTES: u64 = 64 << 10;
/// The longest header that is read.
const HEADER_NBYTES_MAX: u64 = 64 << 20;

/// One variable of a file.
pub(super) fn open(file: RangeFile, dataset: Option<&str>) -> Result<(Info, Npy), Error> {
    let path = file.path().to_owned();
    let header = read_header(&file)?;
    let variable = choose(&path, &header, dataset)?;
    let corrupt = |reason: String| Error::corrupt(&path, format!("the variable `{}`", variable.name), reason);
    let dtype = variable.dtype.ok_or_else(|| Error::UnsupportedArray {
        path: path.clone(),
        what: format!("`{}`, which holds text,", variable.name),
        hint: "choose a variable of numbers",
    })?;
    let shape: Vec<u64> = variable.dims.iter().map(|dim| header.length(*dim)).collect();
    let mut strides = region::c_strides(&shape, dtype.itemsize());
    if header.is_record(variable) {
        let record =
            header.record_nbytes().ok_or_else(|| corrupt("its records cannot be counted".to_owned()))?;
        strides.first_mut().into_iter().for_each(|stride| *stride = record);
    }
    let elements = Elements { big_endian: true, data_offset: variable.begin, ..Elements::raw(dtype, &shape) };
    let npy = Npy::open_strided(file, elements, strides)?;
    let mut info = npy.info(ArrayFormat::Netcdf3);
    info.dims = Some(variable.dims.iter().map(|dim| header.name(*dim).to_owned()).collect());
    info.attributes = attributes(&variable.attributes);
    let packing = variable.attributes.iter().filter(|own| decode::is_scaling(&own.name));
    info.packing = decode::one_dtype(packing.map(|own| own.dtype));
    info.fill_value = variable.attributes.iter().find(|own| own.name == "_FillValue").and_then(|own| {
        let bytes = own.values.clone();
        Chunk::try_new(dtype, &[], bytes.into(), None).ok().filter(|_| own.dtype == Some(dtype))
    });
    Ok((info, npy))
}

/// Reads as much of a file as its header takes.
fn read_header(file: &RangeFile) -> Result<Header, Error> {
    let path = file.path();
    let mut nbytes = FIRST_NBYTES;
    loop {
        let start = file.read_most(0, nbytes)?;
        match Header::parse(&start) {
            Ok(header) => return Ok(header),
            Err(Problem::Short) if start.len() as u64 == nbytes && nbytes < HEADER_NBYTES_MAX => {
                nbytes = (nbytes * 8).min(HEADER_NBYTES_MAX);
            }
            Err(Problem::Short) => return Err(Error::corrupt(path, "its header", "it ends early")),
            Err(Problem::Wrong(reason)) => return Err(Error::corrupt(path, "its header", reason)),
        }
    }
}

fn choose<'a>(path: &Path, header: &'a Header, dataset: Option<&str>) -> Result<&'a Variable, Error> {
    let problem = match (dataset, header.variables.as_slice()) {
        (None, [only]) => return Ok(only),
        (None, _) => "holds several arrays, and none was named".to_owned(),
        (Some(name), all) => {
            match all.iter().find(|variable| variable.name == name.trim_start_matches('/')) {
                Some(variable) => return Ok(variable),
                None => format!("has no array `{name}`"),
            }
        }
    };
    Err(super::which(path, problem, header.variables.iter().map(|variable| variable.name.as_str())))
}

/// Attributes as JSON: text, a number, or a list of numbers.
fn attributes(given: &[Attribute]) -> Map<String, Value> {
    let json = |attribute: &Attribute| match attribute.dtype {
        None => String::from_utf8_lossy(&attribute.values).trim_end_matches('\0').into(),
        Some(dtype) => super::json::values(dtype, &attribute.values),
    };
    given.iter().map(|attribute| (attribute.name.clone(), json(attribute))).collect()
}
