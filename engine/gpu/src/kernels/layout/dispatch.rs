//! A box as a call of a shader.

use super::super::source::named;
use super::plan::{Axis, Extent, Plan};
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Dispatch, Shader, Window};
use crate::wgsl::{IMMEDIATES_MAX, WORKGROUP, WORKGROUPS_MAX};

/// From which lengths on axes are turned in squares.
const TURNED_MIN: u64 = 16;
/// The sides of such a square, as the shader has it.
const SIDE: u64 = 32;

/// The call that copies it.
pub(super) fn dispatch(plan: &Plan, from: &DeviceArray, to: &DeviceArray) -> Result<Dispatch, Error> {
    let (read, written) = (plan.read(), plan.written());
    let window = |array: &DeviceArray, extent: Extent| Window {
        buffer: array.buffer.clone(),
        offset: extent.offset,
        nbytes: extent.nbytes,
    };
    let bindings = vec![window(from, read), window(to, written)];
    let first = [(plan.from, read), (plan.to, written)]
        .map(|(first, extent)| (first - (extent.offset / plan.itemsize) as i64) as u32);
    let (shader, words, n_workgroups) = match (turned(plan), plan.itemsize < 4) {
        (Some(turned), _) => turned.call(plan, first)?,
        (None, true) => packed(plan, first)?,
        (None, false) => strided(plan, first)?,
    };
    if words.len() > IMMEDIATES_MAX {
        return Err(Error::unsupported(format!("a box of {} axes", plan.axes.len())));
    }
    let workgroups = [n_workgroups.min(WORKGROUPS_MAX.into()) as u32, 1, 1];
    Ok(Dispatch { shader, bindings, words, workgroups })
}

/// A shader, its immediates, and how many workgroups there is work for.
type Call = (Shader, Vec<u32>, u64);

fn strided(plan: &Plan, [from, to]: [u32; 2]) -> Result<Call, Error> {
    let n = n_elements(&plan.axes);
    let types = types(plan, plan.axes.len())?;
    let shader = shader("strided", include_str!("../../../../../shaders/strided.wgsl"), &types);
    let words = [0, n as u32, from, to].into_iter().chain(words(&plan.axes)).collect();
    Ok((shader, words, n.div_ceil(WORKGROUP.into())))
}

fn packed(plan: &Plan, [from, to]: [u32; 2]) -> Result<Call, Error> {
    let per_word = 4 / plan.itemsize;
    // A row is written in one piece; where neighbours are apart, each is a row.
    let (inner, outer) = match plan.axes.split_last() {
        Some((inner, outer)) if inner.to == 1 => (*inner, outer),
        _ => (Axis { length: 1, from: 1, to: 1 }, &plan.axes[..]),
    };
    let n_words = (inner.length + per_word - 2) / per_word + 1;
    let n = n_elements(outer) * n_words;
    if n > u32::MAX.into() {
        return Err(Error::unsupported(format!("{n} words at once")));
    }
    let types = bits(plan, outer.len());
    let shader = shader("packed", include_str!("../../../../../shaders/packed.wgsl"), &types);
    let fixed = [0, n as u32, from, to, inner.length as u32, inner.from as u32, n_words as u32];
    Ok((shader, fixed.into_iter().chain(words(outer)).collect(), n.div_ceil(WORKGROUP.into())))
}

/// Two axes that change places as to which one's elements are neighbours.
struct Turned {
    /// In order where it is read.
    read: Axis,
    /// In order where it is written.
    written: Axis,
    outer: Vec<Axis>,
}

/// The axis along which elements lie nearest to each other where they are read, if it is not that where they are written.
fn turned(plan: &Plan) -> Option<Turned> {
    let (&written, outer) = plan.axes.split_last()?;
    let apart = outer.iter().enumerate().filter(|(_, axis)| axis.from != 0);
    let nearest = apart.min_by_key(|(_, axis)| axis.from.unsigned_abs());
    let (at, &read) = nearest.filter(|(_, axis)| axis.from.unsigned_abs() < written.from.unsigned_abs())?;
    let outer = outer.iter().enumerate().filter(|&(n, _)| n != at).map(|(_, axis)| *axis).collect();
    let fits = read.length.min(written.length) >= TURNED_MIN && (plan.itemsize >= 4 || written.to == 1);
    fits.then_some(Turned { read, written, outer })
}

impl Turned {
    fn call(&self, plan: &Plan, [from, to]: [u32; 2]) -> Result<Call, Error> {
        let Self { read, written, outer } = self;
        let n = n_elements(outer) * read.length.div_ceil(SIDE) * written.length.div_ceil(SIDE);
        let shader = if plan.itemsize < 4 {
            let text = include_str!("../../../../../shaders/transpose_packed.wgsl");
            shader("transpose_packed", text, &bits(plan, outer.len()))
        } else {
            let text = include_str!("../../../../../shaders/transpose.wgsl");
            shader("transpose", text, &types(plan, outer.len())?)
        };
        let fixed = [0, n as u32, from, to, read.length as u32, written.length as u32];
        let strides = [read.from, read.to, written.from, written.to].map(|stride| stride as u32);
        Ok((shader, fixed.into_iter().chain(strides).chain(words(outer)).collect(), n))
    }
}

fn n_elements(axes: &[Axis]) -> u64 {
    axes.iter().map(|axis| axis.length).product()
}

/// Strides that are negative wrap around, as the sums that shaders make of them do.
fn words(axes: &[Axis]) -> impl Iterator<Item = u32> {
    axes.iter().flat_map(|axis| [axis.length as u32, axis.from as u32, axis.to as u32])
}

fn bits(plan: &Plan, n_axes: usize) -> String {
    format!("const BITS: u32 = {}u;\nconst N_AXES: u32 = {n_axes}u;\n", 8 * plan.itemsize)
}

fn types(plan: &Plan, n_axes: usize) -> Result<String, Error> {
    let element = match plan.itemsize {
        4 => "u32",
        8 => "vec2<u32>",
        16 => "vec4<u32>",
        other => return Err(Error::unsupported(format!("elements of {other} B"))),
    };
    Ok(format!("alias Element = {element};\nconst N_AXES: u32 = {n_axes}u;\n"))
}

fn shader(name: &'static str, text: &str, types: &str) -> Shader {
    named(name, text, types, &[false, true])
}
