//! Index notation, of any number of arrays.

use gristmill_data::DType;

use super::contract;
use crate::Error;
use crate::array::Array;

/// Sums of products in index notation, as NumPy's `einsum`: `ij,jk->ik` is the product of two matrices.
///
/// An index is a letter. Along those that the result has not, products are summed; an array's index that is there twice takes
/// its diagonal. `...` stands for axes that broadcast. Without `->`, the result has the indices that are there once, in the
/// order of the alphabet, after those of `...`.
///
/// Of more than two arrays, those two are multiplied first whose product is smallest, and so on.
///
/// # Example
/// ```
/// use gristmill_collections::Array;
/// use gristmill_collections::array::einsum;
/// use gristmill_data::DType;
///
/// let x = Array::ones(DType::Float64, &[200, 30, 40], 20);
/// let y = Array::ones(DType::Float64, &[40, 30], 20);
/// assert_eq!(einsum("tij,ji->t", &[x, y]).shape(), [200]);
/// ```
pub fn einsum(subscripts: &str, arrays: &[Array]) -> Array {
    Array::or_failed(try_einsum(subscripts, arrays))
}

fn refused(reason: impl Into<String>) -> Error {
    Error::array("einsum", reason.into())
}

/// An array, and the index of each of its axes, none twice.
#[derive(Clone)]
struct Operand {
    array: Array,
    indices: Vec<u32>,
}

fn try_einsum(subscripts: &str, arrays: &[Array]) -> Result<Array, Error> {
    Array::all_known("einsum", arrays)?;
    let plain: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (from, to) = plain.split_once("->").map_or((plain.as_str(), None), |(from, to)| (from, Some(to)));
    let sides: Vec<&str> = from.split(',').collect();
    if sides.len() != arrays.len() {
        return Err(refused(format!(
            "`{subscripts}` is of {} arrays, and {} are given",
            sides.len(),
            arrays.len()
        )));
    }
    let given = sides.iter().zip(arrays).map(|(side, array)| indices(side, array.ndim()));
    let given = given.collect::<Result<Vec<_>, _>>()?;
    let n_dots = sides
        .iter()
        .zip(&given)
        .filter(|(side, _)| side.contains("..."))
        .map(|(_, indices)| indices.iter().filter(|&&index| is_dot(index)).count());
    let n_dots = n_dots.max().unwrap_or(0);
    let result = match to {
        Some(to) => {
            let n_letters = to.chars().filter(|c| *c != '.').count();
            indices(to, n_letters + if to.contains("...") { n_dots } else { 0 })?
        }
        None => implied(&given, n_dots),
    };
    if let Some(index) =
        result.iter().find(|index| !is_dot(**index) && !given.iter().flatten().any(|own| own == *index))
    {
        return Err(refused(format!("the result's index `{}` is no array's", shown(*index))));
    }
    if result.iter().enumerate().any(|(at, index)| result.iter().take(at).any(|other| other == index)) {
        return Err(refused("the result has an index twice"));
    }
    if let Some(&dots) = given.iter().flatten().find(|index| is_dot(**index) && !result.contains(index)) {
        return Err(refused(format!("the result needs `{}` for axes that have no letters", shown(dots))));
    }
    let dtype = arrays
        .iter()
        .skip(1)
        .try_fold(arrays.first().map_or(DType::Float64, Array::dtype), |dtype, array| {
            DType::promote(dtype, array.dtype()).map_err(|error| refused(error.to_string()))
        })?;
    let mut operands = Vec::with_capacity(arrays.len());
    for (array, indices) in arrays.iter().zip(given) {
        operands.push(Operand { array: array.astype(dtype), indices }.with_diagonals()?);
    }
    broadcast(&mut operands, &result);
    multiplied(operands, &result)?.aligned(&result)
}

/// The index that stands for the axis of `...` that is the so-many-th from the last.
const DOTS: u32 = 1 << 24;

fn is_dot(index: u32) -> bool {
    index >= DOTS
}

fn shown(index: u32) -> String {
    char::from_u32(index).filter(|_| !is_dot(index)).map_or_else(|| "...".to_owned(), String::from)
}

/// An index for each of an array's axes.
fn indices(side: &str, ndim: usize) -> Result<Vec<u32>, Error> {
    let wrong = || refused(format!("`{side}` is no list of indices, which are letters and `...`"));
    let letters = |text: &str| {
        let is_well = text.chars().all(char::is_alphabetic);
        is_well.then(|| text.chars().map(u32::from).collect::<Vec<u32>>()).ok_or_else(wrong)
    };
    let (before, after) = side.split_once("...").unwrap_or((side, ""));
    let (before, after) = (letters(before)?, letters(after)?);
    let n_letters = before.len() + after.len();
    let n_dots = ndim.checked_sub(n_letters).filter(|&n| n == 0 || side.contains("..."));
    let n_dots =
        n_dots.ok_or_else(|| refused(format!("`{side}` are the indices of an array of {ndim} axes")))?;
    Ok(before.into_iter().chain((0..n_dots as u32).rev().map(|n| DOTS + n)).chain(after).collect())
}

/// What the result's indices are when nobody says.
fn implied(given: &[Vec<u32>], n_dots: usize) -> Vec<u32> {
    let mut all: Vec<u32> = given.iter().flatten().copied().filter(|&index| !is_dot(index)).collect();
    all.sort_unstable();
    let once = |index: &u32| all.iter().filter(|other| *other == index).count() == 1;
    (0..n_dots as u32).rev().map(|n| DOTS + n).chain(all.iter().copied().filter(once)).collect()
}

impl Operand {
    /// With the diagonal for an index that is there twice.
    fn with_diagonals(mut self) -> Result<Self, Error> {
        let repeated = |indices: &[u32]| {
            let pair = |(at, index): (usize, &u32)| {
                indices.iter().take(at).position(|other| other == index).map(|first| (first, at))
            };
            indices.iter().enumerate().find_map(pair)
        };
        while let Some((first, second)) = repeated(&self.indices) {
            let shape = self.array.shape();
            if shape.get(first) != shape.get(second) {
                return Err(refused(format!(
                    "an index that is there twice has two lengths in shape {shape:?}"
                )));
            }
            self.array = self.array.diagonal(0, [first as i64, second as i64]);
            let index = self.indices.remove(second);
            self.indices.remove(first);
            self.indices.push(index);
        }
        self.array.check()?;
        Ok(self)
    }

    /// The sum along the indices that nothing else needs.
    fn summed(&self, is_needed: impl Fn(u32) -> bool) -> Self {
        let axes: Vec<i64> =
            (0..).zip(&self.indices).filter(|(_, index)| !is_needed(**index)).map(|(axis, _)| axis).collect();
        if axes.is_empty() {
            return self.clone();
        }
        let dtype = self.array.dtype();
        let array = self.array.sum(&axes[..]).astype(dtype);
        Self { array, indices: self.indices.iter().copied().filter(|&index| is_needed(index)).collect() }
    }

    /// The array with its axes in this order, and of length 1 where it has none of an index.
    fn aligned(&self, order: &[u32]) -> Result<Array, Error> {
        let axes = order.iter().map(|index| self.indices.iter().position(|own| own == index));
        self.array.with_axes("einsum", axes.collect())
    }

    fn length(&self, index: u32) -> Option<u64> {
        self.indices
            .iter()
            .position(|&own| own == index)
            .and_then(|axis| self.array.shape().get(axis).copied())
    }
}

/// Takes away axes of length 1 that are broadcast: those whose index has another length elsewhere.
fn broadcast(operands: &mut [Operand], result: &[u32]) {
    let mut all: Vec<u32> = operands
        .iter()
        .flat_map(|operand| operand.indices.iter().copied())
        .chain(result.iter().copied())
        .collect();
    all.sort_unstable();
    all.dedup();
    for index in all {
        let is_long = operands.iter().any(|operand| operand.length(index).is_some_and(|length| length != 1));
        for operand in operands.iter_mut().filter(|operand| is_long && operand.length(index) == Some(1)) {
            if let Some(axis) = operand.indices.iter().position(|&own| own == index) {
                operand.array = operand.array.squeeze(axis as i64);
                operand.indices.remove(axis);
            }
        }
    }
}

/// One array of all, whose indices are the result's.
fn multiplied(mut operands: Vec<Operand>, result: &[u32]) -> Result<Operand, Error> {
    loop {
        // What only one array has is summed along first.
        for at in 0..operands.len() {
            let others: Vec<u32> = operands
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .flat_map(|(_, operand)| operand.indices.clone())
                .collect();
            if let Some(operand) = operands.get_mut(at) {
                *operand = operand.summed(|index| result.contains(&index) || others.contains(&index));
            }
        }
        if operands.len() < 2 {
            return operands.pop().ok_or_else(|| refused("there is no array"));
        }
        let (left, right) = cheapest(&operands, result);
        let (right, left) = (operands.remove(right), operands.remove(left));
        let kept = product_indices(&left, &right, &operands, result);
        operands.push(pair(&left, &right, kept)?);
    }
}

/// The indices of a product that the result or others need.
fn product_indices(left: &Operand, right: &Operand, others: &[Operand], result: &[u32]) -> Vec<u32> {
    let is_needed =
        |index: &u32| result.contains(index) || others.iter().any(|other| other.indices.contains(index));
    let own = right.indices.iter().filter(|index| !left.indices.contains(index));
    let kept: Vec<u32> = left.indices.iter().chain(own).copied().filter(is_needed).collect();
    // In the result's order, if it has all.
    match kept.iter().all(|index| result.contains(index)) {
        true => result.iter().copied().filter(|index| kept.contains(index)).collect(),
        false => kept,
    }
}

/// Which two have the smallest product; the lesser place is the first.
fn cheapest(operands: &[Operand], result: &[u32]) -> (usize, usize) {
    let size = |&(left, right): &(usize, usize)| {
        let (Some(a), Some(b)) = (operands.get(left), operands.get(right)) else { return f64::INFINITY };
        let is_other = |at: usize| at != left && at != right;
        let is_needed = |index: u32| {
            let mut others = operands.iter().enumerate().filter(|(at, _)| is_other(*at));
            result.contains(&index) || others.any(|(_, other)| other.indices.contains(&index))
        };
        let own = b.indices.iter().filter(|index| !a.indices.contains(index));
        let kept = a.indices.iter().chain(own).filter(|index| is_needed(**index));
        kept.map(|&index| a.length(index).or(b.length(index)).unwrap_or(1) as f64).product()
    };
    let pairs = (0..operands.len()).flat_map(|right| (0..right).map(move |left| (left, right)));
    pairs.min_by(|left, right| size(left).total_cmp(&size(right))).unwrap_or((0, 1))
}

/// The product of two, summed along the indices that are not kept.
fn pair(left: &Operand, right: &Operand, kept: Vec<u32>) -> Result<Operand, Error> {
    let is_summed = left.indices.iter().any(|index| !kept.contains(index));
    let array = match is_summed {
        true => contract(
            "einsum",
            (&left.array, left.indices.clone()),
            (&right.array, right.indices.clone()),
            &kept,
            None,
        )?,
        false => left.aligned(&kept)? * right.aligned(&kept)?,
    };
    array.check()?;
    Ok(Operand { array, indices: kept })
}
