//! How an array is being written, as text: for other processes, which write regions of the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use gristmill_data::{Chunk, DType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::location::Location;
use super::super::npy::{Header, NpyOut};
use super::super::stack::NpyStackOut;
use super::super::zarr::ZarrOut;
use super::super::{ArrayFormat, netcdf};
use super::{Compression, Out, RegionWriter, WriteOptions, gone, stack_cut};
use crate::Error;
use crate::remote::Stores;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) format: ArrayFormat,
    pub(super) dtype: DType,
    pub(super) shape: Vec<u64>,
    pub(super) chunks: Vec<u64>,
}

/// What is asked for, how, and where it is until it is finished.
#[derive(Debug)]
pub(super) struct Recipe {
    path: PathBuf,
    temporary: Option<PathBuf>,
    asked: Asked,
    pub(super) options: WriteOptions,
    /// When it was begun: two writers of the same are told apart by it.
    begun_ns: u128,
}

/// The form of a recipe that travels.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    path: PathBuf,
    temporary: Option<PathBuf>,
    format: ArrayFormat,
    dtype: String,
    shape: Vec<u64>,
    chunks: Vec<u64>,
    overwrite: bool,
    compression: Option<Compression>,
    shards: Option<Vec<u64>>,
    name: Option<String>,
    dims: Option<Vec<String>>,
    attributes: Map<String, Value>,
    fill_value: Option<Vec<u8>>,
    begun_ns: u128,
}

impl Recipe {
    pub(super) fn new(path: &Path, temporary: Option<&Path>, asked: Asked, options: WriteOptions) -> Self {
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (path, temporary) = (path.to_owned(), temporary.map(Path::to_owned));
        Self { path, temporary, asked, options, begun_ns: begun.as_nanos() }
    }

    pub(super) fn text(&self) -> String {
        let Asked { format, dtype, shape, chunks } = &self.asked;
        let options = self.options.clone();
        let told = Told {
            path: self.path.clone(),
            temporary: self.temporary.clone(),
            format: *format,
            dtype: dtype.name().to_owned(),
            shape: shape.clone(),
            chunks: chunks.clone(),
            overwrite: options.overwrite,
            compression: options.compression,
            shards: options.shards,
            name: options.name,
            dims: options.dims,
            attributes: options.attributes,
            fill_value: options.fill_value.map(|fill| fill.data().to_vec()),
            begun_ns: self.begun_ns,
        };
        // Paths that are no text have none; whoever joins by it is told so.
        serde_json::to_string(&told).unwrap_or_default()
    }

    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let senseless = |reason: String| Error::corrupt(Path::new(""), "what it is written by", reason);
        let told: Told = serde_json::from_str(text).map_err(|error| senseless(error.to_string()))?;
        let data = |error: gristmill_data::Error| senseless(error.to_string());
        let dtype: DType = told.dtype.parse().map_err(data)?;
        let fill = told.fill_value.map(|fill| Chunk::try_new(dtype, &[], fill.into(), None));
        let options = WriteOptions {
            overwrite: told.overwrite,
            compression: told.compression,
            shards: told.shards,
            name: told.name,
            dims: told.dims,
            attributes: told.attributes,
            fill_value: fill.transpose().map_err(data)?,
        };
        let asked = Asked { format: told.format, dtype, shape: told.shape, chunks: told.chunks };
        super::check_chunks(&told.path, dtype, &asked.shape, &asked.chunks)?;
        Ok(Self { path: told.path, temporary: told.temporary, asked, options, begun_ns: told.begun_ns })
    }

    pub(super) fn paths(self) -> Vec<PathBuf> {
        [Some(self.path), self.temporary].into_iter().flatten().collect()
    }

    /// What writes the regions of an array that was begun.
    pub(super) fn join(&self) -> Result<RegionWriter, Error> {
        match &self.temporary {
            Some(temporary) if is_begun(temporary, &self.path) => {
                Ok(self.writer(self.out(temporary, false)?))
            }
            Some(_) => Err(gone(&self.path)),
            // Only what is in an object store is written where it stays.
            None if !self.path.to_string_lossy().contains("://") => Err(gone(&self.path)),
            None => self.elsewhere(Location::new(&self.path, &Stores::for_sending())?),
        }
    }

    /// The same of a new array, at its temporary place.
    pub(super) fn begin(&self, temporary: &Path) -> Result<RegionWriter, Error> {
        Ok(self.writer(self.out(temporary, true)?))
    }

    /// The same of one in an object store.
    pub(super) fn elsewhere(&self, location: Location) -> Result<RegionWriter, Error> {
        let Asked { format, dtype, shape, chunks } = &self.asked;
        let (place, cut) = ((&*self.path, location), (&**shape, &**chunks));
        Ok(self.writer(Out::Zarr(ZarrOut::create(place, *format, *dtype, cut, &self.options)?)))
    }

    fn writer(&self, out: Out) -> RegionWriter {
        let Asked { format, dtype, shape, .. } = &self.asked;
        let (format, dtype) = (*format, *dtype);
        let unit = match &out {
            Out::Zarr(zarr) => zarr.unit().to_vec(),
            Out::Npy(_) | Out::Stack(_) => vec![1; shape.len()],
        };
        RegionWriter {
            path: self.path.clone(),
            format,
            dtype,
            shape: shape.clone(),
            unit,
            out,
            temporary: self.temporary.clone(),
        }
    }

    fn out(&self, temporary: &Path, is_new: bool) -> Result<Out, Error> {
        let Self { path, asked: Asked { format, dtype, shape, chunks }, options, .. } = self;
        let (format, dtype) = (*format, *dtype);
        Ok(match format {
            ArrayFormat::Npy => {
                options.refuse_beyond_elements(path, format)?;
                Out::Npy(match is_new {
                    true => NpyOut::create(temporary, dtype, shape)?,
                    false => NpyOut::reopen(temporary, dtype, shape)?,
                })
            }
            ArrayFormat::Raw => {
                options.refuse_beyond_elements(path, format)?;
                Out::Npy(match is_new {
                    true => NpyOut::create_raw(temporary, dtype, shape)?,
                    false => NpyOut::reopen_as(temporary, Header::raw(dtype, shape))?,
                })
            }
            ArrayFormat::NpyStack => {
                options.refuse_beyond_elements(path, format)?;
                let (axis, lengths) = stack_cut(path, shape, chunks)?;
                Out::Stack(match is_new {
                    true => NpyStackOut::create(temporary, dtype, shape, (axis, lengths))?,
                    false => NpyStackOut::reopen(temporary, dtype, shape, (axis, &lengths))?,
                })
            }
            ArrayFormat::ZarrV2 | ArrayFormat::ZarrV3 => {
                let place = (&**path, Location::local(temporary));
                let zarr = ZarrOut::create(place, format, dtype, (shape, chunks), options)?;
                if is_new {
                    fs::create_dir(temporary).map_err(Error::io("make the folder", temporary))?;
                }
                Out::Zarr(zarr)
            }
            ArrayFormat::Netcdf3 => Out::Npy(match is_new {
                true => netcdf::create((path, temporary), dtype, shape, options)?,
                false => netcdf::reopen((path, temporary), dtype, shape, options)?,
            }),
            ArrayFormat::Hdf5 => {
                let reason = "HDF5 can only be read; choose NetCDF-3, Zarr or npy";
                return Err(Error::cannot_write(path, reason));
            }
        })
    }
}

/// Whether something that a writer of `path` has begun is there: a recipe may not name any other file.
fn is_begun(temporary: &Path, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let own = temporary.file_name().unwrap_or_default().to_string_lossy();
    let is_named_so = own
        .strip_prefix('.')
        .and_then(|own| own.strip_prefix(&*name))
        .is_some_and(|rest| rest.starts_with('.'));
    let is_there = fs::symlink_metadata(temporary).is_ok_and(|meta| !meta.is_symlink());
    is_named_so && is_there && temporary.parent() == path.parent()
}
