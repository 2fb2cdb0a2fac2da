//! Arrays joined: one after the other, beside each other, and as a mosaic.

use gristmill_data::{ChunkGrid, DType, NDIM_MAX};

use super::reduce::axis_of;
use super::unknown::{Unknown, next_id, shown};
use super::{Array, Op};
use crate::Error;

/// Arrays one after the other along an axis; their other lengths are the same.
///
/// All are cut like the first one along other axes, and keep their chunks along this one. Lengths along it may be
/// unknown; then the result's is, too, and fits no other array but what is made of it.
pub fn concatenate(arrays: &[Array], axis: i64) -> Array {
    Array::or_failed(try_concatenate(arrays, axis))
}

fn try_concatenate(arrays: &[Array], axis: i64) -> Result<Array, Error> {
    let refused = |reason: String| Error::array("concatenate", reason);
    Array::all_checked(arrays)?;
    let Some((first, rest)) = arrays.split_first() else {
        return Err(refused("at least one array is needed".to_owned()));
    };
    let axis = axis_of("concatenate", axis, first.ndim())?;
    let mut dtype = first.dtype();
    for other in rest {
        dtype = DType::promote(dtype, other.dtype()).map_err(|error| refused(error.to_string()))?;
        let (left, right) = (first.shape(), other.shape());
        let differs = |n: usize| {
            n != axis && (left.get(n) != right.get(n) || first.unknown().by(n) != other.unknown().by(n))
        };
        if left.len() != right.len() || (0..left.len()).any(differs) {
            return Err(refused(format!(
                "shapes {} and {} differ along another axis than {axis}",
                shown(&left),
                shown(&right)
            )));
        }
    }
    // What has unknown lengths cannot be cut anew.
    let model = arrays.iter().find(|array| !array.unknown().is_empty()).unwrap_or(first);
    let inputs: Vec<Array> = arrays
        .iter()
        .map(|array| {
            let own = (0..array.ndim()).map(|n| {
                let like = if n == axis { array } else { model };
                like.grid().chunks(n).to_vec()
            });
            array.rechunk(own.collect::<Vec<_>>()).astype(dtype)
        })
        .collect();
    Array::all_checked(&inputs)?;
    // Empty ones add nothing but their dtype.
    let filled = || inputs.iter().filter(|array| array.shape().get(axis) != Some(&0));
    let inputs: Vec<Array> = if filled().next().is_none() { inputs } else { filled().cloned().collect() };
    if let [only] = &inputs[..] {
        return Ok(only.clone());
    }
    let chunks = (0..first.ndim()).map(|n| match n == axis {
        true => inputs.iter().flat_map(|array| array.grid().chunks(n)).copied().collect(),
        false => model.grid().chunks(n).to_vec(),
    });
    let grid = ChunkGrid::new(chunks.collect()).map_err(|error| refused(error.to_string()))?;
    let is_unknown = inputs.iter().any(|array| array.unknown().has(axis));
    let own = if is_unknown { Unknown::axis(axis, next_id()) } else { Unknown::default() };
    let others = model.unknown().moved(|n| (n != axis).then_some(n));
    let unknown = others.and(&own).unwrap_or(own);
    Ok(Array::new(Op::Concatenate(axis), inputs, dtype, grid).with_unknown(unknown))
}

/// Arrays of one shape as the parts of a new axis at this place.
pub fn stack(arrays: &[Array], axis: i64) -> Array {
    joined("stack", arrays, axis, |array| array.expand_dims(axis))
}

/// Arrays beside each other: vectors along their axis, others along the second one.
pub fn hstack(arrays: &[Array]) -> Array {
    let is_vector = arrays.first().is_none_or(|array| array.ndim() < 2);
    joined("hstack", arrays, if is_vector { 0 } else { 1 }, Array::atleast_1d)
}

/// Arrays below each other, vectors as rows.
pub fn vstack(arrays: &[Array]) -> Array {
    joined("vstack", arrays, 0, Array::atleast_2d)
}

/// Arrays behind each other, along the third axis.
pub fn dstack(arrays: &[Array]) -> Array {
    joined("dstack", arrays, 2, Array::atleast_3d)
}

/// Vectors as the columns of a matrix, beside other matrices.
pub fn column_stack(arrays: &[Array]) -> Array {
    let column = |array: &Array| match array.ndim() {
        0 | 1 => array.atleast_1d().expand_dims(1),
        _ => array.clone(),
    };
    joined("column_stack", arrays, 1, column)
}

fn joined(name: &'static str, arrays: &[Array], axis: i64, each: impl Fn(&Array) -> Array) -> Array {
    let arrays: Vec<Array> = arrays.iter().map(each).collect();
    Array::or_failed(try_concatenate(&arrays, axis).map_err(|error| error.of(name)))
}

/// An array, or a list of arrays or lists; see [`block`].
#[derive(Debug, Clone)]
pub enum Blocks {
    /// An array.
    Array(Array),
    /// Arrays, or lists, all equally deep.
    List(Vec<Blocks>),
}

impl From<Array> for Blocks {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<&Array> for Blocks {
    fn from(array: &Array) -> Self {
        Self::Array(array.clone())
    }
}

impl<T: Into<Blocks>> From<Vec<T>> for Blocks {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Blocks>, const N: usize> From<[T; N]> for Blocks {
    fn from(items: [T; N]) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// Arrays put together as nested lists show them: the innermost lists along the last axis, those around them along the
/// one before it.
///
/// # Example
/// ```
/// use gristmill_collections::{Array, array::block};
/// use gristmill_data::DType;
///
/// let zeros = |n_rows, n_columns| Array::zeros(DType::Float64, &[n_rows, n_columns], -1);
/// let x = block([[zeros(2, 3), zeros(2, 1)], [zeros(1, 3), zeros(1, 1)]]);
/// assert_eq!(x.shape(), [3, 4]);
/// ```
pub fn block(arrays: impl Into<Blocks>) -> Array {
    Array::or_failed(arrays.into().joined())
}

impl Blocks {
    fn joined(&self) -> Result<Array, Error> {
        let (mut depth, mut first) = (0, self);
        while let Self::List(items) = first {
            first = items.first().ok_or_else(empty)?;
            depth += 1;
            if depth > NDIM_MAX {
                return Err(Error::array("block", format!("lists are nested at most {NDIM_MAX} deep")));
            }
        }
        let ndim = self.ndim(depth)?.max(depth);
        self.at_depth(depth, ndim)
    }

    /// The most axes of any array, all of which are so deep.
    fn ndim(&self, depth: usize) -> Result<usize, Error> {
        match (self, depth.checked_sub(1)) {
            (Self::Array(array), None) => Ok(array.ndim()),
            (Self::List(items), Some(depth)) => {
                items.iter().try_fold(0, |most: usize, item| Ok(most.max(item.ndim(depth)?)))
            }
            _ => Err(Error::array("block", "its lists are not all equally deep".to_owned())),
        }
    }

    fn at_depth(&self, depth: usize, ndim: usize) -> Result<Array, Error> {
        match self {
            Self::Array(array) => Ok(array.with_new_axes(ndim.saturating_sub(array.ndim()), 0)),
            Self::List(items) => {
                let inner = depth.saturating_sub(1);
                let parts: Vec<Array> =
                    items.iter().map(|item| item.at_depth(inner, ndim)).collect::<Result<_, _>>()?;
                if parts.is_empty() {
                    return Err(empty());
                }
                try_concatenate(&parts, -(depth as i64)).map_err(|error| error.of("block"))
            }
        }
    }
}

fn empty() -> Error {
    Error::array("block", "a list is empty".to_owned())
}

#[cfg(test)]
mod tests;
