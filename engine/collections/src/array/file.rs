//! Arrays on disk and elsewhere: read block by block when they are computed, and written block by block.
//!
//! Files are read and written by whichever process has the task, by the same path.

use std::path::Path;
use std::sync::Arc;

use gristmill_data::{Chunk, ChunkGrid, ChunkRuns, DType, TaskError, TaskErrorKind, Value};
use gristmill_graph::Arg;
use gristmill_storage::{Along, ArrayFile, ArrayFormat, ArrayWriter, ReadOptions, RegionWriter};

use super::call::{Call, aligned, integers, runs};
use super::lower::{one_block, selected};
use super::{Array, AxisChunks, CHUNK_NBYTES, Chunks, Op};
use crate::file_kernel::{WRITE, keep_open};
use crate::{Callee, Error};

/// An open array on disk, and which of its elements an array has.
#[derive(Clone)]
pub(crate) struct Source {
    pub(super) file: Arc<ArrayFile>,
    pub(super) starts: Vec<i64>,
    pub(super) steps: Vec<i64>,
    /// The chunks of the file, which are read whole; those of length 1 along all axes where any part can be read alone.
    stored: Arc<[u64]>,
}

impl Source {
    /// A part of this part.
    pub(super) fn part(&self, starts: Vec<i64>, steps: Vec<i64>) -> Self {
        Self { file: self.file.clone(), starts, steps, stored: self.stored.clone() }
    }

    /// How many times a stored chunk is read, on average, if the array is cut like this.
    pub(super) fn n_reads(&self, grid: &ChunkGrid) -> f64 {
        let axes = self.stored.iter().zip(self.starts.iter().zip(&self.steps)).enumerate();
        let along = axes.map(|(axis, (&stored, (&start, &step)))| {
            let stored_at = |place: u64| (start + step * place as i64).max(0) as u64 / stored.max(1);
            let touched = |first: u64, n: u64| match n.checked_sub(1) {
                Some(more) => stored_at(first).abs_diff(stored_at(first + more)) + 1,
                None => 0,
            };
            let mut end = 0;
            let blocks = grid.chunks(axis).iter().map(|&n| {
                end += n;
                touched(end - n, n)
            });
            let n_touched: u64 = blocks.sum();
            n_touched as f64 / touched(0, end).max(1) as f64
        });
        along.product()
    }

    /// What people call reading it.
    pub(super) fn name(&self) -> String {
        format!("read {}", self.file.format())
    }

    /// What a task needs to read a part of it, before the grid and which block.
    pub(super) fn args(&self) -> [Arg; 4] {
        let identity = Arg::Bytes(self.file.identity().into());
        [Arg::text(self.file.recipe()), identity, integers(&self.starts), integers(&self.steps)]
    }

    /// A grid for this array of whole stored chunks, of blocks that are no larger than so many bytes if they can be.
    pub(super) fn aligned(&self, shape: &[u64], dtype: DType, nbytes: u64) -> Option<ChunkGrid> {
        let is_whole =
            self.starts.iter().all(|&start| start == 0) && self.steps.iter().all(|&step| step == 1);
        let chunks = together(&self.stored, shape, dtype, nbytes);
        if is_whole { ChunkGrid::regular(shape, &chunks).ok() } else { None }
    }
}

impl Array {
    /// The array in a file or folder, or at an address: npy, Zarr, HDF5, NetCDF, or references to parts of such; see
    /// [`ArrayFile::open`].
    ///
    /// Its chunks are some of the stored ones together; [`Array::rechunk`] chooses others, and slices read only the
    /// stored chunks that they touch. What describes the array is read now, its elements when it is computed.
    ///
    /// # Example
    /// ```no_run
    /// use gristmill_collections::{Array, s};
    /// let temperature = Array::open("temperature.nc", Some("t2m"));
    /// let anomaly = temperature.slice(s![..;10]) - temperature.mean(0);
    /// anomaly.check()?;
    /// let public = Array::open("https://example.org/ocean.zarr", Some("salinity"));
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>, dataset: Option<&str>) -> Self {
        Self::open_with(path, dataset, &ReadOptions::default())
    }

    /// The array that [`Array::open`] gives, read with options: packed numbers as what they stand for, for one.
    pub fn open_with(path: impl AsRef<Path>, dataset: Option<&str>, options: &ReadOptions) -> Self {
        Self::opened(ArrayFile::open_with(path, dataset, options))
    }

    /// The arrays of many files as one, along an axis that they have or along a new one; see [`ArrayFile::open_many`].
    ///
    /// A path may be a pattern, which stands for the files that it names, sorted. No chunk lies in two files.
    ///
    /// # Example
    /// ```no_run
    /// use gristmill_collections::Array;
    /// use gristmill_storage::Along;
    /// let years = Array::open_many(["era5/t2m_*.nc"], Some("t2m"), Along::Axis(0));
    /// let climate = years.mean(0);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn open_many(
        paths: impl IntoIterator<Item = impl AsRef<Path>>,
        dataset: Option<&str>,
        along: Along,
    ) -> Self {
        Self::open_many_with(paths, dataset, along, &ReadOptions::default())
    }

    /// The array that [`Array::open_many`] gives, read with options. Each file is decoded by its own attributes.
    pub fn open_many_with(
        paths: impl IntoIterator<Item = impl AsRef<Path>>,
        dataset: Option<&str>,
        along: Along,
        options: &ReadOptions,
    ) -> Self {
        Self::opened(ArrayFile::open_many_with(paths, dataset, along, options))
    }

    fn opened(file: Result<ArrayFile, gristmill_storage::Error>) -> Self {
        match file {
            Ok(file) => Self::from_file(file),
            Err(error) => Self::or_failed(Err(Error::Storage(error))),
        }
    }

    /// An open array on disk or elsewhere.
    pub fn from_file(file: ArrayFile) -> Self {
        let (shape, dtype) = (file.shape().to_vec(), file.dtype());
        let made = Chunks::each(chunks_of(&file)).grid(&shape, dtype);
        let ndim = shape.len();
        let is_packed =
            matches!(file.format(), ArrayFormat::ZarrV2 | ArrayFormat::ZarrV3 | ArrayFormat::Hdf5);
        let stored = if is_packed { file.chunks().into() } else { vec![1; ndim].into() };
        let file = Arc::new(file);
        keep_open(file.clone());
        let source = Source { file, starts: vec![0; ndim], steps: vec![1; ndim], stored };
        Self::or_failed(made.map(|grid| Self::new(Op::Source(source), Vec::new(), dtype, grid)))
    }

    /// The array cut for this writer, with a task for each block that writes it and gives nothing back.
    ///
    /// # Errors
    /// The mistake in the array, if there is one, or when it has another shape than is written.
    pub fn written_by(&self, writer: &ArrayWriter, chunks: &[u64]) -> Result<Self, Error> {
        Self::all_known("store", [self])?;
        let grid = ChunkGrid::regular(&self.shape(), chunks);
        let grid = grid.map_err(Error::data("store"))?;
        let inputs = vec![self.rechunk(&grid)];
        let args = vec![Arg::text(&writer.recipe()), Arg::Input(0), runs(&grid), Arg::Param(0)];
        let call = Call::new("write", Callee::File(&WRITE), aligned(&grid, &inputs), args).sized(0);
        Ok(call.on(inputs, self.dtype(), grid))
    }

    /// The chunk shape of a stored array: that of this one's first block, of which the others are no larger.
    #[must_use]
    pub fn stored_chunks(&self) -> Vec<u64> {
        let longest = |axis| self.grid().chunks(axis).iter().copied().max().unwrap_or(1).max(1);
        (0..self.ndim()).map(longest).collect()
    }
}

/// How an array is cut when nobody says it. Where many files follow each other, each is cut on its own.
fn chunks_of(file: &ArrayFile) -> Vec<AxisChunks> {
    let (shape, dtype) = (file.shape(), file.dtype());
    let Some((axis, files)) = file.joined() else {
        return together(file.chunks(), shape, dtype, CHUNK_NBYTES)
            .into_iter()
            .map(AxisChunks::Length)
            .collect();
    };
    let longest = files.iter().copied().max().unwrap_or(0);
    let of_one = shape.iter().enumerate().map(|(at, &length)| if at == axis { longest } else { length });
    let chunks = together(file.chunks(), &of_one.collect::<Vec<_>>(), dtype, CHUNK_NBYTES);
    let cut = |(at, chunk): (usize, u64)| match at == axis && longest > 0 {
        true => AxisChunks::Lengths(files.iter().flat_map(|&length| pieces(length, chunk)).collect()),
        false => AxisChunks::Length(chunk),
    };
    chunks.into_iter().enumerate().map(cut).collect()
}

/// A length in pieces that are no longer than `chunk`.
fn pieces(length: u64, chunk: u64) -> impl Iterator<Item = u64> {
    (0..length)
        .step_by(usize::try_from(chunk).unwrap_or(usize::MAX).max(1))
        .map(move |from| chunk.min(length - from))
}

/// Stored chunks put together until they have about so many bytes, the last axes first, since they lie together.
fn together(stored: &[u64], shape: &[u64], dtype: DType, nbytes_max: u64) -> Vec<u64> {
    let mut chunks: Vec<u64> = stored.iter().zip(shape).map(|(&chunk, &n)| chunk.min(n).max(1)).collect();
    let mut nbytes = chunks.iter().fold(dtype.itemsize() as u64, |all, &chunk| all.saturating_mul(chunk));
    for (chunk, &length) in chunks.iter_mut().zip(shape).rev() {
        let n_more = nbytes_max.checked_div(nbytes).unwrap_or(1).clamp(1, length.div_ceil(*chunk).max(1));
        nbytes = nbytes.saturating_mul(n_more);
        *chunk = chunk.saturating_mul(n_more);
    }
    chunks
}

/// Reads a block: starts, steps, the grid of the part that is read, and the block's index.
pub(crate) fn read_block(file: &ArrayFile, args: &[Value]) -> Result<Value, TaskError> {
    let [starts, steps, grid, index] = args else { return Err(invalid("a read takes four arguments")) };
    let grid: ChunkRuns = grid.as_text()?.parse()?;
    let block = grid.block(index.as_uint()?).ok_or_else(|| invalid("there is no such block"))?;
    let integers = |list: &Value| -> Result<Vec<i64>, TaskError> {
        list.as_list()?.iter().map(|item| Ok(item.as_int()?)).collect()
    };
    let (starts, steps) = (integers(starts)?, integers(steps)?);
    let (mut first, mut lengths, mut within) = (Vec::new(), Vec::new(), Vec::new());
    for ((span, start), step) in block.iter().zip(&starts).zip(&steps) {
        let (from, n) = (start + step * span.start as i64, span.length as i64);
        let to = from + step * (n - 1).max(0);
        let lowest = from.min(to);
        first.push(u64::try_from(lowest).map_err(|_| invalid("a part of it lies outside of the array"))?);
        lengths.push(if n == 0 { 0 } else { from.max(to) as u64 - lowest as u64 + 1 });
        within.push(from - lowest);
    }
    let region = file.read(&first, &lengths).map_err(|error| on_disk(&error))?;
    if steps.iter().all(|&step| step == 1) {
        return Ok(region.into());
    }
    let part: Vec<u64> = block.iter().map(|span| span.length).collect();
    let blocks = if region.n_elements() == 0 { Vec::new() } else { vec![region.into()] };
    let (from, to) = (one_block(&lengths)?, one_block(&part)?);
    Ok(selected(file.dtype(), &from, (within, steps), &to, 0, blocks)?.into())
}

/// Writes a block: the block, the array's grid, and the block's index.
pub(crate) fn write_block(writer: &RegionWriter, args: &[Value]) -> Result<Value, TaskError> {
    let [block, grid, index] = args else { return Err(invalid("a write takes three arguments")) };
    let chunk: &Chunk = block.as_chunk()?;
    let grid: ChunkRuns = grid.as_text()?.parse()?;
    let spans = grid.block(index.as_uint()?).ok_or_else(|| invalid("there is no such block"))?;
    let start: Vec<u64> = spans.iter().map(|span| span.start).collect();
    if chunk.n_elements() > 0 {
        writer.write(&start, chunk).map_err(|error| on_disk(&error))?;
    }
    Ok(Value::Null)
}

fn on_disk(error: &gristmill_storage::Error) -> TaskError {
    TaskError::new(TaskErrorKind::Io, error.to_string())
}

fn invalid(reason: &str) -> TaskError {
    TaskError::new(TaskErrorKind::InvalidArgument, reason.to_owned())
}

#[cfg(test)]
mod tests;
