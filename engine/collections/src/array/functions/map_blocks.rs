//! Functions called block by block.

use gristmill_data::{ChunkGrid, DType};

use super::Extra;
use super::blockwise::{BlockCall, Operand};
use crate::array::overlap::{Overlap, trimmed};
use crate::array::reduce::axis_of;
use crate::array::unify::unify;
use crate::array::{Array, Chunks};
use crate::{Argument, Callee, Error};

/// A function over blocks at the same place, as Dask's `map_blocks` and `map_overlap`.
///
/// It is called once for each block with the blocks of all arrays there, and after them with what [`MapBlocks::literal`]
/// and [`MapBlocks::block_info`] add, in their order. The arrays are cut alike first, axes aligned at the last one; those
/// that are broadcast give the same block many times.
///
/// What it gives has the shape of the blocks that it is called with, but for axes that are dropped or new, or the shape that
/// [`MapBlocks::chunks`] declares; a block of another shape or dtype is refused when it is there. A function that gives a
/// number gives a block of one element.
///
/// # Example
/// ```
/// use gristmill_collections::array::MapBlocks;
/// use gristmill_collections::{Array, native};
/// use gristmill_data::DType;
///
/// // The sum of each row, times a factor.
/// let function = native("row sums", |args| {
///     let (chunk, by) = (args[0].as_chunk()?, args[1].as_float()?);
///     let rows = chunk.as_slice::<f64>()?.chunks(chunk.shape()[1] as usize);
///     let sums: Vec<f64> = rows.map(|row| row.iter().sum::<f64>() * by).collect();
///     let n_rows = sums.len() as u64;
///     Ok(gristmill_data::Chunk::from_vec(sums, &[n_rows])?.into())
/// });
/// let x = Array::ones(DType::Float64, &[100, 20], [10, 10]);
/// let sums = MapBlocks::new(function, DType::Float64).drop_axis(1).literal(0.5).call(&[x]);
/// assert_eq!((sums.shape(), sums.numblocks()), (vec![100], vec![10]));
/// # sums.check()?;
/// # Ok::<(), gristmill_collections::Error>(())
/// ```
#[must_use = "nothing is called before `call`"]
#[derive(Debug, Clone)]
pub struct MapBlocks {
    callee: Callee,
    dtype: DType,
    extras: Vec<Extra>,
    drop_axes: Vec<i64>,
    new_axes: Vec<i64>,
    chunks: Option<Chunks>,
    overlap: Option<Overlap>,
    trim: bool,
}

impl MapBlocks {
    /// A function that gives blocks of this dtype.
    pub fn new(callee: impl Into<Callee>, dtype: DType) -> Self {
        Self {
            callee: callee.into(),
            dtype,
            extras: Vec::new(),
            drop_axes: Vec::new(),
            new_axes: Vec::new(),
            chunks: None,
            overlap: None,
            trim: true,
        }
    }

    /// The next argument: the same value for all blocks. One that is neither short nor made of short ones is held once.
    pub fn literal(mut self, argument: impl Into<Argument>) -> Self {
        self.extras.push(Extra::Literal(argument.into()));
        self
    }

    /// The next argument: where the block lies, a map of lists of integers with an item for each axis of the result.
    ///
    /// `block` is its place in the grid and `n_blocks` the grid's size; `start`, `shape` and `array_shape` are in elements,
    /// of the blocks that are read and without what surrounds them.
    pub fn block_info(mut self) -> Self {
        self.extras.push(Extra::BlockInfo);
        self
    }

    /// An axis of the arrays that the result does not have: the function gets it in one piece.
    pub fn drop_axis(mut self, axis: i64) -> Self {
        self.drop_axes.push(axis);
        self
    }

    /// An axis of the result that the arrays do not have: of length 1, unless chunks are declared.
    pub fn new_axis(mut self, axis: i64) -> Self {
        self.new_axes.push(axis);
        self
    }

    /// The lengths of the result's blocks: a length is that of every block along an axis, a list has one for each, and
    /// where there is neither they are as long as those that the function is called with.
    pub fn chunks(mut self, chunks: impl Into<Chunks>) -> Self {
        self.chunks = Some(chunks.into());
        self
    }

    /// Gives the function blocks with parts of their neighbours around them, and cuts what it gives for those off again.
    ///
    /// Arrays with chunks that are shorter than the overlap are cut into longer ones first.
    pub fn overlap(mut self, overlap: &Overlap) -> Self {
        self.overlap = Some(overlap.clone());
        self
    }

    /// Leaves what the function gives as it is: blocks that overlap, or other chunks as declared.
    pub fn untrimmed(mut self) -> Self {
        self.trim = false;
        self
    }

    /// The array of the function's results. Without arrays, the function is called for each of the declared chunks, which
    /// must be lists.
    pub fn call(&self, arrays: &[Array]) -> Array {
        Array::or_failed(self.try_call(arrays))
    }

    fn name(&self) -> &'static str {
        if self.overlap.is_some() { "map_overlap" } else { "map_blocks" }
    }

    fn try_call(&self, arrays: &[Array]) -> Result<Array, Error> {
        let name = self.name();
        Array::all_checked(arrays)?;
        if arrays.is_empty() {
            return self.without_arrays();
        }
        let unified = unify(arrays).map_err(|error| error.of(name))?;
        let n_axes = unified.grid.ndim();
        let (axes, dropped) = self.axes(n_axes)?;
        let (mut arrays, mut grid) = whole(unified.arrays, &unified.grid, &dropped)?;
        let mut depths = Vec::new();
        if let Some(overlap) = &self.overlap {
            (arrays, grid) = overlap.long_enough(name, arrays, &grid)?;
            depths = overlap.of(name, n_axes)?;
            arrays = arrays.iter().map(|array| overlap.around(name, array, &grid)).collect();
            Array::all_checked(&arrays)?;
        }
        // Indices of the result come first, then those of dropped axes.
        let label = |axis: usize| {
            let kept = axes.iter().position(|&from| from == Some(axis));
            let gone = || axes.len() + dropped.iter().position(|&gone| gone == axis).unwrap_or(0);
            kept.unwrap_or_else(gone) as u32
        };
        let labels_of = |array: &Array| (n_axes - array.ndim()..n_axes).map(label).collect();
        let mut operands: Vec<(Operand, Vec<u32>)> = arrays
            .into_iter()
            .map(|array| {
                let labels = labels_of(&array);
                (Operand::Array(array), labels)
            })
            .collect();
        operands.extend(self.extras.iter().map(|extra| (Operand::Extra(extra.clone()), Vec::new())));
        let new = axes.iter().map(|from| from.is_none().then(|| vec![1])).collect();
        let call = BlockCall { name, callee: &self.callee, operands, n_out: axes.len(), new, names: &[] };
        // Blocks are told of where they lie without what surrounds them.
        let own = axes.iter().map(|from| from.map_or_else(|| vec![1], |axis| grid.chunks(axis).to_vec()));
        let own = ChunkGrid::new(own.collect()).map_err(Error::data(name))?;
        let made = call.made(true, Some(&own))?;
        let grid = match &self.chunks {
            Some(chunks) => chunks.of_blocks(name, &made.grid)?,
            None => made.grid.clone(),
        };
        let given = made.declared(self.dtype, grid)?;
        if self.overlap.is_none() || !self.trim {
            return Ok(given);
        }
        let kept: Vec<_> = axes
            .iter()
            .map(|from| from.and_then(|axis| depths.get(axis).cloned()).unwrap_or_default())
            .collect();
        trimmed(&given, &kept)
    }

    /// For each axis of the result, which of the arrays' it is, and those that are dropped.
    fn axes(&self, n_axes: usize) -> Result<(Vec<Option<usize>>, Vec<usize>), Error> {
        let name = self.name();
        let dropped: Vec<usize> =
            self.drop_axes.iter().map(|&axis| axis_of(name, axis, n_axes)).collect::<Result<_, _>>()?;
        let kept: Vec<usize> = (0..n_axes).filter(|axis| !dropped.contains(axis)).collect();
        if kept.len() + dropped.len() != n_axes {
            return Err(Error::array(name, format!("an axis is there twice in {:?}", self.drop_axes)));
        }
        let n_out = kept.len() + self.new_axes.len();
        let new: Vec<usize> =
            self.new_axes.iter().map(|&axis| axis_of(name, axis, n_out)).collect::<Result<_, _>>()?;
        if (1..new.len())
            .any(|n| new.get(n).is_some_and(|axis| new.iter().take(n).any(|before| before == axis)))
        {
            return Err(Error::array(name, format!("an axis is there twice in {:?}", self.new_axes)));
        }
        let mut kept = kept.into_iter();
        let axes = (0..n_out).map(|axis| if new.contains(&axis) { None } else { kept.next() });
        Ok((axes.collect(), dropped))
    }

    /// Blocks that come from nowhere.
    fn without_arrays(&self) -> Result<Array, Error> {
        let name = self.name();
        let chunks = self.chunks.as_ref().and_then(Chunks::lengths).ok_or_else(|| {
            Error::array(
                name,
                "without arrays, the lengths of all chunks must be declared as lists".to_owned(),
            )
        })?;
        if !self.drop_axes.is_empty() || !self.new_axes.is_empty() || self.overlap.is_some() {
            return Err(Error::array(
                name,
                "without arrays there are no axes to drop, add or extend".to_owned(),
            ));
        }
        let operands = self.extras.iter().map(|extra| (Operand::Extra(extra.clone()), Vec::new())).collect();
        let (n_out, new) = (chunks.len(), chunks.into_iter().map(Some).collect());
        let made =
            BlockCall { name, callee: &self.callee, operands, n_out, new, names: &[] }.made(true, None)?;
        let grid = made.grid.clone();
        made.declared(self.dtype, grid)
    }
}

/// Arrays that are cut alike, in one piece along these axes.
fn whole(arrays: Vec<Array>, grid: &ChunkGrid, axes: &[usize]) -> Result<(Vec<Array>, ChunkGrid), Error> {
    if axes.is_empty() {
        return Ok((arrays, grid.clone()));
    }
    let n_axes = grid.ndim();
    let chunks = (0..n_axes).map(|axis| match axes.contains(&axis) {
        true => vec![grid.chunks(axis).iter().sum()],
        false => grid.chunks(axis).to_vec(),
    });
    let grid = ChunkGrid::new(chunks.collect()).map_err(Error::data("map_blocks"))?;
    let arrays = arrays.iter().map(|array| array.cut_alike(&grid)).collect::<Vec<_>>();
    Array::all_checked(&arrays)?;
    Ok((arrays, grid))
}

impl Array {
    /// `callee` called with each block, and with the blocks of `others` at the same place, gives blocks of the same shape
    /// and of `dtype`. [`MapBlocks`] has more to say.
    pub fn map_blocks(&self, callee: impl Into<Callee>, others: &[Self], dtype: DType) -> Self {
        let all: Vec<Self> = std::iter::once(self).chain(others).cloned().collect();
        MapBlocks::new(callee, dtype).call(&all)
    }

    /// `callee` called with each block and parts of its neighbours around it, which are cut off again from the blocks that
    /// it gives, of the same shape as those that it is called with and of `dtype`. [`MapBlocks`] has more to say.
    ///
    /// Each block is copied once when its surroundings are put around it, and once when they are cut off.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::array::{Boundary, Overlap};
    /// use gristmill_collections::{Array, kernel};
    /// use gristmill_data::DType;
    ///
    /// let x = Array::ones(DType::Float64, &[1000, 1000], 100);
    /// let overlap = Overlap::along(0, 2, Boundary::Reflect).and(1, (1, 0), Boundary::None);
    /// let y = x.map_overlap(kernel("neg")?, &overlap, DType::Float64);
    /// assert_eq!(y.grid(), x.grid());
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn map_overlap(&self, callee: impl Into<Callee>, overlap: &Overlap, dtype: DType) -> Self {
        MapBlocks::new(callee, dtype).overlap(overlap).call(std::slice::from_ref(self))
    }
}
