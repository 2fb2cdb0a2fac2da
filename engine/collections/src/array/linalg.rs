//! Products of matrices.

use gristmill_data::{ChunkGrid, DType};

use super::{Array, Op};
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
        Self::all_checked([self, other])?;
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
        Ok(Self::new(Op::MatMul { inputs: vec![self.clone(), other] }, dtype, grid))
    }
}
