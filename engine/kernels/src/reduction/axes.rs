//! Which axes are kept, and where in the result an element goes.

use std::ops::Range;

use gristmill_data::NDIM_MAX;

use crate::Error;
use crate::blocks::offset;

/// The axes of an array, neighbours that are kept or reduced together merged.
#[derive(Debug)]
pub(super) struct Axes {
    /// From the first to the last; the last one is never of length 1 when there is another.
    axes: Vec<Axis>,
    n_out: usize,
}

#[derive(Debug, Clone, Copy)]
struct Axis {
    length: usize,
    is_kept: bool,
    /// How far apart in the result; 0 of a reduced one.
    stride: usize,
}

/// Elements next to each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// For as many results, from this one on.
    Row(usize),
    /// All for this result.
    Run(usize),
}

impl Axes {
    /// # Errors
    /// [`Error::Axis`] when there is no such axis.
    pub(super) fn new(shape: &[u64], reduced: &[u32]) -> Result<Self, Error> {
        if let Some(&axis) = reduced.iter().find(|&&axis| axis as usize >= shape.len()) {
            return Err(Error::Axis { axis: axis.into(), ndim: shape.len() });
        }
        let mut axes: Vec<Axis> = Vec::with_capacity(NDIM_MAX.min(shape.len()));
        for (axis, &length) in (0..).zip(shape).filter(|(_, length)| **length != 1) {
            let (is_kept, length) = (!reduced.contains(&axis), length as usize);
            match axes.last_mut() {
                Some(last) if last.is_kept == is_kept => last.length *= length,
                _ => axes.push(Axis { length, is_kept, stride: 0 }),
            }
        }
        let mut n_out = 1;
        for axis in axes.iter_mut().rev().filter(|axis| axis.is_kept) {
            axis.stride = n_out;
            n_out *= axis.length;
        }
        Ok(Self { axes, n_out })
    }

    /// The number of results.
    pub(super) fn n_out(&self) -> usize {
        self.n_out
    }

    /// The segments of the elements in this range, in order, each with its part of the range, counted from its start.
    pub(super) fn segments(&self, range: Range<usize>) -> impl Iterator<Item = (Segment, Range<usize>)> + '_ {
        let alone = Axis { length: usize::MAX, is_kept: false, stride: 0 };
        let (inner, outer) =
            self.axes.split_last().map_or((alone, &[][..]), |(inner, outer)| (*inner, outer));
        let mut at = range.start;
        std::iter::from_fn(move || {
            if at >= range.end {
                return None;
            }
            let within = at % inner.length;
            let n = (inner.length - within).min(range.end - at);
            let first = offset(outer.iter().map(|axis| (axis.length, axis.stride)), at / inner.length);
            let segment = if inner.is_kept { Segment::Row(first + within) } else { Segment::Run(first) };
            let part = at - range.start..at - range.start + n;
            at += n;
            Some((segment, part))
        })
    }
}
