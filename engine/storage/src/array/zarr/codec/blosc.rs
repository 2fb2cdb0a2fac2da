//! Blosc, version 1, of which only reading is here: blocks of a chunk, shuffled by bytes or bits, packed one by one.

/// Bytes before the starts of blocks.
const HEADER_NBYTES: usize = 16;
/// Blocks are packed as so many streams as an element has bytes, up to this.
const SPLITS_MAX: usize = 16;
/// ... and only if each stream has at least so many bytes.
const STREAM_NBYTES_MIN: usize = 128;
/// No codec makes more bytes than so many of one.
const RATIO_MAX: usize = 1 << 16;
/// Matches that are further away than this are written another way.
const NEAR_MAX: usize = 8191;

/// What the header says.
struct Header {
    flags: u8,
    typesize: usize,
    block_nbytes: usize,
}

impl Header {
    const SHUFFLED: u8 = 1;
    const KEPT: u8 = 2;
    const BITS_SHUFFLED: u8 = 4;
    const NOT_SPLIT: u8 = 16;

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Into how many streams a block is split.
    fn n_streams(&self, block_nbytes: usize) -> usize {
        let splits = !self.has(Self::NOT_SPLIT)
            && self.typesize <= SPLITS_MAX
            && self.block_nbytes / self.typesize >= STREAM_NBYTES_MIN
            && block_nbytes == self.block_nbytes;
        if splits { self.typesize } else { 1 }
    }
}

/// Unpacks a buffer to at most `length` bytes. The reason is what is wrong with it.
pub(super) fn decode(packed: &[u8], length: u64) -> Result<Vec<u8>, String> {
    let (header, rest) = packed.split_first_chunk::<HEADER_NBYTES>().ok_or("it is too short for Blosc")?;
    let [version, _, flags, typesize, sizes @ ..] = header;
    let size = |at: usize| number(sizes, at).ok_or("it is too short for Blosc");
    let (nbytes, block_nbytes, packed_nbytes) = (size(0)?, size(4)?, size(8)?);
    if *version != 2 && *version != 1 {
        return Err(format!("it is Blosc of format {version}, and only 1 and 2 are known"));
    }
    if nbytes as u64 > length || packed_nbytes != packed.len() {
        return Err(format!(
            "its Blosc header says {nbytes} bytes from {packed_nbytes}, {} are there",
            packed.len()
        ));
    }
    let header = Header { flags: *flags, typesize: usize::from(*typesize).max(1), block_nbytes };
    if header.has(Header::KEPT) {
        return rest.get(..nbytes).map(<[u8]>::to_vec).ok_or_else(|| "it ends early".to_owned());
    }
    // So that a few bytes that promise many do not get memory for them.
    if nbytes / RATIO_MAX > packed.len() {
        return Err(format!("{} bytes cannot become {nbytes}", packed.len()));
    }
    if (block_nbytes == 0 && nbytes > 0) || block_nbytes > nbytes {
        return Err(format!("blocks of {block_nbytes} bytes cannot fill {nbytes}"));
    }
    let mut bytes = vec![0; nbytes];
    let mut scratch = vec![0; block_nbytes];
    for (idx, block) in bytes.chunks_mut(block_nbytes.max(1)).enumerate() {
        let start = number(rest, idx * 4).ok_or("a block is not there")?;
        let streams = packed.get(start..).ok_or("a block is not there")?;
        let scratch = scratch.get_mut(..block.len()).ok_or("a block is too long")?;
        unpack_block(&header, streams, scratch)?;
        if header.has(Header::SHUFFLED) && header.typesize > 1 {
            unshuffle(header.typesize, scratch, block);
        } else if header.has(Header::BITS_SHUFFLED) {
            unshuffle_bits(header.typesize, scratch, block);
        } else {
            block.copy_from_slice(scratch);
        }
    }
    Ok(bytes)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

/// Unpacks the streams of a block, which follow each other.
fn unpack_block(header: &Header, mut streams: &[u8], block: &mut [u8]) -> Result<(), String> {
    let n_streams = header.n_streams(block.len());
    let stream_nbytes = block.len() / n_streams;
    if stream_nbytes * n_streams != block.len() {
        return Err(format!("{n_streams} streams cannot fill a block of {} bytes", block.len()));
    }
    for target in block.chunks_mut(stream_nbytes.max(1)) {
        let length = number(streams, 0).ok_or("a stream is not there")?;
        let stream = streams.get(4..).and_then(|rest| rest.get(..length)).ok_or("a stream ends early")?;
        streams = streams.get(4 + length..).unwrap_or(&[]);
        // What did not become shorter was kept.
        if stream.len() == target.len() {
            target.copy_from_slice(stream);
            continue;
        }
        let unpacked = unpack_stream(header.flags >> 5, stream, target)?;
        if unpacked != target.len() {
            return Err(format!("a stream holds {unpacked} bytes instead of {}", target.len()));
        }
    }
    Ok(())
}

fn unpack_stream(codec: u8, stream: &[u8], target: &mut [u8]) -> Result<usize, String> {
    let failed = |error: &dyn std::fmt::Display| format!("a stream cannot be unpacked: {error}");
    match codec {
        0 => unpack_blosclz(stream, target).ok_or_else(|| failed(&"it is damaged")),
        1 => lz4_flex::block::decompress_into(stream, target).map_err(|error| failed(&error)),
        3 => {
            let mut state = flate2::Decompress::new(true);
            let done = state.decompress(stream, target, flate2::FlushDecompress::Finish);
            done.map_err(|error| failed(&error))?;
            Ok(usize::try_from(state.total_out()).unwrap_or(usize::MAX))
        }
        4 => zstd::bulk::decompress_to_buffer(stream, target).map_err(|error| failed(&error)),
        2 => Err("Blosc with Snappy is not supported".to_owned()),
        other => Err(format!("Blosc knows no codec {other}")),
    }
}

/// BloscLZ: runs of literals, and matches in what is already there.
fn unpack_blosclz(stream: &[u8], target: &mut [u8]) -> Option<usize> {
    let mut input = stream.iter().copied();
    let mut at = 0;
    let mut control = usize::from(input.next()? & 31);
    loop {
        if control < 32 {
            for _ in 0..=control {
                *target.get_mut(at)? = input.next()?;
                at += 1;
            }
        } else {
            let (mut length, high) = ((control >> 5) + 2, (control & 31) << 8);
            if length == 9 {
                loop {
                    let more = input.next()?;
                    length += usize::from(more);
                    if more != 255 {
                        break;
                    }
                }
            }
            let low = usize::from(input.next()?);
            let distance = if low == 255 && high == 31 << 8 {
                NEAR_MAX + usize::from(input.next()?) * 256 + usize::from(input.next()?)
            } else {
                high + low
            };
            copy_match(target, at, distance + 1, length)?;
            at += length;
        }
        match input.next() {
            Some(next) => control = usize::from(next),
            None => return Some(at),
        }
    }
}

/// Repeats what lies `distance` back; the two may overlap.
fn copy_match(target: &mut [u8], at: usize, distance: usize, length: usize) -> Option<()> {
    let from = at.checked_sub(distance)?;
    let room = target.get_mut(from..at.checked_add(length)?)?;
    if distance >= length {
        room.copy_within(..length, distance);
    } else {
        for idx in distance..room.len() {
            let byte = *room.get(idx - distance)?;
            *room.get_mut(idx)? = byte;
        }
    }
    Some(())
}

/// The first bytes of all elements, then all second ones, become elements again. What is left over follows as it is.
fn unshuffle(typesize: usize, source: &[u8], target: &mut [u8]) {
    let n_elements = source.len() / typesize;
    let (planes, rest) = source.split_at(n_elements * typesize);
    let (elements, rest_target) = target.split_at_mut(planes.len());
    rest_target.copy_from_slice(rest);
    for (at, plane) in planes.chunks_exact(n_elements.max(1)).enumerate() {
        match typesize {
            2 => lay_plane::<2>(at, plane, elements),
            4 => lay_plane::<4>(at, plane, elements),
            8 => lay_plane::<8>(at, plane, elements),
            _ => {
                let places = elements.iter_mut().skip(at).step_by(typesize);
                places.zip(plane).for_each(|(place, byte)| *place = *byte);
            }
        }
    }
}

/// Puts the bytes of a plane where they belong in elements of a size that the compiler knows.
fn lay_plane<const N: usize>(at: usize, plane: &[u8], elements: &mut [u8]) {
    let elements = elements.as_chunks_mut::<N>().0.iter_mut();
    elements.zip(plane).for_each(|(element, byte)| {
        if let Some(place) = element.get_mut(at) {
            *place = *byte;
        }
    });
}

/// The same with bits: a plane holds one bit of each element. A block of elements that do not come in eights is kept.
fn unshuffle_bits(typesize: usize, source: &[u8], target: &mut [u8]) {
    let n_elements = source.len() / typesize;
    target.copy_from_slice(source);
    if !n_elements.is_multiple_of(8) || n_elements == 0 {
        return;
    }
    let (planes, _) = source.split_at(n_elements * typesize);
    let (elements, _) = target.split_at_mut(planes.len());
    elements.fill(0);
    for (at, plane) in planes.chunks_exact(n_elements / 8).enumerate() {
        let (byte, bit) = (at / 8, at % 8);
        let mut places = elements.iter_mut().skip(byte).step_by(typesize);
        for eight in plane {
            for (shift, place) in (0..8).zip(&mut places) {
                *place |= (eight >> shift & 1) << bit;
            }
        }
    }
}
