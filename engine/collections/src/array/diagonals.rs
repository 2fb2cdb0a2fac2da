//! Diagonals of arrays, arrays of diagonals, and triangles.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;

use super::call::{Call, block_of, listed};
use super::reduce::axis_of;
use super::reshape::subdivided;
use super::unify::refined;
use super::{Array, Chunks};
use crate::Error;

impl Array {
    /// The diagonal along two axes, which go, as the last axis: the elements that are `offset` further along the second
    /// axis than along the first.
    ///
    /// Only blocks on the diagonal are computed; it is cut where any of the two axes is.
    pub fn diagonal(&self, offset: i64, axes: [i64; 2]) -> Self {
        Self::or_failed(self.try_diagonal("diagonal", offset, axes))
    }

    /// The sum of the diagonal along two axes; see [`Array::diagonal`].
    pub fn trace(&self, offset: i64, axes: [i64; 2]) -> Self {
        Self::or_failed(self.try_diagonal("trace", offset, axes)).sum(-1)
    }

    fn try_diagonal(&self, name: &'static str, offset: i64, [left, right]: [i64; 2]) -> Result<Self, Error> {
        Self::all_known(name, [self])?;
        let (left, right) = (axis_of(name, left, self.ndim())?, axis_of(name, right, self.ndim())?);
        if left == right {
            return Err(Error::array(name, format!("it lies along two axes, not along axis {left} alone")));
        }
        let length = |axis| self.shape().get(axis).map_or(0, |&length| length as i64);
        let (row, column) =
            (offset.saturating_neg().max(0).min(length(left)), offset.max(0).min(length(right)));
        let n = (length(left) - row).min(length(right) - column);
        // What is left is square along both axes, and cut alike, so that the diagonal lies in square blocks.
        let square = self.along(left, row..row + n).along(right, column..column + n).without_empty_chunks();
        square.check()?;
        let along = refined(&[left, right].map(|axis| square.grid().chunks(axis).to_vec()));
        let is_along = |axis| axis == left || axis == right;
        let own = |axis: usize| square.grid().chunks(axis).to_vec();
        let cut = (0..self.ndim()).map(|axis| if is_along(axis) { along.clone() } else { own(axis) });
        let inputs = vec![square.rechunk(cut.collect::<Vec<_>>())];
        Self::all_checked(&inputs)?;
        let chunks = (0..self.ndim()).filter(|&axis| !is_along(axis)).map(own).chain([along.clone()]);
        let grid = ChunkGrid::new(chunks.collect()).map_err(Error::data(name))?;
        let rows = grid.blocks().map(|block| {
            let (on, mut others) = (block.last().copied().unwrap_or(0), block.iter().copied());
            let place =
                (0..self.ndim()).map(|axis| if is_along(axis) { on } else { others.next().unwrap_or(0) });
            let place: Vec<u64> = place.collect();
            let index = inputs.first().and_then(|input| input.grid().index(&place)).unwrap_or(0);
            [block_of(0, index as u32)]
        });
        let wiring = listed(rows)?;
        let axes = [left, right].map(|axis| Arg::UInt(axis as u64)).to_vec();
        let args = vec![Arg::List(axes), Arg::Input(0)];
        Ok(Call::kernel("diagonal", "diagonal", wiring, args)?.on(inputs, self.dtype(), grid))
    }

    /// The `k`-th diagonal of a matrix, or the matrix with this vector as its `k`-th diagonal and zeros elsewhere. It is
    /// above the main one for positive `k`.
    pub fn diag(&self, k: i64) -> Self {
        let made = Self::all_known("diag", [self]).and_then(|()| match self.ndim() {
            1 => self.as_diagonal(k),
            2 => self.try_diagonal("diag", k, [0, 1]),
            ndim => Err(Error::array("diag", format!("an array of {ndim} axes is no vector and no matrix"))),
        });
        Self::or_failed(made)
    }

    fn as_diagonal(&self, k: i64) -> Result<Self, Error> {
        let n_more = k.unsigned_abs();
        if self.size().saturating_add(n_more) > i64::MAX as u64 {
            return Err(Error::array("diag", format!("the {k}-th diagonal lies too far away")));
        }
        // Elements keep their places along one axis, and are followed by zeros along it.
        let long = self.append(&Self::zeros(self.dtype(), &[n_more], Chunks::default()), 0);
        long.check()?;
        // Blocks of the matrix have as many rows as columns.
        let chunks = subdivided(long.grid().chunks(0), self.most_elements().isqrt())?;
        let grid = ChunkGrid::new(vec![chunks.clone(); 2]).map_err(Error::data("diag"))?;
        let long = long.rechunk(vec![chunks]);
        let long = if k < 0 { long } else { long.expand_dims(1) };
        let (rows, columns) = places(&grid);
        Ok(long.where_else(&(rows + k).eq(columns), self.zero()))
    }

    /// A matrix with ones on and below its `k`-th diagonal, which is above the main one for positive `k`, and zeros
    /// elsewhere.
    pub fn tri(dtype: DType, n_rows: u64, n_columns: u64, k: i64, chunks: impl Into<Chunks>) -> Self {
        let grid = chunks.into().grid(&[n_rows, n_columns], dtype);
        Self::or_failed(grid.map(|grid| lower(&grid, k).astype(dtype)))
    }

    /// The elements on and below the `k`-th diagonal of the last two axes, and zeros elsewhere.
    pub fn tril(&self, k: i64) -> Self {
        Self::or_failed(self.triangle("tril", k, |array, below| array.where_else(&below, array.zero())))
    }

    /// The elements on and above the `k`-th diagonal of the last two axes, and zeros elsewhere.
    pub fn triu(&self, k: i64) -> Self {
        let upper = |array: &Self, below: Self| array.zero().where_else(&below, array);
        Self::or_failed(self.triangle("triu", k.saturating_sub(1), upper))
    }

    fn triangle(
        &self,
        name: &'static str,
        k: i64,
        of: impl FnOnce(&Self, Self) -> Self,
    ) -> Result<Self, Error> {
        Self::all_known(name, [self])?;
        let Some(first) = self.ndim().checked_sub(2) else {
            return Err(Error::array(name, "it has fewer than two axes".to_owned()));
        };
        let chunks = [first, first + 1].map(|axis| self.grid().chunks(axis).to_vec()).to_vec();
        let grid = ChunkGrid::new(chunks).map_err(Error::data(name))?;
        Ok(of(self, lower(&grid, k)))
    }

    /// 0 of the same dtype.
    fn zero(&self) -> Self {
        Self::zeros(self.dtype(), &[], Chunks::default())
    }
}

/// Where a matrix has elements on and below its `k`-th diagonal.
fn lower(grid: &ChunkGrid, k: i64) -> Array {
    let (rows, columns) = places(grid);
    let [n_rows, n_columns] = [&rows, &columns].map(|places| places.size() as i64);
    (rows + k.clamp(-n_rows, n_columns)).ge(columns)
}

/// The places along both axes of a matrix: those of its rows as a column, and those of its columns as a row.
fn places(grid: &ChunkGrid) -> (Array, Array) {
    let along = |axis: usize| {
        let chunks = grid.chunks(axis).to_vec();
        Array::arange(0, chunks.iter().sum::<u64>(), 1, vec![chunks])
    };
    (along(0).expand_dims(1), along(1))
}

#[cfg(test)]
mod tests;
