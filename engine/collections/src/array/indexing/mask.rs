//! Elements taken by masks, and the places of those that are not 0: results whose lengths only computing tells.

use gristmill_data::{Chunk, ChunkGrid, DType};
use gristmill_graph::{Arg, LayerId, Wiring};

use super::take::cut;
use crate::Error;
use crate::array::call::{Call, blocks, labelled, n_blocks, runs};
use crate::array::reduce::axis_of;
use crate::array::unknown::Unknown;
use crate::array::{Array, Chunks};

impl Array {
    /// The rows along an axis where a mask is true, as NumPy's `compress`: `x[mask]` is `x.compress(&mask, 0)`.
    ///
    /// How many there are is known only when the array is computed: its shape says [`UNKNOWN`](crate::array::UNKNOWN). Arrays taken
    /// with the same mask fit together; operations that need a length refuse the array until a client has found it.
    ///
    /// The array's other axes may be unknown, and so may the axis itself, of a mask that was taken with the same mask.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 10, 1, 5);
    /// let even = x.compress(&(&x % 2).eq(0), 0);
    /// let large = even.compress(&even.gt(4), 0);
    /// large.mean(()).check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn compress(&self, mask: &Self, axis: i64) -> Self {
        Self::or_failed(self.try_compress(mask, axis))
    }

    fn try_compress(&self, mask: &Self, axis: i64) -> Result<Self, Error> {
        Self::all_checked([self, mask])?;
        let axis = axis_of("compress", axis, self.ndim())?;
        let length = self.grid().shape().get(axis).copied().unwrap_or(0);
        if mask.grid().shape() != [length] || mask.dtype() != DType::Boolean {
            return Err(Error::array(
                "compress",
                format!(
                    "the mask of axis {axis} has {length} booleans, but {:?} of {} are given",
                    mask.grid().shape(),
                    mask.dtype()
                ),
            ));
        }
        let along = ChunkGrid::new(vec![self.grid().chunks(axis).to_vec()]);
        let along = along.map_err(Error::data("compress"))?;
        let by = self.unknown().by(axis).map_or_else(Unknown::default, |by| Unknown::axis(0, by));
        let cut = mask.with_grid("compress", &along, &by)?;
        let inputs = vec![cut, self.clone()];
        let along = (0..self.ndim() as u32).collect();
        let wiring = labelled(&blocks(self.grid()), &inputs, &[vec![axis as u32], along]);
        let args = vec![Arg::UInt(axis as u64), Arg::Input(0), Arg::Input(1)];
        let taken = Call::kernel("compress", "compress", wiring, args)?;
        let taken = taken.on(inputs, self.dtype(), self.grid().clone());
        let others = self.unknown().moved(|other| (other != axis).then_some(other));
        Ok(taken.with_unknown(Unknown::axis(axis, mask.id()).and(&others).unwrap_or_default()))
    }
    /// The elements where a mask of the same shape is true, in C order, as NumPy's `x[mask]` and `extract`. How many there
    /// are is known only when the array is computed.
    ///
    /// The mask's blocks decide how the array is cut: where they do not follow each other in C order, both are cut anew into
    /// blocks of at most as many elements that do, the last axes whole as far as they fit. Lengths must be known, but
    /// for masks whose blocks follow each other and that are as unknown as the array.
    pub fn extract(&self, mask: &Self) -> Self {
        Self::or_failed(self.try_extract(mask))
    }

    fn try_extract(&self, mask: &Self) -> Result<Self, Error> {
        const NAME: &str = "extract";
        Self::all_checked([self, mask])?;
        if mask.grid().shape() != self.grid().shape() || mask.dtype() != DType::Boolean {
            let (given, shape, dtype) = (mask.shape(), self.shape(), mask.dtype());
            let reason =
                format!("the mask must be booleans of shape {shape:?}, but {given:?} of {dtype} are given");
            return Err(Error::array(NAME, reason));
        }
        let grid = mask.in_c_order(NAME)?;
        let inputs =
            vec![mask.with_grid(NAME, &grid, mask.unknown())?, self.with_grid(NAME, &grid, mask.unknown())?];
        let n = n_blocks(NAME, &grid)?;
        let args = vec![Arg::Null, Arg::Input(0), Arg::Input(1)];
        let taken = Call::kernel(NAME, "compress", Wiring::zip([LayerId(0), LayerId(1)], n), args)?;
        let taken = taken.on(inputs, self.dtype(), flat(NAME, &grid)?);
        Ok(taken.with_unknown(Unknown::axis(0, mask.id())))
    }

    /// The places of the elements that are not 0 in the array taken as one row in C order. How many there are is known only
    /// when the array is computed; its own lengths must be known. It is cut as [`Array::extract`] cuts a mask.
    pub fn flatnonzero(&self) -> Self {
        const NAME: &str = "flatnonzero";
        let made = Self::all_known(NAME, [self]).and_then(|()| {
            let mask = self.astype(DType::Boolean);
            let grid = mask.in_c_order(NAME)?;
            let cut = mask.with_grid(NAME, &grid, mask.unknown())?;
            let wiring = Wiring::each(LayerId(0), n_blocks(NAME, &grid)?);
            let call = Call::kernel(NAME, NAME, wiring, vec![runs(&grid), Arg::Param(0), Arg::Input(0)])?;
            let places = call.on(vec![cut], DType::Int64, flat(NAME, &grid)?);
            Ok(places.with_unknown(Unknown::axis(0, mask.id())))
        });
        Self::or_failed(made)
    }

    /// The places of the elements that are not 0: an array for each axis, in C order. How many there are is known only when
    /// they are computed; the array's own lengths must be known, and it must have axes.
    ///
    /// Of a mask, they fit to what [`Array::extract`] takes with it.
    pub fn nonzero(&self) -> Vec<Self> {
        let flat = self.flatnonzero();
        let failed = flat.check().and_then(|()| match self.ndim() {
            0 => Err(Error::array("nonzero", "a single number has no axes".to_owned())),
            _ => Ok(()),
        });
        if let Err(error) = failed {
            return vec![Self::or_failed(Err(error))];
        }
        let (lengths, strides) = c_order(&self.shape());
        let along = |(length, stride): (i64, i64)| flat.floor_divide(stride) % length;
        lengths.into_iter().zip(strides).map(along).collect()
    }

    /// The places of the elements that are not 0, a row for each: [`Array::nonzero`] as one array of two axes.
    pub fn argwhere(&self) -> Self {
        let flat = self.flatnonzero();
        let made = flat.check().and_then(|()| {
            let row = |elements: Vec<i64>| {
                let chunk = Chunk::from_vec(elements, &[self.ndim() as u64]);
                chunk.map(|chunk| Self::from_chunk(chunk, -1)).map_err(Error::data("argwhere"))
            };
            let (lengths, strides) = c_order(&self.shape());
            Ok(flat.expand_dims(1).floor_divide(row(strides)?) % row(lengths)?)
        });
        Self::or_failed(made)
    }

    /// A grid whose blocks follow each other in C order: the array's own, or one of blocks that are no larger.
    fn in_c_order(&self, name: &'static str) -> Result<ChunkGrid, Error> {
        let along = (0..self.ndim()).map(|axis| self.grid().chunks(axis));
        let mut later = along.skip_while(|chunks| chunks.iter().all(|&chunk| chunk == 1)).skip(1);
        if later.all(|chunks| chunks.len() == 1) {
            return Ok(self.grid().clone());
        }
        Self::all_known(name, [self])?;
        cut(&self.shape(), self.n_chunk_elements())
    }

    /// The array with this grid, and these lengths unknown; it can be cut anew only where all are known.
    fn with_grid(&self, name: &'static str, grid: &ChunkGrid, unknown: &Unknown) -> Result<Self, Error> {
        if self.unknown().is_empty() && unknown.is_empty() {
            return Ok(self.rechunk(Chunks::from(grid)));
        }
        if self.unknown() == unknown && self.grid() == grid {
            return Ok(self.clone());
        }
        let reason = "the lengths of the array and of the mask are known only when they are computed and may differ: take \
                      both with the same mask, or let the client find them first, with `with_known_shape`";
        Err(Error::array(name, reason.to_owned()))
    }
}

/// The lengths along the axes, and how far neighbours along each are apart in C order; 1 for 0, which nothing is divided
/// by.
fn c_order(shape: &[u64]) -> (Vec<i64>, Vec<i64>) {
    let lengths: Vec<i64> = shape.iter().map(|&length| length.max(1) as i64).collect();
    let mut strides = vec![1_i64; lengths.len()];
    let mut stride = 1_i64;
    for (own, length) in strides.iter_mut().zip(&lengths).rev() {
        *own = stride;
        stride = stride.saturating_mul(*length);
    }
    (lengths, strides)
}

/// The elements of a grid's blocks as chunks of one row.
fn flat(name: &'static str, grid: &ChunkGrid) -> Result<ChunkGrid, Error> {
    n_blocks(name, grid)?;
    let lengths = grid.blocks().filter_map(|block| grid.block_shape(&block));
    let lengths = lengths.map(|shape| shape.iter().product()).collect();
    ChunkGrid::new(vec![lengths]).map_err(Error::data(name))
}
