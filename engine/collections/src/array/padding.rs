//! Arrays with more elements before the first and after the last along axes.

use gristmill_data::DType;
use gristmill_kernels::expr::Number;
use gristmill_kernels::{Reduction, ReductionKind};

use super::{Array, AxisChunks, Chunks, Index, KeepDims, concatenate};
use crate::Error;

/// What an array is padded with, by NumPy's names.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Pad {
    /// A number, which becomes of the array's dtype.
    Constant(Number),
    /// The element at the edge.
    Edge,
    /// From a number at the outer end evenly to the element at the edge.
    LinearRamp(Number),
    /// The greatest element along the axis.
    Maximum,
    /// The mean along the axis; of integers rounded, halves to even.
    Mean,
    /// The least element along the axis.
    Minimum,
    /// The elements mirrored at the edge, which is there once.
    Reflect,
    /// The elements mirrored beyond the edge, so that it is there twice.
    Symmetric,
    /// The elements from the other end, as if the array were endless.
    Wrap,
    /// Anything: here it is 0.
    Empty,
}

impl Array {
    /// With so many elements more before the first and after the last along each axis; one pair counts for all axes.
    ///
    /// The array keeps its chunks, and what is added has chunks of its own.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, array::Pad};
    ///
    /// let x = Array::arange(0, 6, 1, 3).reshape(&[2, 3]);
    /// let y = x.pad(&[(0, 0), (1, 2)], Pad::Reflect);
    /// assert_eq!(y.shape(), [2, 6]);
    /// y.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn pad(&self, widths: &[(u64, u64)], mode: Pad) -> Self {
        Self::or_failed(self.try_pad(widths, mode))
    }

    fn try_pad(&self, widths: &[(u64, u64)], mode: Pad) -> Result<Self, Error> {
        Self::all_known("pad", [self])?;
        let refused = |reason: String| Error::array("pad", reason);
        let all;
        let widths = match widths {
            [only] if self.ndim() != 1 => {
                all = vec![*only; self.ndim()];
                &all[..]
            }
            widths if widths.len() == self.ndim() => widths,
            _ => {
                return Err(refused(format!("{} pairs of widths for {} axes", widths.len(), self.ndim())));
            }
        };
        let mut array = self.clone();
        for (axis, &(before, after)) in widths.iter().enumerate() {
            let length = array.shape().get(axis).copied().unwrap_or(0);
            // Mirrored elements have places up to twice as far.
            let reach = length.saturating_mul(2).saturating_add(before).saturating_add(after);
            if i64::try_from(reach).is_err() {
                return Err(refused(format!("axis {axis} would be too long to count")));
            }
            let is_filled = matches!(mode, Pad::Constant(_) | Pad::Empty);
            if !is_filled && length == 0 && before + after > 0 {
                return Err(refused(format!("there is nothing along axis {axis} to pad with")));
            }
            let (before, after) = (before as i64, after as i64);
            let parts: Vec<Self> =
                [array.before(axis, before, mode), Some(array.clone()), array.after(axis, after, mode)]
                    .into_iter()
                    .flatten()
                    .collect();
            array = concatenate(&parts, axis as i64);
            array.check()?;
        }
        Ok(array)
    }

    /// `n` elements to come before the first.
    fn before(&self, axis: usize, n: i64, mode: Pad) -> Option<Self> {
        (n > 0).then(|| match mode {
            Pad::Edge => self.along(axis, ..1).stretched(axis, n),
            Pad::LinearRamp(end) => self.ramp(axis, ..1, end, n),
            _ => self.added(axis, -n, n, mode),
        })
    }

    /// `n` elements to come after the last.
    fn after(&self, axis: usize, n: i64, mode: Pad) -> Option<Self> {
        (n > 0).then(|| match mode {
            Pad::Edge => self.along(axis, -1..).stretched(axis, n),
            Pad::LinearRamp(end) => self.ramp(axis, -1.., end, n).flip(axis as i64),
            _ => self.added(axis, self.shape().get(axis).map_or(0, |&length| length as i64), n, mode),
        })
    }

    /// `n` elements from a place on that lies outside.
    fn added(&self, axis: usize, start: i64, n: i64, mode: Pad) -> Self {
        let filled = |number: Number| {
            let own = |other: usize| AxisChunks::Lengths(self.grid().chunks(other).to_vec());
            let chunks = (0..self.ndim()).map(|at| if at == axis { AxisChunks::Auto } else { own(at) });
            Self::full(number, &self.with_length(axis, n), Chunks::each(chunks)).astype(self.dtype())
        };
        let statistic = |kind| self.reduce(Reduction::of(kind), axis as i64, KeepDims::Yes);
        match mode {
            Pad::Constant(number) => filled(number),
            Pad::Empty => filled(Number::Int(0)),
            Pad::Maximum => statistic(ReductionKind::Max).stretched(axis, n),
            Pad::Minimum => statistic(ReductionKind::Min).stretched(axis, n),
            Pad::Mean => {
                let mean = statistic(ReductionKind::Mean);
                let mean = if self.dtype().is_integer() { mean.rint() } else { mean };
                mean.astype(self.dtype()).stretched(axis, n)
            }
            Pad::Symmetric => self.mirrored(axis, Index::from(..)).endless(axis, start, n),
            Pad::Reflect => self
                .mirrored(axis, Index::Slice { start: Some(1), stop: Some(-1), step: 1 })
                .endless(axis, start, n),
            Pad::Wrap | Pad::Edge | Pad::LinearRamp(_) => self.endless(axis, start, n),
        }
    }

    /// The same along an axis of length 1 that becomes longer.
    fn stretched(&self, axis: usize, n: i64) -> Self {
        self.broadcast_to(&self.with_length(axis, n))
    }

    fn with_length(&self, axis: usize, n: i64) -> Vec<u64> {
        let lengths = self.shape().into_iter().enumerate();
        lengths.map(|(at, length)| if at == axis { n as u64 } else { length }).collect()
    }

    /// From `end` evenly to before the elements at an edge.
    fn ramp(&self, axis: usize, edge: impl Into<Index>, end: Number, n: i64) -> Self {
        let exact = if self.dtype().is_complex() { DType::Complex128 } else { DType::Float64 };
        let edge = self.along(axis, edge).stretched(axis, n);
        let places = Self::arange(0, n, 1, vec![edge.grid().chunks(axis).to_vec()]);
        let places = places.with_new_axes(0, self.ndim() - axis - 1);
        let end = Self::full(end, &[], Chunks::default()).astype(exact);
        let step = (edge.astype(exact) - &end) / n as f64;
        let ramp = step * places + end;
        let ramp = if self.dtype().is_integer() { ramp.floor() } else { ramp };
        ramp.astype(self.dtype())
    }

    /// The elements, and a part of them the other way around.
    fn mirrored(&self, axis: usize, part: Index) -> Self {
        concatenate(&[self.clone(), self.along(axis, part).flip(axis as i64)], axis as i64)
    }

    /// `n` elements from a place on, as if the array came again and again along an axis.
    fn endless(&self, axis: usize, start: i64, n: i64) -> Self {
        let period = self.shape().get(axis).map_or(1, |&length| length.max(1) as i64);
        let start = start.rem_euclid(period);
        let times = (start + n).div_euclid(period) + i64::from((start + n) % period > 0);
        let mut counts = vec![1; self.ndim()];
        counts.iter_mut().skip(axis).take(1).for_each(|count| *count = times as u64);
        self.tile(&counts).along(axis, start..start + n)
    }
}

#[cfg(test)]
mod tests;
