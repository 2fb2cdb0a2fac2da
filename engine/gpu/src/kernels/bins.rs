//! Elements counted by the bin that they fall into: the twins of `kernels::bincount` and `kernels::histogram`.
//!
//! Up to 4096 bins are counted in workgroup memory first, more in the result itself. Counts are whole numbers, so that
//! the order in which they are added up is of no matter.
//!
//! Least traffic: an element is read once, or twice by `bincount`, which must know the greatest one for its result.

use gristmill_data::{Chunk, DType};

use super::elementwise::countable;
use super::keys::Keys;
use super::recording::Recording;
use super::source::named;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;
use crate::wgsl::WORKGROUP;

/// How many bins a workgroup counts for itself.
const SHARED_MAX: u64 = 4096;
/// How many bins there may be.
const BINS_MAX: u64 = 1 << 31;
/// Workgroups that keep a device busy.
const WORKGROUPS_ENOUGH: u32 = 2048;
/// Elements of an invocation: as many as there are, up to these; each takes up to 33 turns of the shader's loops.
const ELEMENTS: (u32, u32) = (32, 1024);

/// How often each whole number from 0 on is in a block, as `int64`; up to the greatest one, and at least `n_least` of
/// them.
///
/// # Errors
/// [`Error::Unsupported`], also of a negative number; and as the device fails.
pub(crate) fn bincount(
    device: &Device,
    block: &DeviceArray,
    n_least: u64,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let n = countable(&block.shape)?;
    let number = number(block.dtype, "elements", 0)?;
    let mut n_bins = n_least;
    let mut recording = Recording::new(device, tenant);
    let (n_turns, workgroups) = turns(n);
    if n > 0 {
        let greatest = device.zeros(DType::UInt32, &[1], tenant)?;
        let text = include_str!("../../../../shaders/bins_max.wgsl");
        let shader = named("bins_max", text, &number, &[false, true]);
        recording.add(shader, &[block, &greatest], &[n, n_turns], workgroups);
        recording.dispatch()?;
        match device.words(&greatest.buffer, 0, 1)?.first() {
            Some(&greatest) if greatest < u32::MAX => n_bins = n_bins.max(u64::from(greatest) + 1),
            _ => return Err(Error::unsupported("numbers that are negative or too large to be counted")),
        }
    }
    let counts = zeros(device, n_bins, tenant)?;
    if n > 0 {
        count(&mut recording, &(number + BIN_OF_NUMBER), &[block, &counts], &[false, true])?;
        recording.dispatch()?;
    }
    Ok(counts)
}

/// How many points fall into each bin between edges that rise, as `int64`: the last bin has its last edge, and NaN falls
/// into none. Points and edges are of one axis and one dtype.
///
/// # Errors
/// [`Error::Unsupported`], also of edges that do not rise; and as the device fails.
pub(crate) fn histogram(
    device: &Device,
    edges: &Chunk,
    points: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    if edges.dtype() != points.dtype {
        return Err(Error::unsupported("points and edges of different dtypes"));
    }
    // It says what is wrong with the edges, if anything.
    let no_points =
        Chunk::try_new(points.dtype, &[0], gristmill_data::arrow::buffer::Buffer::default(), None)?;
    gristmill_kernels::histogram(std::slice::from_ref(edges), &[no_points], None)?;
    let keys = Keys::order(points.dtype)?;
    let n_bins = edges.n_elements() as u64 - 1;
    let counts = zeros(device, n_bins, tenant)?;
    if countable(&points.shape)? == 0 || n_bins == 0 {
        return Ok(counts);
    }
    let edges = device.copy_in(edges, tenant)?;
    let mut recording = Recording::new(device, tenant);
    let text = keys.types().to_owned() + &bin(keys);
    count(&mut recording, &text, &[points, &counts, &edges], &[false, true, false])?;
    recording.dispatch()?;
    Ok(counts)
}

/// Records that the elements of the first array are counted, each where `bin(at)` says, and added to the counts in the
/// second.
pub(super) fn count(
    recording: &mut Recording<'_>,
    bin: &str,
    arrays: &[&DeviceArray],
    writes: &[bool],
) -> Result<(), Error> {
    let [of, counts, ..] = arrays else { return Ok(()) };
    let (n, n_bins) = (countable(&of.shape)?, counts.n_elements());
    let text = format!("const IS_SHARED = {};\n{bin}", n_bins <= SHARED_MAX);
    let writes = writes.get(..arrays.len()).unwrap_or(writes);
    let shader = named("bins", include_str!("../../../../shaders/bins.wgsl"), &text, writes);
    let (n_turns, workgroups) = turns(n);
    recording.add(shader, arrays, &[n, n_turns, n_bins as u32], workgroups);
    Ok(())
}

/// Counts of so many bins.
fn zeros(device: &Device, n_bins: u64, tenant: u32) -> Result<DeviceArray, Error> {
    if n_bins > BINS_MAX {
        return Err(Error::unsupported(format!("{n_bins} bins")));
    }
    device.zeros(DType::Int64, &[n_bins], tenant)
}

/// How many elements an invocation takes, and workgroups for all.
fn turns(n: u32) -> (u32, [u32; 3]) {
    let n_groups = n.div_ceil(WORKGROUP).max(1);
    let n_turns = n_groups.div_ceil(WORKGROUPS_ENOUGH).clamp(ELEMENTS.0, ELEMENTS.1);
    (n_turns, [n_groups.div_ceil(n_turns), 1, 1])
}

/// `number(at)`, the whole number at a place of a binding, or 0xffffffff.
pub(super) fn number(dtype: DType, name: &str, binding: u32) -> Result<String, Error> {
    let keys = Keys::whole(dtype)?;
    let (bits, n_bits) = (keys.bits(name, "at"), keys.n_bits());
    let number = match dtype {
        DType::Boolean | DType::UInt8 | DType::UInt16 | DType::UInt32 => bits,
        DType::Int8 | DType::Int16 | DType::Int32 => {
            format!("select({bits}, 0xffffffffu, ({bits}) >= {:#x}u)", 1_u32 << (n_bits - 1))
        }
        DType::Int64 | DType::UInt64 => format!("select({bits}.x, 0xffffffffu, {bits}.y != 0u)"),
        _ => return Err(Error::unsupported(format!("{dtype} as whole numbers"))),
    };
    Ok(format!(
        "@group(0) @binding({binding}) var<storage, read> {name}: array<{}>;\n\
         fn number(at: u32) -> u32 {{ return {number}; }}\n",
        keys.unit()
    ))
}

const BIN_OF_NUMBER: &str = "fn bin(at: u32) -> u32 { return number(at); }\n";

/// `bin(at)` of a point of binding 0, between the edges of binding 2.
fn bin(keys: Keys) -> String {
    let (unit, point, edge) = (keys.unit(), keys.load("points", "at"), keys.load("edges", "at"));
    format!(
        "@group(0) @binding(0) var<storage, read> points: array<{unit}>;\n\
         @group(0) @binding(2) var<storage, read> edges: array<{unit}>;\n\
         fn point(at: u32) -> Key {{ return {point}; }}\n\
         fn edge(at: u32) -> Key {{ return {edge}; }}\n\
         fn is_nan(key: Key) -> bool {{ return {}; }}\n{}",
        keys.is_nan("key"),
        include_str!("../../../../shaders/histogram_bin.wgsl")
    )
}

#[cfg(test)]
mod tests;
