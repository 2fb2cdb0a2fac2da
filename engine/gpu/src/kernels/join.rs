//! Rows of two tables that belong together: the twin of `kernels::join`.
//!
//! The keys on the right are put into a hash table with open addressing, and their rows sorted by the slots of their
//! keys; the rows on the left find their slots, and each pair finds the row on the left that it is of. Which slot a key
//! gets depends on who comes first, but what comes out does not. How many pairs there are must be known for the result,
//! so that the call waits once.
//!
//! Least traffic: a key on the right is read and put at random, and its row sorted by up to 32 bits; a key on the left is
//! read, and a slot and a key read at random; a pair is written, and its row on the right read.

use gristmill_data::DType;
use gristmill_kernels::ScanKind;

use super::elementwise::countable;
use super::keys::Keys;
use super::lanes::Lanes;
use super::recording::{Recording, invocations};
use super::running::Running;
use super::scan::{running, running_counts};
use super::sort::{Out, Sort, sorted};
use super::source::named;
use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;

/// Slots that one key is looked for in: of a table that is half full hardly more than some dozens.
const STEPS_MAX: u32 = 4096;
/// Rows on the right at most: their table has up to four slots for each.
const ROWS_MAX: u32 = 1 << 29;
/// How many pairs there may be.
const PAIRS_MAX: u64 = 1 << 31;

/// All pairs of a row on the left and a row on the right that have equal keys: the positions of both, as `int64`, in the
/// order of the left ones, and of the right ones where those are equal.
///
/// # Errors
/// [`Error::Unsupported`], and as the device fails.
pub(crate) fn join(
    device: &Device,
    left: &DeviceArray,
    right: &DeviceArray,
    tenant: u32,
) -> Result<(DeviceArray, DeviceArray), Error> {
    let dtype = left.dtype;
    let is_exact = dtype.is_integer() || dtype.is_time() || dtype == DType::Boolean;
    if !is_exact || dtype != right.dtype || left.shape.len() != 1 || right.shape.len() != 1 {
        return Err(Error::unsupported(format!("keys of {dtype} and {}", right.dtype)));
    }
    if !device.facts().has_i64 {
        return Err(Error::unsupported("pairs that are counted in 64 bits"));
    }
    let (n_left, n_right) = (countable(&left.shape)?, countable(&right.shape)?);
    if n_right > ROWS_MAX {
        return Err(Error::unsupported(format!("{n_right} rows in a hash table")));
    }
    let mut recording = Recording::new(device, tenant);
    let pairs = |n: u64| {
        Ok::<_, Error>((device.array(DType::Int64, &[n], tenant)?, device.array(DType::Int64, &[n], tenant)?))
    };
    if n_left == 0 || n_right == 0 {
        return pairs(0);
    }
    let keys = Keys::whole(dtype)?;
    let failed = device.zeros(DType::UInt32, &[1], tenant)?;
    let table = Table::build(&mut recording, keys, right, n_right, &failed)?;
    let [slots, matches] = [(); 2].map(|()| recording.array(DType::UInt32, &[n_left.into()]));
    let (slots, matches) = (slots?, matches?);
    let types = text(keys)
        + &format!(
            "@group(0) @binding(3) var<storage, read> lefts: array<{}>;\n\
             fn left_key_at(at: u32) -> Key {{ return {}; }}\n",
            keys.unit(),
            keys.bits("lefts", "at")
        );
    let file = include_str!("../../../../shaders/join_probe.wgsl");
    let shader = named("join_probe", file, &types, &[false, false, false, false, true, true, true]);
    let arrays = [right, &table.slots, &table.counts, left, &slots, &matches, &failed];
    recording.add(shader, &arrays, &[n_left, table.mask], invocations(n_left.into())?);
    // Of more than 2^32 pairs as well, to know that they are too many.
    let (of, wide) = (DType::UInt32, DType::UInt64);
    let fold = Running { kind: ScanKind::Sum, skip_nan: false, of, total: wide, result: wide };
    let ends = running(&mut recording, fold, Lanes::row(n_left), &matches)?;
    recording.dispatch()?;
    let last = device.words(&ends.buffer, 2 * (u64::from(n_left) - 1), 2)?;
    if device.words(&failed.buffer, 0, 1)?.first() != Some(&0) {
        return Err(Error::unsupported("keys of which too many share a slot"));
    }
    let n_pairs = last.iter().rev().fold(0_u64, |n, &word| (n << 32) | u64::from(word));
    if n_pairs > PAIRS_MAX {
        return Err(Error::unsupported(format!("{n_pairs} pairs")));
    }
    let (lefts, rights) = pairs(n_pairs)?;
    if n_pairs > 0 {
        let file = include_str!("../../../../shaders/join_pairs.wgsl");
        let shader = named("join_pairs", file, "", &[false, false, false, false, true, true]);
        let arrays = [&ends, &slots, &table.ends, &table.rows, &lefts, &rights];
        recording.add(shader, &arrays, &[n_pairs as u32, n_left], invocations(n_pairs)?);
        recording.dispatch()?;
    }
    Ok((lefts, rights))
}

/// The keys on the right.
struct Table {
    /// How many slots there are, a power of two, less 1.
    mask: u32,
    /// A row of each slot's key plus 1, or 0.
    slots: DeviceArray,
    /// How many rows have it, and where they end in `rows`.
    counts: DeviceArray,
    ends: DeviceArray,
    /// The rows slot by slot, in order.
    rows: DeviceArray,
}

impl Table {
    fn build(
        recording: &mut Recording<'_>,
        keys: Keys,
        right: &DeviceArray,
        n: u32,
        failed: &DeviceArray,
    ) -> Result<Self, Error> {
        let n_slots = (2 * n).next_power_of_two();
        let zeros = |n: u32| recording.device.zeros(DType::UInt32, &[n.into()], recording.tenant);
        let (slots, counts) = (zeros(n_slots)?, zeros(n_slots)?);
        let words = |n: u32| recording.array(DType::UInt32, &[n.into()]);
        let (own, in_order, rows) = (words(n)?, words(n)?, words(n)?);
        let file = include_str!("../../../../shaders/join_build.wgsl");
        let shader = named("join_build", file, &text(keys), &[false, true, true, true, true]);
        let arrays = [right, &slots, &counts, &own, failed];
        recording.add(shader, &arrays, &[n, n_slots - 1], invocations(n.into())?);
        let ends = running_counts(recording, Lanes::row(n_slots), &counts)?;
        let sort = Sort { keys: Keys::codes(DType::UInt32)?, n_bits: n_slots.ilog2() };
        sorted(recording, sort, Lanes::row(n), &own, &Out::Places(&in_order, &rows))?;
        Ok(Self { mask: n_slots - 1, slots, counts, ends, rows })
    }
}

/// `Key`, `key_at(at)` of binding 0, `is_equal(a, b)` and `first_slot(key)`.
fn text(keys: Keys) -> String {
    let (equal, hash) = match keys.is_wide() {
        true => ("all(a == b)", "np_hash(key.x ^ np_hash(key.y))"),
        false => ("a == b", "np_hash(key)"),
    };
    format!(
        "alias Key = {unit};\nconst STEPS_MAX = {STEPS_MAX}u;\n\
         @group(0) @binding(0) var<storage, read> keys: array<{unit}>;\n\
         fn key_at(at: u32) -> Key {{ return {}; }}\n\
         fn is_equal(a: Key, b: Key) -> bool {{ return {equal}; }}\n\
         fn first_slot(key: Key) -> u32 {{ return {hash}; }}\n",
        keys.bits("keys", "at"),
        unit = keys.unit(),
    )
}

#[cfg(test)]
mod tests;
