//! Rows in order, and the positions that sort them: the twins of `kernels::sort` and `kernels::argsort`.
//!
//! Short rows are sorted in workgroup memory; longer ones by 8 bits of their keys at a time, from the lowest on: digits
//! are counted tile by tile, the counts added up, and the keys written to their places. Keys are unsigned integers of one
//! or two words, so that elements of 64 bits are sorted whatever the adapter computes in.
//!
//! Least traffic: a key of 32 bits is read twice and written once in each of four passes, 48 bytes; with positions, which
//! are read and written as well, 76.

use std::fmt::Write as _;

use gristmill_data::DType;

use super::keys::Keys;
use super::lanes::Lanes;
use super::recording::{Recording, grid, invocations};
use super::scan::running_counts;
use super::source::named;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Device, Shader};

/// Slots of a workgroup that sorts short rows.
const ROW_SLOTS: u32 = 2048;
/// Parts of a tile: few where there are not many tiles.
const PARTS: (u64, u64) = (2, 8);

/// A block sorted along an axis after which no other is longer than 1; of zeros, those with a sign come first.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn sort(
    device: &Device,
    axis: usize,
    block: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let (lanes, keys) = (rows(block, axis)?, Keys::whole(block.dtype)?);
    let mut recording = Recording::new(device, tenant);
    let out = recording.array(block.dtype, &block.shape)?;
    if lanes.n() == 0 {
        return Ok(out);
    }
    if keys.per_word() == 1 {
        sorted(&mut recording, Sort { keys, n_bits: keys.n_bits() }, lanes, block, &Out::Elements(&out))?;
    } else {
        let words = recording.array(DType::UInt32, &block.shape)?;
        sorted(&mut recording, Sort { keys, n_bits: keys.n_bits() }, lanes, block, &Out::Keys(&words))?;
        let n_words = lanes.n().div_ceil(keys.per_word().into());
        recording.add(pack(keys), &[&words, &out], &[lanes.n() as u32], invocations(n_words)?);
    }
    recording.dispatch()?;
    Ok(out)
}

/// The positions that sort a block along such an axis, as `int64`; of equal elements the first comes first.
///
/// # Errors
/// As [`sort`].
pub(crate) fn argsort(
    device: &Device,
    axis: usize,
    block: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let (lanes, keys) = (rows(block, axis)?, Keys::order(block.dtype)?);
    let mut recording = Recording::new(device, tenant);
    let out = recording.array(DType::Int64, &block.shape)?;
    if lanes.n() > 0 {
        let sort = Sort { keys, n_bits: keys.n_bits() };
        sorted(&mut recording, sort, lanes, block, &Out::Positions(&out))?;
        recording.dispatch()?;
    }
    Ok(out)
}

fn rows(block: &DeviceArray, axis: usize) -> Result<Lanes, Error> {
    let lanes = Lanes::new(&block.shape, axis)?;
    match lanes.inner {
        0 | 1 => Ok(lanes),
        _ => Err(Error::unsupported("order along an axis that is not the last")),
    }
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sort {
    pub(super) keys: Keys,
    /// How many of the keys' bits, the low ones, differ.
    pub(super) n_bits: u32,
}

/// What is made of sorted keys.
#[derive(Debug, Clone, Copy)]
pub(super) enum Out<'a> {
    /// The elements, of 32 bits or more.
    Elements(&'a DeviceArray),
    /// The keys themselves.
    Keys(&'a DeviceArray),
    /// Where in their rows they have been, as `int64`.
    Positions(&'a DeviceArray),
    /// The keys and where they have been, as `uint32`.
    Places(&'a DeviceArray, &'a DeviceArray),
    /// The keys, and values of 32 or 64 bits that go along with them: as they are, and where they come to.
    Values(&'a DeviceArray, &'a DeviceArray, &'a DeviceArray),
}

impl Out<'_> {
    fn has_places(&self) -> bool {
        matches!(self, Self::Positions(_) | Self::Places(..) | Self::Values(..))
    }

    /// What is bound, and whether each is written.
    fn arrays(&self) -> Vec<(&DeviceArray, bool)> {
        match *self {
            Self::Elements(array) | Self::Keys(array) | Self::Positions(array) => vec![(array, true)],
            Self::Places(keys, places) => vec![(keys, true), (places, true)],
            Self::Values(keys, from, to) => vec![(keys, true), (to, true), (from, false)],
        }
    }

    /// Declares bindings from `first` on, and `store(at, key, place)`.
    fn text(&self, keys: Keys, first: u32) -> String {
        let (unit, value) = match self {
            Self::Elements(_) => (keys.key(), keys.element("key")),
            Self::Keys(_) | Self::Places(..) | Self::Values(..) => (keys.key(), "key".to_owned()),
            Self::Positions(_) => ("vec2<u32>", "vec2<u32>(place, 0u)".to_owned()),
        };
        let mut text =
            format!("@group(0) @binding({first}) var<storage, read_write> sorted: array<{unit}>;\n");
        let (of, along) = match self {
            Self::Places(..) => ("u32", "place"),
            Self::Values(_, from, _) if from.dtype.itemsize() == 8 => ("vec2<u32>", "values[place]"),
            Self::Values(..) => ("u32", "values[place]"),
            _ => ("", ""),
        };
        if matches!(self, Self::Values(..)) {
            let binding = first + 2;
            _ = writeln!(text, "@group(0) @binding({binding}) var<storage, read> values: array<{of}>;");
        }
        let mut store = String::new();
        if !along.is_empty() {
            let binding = first + 1;
            _ = writeln!(text, "@group(0) @binding({binding}) var<storage, read_write> others: array<{of}>;");
            store = format!("    others[at] = {along};\n");
        }
        text + &format!("fn store(at: u32, key: Key, place: u32) {{\n    sorted[at] = {value};\n{store}}}\n")
    }
}

/// Records that rows are sorted.
pub(super) fn sorted(
    recording: &mut Recording<'_>,
    sort: Sort,
    lanes: Lanes,
    of: &DeviceArray,
    out: &Out<'_>,
) -> Result<(), Error> {
    if lanes.length > ROW_SLOTS {
        return by_digits(recording, sort, lanes, of, out);
    }
    let row_slots = lanes.length.next_power_of_two();
    let text = sort.keys.types().to_owned() + &input(sort.keys, true) + &out.text(sort.keys, 1);
    let bound = [vec![(of, false)], out.arrays()].concat();
    let (arrays, writes): (Vec<&DeviceArray>, Vec<bool>) = bound.into_iter().unzip();
    let shader = named("sort_rows", include_str!("../../../../shaders/sort_rows.wgsl"), &text, &writes);
    let workgroups = grid(lanes.outer.div_ceil(ROW_SLOTS / row_slots).into())?;
    recording.add(shader, &arrays, &[lanes.outer, lanes.length, row_slots.ilog2()], workgroups);
    Ok(())
}

/// Declares binding 0, and `key_at(at)`.
fn input(keys: Keys, is_first: bool) -> String {
    let (unit, load) = match is_first {
        true => (keys.unit(), keys.load("elements", "at")),
        false => (keys.key(), "elements[at]".to_owned()),
    };
    format!(
        "@group(0) @binding(0) var<storage, read> elements: array<{unit}>;\n\
         fn key_at(at: u32) -> Key {{ return {load}; }}\n"
    )
}

fn by_digits(
    recording: &mut Recording<'_>,
    sort: Sort,
    lanes: Lanes,
    of: &DeviceArray,
    out: &Out<'_>,
) -> Result<(), Error> {
    let keys = sort.keys;
    let part = if keys.is_wide() { 1024 } else { 2048 };
    let n_parts = (lanes.n() >> 20).clamp(PARTS.0, PARTS.1) as u32;
    let tile = part * n_parts;
    let n_tiles = lanes.length.div_ceil(tile);
    let workgroups = grid(u64::from(lanes.outer) * u64::from(n_tiles))?;
    let digits = Lanes { outer: lanes.outer, length: 256 * n_tiles, inner: 1 };
    let n_passes = sort.n_bits.div_ceil(8).max(1);
    let dtype = if keys.is_wide() { DType::UInt64 } else { DType::UInt32 };
    // Keys and places are read from one of two pairs of arrays, and written to the other.
    let (mut read, mut spare) = ((of.clone(), None), None);
    for pass in 0..n_passes {
        let (is_first, is_last) = (pass == 0, pass + 1 == n_passes);
        let words = [lanes.outer, lanes.length, n_tiles, tile, 8 * pass];
        let counts = recording.array(DType::UInt32, &digits.shape())?;
        recording.add(counts_shader(keys, is_first), &[&read.0, &counts], &words, workgroups);
        let counts = running_counts(recording, digits, &counts)?;
        let array = |dtype| recording.array(dtype, &[lanes.n()]);
        let own = match spare.take() {
            _ if is_last => None,
            None if out.has_places() => Some((array(dtype)?, Some(array(DType::UInt32)?))),
            None => Some((array(dtype)?, None)),
            own => own,
        };
        let to = match &own {
            None => *out,
            Some((keys, None)) => Out::Keys(keys),
            Some((keys, Some(places))) => Out::Places(keys, places),
        };
        let mut arrays: Vec<&DeviceArray> = [&read.0, &counts].into_iter().chain(&read.1).collect();
        let shader = scatter_shader(keys, is_first, &to, arrays.len());
        arrays.extend(to.arrays().iter().map(|(array, _)| array));
        recording.add(shader, &arrays, &words, workgroups);
        if let Some(own) = own {
            // The elements themselves are not written to.
            spare = Some(std::mem::replace(&mut read, own)).filter(|_| !is_first);
        }
    }
    Ok(())
}

fn counts_shader(keys: Keys, is_first: bool) -> Shader {
    let text = keys.types().to_owned() + &input(keys, is_first);
    named("sort_counts", include_str!("../../../../shaders/sort_counts.wgsl"), &text, &[false, true])
}

/// Of which `n_inputs` bindings are read.
fn scatter_shader(keys: Keys, is_first: bool, out: &Out<'_>, n_inputs: usize) -> Shader {
    let mut text = keys.types().to_owned() + &input(keys, is_first) + &out.text(keys, n_inputs as u32);
    let per_thread = if keys.is_wide() { 4 } else { 8 };
    let has_places = out.has_places();
    _ = writeln!(text, "const PER_THREAD = {per_thread}u;\nconst HAS_PLACES = {has_places};");
    let place = match has_places && !is_first {
        true => {
            text.push_str("@group(0) @binding(2) var<storage, read> places_in: array<u32>;\n");
            "places_in[at]"
        }
        false => "column",
    };
    _ = writeln!(text, "fn place_at(at: u32, column: u32) -> u32 {{ return {place}; }}");
    let written = out.arrays().into_iter().map(|(_, is_written)| is_written);
    let writes: Vec<bool> = std::iter::repeat_n(false, n_inputs).chain(written).collect();
    named("sort_scatter", include_str!("../../../../shaders/sort_scatter.wgsl"), &text, &writes)
}

fn pack(keys: Keys) -> Shader {
    let text = format!(
        "const PER_WORD = {}u;\nfn from_key(key: u32) -> u32 {{ return {}; }}\n",
        keys.per_word(),
        keys.element("key")
    );
    named("sort_pack", include_str!("../../../../shaders/sort_pack.wgsl"), &text, &[false, true])
}

#[cfg(test)]
mod tests;
