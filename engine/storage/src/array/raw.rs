//! Files of elements alone, as memory maps are: what they hold is said by whoever opens them.

use gristmill_data::DType;
use serde::{Deserialize, Serialize};

use super::location::RangeFile;
use super::npy::{Header, Npy};
use super::region;
use crate::Error;

/// Where the elements of a file lie that does not say so itself: from its first byte on, in C order and little-endian,
/// unless something else is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawLayout {
    offset: u64,
    big_endian: bool,
    fortran_order: bool,
}

impl RawLayout {
    /// Skips so many bytes at the start of the file.
    #[must_use]
    pub fn offset(mut self, nbytes: u64) -> Self {
        self.offset = nbytes;
        self
    }

    /// The most significant byte of each number comes first.
    #[must_use]
    pub fn big_endian(mut self, big_endian: bool) -> Self {
        self.big_endian = big_endian;
        self
    }

    /// The first axis is the fastest, not the last.
    #[must_use]
    pub fn fortran_order(mut self, fortran_order: bool) -> Self {
        self.fortran_order = fortran_order;
        self
    }

    pub(super) fn open(self, file: RangeFile, dtype: DType, shape: &[u64]) -> Result<Npy, Error> {
        let Self { offset, big_endian, fortran_order } = self;
        let header = Header { big_endian, fortran_order, data_offset: offset, ..Header::raw(dtype, shape) };
        Npy::open_raw(file, header)
    }

    /// What tells apart two arrays in one file.
    pub(super) fn name(self, dtype: DType, shape: &[u64]) -> String {
        format!("{dtype} {} {self:?}", region::tuple(shape))
    }
}
