//! HDF5, which NetCDF-4 is too, read through a reader in Rust. Elements are taken as the bytes that they are, so that
//! one path serves every dtype.

mod chunks;
mod filters;
mod names;
mod ranges;
mod raw;
mod refer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gristmill_data::{Chunk, DType};
use hdf5_reader::error::{ByteOrder, Error as Hdf5Error};
use hdf5_reader::messages::datatype::Datatype;
use hdf5_reader::{Attribute, Dataset, Hdf5File, OpenOptions, SliceInfo, SliceInfoElem};
use serde_json::{Map, Value};

use super::location::RangeFile;
use super::{ArrayFormat, Info, PIECE_NBYTES, REGION_NBYTES_MAX, decode, region};
use crate::Error;

use raw::Raw;

/// How the files begin.
pub(super) const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Attributes that are part of the format, and not what a maker noted.
const INTERNAL: [&str; 4] = ["DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME"];

/// A dataset, open for reading.
pub(super) struct Hdf5 {
    path: PathBuf,
    file: Arc<RangeFile>,
    hdf5: Hdf5File,
    dataset: Dataset,
    dtype: DType,
    big_endian: bool,
    dims: Option<Vec<String>>,
}

impl fmt::Debug for Hdf5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hdf5").field("path", &self.path).field("dtype", &self.dtype).finish_non_exhaustive()
    }
}

impl Hdf5 {
    pub(super) fn open(file: RangeFile, dataset: Option<&str>) -> Result<Self, Error> {
        let file = Arc::new(file);
        let path = file.path();
        let options = OpenOptions::default()
            .with_filter_registry(filters::registry())
            // Memory that is kept would count for nobody.
            .with_chunk_cache_bytes(0)
            .with_max_chunk_bytes(filters::CHUNK_NBYTES_MAX)
            .with_max_read_bytes(usize::try_from(REGION_NBYTES_MAX).unwrap_or(usize::MAX));
        let hdf5 = Hdf5File::from_storage_with_options(ranges::storage(file.clone()), options);
        let hdf5 = hdf5.map_err(|error| failed(path, "its metadata", error))?;
        let (name, dataset) = names::choose(path, &hdf5, dataset)?;
        let dims = names::dims(&hdf5, &name, &dataset);
        let usual = dataset.raw_datatype().is_ok_and(|message| is_usual(dataset.dtype(), &message));
        let dtype = dtype_of(dataset.dtype()).filter(|_| usual);
        let (dtype, big_endian) = dtype.ok_or_else(|| Error::UnsupportedArray {
            path: path.to_owned(),
            what: format!("`{name}`, {}", kind(dataset.dtype())),
            hint: "choose a dataset of booleans, integers, floats or complex numbers",
        })?;
        Ok(Self { path: path.to_owned(), file, hdf5, dataset, dtype, big_endian, dims })
    }

    pub(super) fn file(&self) -> &RangeFile {
        &self.file
    }

    pub(super) fn info(&self) -> Info {
        let shape = self.dataset.shape().to_vec();
        let chunks = self.dataset.chunks().map(|chunks| chunks.into_iter().map(u64::from).collect());
        let chunks = chunks.unwrap_or_else(|| {
            let strides = region::c_strides(&shape, self.dtype.itemsize());
            region::piece_shape(&shape, &strides, PIECE_NBYTES)
        });
        let mut info = Info::plain(ArrayFormat::Hdf5, self.dtype, shape, chunks);
        info.dims = self.dims.clone();
        info.attributes = attributes(&self.dataset);
        let packing = self.dataset.attributes().into_iter().filter(|own| decode::is_scaling(&own.name));
        info.packing = decode::one_dtype(packing.map(|own| dtype_of(&own.datatype).map(|(dtype, _)| dtype)));
        let fill = self.dataset.fill_value().and_then(|fill| fill.value.clone());
        info.fill_value = fill.and_then(|mut bytes| {
            if self.big_endian {
                region::swap_bytes(self.dtype, &mut bytes);
            }
            Chunk::try_new(self.dtype, &[], bytes.into(), None).ok()
        });
        info
    }

    /// The elements of a region that lies inside.
    pub(super) fn read(&self, start: &[u64], shape: &[u64]) -> Result<Vec<u8>, Error> {
        super::check_nbytes(
            &self.path,
            || format!("a region of shape {}", region::tuple(shape)),
            self.dtype,
            shape,
        )?;
        if shape.contains(&0) {
            return Ok(Vec::new());
        }
        let read = self.read_elements(start, shape);
        let mut bytes = read.map_err(|error| {
            let place = self.damaged_chunk(start, shape);
            let place = place.unwrap_or_else(|| format!("the region from {} on", region::tuple(start)));
            failed(&self.path, &format!("`{}`, {place}", self.dataset.name()), error)
        })?;
        if self.big_endian {
            region::swap_bytes(self.dtype, &mut bytes);
        }
        Ok(bytes)
    }

    /// The elements of a region as they are in the file.
    fn read_elements(&self, start: &[u64], shape: &[u64]) -> hdf5_reader::error::Result<Vec<u8>> {
        let along = start.iter().zip(shape);
        let selections = along.map(|(&start, &length)| SliceInfoElem::Slice {
            start,
            end: start.saturating_add(length),
            step: 1,
        });
        let slice = SliceInfo { selections: selections.collect() };
        match self.dtype.itemsize() {
            1 => self.read_sized::<1>(&slice),
            2 => self.read_sized::<2>(&slice),
            4 => self.read_sized::<4>(&slice),
            8 => self.read_sized::<8>(&slice),
            _ => self.read_sized::<16>(&slice),
        }
    }

    fn read_sized<const N: usize>(&self, slice: &SliceInfo) -> hdf5_reader::error::Result<Vec<u8>> {
        let elements = self.dataset.read_slice::<Raw<N>>(slice)?;
        // In the order in which they lie there, if it is C order.
        let elements = match (elements.is_standard_layout(), elements.len()) {
            (true, n) => match elements.into_raw_vec_and_offset() {
                (all, None | Some(0)) if all.len() == n => all,
                (all, first) => all.into_iter().skip(first.unwrap_or(0)).take(n).collect(),
            },
            (false, _) => elements.iter().copied().collect(),
        };
        // Nothing is copied: an element is its bytes.
        Ok(elements.into_iter().map(|Raw(element)| element).collect::<Vec<_>>().into_flattened())
    }
}

/// What the reader says, in our words.
fn failed(path: &Path, place: &str, error: Hdf5Error) -> Error {
    let error = match own(error) {
        Ok(own) => return own,
        Err(error) => error,
    };
    let unsupported = match innermost(&error) {
        Hdf5Error::UnsupportedFilter(what) => Some(format!("the filter {what}")),
        Hdf5Error::UnsupportedEncoding(what) | Hdf5Error::ResourceLimit(what) => Some(what.clone()),
        _ => None,
    };
    match unsupported {
        Some(what) => {
            let hint = "write the dataset again, unpacked or packed with gzip, lzf, lz4, zstd or blosc";
            Error::UnsupportedArray { path: path.to_owned(), what: format!("{place}: {what}"), hint }
        }
        None => Error::corrupt(path, place, error.to_string()),
    }
}

/// An error of ours that the reader was given and has handed on.
fn own(error: Hdf5Error) -> Result<Error, Hdf5Error> {
    let is_own = |error: &std::io::Error| error.get_ref().is_some_and(|inner| inner.is::<Error>());
    if !matches!(innermost(&error), Hdf5Error::Io(error) if is_own(error)) {
        return Err(error);
    }
    let mut inner = error;
    while let Hdf5Error::Context { source, .. } = inner {
        inner = *source;
    }
    match inner {
        Hdf5Error::Io(error) => error.downcast().map_err(Hdf5Error::Io),
        other => Err(other),
    }
}

/// An error without the names of what was being read.
fn innermost(mut error: &Hdf5Error) -> &Hdf5Error {
    while let Hdf5Error::Context { source, .. } = error {
        error = source;
    }
    error
}

/// The dtype and whether it is big-endian, as h5py and netCDF4 take them.
fn dtype_of(given: &Datatype) -> Option<(DType, bool)> {
    let is_big = |order: &ByteOrder| *order == ByteOrder::BigEndian;
    Some(match given {
        Datatype::FixedPoint { size, signed, byte_order } => {
            let dtype = match (size, signed) {
                (1, true) => DType::Int8,
                (2, true) => DType::Int16,
                (4, true) => DType::Int32,
                (8, true) => DType::Int64,
                (1, false) => DType::UInt8,
                (2, false) => DType::UInt16,
                (4, false) => DType::UInt32,
                (8, false) => DType::UInt64,
                _ => return None,
            };
            (dtype, is_big(byte_order))
        }
        Datatype::FloatingPoint { size, byte_order } => {
            let dtype = match size {
                2 => DType::Float16,
                4 => DType::Float32,
                8 => DType::Float64,
                _ => return None,
            };
            (dtype, is_big(byte_order))
        }
        // NumPy's booleans are an enumeration of two names, its complex numbers a pair of floats.
        Datatype::Enum { base, members } => {
            let named = |member: &str, value: u8| {
                members.iter().any(|own| own.name == member && own.value == [value])
            };
            let boolean = matches!(**base, Datatype::FixedPoint { size: 1, .. });
            (boolean && members.len() == 2 && named("FALSE", 0) && named("TRUE", 1))
                .then_some((DType::Boolean, false))?
        }
        Datatype::Compound { size, fields } => {
            let [real, imaginary] = fields.as_slice() else { return None };
            let (part, big_endian) = dtype_of(&real.datatype)?;
            let half = part.itemsize() as u32;
            let named = (real.name.as_str(), imaginary.name.as_str()) == ("r", "i");
            let placed = (real.byte_offset, imaginary.byte_offset, *size) == (0, half, 2 * half);
            let dtype = match part {
                DType::Float32 => DType::Complex64,
                DType::Float64 => DType::Complex128,
                _ => return None,
            };
            (named && placed && imaginary.datatype == real.datatype).then_some((dtype, big_endian))?
        }
        _ => return None,
    })
}

/// Whether a number uses all bits of its bytes, and a float those of IEEE: the reader leaves this open.
fn is_usual(given: &Datatype, message: &[u8]) -> bool {
    /// Class, flags and size.
    const BEFORE_PROPERTIES: usize = 8;
    let (size, is_float) = match given {
        Datatype::FixedPoint { size, .. } => (*size, false),
        Datatype::FloatingPoint { size, .. } => (*size, true),
        // Parts of others are taken as they are.
        _ => return true,
    };
    let properties = message.get(BEFORE_PROPERTIES..).unwrap_or(&[]);
    let bits = [[0, 0], (u16::from(size) * 8).to_le_bytes()].concat();
    // Where the exponent is and how long, the same of the mantissa, and the bias.
    let ieee: [u8; 8] = match size {
        2 => [10, 5, 0, 10, 15, 0, 0, 0],
        4 => [23, 8, 0, 23, 127, 0, 0, 0],
        _ => [52, 11, 0, 52, 0xff, 3, 0, 0],
    };
    // The numbers of VAX machines have a third order of bytes.
    let vax = message.get(1).is_none_or(|flags| flags & 0x40 != 0);
    !vax && properties.starts_with(&bits)
        && (!is_float || properties.get(bits.len()..bits.len() + ieee.len()) == Some(&ieee[..]))
}

/// What a type is that is none of ours.
fn kind(given: &Datatype) -> &'static str {
    match given {
        Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. } => "of numbers of an odd size or form",
        Datatype::String { .. } => "of text",
        Datatype::Compound { .. } => "of several fields",
        Datatype::Array { .. } => "of arrays in each element",
        Datatype::Enum { .. } => "of an enumeration",
        Datatype::VarLen { .. } => "of elements of any length",
        Datatype::Opaque { .. } => "of opaque bytes",
        Datatype::Reference { .. } => "of references",
        Datatype::Bitfield { .. } => "of bits",
    }
}

/// Attributes as JSON: text, a number, or a list. What is none of these is left out.
fn attributes(dataset: &Dataset) -> Map<String, Value> {
    let noted = dataset.attributes().into_iter().filter(|attribute| {
        !INTERNAL.contains(&attribute.name.as_str()) && !attribute.name.starts_with("_Netcdf4")
    });
    noted.filter_map(|attribute| Some((attribute.name.clone(), attribute_json(attribute)?))).collect()
}

fn attribute_json(attribute: Attribute) -> Option<Value> {
    if matches!(attribute.datatype, Datatype::String { .. } | Datatype::VarLen { .. }) {
        let texts =
            attribute.read_strings().or_else(|_| attribute.read_string().map(|text| vec![text])).ok()?;
        return Some(match <[String; 1]>::try_from(texts) {
            Ok([only]) => only.into(),
            Err(texts) => texts.into(),
        });
    }
    let (dtype, big_endian) = dtype_of(&attribute.datatype)?;
    let mut bytes = attribute.raw_data;
    let expected = region::nbytes(dtype, &attribute.shape)?;
    if bytes.len() as u64 != expected || bytes.is_empty() {
        return None;
    }
    if big_endian {
        region::swap_bytes(dtype, &mut bytes);
    }
    Some(super::json::values(dtype, &bytes))
}
