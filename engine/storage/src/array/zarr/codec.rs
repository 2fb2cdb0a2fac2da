//! How the elements of a stored chunk become bytes, and back: an order of axes, an endianness, then packings.

mod blosc;
mod names;

use std::borrow::Cow;
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

    /// The same into memory that is as long as the elements.
    pub(super) fn decode_to(&self, dtype: DType, stored: Vec<u8>, to: &mut [u8]) -> Result<(), String> {
        if let ([Packing::Zstd(..)], false) = (&self.packings[..], self.big_endian) {
            let (given, nbytes) = (unzstd_to(&stored, to)?, to.len());
            return match given == nbytes {
                true => Ok(()),
                false => Err(format!("it holds {given} bytes, and its elements take {nbytes}")),
            };
        }
        // As long as was asked for.
        to.copy_from_slice(&self.decode(dtype, to.len() as u64, stored)?);
        Ok(())
    }

    /// The stored form of elements in C order, little-endian.
    pub(super) fn encode(&self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let packed = |bytes: Cow<'_, [u8]>, packing: &Packing| packing.encode(&bytes).map(Cow::Owned);
        self.packings.iter().try_fold(Cow::Borrowed(bytes), packed).map(Cow::into_owned)
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
            Self::Shuffle(size) => Ok(unshuffled(&packed, size)),
        }
    }

    fn encode(self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip(level) => {
                let level = flate2::Compression::new(level.min(9));
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Self::Zstd(level, checksum) => {
                let mut compressor = zstd::bulk::Compressor::new(level)?;
                compressor.include_checksum(checksum)?;
                compressor.compress(bytes)
            }
            Self::Crc32c => {
                let sum = crc32c::crc32c(bytes).to_le_bytes();
                Ok([bytes, &sum].concat())
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

/// At once where the content says how long it is: what is reserved takes memory where it is written only.
fn unzstd(packed: &[u8], length: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let told = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().filter(|told| *told <= length);
    if told.is_some_and(|told| bytes.try_reserve_exact(told as usize).is_ok())
        && unzstd_to(packed, &mut bytes).is_ok()
    {
        return Ok(bytes);
    }
    // In several frames, or damaged, or of unknown length.
    let decoder = zstd::stream::read::Decoder::with_buffer(packed);
    read_all(decoder.map_err(|error| format!("it cannot be unpacked: {error}"))?, length)
}

/// Unpacks into this room; how many bytes it were.
fn unzstd_to(packed: &[u8], room: &mut (impl zstd::zstd_safe::WriteBuf + ?Sized)) -> Result<usize, String> {
    let failed = |error: std::io::Error| format!("it cannot be unpacked: {error}");
    let mut decoder = zstd::bulk::Decompressor::new().map_err(failed)?;
    decoder.decompress_to_buffer(packed, room).map_err(failed)
}

/// Elements of bytes that lie first bytes first, then second ones, and so on; what is no whole element follows as it is.
pub(in super::super) fn unshuffled(packed: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = vec![0; packed.len()];
    let n = packed.len() / size.max(1);
    let (whole, rest) = packed.split_at(n * size);
    let (elements, rest_to) = bytes.split_at_mut(n * size);
    rest_to.copy_from_slice(rest);
    let mut planes = whole.chunks_exact(n.max(1));
    let mut plane = || planes.next().unwrap_or_default();
    // Eight bytes of an element at a time make a number, which vectors do for many elements.
    match size {
        2 => {
            let (low, high) = (plane().iter(), plane().iter());
            let to = elements.as_chunks_mut::<2>().0;
            to.iter_mut().zip(low.zip(high)).for_each(|(to, (low, high))| *to = [*low, *high]);
        }
        4 => {
            let ((a, b), (c, d)) = ((plane(), plane()), (plane(), plane()));
            let from = a.iter().zip(b).zip(c.iter().zip(d));
            let to = elements.as_chunks_mut::<4>().0;
            to.iter_mut().zip(from).for_each(|(to, ((a, b), (c, d)))| *to = [*a, *b, *c, *d]);
        }
        8 => {
            let planes: [&[u8]; 8] = std::array::from_fn(|_| plane());
            let [a, b, c, d, e, f, g, h] = planes;
            let first = a.iter().zip(b).zip(c.iter().zip(d));
            let second = e.iter().zip(f).zip(g.iter().zip(h));
            let to = elements.as_chunks_mut::<8>().0;
            for (to, (((a, b), (c, d)), ((e, f), (g, h)))) in to.iter_mut().zip(first.zip(second)) {
                let wide = |byte: &u8, at: u32| u64::from(*byte) << (8 * at);
                let low = wide(a, 0) | wide(b, 1) | wide(c, 2) | wide(d, 3);
                let high = wide(e, 4) | wide(f, 5) | wide(g, 6) | wide(h, 7);
                *to = (low | high).to_le_bytes();
            }
        }
        _ => {
            for (at, plane) in planes.enumerate() {
                let to = elements.iter_mut().skip(at).step_by(size.max(1));
                to.zip(plane).for_each(|(to, from)| *to = *from);
            }
        }
    }
    bytes
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
