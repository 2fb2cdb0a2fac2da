//! A folder of npy files that follow each other along one axis, as Dask's `to_npy_stack` writes it.
//!
//! Dask describes the folder in `info`, a pickle: the axis, the lengths of chunks, and a dtype, which here comes from
//! the first file.

mod pickle;

use std::fs;
use std::path::Path;

use gristmill_data::{DType, Memory};

use super::cuts::Cuts;
use super::location::Location;
use super::npy::{Npy, NpyOut};
use super::region;
use super::{ArrayFormat, Info, identity, zeroed};
use crate::Error;
use crate::remote::Part;

/// The file that describes the folder.
pub(super) const INFO_NAME: &str = "info";
/// The longest description that is read.
const INFO_NBYTES_MAX: u64 = 16 << 20;

fn name(idx: usize) -> String {
    format!("{idx}.npy")
}

/// The files of a stack and what each holds.
#[derive(Debug)]
struct Slabs {
    folder: Location,
    dtype: DType,
    shape: Vec<u64>,
    cuts: Cuts,
}

impl Slabs {
    fn new(folder: Location, dtype: DType, shape: &[u64], axis: usize, lengths: &[u64]) -> Option<Self> {
        let cuts = Cuts::new(axis, lengths.iter().copied())?;
        let fills = shape.get(axis) == Some(&cuts.length());
        fills.then(|| Self { folder, dtype, shape: shape.to_vec(), cuts })
    }

    fn file(&self, idx: usize) -> Location {
        self.folder.join(&name(idx))
    }

    /// The shape of a file of this length.
    fn whole(&self, length: u64) -> Vec<u64> {
        self.cuts.with_length(&self.shape, length)
    }
}

/// A stack, open for reading.
#[derive(Debug)]
pub(super) struct NpyStack {
    slabs: Slabs,
}

impl NpyStack {
    /// `None` if the folder is none.
    pub(super) fn open(folder: &Location) -> Result<Option<Self>, Error> {
        let info = folder.join(INFO_NAME);
        let Some(text) = info.read(INFO_NBYTES_MAX)? else { return Ok(None) };
        let Some(first) = folder.join(&name(0)).open(Part::START)? else { return Ok(None) };
        let corrupt = |reason: String| Error::corrupt(info.path(), "its metadata", reason);
        let pickle::Description { axis, chunks } = pickle::parse(&text).map_err(corrupt)?;
        let dtype = Npy::open(first)?.dtype();
        let sum = |lengths: &Vec<u64>| lengths.iter().try_fold(0_u64, |sum, length| sum.checked_add(*length));
        let shape: Option<Vec<u64>> = chunks.iter().map(sum).collect();
        let slabs = shape.zip(chunks.get(axis));
        let slabs =
            slabs.and_then(|(shape, lengths)| Slabs::new(folder.clone(), dtype, &shape, axis, lengths));
        let slabs = slabs.ok_or_else(|| {
            corrupt(format!("there is no axis {axis} to be cut along, or its length cannot be counted"))
        })?;
        Ok(Some(Self { slabs }))
    }

    /// What tells whether the array is still the same.
    pub(super) fn identity(&self, dataset: Option<&str>) -> Result<Vec<u8>, Error> {
        let Slabs { folder, dtype, cuts, .. } = &self.slabs;
        match folder.is_local() {
            true => identity::of(folder.join(INFO_NAME).path(), Some(folder.path()), dataset),
            false => {
                let content = format!("{dtype} {cuts:?}");
                Ok(identity::elsewhere(folder.path(), dataset, content.as_bytes()))
            }
        }
    }

    pub(super) fn info(&self) -> Info {
        let Slabs { dtype, shape, cuts, .. } = &self.slabs;
        let chunks = cuts.with_length(shape, cuts.lengths().max().unwrap_or(0));
        let chunks = chunks.into_iter().map(|length| length.max(1)).collect();
        Info::plain(ArrayFormat::NpyStack, *dtype, shape.clone(), chunks)
    }

    /// The elements of a region that lies inside.
    pub(super) fn read(&self, start: &[u64], shape: &[u64]) -> Result<Memory, Error> {
        let Slabs { folder, dtype, .. } = &self.slabs;
        let mut bytes = zeroed(folder.path(), *dtype, shape)?;
        for part in self.slabs.cuts.shared(start, shape) {
            let (file, expected) = (self.slabs.file(part.idx), self.slabs.whole(part.length));
            let npy = Npy::open(file.open_existing(Part::START)?)?;
            if npy.dtype() != *dtype || npy.shape() != expected {
                let (given, shape) = (npy.dtype(), region::tuple(npy.shape()));
                let expected = region::tuple(&expected);
                let reason =
                    format!("it is {given} of shape {shape}, and {dtype} of {expected} was expected");
                return Err(Error::corrupt(file.path(), "its header", reason));
            }
            let piece = npy.read(&part.in_part, &part.shape)?;
            let outside = || Error::corrupt(file.path(), "its data", "the region is not there");
            part.copy(shape, dtype.itemsize(), piece.as_ref(), bytes.as_mut_slice()).ok_or_else(outside)?;
        }
        Ok(bytes)
    }
}

/// A stack that is being filled. What is not written stays zero.
#[derive(Debug)]
pub(super) struct NpyStackOut {
    slabs: Slabs,
}

impl NpyStackOut {
    /// Makes the folder and all its files, of one length along the axis but for the last one.
    pub(super) fn create(
        folder: &Path,
        dtype: DType,
        shape: &[u64],
        (axis, lengths): (usize, Vec<u64>),
    ) -> Result<Self, Error> {
        let Self { slabs } = Self::reopen(folder, dtype, shape, (axis, &lengths))?;
        fs::create_dir(folder).map_err(Error::io("make the folder", folder))?;
        for (idx, length) in lengths.iter().enumerate() {
            NpyOut::create(&folder.join(name(idx)), dtype, &slabs.whole(*length))?;
        }
        let along = shape.iter().enumerate();
        let chunks = along.map(|(at, &length)| if at == axis { lengths.clone() } else { vec![length] });
        let bytes = pickle::write(&super::npy::descr(dtype), axis, &chunks.collect::<Vec<_>>());
        let path = folder.join(INFO_NAME);
        fs::write(&path, &bytes).map_err(Error::write(&path, bytes.len() as u64))?;
        Ok(Self { slabs })
    }

    /// Those of a folder that was made of the same.
    pub(super) fn reopen(
        folder: &Path,
        dtype: DType,
        shape: &[u64],
        (axis, lengths): (usize, &[u64]),
    ) -> Result<Self, Error> {
        let slabs = Slabs::new(Location::local(folder), dtype, shape, axis, lengths);
        let misfit = || Error::cannot_write(folder, format!("there is no axis {axis} that its chunks fill"));
        Ok(Self { slabs: slabs.ok_or_else(misfit)? })
    }

    /// Writes `bytes`, in C order of `shape`, to `start`.
    pub(super) fn write(&self, start: &[u64], shape: &[u64], bytes: &[u8]) -> Result<(), Error> {
        for part in self.slabs.cuts.shared(start, shape) {
            let (file, whole) = (self.slabs.file(part.idx), self.slabs.whole(part.length));
            let npy = NpyOut::reopen(file.path(), self.slabs.dtype, &whole)?;
            npy.write(&part.in_part, &part.shape, bytes, (shape, &part.in_region))?;
        }
        Ok(())
    }
}
