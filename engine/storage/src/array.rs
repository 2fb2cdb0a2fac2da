//! N-d arrays on disk and elsewhere: opened once, then read and written region by region, from any number of threads.
//!
//! # Layout
//! - [`ArrayFile`], [`ReadOptions`]: one array to be read; which format it has is found out by looking at its content
//! - [`ArrayWriter`], [`WriteOptions`]: one array to be written, there whole or not at all
//! - `hdf5`, `netcdf`, `npy`, `raw`, `stack`, `zarr`: one module a format, each with an `open` and a `read`
//! - `open`: which format it is; `identity`: what changes when the content does; `json`: elements in metadata
//! - `location`: where bytes are, on this machine, elsewhere, or by references; formats know nothing else
//! - `references`: lists of parts of other files, read and written
//! - `many`: files that follow each other, as one array, along `cuts`; `open_files`: how many of them are open
//! - `decode`: what stored numbers stand for
//! - `region`: where the elements of a region lie, and copies between layouts
//! - `guard`: foreign parsers behind a wall

mod cuts;
mod decode;
mod guard;
mod identity;
mod json;
mod location;
mod many;
mod open_files;
mod options;
mod references;
mod region;

mod open;

mod hdf5;
mod netcdf;
mod npy;
mod raw;
mod recipe;
mod stack;
mod zarr;

mod writer;

use std::fmt;
use std::path::{Path, PathBuf};

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Chunk, DType, Memory, n_elements};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Error;
use crate::remote::{Part, Stores};

use decode::Decoder;
use location::{Location, RangeFile};
use recipe::{Recipe, absolute};
use references::export::Referable;

pub use identity::IDENTITY_FILES_MAX;
pub use many::Along;
pub use options::ReadOptions;
pub use raw::RawLayout;
pub use writer::{ArrayWriter, Compression, RegionWriter, WriteOptions};

/// Most bytes that one read of a region, or one stored chunk, may take in memory.
pub const REGION_NBYTES_MAX: u64 = 16 << 30;
/// About how many bytes the pieces have that [`ArrayFile::chunks`] names for an array that is not stored in chunks.
const PIECE_NBYTES: u64 = 16 << 20;

/// How an array is stored.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ArrayFormat {
    /// NumPy's `.npy`, one file.
    Npy,
    /// A folder of `0.npy`, `1.npy`, … that follow each other along one axis, as Dask's `to_npy_stack` writes it.
    NpyStack,
    /// Zarr, version 2: a folder.
    ZarrV2,
    /// Zarr, version 3: a folder.
    ZarrV3,
    /// HDF5, one file, which NetCDF-4 files are too.
    Hdf5,
    /// NetCDF-3, one file: classic, 64-bit offset or 64-bit data.
    Netcdf3,
    /// Elements and nothing else, one file: a memory map.
    Raw,
}

impl fmt::Display for ArrayFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Npy => "npy",
            Self::NpyStack => "npy stack",
            Self::ZarrV2 => "Zarr v2",
            Self::ZarrV3 => "Zarr v3",
            Self::Hdf5 => "HDF5",
            Self::Netcdf3 => "NetCDF-3",
            Self::Raw => "raw",
        })
    }
}

/// What is known of an array without its elements.
#[derive(Debug, Clone)]
struct Info {
    format: ArrayFormat,
    dtype: DType,
    shape: Vec<u64>,
    chunks: Vec<u64>,
    dims: Option<Vec<String>>,
    attributes: Map<String, Value>,
    fill_value: Option<Chunk>,
    /// The dtype of the attributes that pack numbers, if it is known and the same for all.
    packing: Option<DType>,
}

impl Info {
    /// Of an array that has nothing but elements.
    fn plain(format: ArrayFormat, dtype: DType, shape: Vec<u64>, chunks: Vec<u64>) -> Self {
        Self {
            format,
            dtype,
            shape,
            chunks,
            dims: None,
            attributes: Map::new(),
            fill_value: None,
            packing: None,
        }
    }
}

/// An array on disk, open for reading. What describes it is read once, when it is opened; its elements region by
/// region, from several threads at once if need be.
#[derive(Debug)]
pub struct ArrayFile {
    path: PathBuf,
    info: Info,
    reader: Reader,
    /// What is done to what was read.
    decoder: Option<Decoder>,
    identity: Vec<u8>,
    /// How it was opened; empty for a part of another one.
    recipe: String,
}

/// The open array, each format in its own way.
#[derive(Debug)]
enum Reader {
    Npy(npy::Npy),
    Stack(stack::NpyStack),
    Zarr(zarr::Zarr),
    Hdf5(hdf5::Hdf5),
    Many(many::Many),
}

impl Reader {
    /// What tells whether the array is still the same.
    fn identity(&self, dataset: Option<&str>) -> Result<Vec<u8>, Error> {
        let of_file = |file: &RangeFile| match file {
            RangeFile::Local(file) => identity::of(file.path(), None, dataset),
            file => {
                let content = format!("{} {}", file.size(), file.tag().unwrap_or_default());
                Ok(identity::elsewhere(file.path(), dataset, content.as_bytes()))
            }
        };
        match self {
            Self::Npy(npy) => of_file(npy.file()),
            Self::Hdf5(hdf5) => of_file(hdf5.file()),
            Self::Stack(stack) => stack.identity(dataset),
            Self::Zarr(zarr) => zarr.identity(dataset),
            Self::Many(many) => Ok(many.identity()),
        }
    }
}

impl ArrayFile {
    /// Opens an array: an npy, HDF5 or NetCDF file, a folder of npy files, a Zarr array or group, or a list of references.
    ///
    /// Lists of references are those that kerchunk and VirtualiZarr write as JSON, of version 0 or 1; of templates, plain
    /// text is filled in. Lists in Parquet are not read. A list may name files in its own folder or below, and no others:
    /// neither elsewhere on the disk, nor on other servers, unless [`ReadOptions::grant`] allows it.
    ///
    /// A path may be an address: `file://`, `http://`, `https://`, `s3://`, `gs://` or `az://`. Of what lies elsewhere
    /// its description is read once, and then only the bytes that a region needs; each stored chunk is one request. Keys
    /// and endpoints of object stores come from variables that begin with `AWS_`, `GOOGLE_` or `AZURE_`.
    ///
    /// A file that holds several arrays needs the name of one, `dataset`, with `/` between groups; one that holds a
    /// single array does not.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::NotGiven`] and [`Error::Address`] for an address; [`Error::NotAnArray`];
    /// [`Error::WhichArray`] with the names that there are; [`Error::UnsupportedArray`] or [`Error::CorruptArray`] for
    /// one that cannot be read; [`Error::ForeignReference`].
    pub fn open(path: impl AsRef<Path>, dataset: Option<&str>) -> Result<Self, Error> {
        Self::open_with(path, dataset, &ReadOptions::default())
    }

    /// Opens an array as [`ArrayFile::open`] does, with options.
    ///
    /// # Errors
    /// Those of [`ArrayFile::open`].
    pub fn open_with(
        path: impl AsRef<Path>,
        dataset: Option<&str>,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let (path, named) = (absolute(path.as_ref()), dataset.map(str::to_owned));
        let file = Self::open_in(&Stores::for_reading(options.timeout), &path, dataset, options)?;
        let recipe = Recipe::One { path, dataset: named, options: options.into() }.text();
        Ok(Self { recipe, ..file })
    }

    fn open_in(
        stores: &Stores,
        path: &Path,
        dataset: Option<&str>,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let location = Location::new(path, stores)?;
        let path = location.path();
        let open = || open::open(&location, dataset, stores, options);
        let (mut info, reader) = guard::guarded(path, "its metadata", open)?;
        check_info(path, &info)?;
        let mut identity = reader.identity(dataset)?;
        let unsupported = |what| Error::UnsupportedArray {
            path: path.to_owned(),
            what,
            hint: "read the stored numbers, without `ReadOptions::decoded`",
        };
        let decoder = match options.decoded {
            true => Decoder::take(&mut info).map_err(unsupported)?,
            false => None,
        };
        if decoder.is_some() {
            identity.extend(b"\0decoded");
        }
        Ok(Self { path: path.to_owned(), info, reader, decoder, identity, recipe: String::new() })
    }

    /// Opens many files as one array: each has an array of this name, of one dtype, and they follow each other along an
    /// axis. A path may be a pattern (`*`, `?`, `[ab]`, `**`), which stands for the files that it names, sorted.
    ///
    /// Each file is opened once, several at a time, and described once; of this machine's, a few hundred are open at the
    /// same time, and any number can be joined. What is noted with the array is what is noted with all.
    ///
    /// # Shapes
    /// Concatenated along an axis, the arrays must be as long along all others; stacked, they must be alike.
    ///
    /// # Errors
    /// [`Error::UnlikeArray`] names the first file that does not fit; [`Error::NoMatch`] for a pattern; those of
    /// [`ArrayFile::open`] for each file.
    ///
    /// # Example
    /// ```no_run
    /// use gristmill_storage::{Along, ArrayFile};
    /// let years = ArrayFile::open_many(["data/t2m_*.nc"], Some("t2m"), Along::Axis(0))?;
    /// # Ok::<(), gristmill_storage::Error>(())
    /// ```
    pub fn open_many(
        paths: impl IntoIterator<Item = impl AsRef<Path>>,
        dataset: Option<&str>,
        along: Along,
    ) -> Result<Self, Error> {
        Self::open_many_with(paths, dataset, along, &ReadOptions::default())
    }

    /// Opens many files as [`ArrayFile::open_many`] does, with options. Each file is decoded by its own attributes.
    ///
    /// # Errors
    /// Those of [`ArrayFile::open_many`].
    pub fn open_many_with(
        paths: impl IntoIterator<Item = impl AsRef<Path>>,
        dataset: Option<&str>,
        along: Along,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let paths: Vec<PathBuf> = many::expanded(paths)?.iter().map(|path| absolute(path)).collect();
        let file = many::open(&paths, dataset, along, options)?;
        let (dataset, options) = (dataset.map(str::to_owned), options.into());
        Ok(Self { recipe: Recipe::Many { paths, dataset, along, options }.text(), ..file })
    }

    /// Opens a file of elements alone, whose dtype, shape and layout it does not say itself. It may be longer than that.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::NotGiven`] or [`Error::Address`]; [`Error::CorruptArray`] for a file that is too short.
    pub fn open_raw(
        path: impl AsRef<Path>,
        dtype: DType,
        shape: &[u64],
        layout: RawLayout,
    ) -> Result<Self, Error> {
        let stores = Stores::for_reading(ReadOptions::default().timeout);
        let path = absolute(path.as_ref());
        let location = Location::new(&path, &stores)?;
        let npy = layout.open(location.open_existing(Part::Start(1))?, dtype, shape)?;
        let info = npy.info(ArrayFormat::Raw);
        check_info(location.path(), &info)?;
        let reader = Reader::Npy(npy);
        let identity = reader.identity(Some(&layout.name(dtype, shape)))?;
        let recipe =
            Recipe::Raw { path, dtype: dtype.name().to_owned(), shape: shape.to_vec(), layout }.text();
        Ok(Self { path: location.path().to_owned(), info, reader, decoder: None, identity, recipe })
    }

    /// Where it is; an address without keys in it. Of many files joined to one array, the first.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it is stored.
    #[must_use]
    pub fn format(&self) -> ArrayFormat {
        self.info.format
    }

    /// The type of its elements, as they are read.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.info.dtype
    }

    /// The lengths of its axes.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.info.shape
    }

    /// The shape of its stored chunks, the last along each axis being shorter or not wholly used; reads that begin and
    /// end with them cost least. An array that is not stored in chunks has a shape here that makes pieces of some MiB.
    #[must_use]
    pub fn chunks(&self) -> &[u64] {
        &self.info.chunks
    }

    /// The axis along which many files were joined, and how long each is along it. Reads that keep to one file cost least.
    #[must_use]
    pub fn joined(&self) -> Option<(usize, Vec<u64>)> {
        match &self.reader {
            Reader::Many(many) => Some((many.cuts().axis(), many.cuts().lengths().collect())),
            _ => None,
        }
    }

    /// The names of its axes, if it has them.
    #[must_use]
    pub fn dims(&self) -> Option<&[String]> {
        self.info.dims.as_deref()
    }

    /// What its maker noted, such as units. Nothing of it is applied to elements unless [`ReadOptions::decoded`] says so:
    /// packed numbers stay as they are.
    #[must_use]
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.info.attributes
    }

    /// The element that stands for those that were never written, a chunk without axes.
    #[must_use]
    pub fn fill_value(&self) -> Option<&Chunk> {
        self.info.fill_value.as_ref()
    }

    /// Bytes that are equal as long as the array is: path, name, size and time of last change, as
    /// [`Source::identity`](crate::Source::identity).
    ///
    /// A folder counts as the number of its files, their size together and the latest change of any, up to
    /// [`IDENTITY_FILES_MAX`] files; of a larger one only the file that describes it counts. So it is with a folder
    /// elsewhere; of a file elsewhere the size counts, and the tag that its store gives it.
    #[must_use]
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Writes a list of references at `path`: JSON as kerchunk writes it, version 1, by which others read the array as
    /// Zarr, under this name, and `/` parts groups. It names the array's files, and holds none of their elements.
    ///
    /// Files of this machine stand in it with their whole path, so that it can be moved and they cannot. Of many files
    /// joined to one array, each must hold whole chunks.
    ///
    /// # Errors
    /// [`Error::NotReferable`] for an npy stack, for one that is decoded, or for a packing that Zarr does not have;
    /// [`Error::CorruptArray`]; [`Error::DiskFull`] or [`Error::Io`].
    pub fn write_references(&self, path: impl AsRef<Path>, name: &str) -> Result<(), Error> {
        let referable = || guard::guarded(&self.path, "its chunks", || self.referable());
        crate::write_atomic(path.as_ref(), &references::export::to_json(self, referable()?, name)?)
    }

    fn referable(&self) -> Result<Referable, Error> {
        if self.decoder.is_some() {
            let reason = "its elements are decoded, and references are to stored ones; open it without";
            return Err(references::export::cannot(&self.path, reason));
        }
        let fill = || self.info.fill_value.as_ref().map(|fill| fill.data().to_vec());
        match &self.reader {
            Reader::Npy(npy) => npy.referable(fill()),
            Reader::Hdf5(hdf5) => hdf5.referable(),
            Reader::Zarr(zarr) => zarr.referable(),
            Reader::Many(many) => many.referable(&self.path),
            Reader::Stack(_) => {
                let reason = "an npy stack has no chunks in the sense of Zarr; store it as Zarr";
                Err(references::export::cannot(&self.path, reason))
            }
        }
    }

    /// The elements of the region of `shape` that starts at `start`, in C order and little-endian. Only the bytes or the
    /// stored chunks that hold them are read.
    ///
    /// # Errors
    /// [`Error::ArrayRegion`], [`Error::ArrayTooLarge`], [`Error::Io`], [`Error::CorruptArray`] or
    /// [`Error::UnsupportedArray`].
    pub fn read(&self, start: &[u64], shape: &[u64]) -> Result<Chunk, Error> {
        check_region(&self.path, &self.info.shape, start, shape)?;
        let place = || format!("the region from {} on", region::tuple(start));
        let read = || match &self.reader {
            Reader::Npy(npy) => npy.read(start, shape).map(Memory::into_buffer),
            Reader::Stack(stack) => stack.read(start, shape).map(Memory::into_buffer),
            Reader::Zarr(zarr) => zarr.read(start, shape),
            Reader::Hdf5(hdf5) => hdf5.read(start, shape).map(Buffer::from_vec),
            Reader::Many(many) => many.read(&self.info, &self.path, start, shape),
        };
        let data = guard::guarded(&self.path, &place(), read)?;
        let stored = self.decoder.as_ref().map_or(self.info.dtype, Decoder::stored);
        let chunk = Chunk::try_new(stored, shape, data, None);
        let decoded = chunk.and_then(|chunk| match &self.decoder {
            Some(decoder) => decoder.decode(&chunk),
            None => Ok(chunk),
        });
        decoded.map_err(|error| Error::corrupt(&self.path, place(), error.to_string()))
    }
}

/// The complaint about a name, with those that there are.
fn which<'a>(path: &Path, problem: String, names: impl Iterator<Item = &'a str>) -> Error {
    /// The most names that the message has.
    const NAMES_MAX: usize = 20;
    let mut known: Vec<_> = names.take(NAMES_MAX + 1).collect();
    if known.len() > NAMES_MAX {
        known.truncate(NAMES_MAX);
        known.push("and more");
    }
    let known = if known.is_empty() { "it holds none".to_owned() } else { known.join(", ") };
    Error::WhichArray { path: path.to_owned(), problem, known }
}

/// What every reader may rely on: bytes can be counted, and no chunk has a length of 0 or more bytes than a read.
fn check_info(path: &Path, info: &Info) -> Result<(), Error> {
    let corrupt = |reason| Err(Error::corrupt(path, "its metadata", reason));
    if region::nbytes(info.dtype, &info.shape).is_none() {
        return corrupt(format!("the bytes of shape {} cannot be counted", region::tuple(&info.shape)));
    }
    if info.chunks.len() != info.shape.len() || info.chunks.contains(&0) {
        let (chunks, shape) = (region::tuple(&info.chunks), region::tuple(&info.shape));
        return corrupt(format!("chunks of shape {chunks} cannot fill shape {shape}"));
    }
    check_nbytes(path, || "a stored chunk".to_owned(), info.dtype, &info.chunks)
}

fn check_nbytes(path: &Path, what: impl Fn() -> String, dtype: DType, shape: &[u64]) -> Result<(), Error> {
    let given = region::nbytes(dtype, shape).unwrap_or(u64::MAX);
    if given > REGION_NBYTES_MAX {
        let path = path.to_owned();
        return Err(Error::ArrayTooLarge { path, what: what(), given, max: REGION_NBYTES_MAX });
    }
    Ok(())
}

fn check_region(path: &Path, array: &[u64], start: &[u64], shape: &[u64]) -> Result<(), Error> {
    let ndim_fits = start.len() == array.len() && shape.len() == array.len();
    let ends = start.iter().zip(shape).map(|(start, length)| start.checked_add(*length));
    let inside = ends.zip(array).all(|(end, length)| end.is_some_and(|end| end <= *length));
    if ndim_fits && inside && n_elements(shape).is_ok() {
        return Ok(());
    }
    Err(Error::ArrayRegion {
        path: path.to_owned(),
        shape: region::tuple(array),
        start: region::tuple(start),
        region: region::tuple(shape),
    })
}

/// Memory for a region, every byte of which is to be written.
fn unfilled(path: &Path, dtype: DType, shape: &[u64]) -> Result<Memory, Error> {
    room(path, dtype, shape, Memory::try_new)
}

/// Memory for a region, all zero.
fn zeroed(path: &Path, dtype: DType, shape: &[u64]) -> Result<Memory, Error> {
    room(path, dtype, shape, Memory::try_zeroed)
}

fn room(
    path: &Path,
    dtype: DType,
    shape: &[u64],
    make: impl Fn(usize) -> Option<Memory>,
) -> Result<Memory, Error> {
    let what = || format!("a region of shape {}", region::tuple(shape));
    check_nbytes(path, what, dtype, shape)?;
    let nbytes = region::nbytes(dtype, shape).and_then(|nbytes| usize::try_from(nbytes).ok());
    let no_room = || Error::io("make room for a region of", path)(std::io::ErrorKind::OutOfMemory.into());
    nbytes.and_then(make).ok_or_else(no_room)
}

#[cfg(test)]
mod tests;
