//! Where the extremes are, and the greatest or least few.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::ArgExtreme;
use gristmill_kernels::expr::Number;

use super::call::{Call, FAN_IN_MAX, aligned, finished, item, left, runs, tree};
use super::reduce::{axis_of, kept};
use super::{Array, Axes};
use crate::Error;

impl Array {
    /// Blocks to their extremes, these combined in a tree, and the positions of the last ones.
    fn arg_extreme(&self, name: &'static str, of: ArgExtreme, axes: &Axes) -> Result<Self, Error> {
        Self::all_known(name, [self])?;
        let axis = axes.one_or_all(name, self.ndim())?;
        let is_reduced = |other: usize| axis.is_none_or(|axis| axis == other);
        let mut lengths = self.shape().into_iter().enumerate();
        if lengths.any(|(axis, length)| is_reduced(axis) && length == 0) {
            return Err(Error::array(name, "there is no element, and so no position of one".to_owned()));
        }
        let (extreme, along) =
            (Arg::text(&of.to_string()), axis.map_or(Arg::Null, |axis| Arg::UInt(axis as u64)));
        let reduced: Vec<u32> =
            (0..self.ndim()).filter(|&axis| is_reduced(axis)).map(|axis| axis as u32).collect();
        let args = vec![extreme.clone(), along.clone(), runs(self.grid()), Arg::Param(0), Arg::Input(0)];
        let (inputs, parts) = (vec![self.clone()], left(self.grid(), &reduced)?);
        let found = Call::kernel(name, "arg_reduce", aligned(self.grid(), &inputs), args)?;
        let found = found.sized(with_position(self.dtype())).on(inputs, self.dtype(), parts);
        let combine = format!("{name}-combine");
        let best = tree(found, &reduced, |wiring| {
            Call::kernel(&combine, "arg_combine", wiring, vec![extreme.clone(), Arg::Inputs])
        })?;
        let (grid, _) = kept(self, name, &reduced, false)?;
        let wiring = finished(&best, &reduced, false, &grid);
        let finish =
            Call::kernel(&format!("{name}-finish"), "arg_finish", wiring, vec![along, Arg::Input(0)])?;
        Ok(finish.on(vec![best], DType::Int64, grid))
    }

    /// The `k` greatest elements along an axis, the greatest first; or the `-k` least of a negative `k`, the least
    /// first. All in this order, where there are not as many.
    ///
    /// NaN is greater than all numbers, as in sorting. The axis becomes one chunk, but no task reads more than the best
    /// of a few chunks.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let least = Array::arange(0, 1_000, 1, 100).topk(-3, 0);
    /// least.check()?;
    /// assert_eq!(least.shape(), [3]);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn topk(&self, k: i64, axis: i64) -> Self {
        Self::or_failed(self.best("topk", k, axis, None).map(|(best, _)| best))
    }

    /// The positions along an axis of the elements that [`topk`](Self::topk) gives; of equal ones the first come
    /// first.
    pub fn argtopk(&self, k: i64, axis: i64) -> Self {
        let made = axis_of("argtopk", axis, self.ndim()).and_then(|at| {
            let (zero, one) = (Number::Int(0), Number::Int(1));
            let positions = Self::spaced(zero, one, at, DType::Int64, self.grid().clone());
            let (best, positions) = self.best("argtopk", k, axis, Some(positions))?;
            Ok(positions.unwrap_or(best))
        });
        Self::or_failed(made)
    }

    /// The best of each chunk, of these the best of neighbours, until one chunk is left; with their positions, if those
    /// of all are given.
    fn best(
        &self,
        name: &'static str,
        k: i64,
        axis: i64,
        mut positions: Option<Self>,
    ) -> Result<(Self, Option<Self>), Error> {
        Self::all_known(name, [self])?;
        let axis = axis_of(name, axis, self.ndim())?;
        let mut best = self.clone();
        loop {
            let inputs: Vec<Self> = std::iter::once(best.clone()).chain(positions.clone()).collect();
            let of = (0..inputs.len() as u32).map(Arg::Input);
            let args = [Arg::Int(k), Arg::UInt(axis as u64)].into_iter().chain(of).collect();
            let both = Call::kernel(name, "argtopk", aligned(best.grid(), &inputs), args)?;
            let grid = with_chunks(name, best.grid(), axis, |chunks| {
                chunks.iter().map(|&length| length.min(k.unsigned_abs())).collect()
            })?;
            let both = both.sized(with_position(self.dtype())).on(inputs, self.dtype(), grid.clone());
            best = item(&both, 0, self.dtype(), grid.clone())?;
            positions = positions.map(|_| item(&both, 1, DType::Int64, grid)).transpose()?;
            if best.grid().chunks(axis).len() <= 1 {
                return Ok((best, positions));
            }
            let joined = with_chunks(name, best.grid(), axis, |chunks| {
                chunks.chunks(FAN_IN_MAX as usize).map(|neighbours| neighbours.iter().sum()).collect()
            })?;
            best = best.rechunk(&joined);
            positions = positions.map(|positions| positions.rechunk(&joined));
        }
    }
}

/// What an element and its position take, in bytes.
fn with_position(dtype: DType) -> u64 {
    (dtype.itemsize() + DType::Int64.itemsize()) as u64
}

/// The grid with other chunks along an axis.
fn with_chunks(
    name: &'static str,
    grid: &ChunkGrid,
    axis: usize,
    chunks: impl Fn(&[u64]) -> Vec<u64>,
) -> Result<ChunkGrid, Error> {
    let all = (0..grid.ndim()).map(|other| {
        let own = grid.chunks(other);
        if other == axis { chunks(own) } else { own.to_vec() }
    });
    ChunkGrid::new(all.collect()).map_err(Error::data(name))
}

macro_rules! positions {
    ($($name:ident $is_max:literal $skip_nan:literal $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            ///
            /// Along one axis, or with `()` the position among all elements in C order: an array of `int64`. Of equal
            /// ones the first counts.
            pub fn $name(&self, axis: impl Into<Axes>) -> Self {
                let of = ArgExtreme { is_max: $is_max, skip_nan: $skip_nan };
                Self::or_failed(self.arg_extreme(stringify!($name), of, &axis.into()))
            })*
        }
    };
}

positions! {
    argmin false false "Where the least element is, or the first NaN.";
    argmax true false "Where the greatest element is, or the first NaN.";
    nanargmin false true "Where the least element is that is not NaN; refused when it is computed and there is none.";
    nanargmax true true "Where the greatest element is that is not NaN; refused when it is computed and there is none.";
}

#[cfg(test)]
mod tests;
