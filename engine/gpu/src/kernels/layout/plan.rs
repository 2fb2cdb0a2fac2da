//! One box of elements that is copied.

use gristmill_kernels::Move;

use crate::Error;
use crate::device::BINDING_ALIGNMENT;

/// The largest elements that shaders move, in bytes.
const ITEMSIZE_MAX: u64 = 16;

/// An axis of a box: how long it is, and how far apart its elements are where they are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub(super) length: u64,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// A box, with axes merged where both sides allow it, and those along which there is one element only left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Of an element, in bytes; all else is counted in elements.
    pub(super) itemsize: u64,
    /// From the first one to the last.
    pub(super) axes: Vec<Axis>,
    /// Where the first element is read and written.
    pub(super) from: i64,
    pub(super) to: i64,
}

/// A part of a buffer that all elements of a box lie in: its offset and length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) offset: u64,
    pub(super) nbytes: u64,
}

impl Plan {
    /// `None` when there is nothing to copy.
    pub(super) fn new(one: &Move, itemsize: usize) -> Option<Self> {
        if one.lengths.contains(&0) {
            return None;
        }
        let mut axes: Vec<Axis> = Vec::with_capacity(one.lengths.len());
        let all = one.lengths.iter().zip(one.from.strides.iter().zip(&one.to.strides));
        for (&length, (&from, &to)) in all.filter(|(length, _)| **length > 1) {
            let (length, from, to) = (length as u64, from as i64, to as i64);
            match axes.last_mut() {
                Some(outer) if outer.from == from * length as i64 && outer.to == to * length as i64 => {
                    *outer = Axis { length: outer.length * length, from, to };
                }
                _ => axes.push(Axis { length, from, to }),
            }
        }
        Some(Self { itemsize: itemsize as u64, axes, from: one.from.first as i64, to: one.to.first as i64 })
    }

    /// Whether it is all of an array of so many elements, in the same order.
    pub(super) fn is_all_of(&self, n: u64) -> bool {
        let n_own: u64 = self.axes.iter().map(|axis| axis.length).product();
        let is_row = match &self.axes[..] {
            [] => true,
            [axis] => (axis.from, axis.to) == (1, 1),
            _ => false,
        };
        is_row && n_own == n && (self.from, self.to) == (0, 0)
    }

    /// Boxes of it that shaders can read and write that see so many bytes at once, of the largest elements that fit.
    pub(super) fn within(self, nbytes_max: u64) -> Result<Vec<Self>, Error> {
        let (mut open, mut done) = (vec![self], Vec::new());
        while let Some(plan) = open.pop() {
            let stride = match (plan.read().nbytes > nbytes_max, plan.written().nbytes > nbytes_max) {
                (true, _) => |axis: &Axis| axis.from,
                (_, true) => |axis: &Axis| axis.to,
                _ => {
                    done.push(plan.widened());
                    continue;
                }
            };
            let halves = plan.halves(stride);
            open.extend(halves.ok_or_else(|| Error::unsupported("bindings of a few bytes"))?);
        }
        Ok(done)
    }

    pub(super) fn read(&self) -> Extent {
        self.extent(self.from, |axis| axis.from)
    }

    pub(super) fn written(&self) -> Extent {
        self.extent(self.to, |axis| axis.to)
    }

    fn extent(&self, first: i64, stride: fn(&Axis) -> i64) -> Extent {
        let reach = |axis: &Axis| stride(axis) * (axis.length as i64 - 1);
        let before: i64 = self.axes.iter().map(|axis| reach(axis).min(0)).sum();
        let after: i64 = self.axes.iter().map(|axis| reach(axis).max(0)).sum();
        let (begin, end) =
            ((first + before) as u64 * self.itemsize, (first + after + 1) as u64 * self.itemsize);
        let offset = begin / BINDING_ALIGNMENT * BINDING_ALIGNMENT;
        Extent { offset, nbytes: (end - offset).next_multiple_of(16) }
    }

    /// Both halves of it along the axis that reaches furthest; `None` of a single element.
    fn halves(&self, stride: fn(&Axis) -> i64) -> Option<[Self; 2]> {
        let axes = self.axes.iter().enumerate().filter(|(_, axis)| axis.length > 1);
        let (at, axis) = axes.max_by_key(|(_, axis)| stride(axis).unsigned_abs() * (axis.length - 1))?;
        let n = axis.length / 2;
        let (mut left, mut right) = (self.clone(), self.clone());
        left.axes.get_mut(at)?.length = n;
        right.axes.get_mut(at)?.length = axis.length - n;
        right.from += axis.from * n as i64;
        right.to += axis.to * n as i64;
        Some([left, right])
    }

    /// The same of elements of twice the size, again and again, as long as there are pairs of neighbours everywhere.
    fn widened(mut self) -> Self {
        loop {
            let Some((inner, outer)) = self.axes.split_last() else { return self };
            let is_even = |number: i64| number % 2 == 0;
            let fits = (inner.from, inner.to) == (1, 1)
                && is_even(inner.length as i64)
                && outer.iter().all(|axis| is_even(axis.from) && is_even(axis.to))
                && is_even(self.from)
                && is_even(self.to)
                && self.itemsize < ITEMSIZE_MAX;
            if !fits {
                return self;
            }
            let inner = Axis { length: inner.length / 2, ..*inner };
            let halved = |axis: &Axis| Axis { from: axis.from / 2, to: axis.to / 2, ..*axis };
            let axes = outer.iter().map(halved).chain([inner]).collect();
            self = Self { itemsize: 2 * self.itemsize, axes, from: self.from / 2, to: self.to / 2 };
        }
    }
}

#[cfg(test)]
mod tests;
