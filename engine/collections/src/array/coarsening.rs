//! Neighbours made one.

use gristmill_kernels::Reduction;

use super::reduce::axis_of;
use super::reshape::in_multiples;
use super::{Array, Axes, KeepDims};
use crate::Error;

/// What is done with elements at the end that are no whole group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Lengths must be multiples of the groups'.
    Refused,
    /// They are left out.
    Trimmed,
}

impl Array {
    /// One element for each group of so many neighbours along these axes: `(axis, number)` for each.
    ///
    /// Chunks that are no multiples of a group are cut anew.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, array::Rest};
    /// use gristmill_kernels::{Reduction, ReductionKind};
    ///
    /// let x = Array::arange(0, 100, 1, 25).reshape(&[10, 10]);
    /// let y = x.coarsen(Reduction::of(ReductionKind::Mean), &[(0, 2), (1, 3)], Rest::Trimmed);
    /// assert_eq!(y.shape(), [5, 3]);
    /// y.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn coarsen(&self, reduction: Reduction, groups: &[(i64, u64)], rest: Rest) -> Self {
        Self::or_failed(self.try_coarsen(reduction, groups, rest))
    }

    fn try_coarsen(&self, reduction: Reduction, groups: &[(i64, u64)], rest: Rest) -> Result<Self, Error> {
        const NAME: &str = "coarsen";
        Self::all_known(NAME, [self])?;
        let refused = |reason: String| Error::array(NAME, reason);
        let mut along = vec![None; self.ndim()];
        for &(axis, n) in groups {
            let axis = axis_of(NAME, axis, self.ndim())?;
            let place = along.get_mut(axis).filter(|known| known.is_none() && n > 0);
            *place.ok_or_else(|| refused(format!("axis {axis} needs groups of one size, 1 or more")))? =
                Some(n);
        }
        let mut array = self.clone();
        let (mut chunks, mut shape, mut reduced) = (Vec::new(), Vec::new(), Vec::new());
        for (axis, (n, length)) in along.into_iter().zip(self.shape()).enumerate() {
            let Some(n) = n else {
                chunks.push(array.grid().chunks(axis).to_vec());
                shape.push(length as i64);
                continue;
            };
            if length % n != 0 {
                if rest == Rest::Refused {
                    return Err(refused(format!("axis {axis} of {length} elements is no multiple of {n}")));
                }
                array = array.along(axis, ..(length - length % n) as i64);
            }
            let multiples = in_multiples(array.grid().chunks(axis), n);
            chunks.push(multiples.into_iter().map(|length| length * n).collect());
            reduced.push(shape.len() as i64 + 1);
            shape.extend([(length / n) as i64, n as i64]);
        }
        let groups = array.rechunk(chunks).reshape(&shape);
        Ok(groups.reduce(reduction, Axes::from(&reduced[..]), KeepDims::No))
    }
}

#[cfg(test)]
mod tests;
