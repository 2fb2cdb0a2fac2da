//! Arrays written region by region, there whole or not at all.

mod publish;
mod recipe;

use std::path::{Path, PathBuf};

use gristmill_data::{Chunk, DType};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::location::Location;
use super::npy::NpyOut;
use super::stack::NpyStackOut;
use super::zarr::ZarrOut;
use super::{ArrayFormat, check_nbytes, check_region, region};
use crate::Error;
use crate::remote::Stores;
use crate::temporary::Temporary;
use recipe::{Asked, Recipe};

/// How the stored chunks of a Zarr array are packed.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compression {
    /// Not at all.
    None,
    /// With gzip, at a level from 0 to 9; every reader knows it.
    Gzip(u32),
    /// With Zstandard, at a level from -131072 to 22; level 1 is what arrays get when nothing is said.
    Zstd(i32),
}

/// How an array is written, beyond what it is. A format that has no place for what is asked for refuses it.
#[non_exhaustive]
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    overwrite: bool,
    pub(super) compression: Option<Compression>,
    pub(super) shards: Option<Vec<u64>>,
    pub(super) name: Option<String>,
    pub(super) dims: Option<Vec<String>>,
    pub(super) attributes: Map<String, Value>,
    pub(super) fill_value: Option<Chunk>,
}

impl WriteOptions {
    /// Lets the new array take the place of one that is there already. A folder that is no array is never replaced.
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Packs the stored chunks so.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Stores so many elements along each axis in one file, multiples of the chunk shape: a file then holds many chunks
    /// that can be read one by one. Zarr v3 only.
    #[must_use]
    pub fn shards(mut self, shape: Vec<u64>) -> Self {
        self.shards = Some(shape);
        self
    }

    /// Names the array in a file whose arrays have names; `data` when nothing is said. NetCDF only.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Names the axes; `dim_0` and so on when nothing is said and they need names.
    #[must_use]
    pub fn dims(mut self, names: Vec<String>) -> Self {
        self.dims = Some(names);
        self
    }

    /// Notes these attributes with the array.
    #[must_use]
    pub fn attributes(mut self, attributes: Map<String, Value>) -> Self {
        self.attributes = attributes;
        self
    }

    /// The element that stands for those which are not written, a chunk without axes; 0 when nothing is said.
    #[must_use]
    pub fn fill_value(mut self, fill_value: Chunk) -> Self {
        self.fill_value = Some(fill_value);
        self
    }
}

/// An array that is being written. On this machine everything goes to a hidden file or folder beside the target, which takes its place
/// when [`ArrayWriter::finish`] is called, and is removed when this is dropped without. A process that is killed leaves
/// that hidden file or folder behind, and the target as it was.
///
/// # Example
/// ```
/// use gristmill_data::{Chunk, DType};
/// use gristmill_storage::{ArrayFile, ArrayFormat, ArrayWriter, WriteOptions};
///
/// # let folder = std::env::temp_dir().join(format!("gristmill-writer-example-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("x.npy");
/// let options = WriteOptions::default();
/// let writer = ArrayWriter::create(&path, ArrayFormat::Npy, DType::Int32, &[2, 3], &[1, 3], options)?;
/// writer.write(&[1, 0], &Chunk::from_vec(vec![4_i32, 5, 6], &[1, 3])?)?;
/// writer.finish()?;
/// let array = ArrayFile::open(&path, None)?;
/// assert_eq!(array.read(&[0, 1], &[2, 2])?.as_slice::<i32>()?, [0, 0, 5, 6]);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "what is written is there only once it was finished"]
pub struct ArrayWriter {
    regions: RegionWriter,
    recipe: Recipe,
    /// Where it is until it is finished, if not in its place. Last, so that it is removed when all files in it are closed.
    temporary: Option<Temporary>,
}

/// The regions of an array that is being written, by the process that began it or by others.
#[derive(Debug)]
pub struct RegionWriter {
    path: PathBuf,
    format: ArrayFormat,
    dtype: DType,
    shape: Vec<u64>,
    /// Regions start and end at multiples of this.
    unit: Vec<u64>,
    out: Out,
    /// Where it is until it is finished, if not in its place.
    temporary: Option<PathBuf>,
}

/// The new array, each format in its own way.
#[derive(Debug)]
enum Out {
    Npy(NpyOut),
    Stack(NpyStackOut),
    Zarr(ZarrOut),
}

impl ArrayWriter {
    /// Begins an array of this dtype and shape that is stored in chunks of the shape `chunks`.
    ///
    /// `path` may be an address that begins with `s3://`, `gs://` or `az://`, for Zarr: each chunk is then an object,
    /// which is there whole or not at all, and what describes the array comes last, when the writer is finished. A
    /// writer that is given up leaves its chunks there, which the next one with `overwrite` removes.
    ///
    /// # Errors
    /// [`Error::ArrayWrite`] when the format cannot hold what is asked for, or something is at `path` that may not be
    /// replaced; [`Error::NoFolder`], [`Error::DiskFull`] or [`Error::Io`].
    pub fn create(
        path: &Path,
        format: ArrayFormat,
        dtype: DType,
        shape: &[u64],
        chunks: &[u64],
        options: WriteOptions,
    ) -> Result<Self, Error> {
        check_chunks(path, dtype, shape, chunks)?;
        let location = Location::new(path, &Stores::for_sending())?;
        let asked = Asked { format, dtype, shape: shape.to_vec(), chunks: chunks.to_vec() };
        match location.is_local() {
            true => Self::create_here(&super::absolute(location.path()), asked, options),
            false => Self::create_elsewhere(location, asked, options),
        }
    }

    fn create_here(path: &Path, asked: Asked, options: WriteOptions) -> Result<Self, Error> {
        publish::check(path, options.overwrite)?;
        let temporary = Temporary::beside(path);
        let recipe = Recipe::new(path, Some(temporary.path()), asked, options);
        Ok(Self { regions: recipe.begin(temporary.path())?, recipe, temporary: Some(temporary) })
    }

    /// An array in an object store, where what is written is there at once, and no array before it is described.
    fn create_elsewhere(location: Location, asked: Asked, options: WriteOptions) -> Result<Self, Error> {
        let (path, format) = (&*location.path().to_owned(), asked.format);
        if !matches!(format, ArrayFormat::ZarrV2 | ArrayFormat::ZarrV3) {
            let reason = format!(
                "{format} is one file or several that are changed in place, and is written to this machine only; use Zarr"
            );
            return Err(Error::cannot_write(path, reason));
        }
        if !location.can_list() {
            let reason =
                "a web server cannot tell what is there; choose an object store, or write here and upload it";
            return Err(Error::cannot_write(path, reason));
        }
        let recipe = Recipe::new(path, None, asked, options);
        let regions = recipe.elsewhere(location.clone())?;
        publish::clear(&location, recipe.options.overwrite)?;
        Ok(Self { regions, recipe, temporary: None })
    }

    /// Where the array will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.regions.path
    }

    /// Regions must start at multiples of this along each axis, and end at multiples or at the array's end: the shape of
    /// the files of a Zarr array, 1 for npy.
    #[must_use]
    pub fn unit(&self) -> &[u64] {
        &self.regions.unit
    }

    /// How regions of it can be written by other processes, as text for [`RegionWriter::join`].
    #[must_use]
    pub fn recipe(&self) -> String {
        self.recipe.text()
    }

    /// Writes a chunk to the region that starts at `start`; see [`RegionWriter::write`].
    ///
    /// # Errors
    /// As [`RegionWriter::write`].
    pub fn write(&self, start: &[u64], chunk: &Chunk) -> Result<(), Error> {
        self.regions.write(start, chunk)
    }

    /// Puts the array in its place. What was never written is the fill value.
    ///
    /// A file is on the disk when this returns. The files of a folder may still be on their way there, so that a power
    /// cut, unlike a killed process, can lose some.
    ///
    /// # Errors
    /// [`Error::ArrayWrite`] when something has come to be at the path meanwhile; [`Error::DiskFull`] or [`Error::Io`].
    pub fn finish(self) -> Result<(), Error> {
        match &self.regions.out {
            Out::Npy(npy) => npy.sync()?,
            Out::Zarr(zarr) => zarr.describe()?,
            Out::Stack(_) => {}
        }
        match &self.temporary {
            Some(temporary) => publish::put(temporary.path(), self.path(), self.recipe.options.overwrite),
            None => Ok(()),
        }
    }
}

impl RegionWriter {
    /// Joins a writer of another process, by its [`ArrayWriter::recipe`].
    ///
    /// # Errors
    /// When the recipe makes no sense, or the array is finished or given up.
    pub fn join(recipe: &str) -> Result<Self, Error> {
        Recipe::parse(recipe)?.join()
    }

    /// The file or folder that [`RegionWriter::join`] would write to, and where it is put in the end.
    ///
    /// # Errors
    /// When the recipe makes no sense.
    pub fn recipe_paths(recipe: &str) -> Result<Vec<PathBuf>, Error> {
        Ok(Recipe::parse(recipe)?.paths())
    }

    /// Writes a chunk to the region that starts at `start`. Threads may write at the same time, if their regions have
    /// no element in common.
    ///
    /// # Errors
    /// [`Error::ArrayRegion`]; [`Error::ArrayWrite`] for another dtype, absent elements, or a region that does not start
    /// and end at stored chunks; [`Error::DiskFull`] or [`Error::Io`].
    pub fn write(&self, start: &[u64], chunk: &Chunk) -> Result<(), Error> {
        let shape = chunk.shape();
        check_region(&self.path, &self.shape, start, shape)?;
        if chunk.dtype() != self.dtype {
            let (given, dtype) = (chunk.dtype(), self.dtype);
            let reason =
                format!("a chunk of {given} does not fit into an array of {dtype}; convert it first");
            return Err(Error::cannot_write(&self.path, reason));
        }
        if chunk.validity().is_some() {
            let reason = format!("{} has no absent elements; fill them with a value first", self.format);
            return Err(Error::cannot_write(&self.path, reason));
        }
        let ends = start.iter().zip(shape).map(|(start, length)| start.saturating_add(*length));
        let mut along = start.iter().zip(ends).zip(self.shape.iter().zip(&self.unit));
        if !along.all(|((from, to), (all, unit))| from % unit == 0 && (to % unit == 0 || to == *all)) {
            let (start, shape, unit) =
                (region::tuple(start), region::tuple(shape), region::tuple(&self.unit));
            let reason = format!(
                "the region of shape {shape} from {start} on cuts through stored chunks of shape {unit}; write whole ones"
            );
            return Err(Error::cannot_write(&self.path, reason));
        }
        // Of what was given up, nothing is made anew.
        if self.temporary.as_ref().is_some_and(|temporary| !temporary.exists()) {
            return Err(gone(&self.path));
        }
        match &self.out {
            Out::Npy(npy) => npy.write(start, shape, chunk.data(), (shape, &vec![0; shape.len()])),
            Out::Stack(stack) => stack.write(start, shape, chunk.data()),
            Out::Zarr(zarr) => zarr.write(start, shape, chunk.data()),
        }
    }
}

impl WriteOptions {
    /// Refuses what a format that holds nothing but elements would lose.
    fn refuse_beyond_elements(&self, path: &Path, format: ArrayFormat) -> Result<(), Error> {
        let zero = |fill: &Chunk| fill.data().iter().all(|byte| *byte == 0);
        self.refuse_packing(path, format)?;
        self.refuse_name(path, format)?;
        refuse(path, format, !self.attributes.is_empty(), "attributes")?;
        refuse(path, format, self.dims.is_some(), "names of axes")?;
        let is_filled = self.fill_value.as_ref().is_some_and(|fill| !zero(fill));
        refuse(path, format, is_filled, "a fill value other than 0")
    }

    /// The element that stands for those which are not written, little-endian.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn fill_bytes(&self, dtype: DType) -> Result<Option<Vec<u8>>, String> {
        match &self.fill_value {
            Some(fill) if fill.dtype() != dtype || !fill.shape().is_empty() => {
                let (given, shape) = (fill.dtype(), region::tuple(fill.shape()));
                Err(format!("the fill value is {given} of shape {shape}, and not one {dtype}"))
            }
            fill => Ok(fill.as_ref().map(|fill| fill.data().to_vec())),
        }
    }

    /// Says so when there are more or fewer names than axes.
    ///
    /// # Errors
    /// How many there are.
    pub(super) fn check_dims(&self, shape: &[u64]) -> Result<(), String> {
        match self.dims.as_ref().filter(|dims| dims.len() != shape.len()) {
            Some(dims) => Err(format!("{} names do not fit {} axes", dims.len(), shape.len())),
            None => Ok(()),
        }
    }

    /// Refuses what a format without stored chunks would lose.
    pub(super) fn refuse_packing(&self, path: &Path, format: ArrayFormat) -> Result<(), Error> {
        let is_packed = self.compression.is_some_and(|compression| compression != Compression::None);
        refuse(path, format, self.shards.is_some(), "shards")?;
        refuse(path, format, is_packed, "compression")
    }

    /// Refuses what a format whose arrays have no names would lose.
    pub(super) fn refuse_name(&self, path: &Path, format: ArrayFormat) -> Result<(), Error> {
        match self.name {
            Some(_) => {
                let reason = format!("{format} has no place for a name; the path is one");
                Err(Error::cannot_write(path, reason))
            }
            None => Ok(()),
        }
    }
}

fn refuse(path: &Path, format: ArrayFormat, is_asked: bool, what: &str) -> Result<(), Error> {
    match is_asked {
        true => Err(Error::cannot_write(path, format!("{format} has no place for {what}; use Zarr"))),
        false => Ok(()),
    }
}

fn gone(path: &Path) -> Error {
    Error::cannot_write(path, "it is finished, was given up, or lies where this machine cannot see it")
}

fn check_chunks(path: &Path, dtype: DType, shape: &[u64], chunks: &[u64]) -> Result<(), Error> {
    if region::nbytes(dtype, shape).is_none() || chunks.len() != shape.len() || chunks.contains(&0) {
        let (chunks, shape) = (region::tuple(chunks), region::tuple(shape));
        let reason = format!(
            "chunks of shape {chunks} cannot fill shape {shape}; give one length above 0 for each axis, and a shape whose bytes can be counted"
        );
        return Err(Error::cannot_write(path, reason));
    }
    check_nbytes(path, || "a stored chunk".to_owned(), dtype, chunks)
}

/// The axis that a stack is cut along, and the lengths of its files.
fn stack_cut(path: &Path, shape: &[u64], chunks: &[u64]) -> Result<(usize, Vec<u64>), Error> {
    /// A folder of more files serves nobody.
    const FILES_MAX: u64 = 1 << 20;
    let lengths = shape.iter().zip(chunks);
    let cut: Vec<_> = lengths.enumerate().filter(|(_, (length, chunk))| length > chunk).collect();
    let (axis, (&length, &chunk)) = match (cut.as_slice(), shape.first().zip(chunks.first())) {
        ([only], _) => *only,
        ([], Some(first)) => (0, first),
        _ => {
            let reason = "an npy stack has at least one axis and is cut along one only; choose chunks that are whole along all others";
            return Err(Error::cannot_write(path, reason));
        }
    };
    if length.div_ceil(chunk) > FILES_MAX {
        let reason = format!("a stack of more than {FILES_MAX} files; choose longer chunks");
        return Err(Error::cannot_write(path, reason));
    }
    // An axis without a length has one file, which tells the dtype.
    let n_files = length.div_ceil(chunk).max(1);
    Ok((axis, (0..n_files).map(|at| chunk.min(length - at * chunk)).collect()))
}

#[cfg(test)]
mod tests;
