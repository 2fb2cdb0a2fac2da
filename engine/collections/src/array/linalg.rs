//! Products of matrices.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;

use super::Array;
use super::call::{Call, block_of, blocks, listed};
use crate::Error;

impl Array {
    /// The product of two matrices, or of a matrix and a vector, as NumPy's `dot`.
    pub fn dot(&self, other: &Self) -> Self {
        match (self.ndim(), other.ndim()) {
            (1, 1) => (self * other).sum(()),
            (1, 2) => self.expand_dims(0).matmul(other).squeeze(0),
            (2, 1) => self.matmul(&other.expand_dims(1)).squeeze(1),
            _ => self.matmul(other),
        }
    }

    /// The product of two matrices.
    pub fn matmul(&self, other: &Self) -> Self {
        Self::or_failed(self.try_matmul(other))
    }

    fn try_matmul(&self, other: &Self) -> Result<Self, Error> {
        Self::all_known("matmul", [self, other])?;
        let refused = |reason: String| Error::array("matmul", reason);
        let (left, right) = (self.shape(), other.shape());
        let ([_, inner], [rows, _]) = (&left[..], &right[..]) else {
            return Err(refused(format!("shapes {left:?} and {right:?} are not those of matrices")));
        };
        if inner != rows {
            return Err(refused(format!("shapes {left:?} and {right:?} have no axis in common")));
        }
        let dtype =
            DType::promote(self.dtype(), other.dtype()).map_err(|error| refused(error.to_string()))?;
        if dtype.is_time() {
            return Err(refused("times have no products".to_owned()));
        }
        // Blocks meet along the axis that goes.
        let other = other.rechunk(vec![self.grid().chunks(1).to_vec(), other.grid().chunks(1).to_vec()]);
        let chunks = vec![self.grid().chunks(0).to_vec(), other.grid().chunks(1).to_vec()];
        let grid = ChunkGrid::new(chunks).map_err(|error| refused(error.to_string()))?;
        self.products(&other, dtype, grid)
    }

    /// Each block of the product is added up along the axis that goes, one product of blocks after the other, so that no
    /// task holds more than three blocks and the result.
    fn products(&self, other: &Self, dtype: DType, grid: ChunkGrid) -> Result<Self, Error> {
        let last = |grid: &ChunkGrid| blocks(grid).last().copied().unwrap_or(1);
        let (n_inner, n_columns) = (last(self.grid()), last(&grid));
        let n_blocks = grid.n_chunks() as u32;
        let mut sum: Option<Self> = None;
        for inner in 0..n_inner {
            let rows = (0..n_blocks).map(|index| {
                let (row, column) = (index / n_columns, index % n_columns);
                let pair = [block_of(0, row * n_inner + inner), block_of(1, inner * n_columns + column)];
                pair.into_iter().chain(sum.is_some().then(|| block_of(2, index)))
            });
            let args = (0..if sum.is_some() { 3 } else { 2 }).map(Arg::Input).collect();
            let call = Call::kernel("matmul", "matmul", listed(rows)?, args)?;
            let inputs = [self.clone(), other.clone()].into_iter().chain(sum).collect();
            sum = Some(call.on(inputs, dtype, grid.clone()));
        }
        sum.ok_or_else(|| Error::array("matmul", "it has no blocks to add up".to_owned()))
    }
}
