//! Differences of neighbours, slopes, and areas under curves.

use gristmill_data::DType;
use gristmill_kernels::expr::{Number, Op as ElementOp};

use super::reduce::axis_of;
use super::{Array, Index, Operand, concatenate};
use crate::Error;

/// How often differences of differences are taken.
const ORDER_MAX: u32 = 1024;

impl Array {
    /// The differences of neighbours along an axis, `n` times over; of booleans, whether they differ.
    ///
    /// The axis gets shorter by `n`, at its last chunk. What NumPy calls `prepend` and `append` is joined first.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, array::concatenate};
    ///
    /// let x = Array::arange(0, 10, 1, 5).square();
    /// let y = concatenate(&[Array::zeros(x.dtype(), &[1], 1), x], 0).diff(1, 0);
    /// assert_eq!(y.shape(), [10]);
    /// y.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn diff(&self, n: u32, axis: i64) -> Self {
        Self::or_failed(self.try_diff(n, axis))
    }

    fn try_diff(&self, n: u32, axis: i64) -> Result<Self, Error> {
        Self::all_known("diff", [self])?;
        let axis = axis_of("diff", axis, self.ndim())?;
        // Differences of nothing are nothing.
        let n = self.shape().get(axis).map_or(n, |&length| n.min(length.min(u64::from(u32::MAX)) as u32));
        if n > ORDER_MAX {
            return Err(Error::array(
                "diff",
                format!("differences are taken at most {ORDER_MAX} times, not {n}"),
            ));
        }
        let of = if self.dtype() == DType::Boolean { ElementOp::NotEqual } else { ElementOp::Subtract };
        let step = |array: Self, _| {
            let before = array.along(axis, ..-1);
            Self::apply(of, &[array.along(axis, 1..).cut_like(&before).into(), before.into()])
        };
        Ok((0..n).fold(self.clone(), step))
    }

    /// The same elements cut like another array of the same shape, so that one task has what is at one place.
    fn cut_like(&self, other: &Self) -> Self {
        self.rechunk(other.grid())
    }

    /// The differences of neighbours of all elements, in C order. What NumPy calls `to_begin` and `to_end` is joined
    /// afterwards.
    pub fn ediff1d(&self) -> Self {
        self.ravel().diff(1, 0)
    }

    /// The slope along an axis: by differences of second order within, and of order 1 or 2 at both ends.
    ///
    /// `spacing` is how far elements are apart, or a vector of where they are. Elements that are integers become floats.
    /// The result is cut like the array.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::linspace(0.0, 1.0, 11, 4);
    /// let slope = x.square().gradient(&x, 0, 2);
    /// assert_eq!(slope.shape(), [11]);
    /// slope.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn gradient(&self, spacing: impl Into<Operand>, axis: i64, edge_order: u32) -> Self {
        Self::or_failed(self.try_gradient(spacing.into(), axis, edge_order))
    }

    fn try_gradient(&self, spacing: Operand, axis: i64, edge_order: u32) -> Result<Self, Error> {
        const NAME: &str = "gradient";
        Self::all_known(NAME, [self])?;
        let axis = axis_of(NAME, axis, self.ndim())?;
        let length = self.shape().get(axis).copied().unwrap_or(0);
        if !(1..=2).contains(&edge_order) {
            return Err(Error::array(
                NAME,
                format!("slopes at the ends are of order 1 or 2, not {edge_order}"),
            ));
        }
        if length <= u64::from(edge_order) {
            let reason = format!("axis {axis} of {length} elements is too short for order {edge_order}");
            return Err(Error::array(NAME, reason));
        }
        let array = match self.dtype() {
            dtype if dtype.is_float() || dtype.is_complex() => self.clone(),
            dtype if dtype.is_integer() => self.astype(DType::Float64),
            dtype => return Err(Error::array(NAME, format!("elements of {dtype} have no slopes"))),
        };
        let steps = self.steps(NAME, spacing, axis)?;
        let first = array.first_slope(axis, &steps, edge_order);
        // Seen from the other side, what rises falls.
        let last = -array.flip(axis as i64).first_slope(axis, &steps.flipped(), edge_order);
        let slopes = concatenate(&[first, array.inner_slope(axis, &steps), last], axis as i64);
        slopes.check()?;
        Ok(slopes.cut_like(self))
    }

    /// How far the elements along an axis are apart, by a number or by where they are.
    fn steps(&self, name: &'static str, spacing: Operand, axis: usize) -> Result<Steps, Error> {
        let coordinates = match spacing {
            Operand::Number(Number::Complex(_)) => {
                return Err(Error::array(name, "distances are no complex numbers".to_owned()));
            }
            Operand::Number(Number::Int(step)) => return Ok(Steps::Even(step as f64)),
            Operand::Number(Number::Float(step)) => return Ok(Steps::Even(step)),
            Operand::Array(array) => array,
        };
        Self::all_known(name, [&coordinates])?;
        let length = self.shape().get(axis).copied().unwrap_or(0);
        if coordinates.shape() != [length] {
            let reason = format!(
                "axis {axis} has {length} elements, but coordinates of shape {:?} are given",
                coordinates.shape()
            );
            return Err(Error::array(name, reason));
        }
        let is_exact = coordinates.dtype().is_float();
        let coordinates = if is_exact { coordinates } else { coordinates.astype(DType::Float64) };
        let steps = coordinates.rechunk(vec![self.grid().chunks(axis).to_vec()]).diff(1, 0);
        Ok(Steps::Uneven(steps.with_new_axes(0, self.ndim() - axis - 1)))
    }

    fn inner_slope(&self, axis: usize, steps: &Steps) -> Self {
        let middle = self.along(axis, Index::Slice { start: Some(1), stop: Some(-1), step: 1 });
        let (before, after) =
            (self.along(axis, ..-2).cut_like(&middle), self.along(axis, 2..).cut_like(&middle));
        let steps = match steps {
            Steps::Even(step) => return (after - before) / (2.0 * step),
            Steps::Uneven(steps) => steps,
        };
        let cut = |index: Index| {
            let part = steps.along(0, index);
            let own = |at: usize| if at == 0 { middle.grid().chunks(axis).to_vec() } else { vec![1] };
            part.rechunk((0..part.ndim()).map(own).collect::<Vec<_>>())
        };
        let (left, right) = (cut(Index::from(..-1)), cut(Index::from(1..)));
        let both = &left + &right;
        before * (-&right / (&left * &both))
            + middle * ((&right - &left) / (&left * &right))
            + after * (&left / (&right * &both))
    }

    /// The slope at the first element.
    fn first_slope(&self, axis: usize, steps: &Steps, order: u32) -> Self {
        let at = |n: i64| self.along(axis, n..n + 1);
        match (steps, order) {
            (Steps::Even(step), 1) => (at(1) - at(0)) / *step,
            (Steps::Even(step), _) => at(0) * (-1.5 / step) + at(1) * (2.0 / step) + at(2) * (-0.5 / step),
            (Steps::Uneven(steps), 1) => (at(1) - at(0)) / steps.along(0, ..1),
            (Steps::Uneven(steps), _) => {
                let (left, right) = (steps.along(0, ..1), steps.along(0, 1..2));
                let both = &left + &right;
                at(0) * (-(&left + &both) / (&left * &both)) + at(1) * (&both / (&left * &right))
                    - at(2) * (&left / (&right * &both))
            }
        }
    }

    /// The area under a curve along an axis, by straight lines from element to element.
    ///
    /// `spacing` is how far elements are apart, or a vector of where they are.
    pub fn trapezoid(&self, spacing: impl Into<Operand>, axis: i64) -> Self {
        Self::or_failed(self.try_trapezoid(spacing.into(), axis))
    }

    fn try_trapezoid(&self, spacing: Operand, axis: i64) -> Result<Self, Error> {
        const NAME: &str = "trapezoid";
        Self::all_known(NAME, [self])?;
        let at = axis_of(NAME, axis, self.ndim())?;
        let before = self.along(at, ..-1);
        let both = self.along(at, 1..).cut_like(&before) + before;
        let areas = match self.steps(NAME, spacing, at)? {
            Steps::Even(step) => both * step / 2.0,
            Steps::Uneven(steps) => both * steps / 2.0,
        };
        Ok(areas.sum(axis))
    }
}

/// How far elements along an axis are apart.
enum Steps {
    Even(f64),
    /// Along its first axis; others follow as there are after the one that it is for.
    Uneven(Array),
}

impl Steps {
    fn flipped(&self) -> Self {
        match self {
            Self::Even(step) => Self::Even(*step),
            Self::Uneven(steps) => Self::Uneven(steps.flip(0)),
        }
    }
}

#[cfg(test)]
mod tests;
