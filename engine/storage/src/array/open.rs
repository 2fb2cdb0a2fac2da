//! Which format an array has is found out by looking at it.

use std::sync::Arc;

use super::location::{Location, RangeFile};
use super::options::ReadOptions;
use super::references::References;
use super::{ArrayFormat, Info, Reader, hdf5, netcdf, npy, stack, zarr};
use crate::Error;
use crate::remote::{Part, Stores};

/// Bytes that tell the format of a file.
const MARK_NBYTES: u64 = 64;

/// Opens the array of this name, or the only one.
pub(super) fn open(
    location: &Location,
    dataset: Option<&str>,
    stores: &Stores,
    options: &ReadOptions,
) -> Result<(Info, Reader), Error> {
    if location.is_local_folder()? {
        return folder(location, dataset)?.ok_or_else(|| no_array_folder(location));
    }
    let no_file = match location.open(Part::START) {
        Ok(Some(opened)) => match file(location, opened, dataset, stores, options)? {
            Some(opened) => return Ok(opened),
            None => no_array_file(location),
        },
        Ok(None) => location.missing(),
        Err(error) => error,
    };
    if location.is_local() {
        return Err(no_file);
    }
    // An address does not say whether it is that of a folder; what a web server sends for one is no array.
    folder(location, dataset)?.ok_or(no_file)
}

/// An array in a folder; `None` if there is none.
fn folder(location: &Location, dataset: Option<&str>) -> Result<Option<(Info, Reader)>, Error> {
    if let Some(zarr) = zarr::open(location, dataset)? {
        return Ok(Some((zarr.info(), Reader::Zarr(zarr))));
    }
    let Some(stack) = stack::NpyStack::open(location)? else {
        return zarr::refuse_parquet(location).map(|()| None);
    };
    no_name(location, dataset)?;
    Ok(Some((stack.info(), Reader::Stack(stack))))
}

/// An array in a file; `None` if its first bytes are those of no format.
fn file(
    location: &Location,
    opened: RangeFile,
    dataset: Option<&str>,
    stores: &Stores,
    options: &ReadOptions,
) -> Result<Option<(Info, Reader)>, Error> {
    let start = opened.read_most(0, MARK_NBYTES)?;
    if start.starts_with(hdf5::MAGIC) {
        let hdf5 = hdf5::Hdf5::open(opened, dataset)?;
        return Ok(Some((hdf5.info(), Reader::Hdf5(hdf5))));
    }
    if start.starts_with(netcdf::MAGIC) {
        let (info, npy) = netcdf::open(opened, dataset)?;
        return Ok(Some((info, Reader::Npy(npy))));
    }
    if start.starts_with(npy::MAGIC) {
        no_name(location, dataset)?;
        let npy = npy::Npy::open(opened)?;
        return Ok(Some((npy.info(ArrayFormat::Npy), Reader::Npy(npy))));
    }
    if start.trim_ascii_start().starts_with(b"{") {
        zarr::refuse_description(location)?;
        let references = Arc::new(References::open((location, &opened), stores, options)?);
        let all = Location::references(location.path(), references.clone());
        let Some(zarr) = zarr::open(&all, dataset)? else { return Ok(None) };
        references.check(zarr.folder())?;
        return Ok(Some((zarr.info(), Reader::Zarr(zarr))));
    }
    Ok(None)
}

fn no_name(location: &Location, dataset: Option<&str>) -> Result<(), Error> {
    match dataset {
        Some(name) => Err(Error::WhichArray {
            path: location.path().to_owned(),
            problem: format!("holds one array without a name, and `{name}` was asked for"),
            known: "none".to_owned(),
        }),
        None => Ok(()),
    }
}

fn no_array_folder(location: &Location) -> Error {
    let reason =
        format!("it is a folder with neither Zarr's metadata nor `{}` and `0.npy`", stack::INFO_NAME);
    Error::NotAnArray { path: location.path().to_owned(), reason }
}

fn no_array_file(location: &Location) -> Error {
    let reason = "its first bytes are those of neither npy, HDF5, NetCDF nor references".to_owned();
    Error::NotAnArray { path: location.path().to_owned(), reason }
}
