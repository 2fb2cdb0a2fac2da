//! Products of matrices: the twin of `kernels::matmul`.
//!
//! A product takes 2 m n k operations, which bound it when both matrices are large: 67 TFLOP/s in single and 34 in double
//! precision on an H100. Tiles of 128 by 128 read 1/64 of an element for each multiplication, which its memory keeps up
//! with. What bounds products with few rows or columns is that each matrix is read once; when there are too few tiles for
//! all processors, k is cut into parts, whose products are added in their order afterwards: the result of the same
//! matrices is the same in every bit.
//!
//! Floats are multiplied and added, fused or not as the driver likes; integers wrap around.
//!
//! # Layout
//! - this file: shapes, and the dispatches
//! - `tiles`: which tiles and parts, and the shader of them

mod tiles;

use gristmill_data::broadcast_shapes;

use super::elementwise::countable;
use super::source::named;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Device, Dispatch, Window};
use crate::wgsl::index::Axes;
use crate::wgsl::repr::Repr;
use crate::wgsl::{IMMEDIATES_MAX, WORKGROUP, WORKGROUPS_MAX};
use tiles::Tiling;

/// The word of the immediates at which the axes of stacks begin.
const AXES_AT: usize = 12;

/// The product of two matrices, or of stacks of them, added to `acc`.
///
/// # Errors
/// [`Error::Unsupported`] of other dtypes than integers of 32 and 64 bits and floats of both precisions, two different
/// ones, and matrices that are larger than what a shader sees at once.
pub(crate) fn matmul(
    device: &Device,
    left: &DeviceArray,
    right: &DeviceArray,
    acc: Option<&DeviceArray>,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let (dtype, facts) = (left.dtype, device.facts());
    if right.dtype != dtype || acc.is_some_and(|acc| acc.dtype != dtype) {
        return Err(Error::unsupported("products of two dtypes"));
    }
    let repr = match Repr::of(dtype, facts)? {
        repr @ (Repr::Word(_) | Repr::Double(_)) => repr,
        _ => return Err(Error::unsupported(format!("products of {dtype}"))),
    };
    let shapes = Shapes::new(&left.shape, &right.shape)?;
    if acc.is_some_and(|acc| *acc.shape != *shapes.result) {
        return Err(Error::unsupported("a product that is added to another shape"));
    }
    let out = device.array(dtype, &shapes.result, tenant)?;
    if out.n_elements() == 0 {
        return Ok(out);
    }
    let tiling = Tiling::new(&shapes, dtype.itemsize());
    if tiling.n_parts == 1 {
        device.dispatch(products(&shapes, &tiling, repr, [left, right], acc, &out)?)?;
        return Ok(out);
    }
    let parts = device.array(dtype, &[tiling.n_parts, out.n_elements()], tenant)?;
    countable(&parts.shape)?;
    let mut dispatches = products(&shapes, &tiling, repr, [left, right], None, &parts)?;
    dispatches.push(sum(repr, tiling.n_parts, &parts, acc, &out)?);
    device.dispatch(dispatches)?;
    Ok(out)
}

/// What is multiplied by what: matrices of `m` by `k` and `k` by `n`.
#[derive(Debug)]
struct Shapes {
    m: u64,
    k: u64,
    n: u64,
    /// The axes of stacks: how many matrices there are, and where those of both operands are.
    stacks: Axes,
    n_matrices: u64,
    result: Vec<u64>,
}

impl Shapes {
    fn new(left: &[u64], right: &[u64]) -> Result<Self, Error> {
        countable(left)?;
        countable(right)?;
        let (left_outer, m, left_k) = match left {
            [] => return Err(Error::unsupported("products of single elements")),
            [k] => (&[][..], None, *k),
            [outer @ .., m, k] => (outer, Some(*m), *k),
        };
        let (right_outer, right_k, n) = match right {
            [] => return Err(Error::unsupported("products of single elements")),
            [k] => (&[][..], *k, None),
            [outer @ .., k, n] => (outer, *k, Some(*n)),
        };
        if left_k != right_k {
            return Err(Error::unsupported(format!("{left_k} columns by {right_k} rows")));
        }
        let outer = broadcast_shapes(&[left_outer, right_outer])?;
        let result: Vec<u64> = outer.iter().copied().chain(m).chain(n).collect();
        countable(&result)?;
        let stacks = Axes::new(&outer, &[left_outer, right_outer]);
        if AXES_AT + 3 * stacks.lengths.len() > IMMEDIATES_MAX {
            return Err(Error::unsupported("stacks that broadcast along too many axes"));
        }
        let (m, n, n_matrices) = (m.unwrap_or(1), n.unwrap_or(1), outer.iter().product());
        Ok(Self { m, k: left_k, n, stacks, n_matrices, result })
    }
}

/// The calls that make all tiles.
fn products(
    shapes: &Shapes,
    tiling: &Tiling,
    repr: Repr,
    [left, right]: [&DeviceArray; 2],
    acc: Option<&DeviceArray>,
    out: &DeviceArray,
) -> Result<Vec<Dispatch>, Error> {
    let shader = tiling.shader(shapes, repr, acc.is_some());
    let arrays = [Some(left), Some(right), Some(out), acc];
    let bindings: Vec<Window> =
        arrays.into_iter().flatten().map(|array| Window::whole(&array.buffer)).collect();
    let &Shapes { m, n, k, n_matrices, .. } = shapes;
    let fixed = [0, 0, 0, 0, m, n, k, tiling.n_tiles, tiling.k_per_part, tiling.n_parts, n_matrices, 0];
    let Axes { lengths, strides } = &shapes.stacks;
    let strides_of = |operand: usize| strides.get(operand).into_iter().flatten().copied();
    let axes = lengths.iter().zip(strides_of(0)).zip(strides_of(1));
    let axes = axes.flat_map(|((&length, left), right)| [length, left, right]);
    let words: Vec<u32> = fixed.map(|word| word as u32).into_iter().chain(axes).collect();
    let x = tiling.n_tiles.min(WORKGROUPS_MAX.into());
    let y = tiling.n_tiles.div_ceil(x);
    if y > WORKGROUPS_MAX.into() {
        return Err(Error::unsupported(format!("{} tiles", tiling.n_tiles)));
    }
    let all = n_matrices * tiling.n_parts;
    let dispatches = (0..all).step_by(WORKGROUPS_MAX as usize).map(|before| {
        let mut words = words.clone();
        words.splice(AXES_AT - 1..AXES_AT, [before as u32]);
        let workgroups = [x as u32, y as u32, (all - before).min(WORKGROUPS_MAX.into()) as u32];
        Dispatch { shader: shader.clone(), bindings: bindings.clone(), words, workgroups }
    });
    Ok(dispatches.collect())
}

/// The call that adds the parts.
fn sum(
    repr: Repr,
    n_parts: u64,
    parts: &DeviceArray,
    acc: Option<&DeviceArray>,
    out: &DeviceArray,
) -> Result<Dispatch, Error> {
    let element = repr.register();
    let of_acc = match acc {
        Some(_) => {
            "@group(0) @binding(2) var<storage, read> acc: array<Element>;\n\
                    fn acc_at(at: u32) -> Element { return acc[at]; }\n"
        }
        None => "fn acc_at(at: u32) -> Element { return Element(0); }\n",
    };
    let types = format!("alias Element = {element};\n{of_acc}");
    let writes = [false, true, false];
    let writes = writes.get(..2 + usize::from(acc.is_some())).unwrap_or(&writes);
    let text = include_str!("../../../../shaders/matmul_sum.wgsl");
    let shader = named("matmul_sum", text, &types, writes);
    let arrays = [Some(parts), Some(out), acc];
    let bindings = arrays.into_iter().flatten().map(|array| Window::whole(&array.buffer)).collect();
    let n = out.n_elements();
    let workgroups = [n.div_ceil(WORKGROUP.into()).min(WORKGROUPS_MAX.into()) as u32, 1, 1];
    Ok(Dispatch { shader, bindings, words: vec![0, n as u32, n_parts as u32], workgroups })
}

#[cfg(test)]
mod tests;
