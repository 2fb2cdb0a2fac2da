//! Elements where a mask is true, and the places of true ones: the twins of `kernels::compress` and
//! `kernels::flatnonzero`.
//!
//! True elements are counted tile by tile, the counts added up, and the places written in order; then the rows at these
//! places are taken. How many there are must be known for the result, so that the call waits once.
//!
//! Least traffic: the mask is read twice, a byte an element; each that stays is a place written and read, and its row
//! read and written.

use std::fmt::Write as _;

use gristmill_data::{DType, Span};

use super::elementwise::countable;
use super::lanes::Lanes;
use super::recording::{Recording, grid};
use super::scan::running_counts;
use super::source::named;
use super::take::taken;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Device, Shader};
use crate::wgsl::IMMEDIATES_MAX;
use crate::wgsl::repr::Repr;

/// Elements that a workgroup takes in a turn.
const TURN: u32 = 4096;
/// Turns for a tile.
const TURNS: u32 = 4;

/// The elements of a block where a mask is true, in C order and without axes but one; or with an axis, its rows where a
/// mask of that length is.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn compress(
    device: &Device,
    axis: Option<usize>,
    mask: &DeviceArray,
    block: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let is_fit = match axis {
        Some(axis) => block.shape.get(axis).is_some_and(|&length| *mask.shape == [length]),
        None => mask.shape == block.shape,
    };
    if !is_fit {
        return Err(Error::unsupported("a mask of another shape"));
    }
    let mut recording = Recording::new(device, tenant);
    let places = places(&mut recording, mask, Places::Words)?;
    let flat = [block.shape.iter().product()];
    let out = match axis {
        Some(axis) => taken(&mut recording, axis, &places, block, None)?,
        None => {
            let flat = DeviceArray { shape: flat.as_slice().into(), ..block.clone() };
            taken(&mut recording, 0, &places, &flat, None)?
        }
    };
    recording.dispatch()?;
    Ok(out)
}

/// The places of a block's true elements, counted over the array that it is a part of, in C order, as `int64`.
///
/// # Errors
/// As [`compress`].
pub(crate) fn flatnonzero(
    device: &Device,
    spans: &[Span],
    array_shape: &[u64],
    block: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    if !spans.iter().map(|span| &span.length).eq(&*block.shape) || array_shape.len() != spans.len() {
        return Err(Error::unsupported("a block of another shape than its grid tells"));
    }
    let mut recording = Recording::new(device, tenant);
    let out = places(&mut recording, block, Places::Of { spans, array_shape })?;
    recording.dispatch()?;
    Ok(out)
}

/// How places are written.
#[derive(Debug, Clone, Copy)]
enum Places<'a> {
    /// Those in the mask, as `uint32`.
    Words,
    /// Those in an array that the mask is a part of, as `int64`.
    Of { spans: &'a [Span], array_shape: &'a [u64] },
}

fn places(
    recording: &mut Recording<'_>,
    mask: &DeviceArray,
    places: Places<'_>,
) -> Result<DeviceArray, Error> {
    if mask.dtype != DType::Boolean {
        return Err(Error::unsupported("a mask that is not of booleans"));
    }
    let dtype = match places {
        Places::Words => DType::UInt32,
        Places::Of { .. } => DType::Int64,
    };
    Repr::of(dtype, recording.device.facts())?;
    let more = match places {
        Places::Words => Vec::new(),
        Places::Of { spans, array_shape } => place_words(spans, array_shape),
    };
    if more.len() + 4 > IMMEDIATES_MAX {
        return Err(Error::unsupported("places in an array of so many axes"));
    }
    let n = countable(&mask.shape)?;
    let n_turns = n.div_ceil(TURN).clamp(1, TURNS);
    let n_tiles = n.div_ceil(TURN).div_ceil(n_turns);
    if n_tiles == 0 {
        return recording.array(dtype, &[0]);
    }
    let (words, workgroups) = ([n, n_turns, n_tiles], grid(n_tiles.into())?);
    let counts = recording.array(DType::UInt32, &[n_tiles.into()])?;
    recording.add(shader(None), &[mask, &counts], &words, workgroups);
    let counts = running_counts(recording, Lanes::row(n_tiles), &counts)?;
    recording.dispatch()?;
    let total = recording.device.words(&counts.buffer, u64::from(n_tiles) - 1, 1)?;
    let total = total.first().copied().unwrap_or(0);
    let out = recording.array(dtype, &[total.into()])?;
    if total > 0 {
        recording.add(shader(Some(places)), &[mask, &out, &counts], &[&words, &*more].concat(), workgroups);
    }
    Ok(out)
}

/// That counts, or that writes places.
fn shader(places: Option<Places<'_>>) -> Shader {
    let mut text = format!("const IS_COUNTS = {};\n", places.is_none());
    let (of, place) = match places {
        Some(Places::Of { spans, .. }) => ("i64", place(spans.len())),
        _ => ("u32", "    var place = at;\n".to_owned()),
    };
    _ = write!(
        text,
        "@group(0) @binding(1) var<storage, read_write> stored: array<{of}>;\n\
         fn store(nth: u32, at: u32) {{\n{place}    stored[nth] = place;\n}}\n"
    );
    let before = match places {
        Some(_) => {
            text.push_str("@group(0) @binding(2) var<storage, read> counts: array<u32>;\n");
            "counts[at]"
        }
        None => "0u",
    };
    _ = writeln!(text, "fn before(at: u32) -> u32 {{ return {before}; }}");
    let writes: &[bool] = if places.is_some() { &[false, true, false] } else { &[false, true] };
    named("compress", include_str!("../../../../shaders/compress.wgsl"), &text, writes)
}

/// Statements that make `place` in an array of the place `at` in a part of it; the words that they name follow the
/// first four: where the part begins, and of each axis from the last on its length and its stride.
fn place(n_axes: usize) -> String {
    let wide =
        |at: usize| format!("bitcast<i64>(u64(imm.words[{at}]) | (u64(imm.words[{}]) << 32u))", at + 1);
    let mut text = format!("    var rest = at;\n    var place = {};\n", wide(4));
    for axis in 0..n_axes {
        let length = 6 + 3 * axis;
        _ = writeln!(text, "    place += i64(u64(rest % imm.words[{length}])) * {};", wide(length + 1));
        _ = writeln!(text, "    rest = rest / imm.words[{length}];");
    }
    text
}

/// The words that those statements name.
fn place_words(spans: &[Span], array_shape: &[u64]) -> Vec<u32> {
    let wide = |number: u64| [number as u32, (number >> 32) as u32];
    let (mut first, mut stride) = (0_u64, 1_u64);
    let mut words = Vec::new();
    for (span, &length) in spans.iter().zip(array_shape).rev() {
        first = first.wrapping_add(span.start.wrapping_mul(stride));
        words.push(span.length as u32);
        words.extend(wide(stride));
        stride = stride.wrapping_mul(length);
    }
    wide(first).into_iter().chain(words).collect()
}

#[cfg(test)]
mod tests;
