//! Packings that others have registered with the HDF5 library, and that its readers are expected to know.

use hdf5_reader::FilterRegistry;
use hdf5_reader::error::Error;

use super::super::zarr::{Packing, unshuffled};

/// The largest stored chunk that is unpacked.
pub(super) const CHUNK_NBYTES_MAX: usize = 1 << 30;

/// The reader's own packings and those of h5py, hdf5plugin and netCDF4.
pub(super) fn registry() -> FilterRegistry {
    let mut registry = FilterRegistry::new();
    // As the reader's own, in vectors.
    registry.register(2, Box::new(move |_, packed, size| Ok(unshuffled(packed, size))));
    let mut register = |id: u16, unpack: fn(&[u8]) -> Result<Vec<u8>, String>| {
        registry
            .register(id, Box::new(move |_, packed, _| unpack(packed).map_err(Error::DecompressionError)));
    };
    register(32000, lzf);
    register(32001, |packed| Packing::Blosc.decode(packed.to_vec(), CHUNK_NBYTES_MAX as u64));
    register(32004, lz4);
    register(32015, |packed| Packing::Zstd(0, false).decode(packed.to_vec(), CHUNK_NBYTES_MAX as u64));
    registry
}

/// LZF: runs of literals, and matches in what is already there. No byte becomes more than a hundred.
pub(super) fn lzf(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes: Vec<u8> = Vec::with_capacity(packed.len());
    let mut rest = packed;
    while let Some((control, after)) = rest.split_first() {
        let control = usize::from(*control);
        rest = after;
        if control < 32 {
            let literals = rest.split_at_checked(control + 1).ok_or("a run of literals ends early")?;
            bytes.extend_from_slice(literals.0);
            rest = literals.1;
            continue;
        }
        let mut next = || {
            let (byte, after) = rest.split_first().ok_or("a match ends early")?;
            rest = after;
            Ok::<_, &str>(usize::from(*byte))
        };
        let length = if control >> 5 == 7 { next()? + 7 } else { control >> 5 } + 2;
        let distance = ((control & 31) << 8) + next()? + 1;
        let from = bytes.len().checked_sub(distance).ok_or("a match lies before the first byte")?;
        for at in from..from + length {
            bytes.extend(bytes.get(at).copied());
        }
    }
    Ok(bytes)
}

/// LZ4 in blocks: the length of all, the length of a block, then each with its packed length, big-endian.
pub(super) fn lz4(packed: &[u8]) -> Result<Vec<u8>, String> {
    let short = || "it ends early".to_owned();
    let (total, rest) = packed.split_first_chunk().ok_or_else(short)?;
    let (block, mut rest) = rest.split_first_chunk().ok_or_else(short)?;
    let total = usize::try_from(u64::from_be_bytes(*total)).unwrap_or(usize::MAX);
    let block = u32::from_be_bytes(*block) as usize;
    // LZ4 makes at most 255 bytes of one.
    if total > CHUNK_NBYTES_MAX || total / 256 > packed.len() || (block == 0 && total > 0) {
        return Err(format!("{} bytes cannot become {total} in blocks of {block}", packed.len()));
    }
    let mut bytes = vec![0; total];
    for target in bytes.chunks_mut(block.max(1)) {
        let (length, after) = rest.split_first_chunk().ok_or_else(short)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (stream, after) = after.split_at_checked(length).ok_or_else(short)?;
        rest = after;
        // What did not become shorter was kept.
        if stream.len() == target.len() {
            target.copy_from_slice(stream);
            continue;
        }
        let unpacked = lz4_flex::block::decompress_into(stream, target).map_err(|error| error.to_string())?;
        if unpacked != target.len() {
            return Err(format!("a block holds {unpacked} bytes instead of {}", target.len()));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
