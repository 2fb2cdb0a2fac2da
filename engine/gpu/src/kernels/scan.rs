//! Running sums, products and extremes along an axis: the twin of `kernels::scan`.
//!
//! Long lanes are cut into parts: the total of each part, running values of the totals, then those of the elements, each
//! in a dispatch of its own. Every value has a fixed order of merging, so that reruns are equal to the bit. Sums and
//! products of single precision are kept in double precision where the adapter has that.
//!
//! Least traffic: an element is read and its result written once; lanes that are cut are read twice.

use std::fmt::Write as _;

use gristmill_data::DType;
use gristmill_kernels::{Scan, ScanKind};

use super::lanes::Lanes;
use super::recording::{Recording, grid, invocations};
use super::running::Running;
use super::source::named;
use crate::Error;
use crate::adapter::AdapterFacts;
use crate::array::DeviceArray;
use crate::device::{Device, Shader};

/// Elements that a workgroup takes in a turn.
const SLOTS: u32 = 1024;
/// Turns for a tile: few where there are not many tiles.
const TURNS: (u32, u32) = (4, 16);
/// Turns for a row that is not cut: where there are few, and where there are many rows. Each of them is up to 17 turns of
/// the shader's loops.
const ROW_TURNS: (u32, u32) = (16, 2500);
/// Rows from which on they keep a device busy without being cut.
const ROWS_ENOUGH: u32 = 512;
/// Columns, or segments of them, that keep a device busy.
const COLUMNS_ENOUGH: u32 = 1 << 16;
/// How long a segment of a column is.
const SEGMENT: (u32, u32) = (128, 30_000);

/// What a shader stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The total of each part.
    Totals,
    /// Running values of lanes that are not cut.
    Whole,
    /// Running values of parts, of which the totals are known.
    Parts,
}

/// Running values along an axis in place of elements.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn scan(
    device: &Device,
    scan: Scan,
    axis: usize,
    of: &DeviceArray,
    tenant: u32,
) -> Result<DeviceArray, Error> {
    let lanes = Lanes::new(&of.shape, axis)?;
    let fold = fold(scan, of.dtype, device.facts())?;
    let mut recording = Recording::new(device, tenant);
    let out = running(&mut recording, fold, lanes, of)?;
    recording.dispatch()?;
    Ok(DeviceArray { shape: of.shape.clone(), ..out })
}

/// Running sums of `uint32`, which stay below 2^32.
pub(super) fn running_counts(
    recording: &mut Recording<'_>,
    lanes: Lanes,
    counts: &DeviceArray,
) -> Result<DeviceArray, Error> {
    let of = DType::UInt32;
    let fold = Running { kind: ScanKind::Sum, skip_nan: false, of, total: of, result: of };
    running(recording, fold, lanes, counts)
}

/// Records running values of elements that are merged so.
pub(super) fn running(
    recording: &mut Recording<'_>,
    fold: Running,
    lanes: Lanes,
    of: &DeviceArray,
) -> Result<DeviceArray, Error> {
    let out = recording.array(fold.result, &lanes.shape())?;
    if lanes.n() == 0 {
        return Ok(out);
    }
    let cut = if lanes.inner == 1 { Cut::rows(lanes)? } else { Cut::columns(lanes)? };
    let facts = recording.device.facts();
    if cut.n_parts == 1 {
        let shader = shader(fold, facts, cut.is_rows, Stage::Whole)?;
        recording.add(shader, &[of, &out], &cut.words, cut.workgroups);
        return Ok(out);
    }
    let parts = Lanes { length: cut.n_parts, ..lanes };
    let totals = recording.array(fold.total, &parts.shape())?;
    recording.add(
        shader(fold, facts, cut.is_rows, Stage::Totals)?,
        &[of, &totals],
        &cut.words,
        cut.workgroups,
    );
    let totals = running(recording, fold.of_totals(), parts, &totals)?;
    let shader = shader(fold, facts, cut.is_rows, Stage::Parts)?;
    recording.add(shader, &[of, &out, &totals], &cut.words, cut.workgroups);
    Ok(out)
}

/// How lanes are cut into parts.
pub(super) struct Cut {
    is_rows: bool,
    /// Parts of each lane.
    pub(super) n_parts: u32,
    pub(super) words: [u32; 5],
    pub(super) workgroups: [u32; 3],
}

impl Cut {
    pub(super) fn rows(lanes: Lanes) -> Result<Self, Error> {
        let row_threads = lanes.length.div_ceil(4).next_power_of_two().clamp(4, SLOTS / 4);
        let row_slots = 4 * row_threads;
        let row_turns = lanes.length.div_ceil(row_slots);
        let whole_max = if lanes.outer < ROWS_ENOUGH { ROW_TURNS.0 } else { ROW_TURNS.1 };
        let n_turns = match row_turns <= whole_max {
            true => row_turns,
            false => ((lanes.n() >> 20) as u32).clamp(TURNS.0, TURNS.1),
        };
        let n_parts = row_turns.div_ceil(n_turns);
        let n_workgroups = u64::from(lanes.outer.div_ceil(SLOTS / row_slots)) * u64::from(n_parts);
        let words = [lanes.outer, lanes.length, row_threads.ilog2(), n_parts, n_turns];
        Ok(Self { is_rows: true, n_parts, words, workgroups: grid(n_workgroups)? })
    }

    /// Rows of which each is one tile of a workgroup: up to 2,560,000 elements.
    pub(super) fn whole_rows(n_rows: u32, length: u32) -> Result<Self, Error> {
        let words = [n_rows, length, (SLOTS / 4).ilog2(), 1, length.div_ceil(SLOTS)];
        Ok(Self { is_rows: true, n_parts: 1, words, workgroups: grid(n_rows.into())? })
    }

    fn columns(lanes: Lanes) -> Result<Self, Error> {
        let n_columns = u64::from(lanes.outer) * u64::from(lanes.inner);
        let wanted = u64::from(COLUMNS_ENOUGH).div_ceil(n_columns) as u32;
        let segment = lanes.length.div_ceil(wanted).clamp(SEGMENT.0, SEGMENT.1);
        let n_parts = lanes.length.div_ceil(segment);
        let n = n_columns * u64::from(n_parts);
        let words = [n as u32, lanes.length, lanes.inner, n_parts, segment];
        Ok(Self { is_rows: false, n_parts, words, workgroups: invocations(n)? })
    }
}

/// How elements of a dtype are merged.
fn fold(scan: Scan, of: DType, facts: &AdapterFacts) -> Result<Running, Error> {
    let result = scan.dtype(of)?;
    let is_sum = matches!(scan.kind, ScanKind::Sum | ScanKind::Prod);
    let total = if is_sum && of == DType::Float32 && facts.has_f64 { DType::Float64 } else { result };
    Ok(Running { kind: scan.kind, skip_nan: scan.skip_nan, of, total, result })
}

fn shader(fold: Running, facts: &AdapterFacts, is_rows: bool, stage: Stage) -> Result<Shader, Error> {
    let is_totals = stage == Stage::Totals;
    let stored = if is_totals { fold.total } else { fold.result };
    let mut text = Running { result: stored, ..fold }.text(facts)?;
    _ = writeln!(text, "const IS_TOTALS = {is_totals};");
    let before = match stage {
        Stage::Parts => {
            text.push_str("@group(0) @binding(2) var<storage, read> totals: array<Total>;\n");
            "totals[at]"
        }
        _ => "nothing()",
    };
    _ = writeln!(text, "fn before(at: u32) -> Total {{ return {before}; }}");
    let writes: &[bool] = if stage == Stage::Parts { &[false, true, false] } else { &[false, true] };
    Ok(match is_rows {
        true => named("scan", include_str!("../../../../shaders/scan.wgsl"), &text, writes),
        false => named("scan_columns", include_str!("../../../../shaders/scan_columns.wgsl"), &text, writes),
    })
}

#[cfg(test)]
mod tests;
