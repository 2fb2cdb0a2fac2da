//! Elements taken at integer places.

use gristmill_data::{ChunkGrid, broadcast_shapes};
use gristmill_graph::Arg;

use super::indices::{Indices, Kind, from_start, stretched, wrapped};
use super::lane::Lane;
use crate::Error;
use crate::array::call::{Call, blocks, labelled};
use crate::array::reduce::axis_of;
use crate::array::{Array, UNKNOWN};

/// How many points lists may name together that are shorter than that: they broadcast.
const POINTS_MAX: u64 = 1 << 28;

impl Array {
    /// The elements at these places along an axis, as NumPy's `take` and `x[:, indices]`: in their order, also again and
    /// again. The axes of `indices` stand in place of the axis; a single number drops it.
    ///
    /// Of places that are known now, those outside are refused now, and a block is read only where it is touched. The
    /// result is cut into blocks with as many places as the array's longest chunk along the axis, whatever their order: so
    /// its blocks are no larger than the array's, and not more than there is work. Where such a block touches many of the
    /// array's (a random order), rows get there in several steps, each of which has about a task for each block, which
    /// reads at most 16; the places travel with the tasks of each step, in 8 bytes each.
    ///
    /// Places that an array computes are looked at when they are there: the result is cut as they are, and each of its
    /// tasks reads all blocks along the axis, which must fit into memory together.
    ///
    /// The length of the axis must be known; others may be unknown, and so may those of `indices`.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 12, 1, 4);
    /// assert_eq!(x.take([11, 0, -2], 0).shape(), [3]);
    /// assert!(x.take([12], 0).check().is_err());
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn take(&self, indices: impl Into<Indices>, axis: i64) -> Self {
        let made = self.check().and_then(|()| {
            let axis = axis_of("take", axis, self.ndim())?;
            let length = self.known_length("take", axis)?;
            match indices.into().0 {
                Kind::Known(shape, places) => {
                    let places = from_start("take", &places, axis, length)?;
                    let lane = Lane::new("take", self, axis..axis + 1)?;
                    lane.gathered(&places, &cut(&shape, lane.longest())?)
                }
                Kind::Lazy(indices) => self.take_at(&wrapped("take", &indices, length)?, axis),
            }
        });
        Self::or_failed(made)
    }

    /// The elements at single points, as NumPy's `x[rows, columns]` and Dask's `vindex`: one list of places for each of the
    /// first axes, all of one length, or of one that all points share. The points become the first axis of the result;
    /// axes without a list follow as they are.
    ///
    /// Blocks are read and the result is cut as [`Array::take`] does it: a block of the result has as many points as the
    /// array's longest block has along the axes with lists. Their lengths must be known; others may be unknown.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, array::Generator};
    ///
    /// let x = Generator::new(7).uniform(0.0, 1.0, &[100, 100, 3], [10, 10, 3]);
    /// let diagonal = x.vindex(&[vec![0, 1, 2], vec![0, 1, 2]]);
    /// assert_eq!(diagonal.shape(), [3, 3]);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn vindex<I: Clone + Into<Indices>>(&self, indices: &[I]) -> Self {
        let made = self.points("vindex", indices).and_then(|(shape, rows)| {
            let lane = Lane::new("vindex", self, 0..indices.len())?;
            lane.gathered(&rows, &cut(&shape, lane.longest())?)
        });
        Self::or_failed(made)
    }

    /// The shape of lists that broadcast, and the rows along the first axes that they name.
    pub(super) fn points<I: Clone + Into<Indices>>(
        &self,
        name: &'static str,
        indices: &[I],
    ) -> Result<(Vec<u64>, Vec<i64>), Error> {
        self.check()?;
        if indices.is_empty() || indices.len() > self.ndim() {
            let reason = format!("{} lists are given for an array of {} axes", indices.len(), self.ndim());
            return Err(Error::array(name, reason));
        }
        let lists = indices.iter().map(|list| list.clone().into().known(name));
        let lists = lists.collect::<Result<Vec<_>, _>>()?;
        let shapes: Vec<&[u64]> = lists.iter().map(|(shape, _)| &shape[..]).collect();
        let shape = broadcast_shapes(&shapes).map_err(Error::data(name))?;
        let n_points = shape.iter().product::<u64>();
        if n_points > POINTS_MAX && shapes.iter().any(|own| *own != shape) {
            return Err(Error::array(name, format!("lists that broadcast name at most {POINTS_MAX} points")));
        }
        let places = lists.iter().enumerate().map(|(axis, (own, places))| {
            let places = from_start(name, places, axis, self.known_length(name, axis)?)?;
            Ok(stretched(&places, own, &shape))
        });
        let places = places.collect::<Result<Vec<_>, Error>>()?;
        Ok((shape, Lane::new(name, self, 0..indices.len())?.rows(&places)?))
    }

    /// The length of an axis, which must be known.
    pub(super) fn known_length(&self, name: &'static str, axis: usize) -> Result<u64, Error> {
        match self.shape().get(axis) {
            Some(&UNKNOWN) | None => Self::all_known(name, [self]).map(|()| 0),
            Some(&length) => Ok(length),
        }
    }

    /// The elements at the places that an array has, negative ones are refused: each of its blocks reads all along the axis.
    pub(in crate::array) fn take_at(&self, indices: &Self, axis: usize) -> Result<Self, Error> {
        let grid = Lane::new("take", self, axis..axis + 1)?.grid_with(indices.grid())?;
        let n = indices.ndim();
        let moved = |own: usize| if own < axis { Some(own) } else { (own + n).checked_sub(1) };
        let own = self.unknown().moved(moved);
        // The axes of one are none of the other's.
        let unknown = indices.unknown().moved(|own| Some(own + axis)).and(&own).unwrap_or_default();
        let rank = grid.ndim() as u32;
        let along = (0..self.ndim()).map(|own| match own == axis {
            true => rank,
            false => moved(own).unwrap_or(own) as u32,
        });
        let labels = [(axis as u32..(axis + n) as u32).collect(), along.collect()];
        let inputs = vec![indices.clone(), self.clone()];
        let wiring = labelled(&blocks(&grid), &inputs, &labels);
        let args = vec![Arg::UInt(axis as u64), Arg::UInt(1), Arg::Inputs];
        Ok(Call::kernel("take", "gather", wiring, args)?.on(inputs, self.dtype(), grid).with_unknown(unknown))
    }
}

/// How an array of this shape is cut into at most so many elements, so that its blocks follow each other in C order.
pub(super) fn cut(shape: &[u64], n_elements: u64) -> Result<ChunkGrid, Error> {
    let mut room = n_elements.max(1);
    let mut chunks: Vec<u64> = shape
        .iter()
        .rev()
        .map(|&length| {
            let chunk = length.clamp(1, room);
            room = if chunk == length { room / chunk } else { 1 };
            chunk
        })
        .collect();
    chunks.reverse();
    ChunkGrid::regular(shape, &chunks)
        .map_err(|error| Error::Chunks { shape: shape.to_vec(), reason: error.to_string() })
}
