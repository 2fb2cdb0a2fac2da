//! NumPy's `.npy`: one array after a short header, in C or Fortran order, of either endianness.

mod header;
mod refer;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use gristmill_data::{DType, Memory};

use super::location::RangeFile;
use super::region::{self, Layout, Plan};
use super::{ArrayFormat, Info, PIECE_NBYTES, unfilled};
use crate::Error;
use crate::remote::START_NBYTES;

pub(super) use header::{Header, MAGIC, descr, parse_descr};

/// The longest header that is read, which is not more than comes when a file is opened; NumPy's own limit is lower.
const HEADER_NBYTES_MAX: u64 = if START_NBYTES < 64 << 10 { START_NBYTES } else { 64 << 10 };

/// Bytes that are written at once of elements that are all the same.
const FILL_NBYTES: usize = 1 << 20;

/// An npy file, open for reading.
#[derive(Debug)]
pub(super) struct Npy {
    file: RangeFile,
    header: Header,
    strides: Vec<u64>,
}

impl Npy {
    pub(super) fn open(file: RangeFile) -> Result<Self, Error> {
        let start = file.read_most(0, HEADER_NBYTES_MAX)?;
        let header = Header::parse(file.path(), &start)?;
        Self::open_raw(file, header)
    }

    /// A file without a header of its own: elements from `data_offset` on.
    pub(super) fn open_raw(file: RangeFile, header: Header) -> Result<Self, Error> {
        let itemsize = header.dtype.itemsize();
        let strides = match header.fortran_order {
            true => region::f_strides(header.shape.iter(), itemsize),
            false => region::c_strides(&header.shape, itemsize),
        };
        Self::open_strided(file, header, strides)
    }

    /// The elements of a file at other steps, in bytes, along each axis.
    pub(super) fn open_strided(file: RangeFile, header: Header, strides: Vec<u64>) -> Result<Self, Error> {
        let npy = Self { file, header, strides };
        npy.check_size()?;
        Ok(npy)
    }

    /// Whether the last element is there.
    fn check_size(&self) -> Result<(), Error> {
        let Self { file, header: Header { dtype, shape, data_offset, .. }, strides } = self;
        let size = file.size();
        let along = shape.iter().zip(strides);
        let last = || {
            along.clone().try_fold(*data_offset, |at, (length, stride)| {
                at.checked_add(length.checked_sub(1)?.checked_mul(*stride)?)
            })
        };
        let end = match shape.contains(&0) {
            true => Some(*data_offset),
            false => last().and_then(|last| last.checked_add(dtype.itemsize() as u64)),
        };
        if end.is_none_or(|end| end > size) {
            let reason =
                format!("{size} bytes are too few for {dtype} elements of shape {}", region::tuple(shape));
            return Err(Error::corrupt(file.path(), "its end", reason));
        }
        Ok(())
    }

    pub(super) fn file(&self) -> &RangeFile {
        &self.file
    }

    pub(super) fn dtype(&self) -> DType {
        self.header.dtype
    }

    pub(super) fn shape(&self) -> &[u64] {
        &self.header.shape
    }

    pub(super) fn info(&self, format: ArrayFormat) -> Info {
        let chunks = region::piece_shape(&self.header.shape, &self.strides, PIECE_NBYTES);
        Info::plain(format, self.header.dtype, self.header.shape.clone(), chunks)
    }

    /// The elements of a region that lies inside.
    pub(super) fn read(&self, start: &[u64], shape: &[u64]) -> Result<Memory, Error> {
        let Header { dtype, big_endian, data_offset, .. } = self.header;
        let mut memory = unfilled(self.file.path(), dtype, shape)?;
        let bytes = memory.as_mut_slice();
        let source = Layout { strides: self.strides.clone(), start };
        let origin = vec![0; shape.len()];
        let target = Layout::c_order(shape, dtype.itemsize(), &origin);
        let Some(plan) = Plan::new(shape, dtype.itemsize(), &source, &target) else {
            return Ok(memory);
        };
        let mut scratch = Vec::new();
        plan.pieces(self.file.span_nbytes(), &mut |span, piece| {
            let offset = data_offset.saturating_add(span.start);
            let run = piece.only_run().map(|run| as_usize(run.start)..as_usize(run.end));
            if let Some(target) = run.and_then(|run| bytes.get_mut(run)) {
                return self.file.read_at(target, offset);
            }
            scratch.resize(as_usize(span.end - span.start), 0);
            self.file.read_at(&mut scratch, offset)?;
            let outside =
                || Error::corrupt(self.file.path(), format!("byte {offset}"), "the region is not there");
            piece.copy(&scratch, bytes).ok_or_else(outside)
        })?;
        if big_endian {
            region::swap_bytes(dtype, bytes);
        }
        Ok(memory)
    }
}

/// A file that is being filled, in C order; npy and little-endian, unless its header says otherwise. What is not written
/// stays zero.
#[derive(Debug)]
pub(super) struct NpyOut {
    file: File,
    path: PathBuf,
    header: Header,
}

impl NpyOut {
    /// Makes the file at its full length.
    pub(super) fn create(path: &Path, dtype: DType, shape: &[u64]) -> Result<Self, Error> {
        let (header, start) = Header::write(dtype, shape);
        Self::with_header(path, header, &start, &[])
    }

    /// Makes a file that holds nothing but the elements.
    pub(super) fn create_raw(path: &Path, dtype: DType, shape: &[u64]) -> Result<Self, Error> {
        Self::with_header(path, Header::raw(dtype, shape), &[], &[])
    }

    /// Makes a file that begins and ends so, and has the elements in C order between.
    pub(super) fn with_header(path: &Path, header: Header, start: &[u8], end: &[u8]) -> Result<Self, Error> {
        let length = region::nbytes(header.dtype, &header.shape);
        let length = length.and_then(|nbytes| nbytes.checked_add(header.data_offset));
        let length = length.and_then(|nbytes| nbytes.checked_add(end.len() as u64));
        let too_long = || Error::cannot_write(path, "its bytes cannot be counted; make its axes shorter");
        let length = length.ok_or_else(too_long)?;
        let file = File::create_new(path).map_err(Error::write(path, length))?;
        file.write_all_at(start, 0).map_err(Error::write(path, length))?;
        file.set_len(length).map_err(Error::write(path, length))?;
        let end_at = length.saturating_sub(end.len() as u64);
        file.write_all_at(end, end_at).map_err(Error::write(path, length))?;
        Ok(Self { file, path: path.to_owned(), header })
    }

    /// Opens a file that [`NpyOut::create`] has made with this dtype and shape.
    pub(super) fn reopen(path: &Path, dtype: DType, shape: &[u64]) -> Result<Self, Error> {
        Self::reopen_as(path, Header::write(dtype, shape).0)
    }

    /// Opens a file that was made with this header.
    pub(super) fn reopen_as(path: &Path, header: Header) -> Result<Self, Error> {
        let file = File::options().write(true).open(path).map_err(Error::io("write", path))?;
        Ok(Self { file, path: path.to_owned(), header })
    }

    /// Writes the part of `bytes`, in C order of shape `whole`, that starts at `from`, to `start`.
    pub(super) fn write(
        &self,
        start: &[u64],
        shape: &[u64],
        bytes: &[u8],
        (whole, from): (&[u64], &[u64]),
    ) -> Result<(), Error> {
        let itemsize = self.header.dtype.itemsize();
        let source = Layout::c_order(whole, itemsize, from);
        let target = Layout::c_order(&self.header.shape, itemsize, start);
        let Some(plan) = Plan::new(shape, itemsize, &source, &target) else {
            return Ok(());
        };
        let mut swapped = Vec::new();
        // Nothing spans so little but a run.
        plan.pieces(0, &mut |span, piece| {
            let inside = bytes.get(as_usize(span.start)..as_usize(span.end)).zip(piece.only_run());
            let outside = || Error::cannot_write(&self.path, "the region is not inside of the chunk");
            let (run, target) = inside.ok_or_else(outside)?;
            let offset = self.header.data_offset.saturating_add(target.start);
            if !self.header.big_endian {
                return self.put(run, offset);
            }
            swapped.clear();
            swapped.extend_from_slice(run);
            region::swap_bytes(self.header.dtype, &mut swapped);
            self.put(&swapped, offset)
        })
    }

    /// Writes one element, little-endian, to every place.
    pub(super) fn fill(&self, element: &[u8]) -> Result<(), Error> {
        let Header { dtype, big_endian, shape, data_offset, .. } = &self.header;
        let nbytes = region::nbytes(*dtype, shape).unwrap_or(0);
        let mut block = element.repeat(FILL_NBYTES / element.len().max(1));
        if *big_endian {
            region::swap_bytes(*dtype, &mut block);
        }
        (0..nbytes).step_by(block.len().max(1)).try_for_each(|from| {
            let length = as_usize(nbytes - from).min(block.len());
            self.put(block.get(..length).unwrap_or_default(), data_offset.saturating_add(from))
        })
    }

    fn put(&self, bytes: &[u8], offset: u64) -> Result<(), Error> {
        self.file.write_all_at(bytes, offset).map_err(Error::write(&self.path, bytes.len() as u64))
    }

    pub(super) fn sync(&self) -> Result<(), Error> {
        self.file.sync_all().map_err(Error::write(&self.path, 0))
    }
}

/// A number of bytes in memory; what does not fit lies outside of every buffer.
fn as_usize(nbytes: u64) -> usize {
    usize::try_from(nbytes).unwrap_or(usize::MAX)
}
