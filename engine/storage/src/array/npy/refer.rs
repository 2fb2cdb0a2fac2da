//! Plain elements of a file as chunks that others can refer to.

use super::super::references::export::{self, REFERENCES_MAX, Referable, Target};
use super::super::{PIECE_NBYTES, region};
use super::Npy;
use crate::Error;

impl Npy {
    /// The array as chunks that are each one run of bytes: all of it, equal parts of a long one, or record by record.
    pub(in super::super) fn referable(&self, fill: Option<Vec<u8>>) -> Result<Referable, Error> {
        let (dtype, shape) = (self.header.dtype, &self.header.shape);
        let itemsize = dtype.itemsize();
        let in_c_order = self.strides == region::c_strides(shape, itemsize);
        let fortran_order = !in_c_order && self.strides == region::f_strides(shape.iter(), itemsize);
        let file = export::name_of_file(&self.file)?;
        let mut chunks: Vec<u64> = shape.iter().map(|length| (*length).max(1)).collect();
        // Chunks are cut along the first axis alone, so that each is one run.
        let n_rows = match (shape.first(), self.strides.first()) {
            (Some(&length), Some(&row)) if in_c_order => part(length, PIECE_NBYTES / row.max(1)),
            // Between records lie those of other variables.
            (Some(_), _) if !fortran_order => 1,
            (first, _) => first.copied().unwrap_or(1),
        };
        if let Some(first) = chunks.first_mut() {
            *first = n_rows.max(1);
        }
        let nbytes = region::nbytes(dtype, &chunks).unwrap_or(u64::MAX);
        let n_chunks = match (shape.contains(&0), shape.first(), chunks.first()) {
            (true, ..) => 0,
            (false, Some(length), Some(chunk)) => length.div_ceil(*chunk),
            (false, ..) => 1,
        };
        if n_chunks > REFERENCES_MAX {
            let reason =
                format!("it would take {n_chunks} references, and at most {REFERENCES_MAX} are made");
            return Err(export::cannot(self.file.path(), reason));
        }
        let step = self.strides.first().copied().unwrap_or(0).saturating_mul(n_rows);
        let blocks = (0..n_chunks).map(|chunk| {
            let offset = self.header.data_offset.saturating_add(chunk.saturating_mul(step));
            let block = (0..shape.len()).map(|axis| if axis == 0 { chunk } else { 0 });
            (block.collect(), Target::Part { file: file.clone(), offset, nbytes })
        });
        Ok(Referable {
            dtype,
            big_endian: self.header.big_endian,
            fortran_order,
            shape: shape.clone(),
            chunks,
            packings: Vec::new(),
            fill,
            blocks: blocks.collect(),
        })
    }
}

/// The largest part of a length that divides it and is not above a limit; the whole, if all such are far below.
fn part(length: u64, max: u64) -> u64 {
    /// How much smaller than the limit a part may be.
    const FRACTION: u64 = 16;
    if length <= max {
        return length;
    }
    let fits = |part: &u64| length.is_multiple_of(*part);
    (max / FRACTION..=max).rev().filter(|part| *part > 0).find(fits).unwrap_or(length)
}
