//! Sums of windows times weights: the twin of `kernels::convolve`.
//!
//! At least, the block is read once and the sums are written once. Each product takes a little more than one element of a
//! workgroup's memory, which an H100 keeps up with to some 15 weights in single precision; with more, that bounds it.

use gristmill_data::DType;
use gristmill_kernels::convolve_shape;

use super::elementwise::countable;
use super::source::named;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Device, Dispatch, Window};
use crate::wgsl::WORKGROUPS_MAX;
use crate::wgsl::repr::Repr;

/// How much of a workgroup's memory a box and what its windows reach may take, in bytes: what WebGPU promises.
const REACHED_NBYTES_MAX: u64 = 16 << 10;
/// Lengths of boxes, along the last axis first, that are tried one after the other: of 1024 elements, then of fewer.
const BOXES: [&[[u64; 3]]; 3] = [
    &[[1024, 1, 1], [256, 1, 1]],
    &[[64, 16, 1], [32, 32, 1], [32, 8, 1], [16, 8, 1]],
    &[[32, 8, 4], [32, 4, 2], [16, 4, 4], [8, 4, 4]],
];

/// For each window of a block the sum of its elements times the weights.
///
/// # Errors
/// [`Error::Unsupported`] of other dtypes than `float32` and `float64`, windows that are larger than a workgroup's memory,
/// and arrays that are larger than what a shader sees at once.
pub(crate) fn convolve(
    device: &Device,
    block: &DeviceArray,
    weights: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let dtype = block.dtype;
    if !matches!(dtype, DType::Float32 | DType::Float64) || weights.dtype != dtype {
        return Err(Error::unsupported(format!("windows of {dtype} times weights of {}", weights.dtype)));
    }
    let element = Repr::of(dtype, device.facts())?.register();
    let shape = convolve_shape(&block.shape, &weights.shape)?;
    countable(&block.shape)?;
    let [whole, window, result] = [&block.shape, &weights.shape, &shape[..]].map(three);
    let lengths = box_of(shape.len(), window, dtype.itemsize() as u64)?;
    let [[x, y, z], [window_x, window_y, window_z]] = [lengths, window];
    let types = format!(
        "alias Element = {element};\nalias Four = vec4<{element}>;\n\
         const BOX_X: u32 = {x}u;\nconst BOX_Y: u32 = {y}u;\nconst BOX_Z: u32 = {z}u;\n\
         const WINDOW_X: u32 = {window_x}u;\nconst WINDOW_Y: u32 = {window_y}u;\nconst WINDOW_Z: u32 = {window_z}u;\n"
    );
    let text = include_str!("../../../../shaders/convolve.wgsl");
    let shader = named("convolve", text, &types, &[false, false, true]);
    let mut n_boxes = result.into_iter().zip(lengths).map(|(length, side)| length.div_ceil(side));
    let [across, down, deep] = std::array::from_fn(|_| n_boxes.next().unwrap_or(1));
    let all = across * down * deep;
    let words = [0, all].into_iter().chain(whole).chain(result).chain([across, down]);
    let out = device.array(dtype, &shape, tenant)?;
    let bindings = [block, weights, &out].map(|array| Window::whole(&array.buffer)).to_vec();
    let beside = all.min(WORKGROUPS_MAX.into());
    let workgroups = [beside as u32, all.div_ceil(beside) as u32, 1];
    if all.div_ceil(beside) > WORKGROUPS_MAX.into() {
        return Err(Error::unsupported(format!("{all} boxes")));
    }
    let words = words.map(|word| word as u32).collect();
    device.dispatch(vec![Dispatch { shader, bindings, words, workgroups }])?;
    Ok(out)
}

/// The largest box whose windows fit into a workgroup's memory.
fn box_of(ndim: usize, window: [u64; 3], itemsize: u64) -> Result<[u64; 3], Error> {
    let boxes = BOXES.get(ndim.saturating_sub(1)).copied().unwrap_or_default();
    let reached = |lengths: &[u64; 3]| {
        lengths.iter().zip(window).map(|(length, window)| length + window - 1).product::<u64>() * itemsize
    };
    let fits = boxes.iter().find(|lengths| reached(lengths) <= REACHED_NBYTES_MAX);
    fits.copied().ok_or_else(|| Error::unsupported(format!("windows of {window:?} elements")))
}

/// The lengths along three axes, the last one first; those that are not there are 1.
fn three(shape: &[u64]) -> [u64; 3] {
    let mut lengths = [1; 3];
    lengths.iter_mut().zip(shape.iter().rev()).for_each(|(to, from)| *to = *from);
    lengths
}

#[cfg(test)]
mod tests;
