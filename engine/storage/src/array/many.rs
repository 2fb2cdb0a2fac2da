//! Many files as one array, along one of its axes or along a new one.

use std::path::{Path, PathBuf};
use std::thread;

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Memory, NDIM_MAX};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cuts::Cuts;
use super::decode::PACKING;
use super::references::export::{self, Referable};
use super::region;
use super::{ArrayFile, Info, ReadOptions, Reader, zeroed};
use crate::Error;
use crate::remote::{Stores, scheme};

/// The most files that are opened at the same time: each may wait for a server.
const THREADS_MAX: usize = 16;

/// Along which axis the arrays of several files follow each other. Axes are counted from 0, or from -1 backwards.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Along {
    /// One that they have, as in NumPy's `concatenate`.
    Axis(i64),
    /// A new one, which comes to be at this place, as in NumPy's `stack`.
    NewAxis(i64),
}

/// Open arrays that follow each other.
#[derive(Debug)]
pub(super) struct Many {
    parts: Vec<ArrayFile>,
    cuts: Cuts,
    /// Whether the axis is one that the parts do not have.
    is_new: bool,
}

/// The paths that are meant, patterns among them replaced by what they name, sorted.
pub(super) fn expanded(paths: impl IntoIterator<Item = impl AsRef<Path>>) -> Result<Vec<PathBuf>, Error> {
    let mut all = Vec::new();
    for path in paths {
        let path = path.as_ref();
        match path.to_str().filter(|text| text.contains(['*', '?', '['])) {
            Some(pattern) if scheme(pattern).is_none() && !path.exists() => {
                all.extend(crate::source::matches(pattern)?);
            }
            Some(address) if scheme(address).is_some() && address.contains('*') => {
                let reason = "patterns name files of this machine only; name each address";
                return Err(Error::UnlikeArray { path: path.to_owned(), reason: reason.to_owned() });
            }
            _ => all.push(path.to_owned()),
        }
    }
    Ok(all)
}

/// Opens all of them, several at a time, and joins them.
pub(super) fn open(
    paths: &[PathBuf],
    dataset: Option<&str>,
    along: Along,
    options: &ReadOptions,
) -> Result<ArrayFile, Error> {
    let stores = Stores::for_reading(options.timeout);
    let n_threads = THREADS_MAX.min(paths.len()).max(1);
    // Each thread opens every nth file, up to the first that fails.
    let open = &|thread: usize| {
        let mut opened = Vec::new();
        for (idx, path) in paths.iter().enumerate().skip(thread).step_by(n_threads) {
            let file = ArrayFile::open_in(&stores, path, dataset, options);
            let failed = file.is_err();
            opened.push((idx, file));
            if failed {
                break;
            }
        }
        opened
    };
    let opened: Option<Vec<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|thread| scope.spawn(move || open(thread))).collect();
        threads.into_iter().map(|thread| thread.join().ok()).collect()
    });
    let gave_up = || Error::UnlikeArray { path: PathBuf::new(), reason: "a thread gave up".to_owned() };
    let mut opened: Vec<_> = opened.ok_or_else(gave_up)?.into_iter().flatten().collect();
    opened.sort_by_key(|(idx, _)| *idx);
    let parts = opened.into_iter().map(|(_, file)| file).collect::<Result<Vec<_>, _>>()?;
    joined(parts, along)
}

/// One array of these.
fn joined(parts: Vec<ArrayFile>, along: Along) -> Result<ArrayFile, Error> {
    let Some(first) = parts.first() else {
        return Err(Error::UnlikeArray { path: PathBuf::new(), reason: "no file was named".to_owned() });
    };
    let (axis, is_new) = axis_of(first, along)?;
    parts.iter().skip(1).try_for_each(|part| check(first, part, axis, is_new))?;
    let length = |part: &ArrayFile| match is_new {
        true => 1,
        false => part.info.shape.get(axis).copied().unwrap_or(0),
    };
    let too_long = || Error::UnlikeArray {
        path: first.path.clone(),
        reason: "all lengths together cannot be counted".to_owned(),
    };
    let cuts = Cuts::new(axis, parts.iter().map(length)).ok_or_else(too_long)?;
    let mut info = first.info.clone();
    match is_new {
        true => {
            info.shape.insert(axis, cuts.length());
            info.chunks.insert(axis, 1);
            info.dims = None;
        }
        false => {
            info.shape = cuts.with_length(&info.shape, cuts.length());
            let chunks = parts.iter().filter_map(|part| part.info.chunks.get(axis)).max();
            info.chunks = cuts.with_length(&info.chunks, chunks.copied().unwrap_or(1));
        }
    }
    keep_what_all_say(&mut info, &parts);
    super::check_info(&first.path, &info)?;
    let path = first.path.clone();
    let many = Many { parts, cuts, is_new };
    let identity = many.identity();
    Ok(ArrayFile { path, info, reader: Reader::Many(many), decoder: None, identity, recipe: String::new() })
}

/// The axis, counted from 0, and whether it is new.
fn axis_of(first: &ArrayFile, along: Along) -> Result<(usize, bool), Error> {
    let ndim = first.info.shape.len();
    let (given, n_axes, is_new) = match along {
        Along::Axis(axis) => (axis, ndim, false),
        Along::NewAxis(axis) => (axis, ndim + 1, true),
    };
    let from_front = if given < 0 { given.checked_add_unsigned(n_axes as u64) } else { Some(given) };
    let axis = from_front.and_then(|axis| usize::try_from(axis).ok()).filter(|axis| *axis < n_axes);
    let refuse = |reason: String| Error::UnlikeArray { path: first.path.clone(), reason };
    if is_new && n_axes > NDIM_MAX {
        return Err(refuse(format!("it has {ndim} axes, and no array has more than {NDIM_MAX}")));
    }
    let shape = region::tuple(&first.info.shape);
    let hint = if ndim == 0 { "; stack arrays without axes" } else { "" };
    let axis = axis.ok_or_else(|| refuse(format!("there is no axis {given} at shape {shape}{hint}")))?;
    Ok((axis, is_new))
}

/// Whether an array is as the first one, but for its length along the axis.
fn check(first: &ArrayFile, part: &ArrayFile, axis: usize, is_new: bool) -> Result<(), Error> {
    let name = first.path.display();
    let refuse = |reason: String| Err(Error::UnlikeArray { path: part.path.clone(), reason });
    if part.info.dtype != first.info.dtype {
        return refuse(format!("it is {}, and `{name}` is {}", part.info.dtype, first.info.dtype));
    }
    let (own, other) = (&part.info.shape, &first.info.shape);
    let alike = own.iter().zip(other).enumerate().all(|(at, (a, b))| a == b || (at == axis && !is_new));
    if own.len() != other.len() || !alike {
        let (own, other) = (region::tuple(own), region::tuple(other));
        let but = if is_new { String::new() } else { format!(" but along axis {axis}") };
        return refuse(format!("it has shape {own}, and `{name}` has {other}; they must be alike{but}"));
    }
    if let (Some(own), Some(other)) = (&part.info.dims, &first.info.dims)
        && own != other
    {
        return refuse(format!(
            "its axes are {}, and those of `{name}` {}",
            own.join(", "),
            other.join(", ")
        ));
    }
    let differs = PACKING.iter().find(|name| {
        let of = |file: &ArrayFile| file.info.attributes.get(**name).cloned();
        of(part) != of(first)
    });
    match differs {
        Some(attribute) => refuse(format!(
            "its `{attribute}` is not that of `{name}`, so that stored elements mean something else; use `ReadOptions::decoded`"
        )),
        None => Ok(()),
    }
}

/// Leaves out what is not the same in all files.
fn keep_what_all_say(info: &mut Info, parts: &[ArrayFile]) {
    let said =
        |name: &String, value: &Value| parts.iter().all(|part| part.info.attributes.get(name) == Some(value));
    info.attributes.retain(|name, value| said(name, value));
    let fill = info.fill_value.take();
    info.fill_value =
        fill.filter(|fill| parts.iter().all(|part| part.info.fill_value.as_ref() == Some(fill)));
}

impl Many {
    pub(super) fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    /// The chunks of all parts, which must be stored alike and follow each other without a gap.
    pub(super) fn referable(&self, path: &Path) -> Result<Referable, Error> {
        let axis = self.cuts.axis();
        let mut whole: Option<Referable> = None;
        let mut n_before = 0;
        for (part, length) in self.parts.iter().zip(self.cuts.lengths()) {
            let mut own = part.referable()?;
            if self.is_new {
                own.shape.insert(axis, 1);
                own.chunks.insert(axis, 1);
                own.blocks.iter_mut().for_each(|(block, _)| block.insert(axis, 0));
            }
            let chunk = own.chunks.get(axis).copied().unwrap_or(1).max(1);
            let Some(all) = &mut whole else {
                (whole, n_before) = (Some(own), length);
                continue;
            };
            if !all.is_like(&own, axis) {
                return Err(export::cannot(
                    &part.path,
                    format!("it is stored otherwise than `{}`", path.display()),
                ));
            }
            if n_before % chunk != 0 {
                let reason = format!("the file before it ends within a chunk of {chunk} along axis {axis}");
                return Err(export::cannot(&part.path, reason));
            }
            for (mut block, target) in own.blocks {
                block.get_mut(axis).into_iter().for_each(|at| *at += n_before / chunk);
                all.blocks.push((block, target));
            }
            n_before += length;
        }
        let mut whole = whole.ok_or_else(|| export::cannot(path, "it has no files"))?;
        whole.shape.get_mut(axis).into_iter().for_each(|length| *length = self.cuts.length());
        Ok(whole)
    }

    /// What tells whether the array is still the same.
    pub(super) fn identity(&self) -> Vec<u8> {
        let mut identity = format!("{} {}", self.cuts.axis(), self.is_new).into_bytes();
        for part in &self.parts {
            identity.extend((part.identity.len() as u64).to_le_bytes());
            identity.extend(&part.identity);
        }
        identity
    }

    /// The elements of a region that lies inside.
    pub(super) fn read(
        &self,
        info: &Info,
        path: &Path,
        start: &[u64],
        shape: &[u64],
    ) -> Result<Buffer, Error> {
        let mut region: Option<Memory> = None;
        for shared in self.cuts.shared(start, shape) {
            let Some(part) = self.parts.get(shared.idx) else { continue };
            let (mut at, mut length) = (shared.in_part.clone(), shared.shape.clone());
            if self.is_new {
                at.remove(self.cuts.axis());
                length.remove(self.cuts.axis());
            }
            let chunk = part.read(&at, &length)?;
            if shared.shape == shape {
                return Ok(chunk.data().clone());
            }
            let bytes = match &mut region {
                Some(region) => region,
                region => region.insert(zeroed(path, info.dtype, shape)?),
            };
            let outside = || Error::corrupt(path, "its elements", "the region is not there");
            let copied = shared.copy(shape, info.dtype.itemsize(), chunk.data(), bytes.as_mut_slice());
            copied.ok_or_else(outside)?;
        }
        Ok(region.map_or_else(|| Buffer::from_vec(Vec::<u8>::new()), Memory::into_buffer))
    }
}

#[cfg(test)]
mod tests;
