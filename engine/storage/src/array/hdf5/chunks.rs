//! Where the stored chunks of a dataset lie in its file, and how they are packed.

use hdf5_reader::chunk_index::{
    ChunkEntry, collect_implicit_chunk_entries, collect_v2_chunk_entries_storage, single_chunk_entry,
};
use hdf5_reader::error::{Error as Hdf5Error, Result};
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::layout::{ChunkIndexing, DataLayout};
use hdf5_reader::{btree_v1, extensible_array, fixed_array};

use super::super::zarr::Packing;
use super::{Hdf5, innermost};

/// Where the bytes of a dataset are.
pub(in super::super) enum Stored {
    /// In the file's description, with it.
    Within(Vec<u8>),
    /// In one piece, from an offset on; `None` if nothing was written.
    Piece(Option<u64>),
    /// In chunks.
    Chunks(Vec<StoredChunk>),
    /// In other files.
    Elsewhere,
}

/// One chunk of a dataset.
pub(in super::super) struct StoredChunk {
    /// Its place among the chunks.
    pub(in super::super) block: Vec<u64>,
    pub(in super::super) offset: u64,
    pub(in super::super) nbytes: u64,
    /// Whether some packings were left out.
    pub(in super::super) is_partly_packed: bool,
}

impl Hdf5 {
    /// Where its bytes are. Chunks that were never written are left out.
    pub(super) fn stored(&self) -> Result<Stored> {
        let header = self.hdf5.get_or_parse_header(self.dataset.address())?;
        if header.messages.iter().any(|message| matches!(message, HdfMessage::ExternalFiles(_))) {
            return Ok(Stored::Elsewhere);
        }
        let layout = header.messages.iter().find_map(|message| match message {
            HdfMessage::DataLayout(layout) => Some(&layout.layout),
            _ => None,
        });
        match layout.ok_or_else(|| Hdf5Error::InvalidData("it has no layout".to_owned()))? {
            DataLayout::Compact { data } => Ok(Stored::Within(data.clone())),
            DataLayout::Contiguous { address, .. } => Ok(Stored::Piece(self.in_file(*address))),
            DataLayout::Chunked { address, chunk_indexing, .. } => {
                let lengths = self.dataset.chunks().unwrap_or_default();
                let entries = match self.in_file(*address) {
                    None => Vec::new(),
                    Some(_) => self.entries(*address, &lengths, chunk_indexing.as_ref())?,
                };
                let chunks = entries.into_iter().filter_map(|entry| self.stored_chunk(entry, &lengths));
                Ok(Stored::Chunks(chunks.collect()))
            }
        }
    }

    /// Where an address is in the file; `None` for the one that stands for nothing.
    fn in_file(&self, address: u64) -> Option<u64> {
        let superblock = self.hdf5.superblock();
        let nothing = u64::MAX.checked_shr(64 - 8 * u32::from(superblock.offset_size.clamp(1, 8)));
        address.checked_add(superblock.base_address).filter(|_| Some(address) != nothing)
    }

    fn entries(
        &self,
        address: u64,
        chunks: &[u32],
        indexing: Option<&ChunkIndexing>,
    ) -> Result<Vec<ChunkEntry>> {
        let (storage, superblock) = (self.hdf5.storage(), self.hdf5.superblock());
        let (offset_size, length_size) = (superblock.offset_size, superblock.length_size);
        let shape = self.dataset.shape();
        let ndim = shape.len() as u32;
        match indexing {
            None => {
                let leaves = btree_v1::collect_btree_v1_leaves_storage(
                    storage,
                    address,
                    offset_size,
                    length_size,
                    Some(ndim),
                    chunks,
                    None,
                )?;
                Ok(leaves.into_iter().filter_map(of_leaf).collect())
            }
            Some(ChunkIndexing::SingleChunk { filtered_size, filters }) => {
                Ok(vec![single_chunk_entry(address, *filtered_size, *filters, shape.len())])
            }
            Some(ChunkIndexing::Implicit) => {
                let itemsize = self.dtype.itemsize();
                collect_implicit_chunk_entries(address, shape, chunks, itemsize, None, storage.len())
            }
            Some(ChunkIndexing::BTreeV2) => collect_v2_chunk_entries_storage(
                storage,
                address,
                offset_size,
                length_size,
                ndim,
                chunks,
                None,
            ),
            Some(ChunkIndexing::FixedArray { .. }) => fixed_array::collect_fixed_array_chunk_entries_storage(
                storage,
                address,
                offset_size,
                length_size,
                shape,
                chunks,
                None,
            ),
            Some(ChunkIndexing::ExtensibleArray { .. }) => {
                let longest = self.dataset.max_dims();
                extensible_array::collect_extensible_array_chunk_entries_storage(
                    storage,
                    address,
                    offset_size,
                    length_size,
                    shape,
                    longest,
                    chunks,
                    None,
                )
            }
        }
    }

    /// `None` for a chunk that is not there, or lies outside of an array that was made shorter.
    fn stored_chunk(&self, entry: ChunkEntry, chunks: &[u32]) -> Option<StoredChunk> {
        let lengths = chunks.iter().map(|length| u64::from(*length).max(1));
        let shape = self.dataset.shape();
        let inside = entry.offsets.iter().zip(shape).all(|(offset, length)| offset < length);
        let block = entry.offsets.iter().zip(lengths.clone()).map(|(offset, length)| offset / length);
        let unpacked = lengths.fold(self.dtype.itemsize() as u64, u64::saturating_mul);
        (inside && entry.offsets.len() >= shape.len()).then_some(StoredChunk {
            block: block.take(shape.len()).collect(),
            offset: self.in_file(entry.address)?,
            // What is not packed has the length that its elements take.
            nbytes: if entry.size == 0 { unpacked } else { entry.size },
            is_partly_packed: entry.filter_mask != 0,
        })
    }

    /// How chunks are packed, in the order in which a writer did it; or the number of a packing that only HDF5 has.
    pub(super) fn packings(&self) -> Result<std::result::Result<Vec<Packing>, u16>> {
        let header = self.hdf5.get_or_parse_header(self.dataset.address())?;
        let pipeline = header.messages.iter().find_map(|message| match message {
            HdfMessage::FilterPipeline(pipeline) => Some(pipeline.filters.as_slice()),
            _ => None,
        });
        let packings = pipeline.unwrap_or_default().iter().map(|filter| match filter.id {
            1 => Ok(Packing::Zlib),
            2 => Ok(Packing::Shuffle(self.dtype.itemsize())),
            3 => Ok(Packing::Fletcher32),
            32001 => Ok(Packing::Blosc),
            32015 => Ok(Packing::Zstd(0, false)),
            other => Err(other),
        });
        Ok(packings.collect())
    }

    /// The first chunk that a region needs and that cannot be read, in words.
    pub(super) fn damaged_chunk(&self, start: &[u64], shape: &[u64]) -> Option<String> {
        let chunks: Vec<u64> = self.dataset.chunks()?.into_iter().map(u64::from).collect();
        let mut overlaps = super::region::overlaps(start, shape, &chunks);
        let block = overlaps.find_map(|overlap| {
            let along = start.iter().zip(&overlap.in_region);
            let from: Vec<u64> = along.map(|(start, within)| start.saturating_add(*within)).collect();
            let error = self.read_elements(&from, &overlap.shape).err()?;
            // Bytes that did not come say nothing about the chunk.
            (!matches!(innermost(&error), Hdf5Error::Io(_))).then_some(overlap.block)
        })?;
        let Stored::Chunks(stored) = self.stored().ok()? else { return None };
        let StoredChunk { offset, nbytes, .. } = stored.iter().find(|chunk| chunk.block == block)?;
        let block = super::region::tuple(&block);
        Some(format!("the chunk at {block}, {nbytes} bytes from byte {offset} on"))
    }
}

fn of_leaf((key, address): (btree_v1::BTreeV1Key, u64)) -> Option<ChunkEntry> {
    match key {
        btree_v1::BTreeV1Key::RawData { chunk_size, filter_mask, offsets } => {
            Some(ChunkEntry { address, size: chunk_size.into(), filter_mask, offsets })
        }
        btree_v1::BTreeV1Key::Group { .. } => None,
    }
}
