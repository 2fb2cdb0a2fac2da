//! Zarr, versions 2 and 3: a folder of chunks, each a file, or of shards that hold many chunks each.

mod codec;
mod fill;
mod group;
mod metadata;
mod refer;
mod shard;
mod write;

use std::path::Path;

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{DType, Memory};

use super::location::Location;
use super::region::{self, Layout};
use super::{ArrayFormat, Info, identity, unfilled, zeroed};
use crate::Error;

use codec::Codecs;
use metadata::{Content, Metadata};
use shard::Shard;

pub(super) use codec::{Packing, of_packing, unshuffled};
pub(super) use fill::element;
pub(super) use group::{open, refuse_description, refuse_parquet};
pub(super) use metadata::DIMS_V2;
pub(super) use write::ZarrOut;

/// What describes an array of version 2.
pub(super) const V2_NAME: &str = ".zarray";
/// Its attributes.
const V2_ATTRIBUTES_NAME: &str = ".zattrs";
/// What describes an array or a group of version 3.
pub(super) const V3_NAME: &str = "zarr.json";

/// An array of a Zarr store, open for reading.
#[derive(Debug)]
pub(super) struct Zarr {
    folder: Location,
    metadata: Metadata,
    /// What describes it, as it is written.
    text: String,
}

/// A region that is being filled, chunk by chunk.
struct Target<'a> {
    dtype: DType,
    shape: &'a [u64],
    bytes: Memory,
}

impl Zarr {
    fn new(folder: &Location, metadata: Metadata, text: String) -> Self {
        Self { folder: folder.clone(), metadata, text }
    }

    pub(super) fn folder(&self) -> &Location {
        &self.folder
    }

    /// What tells whether the array is still the same.
    pub(super) fn identity(&self, dataset: Option<&str>) -> Result<Vec<u8>, Error> {
        let path = self.folder.path();
        let name = if self.metadata.format == ArrayFormat::ZarrV2 { V2_NAME } else { V3_NAME };
        match self.folder.is_local() {
            true => identity::of(&path.join(name), Some(path), dataset),
            false => Ok(identity::elsewhere(path, dataset, self.text.as_bytes())),
        }
    }

    pub(super) fn info(&self) -> Info {
        self.metadata.info()
    }

    /// The elements of a region that lies inside.
    pub(super) fn read(&self, start: &[u64], shape: &[u64]) -> Result<Buffer, Error> {
        let Metadata { dtype, file_shape, keys, fill, .. } = &self.metadata;
        if let Some(bytes) = self.read_one(start, shape)? {
            return Ok(bytes);
        }
        let bytes = filled(self.folder.path(), *dtype, shape, fill)?;
        let mut target = Target { dtype: *dtype, shape, bytes };
        for overlap in region::overlaps(start, shape, file_shape) {
            let file = self.folder.join(&keys.name(&overlap.block));
            match &self.metadata.content {
                Content::Chunk(codecs) => {
                    if let Some(chunk) = read_chunk(codecs, &file, *dtype, file_shape)? {
                        target.take(
                            file.path(),
                            (codecs, file_shape),
                            &chunk,
                            &overlap,
                            &overlap.in_region,
                        )?;
                    }
                }
                Content::Shard(sharding) => {
                    let Some(shard) = Shard::open(sharding, &file)? else { continue };
                    let chunk_shape = &sharding.chunk_shape;
                    let nbytes = region::nbytes(*dtype, chunk_shape).unwrap_or(u64::MAX);
                    for inner in region::overlaps(&overlap.in_chunk, &overlap.shape, chunk_shape) {
                        let Some(chunk) = shard.chunk(&inner.block, *dtype, nbytes)? else { continue };
                        let along = overlap.in_region.iter().zip(&inner.in_region);
                        let to: Vec<u64> = along.map(|(outer, inner)| outer + inner).collect();
                        target.take(file.path(), (&sharding.codecs, chunk_shape), &chunk, &inner, &to)?;
                    }
                }
            }
        }
        Ok(target.bytes.into_buffer())
    }

    /// A region that is one whole stored chunk as it is in memory: nothing to copy.
    fn read_one(&self, start: &[u64], shape: &[u64]) -> Result<Option<Buffer>, Error> {
        let Metadata { dtype, file_shape, keys, content, .. } = &self.metadata;
        let Content::Chunk(codecs) = content else { return Ok(None) };
        let begins = start.iter().zip(file_shape).all(|(start, chunk)| start.is_multiple_of(*chunk));
        if !begins || shape != file_shape || codecs.order.is_some() {
            return Ok(None);
        }
        let block: Vec<u64> = start.iter().zip(file_shape).map(|(start, chunk)| start / chunk).collect();
        let file = self.folder.join(&keys.name(&block));
        let nbytes = region::nbytes(*dtype, file_shape).unwrap_or(u64::MAX);
        let Some(stored) = file.read(Codecs::stored_max(nbytes))? else { return Ok(None) };
        let mut bytes = unfilled(self.folder.path(), *dtype, shape)?;
        codecs.decode_to(*dtype, stored, bytes.as_mut_slice()).map_err(|reason| corrupt(&file, reason))?;
        Ok(Some(bytes.into_buffer()))
    }
}

/// Memory for a region in which nothing was written.
fn filled(path: &Path, dtype: DType, shape: &[u64], fill: &[u8]) -> Result<Memory, Error> {
    let mut bytes = zeroed(path, dtype, shape)?;
    if fill.iter().any(|byte| *byte != 0) {
        bytes.as_mut_slice().chunks_exact_mut(fill.len()).for_each(|element| element.copy_from_slice(fill));
    }
    Ok(bytes)
}

impl Target<'_> {
    /// Copies what a decoded chunk shares with the region to `to`.
    fn take(
        &mut self,
        path: &Path,
        (codecs, chunk_shape): (&Codecs, &[u64]),
        chunk: &[u8],
        overlap: &region::Overlap,
        to: &[u64],
    ) -> Result<(), Error> {
        let itemsize = self.dtype.itemsize();
        let source = Layout { strides: codecs.strides(chunk_shape, itemsize), start: &overlap.in_chunk };
        let target = Layout::c_order(self.shape, itemsize, to);
        let outside = || Error::corrupt(path, "its elements", "the region is not there");
        region::copy(&overlap.shape, itemsize, (chunk, &source), (self.bytes.as_mut_slice(), &target))
            .ok_or_else(outside)
    }
}

/// The decoded elements of a chunk; `None` if it was never written.
fn read_chunk(
    codecs: &Codecs,
    file: &Location,
    dtype: DType,
    shape: &[u64],
) -> Result<Option<Vec<u8>>, Error> {
    let nbytes = region::nbytes(dtype, shape).unwrap_or(u64::MAX);
    let Some(stored) = file.read(Codecs::stored_max(nbytes))? else { return Ok(None) };
    codecs.decode(dtype, nbytes, stored).map(Some).map_err(|reason| corrupt(file, reason))
}

fn corrupt(file: &Location, reason: String) -> Error {
    let place =
        file.target().map_or_else(|| "this chunk".to_owned(), |target| format!("this chunk, {target}"));
    Error::corrupt(file.path(), place, reason)
}
