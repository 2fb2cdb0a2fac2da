//! Axes whose chunks have lengths that are known only when they are computed: what a mask takes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use gristmill_data::{Chunk, ChunkGrid, DType};
use gristmill_graph::{Arg, LayerId, Wiring};

use super::Array;
use super::call::{Call, n_blocks};
use crate::Error;

/// The length of an axis that is known only when the array is computed.
pub const UNKNOWN: u64 = u64::MAX;

/// The id of a new expression.
pub(super) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The unknown axes, and the id of what decides their lengths: those that the same mask decides are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unknown(BTreeMap<usize, u64>);

impl Unknown {
    /// One axis, whose lengths an expression of this id decides.
    pub(super) fn axis(axis: usize, by: u64) -> Self {
        Self(BTreeMap::from([(axis, by)]))
    }

    pub(super) fn has(&self, axis: usize) -> bool {
        self.0.contains_key(&axis)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What decides the lengths along an axis, if they are unknown.
    pub(super) fn by(&self, axis: usize) -> Option<u64> {
        self.0.get(&axis).copied()
    }

    /// These axes at other places; those that have none are gone.
    pub(super) fn moved(&self, to: impl Fn(usize) -> Option<usize>) -> Self {
        Self(self.0.iter().filter_map(|(&axis, &by)| Some((to(axis)?, by))).collect())
    }

    /// Both together; `None` when they have an axis in common that different expressions decide.
    pub(super) fn and(mut self, other: &Self) -> Option<Self> {
        for (&axis, &by) in &other.0 {
            if *self.0.entry(axis).or_insert(by) != by {
                return None;
            }
        }
        Some(self)
    }
}

impl Array {
    pub(super) fn unknown(&self) -> &Unknown {
        &self.0.unknown
    }

    /// The mistakes of what an operation would be made of go on in it, and all lengths must be known.
    pub(super) fn all_known<'a>(
        name: &'static str,
        arrays: impl IntoIterator<Item = &'a Self>,
    ) -> Result<(), Error> {
        arrays.into_iter().try_for_each(|array| {
            array.check()?;
            match array.unknown().0.first_key_value() {
                None => Ok(()),
                Some((axis, _)) => Err(Error::array(
                    name,
                    format!(
                        "the length of axis {axis} is known only when it is computed; let the client find it first, \
                         with `with_known_shape`"
                    ),
                )),
            }
        })
    }

    /// The shapes of all blocks, one after the other, as an array of `uint64`: what [`Array::with_block_shapes`] takes.
    pub fn block_shapes(&self) -> Self {
        let made = self.check().and_then(|()| {
            let ndim = self.ndim() as u64;
            let n_blocks = n_blocks("block_shapes", self.grid())?;
            let grid = ChunkGrid::new(vec![vec![ndim; n_blocks as usize]]);
            let grid = grid.map_err(Error::data("block_shapes"))?;
            let each = Wiring::each(LayerId(0), n_blocks);
            let call = Call::kernel("shape", "shape", each, vec![Arg::Input(0)])?;
            Ok(call.on(vec![self.clone()], DType::UInt64, grid))
        });
        Self::or_failed(made)
    }

    /// The same array, now that the shapes of its blocks are known.
    ///
    /// # Errors
    /// The mistake in the array, if there is one, or when its blocks have other shapes than fit together.
    pub fn with_block_shapes(&self, shapes: &Chunk) -> Result<Self, Error> {
        self.check()?;
        let lengths = shapes.as_slice::<u64>().map_err(Error::data("shape"))?;
        let grid = match self.ndim() {
            0 => self.grid().clone(),
            ndim => self.found(lengths.chunks(ndim).map(Ok))?,
        };
        Ok(Self::new(self.op().clone(), self.inputs().to_vec(), self.dtype(), grid))
    }

    /// How blocks of these shapes cut the array.
    pub(super) fn found<'a>(
        &self,
        shapes: impl IntoIterator<Item = Result<&'a [u64], Error>>,
    ) -> Result<ChunkGrid, Error> {
        let refused = |reason: String| Error::array("shape", reason);
        let mut chunks: Vec<Vec<Option<u64>>> =
            self.numblocks().into_iter().map(|n| vec![None; n as usize]).collect();
        for (block, shape) in self.grid().blocks().zip(shapes) {
            let shape = shape?;
            for ((chunks, &place), &length) in chunks.iter_mut().zip(&block).zip(shape) {
                let known = chunks.get_mut(place as usize).map(|known| *known.get_or_insert(length));
                if known != Some(length) {
                    return Err(refused(format!(
                        "block {block:?} has shape {shape:?}, unlike its neighbours"
                    )));
                }
            }
        }
        let known = |axis: Vec<Option<u64>>| axis.into_iter().map(Option::unwrap_or_default).collect();
        ChunkGrid::new(chunks.into_iter().map(known).collect()).map_err(|error| refused(error.to_string()))
    }
}

/// A shape for people.
pub(super) fn shown(shape: &[u64]) -> String {
    let lengths = shape.iter().map(|&length| match length {
        UNKNOWN => "?".to_owned(),
        length => length.to_string(),
    });
    format!("[{}]", lengths.collect::<Vec<_>>().join(", "))
}
