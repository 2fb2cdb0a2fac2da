//! Rows of different lengths in two flat vectors: how a million input lists fit in a few megabytes.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A list of rows, stored as one vector of values and one of row ends (compressed sparse rows).
///
/// Rows are addressed by `u32`, like tasks; a row that does not exist reads as empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked<T>")]
pub struct Csr<T> {
    ends: Vec<u32>,
    values: Vec<T>,
}

/// What arrives from outside, before the row ends are checked.
#[derive(Deserialize)]
struct Unchecked<T> {
    ends: Vec<u32>,
    values: Vec<T>,
}

impl<T> Csr<T> {
    /// No rows.
    pub const fn new() -> Self {
        Self { ends: Vec::new(), values: Vec::new() }
    }

    /// No rows yet, with room for `n_rows` rows that hold `n_values` values together.
    pub fn with_capacity(n_rows: usize, n_values: usize) -> Self {
        Self { ends: Vec::with_capacity(n_rows), values: Vec::with_capacity(n_values) }
    }

    /// Builds the rows from an iterator of rows.
    ///
    /// # Errors
    /// Returns [`Error::TooMany`] when rows or values outgrow `u32`.
    pub fn from_rows<R: IntoIterator<Item = T>>(rows: impl IntoIterator<Item = R>) -> Result<Self, Error> {
        let mut csr = Self::new();
        rows.into_iter().try_for_each(|row| csr.push_row(row))?;
        Ok(csr)
    }

    /// Appends one row.
    ///
    /// # Errors
    /// Returns [`Error::TooMany`] when rows or values outgrow `u32`; the rows so far stay as they were.
    pub fn push_row(&mut self, row: impl IntoIterator<Item = T>) -> Result<(), Error> {
        let before = self.values.len();
        self.values.extend(row);
        let (n_rows, n_values) = (self.ends.len() + 1, self.values.len());
        match (u32::try_from(n_rows), u32::try_from(n_values)) {
            (Ok(_), Ok(end)) => {
                self.ends.push(end);
                Ok(())
            }
            _ => {
                self.values.truncate(before);
                Err(Error::TooMany { what: "rows or inputs", n: n_values as u64, limit: u64::from(u32::MAX) })
            }
        }
    }

    /// Rows that were counted beforehand; `ends` must ascend to the number of values.
    pub(crate) fn from_parts(ends: Vec<u32>, values: Vec<T>) -> Self {
        debug_assert!(ends.is_sorted() && ends.last().map_or(0, |&end| end as usize) == values.len());
        Self { ends, values }
    }

    /// Appends one row to a copy of rows that were counted before.
    pub(crate) fn push_within(&mut self, row: &[T])
    where
        T: Clone,
    {
        self.values.extend_from_slice(row);
        self.ends.push(self.values.len() as u32);
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The values of row `i`; empty when there is no such row.
    pub fn row(&self, i: u32) -> &[T] {
        self.values.get(self.range(i)).unwrap_or_default()
    }

    /// Where the values of row `i` lie in [`Csr::values`].
    pub fn range(&self, i: u32) -> std::ops::Range<usize> {
        let i = i as usize;
        let end = self.ends.get(i).map_or(0, |&end| end as usize);
        let start =
            i.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&start| start as usize);
        start.min(end)..end
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.ends.len() as u32).map(|i| self.row(i))
    }

    /// The values of all rows, one row after the other.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The values of all rows, to change in place.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The memory held, in bytes.
    pub fn nbytes(&self) -> usize {
        self.ends.capacity() * size_of::<u32>() + self.values.capacity() * size_of::<T>()
    }
}

impl<T> Default for Csr<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> TryFrom<Unchecked<T>> for Csr<T> {
    type Error = Error;

    fn try_from(raw: Unchecked<T>) -> Result<Self, Error> {
        let last = raw.ends.last().map_or(0, |&end| end as usize);
        if last != raw.values.len() || !raw.ends.is_sorted() {
            return Err(Error::Rows { n_rows: raw.ends.len(), n_values: raw.values.len() });
        }
        Ok(Self { ends: raw.ends, values: raw.values })
    }
}

#[cfg(test)]
mod tests;
