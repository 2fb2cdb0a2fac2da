//! A file as the reader of HDF5 asks for it: many small pieces that describe it, and whole stored chunks.

use std::io;
use std::sync::Arc;

use hdf5_reader::error::{Error as Hdf5Error, Result};
use hdf5_reader::storage::{BlockCacheStorage, Storage, StorageBuffer};

use super::super::location::RangeFile;
use crate::remote::START_NBYTES;

/// What is read at once of the pieces that describe a file, and how many such blocks are kept.
const BLOCK_NBYTES: usize = START_NBYTES as usize;
const BLOCKS_MAX: usize = 32;
/// What is longer than this is no description, and is read alone.
const SMALL_NBYTES_MAX: usize = BLOCK_NBYTES / 4;

/// The bytes of a file as they are asked for.
struct Plain(Arc<RangeFile>);

/// The bytes of a file elsewhere, where each request takes long: small pieces come out of larger blocks.
struct Blocks {
    plain: Arc<Plain>,
    blocks: BlockCacheStorage,
}

/// What the reader takes a file's bytes from.
pub(super) fn storage(file: Arc<RangeFile>) -> Arc<dyn Storage> {
    let is_local = matches!(*file, RangeFile::Local(_));
    let plain = Arc::new(Plain(file));
    if is_local {
        return plain;
    }
    let blocks = BlockCacheStorage::new(plain.clone(), BLOCK_NBYTES, BLOCKS_MAX);
    Arc::new(Blocks { plain, blocks })
}

impl Storage for Plain {
    fn len(&self) -> u64 {
        self.0.size()
    }

    fn read_range(&self, offset: u64, nbytes: usize) -> Result<StorageBuffer> {
        let end = offset.checked_add(nbytes as u64).ok_or(Hdf5Error::OffsetOutOfBounds(offset))?;
        if end > self.len() {
            let available = self.len().saturating_sub(offset);
            return Err(Hdf5Error::UnexpectedEof { offset, needed: nbytes as u64, available });
        }
        let read = self.0.read_most(offset, nbytes as u64);
        // The error comes out again where the reader's are told.
        read.map(StorageBuffer::from_vec).map_err(|error| Hdf5Error::Io(io::Error::other(error)))
    }
}

impl Storage for Blocks {
    fn len(&self) -> u64 {
        self.plain.len()
    }

    fn read_range(&self, offset: u64, nbytes: usize) -> Result<StorageBuffer> {
        match nbytes <= SMALL_NBYTES_MAX {
            true => self.blocks.read_range(offset, nbytes),
            false => self.plain.read_range(offset, nbytes),
        }
    }
}
