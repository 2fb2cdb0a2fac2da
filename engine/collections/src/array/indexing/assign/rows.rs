//! Values at places along an axis, and at single points.

use std::collections::BTreeMap;
use std::ops::Range;

use gristmill_data::{Chunk, ChunkGrid};
use gristmill_graph::Arg;

use super::value::{Value, fitted};
use crate::Error;
use crate::array::call::{Call, block_of, listed};
use crate::array::indexing::indices::{Indices, from_start};
use crate::array::indexing::lane::Lane;
use crate::array::reduce::axis_of;
use crate::array::{Array, Operand};

impl Array {
    /// The array with a value at places along an axis, as after NumPy's `x[:, indices] = value`: a number, or an array that
    /// broadcasts to what [`Array::take`] takes there. Of a place that is named twice, the last value stays. The
    /// value is converted to the array's dtype, which stays; a number that the dtype cannot hold is refused.
    ///
    /// The places must be known when the expression is written, as a number or a list. Blocks without such a place are
    /// handed on as they are. All lengths must be known.
    pub fn assign_take(&self, indices: impl Into<Indices>, axis: i64, value: impl Into<Operand>) -> Self {
        const NAME: &str = "assign_take";
        let made = Self::all_known(NAME, [self]).and_then(|()| {
            let axis = axis_of(NAME, axis, self.ndim())?;
            let (shape, places) = indices.into().known(NAME)?;
            let rows = from_start(NAME, &places, axis, self.known_length(NAME, axis)?)?;
            self.assign_rows(NAME, axis..axis + 1, (&shape, &rows), value.into())
        });
        Self::or_failed(made)
    }

    /// The array with a value at single points, as after NumPy's `x[rows, columns] = value`: a number, or an array that
    /// broadcasts to what [`Array::vindex`] takes there. All else is as in [`Array::assign_take`].
    pub fn assign_vindex<I: Clone + Into<Indices>>(&self, indices: &[I], value: impl Into<Operand>) -> Self {
        const NAME: &str = "assign_vindex";
        let made = Self::all_known(NAME, [self]).and_then(|()| {
            let (shape, rows) = self.points(NAME, indices)?;
            self.assign_rows(NAME, 0..indices.len(), (&shape, &rows), value.into())
        });
        Self::or_failed(made)
    }

    /// A value in the places of rows along axes that are taken as one, which a number or a list of this shape names.
    fn assign_rows(
        &self,
        name: &'static str,
        axes: Range<usize>,
        (shape, rows): (&[u64], &[i64]),
        value: Operand,
    ) -> Result<Self, Error> {
        if shape.len() > 1 {
            return Err(Error::array(
                name,
                format!("places are a number or a list, but these are of shape {shape:?}"),
            ));
        }
        let lane = Lane::new(name, self, axes.clone())?;
        let mut value = Value::new(name, value, self.dtype())?;
        // In order, and of a row that is named twice the last one.
        let nths: BTreeMap<i64, i64> = rows.iter().copied().zip(0..).collect();
        let mut parts: Vec<(u32, Vec<i64>)> = Vec::new();
        for &row in nths.keys() {
            let block = lane.block(row);
            let place = row - lane.spans.get(block).map_or(0, |span| span.start);
            match parts.last_mut() {
                Some((last, places)) if *last == block as u32 => places.push(place),
                _ => parts.push((block as u32, vec![place])),
            }
        }
        let lengths = ChunkGrid::new(vec![parts.iter().map(|(_, places)| places.len() as u64).collect()]);
        let refused = Error::data(name);
        let lengths = lengths.map_err(refused)?;
        let cut = lane.grid_with(&lengths)?;
        if let Value::Array(array) = &mut value {
            let own = self.shape();
            let (before, after) = (own.get(..axes.start), own.get(axes.end..).unwrap_or_default());
            *array = fitted(name, array, &[before.unwrap_or_default(), shape, after].concat())?;
            *array = in_order(name, array, after.len(), (shape, &nths), &lengths)?;
        }
        if parts.is_empty() {
            return Ok(self.clone());
        }
        let value = value.mapped(|array| array.cut_alike(&cut))?;
        let (n_before, n_along, n_after) = lane.around()?;
        let touched = |before: u32| {
            let along = parts.iter().zip(0_u32..);
            along.flat_map(move |((block, _), nth)| {
                (0..n_after).map(move |after| ((before * n_along + block) * n_after + after, nth))
            })
        };
        let touched: Vec<(u32, u32)> = (0..n_before).flat_map(touched).collect();
        let reads = touched.iter().zip(cut.blocks()).map(|(&(own, nth), block)| {
            [block_of(0, own), block_of(1, nth)].into_iter().chain(value.read(2, &block))
        });
        let (first, n) = (Arg::UInt(axes.start as u64), Arg::UInt(axes.len() as u64));
        let args = vec![first, n, Arg::Input(1), Arg::Input(0), value.arg(2)];
        let call = Call::kernel(name, "scatter", listed(reads)?, args)?;
        let places: Vec<i64> = parts.iter().flat_map(|(_, places)| places.iter().copied()).collect();
        let places = Self::from_chunk(Chunk::from_vec(places, &lengths.shape()).map_err(refused)?, &lengths);
        let inputs = [self.clone(), places].into_iter().chain(value.array()).collect();
        self.with_blocks(call, inputs, &touched.into_iter().map(|(own, _)| own).collect::<Vec<_>>())
    }
}

/// The rows of a value in the order of the places that they belong to, whose axis comes before so many others. Of a single
/// place the value has no axis, and gets one.
fn in_order(
    name: &'static str,
    value: &Array,
    n_after: usize,
    (shape, nths): (&[u64], &BTreeMap<i64, i64>),
    lengths: &ChunkGrid,
) -> Result<Array, Error> {
    let Some(axis) = value.ndim().checked_sub(n_after + shape.len()) else { return Ok(value.clone()) };
    if shape.is_empty() {
        return Ok(value.expand_dims(axis as i64));
    }
    let is_as_before = nths.values().copied().eq(0..shape.iter().product::<u64>() as i64);
    if value.shape().get(axis) == Some(&1) || is_as_before {
        return Ok(value.clone());
    }
    let rows: Vec<i64> = nths.values().copied().collect();
    Lane::new(name, value, axis..axis + 1)?.gathered(&rows, lengths)
}
