//! What a slice is, along each axis.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo};

use crate::Error;

/// What is taken along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// One element: the axis goes. Negative numbers count from the end.
    At(i64),
    /// Elements from `start` to before `stop`, every `step`-th; both count from the end if they are negative, and
    /// `None` is the respective end, as in Python.
    Slice {
        /// The first.
        start: Option<i64>,
        /// The first that is not taken.
        stop: Option<i64>,
        /// How far apart; negative ones go backwards, 0 is refused.
        step: i64,
    },
    /// An axis of length 1 that was not there.
    NewAxis,
    /// As many whole axes as there are left.
    Ellipsis,
}

/// An axis of length 1 that was not there: `s![NewAxis, ..]`.
#[derive(Debug, Clone, Copy)]
pub struct NewAxis;

/// As many whole axes as there are left: `s![0, Ellipsis, 0]`.
#[derive(Debug, Clone, Copy)]
pub struct Ellipsis;

/// What is taken along each axis, for [`Array::slice`](crate::Array::slice): `s![1..5, ..;2, -1]`.
///
/// Ranges are Rust's, with `;step` after them; a number takes one element and drops the axis; `NewAxis` and `Ellipsis` are
/// NumPy's. Negative numbers count from the end.
#[macro_export]
macro_rules! s {
    ($($index:expr $(; $step:expr)?),* $(,)?) => {
        [$($crate::array::Index::from($index) $(.step_by($step))?),*]
    };
}

impl Index {
    /// Every `step`-th of a slice; nothing else changes.
    #[must_use]
    pub fn step_by(self, by: i64) -> Self {
        match self {
            Self::Slice { start, stop, .. } => Self::Slice { start, stop, step: by },
            other => other,
        }
    }

    fn between(start: Option<i64>, stop: Option<i64>) -> Self {
        Self::Slice { start, stop, step: 1 }
    }
}

macro_rules! from_ranges {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Index {
            fn from(at: $integer) -> Self {
                Self::At(at as i64)
            }
        }

        impl From<Range<$integer>> for Index {
            fn from(range: Range<$integer>) -> Self {
                Self::between(Some(range.start as i64), Some(range.end as i64))
            }
        }

        impl From<RangeInclusive<$integer>> for Index {
            /// The last one is taken too; `..=-1` goes to the end.
            fn from(range: RangeInclusive<$integer>) -> Self {
                let stop = (*range.end() as i64).checked_add(1).filter(|&stop| stop != 0);
                Self::between(Some(*range.start() as i64), stop)
            }
        }

        impl From<RangeFrom<$integer>> for Index {
            fn from(range: RangeFrom<$integer>) -> Self {
                Self::between(Some(range.start as i64), None)
            }
        }

        impl From<RangeTo<$integer>> for Index {
            fn from(range: RangeTo<$integer>) -> Self {
                Self::between(None, Some(range.end as i64))
            }
        }
    )*};
}

from_ranges!(i32, i64);

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Self {
        Self::between(None, None)
    }
}

impl From<NewAxis> for Index {
    fn from(_: NewAxis) -> Self {
        Self::NewAxis
    }
}

impl From<Ellipsis> for Index {
    fn from(_: Ellipsis) -> Self {
        Self::Ellipsis
    }
}

/// A slice of an array of some shape, made plain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) starts: Vec<i64>,
    pub(super) steps: Vec<i64>,
    /// How many are taken along each axis of the array.
    pub(super) lengths: Vec<u64>,
    /// The axes of the result: which of the array, or a new one.
    pub(super) axes: Vec<Option<usize>>,
}

/// What these indices take of an array of this shape.
///
/// # Errors
/// [`Error::Index`].
pub(super) fn plain(indices: &[Index], shape: &[u64]) -> Result<Plain, Error> {
    let refused = |reason: String| Error::Index { shape: shape.to_vec(), reason };
    let n_given = indices.iter().filter(|index| matches!(index, Index::At(_) | Index::Slice { .. })).count();
    let n_left =
        shape.len().checked_sub(n_given).ok_or_else(|| refused(format!("{n_given} indices are given")))?;
    let mut all: Vec<Index> = Vec::with_capacity(shape.len());
    let mut rest = Some(n_left);
    for index in indices {
        match index {
            Index::Ellipsis => {
                let n = rest.take().ok_or_else(|| refused("there is more than one `Ellipsis`".to_owned()))?;
                all.extend(std::iter::repeat_n(Index::from(..), n));
            }
            other => all.push(*other),
        }
    }
    all.extend(std::iter::repeat_n(Index::from(..), rest.unwrap_or(0)));
    let mut plain = Plain { starts: Vec::new(), steps: Vec::new(), lengths: Vec::new(), axes: Vec::new() };
    let mut lengths = shape.iter().enumerate();
    for index in all {
        if index == Index::NewAxis {
            plain.axes.push(None);
            continue;
        }
        let Some((axis, &length)) = lengths.next() else { break };
        let length = i64::try_from(length).map_err(|_| refused(format!("axis {axis} is too long")))?;
        let (start, step, n) = match index {
            Index::At(at) => {
                let start = if at < 0 { at + length } else { at };
                if !(0..length).contains(&start) {
                    return Err(refused(format!("{at} is no place along axis {axis}")));
                }
                (start, 1, 1)
            }
            Index::Slice { step: 0, .. } => return Err(refused("a step of 0 goes nowhere".to_owned())),
            Index::Slice { start, stop, step } => {
                let (start, n) = bounds(start, stop, step, length);
                (start, step, n)
            }
            Index::NewAxis | Index::Ellipsis => continue,
        };
        plain.starts.push(start);
        plain.steps.push(step);
        plain.lengths.push(n);
        if !matches!(index, Index::At(_)) {
            plain.axes.push(Some(axis));
        }
    }
    Ok(plain)
}

/// The first element and how many follow, as Python's `slice.indices` has it.
fn bounds(start: Option<i64>, stop: Option<i64>, step: i64, length: i64) -> (i64, u64) {
    let (least, most) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let place = |given: Option<i64>, otherwise: i64| match given {
        Some(at) if at < 0 => at.saturating_add(length).max(least),
        Some(at) => at.min(most),
        None => otherwise,
    };
    let (first, end) = if step < 0 { (most, least) } else { (least, most) };
    let (start, stop) = (place(start, first), place(stop, end));
    let distance = if step < 0 { start - stop } else { stop - start };
    let n = if distance <= 0 { 0 } else { (distance as u64).div_ceil(step.unsigned_abs()) };
    (if n == 0 { 0 } else { start }, n)
}
