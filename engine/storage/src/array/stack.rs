//! A folder of npy files that follow each other along one axis, as Dask's `to_npy_stack` writes it.
//!
//! Dask describes the folder in `info`, a pickle: the axis, the lengths of chunks, and a dtype, which here comes from
//! the first file.

mod pickle;

use std::fs;
use std::path::Path;

use gristmill_data::DType;

use super::location::Location;
use super::npy::{Npy, NpyOut};
use super::region::{self, Layout, Plan};
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
    axis: usize,
    /// Where each file starts along the axis, and where the last one ends.
    offsets: Vec<u64>,
}

/// What a region and one file share.
struct Shared {
    file: Location,
    /// The file's shape.
    whole: Vec<u64>,
    /// Where the part starts in the file.
    in_file: Vec<u64>,
    /// Where it starts in the region.
    in_region: Vec<u64>,
    /// Its shape.
    shape: Vec<u64>,
}

impl Slabs {
    fn new(folder: Location, dtype: DType, shape: &[u64], axis: usize, lengths: &[u64]) -> Option<Self> {
        let mut offsets = vec![0_u64];
        for length in lengths {
            offsets.push(offsets.last()?.checked_add(*length)?);
        }
        let fills = shape.get(axis) == offsets.last();
        fills.then(|| Self { folder, dtype, shape: shape.to_vec(), axis, offsets })
    }

    /// A shape or position that is another along the axis.
    fn with_length(&self, lengths: &[u64], length: u64) -> Vec<u64> {
        let along = lengths.iter().enumerate();
        along.map(|(at, own)| if at == self.axis { length } else { *own }).collect()
    }

    /// What a region inside of the array shares with each file.
    fn parts(&self, start: &[u64], shape: &[u64]) -> impl Iterator<Item = Shared> {
        let of = |lengths: &[u64]| lengths.get(self.axis).copied().unwrap_or(0);
        let (from, to) = (of(start), of(start).saturating_add(of(shape)));
        let first = self.offsets.partition_point(|&offset| offset <= from).saturating_sub(1);
        let ends = self.offsets.iter().zip(self.offsets.iter().skip(1)).enumerate().skip(first);
        let reached = ends.take_while(move |(_, (begin, _))| **begin < to);
        reached.filter(|(_, (begin, end))| begin < end).map(move |(idx, (&begin, &end))| {
            let (low, high) = (from.max(begin), to.min(end));
            Shared {
                file: self.folder.join(&name(idx)),
                whole: self.with_length(&self.shape, end - begin),
                in_file: self.with_length(start, low - begin),
                in_region: self.with_length(&vec![0; shape.len()], low - from),
                shape: self.with_length(shape, high.saturating_sub(low)),
            }
        })
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
        let slabs = slabs.and_then(|(shape, lengths)| Slabs::new(folder.clone(), dtype, &shape, axis, lengths));
        let slabs = slabs.ok_or_else(|| {
            corrupt(format!("there is no axis {axis} to be cut along, or its length cannot be counted"))
        })?;
        Ok(Some(Self { slabs }))
    }

    /// What tells whether the array is still the same.
    pub(super) fn identity(&self, dataset: Option<&str>) -> Result<Vec<u8>, Error> {
        let Slabs { folder, dtype, offsets, .. } = &self.slabs;
        match folder.is_local() {
            true => identity::of(folder.join(INFO_NAME).path(), Some(folder.path()), dataset),
            false => {
                let content = format!("{dtype} {offsets:?}");
                Ok(identity::elsewhere(folder.path(), dataset, content.as_bytes()))
            }
        }
    }

    pub(super) fn info(&self) -> Info {
        let Slabs { dtype, shape, axis, offsets, .. } = &self.slabs;
        let lengths = offsets.iter().zip(offsets.iter().skip(1)).map(|(begin, end)| end - begin);
        let longest = lengths.max().unwrap_or(0);
        let along = shape.iter().enumerate();
        let chunks = along.map(|(at, &length)| if at == *axis { longest } else { length }.max(1)).collect();
        Info::plain(ArrayFormat::NpyStack, *dtype, shape.clone(), chunks)
    }

    /// The elements of a region that lies inside.
    pub(super) fn read(&self, start: &[u64], shape: &[u64]) -> Result<Vec<u8>, Error> {
        let Slabs { folder, dtype, .. } = &self.slabs;
        let mut bytes = zeroed(folder.path(), *dtype, shape)?;
        for part in self.slabs.parts(start, shape) {
            let npy = Npy::open(part.file.open_existing(Part::START)?)?;
            if npy.dtype() != *dtype || *npy.shape() != *part.whole {
                let (given, shape) = (npy.dtype(), region::tuple(npy.shape()));
                let expected = region::tuple(&part.whole);
                let reason =
                    format!("it is {given} of shape {shape}, and {dtype} of {expected} was expected");
                return Err(Error::corrupt(part.file.path(), "its header", reason));
            }
            let piece = npy.read(&part.in_file, &part.shape)?;
            let origin = vec![0; shape.len()];
            let source = Layout::c_order(&part.shape, dtype.itemsize(), &origin);
            let target = Layout::c_order(shape, dtype.itemsize(), &part.in_region);
            let plan = Plan::new(&part.shape, dtype.itemsize(), &source, &target);
            let outside = || Error::corrupt(part.file.path(), "its data", "the region is not there");
            plan.map_or(Some(()), |plan| plan.copy(piece.as_ref(), &mut bytes)).ok_or_else(outside)?;
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
    /// Makes the folder and all its files, `length` long along the axis but for the last one.
    pub(super) fn create(
        folder: &Path,
        dtype: DType,
        shape: &[u64],
        (axis, lengths): (usize, Vec<u64>),
    ) -> Result<Self, Error> {
        let slabs = Slabs::new(Location::local(folder), dtype, shape, axis, &lengths);
        let misfit = || Error::cannot_write(folder, format!("there is no axis {axis} that its chunks fill"));
        let slabs = slabs.ok_or_else(misfit)?;
        fs::create_dir(folder).map_err(Error::io("make the folder", folder))?;
        for (idx, length) in lengths.iter().enumerate() {
            NpyOut::create(&folder.join(name(idx)), dtype, &slabs.with_length(shape, *length))?;
        }
        let along = shape.iter().enumerate();
        let chunks = along.map(|(at, &length)| if at == axis { lengths.clone() } else { vec![length] });
        let bytes = pickle::write(&super::npy::descr(dtype), axis, &chunks.collect::<Vec<_>>());
        let path = folder.join(INFO_NAME);
        fs::write(&path, &bytes).map_err(Error::write(&path, bytes.len() as u64))?;
        Ok(Self { slabs })
    }

    /// Writes `bytes`, in C order of `shape`, to `start`.
    pub(super) fn write(&self, start: &[u64], shape: &[u64], bytes: &[u8]) -> Result<(), Error> {
        for part in self.slabs.parts(start, shape) {
            let npy = NpyOut::reopen(part.file.path(), self.slabs.dtype, &part.whole)?;
            npy.write(&part.in_file, &part.shape, bytes, (shape, &part.in_region))?;
        }
        Ok(())
    }
}
