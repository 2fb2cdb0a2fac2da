//! How the elements of a stored chunk become bytes, and back: an order of axes, an endianness, then packings.

mod blosc;
mod names;

use std::io::{Read, Write};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use gristmill_data::DType;

use super::super::region;

pub(in super::super) use names::of_packing;
pub(super) use names::{Unknown, of_v2, of_v3, to_v2, to_v3};

/// What a chunk may grow or shrink by where the packings do not say how long it is between them.
const SLACK_NBYTES: u64 = 64 << 10;

/// One step from bytes to bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Packing {
    /// At a level, for writing.
    Gzip(u32),
    Zlib,
    /// At a level, and whether with a checksum.
    Zstd(i32, bool),
    Blosc,
    Crc32c,
    /// HDF5's checksum.
    Fletcher32,
    /// The first bytes of all elements of this size, then the second ones, and so on.
    Shuffle(usize),
}

/// All steps of one kind of chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Codecs {
    /// Stored axis i is this axis of the array; `None` for C order.
    pub(super) order: Option<Vec<usize>>,
    pub(super) big_endian: bool,
    /// In the order in which a writer takes them.
    pub(super) packings: Vec<Packing>,
}

impl Codecs {
    /// Elements in C order, little-endian, packed so.
    pub(super) fn plain(packings: Vec<Packing>) -> Self {
        Self { order: None, big_endian: false, packings }
    }

    /// The strides, in bytes, of the elements of a decoded chunk of this shape.
    pub(super) fn strides(&self, shape: &[u64], itemsize: usize) -> Vec<u64> {
        let Some(order) = &self.order else {
            return region::c_strides(shape, itemsize);
        };
        let stored: Vec<u64> = order.iter().filter_map(|axis| shape.get(*axis)).copied().collect();
        let mut strides = vec![0; shape.len()];
        for (axis, stride) in order.iter().zip(region::c_strides(&stored, itemsize)) {
            strides.get_mut(*axis).into_iter().for_each(|own| *own = stride);
        }
        strides
    }

    /// The most bytes that a chunk of `nbytes` may take in a file.
    pub(super) fn stored_max(nbytes: u64) -> u64 {
        nbytes.saturating_mul(2).saturating_add(SLACK_NBYTES)
    }

    /// The elements of a stored chunk, little-endian. The reason is what is wrong with it.
    pub(super) fn decode(&self, dtype: DType, nbytes: u64, stored: Vec<u8>) -> Result<Vec<u8>, String> {
        // How long the bytes are before each packing, as long as that can be known.
        let lengths = self.packings.iter().scan(Some(nbytes), |length, packing| {
            let before = *length;
            *length = match packing {
                Packing::Crc32c | Packing::Fletcher32 => length.map(|length| length.saturating_add(4)),
                Packing::Shuffle(_) => *length,
                _ => None,
            };
            Some(before)
        });
        let lengths: Vec<_> = lengths.collect();
        let mut steps = self.packings.iter().zip(lengths).rev();
        let mut bytes = steps.try_fold(stored, |bytes, (packing, length)| {
            packing.decode(bytes, length.unwrap_or(Self::stored_max(nbytes)))
        })?;
        if bytes.len() as u64 != nbytes {
            return Err(format!("it holds {} bytes, and its elements take {nbytes}", bytes.len()));
        }
        if self.big_endian {
            region::swap_bytes(dtype, &mut bytes);
        }
        Ok(bytes)
    }

    /// The stored form of elements in C order, little-endian.
    pub(super) fn encode(&self, bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
        self.packings.iter().try_fold(bytes, |bytes, packing| packing.encode(bytes))
    }
}

impl Packing {
    /// Unpacks at most `length` bytes.
    pub(in super::super) fn decode(self, packed: Vec<u8>, length: u64) -> Result<Vec<u8>, String> {
        match self {
            Self::Gzip(_) => read_all(MultiGzDecoder::new(packed.as_slice()), length),
            Self::Zlib => read_all(ZlibDecoder::new(packed.as_slice()), length),
            Self::Zstd(..) => unzstd(&packed, length),
            Self::Blosc => blosc::decode(&packed, length),
            Self::Crc32c => checked(packed),
            Self::Fletcher32 => {
                hdf5_reader::filters::fletcher32::verify_and_strip(&packed).map_err(|error| error.to_string())
            }
            Self::Shuffle(size) => Ok(hdf5_reader::filters::shuffle::unshuffle(&packed, size)),
        }
    }

    fn encode(self, bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip(level) => {
                let level = flate2::Compression::new(level.min(9));
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(&bytes)?;
                encoder.finish()
            }
            Self::Zstd(level, checksum) => {
                let mut compressor = zstd::bulk::Compressor::new(level)?;
                compressor.include_checksum(checksum)?;
                compressor.compress(&bytes)
            }
            Self::Crc32c => {
                let sum = crc32c::crc32c(&bytes).to_le_bytes();
                Ok([bytes.as_slice(), &sum].concat())
            }
            Self::Zlib | Self::Blosc | Self::Fletcher32 | Self::Shuffle(_) => {
                Err(std::io::ErrorKind::Unsupported.into())
            }
        }
    }
}

/// What a decoder gives, which must not be more than `length` bytes.
fn read_all(decoder: impl Read, length: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = decoder.take(length.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
    if bytes.len() as u64 > length {
        return Err(format!("it unpacks to more than {length} bytes"));
    }
    Ok(bytes)
}

/// Memory is made as the content asks for it, not as a header promises it.
fn unzstd(packed: &[u8], length: u64) -> Result<Vec<u8>, String> {
    let decoder = zstd::stream::read::Decoder::with_buffer(packed);
    read_all(decoder.map_err(|error| format!("it cannot be unpacked: {error}"))?, length)
}

/// The bytes before their checksum.
pub(super) fn checked(mut bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let at = bytes.len().checked_sub(4).ok_or("it is too short for a checksum")?;
    let sum = bytes.split_off(at);
    if crc32c::crc32c(&bytes).to_le_bytes() != sum.as_slice() {
        return Err("its checksum is another one".to_owned());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
