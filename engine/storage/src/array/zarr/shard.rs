//! Shards: files of many chunks, with an index that says where each is.

use std::path::Path;

use gristmill_data::DType;
use serde_json::{Value, json};

use super::super::location::{Location, RangeFile};
use super::super::region;
use super::codec::{self, Codecs, Packing, Unknown};
use super::metadata;
use crate::Error;
use crate::remote::Part;

/// The most chunks in one shard.
const CHUNKS_MAX: u64 = 1 << 22;
/// Bytes of an entry of the index: an offset and a length.
const ENTRY_NBYTES: usize = 16;
/// Bytes of a checksum.
const SUM_NBYTES: u64 = 4;
/// What both numbers of an entry are where there is no chunk.
const NOTHING: u64 = u64::MAX;

/// How shards are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sharding {
    pub(super) chunk_shape: Vec<u64>,
    pub(super) codecs: Codecs,
    /// Chunks of a shard along each axis.
    grid: Vec<u64>,
    index_big_endian: bool,
    index_checked: bool,
    index_at_start: bool,
}

impl Sharding {
    /// Shards of this shape in chunks of that one, with a checksum of the index at the end.
    pub(super) fn new(shard_shape: &[u64], chunk_shape: &[u64], codecs: Codecs) -> Result<Self, String> {
        let misfit = || {
            let (shard, chunk) = (region::tuple(shard_shape), region::tuple(chunk_shape));
            format!(
                "chunks of shape {chunk} do not fill shards of shape {shard}, or are more than {CHUNKS_MAX}"
            )
        };
        let along = shard_shape.iter().zip(chunk_shape);
        let grid = along.map(|(shard, chunk)| shard.checked_div(*chunk).filter(|n| n * chunk == *shard));
        let grid: Option<Vec<u64>> = grid.collect();
        let countable = |grid: &Vec<u64>| {
            let n_chunks = grid.iter().try_fold(1_u64, |all, n| all.checked_mul(*n));
            n_chunks.is_some_and(|n_chunks| n_chunks <= CHUNKS_MAX) && shard_shape.len() == chunk_shape.len()
        };
        Ok(Self {
            chunk_shape: chunk_shape.to_vec(),
            codecs,
            grid: grid.filter(countable).ok_or_else(misfit)?,
            index_big_endian: false,
            index_checked: true,
            index_at_start: false,
        })
    }

    /// What the configuration of `sharding_indexed` says.
    pub(super) fn parse(
        path: &Path,
        given: &Value,
        dtype: DType,
        shard_shape: &[u64],
    ) -> Result<Self, Error> {
        let corrupt = |reason: String| Error::corrupt(path, "its metadata", reason);
        let unsupported = |Unknown(what): Unknown| Error::UnsupportedArray {
            path: path.to_owned(),
            what: format!("{what} in shards"),
            hint: "write the array again with gzip, zstd, blosc or no compression",
        };
        let list = |name: &str| given.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let chunk_shape = metadata::lengths(given, "chunk_shape").map_err(corrupt)?;
        let codecs = codec::of_v3(list("codecs"), dtype, chunk_shape.len()).map_err(unsupported)?;
        // The index is an array of 64-bit integers, with one more axis than the chunks have.
        let index = codec::of_v3(list("index_codecs"), DType::UInt64, chunk_shape.len() + 1);
        let index = index.map_err(unsupported)?;
        let index_checked = match index.packings.as_slice() {
            [] => false,
            [Packing::Crc32c] => true,
            _ => return Err(unsupported(Unknown("a packed index".to_owned()))),
        };
        if index.order.is_some() {
            return Err(unsupported(Unknown("a transposed index".to_owned())));
        }
        let index_at_start = match given.get("index_location").and_then(Value::as_str) {
            None | Some("end") => false,
            Some("start") => true,
            Some(other) => return Err(corrupt(format!("the index is at `{other}`"))),
        };
        let plain = Self::new(shard_shape, &chunk_shape, codecs).map_err(corrupt)?;
        Ok(Self { index_big_endian: index.big_endian, index_checked, index_at_start, ..plain })
    }

    /// The codec's entry in the metadata.
    pub(super) fn to_json(&self, dtype: DType) -> Value {
        let index_codecs = codec::to_v3(&[Packing::Crc32c], DType::UInt64);
        let codecs = codec::to_v3(&self.codecs.packings, dtype);
        json!({"name": "sharding_indexed", "configuration": {
            "chunk_shape": self.chunk_shape,
            "codecs": codecs,
            "index_codecs": index_codecs,
            "index_location": "end",
        }})
    }

    fn n_chunks(&self) -> usize {
        usize::try_from(self.grid.iter().product::<u64>()).unwrap_or(usize::MAX)
    }

    /// Where a chunk's entry is in the index.
    fn entry_of(&self, block: &[u64]) -> usize {
        let along = block.iter().zip(&self.grid);
        let at = along.fold(0_u64, |at, (block, n)| at.saturating_mul(*n).saturating_add(*block));
        usize::try_from(at).unwrap_or(usize::MAX)
    }

    /// A shard from its chunks in C order; those that hold nothing but the fill value are absent.
    pub(super) fn assemble(&self, chunks: &[Option<Vec<u8>>]) -> Vec<u8> {
        let mut shard = Vec::with_capacity(chunks.iter().flatten().map(Vec::len).sum());
        let mut index = Vec::with_capacity(chunks.len() * ENTRY_NBYTES);
        for chunk in chunks {
            let (offset, length) =
                chunk.as_ref().map_or((NOTHING, NOTHING), |chunk| (shard.len() as u64, chunk.len() as u64));
            index.extend(offset.to_le_bytes());
            index.extend(length.to_le_bytes());
            shard.extend(chunk.iter().flatten());
        }
        let sum = crc32c::crc32c(&index);
        shard.extend(index);
        shard.extend(sum.to_le_bytes());
        shard
    }
}

/// A shard, open for reading, with its index.
pub(super) struct Shard<'a> {
    sharding: &'a Sharding,
    file: RangeFile,
    index: Vec<u8>,
}

impl<'a> Shard<'a> {
    /// Opens a shard; `None` if there is none.
    pub(super) fn open(sharding: &'a Sharding, file: &Location) -> Result<Option<Self>, Error> {
        let sum_nbytes = if sharding.index_checked { SUM_NBYTES } else { 0 };
        let index_nbytes = (sharding.n_chunks() * ENTRY_NBYTES) as u64 + sum_nbytes;
        let part = if sharding.index_at_start { Part::Start(index_nbytes) } else { Part::End(index_nbytes) };
        let Some(file) = file.open(part)? else { return Ok(None) };
        let end = file.size().checked_sub(index_nbytes).ok_or_else(|| {
            let reason = format!("{} bytes are too few for {index_nbytes}", file.size());
            Error::corrupt(file.path(), "its index", reason)
        })?;
        let mut index = file.read_most(if sharding.index_at_start { 0 } else { end }, index_nbytes)?;
        if sharding.index_checked {
            let wrong = |reason| Error::corrupt(file.path(), "its index", reason);
            index = codec::checked(index).map_err(wrong)?;
        }
        Ok(Some(Self { sharding, file, index }))
    }

    /// Where a chunk is, and how many bytes it has; `None` if it was not written.
    pub(super) fn place(&self, block: &[u64]) -> Result<Option<(u64, u64)>, Error> {
        let at = self.sharding.entry_of(block);
        let entry = self.index.as_chunks::<8>().0.get(2 * at..).and_then(|rest| rest.first_chunk::<2>());
        let number = |bytes: [u8; 8]| match self.sharding.index_big_endian {
            true => u64::from_be_bytes(bytes),
            false => u64::from_le_bytes(bytes),
        };
        let corrupt = |reason: String| Error::corrupt(self.file.path(), place(block), reason);
        let [offset, nbytes] = entry.ok_or_else(|| corrupt("the index has no entry".to_owned()))?.map(number);
        if (offset, nbytes) == (NOTHING, NOTHING) {
            return Ok(None);
        }
        let size = self.file.size();
        match offset.checked_add(nbytes).is_some_and(|end| end <= size) {
            true => Ok(Some((offset, nbytes))),
            false => Err(corrupt(format!("{nbytes} bytes from {offset} on are too many for {size}"))),
        }
    }

    /// The elements of a chunk; `None` if it was not written.
    pub(super) fn chunk(&self, block: &[u64], dtype: DType, nbytes: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some((offset, length)) = self.place(block)? else { return Ok(None) };
        let corrupt = |reason: String| {
            let place = format!("{}, from byte {offset} on", place(block));
            Error::corrupt(self.file.path(), place, reason)
        };
        if length > Codecs::stored_max(nbytes) {
            return Err(corrupt(format!("{length} bytes are too many for {nbytes} unpacked ones")));
        }
        let stored = self.file.read_most(offset, length)?;
        self.sharding.codecs.decode(dtype, nbytes, stored).map(Some).map_err(corrupt)
    }
}

fn place(block: &[u64]) -> String {
    format!("the chunk at {} of it", region::tuple(block))
}
