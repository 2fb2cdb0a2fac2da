//! A program's results folded along axes, in one pass over its inputs.
//!
//! Floor: the bytes of the inputs. A workgroup has 256 / L results at a time, each with L invocations that take every
//! L-th of what is to be folded, four at once; then they merge theirs in a tree. Where there are few results, what is
//! folded is split, and the parts are folded by a second dispatch. The order is the same whenever sizes are, so that
//! results are bit-equal on one device.

use std::fmt::Write as _;

use gristmill_data::{DType, broadcast_shapes};
use gristmill_kernels::ScanKind;
use gristmill_kernels::expr::{Expr, ExprBuilder};

use super::elementwise::countable;
use super::running::{Parts, Running};
use super::source::{Immediates, Operand, Source, locator};
use crate::Error;
use crate::array::DeviceArray;
use crate::device::{Device, Dispatch, Shader, Window};
use crate::wgsl::index::Axes;
use crate::wgsl::program;
use crate::wgsl::{TURNS_MAX, WORKGROUP, WORKGROUPS_MAX};

/// How many invocations a device should have at least: twice what the largest has at a time.
const INVOCATIONS: u32 = 1 << 19;
/// How many elements an invocation folds at once.
const UNROLL: u32 = 4;
/// How many elements an invocation should have at least.
const ELEMENTS_MIN: u32 = 16;

/// How far beyond the last element an invocation may look.
const ELEMENTS_MARGIN: u32 = 4 * WORKGROUP * UNROLL;

/// The program's results, as `acc`, folded along axes, which stay with length 1.
///
/// # Errors
/// [`Error::Unsupported`], also of nothing to fold, and as the device fails.
pub(crate) fn fold(
    device: &Device,
    kind: ScanKind,
    acc: DType,
    expr: &Expr,
    axes: &[u32],
    operands: &[Operand],
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let shapes: Vec<&[u64]> = operands.iter().map(Operand::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    // Positions beyond the last element are counted, too, before they are left out.
    if countable(&shape)? > u32::MAX - ELEMENTS_MARGIN {
        return Err(Error::unsupported("as many elements at once"));
    }
    if shape.contains(&0) {
        return Err(Error::unsupported("nothing to fold"));
    }
    let plan = Plan::new(&shape, axes)?;
    let turns = u64::from(plan.turns()) * u64::from(UNROLL * program::turns(expr));
    if device.facts().is_software && turns > TURNS_MAX.into() {
        return Err(Error::unsupported("a program with loops, folded by software"));
    }
    let expr = as_dtype(expr, acc)?;
    let facts = device.facts();
    let merging = Running { kind, skip_nan: false, of: acc, total: acc, result: acc }.parts(facts)?;
    let mut immediates = Immediates::new(&[0, plan.n_out, plan.n_folded, plan.per_split]);
    let by_input = Axes::new(&shape, &shapes);
    let source = Source::new(&expr, operands, &by_input, false, &mut immediates, facts)?;
    let mut text = source.text.clone();
    for (name, along) in [("kept_at", &plan.kept), ("folded_at", &plan.folded)] {
        let along: Vec<_> = along.iter().map(|&(length, stride)| (immediates.push(length), stride)).collect();
        text.push_str(&locator(name, &along, &mut immediates));
    }
    immediates.check()?;
    let n_bound = source.n_bound();
    text.push_str(&body(&merging, plan.n_lanes, n_bound, operands.len()));
    let writes = (0..=n_bound).map(|binding| binding == n_bound).collect();
    let shader = Shader { name: "reduce", text: text.into(), writes };
    let mut parts_shape = plan.out_shape.clone();
    parts_shape.insert(0, plan.n_splits.into());
    let out = device.array(acc, &parts_shape, tenant)?;
    let arrays = operands.iter().filter_map(|operand| match operand {
        Operand::Array(array) => Some(array),
        _ => None,
    });
    let bindings = arrays.chain([&out]).map(|array| Window::whole(&array.buffer)).collect();
    let words = immediates.words().to_vec();
    device.dispatch(vec![Dispatch { shader, bindings, words, workgroups: plan.workgroups() }])?;
    if plan.n_splits == 1 {
        return Ok(DeviceArray { shape: plan.out_shape.into(), ..out });
    }
    let mut builder = ExprBuilder::new();
    let part = builder.input(acc)?;
    let folded = fold(device, kind, acc, &builder.finish(part), &[0], &[Operand::Array(out)], tenant)?;
    Ok(DeviceArray { shape: plan.out_shape.into(), ..folded })
}

/// The program with its result as this dtype.
fn as_dtype(expr: &Expr, dtype: DType) -> Result<Expr, Error> {
    let (mut builder, result) = ExprBuilder::of(expr);
    let result = builder.cast(result, dtype)?;
    Ok(builder.finish(result))
}

/// How a fold is spread over invocations.
#[derive(Debug)]
struct Plan {
    /// The shape with folded axes of length 1.
    out_shape: Vec<u64>,
    n_out: u32,
    n_folded: u32,
    /// Axes that stay and that go: lengths, and how far apart elements are along each.
    kept: Vec<(u32, u32)>,
    folded: Vec<(u32, u32)>,
    /// Invocations of one result, a power of two.
    n_lanes: u32,
    n_splits: u32,
    per_split: u32,
}

impl Plan {
    fn new(shape: &[u64], axes: &[u32]) -> Result<Self, Error> {
        let (mut kept, mut folded) = (Vec::<(u32, u32)>::new(), Vec::<(u32, u32)>::new());
        let mut out_shape = shape.to_vec();
        let (mut stride, mut last_is_folded, mut inner_is_folded) = (1, None, true);
        for (axis, length) in out_shape.iter_mut().enumerate().rev() {
            let is_folded = axes.contains(&(axis as u32));
            let n = *length as u32;
            if is_folded {
                *length = 1;
            }
            if n == 1 {
                continue;
            }
            let of = if is_folded { &mut folded } else { &mut kept };
            match of.last_mut().filter(|_| last_is_folded == Some(is_folded)) {
                // Neighbours of one kind are one axis.
                Some((inner, _)) => *inner *= n,
                None => of.push((n, stride)),
            }
            if last_is_folded.is_none() {
                inner_is_folded = is_folded;
            }
            last_is_folded = Some(is_folded);
            stride *= n;
        }
        kept.reverse();
        folded.reverse();
        let count = |axes: &[(u32, u32)]| axes.iter().map(|(length, _)| length).product::<u32>();
        let (n_out, n_folded) = (count(&kept), count(&folded));
        if n_out == 0 || n_folded == 0 {
            return Err(Error::unsupported("nothing to fold"));
        }
        let n_lanes = n_lanes(n_out, n_folded, inner_is_folded);
        let mut plan =
            Self { out_shape, n_out, n_folded, kept, folded, n_lanes, n_splits: 1, per_split: n_folded };
        plan.split()?;
        Ok(plan)
    }

    /// Splits what is folded where there are too few results to keep a device busy.
    fn split(&mut self) -> Result<(), Error> {
        let busy = self.n_tiles().saturating_mul(WORKGROUP);
        let wanted = (INVOCATIONS / busy.max(1)).min(self.n_folded / (self.n_lanes * ELEMENTS_MIN));
        let n_splits = wanted.clamp(1, WORKGROUPS_MAX);
        // Whole turns, so that splits but the last one are alike.
        self.per_split = self.n_folded.div_ceil(n_splits).next_multiple_of(self.n_lanes * UNROLL);
        self.n_splits = self.n_folded.div_ceil(self.per_split);
        match self.turns() > TURNS_MAX {
            true => Err(Error::unsupported("more turns than an invocation may take")),
            false => Ok(()),
        }
    }

    /// Turns of an invocation.
    fn turns(&self) -> u32 {
        let turns = self.per_split.div_ceil(self.n_lanes * UNROLL);
        turns.saturating_add(1).saturating_mul(self.n_tiles().div_ceil(WORKGROUPS_MAX))
    }

    /// Groups of results, each of which a workgroup has at a time.
    fn n_tiles(&self) -> u32 {
        self.n_out.div_ceil(WORKGROUP / self.n_lanes)
    }

    fn workgroups(&self) -> [u32; 3] {
        [self.n_tiles().min(WORKGROUPS_MAX), self.n_splits, 1]
    }
}

/// How many invocations a result has: as many as lie together, where it is folded along the last axis; one, where
/// neighbours are different results, unless these are fewer than a workgroup has.
fn n_lanes(n_out: u32, n_folded: u32, inner_is_folded: bool) -> u32 {
    let useful = (n_folded / UNROLL).max(1);
    let lanes = match inner_is_folded {
        true => useful,
        false => (WORKGROUP / n_out.min(WORKGROUP)).min(useful),
    };
    // The power of two not above it.
    1 << lanes.min(WORKGROUP).ilog2()
}

/// The entry point, which calls `program`, `input_n`, `kept_at` and `folded_at`.
fn body(merging: &Parts, n_lanes: u32, n_bound: usize, n_inputs: usize) -> String {
    let ty = merging.total;
    let rows = WORKGROUP / n_lanes;
    let inputs: Vec<String> = (0..n_inputs).map(|n| format!("input_{n}(e)")).collect();
    let mut text = format!(
        "@group(0) @binding({n_bound}) var<storage, read_write> out: array<{ty}>;\n\
         var<workgroup> lanes: array<{ty}, {WORKGROUP}>;\n\
         fn merge(a: {ty}, b: {ty}) -> {ty} {{ return {}; }}\n\
         fn nothing() -> {ty} {{ return {}; }}\n\
         fn element(base: u32, r: u32, end: u32) -> {ty} {{\n\
         let e = base + folded_at(min(r, end - 1u));\n\
         return select(nothing(), program({}), r < end);\n}}\n",
        merging.merged,
        merging.nothing,
        inputs.join(", "),
    );
    _ = write!(
        text,
        "@compute @workgroup_size({WORKGROUP})\n\
         fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>,\n\
         @builtin(local_invocation_index) own: u32) {{\n\
         let n_out = imm.words[1];\n\
         let begin = group.y * imm.words[3];\n\
         let end = min(begin + imm.words[3], imm.words[2]);\n\
         let lane = own % {n_lanes}u;\n\
         for (var tile = group.x; tile * {rows}u < n_out; tile = tile + count.x) {{\n\
         let o = tile * {rows}u + own / {n_lanes}u;\n\
         let base = kept_at(min(o, n_out - 1u));\n\
         var a = nothing(); var b = nothing(); var c = nothing(); var d = nothing();\n\
         for (var r = begin + lane; r < end; r = r + {step}u) {{\n\
         a = merge(a, element(base, r, end));\n\
         b = merge(b, element(base, r + {n_lanes}u, end));\n\
         c = merge(c, element(base, r + {}u, end));\n\
         d = merge(d, element(base, r + {}u, end));\n}}\n\
         var all = merge(merge(a, b), merge(c, d));\n",
        2 * n_lanes,
        3 * n_lanes,
        step = UNROLL * n_lanes,
    );
    if n_lanes > 1 {
        text.push_str("lanes[own] = all;\nworkgroupBarrier();\n");
        let mut half = n_lanes / 2;
        while half > 0 {
            _ = write!(
                text,
                "if lane < {half}u {{ lanes[own] = merge(lanes[own], lanes[own + {half}u]); }}\nworkgroupBarrier();\n"
            );
            half /= 2;
        }
        _ = write!(text, "all = lanes[own];\nworkgroupBarrier();\n");
    }
    text.push_str("if lane == 0u && o < n_out { out[group.y * n_out + o] = all; }\n}\n}\n");
    text
}

#[cfg(test)]
mod tests;
