//! Shapes: lengths along the axes of an array.

use crate::Error;

/// How many axes an array may have; NumPy's limit as well.
pub const NDIM_MAX: usize = 64;

/// How many elements an array of this shape has: the product of its lengths, 1 for no axes.
///
/// # Errors
/// [`Error::TooManyAxes`], or [`Error::ShapeOverflow`] when the product of the lengths above 0 does not fit into `u64`.
pub fn n_elements(shape: &[u64]) -> Result<u64, Error> {
    if shape.len() > NDIM_MAX {
        return Err(Error::TooManyAxes { given: shape.len(), max: NDIM_MAX });
    }
    // An axis of length 0 must not hide that the others overflow: strides are computed from them.
    let lengths = shape.iter().filter(|&&length| length > 0);
    let product = lengths.copied().try_fold(1_u64, u64::checked_mul);
    let product = product.ok_or_else(|| Error::ShapeOverflow { shape: shape.to_vec() })?;
    Ok(if shape.contains(&0) { 0 } else { product })
}

/// The shape that arrays of these shapes have together, by NumPy's rules: aligned at the last axis, 1 stretches.
///
/// # Errors
/// [`Error::NotBroadcastable`] with the axis that does not fit, or [`Error::TooManyAxes`].
pub fn broadcast_shapes(shapes: &[&[u64]]) -> Result<Vec<u64>, Error> {
    let ndim = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    if ndim > NDIM_MAX {
        return Err(Error::TooManyAxes { given: ndim, max: NDIM_MAX });
    }
    // From the last axis to the first, then turned around.
    let mut result = Vec::with_capacity(ndim);
    for axis in 0..ndim {
        let mut length = 1;
        for shape in shapes {
            match shape.iter().rev().nth(axis).copied() {
                None | Some(1) => {}
                Some(own) if length == 1 || length == own => length = own,
                Some(own) => {
                    return Err(Error::NotBroadcastable {
                        shapes: shapes.iter().map(|shape| shape.to_vec()).collect(),
                        axis: ndim - 1 - axis,
                        lengths: [length, own],
                    });
                }
            }
        }
        result.push(length);
    }
    result.reverse();
    Ok(result)
}

#[cfg(test)]
mod tests;
