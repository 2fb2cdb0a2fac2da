//! Arrays as lists of references: what others read as Zarr, version 2, without a copy of any element.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gristmill_data::DType;
use serde_json::{Map, Value, json};

use super::super::location::{Location, RangeFile};
use super::super::zarr::{DIMS_V2, Packing, of_packing};
use super::super::{ArrayFile, json as elements, npy};
use super::manifest::BASE64;
use crate::Error;

/// The most references of one array.
pub(in super::super) const REFERENCES_MAX: u64 = 1 << 24;

/// An array whose stored chunks are chunks of Zarr, version 2.
#[derive(Debug)]
pub(in super::super) struct Referable {
    pub(in super::super) dtype: DType,
    pub(in super::super) big_endian: bool,
    pub(in super::super) fortran_order: bool,
    pub(in super::super) shape: Vec<u64>,
    pub(in super::super) chunks: Vec<u64>,
    /// In the order in which a writer takes them.
    pub(in super::super) packings: Vec<Packing>,
    /// The element of chunks that are not there.
    pub(in super::super) fill: Option<Vec<u8>>,
    /// Places of chunks, and where their bytes are.
    pub(in super::super) blocks: Vec<(Vec<u64>, Target)>,
}

/// Where the bytes of a chunk are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Target {
    Inline(Vec<u8>),
    Whole(String),
    Part { file: String, offset: u64, nbytes: u64 },
}

/// What a list calls a file, wherever it is read from.
pub(in super::super) fn name_of(location: &Location) -> Result<String, Error> {
    let path = location.path();
    let text = match location.is_local() {
        true => std::fs::canonicalize(path).map_err(Error::io("read", path))?.to_str().map(str::to_owned),
        false => path.to_str().map(str::to_owned),
    };
    text.ok_or_else(|| cannot(path, "its path is no text that JSON could hold; rename it"))
}

/// What a list calls an open file.
pub(in super::super) fn name_of_file(file: &RangeFile) -> Result<String, Error> {
    match file {
        RangeFile::Local(file) => name_of(&Location::local(file.path())),
        RangeFile::Remote(..) => Ok(file.path().to_string_lossy().into_owned()),
        RangeFile::Held(_, path) => {
            Err(cannot(path, "it is a part of another file, which a list would name"))
        }
    }
}

/// The complaint about an array that no list can have.
pub(in super::super) fn cannot(path: &Path, reason: impl Into<String>) -> Error {
    Error::NotReferable { path: path.to_owned(), reason: reason.into() }
}

/// The list as JSON.
pub(in super::super) fn to_json(
    array: &ArrayFile,
    referable: Referable,
    name: &str,
) -> Result<Vec<u8>, Error> {
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        let reason = format!("`{name}` is no name for it; write a word, or several with `/` between them");
        return Err(cannot(array.path(), reason));
    }
    let mut refs = Map::new();
    let group = json!({"zarr_format": 2}).to_string();
    refs.insert(".zgroup".to_owned(), group.as_str().into());
    for (at, _) in name.match_indices('/') {
        refs.insert(format!("{}/.zgroup", name.get(..at).unwrap_or_default()), group.as_str().into());
    }
    refs.insert(format!("{name}/.zarray"), referable.described().to_string().into());
    let mut attributes = array.attributes().clone();
    let dims = array.dims().map(<[String]>::to_vec);
    let dims = dims.unwrap_or_else(|| (0..referable.shape.len()).map(|axis| format!("dim_{axis}")).collect());
    attributes.insert(DIMS_V2.to_owned(), json!(dims));
    refs.insert(format!("{name}/.zattrs"), Value::Object(attributes).to_string().into());
    for (block, target) in referable.blocks {
        let block: Vec<_> = block.iter().map(u64::to_string).collect();
        let key = if block.is_empty() { "0".to_owned() } else { block.join(".") };
        let target = match target {
            Target::Inline(bytes) => format!("{BASE64}{}", STANDARD.encode(bytes)).into(),
            Target::Whole(file) => json!([file]),
            Target::Part { file, offset, nbytes } => json!([file, offset, nbytes]),
        };
        refs.insert(format!("{name}/{key}"), target);
    }
    serde_json::to_vec(&json!({"version": 1, "refs": refs}))
        .map_err(|error| cannot(array.path(), error.to_string()))
}

impl Referable {
    /// Whether another has chunks of the same kind and, but for one axis, the same shape.
    pub(in super::super) fn is_like(&self, other: &Self, axis: usize) -> bool {
        let along = self.shape.iter().zip(&other.shape).enumerate();
        let alike = along.into_iter().all(|(at, (a, b))| a == b || at == axis);
        let what = |own: &Self| (own.dtype, own.big_endian, own.fortran_order, own.chunks.clone());
        alike && what(self) == what(other) && (&self.packings, &self.fill) == (&other.packings, &other.fill)
    }

    fn described(&self) -> Value {
        let descr = npy::descr(self.dtype);
        let descr = if self.big_endian { descr.replacen('<', ">", 1) } else { descr };
        let filters: Vec<_> = self.packings.iter().map(|packing| of_packing(*packing)).collect();
        json!({
            "zarr_format": 2,
            "shape": self.shape,
            "chunks": self.chunks,
            "dtype": descr,
            "fill_value": self.fill.as_ref().map(|fill| elements::element(self.dtype, fill)),
            "order": if self.fortran_order { "F" } else { "C" },
            "filters": if filters.is_empty() { Value::Null } else { filters.into() },
            "dimension_separator": ".",
            "compressor": null,
        })
    }
}
