//! Rows at positions along an axis: the twin of `kernels::take`.
//!
//! Elements are moved as words, so that every dtype is, whatever the adapter computes in. A position outside of the block
//! is found on the device; as the call waits for that, it costs a round trip.
//!
//! Least traffic: an element is read and written once, and its position read.

use gristmill_data::DType;

use super::elementwise::countable;
use super::lanes::Lanes;
use super::recording::{Recording, grid, invocations};
use super::source::named;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Device, Shader};

/// The rows of a block at these positions along an axis, in their order; the axes of `indices`, which are `int64` or
/// 32 bits wide, stand in place of the axis.
///
/// # Errors
/// [`Error::Unsupported`], also of a position outside of the block; and as the device fails.
pub(crate) fn take(
    device: &Device,
    axis: usize,
    indices: &DeviceArray,
    block: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let outside = device.zeros(DType::UInt32, &[1], tenant)?;
    let mut recording = Recording::new(device, tenant);
    let out = taken(&mut recording, axis, indices, block, Some(&outside))?;
    recording.dispatch()?;
    match device.words(&outside.buffer, 0, 1)?.first() {
        Some(0) => Ok(out),
        _ => Err(Error::unsupported("a position that is not in the block")),
    }
}

/// The same of positions of which it is known that they are in the block, without `outside`.
pub(super) fn taken(
    recording: &mut Recording<'_>,
    axis: usize,
    indices: &DeviceArray,
    block: &DeviceArray,
    outside: Option<&DeviceArray>,
) -> Result<DeviceArray, Error> {
    let lanes = Lanes::new(&block.shape, axis)?;
    let shape = [block.shape.get(..axis), Some(&*indices.shape), block.shape.get(axis + 1..)];
    let shape = shape.map(Option::unwrap_or_default).concat();
    let n = countable(&shape)?;
    let out = recording.array(block.dtype, &shape)?;
    let n_positions = countable(&indices.shape)?;
    if n == 0 || lanes.length == 0 {
        return match outside {
            // None of them is in the block, or nothing says whether they are.
            Some(_) if n_positions > 0 => Err(Error::unsupported("positions in nothing")),
            _ => Ok(out),
        };
    }
    let itemsize = block.dtype.itemsize() as u32;
    let row_nbytes = u64::from(lanes.inner) * u64::from(itemsize);
    let units = [(16, "vec4<u32>"), (8, "vec2<u32>"), (4, "u32")];
    let unit = units.into_iter().find(|&(nbytes, _)| row_nbytes.is_multiple_of(nbytes));
    let (shader, words, workgroups) = match unit {
        Some((nbytes, unit)) => {
            let (n_units, row_units) = (u64::from(n) * u64::from(itemsize) / nbytes, row_nbytes / nbytes);
            let words = [n_units as u32, row_units as u32, n_positions, lanes.length];
            (
                shader(Some(unit), indices.dtype, outside.is_some(), itemsize)?,
                words,
                grid(n_units.div_ceil(1024))?,
            )
        }
        None => {
            let n_words = n.div_ceil(4 / itemsize);
            let words = [n, lanes.inner, n_positions, lanes.length];
            (shader(None, indices.dtype, outside.is_some(), itemsize)?, words, invocations(n_words.into())?)
        }
    };
    let arrays = [Some(block), Some(&out), Some(indices), outside];
    recording.add(shader, &arrays.into_iter().flatten().collect::<Vec<_>>(), &words, workgroups);
    Ok(out)
}

fn shader(unit: Option<&str>, indices: DType, is_checked: bool, itemsize: u32) -> Result<Shader, Error> {
    let (position, place, is_inside) = match indices {
        DType::Int64 => ("vec2<u32>", "p.x", "p.y == 0u && p.x < length"),
        DType::Int32 => ("i32", "u32(p)", "p >= 0 && u32(p) < length"),
        DType::UInt32 => ("u32", "p", "p < length"),
        dtype => return Err(Error::unsupported(format!("positions of {dtype}"))),
    };
    let mut text = format!("@group(0) @binding(2) var<storage, read> positions: array<{position}>;\n");
    if is_checked {
        text.push_str("@group(0) @binding(3) var<storage, read_write> outside: array<atomic<u32>, 1>;\n");
    }
    let mark = match is_checked {
        true => format!(
            "    if !({is_inside}) {{\n        atomicMax(&outside[0], 1u);\n        return 0u;\n    }}\n"
        ),
        false => String::new(),
    };
    text += &format!(
        "fn position(nth: u32, length: u32) -> u32 {{\n    let p = positions[nth];\n{mark}    return {place};\n}}\n"
    );
    let writes: &[bool] = if is_checked { &[false, true, false, true] } else { &[false, true, false] };
    Ok(match unit {
        Some(unit) => {
            let text = format!("alias Unit = {unit};\n{text}");
            named("take", include_str!("../../../../shaders/take.wgsl"), &text, writes)
        }
        None => {
            let text = format!("const PER_WORD = {}u;\n{text}", 4 / itemsize.max(1));
            named("take_packed", include_str!("../../../../shaders/take_packed.wgsl"), &text, writes)
        }
    })
}

#[cfg(test)]
mod tests;
