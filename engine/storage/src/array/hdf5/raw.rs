//! Elements as their bytes.

use hdf5_reader::H5Type;
use hdf5_reader::error::{Error, Result};
use hdf5_reader::messages::datatype::Datatype;

/// An element of `N` bytes, in the order in which the file has them.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub(super) struct Raw<const N: usize>(pub(super) [u8; N]);

impl<const N: usize> H5Type for Raw<N> {
    fn hdf5_type() -> Datatype {
        Datatype::Opaque { size: N as u32, tag: String::new() }
    }

    fn from_bytes(bytes: &[u8], _: &Datatype) -> Result<Self> {
        let short = || Error::InvalidData(format!("an element has {} bytes instead of {N}", bytes.len()));
        bytes.first_chunk().copied().map(Self).ok_or_else(short)
    }

    fn element_size(_: &Datatype) -> usize {
        N
    }

    fn decode_vec(raw: &[u8], _: &Datatype, count: usize) -> Option<Result<Vec<Self>>> {
        let elements = raw.as_chunks::<N>().0.get(..count)?;
        Some(Ok(elements.iter().copied().map(Self).collect()))
    }

    /// Any bytes are an element, and an element is nothing but its bytes.
    fn native_copy_compatible(_: &Datatype) -> bool {
        true
    }
}
