//! Arrays cut alike, so that blocks meet blocks.

use gristmill_data::{ChunkGrid, broadcast_shapes};

use super::chunks::ends;
use super::unknown::Unknown;
use super::{Array, Chunks};
use crate::Error;

/// Arrays whose chunks fit together, and the grid of what they broadcast to.
pub(super) struct Unified {
    pub(super) arrays: Vec<Array>,
    pub(super) grid: ChunkGrid,
    pub(super) unknown: Unknown,
}

/// Cuts arrays where any of them is cut, axes aligned at the last one; axes of length 1 are broadcast.
///
/// # Errors
/// When the shapes do not broadcast, or lengths that are unknown may differ.
pub(super) fn unify(arrays: &[Array]) -> Result<Unified, Error> {
    let n_axes = arrays.iter().map(Array::ndim).max().unwrap_or(0);
    let labels: Vec<Vec<u32>> =
        arrays.iter().map(|array| (0..n_axes as u32).skip(n_axes - array.ndim()).collect()).collect();
    unify_labelled(arrays, &labels, n_axes, |label| {
        let shapes: Vec<Vec<u64>> = arrays.iter().map(|array| array.grid().shape()).collect();
        let differ = broadcast_shapes(&shapes.iter().map(Vec::as_slice).collect::<Vec<_>>()).err();
        let reason =
            differ.map_or_else(|| format!("lengths along axis {label} differ"), |error| error.to_string());
        Error::array("broadcast", reason)
    })
}

/// The same with an index for each axis: axes of the same index meet. The grid has an axis for each index.
///
/// # Errors
/// `differ` of an index whose lengths do, or lengths that are unknown and may differ.
pub(super) fn unify_labelled(
    arrays: &[Array],
    labels: &[Vec<u32>],
    n_labels: usize,
    differ: impl Fn(usize) -> Error,
) -> Result<Unified, Error> {
    let operands: Vec<(&Array, &[u32])> = arrays.iter().zip(labels.iter().map(Vec::as_slice)).collect();
    let unknown = unified_unknown(&operands, n_labels)?;
    let mut chunks = Vec::with_capacity(n_labels);
    for label in 0..n_labels {
        let along = operands.iter().filter_map(|(array, labels)| {
            let axis = labels.iter().position(|&own| own as usize == label)?;
            Some((*array, array.grid().chunks(axis).to_vec()))
        });
        let mut along: Vec<(&Array, Vec<u64>)> = along.collect();
        if along.iter().any(|(_, chunks)| length(chunks) != 1) {
            along.retain(|(_, chunks)| length(chunks) != 1);
        }
        if along.windows(2).any(|pair| matches!(pair, [left, right] if length(&left.1) != length(&right.1))) {
            return Err(differ(label));
        }
        // An array with unknown lengths cannot be cut anew.
        let fixed =
            along.iter().find(|(array, _)| !array.unknown().is_empty()).map(|(_, chunks)| chunks.clone());
        let all: Vec<Vec<u64>> = along.into_iter().map(|(_, chunks)| chunks).collect();
        chunks.push(fixed.unwrap_or_else(|| refined(&all)));
    }
    let grid = ChunkGrid::new(chunks).map_err(Error::data("broadcast"))?;
    let arrays = operands.into_iter().map(|(array, labels)| array.cut_as(&grid, labels));
    Ok(Unified { arrays: arrays.collect(), grid, unknown })
}

impl Array {
    /// Cut as a grid is along these of its axes, but for axes of length 1.
    fn cut_as(&self, grid: &ChunkGrid, labels: &[u32]) -> Self {
        let own = labels.iter().enumerate().map(|(axis, &label)| match length(self.grid().chunks(axis)) {
            1 => vec![1],
            _ => grid.chunks(label as usize).to_vec(),
        });
        self.rechunk(Chunks::from(own.collect::<Vec<_>>()))
    }

    /// The same, axes aligned at the last one.
    pub(super) fn cut_alike(&self, grid: &ChunkGrid) -> Self {
        let labels: Vec<u32> =
            (0..grid.ndim() as u32).skip(grid.ndim().saturating_sub(self.ndim())).collect();
        self.cut_as(grid, &labels)
    }
}

fn length(chunks: &[u64]) -> u64 {
    chunks.iter().sum()
}

/// The unknown axes of all; an array that has another length there, or one that something else decides, is refused.
fn unified_unknown(operands: &[(&Array, &[u32])], n_labels: usize) -> Result<Unknown, Error> {
    let refused = |label: usize| {
        let reason = format!(
            "the length of axis {label} is known only when it is computed and may differ: use the same mask for both, \
             or let the client find it first, with `with_known_shape`"
        );
        Error::array("broadcast", reason)
    };
    let mut all = Unknown::default();
    for (array, labels) in operands {
        let own = array.unknown().moved(|axis| labels.get(axis).map(|&label| label as usize));
        all = own.and(&all).ok_or_else(|| refused(0))?;
    }
    for label in 0..n_labels {
        for (array, labels) in operands {
            let Some(axis) = labels.iter().position(|&own| own as usize == label) else { continue };
            let is_stretched = array.shape().get(axis) == Some(&1);
            if all.by(label) != array.unknown().by(axis) && !is_stretched {
                return Err(refused(label));
            }
        }
    }
    Ok(all)
}

/// The coarsest chunks that end wherever chunks of any of these do.
pub(super) fn refined(all: &[Vec<u64>]) -> Vec<u64> {
    match all {
        [] => return vec![1],
        [first, rest @ ..] if rest.iter().all(|chunks| chunks == first) => return first.clone(),
        _ => {}
    }
    let mut ends: Vec<u64> = all.iter().flat_map(|chunks| ends(chunks)).filter(|&end| end > 0).collect();
    ends.sort_unstable();
    ends.dedup();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let chunks: Vec<u64> = starts.zip(&ends).map(|(start, end)| end - start).collect();
    if chunks.is_empty() { vec![0] } else { chunks }
}
