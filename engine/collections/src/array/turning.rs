//! Elements the other way around, moved along, and turned.

use super::reduce::{Axes, axis_of};
use super::{Array, Index, concatenate};
use crate::Error;

impl Array {
    /// The elements along these axes the other way around; along all, for `()`.
    pub fn flip(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let made = Self::all_checked([self]).and_then(|()| {
            let axes = axes.of("flip", self.ndim())?;
            let index = |axis| Index::from(..).step_by(if axes.contains(&axis) { -1 } else { 1 });
            Ok(self.slice((0..self.ndim() as u32).map(index).collect::<Vec<_>>()))
        });
        Self::or_failed(made)
    }

    /// The columns the other way around: along axis 1.
    pub fn fliplr(&self) -> Self {
        self.flip(1)
    }

    /// The rows the other way around: along axis 0.
    pub fn flipud(&self) -> Self {
        self.flip(0)
    }

    /// The elements along each of these axes moved on by so many, those that fall off the end put in at the start. For
    /// `()`, the array is moved as if it had one axis, and keeps its shape.
    ///
    /// Axes that move by different numbers are given one after the other: `x.roll(1, 0).roll(-2, 1)`.
    pub fn roll(&self, shift: i64, axes: impl Into<Axes>) -> Self {
        Self::or_failed(self.try_roll(shift, &axes.into()))
    }

    fn try_roll(&self, shift: i64, axes: &Axes) -> Result<Self, Error> {
        Self::all_known("roll", [self])?;
        if axes.is_all() && self.ndim() != 1 {
            let shape: Vec<i64> = self.shape().iter().map(|&length| length as i64).collect();
            return Ok(self.ravel().roll(shift, 0).reshape(&shape));
        }
        let mut array = self.clone();
        for axis in axes.of("roll", self.ndim())? {
            let length = self.shape().get(axis as usize).map_or(0, |&length| length as i64);
            let shift = shift.checked_rem_euclid(length).unwrap_or(0);
            if shift != 0 {
                let part = |index: Index| array.along(axis as usize, index);
                let cut = length - shift;
                array = concatenate(&[part(Index::from(cut..)), part(Index::from(..cut))], axis.into());
            }
        }
        Ok(array)
    }

    /// The plane of two axes turned by so many right angles, from the first axis towards the second.
    pub fn rot90(&self, n_turns: i64, axes: [i64; 2]) -> Self {
        let made = Self::all_checked([self]).and_then(|()| {
            let [from, to] = axes;
            let place = |axis| axis_of("rot90", axis, self.ndim());
            if place(from)? == place(to)? {
                return Err(Error::array("rot90", format!("a plane has two axes, unlike {axes:?}")));
            }
            Ok(match n_turns.rem_euclid(4) {
                0 => self.clone(),
                1 => self.flip(to).swapaxes(from, to),
                2 => self.flip(axes),
                _ => self.swapaxes(from, to).flip(to),
            })
        });
        Self::or_failed(made)
    }
}

#[cfg(test)]
mod tests;
