//! How a product is cut into tiles and parts, and the shader of that.

use std::fmt::Write as _;

use super::super::source::named;
use super::Shapes;
use crate::device::Shader;
use crate::wgsl::TURNS_MAX;
use crate::wgsl::repr::Repr;

/// How much of k stands in a workgroup's memory at a time.
const TILE_K: u64 = 16;
/// How many turns that takes: one for each four, and one more.
const TURNS_PER_TILE: u64 = TILE_K / 4 + 1;
/// How much of it a workgroup goes along at most.
const K_MAX: u64 = TURNS_MAX as u64 / TURNS_PER_TILE * TILE_K;
/// How much of it a part has at least.
const K_MIN: u64 = 512;
/// With fewer workgroups than this, processors have nothing to do: two for each of the 132 of an H100.
const WORKGROUPS_WANTED: u64 = 264;

/// How a product is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tiling {
    tile_m: u64,
    tile_n: u64,
    /// Whether invocations make 8 by 8 elements rather than 4 by 4.
    is_wide: bool,
    /// Of one matrix.
    pub(super) n_tiles: u64,
    pub(super) n_parts: u64,
    pub(super) k_per_part: u64,
}

impl Tiling {
    pub(super) fn new(shapes: &Shapes, itemsize: usize) -> Self {
        let &Shapes { m, n, k, n_matrices, .. } = shapes;
        let tiles = |tile_m, tile_n| m.div_ceil(tile_m) * n.div_ceil(tile_n);
        // 8 by 8 numbers of double precision are more than an invocation's registers.
        let is_wide =
            itemsize == 4 && m > 64 && n > 64 && tiles(128, 128) * n_matrices >= WORKGROUPS_WANTED / 2;
        let (tile_m, tile_n) = match () {
            () if is_wide => (128, 128),
            () if n <= 32 => (128, 32),
            () if m <= 32 => (32, 128),
            () => (64, 64),
        };
        let n_tiles = tiles(tile_m, tile_n);
        let n_wanted = WORKGROUPS_WANTED / (n_tiles * n_matrices).max(1);
        let n_parts = n_wanted.min(k / K_MIN).max(k.div_ceil(K_MAX)).max(1);
        let k_per_part = k.div_ceil(n_parts).next_multiple_of(TILE_K).max(TILE_K);
        let n_parts = k.div_ceil(k_per_part).max(1);
        Self { tile_m, tile_n, is_wide, n_tiles, n_parts, k_per_part }
    }

    pub(super) fn shader(&self, shapes: &Shapes, repr: Repr, has_acc: bool) -> Shader {
        let element = repr.register();
        let Self { tile_m, tile_n, is_wide, .. } = self;
        let n_axes = shapes.stacks.lengths.len();
        let mut types = format!(
            "alias Element = {element};\nalias Four = vec4<{element}>;\n\
             const TILE_M: u32 = {tile_m}u;\nconst TILE_N: u32 = {tile_n}u;\nconst IS_WIDE: bool = {is_wide};\n\
             const N_AXES: u32 = {n_axes}u;\n"
        );
        // Whether rows begin where four elements do.
        let (of_k, of_n) = (shapes.k.is_multiple_of(4), shapes.n.is_multiple_of(4));
        types += &reader("left", 0, of_k, repr);
        types += &reader("right", 1, of_n, repr);
        types += &writer(2, of_n, repr);
        types += &match has_acc {
            true => reader("acc", 3, of_n, repr),
            false => "fn acc_four(at: u32, n: u32) -> Four { return Four(); }\n".to_owned(),
        };
        let writes = [false, false, true, false];
        let writes = writes.get(..3 + usize::from(has_acc)).unwrap_or(&writes);
        named("matmul", include_str!("../../../../../shaders/matmul.wgsl"), &types, writes)
    }
}

/// A binding, and a function that reads four elements of it: at once, or those that there are one by one.
fn reader(name: &str, binding: usize, is_aligned: bool, repr: Repr) -> String {
    let unit = unit(is_aligned, repr);
    let mut text = format!("@group(0) @binding({binding}) var<storage, read> {name}: array<{unit}>;\n");
    _ = writeln!(text, "fn {name}_four(at: u32, n: u32) -> Four {{");
    text += &match (is_aligned, repr) {
        (true, Repr::Double(_)) => format!("return Four({name}[at / 2u], {name}[at / 2u + 1u]);\n}}\n"),
        (true, _) => format!("return {name}[at / 4u];\n}}\n"),
        (false, _) => {
            let more = [("y", 1), ("z", 2), ("w", 3)].map(|(lane, further)| {
                format!("if n > {further}u {{ four.{lane} = {name}[at + {further}u]; }}\n")
            });
            format!("var four = Four();\nfour.x = {name}[at];\n{}return four;\n}}\n", more.concat())
        }
    };
    text
}

/// The result's binding, and a function that writes four elements of it.
fn writer(binding: usize, is_aligned: bool, repr: Repr) -> String {
    let unit = unit(is_aligned, repr);
    let mut text = format!("@group(0) @binding({binding}) var<storage, read_write> out: array<{unit}>;\n");
    text += "fn put_four(at: u32, n: u32, four: Four) {\n";
    text += &match (is_aligned, repr) {
        (true, Repr::Double(_)) => "out[at / 2u] = four.xy;\nout[at / 2u + 1u] = four.zw;\n}\n".to_owned(),
        (true, _) => "out[at / 4u] = four;\n}\n".to_owned(),
        (false, _) => {
            let more = [("y", 1), ("z", 2), ("w", 3)].map(|(lane, further)| {
                format!("if n > {further}u {{ out[at + {further}u] = four.{lane}; }}\n")
            });
            format!("out[at] = four.x;\n{}}}\n", more.concat())
        }
    };
    text
}

fn unit(is_aligned: bool, repr: Repr) -> String {
    if is_aligned { repr.group() } else { repr.unit().to_owned() }
}

#[cfg(test)]
mod tests;
