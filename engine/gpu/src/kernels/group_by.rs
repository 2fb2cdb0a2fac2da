//! Values reduced by groups: the twin of `kernels::group_by`.
//!
//! Totals of few groups are made tile by tile in workgroup memory, and merged in the order of the tiles. Of more groups
//! the values are sorted by their codes, and the totals are running values that begin anew with each group, as G. E.
//! Blelloch has them ("Prefix sums and their applications", 1990). Every total has a fixed order of merging either way,
//! so that reruns are equal to the bit.
//!
//! Least traffic: a code and a value are read once, and the code once more to be counted. Sorted, a code of 32 bits is
//! read twice and written once for each 8 bits that codes have, and a value of 64 bits written and read twice.

use std::fmt::Write as _;

use gristmill_data::DType;
use gristmill_kernels::{Reduction, ReductionKind, ScanKind};

use super::bins;
use super::elementwise::countable;
use super::keys::Keys;
use super::lanes::Lanes;
use super::recording::Recording;
use super::running::Running;
use super::scan::Cut;
use super::sort::{Out, Sort, sorted};
use super::source::named;
use crate::Error;
use crate::adapter::{AdapterFacts, WORKGROUP_NBYTES};
use crate::array::DeviceArray;
use crate::device::{Device, Shader};
use crate::wgsl::repr::Repr;

/// Workgroups for few groups at most, and rows of each of their invocations at least.
const FEW: (u32, u32) = (2048, 64);
/// How many groups there may be.
const GROUPS_MAX: u64 = 1 << 31;

/// What groups were reduced to.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// A value of each group; of groups without any that is not a sum or a count, it is of no meaning.
    pub(crate) values: DeviceArray,
    /// How many values each group has, as `int64`.
    pub(crate) counts: DeviceArray,
}

/// What a reduction makes of the values of each of `n_groups` groups, by the code that each value has.
///
/// # Errors
/// [`Error::Unsupported`], also of a code of no group; and as the device fails.
pub(crate) fn group_by(
    device: &Device,
    reduction: Reduction,
    codes: &DeviceArray,
    n_groups: u64,
    values: &DeviceArray,
    tenant: u32,
) -> Result<Grouped, Error> {
    let n = countable(&values.shape)?;
    if codes.shape != values.shape || n_groups > GROUPS_MAX {
        return Err(Error::unsupported(format!("{n} values in {n_groups} groups")));
    }
    let facts = device.facts();
    let outside = device.zeros(DType::UInt32, &[1], tenant)?;
    let counts = device.zeros(DType::Int64, &[n_groups], tenant)?;
    let mut recording = Recording::new(device, tenant);
    if n > 0 {
        count(&mut recording, reduction.skip_nan, codes, values, [&counts, &outside])?;
    }
    let values = match reduction.kind {
        ReductionKind::Count => counts.clone(),
        _ => {
            let fold = fold(reduction, values.dtype, facts)?;
            let out = device.zeros(fold.result, &[n_groups], tenant)?;
            let is_mean = reduction.kind == ReductionKind::Mean;
            let groups = Groups { fold, n: n_groups as u32, codes, counts: is_mean.then_some(&counts) };
            match Few::new(fold.total, n, n_groups) {
                _ if n == 0 || n_groups == 0 => {}
                Some(few) => groups.few(&mut recording, &few, values, &out)?,
                None => groups.sorted(&mut recording, values, &out)?,
            }
            out
        }
    };
    recording.dispatch()?;
    match n == 0 || device.words(&outside.buffer, 0, 1)?.first() == Some(&0) {
        true => Ok(Grouped { values, counts }),
        false => Err(Error::unsupported("a code of no group")),
    }
}

/// Counts the values of each group, those aside that are skipped, and marks whether a code is of no group.
fn count(
    recording: &mut Recording<'_>,
    skip_nan: bool,
    codes: &DeviceArray,
    values: &DeviceArray,
    [counts, outside]: [&DeviceArray; 2],
) -> Result<(), Error> {
    let mut text = bins::number(codes.dtype, "codes", 0)?;
    text.push_str("@group(0) @binding(2) var<storage, read_write> outside: array<atomic<u32>, 1>;\n");
    let mut arrays = vec![codes, counts, outside];
    let mut skip = String::new();
    if skip_nan && values.dtype.is_float() {
        let (repr, of) = (Repr::of(values.dtype, recording.device.facts())?, values.dtype);
        let fold = Running { kind: ScanKind::Sum, skip_nan, of, total: of, result: of };
        _ = writeln!(text, "@group(0) @binding(3) var<storage, read> values: array<{}>;", repr.unit());
        skip = format!("    if {} {{ return 0xffffffffu; }}\n", fold.is_skipped(&repr.load("values", "at")));
        arrays.push(values);
    }
    _ = write!(
        text,
        "fn bin(at: u32) -> u32 {{\n    let code = number(at);\n    \
         if code >= imm.words[3] {{ atomicMax(&outside[0], 1u); }}\n{skip}    return code;\n}}\n"
    );
    bins::count(recording, &text, &arrays, &[false, true, true, false])
}

fn fold(reduction: Reduction, of: DType, facts: &AdapterFacts) -> Result<Running, Error> {
    let result = reduction.dtype(of)?;
    let kind = match reduction.kind {
        ReductionKind::Sum | ReductionKind::Mean => ScanKind::Sum,
        ReductionKind::Min => ScanKind::Min,
        ReductionKind::Max => ScanKind::Max,
        kind => return Err(Error::unsupported(format!("`{}` of groups", kind.name()))),
    };
    let is_wide = kind == ScanKind::Sum && result == DType::Float32 && facts.has_f64;
    let total = if is_wide { DType::Float64 } else { result };
    Ok(Running { kind, skip_nan: reduction.skip_nan, of, total, result })
}

/// How few groups are reduced.
#[derive(Debug)]
struct Few {
    /// Invocations of a workgroup, as a power of two.
    log_threads: u32,
    slots: u32,
    n_tiles: u32,
    tile_length: u32,
}

impl Few {
    /// `None` when they are too many.
    fn new(total: DType, n: u32, n_groups: u64) -> Option<Self> {
        let slots_max = WORKGROUP_NBYTES / total.itemsize() as u32;
        let log_threads = [8, 6].into_iter().find(|&log| n_groups << log <= u64::from(slots_max))?;
        let slots = ((n_groups as u32) << log_threads).next_power_of_two();
        let rows = n.div_ceil(FEW.0).max(FEW.1 << log_threads);
        let tile_length = rows.next_multiple_of(1 << log_threads);
        Some(Self { log_threads, slots, n_tiles: n.div_ceil(tile_length), tile_length })
    }
}

/// What is made of the values of groups.
struct Groups<'a> {
    fold: Running,
    n: u32,
    codes: &'a DeviceArray,
    /// What totals are divided by.
    counts: Option<&'a DeviceArray>,
}

impl Groups<'_> {
    fn few(
        &self,
        recording: &mut Recording<'_>,
        few: &Few,
        values: &DeviceArray,
        out: &DeviceArray,
    ) -> Result<(), Error> {
        let facts = recording.device.facts();
        let text = Running { result: self.fold.total, ..self.fold }.text(facts)?
            + &bins::number(self.codes.dtype, "codes", 2)?
            + &format!(
                "const LOG_THREADS = {}u;\nconst THREADS = {}u;\nconst SLOTS = {}u;\n",
                few.log_threads,
                1 << few.log_threads,
                few.slots
            );
        let file = include_str!("../../../../shaders/group_by_few.wgsl");
        let shader = named("group_by_few", file, &text, &[false, true, false]);
        let totals = recording.array(self.fold.total, &[self.n.into(), few.n_tiles.into()])?;
        let words = [countable(&values.shape)?, self.n, few.n_tiles, few.tile_length];
        recording.add(shader, &[values, &totals, self.codes], &words, [few.n_tiles, 1, 1]);
        let merged = Running { result: self.fold.result, ..self.fold.of_totals() };
        let parts = merged.parts(facts)?;
        let mut text = format!(
            "alias Total = {};\nconst IS_TOTALS = true;\n\
             @group(0) @binding(1) var<storage, read_write> results: array<{}>;\n\
             fn nothing() -> Total {{ return {}; }}\n\
             fn before(at: u32) -> Total {{ return nothing(); }}\n\
             fn merge(a: Total, b: Total) -> Total {{ return {}; }}\n{}",
            parts.total, parts.unit, parts.nothing, parts.merged, parts.element
        );
        let divided = self.divided(&mut text, 2);
        _ = writeln!(
            text,
            "fn store(at: u32, sum: Total) {{\n    let total = {divided};\n    results[at] = {};\n}}",
            parts.lowered
        );
        let cut = Cut::whole_rows(self.n, few.n_tiles)?;
        let arrays: Vec<&DeviceArray> = [&totals, out].into_iter().chain(self.counts).collect();
        recording.add(scan_shader(&text, arrays.len()), &arrays, &cut.words, cut.workgroups);
        Ok(())
    }

    fn sorted(
        &self,
        recording: &mut Recording<'_>,
        values: &DeviceArray,
        out: &DeviceArray,
    ) -> Result<(), Error> {
        let n = countable(&values.shape)?;
        let lanes = Lanes::row(n);
        // They are moved as words.
        Repr::of(values.dtype, recording.device.facts())?;
        if values.dtype.itemsize() < 4 {
            return Err(Error::unsupported(format!("{} in many groups", values.dtype)));
        }
        let [codes, in_order] =
            [(DType::UInt32, n), (values.dtype, n)].map(|(dtype, n)| recording.array(dtype, &[n.into()]));
        let (codes, in_order) = (codes?, in_order?);
        let sort = Sort { keys: Keys::codes(self.codes.dtype)?, n_bits: self.n.ilog2() + 1 };
        sorted(recording, sort, lanes, self.codes, &Out::Values(&codes, values, &in_order))?;
        let cut = Cut::rows(lanes)?;
        let facts = recording.device.facts();
        if cut.n_parts == 1 {
            let arrays: Vec<&DeviceArray> = [&in_order, out, &codes].into_iter().chain(self.counts).collect();
            let shader = self.segments(facts, Step::Whole, arrays.len())?;
            recording.add(shader, &arrays, &cut.words, cut.workgroups);
            return Ok(());
        }
        // A value, and whether a group begins.
        let n_words = 2 * self.fold.total.itemsize() as u64 / 4 * u64::from(cut.n_parts);
        let totals = recording.array(DType::UInt32, &[n_words])?;
        let running = recording.array(DType::UInt32, &[n_words])?;
        let shader = self.segments(facts, Step::Totals, 3)?;
        recording.add(shader, &[&in_order, &totals, &codes], &cut.words, cut.workgroups);
        let row = Cut::whole_rows(1, cut.n_parts)?;
        recording.add(
            self.segments(facts, Step::Running, 2)?,
            &[&totals, &running],
            &row.words,
            row.workgroups,
        );
        let arrays: Vec<&DeviceArray> =
            [&in_order, out, &codes].into_iter().chain(self.counts).chain([&running]).collect();
        let shader = self.segments(facts, Step::Parts, arrays.len())?;
        recording.add(shader, &arrays, &cut.words, cut.workgroups);
        Ok(())
    }

    /// Running values that begin anew with each group, of which only the last of a group is stored.
    fn segments(&self, facts: &AdapterFacts, step: Step, n_arrays: usize) -> Result<Shader, Error> {
        let parts = self.fold.parts(facts)?;
        let mut text = format!(
            "alias Value = {};\nstruct Total {{ value: Value, begins: u32 }}\n\
             fn merge_values(a: Value, b: Value) -> Value {{ return {}; }}\n\
             fn nothing() -> Total {{ return Total({}, 0u); }}\n\
             fn merge(a: Total, b: Total) -> Total {{\n    \
             if b.begins == 1u {{ return b; }}\n    \
             return Total(merge_values(a.value, b.value), a.begins);\n}}\n\
             const IS_TOTALS = {};\n",
            parts.total,
            parts.merged,
            parts.nothing,
            step == Step::Totals
        );
        if step == Step::Running {
            text.push_str(SEGMENTS_OF_TOTALS);
            return Ok(scan_shader(&text, n_arrays));
        }
        // Elements as values, under another name.
        text.push_str(&parts.element.replace("fn element(", "fn value("));
        text.push_str(SEGMENTS);
        if step == Step::Totals {
            text.push_str(STORE_TOTALS);
            return Ok(scan_shader(&text, n_arrays));
        }
        let divided = self.divided(&mut text, 3);
        _ = write!(
            text,
            "@group(0) @binding(1) var<storage, read_write> results: array<{}>;\n\
             fn store(at: u32, running: Total) {{\n    let group = codes[at];\n    \
             if at + 1u < imm.words[2] && codes[at + 1u] == group {{ return; }}\n    \
             results[group] = store_value(group, running.value);\n}}\n\
             fn store_value(at: u32, sum: Value) -> {} {{\n    let total = {divided};\n    return {};\n}}\n",
            parts.unit, parts.unit, parts.lowered
        );
        match step {
            Step::Parts => {
                let binding = n_arrays - 1;
                _ = writeln!(
                    text,
                    "@group(0) @binding({binding}) var<storage, read> totals: array<Total>;\n\
                     fn before(at: u32) -> Total {{ return totals[at]; }}"
                );
            }
            _ => text.push_str("fn before(at: u32) -> Total { return nothing(); }\n"),
        }
        Ok(scan_shader(&text, n_arrays))
    }

    /// `sum`, divided by how many values the group `at` has, if that is asked for.
    fn divided(&self, text: &mut String, binding: u32) -> String {
        if self.counts.is_none() {
            return "sum".to_owned();
        }
        _ = writeln!(text, "@group(0) @binding({binding}) var<storage, read> counts: array<vec2<u32>>;");
        let ty = if self.fold.total == DType::Float64 { "f64" } else { "f32" };
        format!("sum / {ty}(counts[at].x)")
    }
}

/// What is stored of running values of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The total of each tile.
    Totals,
    /// Running values of totals.
    Running,
    /// Values of groups, of one tile.
    Whole,
    /// Values of groups, of tiles of which the totals are known.
    Parts,
}

const SEGMENTS: &str = "\
@group(0) @binding(2) var<storage, read> codes: array<u32>;
fn element(at: u32) -> Total {
    var begins = 1u;
    if at > 0u && codes[at - 1u] == codes[at] {
        begins = 0u;
    }
    return Total(value(at), begins);
}
";

const STORE_TOTALS: &str = "\
@group(0) @binding(1) var<storage, read_write> stored: array<Total>;
fn store(at: u32, total: Total) { stored[at] = total; }
fn before(at: u32) -> Total { return nothing(); }
";

const SEGMENTS_OF_TOTALS: &str = "\
@group(0) @binding(0) var<storage, read> elements: array<Total>;
@group(0) @binding(1) var<storage, read_write> stored: array<Total>;
fn element(at: u32) -> Total { return elements[at]; }
fn store(at: u32, total: Total) { stored[at] = total; }
fn before(at: u32) -> Total { return nothing(); }
";

/// Of so many bindings, of which the second is written.
fn scan_shader(text: &str, n_arrays: usize) -> Shader {
    let writes: Vec<bool> = (0..n_arrays).map(|binding| binding == 1).collect();
    named("scan", include_str!("../../../../shaders/scan.wgsl"), text, &writes)
}

#[cfg(test)]
mod tests;
