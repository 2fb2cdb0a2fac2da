//! Elements put in between, taken away, and added at the end.

use super::reduce::axis_of;
use super::{Array, AxisChunks, Index, Operand, concatenate};
use crate::Error;

impl Array {
    /// The array with others after it along an axis, of its dtype or the one that holds both.
    pub fn append(&self, other: &Self, axis: i64) -> Self {
        concatenate(&[self.clone(), other.clone()], axis)
    }

    /// The array without the elements at these places along an axis. What is left between them keeps its chunks.
    ///
    /// Every run of places is a slice that is joined: for thousands of them, take or mask what stays.
    pub fn delete(&self, places: &[i64], axis: i64) -> Self {
        Self::or_failed(self.try_delete(places, axis))
    }

    fn try_delete(&self, places: &[i64], axis: i64) -> Result<Self, Error> {
        let (axis, mut places) = self.checked_places("delete", places, axis, 0)?;
        places.sort_unstable();
        let length = self.shape().get(axis).map_or(0, |&length| length as i64);
        let mut kept = Vec::new();
        let mut start = 0;
        for place in places.into_iter().chain([length]) {
            if place > start {
                kept.push(self.along(axis, start..place));
            }
            start = start.max(place + 1);
        }
        if kept.is_empty() {
            return Ok(self.along(axis, ..0));
        }
        Ok(concatenate(&kept, axis as i64))
    }

    /// The array with values before these places along an axis, which count in the array as it is; the last place is
    /// its length.
    ///
    /// Values become of the array's dtype. For one place they are broadcast along other axes, and as long as they are along this
    /// one; for several, one is for each.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 6, 1, 3).reshape(&[2, 3]);
    /// let y = x.insert(&[0, 3], -1, 1);
    /// assert_eq!(y.shape(), [2, 5]);
    /// y.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn insert(&self, places: &[i64], values: impl Into<Operand>, axis: i64) -> Self {
        Self::or_failed(self.try_insert(places, values.into(), axis))
    }

    fn try_insert(&self, places: &[i64], values: Operand, axis: i64) -> Result<Self, Error> {
        const NAME: &str = "insert";
        let (axis, places) = self.checked_places(NAME, places, axis, 1)?;
        let values = values.array();
        Self::all_known(NAME, [&values])?;
        let from_last = self.ndim() - axis;
        let own = values.ndim().checked_sub(from_last).and_then(|at| values.shape().get(at).copied());
        let n = if places.len() == 1 { own.unwrap_or(1) } else { places.len() as u64 };
        let mut shape = self.shape();
        shape.iter_mut().skip(axis).take(1).for_each(|length| *length = n);
        let values = values.astype(self.dtype()).try_broadcast_to(&shape, &AxisChunks::Auto);
        let values = values.map_err(|error| error.of(NAME))?;
        let each: Vec<(i64, Self)> = match places[..] {
            [only] => vec![(only, values)],
            _ => {
                let mut each: Vec<(i64, i64)> = places.into_iter().zip(0..).collect();
                // Those of one place stay in order.
                each.sort_unstable();
                each.into_iter().map(|(place, nth)| (place, values.along(axis, nth..nth + 1))).collect()
            }
        };
        let mut parts = Vec::with_capacity(2 * each.len() + 1);
        let mut start = 0;
        for (place, value) in each {
            if place > start {
                parts.push(self.along(axis, start..place));
                start = place;
            }
            parts.push(value);
        }
        parts.push(self.along(axis, Index::from(start..)));
        Ok(concatenate(&parts, axis as i64))
    }

    /// The axis, and places along it counted from the first; there are `more` than elements.
    fn checked_places(
        &self,
        name: &'static str,
        places: &[i64],
        axis: i64,
        more: i64,
    ) -> Result<(usize, Vec<i64>), Error> {
        Self::all_known(name, [self])?;
        let axis = axis_of(name, axis, self.ndim())?;
        let length = self.shape().get(axis).map_or(0, |&length| length as i64);
        let places = places.iter().map(|&place| {
            let from_first = if place < 0 { place.saturating_add(length) } else { place };
            match (0..length + more).contains(&from_first) {
                true => Ok(from_first),
                false => {
                    Err(Error::array(name, format!("axis {axis} of {length} elements has no place {place}")))
                }
            }
        });
        Ok((axis, places.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests;
