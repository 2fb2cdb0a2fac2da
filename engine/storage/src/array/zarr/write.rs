//! A Zarr array that is being filled.

use std::path::Path;

use gristmill_data::{DType, Memory};
use serde_json::{Value, json};

use super::super::location::Location;
use super::super::region::{self, Layout, Overlap};
use super::super::writer::{Compression, WriteOptions};
use super::super::{ArrayFormat, check_nbytes, json as elements};
use super::codec::{self, Codecs, Packing};
use super::metadata::{Content, DIMS_V2, Keys, Metadata};
use super::shard::Sharding;
use super::{V2_ATTRIBUTES_NAME, V2_NAME, V3_NAME, filled};
use crate::Error;

/// An array that is being filled: its chunks are written as they come, and what describes it last. One that holds nothing but the fill
/// value is not written.
#[derive(Debug)]
pub(in super::super) struct ZarrOut {
    folder: Location,
    metadata: Metadata,
}

impl ZarrOut {
    /// An array in a folder, which may not be there yet. Complaints are about `path`, where the array will be.
    pub(in super::super) fn create(
        (path, folder): (&Path, Location),
        format: ArrayFormat,
        dtype: DType,
        (shape, chunks): (&[u64], &[u64]),
        options: &WriteOptions,
    ) -> Result<Self, Error> {
        let refuse = |reason: String| Error::cannot_write(path, reason);
        options.refuse_name(path, format)?;
        let packings = match options.compression.unwrap_or(Compression::Zstd(1)) {
            Compression::None => vec![],
            Compression::Gzip(level) if level <= 9 => vec![Packing::Gzip(level)],
            Compression::Zstd(level) if zstd::compression_level_range().contains(&level) => {
                vec![Packing::Zstd(level, false)]
            }
            other => {
                return Err(refuse(format!("{other:?} is no level; gzip has 0 to 9, Zstandard up to 22")));
            }
        };
        let codecs = Codecs::plain(packings);
        let (file_shape, content) = match &options.shards {
            None => (chunks.to_vec(), Content::Chunk(codecs)),
            Some(_) if format == ArrayFormat::ZarrV2 => {
                return Err(refuse("Zarr v2 has no shards; use v3".to_owned()));
            }
            Some(shards) => {
                check_nbytes(path, || "a shard".to_owned(), dtype, shards)?;
                let sharding = Sharding::new(shards, chunks, codecs).map_err(refuse)?;
                (shards.clone(), Content::Shard(sharding))
            }
        };
        let fill = options.fill_bytes(dtype).map_err(refuse)?;
        options.check_dims(shape).map_err(refuse)?;
        let metadata = Metadata {
            format,
            dtype,
            shape: shape.to_vec(),
            file_shape,
            content,
            keys: match format {
                ArrayFormat::ZarrV2 => Keys { prefix: false, separator: '.' },
                _ => Keys { prefix: true, separator: '/' },
            },
            fill: fill.unwrap_or_else(|| vec![0; dtype.itemsize()]),
            has_fill: true,
            dims: options.dims.clone(),
            attributes: options.attributes.clone(),
        };
        Ok(Self { folder, metadata })
    }

    /// Writes what describes the array, which makes it one: last, when all its chunks are there.
    pub(in super::super) fn describe(&self) -> Result<(), Error> {
        for (name, json) in self.described() {
            let file = self.folder.join(name);
            let text = serde_json::to_vec_pretty(&json);
            file.write(text.map_err(|error| Error::cannot_write(file.path(), error.to_string()))?)?;
        }
        Ok(())
    }

    /// The shape of what one file holds.
    pub(in super::super) fn unit(&self) -> &[u64] {
        &self.metadata.file_shape
    }

    /// Writes whole files of elements that start at `start`.
    pub(in super::super) fn write(&self, start: &[u64], shape: &[u64], bytes: &[u8]) -> Result<(), Error> {
        let Metadata { file_shape, keys, content, .. } = &self.metadata;
        for overlap in region::overlaps(start, shape, file_shape) {
            let file = self.folder.join(&keys.name(&overlap.block));
            let path = file.path();
            let whole = self.cut(path, (bytes, shape), &overlap, file_shape)?;
            let stored = match content {
                Content::Chunk(codecs) => self.stored(path, codecs, whole.as_ref())?,
                Content::Shard(sharding) => self.shard(path, sharding, whole.as_ref())?,
            };
            if let Some(stored) = stored {
                file.write(stored)?;
            }
        }
        Ok(())
    }

    /// A shard of these elements; `None` if there is nothing but the fill value.
    fn shard(&self, path: &Path, sharding: &Sharding, elements: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let (shape, chunk_shape) = (&self.metadata.file_shape, &sharding.chunk_shape);
        let origin = vec![0; shape.len()];
        let chunks = region::overlaps(&origin, shape, chunk_shape).map(|overlap| {
            let chunk = self.cut(path, (elements, shape), &overlap, chunk_shape)?;
            self.stored(path, &sharding.codecs, chunk.as_ref())
        });
        let chunks: Vec<_> = chunks.collect::<Result<_, Error>>()?;
        Ok(chunks.iter().any(Option::is_some).then(|| sharding.assemble(&chunks)))
    }

    /// What a chunk shares with the elements, and the fill value in the rest of it.
    fn cut(
        &self,
        path: &Path,
        (elements, shape): (&[u8], &[u64]),
        overlap: &Overlap,
        chunk_shape: &[u64],
    ) -> Result<Memory, Error> {
        let Metadata { dtype, fill, .. } = &self.metadata;
        let itemsize = dtype.itemsize();
        let mut chunk = filled(path, *dtype, chunk_shape, fill)?;
        let source = Layout::c_order(shape, itemsize, &overlap.in_region);
        let target = Layout::c_order(chunk_shape, itemsize, &overlap.in_chunk);
        let outside = || Error::cannot_write(path, "the region is not inside of the chunk");
        region::copy(&overlap.shape, itemsize, (elements, &source), (chunk.as_mut_slice(), &target))
            .ok_or_else(outside)?;
        Ok(chunk)
    }

    /// The stored form of a chunk; `None` if it is nothing but the fill value.
    fn stored(&self, path: &Path, codecs: &Codecs, chunk: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let fill = &self.metadata.fill;
        if chunk.chunks_exact(fill.len()).all(|element| element == fill) {
            return Ok(None);
        }
        let packed = codecs.encode(chunk).map_err(|error| Error::cannot_write(path, error.to_string()))?;
        Ok(Some(packed))
    }

    /// The files that describe the array: their names and what is in them.
    fn described(&self) -> Vec<(&'static str, Value)> {
        match self.metadata.format {
            ArrayFormat::ZarrV2 => self.described_v2(),
            _ => vec![(V3_NAME, self.described_v3())],
        }
    }

    fn described_v2(&self) -> Vec<(&'static str, Value)> {
        let Metadata { dtype, shape, file_shape, fill, .. } = &self.metadata;
        let packings = match &self.metadata.content {
            Content::Chunk(codecs) => codecs.packings.as_slice(),
            Content::Shard(_) => &[],
        };
        let array = json!({
            "zarr_format": 2,
            "shape": shape,
            "chunks": file_shape,
            "dtype": super::super::npy::descr(*dtype),
            "fill_value": elements::element(*dtype, fill),
            "order": "C",
            "filters": null,
            "dimension_separator": ".",
            "compressor": codec::to_v2(packings),
        });
        let mut attributes = self.metadata.attributes.clone();
        if let Some(dims) = &self.metadata.dims {
            attributes.insert(DIMS_V2.to_owned(), json!(dims));
        }
        // What makes the folder an array comes last.
        vec![(V2_ATTRIBUTES_NAME, Value::Object(attributes)), (V2_NAME, array)]
    }

    fn described_v3(&self) -> Value {
        let Metadata { dtype, shape, file_shape, fill, attributes, .. } = &self.metadata;
        let time = |name| json!({"name": name, "configuration": {"unit": "ns", "scale_factor": 1}});
        let data_type = match dtype {
            DType::Datetime64Ns => time("numpy.datetime64"),
            DType::Timedelta64Ns => time("numpy.timedelta64"),
            other => json!(other.to_string()),
        };
        let codecs = match &self.metadata.content {
            Content::Chunk(codecs) => codec::to_v3(&codecs.packings, *dtype),
            Content::Shard(sharding) => vec![sharding.to_json(*dtype)],
        };
        let mut json = json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": shape,
            "data_type": data_type,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": file_shape}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": elements::element(*dtype, fill),
            "codecs": codecs,
            "attributes": attributes,
        });
        if let (Some(dims), Some(json)) = (&self.metadata.dims, json.as_object_mut()) {
            json.insert("dimension_names".to_owned(), json!(dims));
        }
        json
    }
}
