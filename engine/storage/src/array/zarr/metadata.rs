//! What `.zarray` and `zarr.json` say, as one thing.

use std::path::Path;

use gristmill_data::{Chunk, DType, NDIM_MAX};
use serde_json::{Map, Value};

use super::super::location::Location;
use super::super::{ArrayFormat, Info};
use super::codec::{self, Codecs, Unknown};
use super::{fill, shard};
use crate::Error;

/// The longest metadata that are read.
const METADATA_NBYTES_MAX: u64 = 16 << 20;
/// Where xarray keeps the names of axes in version 2.
pub(in super::super) const DIMS_V2: &str = "_ARRAY_DIMENSIONS";

/// How the chunks of an array are called, and what is in each.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    pub(super) format: ArrayFormat,
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    /// What one file holds.
    pub(super) file_shape: Vec<u64>,
    pub(super) content: Content,
    pub(super) keys: Keys,
    /// One element; zeros if none is named.
    pub(super) fill: Vec<u8>,
    pub(super) has_fill: bool,
    pub(super) dims: Option<Vec<String>>,
    pub(super) attributes: Map<String, Value>,
}

/// What is in a file.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Chunk(Codecs),
    Shard(shard::Sharding),
}

/// How the file of a chunk is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keys {
    /// Whether `c` comes first, which is a part of its own.
    pub(super) prefix: bool,
    pub(super) separator: char,
}

impl Keys {
    /// The file of a chunk at this place in the grid.
    pub(super) fn name(self, block: &[u64]) -> String {
        let first = self.prefix.then(|| "c".to_owned());
        let parts: Vec<_> = first.into_iter().chain(block.iter().map(u64::to_string)).collect();
        if parts.is_empty() { "0".to_owned() } else { parts.join(&self.separator.to_string()) }
    }
}

/// Reads JSON that must be an object; `None` if there is no such file.
pub(super) fn read_json(location: &Location) -> Result<Option<Value>, Error> {
    let Some(bytes) = location.read(METADATA_NBYTES_MAX)? else { return Ok(None) };
    let corrupt = |reason: String| Error::corrupt(location.path(), "its metadata", reason);
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    match value.is_object() {
        true => Ok(Some(value)),
        false => Err(corrupt("they are no JSON object".to_owned())),
    }
}

impl Metadata {
    /// Of what `.zarray` at `path` says, and `.zattrs` beside it.
    pub(super) fn of_v2(path: &Path, json: &Value, attributes: &Value) -> Result<Self, Error> {
        let corrupt = |reason: String| Error::corrupt(path, "its metadata", reason);
        let descr = json.get("dtype").and_then(Value::as_str);
        let descr = descr.ok_or_else(|| unsupported(path, "a dtype of several fields"))?;
        let (dtype, big_endian) = super::super::npy::parse_descr(path, descr)?;
        let shape = lengths(json, "shape").map_err(corrupt)?;
        let chunks = fitted(&shape, lengths(json, "chunks").map_err(corrupt)?).map_err(corrupt)?;
        let known = |Unknown(what)| unsupported(path, what);
        let codecs = codec::of_v2(json, shape.len(), big_endian).map_err(known)?;
        let separator = match json.get("dimension_separator").and_then(Value::as_str) {
            None | Some(".") => '.',
            Some("/") => '/',
            Some(other) => return Err(corrupt(format!("`{other}` separates the parts of names"))),
        };
        let given = json.get("fill_value").filter(|given| !given.is_null());
        let fill = given.map(|given| fill::parse(dtype, given).map_err(corrupt)).transpose()?;
        let mut attributes = object(attributes);
        let dims = attributes.get(DIMS_V2).and_then(|dims| names(dims, shape.len()));
        if dims.is_some() {
            attributes.remove(DIMS_V2);
        }
        Ok(Self {
            format: ArrayFormat::ZarrV2,
            dtype,
            shape,
            file_shape: chunks,
            content: Content::Chunk(codecs),
            keys: Keys { prefix: false, separator },
            has_fill: fill.is_some(),
            fill: fill.unwrap_or_else(|| vec![0; dtype.itemsize()]),
            dims,
            attributes,
        })
    }

    /// Of what `zarr.json` at `path` says.
    pub(super) fn of_v3(path: &Path, json: &Value) -> Result<Self, Error> {
        let corrupt = |reason: String| Error::corrupt(path, "its metadata", reason);
        refuse_unknown(path, json)?;
        let attributes = object(json.get("attributes").unwrap_or(&Value::Null));
        let dtype = dtype_v3(path, json.get("data_type").unwrap_or(&Value::Null))?;
        let shape = lengths(json, "shape").map_err(corrupt)?;
        let grid = json.get("chunk_grid").unwrap_or(&Value::Null);
        if name_of(grid) != Some("regular") {
            return Err(unsupported(path, format!("the chunk grid {grid}")));
        }
        let chunks = lengths(configuration(grid), "chunk_shape").map_err(corrupt)?;
        let chunks = fitted(&shape, chunks).map_err(corrupt)?;
        let chain = json.get("codecs").and_then(Value::as_array);
        let chain = chain.ok_or_else(|| corrupt("it has no list `codecs`".to_owned()))?;
        let known = |Unknown(what)| unsupported(path, what);
        let content = match chain.as_slice() {
            [only] if name_of(only) == Some("sharding_indexed") => {
                Content::Shard(shard::Sharding::parse(path, configuration(only), dtype, &chunks)?)
            }
            chain => Content::Chunk(codec::of_v3(chain, dtype, shape.len()).map_err(known)?),
        };
        let fill = json.get("fill_value").filter(|given| !given.is_null());
        let fill = fill.map(|given| fill::parse(dtype, given).map_err(corrupt)).transpose()?;
        Ok(Self {
            format: ArrayFormat::ZarrV3,
            dtype,
            file_shape: chunks,
            content,
            keys: keys_v3(path, json.get("chunk_key_encoding").unwrap_or(&Value::Null))?,
            has_fill: fill.is_some(),
            fill: fill.unwrap_or_else(|| vec![0; dtype.itemsize()]),
            dims: json.get("dimension_names").and_then(|dims| names(dims, shape.len())),
            shape,
            attributes,
        })
    }

    pub(super) fn info(&self) -> Info {
        let chunks = match &self.content {
            Content::Chunk(_) => &self.file_shape,
            Content::Shard(sharding) => &sharding.chunk_shape,
        };
        let mut info = Info::plain(self.format, self.dtype, self.shape.clone(), chunks.clone());
        let fill = || Chunk::try_new(self.dtype, &[], self.fill.clone().into(), None).ok();
        info.fill_value = self.has_fill.then(fill).flatten();
        info.dims = self.dims.clone();
        info.attributes = self.attributes.clone();
        info
    }
}

fn unsupported(path: &Path, what: impl Into<String>) -> Error {
    let hint =
        "write the array again without it, in Zarr v2 or v3 with gzip, zlib, zstd, blosc or no compression";
    Error::UnsupportedArray { path: path.to_owned(), what: what.into(), hint }
}

/// Version 3 lets metadata hold what a reader that does not know it must refuse.
fn refuse_unknown(path: &Path, json: &Value) -> Result<(), Error> {
    const KNOWN: [&str; 11] = [
        "zarr_format",
        "node_type",
        "shape",
        "data_type",
        "chunk_grid",
        "chunk_key_encoding",
        "fill_value",
        "codecs",
        "attributes",
        "dimension_names",
        "storage_transformers",
    ];
    let may_be_ignored = |value: &Value| value.get("must_understand").and_then(Value::as_bool) == Some(false);
    let entries = json.as_object().into_iter().flatten();
    let mut unknown = entries.filter(|(name, value)| {
        let empty = value.as_array().is_some_and(Vec::is_empty);
        let known = KNOWN.contains(&name.as_str()) && (*name != "storage_transformers" || empty);
        !known && !may_be_ignored(value)
    });
    match unknown.next() {
        Some((name, _)) => Err(unsupported(path, format!("the entry `{name}`"))),
        None => Ok(()),
    }
}

fn dtype_v3(path: &Path, given: &Value) -> Result<DType, Error> {
    let times = configuration(given);
    let nanoseconds = times.get("unit").and_then(Value::as_str) == Some("ns")
        && times.get("scale_factor").and_then(Value::as_u64).unwrap_or(1) == 1;
    let dtype = match name_of(given) {
        Some("numpy.datetime64") if nanoseconds => Some(DType::Datetime64Ns),
        Some("numpy.timedelta64") if nanoseconds => Some(DType::Timedelta64Ns),
        // The rest is called as NumPy calls it, and times have no such names here.
        Some(name) if !name.contains("64[") => name.parse().ok(),
        _ => None,
    };
    dtype.ok_or_else(|| unsupported(path, format!("the data type {given}")))
}

fn keys_v3(path: &Path, given: &Value) -> Result<Keys, Error> {
    let (prefix, otherwise) = match name_of(given) {
        Some("default") => (true, '/'),
        Some("v2") => (false, '.'),
        _ => return Err(unsupported(path, format!("the chunk key encoding {given}"))),
    };
    let separator = match configuration(given).get("separator").and_then(Value::as_str) {
        None => otherwise,
        Some("/") => '/',
        Some(".") => '.',
        Some(other) => return Err(unsupported(path, format!("the separator `{other}` in names"))),
    };
    Ok(Keys { prefix, separator })
}

/// The name of something that is `{"name": …, "configuration": …}` or a name alone.
pub(super) fn name_of(given: &Value) -> Option<&str> {
    given.get("name").unwrap_or(given).as_str()
}

pub(super) fn configuration(given: &Value) -> &Value {
    given.get("configuration").unwrap_or(&Value::Null)
}

/// A list of lengths.
pub(super) fn lengths(json: &Value, name: &str) -> Result<Vec<u64>, String> {
    let list = json.get(name).and_then(Value::as_array);
    let list: Option<Vec<u64>> = list.and_then(|list| list.iter().map(Value::as_u64).collect());
    let list = list.ok_or_else(|| format!("`{name}` is no list of lengths"))?;
    if list.len() > NDIM_MAX {
        return Err(format!("`{name}` has more than {NDIM_MAX} axes"));
    }
    Ok(list)
}

/// Chunks of one length for each axis, which may be 0 where there is nothing.
fn fitted(shape: &[u64], chunks: Vec<u64>) -> Result<Vec<u64>, String> {
    if shape.len() != chunks.len() {
        return Err(format!("it has {} axes, and its chunks {}", shape.len(), chunks.len()));
    }
    let along = shape.iter().zip(chunks);
    Ok(along.map(|(length, chunk)| if *length == 0 { chunk.max(1) } else { chunk }).collect())
}

/// The names of axes, if each has one.
fn names(given: &Value, ndim: usize) -> Option<Vec<String>> {
    let names = given.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
    names.collect::<Option<Vec<_>>>().filter(|names| names.len() == ndim)
}

fn object(json: &Value) -> Map<String, Value> {
    json.as_object().cloned().unwrap_or_default()
}
